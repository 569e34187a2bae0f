#!/usr/bin/env bats
# gc: what a stacker has left that was killed while it noted something about a layer.

load ../helpers
load ../disturb
load gc

# behaviour: a file that a killed stacker was writing into the directory of a layer goes with gc, and the layer stays
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "killed while it notes something about a layer" {
    busybox_recipe "  run: echo 1 > /1"
    stacker build
    # Somebody touched the blob: it is read, and that it is right is noted.
    touch "$(layer_blob it -1)"
    disturb KILL ' renameat2 roots/sha256_\w+/\.blob' publish --url oci:target --tag 1
    assert_equal "$status" 137
    assert_not_equal "$(find roots -name '.*.tmp')" ""
    collect
    assert_equal "$(find roots -name '.*.tmp')" ""
    assert_all_cached
}
