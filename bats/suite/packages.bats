#!/usr/bin/env bats
# What stacker is installed as: versions, man pages, completions, the Debian package, the files of a release. `make check-deb`
# and `make check-image` use them in a clean Debian.
#
# Nothing of it depends on who runs stacker.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    git config --global user.name tests
    git config --global user.email tests@example.org
    git config --global init.defaultBranch main
}

say_what_mandoc_lacks() { say_what_program_lacks mandoc; }
say_what_zsh_lacks() { say_what_program_lacks zsh; }
say_what_fish_lacks() { say_what_program_lacks fish; }
say_what_dh_lacks() { say_what_program_lacks dh; }
say_what_lintian_lacks() { say_what_program_lacks lintian; }

# small_tree: a directory ./tree that has the tools, and of the sources what they read.
small_tree() {
    mkdir -p tree/Sources/Stacker/Workplace
    cp -R "$TOP"/{tools,packaging,docs,examples,README.md,CHANGELOG.md,SECURITY.md,LICENSE} tree
    cp "$TOP/Sources/Stacker/Workplace/Version.swift" tree/Sources/Stacker/Workplace
    cp -R "$TOP/Sources"/{LXCWrapper,System} tree/Sources
    find tree -name __pycache__ -prune -exec rm -r {} +
}

commit_all() {
    git -C tree add -A
    git -C tree commit -q --allow-empty -m "A change"
}

say_version() { tree/tools/build/say-version; }

# behaviour: the version is that of git's last tag, with the commits since, and says when files differ; a tarball's is in a file
# documented: CONTRIBUTING.md, "Versions and packages"
# status: beyond
# why: it is the tools' own work
@test "the version of a tree" {
    small_tree
    release=$(sed -n 's/.*let release = "\(.*\)"/\1/p' tree/Sources/Stacker/Workplace/Version.swift)
    assert_equal "$(say_version)" "$release-dev"
    echo 7.8.9 >tree/VERSION
    assert_equal "$(say_version)" 7.8.9
    git init -q tree
    commit_all
    assert_equal "$(say_version)" "$release-dev+g$(git -C tree rev-parse --short=12 HEAD)"
    git -C tree tag v1.2.3
    git -C tree tag another
    assert_equal "$(say_version)" 1.2.3
    echo more >>tree/README.md
    assert_equal "$(say_version)" 1.2.3+dirty
    commit_all
    assert_equal "$(say_version)" "1.2.3+1.g$(git -C tree rev-parse --short=12 HEAD)"
}

# behaviour: the version is linked into the program: another one costs a link, the same one nothing
# documented: CONTRIBUTING.md, "Versions and packages"
# status: beyond
# why: it is the tools' own work
@test "the version in a program" {
    small_tree
    echo 7.8.9 >tree/VERSION
    tree/tools/build/choose-version flags
    printf '#include "version.h"\n#include <stdio.h>\nint main(void) { puts(stacker_linked_version()); }\n' >main.c
    cc -I "$TOP/Sources/System/CVersion/include" -o without main.c "$TOP/Sources/System/CVersion/version.c"
    assert_equal "$(./without)" ""
    read -r _ object <flags
    cc -I "$TOP/Sources/System/CVersion/include" -o with main.c "$TOP/Sources/System/CVersion/version.c" "$object"
    assert_equal "$(./with)" 7.8.9
    before=$(stat -c %y flags)
    tree/tools/build/choose-version flags
    assert_equal "$(stat -c %y flags)" "$before"
    echo '1.0"; system("x' >tree/VERSION
    run -1 tree/tools/build/choose-version flags
    assert_line --regexp '^error: the version .* is none$'
}

