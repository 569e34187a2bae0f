#!/usr/bin/env bats
# The suite as a gate: a reproducer decides on a program that is built elsewhere. It is green if the test ran and passed,
# never because nothing ran.
#
# It is run-bats' work, whoever runs stacker.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    requires container
    mkdir -p tree/.build "$FIXTURES"
    cp -a "$TOP/bats" "$TOP/tools" "$TOP/docs" tree
    ln -s "$FIXTURES" tree/.build/fixtures
    # Not the program of this tree: it is somebody else's.
    cp "$STACKER_BINARY" theirs
    cd tree || return
    tools/test/new-reproducer my-bug layers >../said
}

# gate [VARIABLE=VALUE]…: what `make check TEST=my-bug.bats STACKER=…` runs.
gate() {
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" STACKER="$PWD/../theirs" CI=true PRIVILEGE_LEVEL=priv "$@" \
        tools/test/run-bats my-bug.bats
}

# behaviour: a new reproducer is run against another program as it is, passes where the bug is mended and fails where it is not
# documented: CONTRIBUTING.md, "A gate for a pull request"
# status: beyond
# why: it is the suite's own work
@test "a reproducer decides" {
    assert_equal "$(grep '^# status' bats/layers/my-bug.bats)" "# status: documented"
    assert_file_contains ../said documented
    gate
    assert_success
    assert_line "1 tests, 0 failures, 0 skipped"
    # shellcheck disable=SC2016  # the test there does it
    sed -i 's,assert_equal .*,assert_equal "$(list_layer it -1)" other,' bats/layers/my-bug.bats
    gate
    assert_failure
    assert_line --regexp "^not ok 1 the script's file is in the layer"
    assert_line "failed: my-bug.bats: the script's file is in the layer"
    assert_line "1 tests, 1 failures, 0 skipped"
}

# behaviour: a file that is named and of which no test ran, since all were skipped or are for another level, is a failure, with the reason
# documented: CONTRIBUTING.md, "A gate for a pull request"
# status: beyond
# why: it is the suite's own work
@test "nothing that ran is no pass" {
    sed -i 's/^# status: .*/# status: beyond/' bats/layers/my-bug.bats
    for ci in true false; do
        gate CI=$ci
        assert_failure
        assert_line "error: no test of bats/layers/my-bug.bats ran, at the level priv"
        assert_line --regexp '^  1 skipped: not applicable: beyond what is documented, and .*/theirs is another stacker$'
        assert_line --regexp '^help: '
    done
    sed -i 's/^# status: .*/&\n# bats test_tags=level:unpriv/' bats/layers/my-bug.bats
    gate
    assert_failure
    assert_line "error: no test of bats/layers/my-bug.bats ran, at the level priv"
    assert_line "  none of its tests is for that level"
    gate PRIVILEGE_LEVEL=prov
    assert_failure
    assert_line "error: PRIVILEGE_LEVEL is priv, unpriv or both, not prov"
}

# behaviour: a chapter of which nothing ran is a failure, and one file of it may be of no use here
# documented: CONTRIBUTING.md, "A gate for a pull request"
# status: beyond
# why: it is the suite's own work
@test "a chapter of which nothing ran" {
    find bats/layers -name '*.bats' ! -name my-bug.bats -delete
    cp bats/layers/my-bug.bats bats/layers/ours.bats
    sed -i 's/^# status: .*/# status: beyond/' bats/layers/ours.bats
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" STACKER="$PWD/../theirs" PRIVILEGE_LEVEL=priv \
        tools/test/run-bats --chapter=layers
    assert_success
    assert_line "2 tests, 0 failures, 1 skipped"
    rm bats/layers/my-bug.bats
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" STACKER="$PWD/../theirs" PRIVILEGE_LEVEL=priv \
        tools/test/run-bats --chapter=layers
    assert_failure
    assert_line "error: no test of bats/layers/ours.bats ran, at the level priv"
}
