#!/usr/bin/env bats
# mount and umount: images of squashfs and erofs layers as directories of the host, by the kernel.

load ../helpers
load mount

# behaviour: a mounted image is, to owners, times, links and attributes, what umoci makes of the same image as tar
# documented: docs/mounting.md#mounting; docs/commands.md#mount
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a mounted image is what umoci unpacks" {
    requires umoci
    pair_of tar squashfs erofs
    unpack_image above rootfs
    "$TOP/tools/look/list-tree.py" rootfs >rootfs.list
    assert_file_not_empty rootfs.list
    for type in squashfs erofs; do
        mount_it "above-$type" "on-$type"
        "$TOP/tools/look/list-tree.py" "on-$type" >"$type.list"
        diff -u rootfs.list "$type.list"
        assert_not_exists "on-$type/bin/vi"
        assert_equal "$(ls "on-$type/o")" new
        stacker umount "on-$type"
        assert_equal "$(ls "on-$type")" ""
    done
    assert_devices 0
}

# behaviour: neither the image nor a device below it can be written to
# documented: docs/mounting.md#mounting
# status: beyond
# bats test_tags=level:priv,group:quick
# why: only root can use loop devices
@test "a mount is read-only" {
    pair_of squashfs
    mount_it above-squashfs mnt
    run ! touch mnt/new
    assert_output --partial "Read-only file system"
    assert_devices 3
    assert_equal "$(losetup --noheadings --raw --output RO,AUTOCLEAR "$(list_devices | head -n 1)")" "1 1"
    assert_equal "$(findmnt --noheadings --output SOURCE,FSTYPE mnt)" "stacker:above-squashfs overlay"
    stacker umount mnt
}

# behaviour: images that are mounted at once share layers; a layer's device goes with the last image that has it
# documented: docs/mounting.md#what-it-takes
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "two images share layers" {
    pair_of squashfs
    mount_it above-squashfs one
    mount_it below-squashfs two
    mount_it above-squashfs three
    assert_equal "$(count_layers above-squashfs)" 3
    assert_devices 3
    stacker umount one
    assert_equal "$(cat three/both two/both)" $'2\n1'
    stacker umount three
    assert_devices 2
    assert_equal "$(cat two/both)" 1
    # Another program's umount does as well.
    umount two
    assert_devices 0
}

# behaviour: a tar image can't be mounted; the error names the image that can, or how to build it
# documented: docs/mounting.md#mounting
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a tar image is refused" {
    mkdir mnt
    pair_of tar
    refuse_mount above mnt
    assert_said "which the kernel can't mount"
    assert_said "--layer-type squashfs"
    stacker build --layer-type tar --layer-type erofs
    refuse_mount above mnt
    assert_said "mount above-erofs"
}

# behaviour: no such image, no such directory, a digest that is none: each is an error, and nothing is mounted
# documented: docs/mounting.md#mounting
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "what is not there is refused" {
    pair_of squashfs
    mkdir mnt
    refuse_mount no-such-image mnt
    assert_said "there is no image no-such-image"
    refuse_mount above-squashfs no-such-directory
    assert_said "mkdir no-such-directory"
    refuse_mount above-squashfs stacker.yaml
    run -1 --separate-stderr stacker --oci-dir no-such-layout mount above-squashfs mnt
    assert_said "no-such-layout"
    change_manifest above-squashfs '.layers[0].digest = "sha256:../../../../etc/passwd"'
    run -1 --separate-stderr stacker mount above-squashfs mnt
    assert_said "is not a sha256 digest"
    assert_nothing_left
}

# behaviour: with --writable what is written is gone with the mount, and the image stays as it is
# documented: docs/mounting.md#writing
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a writable mount forgets" {
    pair_of squashfs
    mount_it above-squashfs mnt --writable
    before=$(stat -c '%a %u %Y' mnt)
    echo mine >mnt/both
    rm -r mnt/o mnt/link
    mkdir mnt/o
    assert_equal "$(ls -A mnt/o)" ""
    assert_equal "$(cat mnt/twice mnt/both)" $'2\nmine'
    stacker umount mnt
    assert_devices 0
    mount_it above-squashfs mnt
    assert_equal "$(cat mnt/both)" 2
    assert_equal "$(ls mnt/o)" new
    assert_equal "$(stat -c '%a %u %Y' mnt)" "$before"
}

# behaviour: with --persist what is written is kept in that directory, for one mount at a time
# documented: docs/mounting.md#writing
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a writable mount that keeps what is written" {
    pair_of squashfs
    mkdir other
    mount_it above-squashfs mnt --persist "kept, here: \\ it is"
    echo mine >mnt/both
    rm mnt/link
    run -1 --separate-stderr stacker mount --persist "kept, here: \\ it is" above-squashfs other
    assert_said "is in use"
    stacker umount mnt
    assert_equal "$(cat "kept, here: \\ it is/upper/both")" mine
    mount_it above-squashfs other --persist "kept, here: \\ it is"
    assert_equal "$(cat other/both)" mine
    assert_not_exists other/link
    assert_file_not_empty other/d/numbers
    stacker umount other
    assert_devices 0
}