# behaviour: each command that --help lists has a man page with each of its options, which says nothing that mandoc minds
# documented: CONTRIBUTING.md, "Versions and packages"
# status: beyond
# why: it is the tools' own work
@test "man pages" {
    requires mandoc
    "$TOP/tools/package/write-man-pages.py" "$STACKER_BINARY" man
    # No line, but for the platform's own manual.
    run -0 mandoc -T lint -W warning man/*.1
    assert_output ""
    "$STACKER_BINARY" --help | sed -n '/^COMMANDS/,$s/^  \([a-z][a-z-]*\)\(, [a-z]*\)\?  .*/\1/p' >commands
    assert_file_contains commands '^build$'
    while read -r command; do
        mandoc -T ascii "man/stacker-$command.1" | col -b >page
        "$STACKER_BINARY" "$command" --help | grep -oE '^  .*' | grep -oE -- '--[a-z][a-z-]+' | sort -u >options
        while read -r option; do
            grep -qF -- "$option" page || fail "the page of $command lacks $option"
        done <options
    done <commands
    mandoc -T ascii man/stacker.1 | col -b >page
    assert_file_contains page "stacker-unpriv-setup(1)"
    assert_file_contains page '[-]-roots-dir'
    # Commands below a command have pages of their own.
    mandoc -T ascii man/stacker-cache.1 | col -b >page
    assert_file_contains page "stacker-cache-prune(1)"
    mandoc -T ascii man/stacker-cache-prune.1 | col -b >page
    assert_file_contains page "stacker cache prune \[options\] url"
    assert_file_contains page '[-]-keep-size'
    mandoc -T ascii man/stacker.1 | col -b >page
    refute grep -q internal page
    assert_equal "$(readlink man/stacker-exec.1)" stacker-chroot.1
}

# behaviour: a man page can't be made of an option without a help text, nor of a program that says nothing of its commands
# documented: CONTRIBUTING.md, "Versions and packages"
# status: beyond
# why: it is the tools' own work
@test "man pages of what says too little" {
    cat >program <<'END'
#!/bin/sh
cat "$(dirname "$0")/dump.json"
END
    chmod +x program
    "$STACKER_BINARY" --experimental-dump-help |
        jq '(.command.subcommands[] | select(.commandName == "gc") | .arguments) +=
            [{kind: "flag", names: [{kind: "long", name: "silent"}], valueName: "silent", shouldDisplay: true}]' >dump.json
    run -1 "$TOP/tools/package/write-man-pages.py" ./program man
    assert_line --regexp "^error: nothing describes .*silent"
    echo "no JSON" >dump.json
    run -1 "$TOP/tools/package/write-man-pages.py" ./program man
    assert_line --regexp "^error: ./program does not say which commands it has"
}

# behaviour: bash, zsh and fish complete commands, options, their values, and files where an option takes one
# documented: docs/commands.md#completions
# status: beyond
# why: it is the tools' own work
@test "completions" {
    requires zsh fish
    "$TOP/tools/package/install-program" "$STACKER_BINARY" "$PWD/usr"
    cat >complete.bash <<'END'
source usr/share/bash-completion/completions/stacker
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
"$(complete -p stacker | sed 's/.*-F \([^ ]*\).*/\1/')" stacker "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}" 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
END
    touch recipe.yaml
    assert_equal "$(bash complete.bash stacker bu)" build
    assert_equal "$(bash complete.bash stacker build --layer-type er)" erofs
    assert_equal "$(bash complete.bash stacker build -f rec)" recipe.yaml
    zsh -n usr/share/zsh/site-functions/_stacker
    assert_equal "$(head -n 1 usr/share/zsh/site-functions/_stacker)" "#compdef stacker"
    export HOME=$PWD PATH=$PWD/usr/bin:$PATH
    run -0 fish -c 'source usr/share/fish/vendor_completions.d/stacker.fish; complete -C "stacker unpriv"'
    assert_output --partial unpriv-setup
}

# behaviour: --generate-completion-script takes the shell as a word of its own, too, and knows which shells there are
# documented: docs/commands.md#completions
# status: beyond
# why: it is the tools' own work
@test "a completion script for a shell" {
    for shell in bash zsh fish; do
        "$STACKER_BINARY" --generate-completion-script "$shell" >"word.$shell"
        "$STACKER_BINARY" "--generate-completion-script=$shell" | cmp - "word.$shell"
        assert_file_contains "word.$shell" unpriv-setup
        refute grep -q internal-go "word.$shell"
    done
    refute cmp -s word.zsh word.bash
    run -1 "$STACKER_BINARY" --generate-completion-script csh
    assert_line --partial "csh"
}

