#!/usr/bin/env bats
# System calls that fail, and what is said of them: why, and on what.

load ../helpers
load ../disturb

# behaviour: whatever directory can't be opened, listed or made ready, the error names it
# documented: docs/reliability.md#every-call-failed
# status: beyond
@test "an error names what the failed call was about" {
    local point
    busybox_recipe "  run: echo 1 > /1"
    for point in ' getdents64 roots #1' ' mkdirat roots/\S+/overlay #1' ' fchmod roots/\S+/overlay #1' \
        ' openat2 roots/it/overlay/\. to read #1' ' openat2 oci/blobs/sha256/\. to read #1'; do
        disturb EIO "$point" build
        assert_equal "$status" 1
        [[ $stderr =~ error:.*$PWD/(roots|oci)[^:]*": Input/output error" ]] || fail "$point: $stderr"
        refute_said --help
        stacker clean
    done
}
