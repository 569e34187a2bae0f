#!/usr/bin/env bats
# The action for GitHub: its steps as a runner runs them, with a release that lies in a directory.
#
# Nothing of it depends on who runs stacker.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    export VERSION=v1.2.3 RELEASES=file://$PWD/releases SHA256=
    export RUNNER_TEMP=$PWD/runner GITHUB_PATH=$PWD/path GITHUB_OUTPUT=$PWD/outputs
    mkdir -p runner
}

# make_release: one as make-dist makes it, of a program that says who it is and does what stacker does.
make_release() {
    name=stacker-1.2.3-linux-$(uname -m)
    mkdir -p "$name/bin" "releases/$VERSION"
    printf '#!/bin/sh\n[ "$1" != --version ] || { echo "stacker 1.2.3 liblxc 0.0"; exit; }\nexec "%s" "$@"\n' \
        "$STACKER_BINARY" >"$name/bin/stacker"
    chmod +x "$name/bin/stacker"
    tar -czf "releases/$VERSION/$name.tar.gz" "$name"
    rm -r "$name"
    (cd "releases/$VERSION" && sha256sum -- *.tar.gz >SHA256SUMS)
}

set_up() { "$TOP/tools/action/setup"; }

# behaviour: the action's first step installs the program of a release, and says where it is
# documented: README.md
# status: beyond
# why: it is the action's own work
@test "setup installs a release" {
    make_release
    run -0 set_up
    assert_line --regexp '^stacker 1\.2\.3 '
    assert_equal "$(<outputs)" "stacker=$PWD/runner/stacker/bin/stacker"
    assert_equal "$("$(<path)/stacker" --version)" "stacker 1.2.3 liblxc 0.0"
    SHA256=$(sha256sum <"releases/$VERSION/$name.tar.gz" | cut -d ' ' -f 1)
    run -0 set_up
}

# behaviour: a tarball that is not the one of the checksums, or not the one that was asked for, is not installed
# documented: README.md
# status: beyond
# why: it is the action's own work
@test "setup refuses another tarball" {
    make_release
    SHA256=$(printf '%064d' 0)
    run -1 set_up
    assert_line --regexp "^error: .* has the checksum [0-9a-f]{64}, and 0{64} was asked for"
    SHA256=
    printf x >>"releases/$VERSION/$name.tar.gz"
    run -1 set_up
    assert_line --regexp "^error: .* has the checksum .*, and SHA256SUMS"
    rm "releases/$VERSION/SHA256SUMS"
    run -1 set_up
    assert_line "error: couldn't get SHA256SUMS of the release v1.2.3"
    VERSION=v../../etc run -1 set_up
    assert_line --regexp '^error: .* is no version$'
    assert_not_exists path
    assert_equal "$(ls runner)" ""
}

# behaviour: the action builds a recipe with arguments that are one on each line
# documented: README.md
# status: beyond
# why: it is the action's own work
@test "build with arguments" {
    make_release
    set_up
    printf 'it:\n  from: {type: scratch}\n  labels: {said: "${{WHAT}}"}\n' >recipe.yaml
    PATH=$(<path):$PATH RECIPE=recipe.yaml ARGUMENTS=$'--substitute\nWHAT=two words\n' "$TOP/tools/action/build"
    assert_equal "$(image_config it | jq -r .config.Labels.said)" "two words"
}

# small_suite: a copy of the suite with one test, my-bug.bats, of which the program ./$1 is to be right.
small_suite() {
    copy_suite
    tree/tools/test/new-reproducer my-bug layers >/dev/null
    cp "$STACKER_BINARY" right
    printf '#!/bin/sh\nexit 1\n' >wrong
    chmod +x wrong
}

# gate RELEASED PROGRAM
gate() {
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" HOME="$HOME" TMPDIR="$PWD" PRIVILEGE_LEVEL=priv TESTS="${tests:-my-bug.bats}" \
        RELEASED="$PWD/$1" PROGRAM="${2:+$PWD/$2}" tree/tools/action/gate
}

# behaviour: the gate is green for a test that fails with the release and passes with the program, and red for each other case
# documented: CONTRIBUTING.md, "A gate for a pull request"
# status: beyond
# why: it is the action's own work
@test "the gate decides" {
    requires container
    small_suite
    gate wrong right
    assert_success
    assert_line "red with the release, green with the program"
    gate right right
    assert_failure
    assert_line "error: my-bug.bats passes with the release: it reproduces nothing"
    gate wrong wrong
    assert_failure
    assert_line "error: my-bug.bats fails with the program"
    gate wrong
    assert_failure
    assert_line "error: there is no program to decide on"
    tests=none.bats
    gate wrong right
    assert_failure
    assert_line "error: none.bats did not fail with the release, it did not run"
}

# behaviour: each step of action.yml is a script of tools/action, with the variables that it reads
# documented: CONTRIBUTING.md, "A gate for a pull request"
# status: beyond
# why: it is the action's own work
@test "the steps of the action" {
    sed -n 's,.*run: .*/tools/action/\([a-z]*\).*,\1,p' "$TOP/action.yml" | sort >steps
    find "$TOP/tools/action" -type f -printf "%f\n" | sort | diff steps -
    for step in $(<steps); do
        sed -n "/tools\/action\/$step\"/,/^    - /s/^        \([A-Z][A-Z0-9]*\): .*/\1/p" "$TOP/action.yml" | sort >given
        grep -oE '\$\{?(VERSION|SHA256|RELEASES|RECIPE|ARGUMENTS|TESTS|PROGRAM|RELEASED)\b' "$TOP/tools/action/$step" |
            tr -d '${' | sort -u | diff given - || fail "$step is given other variables than it reads"
    done
    if command -v check-jsonschema >/dev/null; then
        check-jsonschema --builtin-schema vendor.github-actions "$TOP/action.yml"
    fi
}
