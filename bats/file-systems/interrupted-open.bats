#!/usr/bin/env bats
# A signal ends the waiting for a file: file systems behind a network, or FUSE, allow it.

load ../helpers
load ../disturb

# behaviour: a file whose opening is interrupted by a signal is opened again, and so is a sync begun again
# documented: docs/reliability.md#every-call-failed
# status: beyond
@test "an interrupted open, and an interrupted sync" {
    busybox_recipe "  run: echo 1 > /1"
    for point in ' openat2 oci/\S+/\.blob\.' ' openat busybox to read' ' fsync oci/'; do
        disturb EINTR "$point" build
        assert_equal "$status" 0
        assert_layout_whole
        stacker clean
    done
}
