#!/usr/bin/env bats
# A liblxc of one's own: what `make LXC_CLONE_URL=… LXC_BRANCH=…` builds and links. Here the repository is a small one
# that looks like lxc's; `make check-lxc` does it with the real one, and with stacker.
#
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    requires meson ninja
    export LXC_BUILDS=$PWD/builds
    git config --global user.name tests
    git config --global user.email tests@example.org
    git config --global init.defaultBranch main
}

say_what_meson_lacks() { say_what_program_lacks meson; }
say_what_ninja_lacks() { say_what_program_lacks ninja; }

# make_lxc OPTION TYPE: a repository ./lxc whose D-Bus option must be switched off.
make_lxc() {
    local unwanted="get_option('$1')"
    if [[ $2 == feature ]]; then
        unwanted="not $unwanted.disabled()"
    fi
    mkdir -p lxc/src/lxc
    cat >lxc/meson_options.txt <<END
option('$1', type: '$2', description: 'D-Bus')
option('tools', type: 'boolean', value: true)
END
    cat >lxc/meson.build <<END
project('lxc', 'c', version: '9.8.7', default_options: ['b_lto=true'])
if $unwanted or get_option('tools') or get_option('b_lto')
    error('built with what stacker has no use for')
endif
subdir('src/lxc')
END
    cat >lxc/src/lxc/meson.build <<'END'
static_library('lxc', 'lxc.c', install: true, pic: true)
import('pkgconfig').generate(name: 'lxc', description: 'containers', libraries: ['-llxc', '-lm'])
END
    write_source 9.8.7
    git init -q lxc
    commit_all
}

# write_source VERSION: as much of liblxc as stacker calls.
write_source() {
    printf 'const char *lxc_get_version(void) { return "%s"; }\nvoid *lxc_container_new(void) { return 0; }\n' \
        "$1" >lxc/src/lxc/lxc.c
}

commit_all() {
    git -C lxc add -A
    git -C lxc commit -q -m "A change"
}

build_lxc() {
    "$TOP/tools/build/build-lxc" "$@"
}

# print_linked_version DIRECTORY: what stacker's own code says of the liblxc that the lxc.pc there links.
print_linked_version() {
    local flags
    read -ra flags < <(PKG_CONFIG_PATH=$1 pkg-config --libs lxc)
    cat >main.c <<'END'
#include "lxc_wrapper.h"
#include <stdio.h>

int main(void)
{
	return printf("%s (%s)\n", lxcw_liblxc_version(), lxcw_liblxc_origin()) < 0;
}
END
    cc -I "$TOP/Sources/LXCWrapper/include" -o main "${flags[@]}" main.c "$TOP/Sources/LXCWrapper/"{liblxc,version}.c
    ./main
}

# behaviour: a liblxc of one's own is built from a branch whose option is called sd-bus, linked, and named with its origin
# documented: CONTRIBUTING.md, "A liblxc of one's own"
# status: beyond
# why: it is make's work, whoever runs stacker
@test "a branch with sd-bus" {
    make_lxc sd-bus feature
    run -0 --separate-stderr build_lxc lxc main
    run -0 print_linked_version "$output"
    assert_output "9.8.7 (main $(git -C lxc rev-parse HEAD | cut -c 1-12) of $PWD/lxc)"
    # The system's is not loaded either.
    LD_DEBUG=files run -0 ./main
    refute_output --partial liblxc.so
}

# behaviour: a liblxc of one's own is built from a branch whose option is called dbus
# documented: CONTRIBUTING.md, "A liblxc of one's own"
# status: beyond
# why: it is make's work, whoever runs stacker
@test "a branch with dbus" {
    make_lxc dbus boolean
    git -C lxc branch later
    run -0 --separate-stderr build_lxc lxc later
    run -0 print_linked_version "$output"
    assert_output --partial "9.8.7 (later "
}

# behaviour: a branch of liblxc is built again when its commit has changed, and only then
# documented: CONTRIBUTING.md, "A liblxc of one's own"
# status: beyond
# why: it is make's work, whoever runs stacker
@test "the same commit is not built again" {
    make_lxc dbus boolean
    run -0 --separate-stderr build_lxc lxc main
    first=$output
    run -0 --separate-stderr build_lxc lxc main
    assert_equal "$output" "$first"
    assert_equal "$stderr" ""
    write_source 9.8.8
    commit_all
    run -0 --separate-stderr build_lxc lxc
    assert_not_equal "$output" "$first"
    run -0 print_linked_version "$output"
    assert_output "9.8.8 ($(git -C lxc rev-parse HEAD | cut -c 1-12) of $PWD/lxc)"
}

# behaviour: the flags of the link change with the choice of liblxc, and only then
# documented: CONTRIBUTING.md, "A liblxc of one's own"
# status: beyond
# why: it is make's work, whoever runs stacker
@test "one liblxc and another" {
    make_lxc dbus boolean
    "$TOP/tools/build/choose-lxc" flags
    assert_equal "$(<flags)" ""
    touch -d @1 flags
    "$TOP/tools/build/choose-lxc" flags
    assert_equal "$(stat -c %Y flags)" 1
    LXC_CLONE_URL=lxc LXC_BRANCH=main "$TOP/tools/build/choose-lxc" flags
    assert_equal "$(<flags)" "-Xlinker -L$(build_lxc lxc main) -Xlinker -l:lxc.o -Xlinker -lm "
    touch -d @1 flags
    LXC_CLONE_URL=lxc LXC_BRANCH=main "$TOP/tools/build/choose-lxc" flags
    assert_equal "$(stat -c %Y flags)" 1
    "$TOP/tools/build/choose-lxc" flags
    assert_equal "$(<flags)" ""
}

# behaviour: a liblxc that can't be cloned or built fails with what to do, leaves nothing, and shows no password
# documented: CONTRIBUTING.md, "A liblxc of one's own"
# status: beyond
# why: it is make's work, whoever runs stacker
@test "what can't be built" {
    run -1 build_lxc "$PWD/none" main
    assert_output --regexp "error: couldn't read the repository .*/none"
    assert_output --partial "help: LXC_CLONE_URL "
    # Nobody listens on port 1 of this machine.
    run -1 build_lxc https://me:hunter2@127.0.0.1:1/lxc main
    assert_output --partial "error: couldn't read the repository https://127.0.0.1:1/lxc"
    refute_output --partial hunter2
    make_lxc dbus boolean
    run -1 build_lxc lxc gone
    assert_output --partial "has no branch or tag gone"
    assert_output --partial "help: "
    echo "error('not today')" >>lxc/meson.build
    commit_all
    run -1 build_lxc lxc main
    assert_output --partial "not today"
    assert_output --partial "error: configuring liblxc failed"
    assert_output --partial "help: the whole log is $LXC_BUILDS/build.log"
    assert_equal "$(ls -A builds)" build.log
}
