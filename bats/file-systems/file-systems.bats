#!/usr/bin/env bats
# The harness of file-systems.bash itself, so that a reader can trust what other files show with it.

load ../helpers

setup() {
    begin_test
    requires loop ext4 btrfs xfs tmpfs
}

# behaviour: every file system of the harness can be made and mounted, has user xattrs and whiteouts, and is of its type
# documented: docs/file-systems.md#trying-it-out
# status: documented
@test "each file system of the harness is what it is called" {
    local name
    for name in "${FILE_SYSTEMS[@]}"; do
        mount_file_system "$name" "$name"
        assert_equal "$name: $(findmnt -no FSTYPE --mountpoint "$PWD/$name")" "$name: ${name%%-*}"
        mknod "$name/whiteout" c 0 0
        python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.overlay.opaque", b"y")' "$name"
    done
}

# behaviour: what the harness mounted is gone after a test that failed, and so is its loop device
# documented: docs/file-systems.md#trying-it-out
# status: documented
@test "a test that fails leaves no mount and no loop device" {
    mkdir inner
    # bats would take an @test in here for one of its own.
    sed 's/^TEST /@test /' >inner/inner.bats <<END
load $TOP/bats/helpers
# status: documented
TEST "fails" {
    mount_file_system ext4 below
    losetup --noheadings --raw --output BACK-FILE | grep -q "^\$PWD/below.img"
    echo mounted >"$PWD/state"
    cd below
    false
}
END
    # The inner bats must not take itself for a part of this one.
    run -1 env -u BATS_TEST_NAME -u BATS_ROOT bats --tempdir "$PWD/inner/tmp" inner/inner.bats
    assert_file_contains state mounted
    assert_equal "$(grep -F "$PWD/inner" /proc/self/mountinfo)" ""
    assert_equal "$(losetup --noheadings --raw --output BACK-FILE | grep -F "$PWD/inner")" ""
}
