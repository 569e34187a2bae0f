#!/usr/bin/env bats
# A stacker that can't find out what it was called with.

load ../helpers
load ../disturb

# behaviour: where the command line can't be read, that is an error, and not a request for help
# documented: docs/commands.md#exit-status
# status: beyond
# why: Swift's runtime looks for the arguments by way of /proc/self/maps, and goes on without any
@test "the command line can't be read" {
    busybox_recipe
    local reached=0 occurrence
    # Which time it is the runtime depends on who else reads it, as the C library.
    for occurrence in 1 2 3 4; do
        disturb_if_reached EIO "^stacker read /proc/N/maps #$occurrence\$" build
        ((status == 125)) || reached=$((reached + 1))
        [[ $status != 0 || -e oci/index.json ]] || fail "nothing was built: $stderr"
    done
    ((reached > 0))
}
