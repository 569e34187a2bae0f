#!/usr/bin/env bats
# A build that is killed while it sees whether it can make the output layout leaves nothing beside it.

load ../helpers
load ../disturb

# behaviour: what a build tries out beside an output layout that is not there yet goes with the next build, if it was killed meanwhile
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "killed before there is a layout" {
    busybox_recipe
    disturb KILL ' rmdir \.oci\.' build
    assert_equal "$status" 137
    stacker build
    assert_equal "$(compgen -G '.oci.*')" ""
}
