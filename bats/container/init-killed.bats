#!/usr/bin/env bats
# A container whose first process is killed before it has begun the script.

load ../helpers
load ../disturb

# behaviour: where the container's first process is killed while the container is set up, the build fails and says so, and nothing is left
# documented: docs/commands.md#signals
# status: beyond
# why: liblxc waits for that process's answer without an end
@test "the container's init is killed while it mounts" {
    busybox_recipe "  run: echo 1 > /1"
    disturb KILL 'stacker>> mount roots/it/rootfs ' build
    assert_equal "$status" 1
    assert_said "the container's init was killed before it began the script"
    assert_nothing_left
    assert_layout_whole
    stacker build
}
