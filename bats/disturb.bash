# shellcheck shell=bash
# One system call of stacker's that is disturbed. Loaded by `load ../disturb` after `load ../helpers`.

say_what_disturb_lacks() {
    say_what_root_lacks
    [[ $(uname -m) == x86_64 ]] || echo "tools/torture knows the registers of x86-64 only"
}

# disturb FAULT POINT ARGUMENT…: runs stacker with the call that POINT, a regular expression, names first: the process that is
# about to make it is killed (FAULT is KILL), or the call fails (FAULT is the error's name). As after run --separate-stderr, there are
# $status and $stderr. tools/torture/disturb.py says how points are named.
disturb() {
    disturb_if_reached "$@"
    # shellcheck disable=SC2154  # run sets it
    ((status != 125)) || fail "$stderr"
}

# disturb_if_reached FAULT POINT ARGUMENT…: the same where there may be no such call; $status is 125 then.
disturb_if_reached() {
    requires disturb
    run --separate-stderr "$TOP/tools/torture/disturb.py" "$1" "$2" "$STACKER" "${@:3}"
}