# behaviour: internal-go atomfs mount and umount do the same, and take layers without a dm-verity tree
# documented: docs/mounting.md#mounting
# status: documented
# bats test_tags=level:priv
# why: only root can use loop devices
@test "the names that scripts call" {
    chain_of 2
    mv oci elsewhere
    mkdir mountpoint
    stacker --oci-dir elsewhere internal-go atomfs mount f2-squashfs mountpoint
    realpath mountpoint >>"$BATS_TEST_TMPDIR/mounted"
    assert_equal "$(cat mountpoint/f1 mountpoint/f2)" $'1\n2'
    stacker --oci-dir elsewhere internal-go atomfs umount mountpoint
    assert_not_exists mountpoint/f1
    assert_devices 0
    run -0 --separate-stderr stacker
    refute_said internal-go
}

# behaviour: a mount that is killed is there as a whole or not at all, and leaves no device
# documented: docs/mounting.md#what-it-takes
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "kill -9 while an image is mounted" {
    chain_of 5
    mkdir mnt
    realpath mnt >>"$BATS_TEST_TMPDIR/mounted"
    for n in 1 3 5; do
        start "$STACKER" --debug mount --allow-missing-verity f5-squashfs mnt
        while kill -0 "$started" 2>/dev/null && (($(grep -c "is /dev/loop" started.err) < n)); do sleep 0.01; done
        kill -KILL "$started" 2>/dev/null || true
        wait_for_end
        if mountpoint -q mnt; then
            assert_equal "$(cat mnt/f*)" $'1\n2\n3\n4\n5'
            stacker umount mnt
        fi
        assert_equal "$(ls -A mnt)" ""
        assert_devices 0
    done
    mount_it f5-squashfs mnt --allow-missing-verity
}

# behaviour: umount refuses what mount has not mounted, and a directory that is in use
# documented: docs/mounting.md#mounting
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "umount of something else" {
    mkdir plain mnt
    for directory in plain no-such-directory; do
        run -1 --separate-stderr stacker umount "$directory"
        assert_said "couldn't unmount $directory"
    done
    mount_tmpfs 1M other
    run -1 --separate-stderr stacker umount other
    assert_said "is no image of stacker mount but tmpfs"
    mountpoint -q other
    pair_of squashfs
    mount_it above-squashfs mnt
    exec 8<mnt/both
    run -1 --separate-stderr stacker umount mnt
    exec 8<&-
    assert_said "it is in use"
    run -1 --separate-stderr stacker umount mnt/d
    assert_said "nothing is mounted there"
    stacker umount mnt
}

# behaviour: a directory takes one image at a time
# documented: docs/mounting.md#mounting
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a second image on the same directory is refused" {
    pair_of squashfs
    mount_it above-squashfs "a b"
    run -1 --separate-stderr stacker mount below-squashfs "a b"
    assert_said "an image is mounted there"
    stacker umount "a b"
    assert_devices 0
}

# behaviour: an image may have many layers, and the same one twice: it is seen where it is highest
# documented: docs/mounting.md#what-it-takes
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "many layers, and one of them twice" {
    requires squashfs_tools
    chain_of 1
    mkdir -p layer
    for n in $(seq 60); do
        echo "$n" >layer/top
        echo "$n" >"layer/only-$n"
        mksquashfs layer "$n.squashfs" -quiet -no-progress >/dev/null
        rm "layer/only-$n"
        digest=$(sha256sum "$n.squashfs" | cut -d' ' -f1)
        mv "$n.squashfs" "oci/blobs/sha256/$digest"
        printf '{"mediaType": "application/vnd.stacker.image.layer.squashfs", "digest": "sha256:%s", "size": %d}\n' \
            "$digest" "$(stat -c %s "oci/blobs/sha256/$digest")" >>layers
    done
    # The first one of the sixty once more, at the top.
    change_manifest f1-squashfs ".layers += $(jq -cs '. + .[:1]' layers)"
    assert_equal "$(count_layers f1-squashfs)" 63
    mount_it f1-squashfs mnt --allow-missing-verity
    assert_devices 62
    assert_equal "$(cat mnt/f1 mnt/top)" $'1\n1'
    assert_equal "$(cat mnt/only-* | sort -n | tr '\n' ' ')" "$(seq 60 | tr '\n' ' ')"
    stacker umount mnt
    assert_devices 0
}

# behaviour: a file that is removed from the layout stays mounted; the device goes when it is unmounted
# documented: docs/mounting.md#what-it-takes
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a layout that goes away" {
    pair_of squashfs
    mount_it above-squashfs mnt
    stacker clean
    assert_not_exists oci
    assert_equal "$(cat mnt/both)" 2
    stacker umount mnt
    assert_devices 0
}

# behaviour: an ordinary user is told that mounting takes root, and what does without
# documented: docs/mounting.md#mounting
# status: beyond
# bats test_tags=level:unpriv,group:quick
# why: root can
@test "an ordinary user can't mount" {
    pair_of squashfs
    mkdir mnt
    refuse_mount above-squashfs mnt
    assert_said "only root can use loop devices"
    assert_said "stacker chroot"
}