# behaviour: what is installed has the examples, whole, and each page there that another page leads to
# documented: CONTRIBUTING.md, "Versions and packages"
# status: beyond
# why: it is the tools' own work
@test "installed documents" {
    small_tree
    mkdir -p tree/examples/hello/oci
    touch tree/examples/hello/oci/index.json
    tree/tools/package/install-program "$STACKER_BINARY" prefix
    cd prefix/share/doc/stacker
    [[ -x examples/monorepo/api/api.sh && -s examples/static-service/server.c && ! -e examples/hello/oci ]]
    # The suite, and what else only the sources have, is not installed: three pages are about nothing else.
    grep -roP --include=*.md --exclude={judges,bugs,conformance}.md '\]\(\K[^)#:]+(?=[)#])' . | while IFS=: read -r page link; do
        link=$(realpath -ms --relative-to=. "$(dirname "$page")/$link")
        [[ $link != docs/* && $link != examples/* || -e $link ]] || echo "$page leads to $link"
    done >"$BATS_TEST_TMPDIR/dead"
    assert_equal "$(<"$BATS_TEST_TMPDIR/dead")" ""
}

# behaviour: the files of a release are the same bytes whenever they are packed, whole by their checksums, and the sources know their version
# documented: CONTRIBUTING.md, "Versions and packages"
# status: beyond
# why: it is the tools' own work
@test "the files of a release" {
    small_tree
    version=$("$STACKER_BINARY" --version | sed 's/^stacker \([^ ]*\).*/\1/')
    # As if git said so, too.
    printf '#!/bin/sh\necho %s\n' "${version%.dirty}" >tree/tools/build/say-version
    printf '#!/bin/sh\n[ "$1" != --version ] || { echo stacker %s liblxc 0; exit; }\nexec "%s" "$@"\n' "${version%.dirty}" \
        "$STACKER_BINARY" >program
    chmod +x program
    git init -q tree
    commit_all
    # strip can't take a script: what is packed is the program, what is asked is the script.
    sed -i "s,install -D -m 0755 -s \"\$program\",install -D -m 0755 -s '$STACKER_BINARY'," tree/tools/package/install-program
    git -C tree commit -qam "The program of this test"
    umask 077
    tree/tools/package/make-dist program one
    find tree program -exec touch -d "2001-01-01" {} +
    umask 022
    TZ=Asia/Tokyo LC_ALL=C.UTF-8 tree/tools/package/make-dist program two
    diff -r one two
    (cd one && sha256sum --check SHA256SUMS)
    name=stacker-${version%.dirty}
    tar -xzf "one/$name-linux-$(uname -m).tar.gz"
    assert_equal "$("$name-linux-$(uname -m)/bin/stacker" --version)" "$("$STACKER_BINARY" --version)"
    assert_exists "$name-linux-$(uname -m)/share/man/man1/stacker-build.1"
    tar -xzf "one/$name.tar.gz"
    assert_equal "$(<"$name/VERSION")" "${version%.dirty}"
    assert_equal "$(tar -tvzf "one/$name.tar.gz" --numeric-owner | awk '{ print $2 }' | sort -u)" 0/0
}

# behaviour: the Debian package depends on what is linked, loaded late and started, and lintian has nothing to say of it
# documented: CONTRIBUTING.md, "Versions and packages"
# status: beyond
# why: it is the tools' own work
@test "the Debian package" {
    requires dh lintian
    # What is looked at is not how small it is.
    export DPKG_DEB_COMPRESSOR_LEVEL=0
    package=$("$TOP/tools/package/make-deb" "$STACKER_BINARY" "$PWD/debs")
    run -0 dpkg-deb -f "$package" Depends
    for name in libc6 liblxc1 libcurl4 libssl3 uidmap; do
        assert_output --regexp "(^|, )$name"
    done
    # Each function that is called has a version of the library that it came with.
    assert_output --regexp 'libcurl4[a-z0-9]* \(>= 7\.66'
    run -0 dpkg-deb -f "$package" Recommends
    assert_output --regexp '(^|, )libisal2'
    run -0 lintian --allow-root --fail-on error,warning "$package"
    assert_output ""
    dpkg-deb -c "$package" | grep -q ' ./usr/share/man/man1/stacker-exec.1.gz -> stacker-chroot.1.gz$'
}
