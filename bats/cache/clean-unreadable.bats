#!/usr/bin/env bats
# clean where it can't be found out whether one of the directories is there.

load ../helpers
load ../disturb

# behaviour: a directory of which it can't be found out whether it is there is an error of clean, and not one that is gone
# documented: docs/commands.md#clean
# status: beyond
@test "clean and a directory that can't be looked for" {
    local occurrence
    busybox_recipe
    for occurrence in {1..20}; do
        mkdir -p roots
        disturb_if_reached EIO " access roots #$occurrence\$" clean
        ((status != 125)) || break
        [[ $status != 0 || ! -e roots ]] || fail "access #$occurrence: clean ended with status 0 and left roots"
    done
    ((occurrence > 1))
}
