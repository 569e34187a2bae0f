#!/usr/bin/env bats
# What a start of the program loads: libraries that only some commands need are none of the others' business.

load ../helpers

setup() {
    begin_test
    requires container
}

# libraries_of ARGUMENT…: the libraries that processes of stacker load while it does that.
libraries_of() {
    rm -f loads.*
    LD_DEBUG=files LD_DEBUG_OUTPUT=$PWD/loads "$STACKER" "$@" >&2
    # What the loader says of one process, which may have been another program before.
    awk 'FNR == 1 { isOurs = 0; pending = "" }
        /calling init: / { if (isOurs) print $NF; else pending = pending $NF "\n" }
        /initialize program: / { isOurs = $NF ~ /stacker$/; if (isOurs) printf "%s", pending; pending = "" }' loads.* |
        sed 's,.*/,,; s,\.so.*,,' | sort -u
}

# refute_loads LIBRARY…: none of these is in $output.
refute_loads() {
    local library
    for library in "$@"; do
        refute_line "$library"
    done
}

# behaviour: --version loads liblxc, which it names, and nothing that is there for networks, certificates, XML or Unicode
# documented: CONTRIBUTING.md, "Dependencies"
# status: beyond
@test "what --version loads" {
    run -0 --separate-stderr libraries_of --version
    assert_line libc
    refute_loads libcurl libcrypto libssl libxml2 libicuuc libicudata libarchive
}

# behaviour: a build in which nothing changed loads neither liblxc nor what is there for networks
# documented: CONTRIBUTING.md, "Dependencies"
# status: beyond
@test "what a cached build loads" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /it\n' >stacker.yaml
    stacker build
    run -0 --separate-stderr libraries_of build
    assert_line libc
    refute_loads liblxc libseccomp libselinux libcurl libcrypto libssl libxml2 libicuuc libicudata libarchive
}

# behaviour: of what is linked into the program nothing stands in for what a library that is loaded later has itself
# documented: CONTRIBUTING.md, "Dependencies"
# status: beyond
@test "what the program exports" {
    run -0 nm --dynamic --defined-only "${STACKER_BINARY:-$STACKER}"
    # These two are to stand in, while a container starts.
    assert_line --regexp ' T fchmod$'
    assert_line --regexp ' T fchown$'
    refute_output --regexp ' [TW] (SHA256|OPENSSL|ZSTD|LZ4|BZ2|archive|inflate|yaml)'
}

# behaviour: where liblxc can't be loaded a build says so and what to do, --version and check tell, and the rest works
# documented: docs/debugging.md#liblxc
# status: beyond
@test "no liblxc" {
    if [[ $(stacker --version) == *"("* ]]; then
        skip "this program has a liblxc of its own"
    fi
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /it\n' >stacker.yaml
    mkdir none
    : >none/liblxc.so.1
    export LD_LIBRARY_PATH=$PWD/none
    run -0 --separate-stderr stacker --version
    assert_output --partial "liblxc is missing"
    refuse build
    assert_said "couldn't load liblxc: "
    assert_said "help: install liblxc"
    run -1 stacker check
    assert_line --regexp "^fail[[:space:]]+liblxc"
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    stacker build
}

# behaviour: the budget names what costs more than it allows, and passes what doesn't
# documented: CONTRIBUTING.md, "The budget"
# status: beyond
# why: it is make's work, whoever runs stacker
# bats test_tags=level:priv
@test "a budget" {
    printf '# a remark\n1 libraries what they are\n999 megabytes\n' >budget
    BUDGET=$PWD/budget STACKER=$STACKER_BINARY run -1 --separate-stderr "$TOP/tools/report/check-budget"
    assert_output --regexp '^ *[0-9]+ of +999  megabytes$'
    [[ $stderr =~ ^"error: libraries: "[0-9]+", and the budget is 1"$'\n'"help: " ]] || fail "stderr: $stderr"
    echo '999 libraries' >budget
    BUDGET=$PWD/budget STACKER=$STACKER_BINARY run -0 "$TOP/tools/report/check-budget"
    echo '1 beauty' >budget
    BUDGET=$PWD/budget run -1 "$TOP/tools/report/check-budget"
    assert_output --partial "nobody knows how to measure beauty"
}
