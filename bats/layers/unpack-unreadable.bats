#!/usr/bin/env bats
# A base whose directories can't be opened any more once they are unpacked.

load ../helpers
load ../disturb

# behaviour: an unpacked directory that can't be opened to get its mode is an error, and the layer isn't taken for unpacked
# documented: docs/storage.md#roots
# status: beyond
@test "a directory that can't be opened to get its mode" {
    busybox_recipe "  run: echo 1 > /1"
    disturb EIO ' openat2 roots/\.unpack-\S+/overlay/root to read #1' build
    assert_equal "$status" 1
    assert_said "couldn't set the metadata of root: Input/output error"
    assert_equal "$(compgen -G 'roots/sha256_*')" ""
    stacker build
    assert_equal "$(stat -c %a "$(layer_directory it 0)/overlay/root")" 700
}
