#!/usr/bin/env bats
# Containers where the kernel has AppArmor: with the profile that liblxc asks for, as the package lxc has it, without it, and
# under a profile that leaves a user no rights in user namespaces.
#
# runs: in a machine of its own: profiles are the whole machine's, and not every kernel has AppArmor

load ../helpers

# What it loads is no other test's.
profiles=/etc/apparmor.d/lxc-containers

setup() {
    begin_test
    requires container apparmor
    unload_profiles
}

teardown() {
    unload_profiles
    end_test
}

say_what_apparmor_lacks() {
    [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]] || echo "AppArmor is off: CMDLINE='lsm=apparmor'"
    say_what_program_lacks apparmor_parser
    [[ -e $profiles ]] || echo "the package lxc is not installed"
}

# load_profile FILE
load_profile() {
    apparmor_parser --replace --skip-cache "$1"
}

# unload_profiles: all that the machine has.
unload_profiles() {
    local loaded line
    # All of them first: the kernel counts as it lists, and passes one over for each that has gone.
    mapfile -t loaded </sys/kernel/security/apparmor/profiles
    for line in "${loaded[@]}"; do
        printf '%s' "${line% (*)}" >/sys/kernel/security/apparmor/.remove
    done
    assert_equal "$(cat /sys/kernel/security/apparmor/profiles)" ""
}

# printed_label: under which profile a build's script runs.
printed_label() {
    busybox_recipe '  run: cat /proc/self/attr/current >/label'
    stacker build --no-cache
    layer_tar it -1 | tar xO label
}

# behaviour: where liblxc's profile is not loaded, a container is confined by none, and starts
# documented: docs/security.md#apparmor
# status: beyond
@test "no profile" {
    assert_equal "$(printed_label)" unconfined
    run -0 stacker check
    assert_line $'ok\tcontainer: started'
}

# behaviour: where liblxc's profile is loaded, scripts of root run under it, and those of users under none
# documented: docs/security.md#apparmor
# status: beyond
# bats test_tags=group:quick-priv
@test "the profile of lxc" {
    load_profile "$profiles"
    run -0 stacker check
    assert_line $'ok\tcontainer: started'
    if runs_as_root; then
        assert_equal "$(printed_label)" "lxc-container-default-cgns (enforce)"
    else
        assert_equal "$(printed_label)" unconfined
    fi
}

# behaviour: a profile of liblxc's that is another one than liblxc asks for is no obstacle
# documented: docs/security.md#apparmor
# status: beyond
@test "another profile of lxc" {
    echo 'profile lxc-container-default { file, }' >older
    load_profile older
    assert_equal "$(printed_label)" unconfined
}

# behaviour: where a profile leaves a user no capabilities in user namespaces, as Ubuntu's does, check and build say that no namespace can be made, and what may forbid it
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no user namespace
# bats test_tags=level:unpriv
@test "no rights in user namespaces" {
    # What it maps ids by has its own rights.
    printf '%s\n' "profile no-rights $STACKER_BINARY {" \
        'file, network, signal, unix, ptrace, mount, umount, pivot_root, dbus,' \
        '/usr/bin/newuidmap Ux,' '/usr/bin/newgidmap Ux,' '}' >no-rights
    load_profile no-rights
    busybox_recipe
    run -1 --separate-stderr stacker check
    assert_line --regexp $'^fail\tid maps: the kernel lets this user make no user namespace.*: Operation not permitted'
    assert_line --regexp $'^\thelp: .*profile of AppArmor'
    run -1 --separate-stderr stacker build
    assert_said "error: the kernel lets this user make no user namespace"
    assert_said "profile of AppArmor"
    [[ ! -e roots && ! -e oci ]]
}
