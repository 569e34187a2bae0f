#!/usr/bin/env bats
# An ordinary user's build that can't remove the directory in which it saw whether the kernel makes overlays for it.

load ../helpers
load ../disturb

# bats test_tags=level:unpriv
# behaviour: what a build has tried out where there were no roots yet, and couldn't remove, goes with the next build
# documented: docs/commands.md#check
# status: beyond
# why: root's overlays need no trial
@test "a trial that can't be removed" {
    busybox_recipe "  run: echo 1 > /1"
    disturb EMFILE ' openat \.stacker-check\.\S+/upper/\. to read' build
    assert_equal "$status" 0
    assert_not_equal "$(compgen -G '.stacker-check.*')" ""
    stacker build
    assert_equal "$(compgen -G '.stacker-check.*')" ""
}
