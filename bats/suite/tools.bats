#!/usr/bin/env bats
# The page of the tools.

load ../helpers

setup() {
    begin_test
}

# behaviour: tools/README.md has a line for each script, and for none that is not there
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "each tool is on the page" {
    cd "$TOP/tools"
    sed -n 's/^| \[\(.*\)\](\(.*\)) | .*/\2/p' README.md | sort >"$BATS_TEST_TMPDIR/on-the-page"
    printf '%s\n' */* | grep -v __pycache__ | sort | diff "$BATS_TEST_TMPDIR/on-the-page" -
}
