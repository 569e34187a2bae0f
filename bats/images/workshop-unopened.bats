#!/usr/bin/env bats
# The directory in which a build makes blobs can't be opened once it is made.

load ../helpers
load ../disturb

# behaviour: where the directory that blobs are made in can't be opened, the build fails and leaves none in the layout
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "the directory for blobs can't be opened" {
    busybox_recipe "  run: echo 1 > /1"
    disturb EMFILE ' openat2 oci/\.stacker\.\S+ to read' build
    assert_equal "$status" 1
    assert_said "$PWD/oci"
    assert_said "Too many open files"
    assert_equal "$(compgen -G 'oci/.stacker.*')" ""
}
