#!/usr/bin/env bats
# A sample of what `make torture` does in full: stacker is disturbed at its steps, and what it is told to do comes out right
# the next time.
# bound: 400 s: each disturbed run is followed by whole ones

load ../helpers
load ../disturb

# torture FAULT… : plays a scenario with a sample of its points, at the level of this run.
torture() {
    requires disturb
    local options=(--level priv) fault
    [[ -z ${STACKER_TEST_USER:-} ]] || options=(--level unpriv --user "$STACKER_TEST_USER")
    for fault in "$@"; do options+=(--fault "$fault"); done
    "$TOP/tools/torture/torture.py" "${options[@]}" --results "$PWD/results" --scenario build --sample 20 --harm "$STACKER_BINARY"
}

# behaviour: whichever step of a build it is killed before, nothing is half-written under a final name, and the next build gives the same images and leaves nothing
# documented: docs/reliability.md#killed-at-every-step
# status: beyond
@test "killed at a sample of its steps" {
    torture KILL
}

# behaviour: whichever system call of a build fails, the build ends with an error, or is right all the same, and the next one is
# documented: docs/reliability.md#every-call-failed
# status: beyond
@test "a sample of its calls failed" {
    torture ENOSPC EIO EMFILE EACCES EINTR short
}
