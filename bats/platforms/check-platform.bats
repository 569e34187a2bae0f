#!/usr/bin/env bats
# What `stacker check --platform` says of scripts for other processors.

load ../helpers
load foreign

setup() {
    begin_test
    requires container root foreign_busybox
    mount_tmpfs 16M fs
}

# behaviour: for each platform a line says whether scripts run and what runs them, and the status is 0 if all do
# documented: docs/commands.md#check; docs/platforms.md#from-zero
# status: beyond
@test "scripts that run are ok lines" {
    requires handlers
    show_handlers
    run -0 --separate-stderr stacker --work-dir fs check --platform linux/arm64,linux/arm/v7 --platform linux/s390x
    assert_line --regexp $'^ok\tscripts of linux/arm64: run by handler .*aarch64'
    assert_line --regexp $'^ok\tscripts of linux/arm/v7: run by handler .*arm'
    assert_line --regexp $'^ok\tscripts of linux/s390x: run by handler .*s390x'
    run -0 --separate-stderr stacker --work-dir fs check --json --platform "linux/$(dpkg --print-architecture)"
    assert_equal "$(jq -r '.[] | select(.name | startswith("scripts")) | .detail' <<<"$output")" "run by this machine's processor"
}

# behaviour: what does not run fails the check, with the way to get there
# documented: docs/commands.md#check
# status: beyond
@test "scripts that don't run are fail lines with a remedy" {
    pretend_handlers enabled qemu-aarch64="$(handler enabled /gone/qemu OC)"
    run -1 --separate-stderr stacker --work-dir fs check --platform linux/arm64,linux/riscv64,windows/amd64
    assert_line --partial $'fail\tscripts of linux/arm64: handler qemu-aarch64 has no F flag, and its interpreter /gone/qemu is in no usual image, nor on this machine'
    assert_line --partial $'fail\tscripts of linux/riscv64: no handler of binfmt_misc runs programs for riscv64'
    assert_line --partial $'\thelp: as root: cat /usr/lib/binfmt.d/qemu-riscv64.conf > /proc/sys/fs/binfmt_misc/register'
    assert_line --partial $'fail\tscripts of windows/amd64: programs for windows run on no Linux'
}

# behaviour: where binfmt_misc is not mounted, a trial says whether scripts run
# documented: docs/platforms.md#in-containers-and-ci
# status: beyond
@test "handlers of a host that can't be seen count" {
    requires handlers
    pretend_handlers ''
    run -0 --separate-stderr stacker --work-dir fs check --platform linux/s390x,linux/arm64,linux/arm
    assert_line $'ok\tscripts of linux/s390x: run by a handler that is not to be seen here: binfmt_misc is not mounted'
    run -1 --separate-stderr stacker --work-dir fs check --platform linux/sparc
    assert_line --partial $'fail\tscripts of linux/sparc: nothing here runs programs for sparc, and which handlers there are'
    assert_line --partial "mount -t binfmt_misc"
}

# behaviour: a platform that is none is refused, with the name that is meant
# documented: docs/commands.md#check
# status: beyond
@test "a platform is os/arch" {
    run -1 --separate-stderr stacker --work-dir fs check --platform linux/amr64
    assert_said "unknown processor \"amr64\" in platform \"linux/amr64\": did you mean arm64?"
    run -1 --separate-stderr stacker --work-dir fs check --platform arm64
    assert_said "help: write linux/arm64"
}
