#!/usr/bin/env bats
# What a grab has left that was killed.

load ../helpers
load ../disturb

# behaviour: what a killed grab has copied goes with the next one into the same directory, and what another one is copying does not
# documented: docs/commands.md#grab
# status: beyond
@test "a grab after one that was killed" {
    busybox_recipe "  run: mkdir /d; echo 1 > /d/1; echo 2 > /2"
    stacker build
    mkdir here
    cd here
    disturb KILL ' renameat2 \.\S+\.tmp d ' --work-dir .. grab it:/d
    assert_equal "$status" 137
    assert_equal "$(find . -name '.stacker-grab.*.tmp' -prune -print | wc -l)" 1
    # One that lives.
    start flock --no-fork --shared . sleep 60
    until ! flock -n . true; do pause; done
    stacker --work-dir .. grab it:/2
    assert_equal "$(find . -name '.stacker-grab.*.tmp' -prune -print | wc -l)" 1
    kill "$started"
    wait_for_end "$started"
    stacker --work-dir .. grab it:/2
    rm started.out started.err
    assert_equal "$(ls -A)" 2
}
