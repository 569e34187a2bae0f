#!/usr/bin/env bats
# A machine that lets users make no user namespaces, by each switch that its kernel has.
#
# runs: in a machine of its own: these are switches of the whole machine

load ../helpers

setup() {
    begin_test
    requires container
    switches=()
}

teardown() {
    # As they were.
    ((${#switches[@]} == 0)) || sysctl -q -w "${switches[@]}"
    end_test
}

# turn NAME=VALUE: a switch, until the test ends; one that this kernel hasn't is passed over.
turn() {
    [[ -e /proc/sys/${1%%=*} ]] || skip "this kernel has no ${1%%=*}"
    local name=${1%%=*}
    name=${name//\//.}
    switches+=("$name=$(sysctl -n "$name")")
    sysctl -q -w "$name=${1#*=}"
}

# assert_refused_by REASON REMEDY: check and build say both, and make nothing.
assert_refused_by() {
    busybox_recipe
    run -1 --separate-stderr stacker check
    assert_line --regexp $'^fail\tid maps: the kernel lets this user make no user namespace, which building without root needs: '"$1$"
    assert_line --regexp "^"$'\t'"help: .*$2"
    assert_line --regexp '^warn.container: '
    run -1 --separate-stderr stacker build
    assert_regex "${stderr_lines[0]}" \
        "^error: the kernel lets this user make no user namespace, which building without root needs: $1$"
    [[ $stderr =~ $2 ]] || fail "$stderr"
    [[ ! -e roots && ! -e oci ]]
}

# behaviour: where the limit of user namespaces is 0, check and build say so to a user, and how to raise it
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no user namespace
# bats test_tags=level:unpriv,group:quick
@test "user.max_user_namespaces" {
    turn user/max_user_namespaces=0
    assert_refused_by "No space left on device" "sysctl -w user.max_user_namespaces=10000"
}

# behaviour: where Debian's switch is off, check and build name it to a user, and no other
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no user namespace
# bats test_tags=level:unpriv
@test "kernel.unprivileged_userns_clone" {
    turn kernel/unprivileged_userns_clone=0
    assert_refused_by "Operation not permitted" 'as root: sysctl -w kernel.unprivileged_userns_clone=1$'
    refute_said apparmor
}

# behaviour: where Ubuntu's switch is on, check and build name it to a user, and no other
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no user namespace
# bats test_tags=level:unpriv
@test "kernel.apparmor_restrict_unprivileged_userns" {
    turn kernel/apparmor_restrict_unprivileged_userns=1
    # Ubuntu's kernel says the one or the other, as a profile is loaded or not.
    assert_refused_by "(Operation not permitted|Permission denied)" \
        'as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0$'
}

# behaviour: with no user namespace to be had root builds as ever, and run says what it lacks and how to raise the limit
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: a user can't build
# bats test_tags=level:priv
@test "root without user namespaces" {
    turn user/max_user_namespaces=0
    busybox_recipe '  run: touch /it'
    stacker build
    run -1 --separate-stderr stacker run it -- true
    assert_said "the kernel gives root no user namespace"
    assert_said "sysctl -w user.max_user_namespaces=10000"
    run -0 stacker run --privileged it -- ls /it
}
