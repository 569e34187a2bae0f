#!/usr/bin/env bats
# A script's shell that can't be opened when it is seen for which processor it is.

load ../helpers
load ../disturb

# behaviour: where a script's shell can't be looked at beforehand, the build goes on, whichever look it is
# documented: docs/reliability.md#every-call-failed
# status: beyond
# why: that it is for another processor would be said sooner; if it is, the container says so
@test "a shell that can't be looked at" {
    busybox_recipe "  run: echo 1 > /1"
    for occurrence in 1 2 3 4; do
        disturb_if_reached EMFILE "^stacker> openat roots/sha256_\\w+/overlay/bin to read #$occurrence\$" build
        ((status <= 1 || status == 125)) || fail "status $status: $stderr"
        stacker clean
    done
    assert_not_equal "$occurrence" 1
}
