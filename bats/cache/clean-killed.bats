#!/usr/bin/env bats
# What a clean has left that was killed.

load ../helpers
load ../disturb

# behaviour: what a killed clean has left of the output layout goes with the next build, and what another clean is removing does not
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "a build after a clean that was killed" {
    local live=.oci.0123456789abcdef.tmp
    busybox_recipe "  run: echo 1 > /1"
    stacker build
    disturb KILL ' unlinkat \.oci\.\S+/blobs/' clean
    assert_equal "$status" 137
    assert_not_equal "$(find . -maxdepth 1 -name '.oci.*.tmp')" ""
    mkdir "$live"
    start flock --no-fork "$live" sleep 60
    until ! flock -n "$live" true; do pause; done
    stacker build
    assert_equal "$(find . -maxdepth 1 -name '.oci.*.tmp')" "./$live"
    assert_layout_whole oci
}
