#!/usr/bin/env bats
# No room in one of stacker's directories: an error, and nothing that is half-made counts.

load ../helpers

# behaviour: a roots directory without room is an error that says so, and no layer is half unpacked
# documented: docs/storage.md#roots
# status: documented
# original: a directory of the layer that did not fit stays, under the digest that it does not have
@test "no room in the roots-dir" {
    busybox_recipe
    mount_tmpfs 1m roots
    refuse build
    assert_said space
    assert_equal "$(find roots -maxdepth 1 -name 'sha256_*')" ""
}

# behaviour: an output layout without room is an error that says so, and no image is half-written
# documented: docs/storage.md#the-output-layout
# status: documented
@test "no room in the oci-dir" {
    busybox_recipe '  run: dd if=/dev/urandom of=/random bs=1M count=3'
    mkdir full
    mount_tmpfs 2m full
    refuse --oci-dir full/oci build
    assert_said space
    assert_layout_whole full/oci
}

# behaviour: a script that fills the disk is a failed build, and no image comes of it
# documented: docs/commands.md#exit-status
# status: documented
@test "a script that fills the disk" {
    busybox_recipe '  run: dd if=/dev/zero of=/zero bs=1M count=20'
    mount_tmpfs 6m roots
    run --separate-stderr stacker build
    assert_failure
    assert_layout_whole
}
