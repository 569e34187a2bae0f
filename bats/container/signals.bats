#!/usr/bin/env bats
# A build that is asked to stop stops, and leaves nothing: no process, no mount, no lock.

load ../helpers

# start_long_build COMMAND…: starts a build whose script waits, and returns when it does. $first is what the script does
# before.
start_long_build() {
    busybox_base
    mkdir signal
    cat >stacker.yaml <<END
long:
  from: {type: oci, url: "busybox:latest"}
  binds:
    - $PWD/signal -> /signal
  run: |
    ${first:-}
    touch /signal/running
    sleep 600
END
    start "$@"
    wait_for_file signal/running
}

# Checks what holds after any interruption: nothing lives on, and another build can have the locks.
assert_stopped_cleanly() {
    assert_nothing_left
    assert_layout_whole
    sed -i 's/sleep 600/true/' stacker.yaml
    stacker build
    assert_equal "$(list_tags)" long
}

# behaviour: SIGTERM ends the container and the build, with a failing status
# documented: docs/commands.md#signals
# status: beyond
@test "SIGTERM ends the build and its container" {
    start_long_build "$STACKER" build
    kill -TERM "$started"
    wait_for_end
    assert_equal "$status" 143
    assert_stopped_cleanly
}

# behaviour: SIGINT ends the container and the build, with a failing status
# documented: docs/commands.md#signals
# status: beyond
@test "SIGINT ends the build and its container" {
    start_long_build "$STACKER" build
    kill -INT "$started"
    wait_for_end
    assert_equal "$status" 130
    assert_stopped_cleanly
}

# behaviour: ^C at a terminal ends the container and the build
# documented: docs/commands.md#signals
# status: beyond
@test "^C at the terminal ends the build and its container" {
    requires terminal
    mkfifo keyboard
    # script(1) gives the build a terminal and passes on what it reads; 8 keeps the keyboard open.
    exec 8<>keyboard
    start_long_build script --quiet --return --command "'$STACKER' build" typescript <keyboard
    printf '\003' >&8
    wait_for_end
    exec 8>&-
    assert_equal "$status" 130
    assert_stopped_cleanly
}

# behaviour: a script that ignores SIGTERM is ended all the same
# documented: docs/commands.md#signals
# status: beyond
@test "a script that ignores SIGTERM is ended" {
    first='trap "" TERM INT HUP' start_long_build "$STACKER" build
    kill -TERM "$started"
    wait_for_end
    assert_stopped_cleanly
}

# bats test_tags=group:quick
# behaviour: a stacker killed with SIGKILL takes its container along: no process lives on, no lock stays
# documented: docs/commands.md#signals
# status: beyond
@test "SIGKILL leaves no container and no lock" {
    start_long_build "$STACKER" build
    kill -KILL "$started"
    wait_for_end
    wait_for_killed
    assert_stopped_cleanly
}

# behaviour: a second stacker on the same directories is refused while the first one runs
# documented: docs/commands.md#messages
# status: documented
@test "a busy directory is refused by name" {
    start_long_build "$STACKER" build
    run --separate-stderr stacker build
    assert_failure
    assert_said "couldn't acquire lock on"
}
