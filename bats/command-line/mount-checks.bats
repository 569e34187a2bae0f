#!/usr/bin/env bats
# mount: what is checked of a layer before the kernel sees it, and by dm-verity while it is read.

load ../helpers
load mount

# replace_layer TAG N FILE [FILTER]: makes FILE layer N of the image, every digest right; FILTER changes the manifest.
replace_layer() {
    local digest
    digest=sha256:$(sha256sum "$3" | cut -d' ' -f1)
    cp "$3" "oci/blobs/${digest/://}"
    change_manifest "$1" ".layers[$2].digest = \"$digest\" | .layers[$2].size = $(stat -c %s "$3") | ${4:-.}"
}

# behaviour: a layer that is changed on disk is refused by its digest, and nothing of the image stays mounted
# documented: docs/mounting.md#what-is-checked
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a changed blob is refused" {
    chain_of 4
    printf X | dd of="$(layer_blob f4-squashfs 2)" bs=1 seek=150 conv=notrunc status=none
    mkdir mnt
    refuse_mount_of_damaged() {
        run -1 --separate-stderr stacker mount --allow-missing-verity f4-squashfs mnt
        assert_said "the blob is damaged"
        assert_said "$(layer_digest f4-squashfs 2)"
        assert_nothing_left
        assert_devices 0
    }
    refuse_mount_of_damaged
    # What was mounted before stays as it was.
    mount_it f1-squashfs other --allow-missing-verity
    run -1 stacker mount --allow-missing-verity f4-squashfs mnt
    assert_devices 2
    assert_equal "$(cat other/f1)" 1
}

# behaviour: a layer that was changed with its digests is refused by its dm-verity tree
# documented: docs/mounting.md#what-is-checked
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a layer that its verity tree does not fit is refused" {
    mkdir mnt
    for type in squashfs erofs; do
        rm -rf busybox oci roots .stacker
        pair_of "$type"
        cp "$(layer_blob "above-$type" 1)" damaged
        # Where neither file system has anything that it looks at first.
        printf X | dd of=damaged bs=1 seek=9000 conv=notrunc status=none
        run ! cmp damaged "$(layer_blob "above-$type" 1)"
        replace_layer "above-$type" 1 damaged
        refuse_mount "above-$type" mnt
        assert_said "couldn't verify its dm-verity tree"
        mount_it "below-$type" other
        stacker umount other
    done
}

# behaviour: when the kernel refuses one layer of several, those before it are unmounted again
# documented: docs/mounting.md#what-it-takes
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a layer that the kernel refuses" {
    chain_of 4
    seq 1 20000 >none
    truncate -s %4096 none
    replace_layer f4-squashfs 2 none
    mkdir mnt
    refuse_mount --allow-missing-verity f4-squashfs mnt
    assert_said "layer $(layer_digest f4-squashfs 2): couldn't mount /dev/loop"
    assert_equal "$(ls -A mnt)" ""
}

# behaviour: layers without a dm-verity tree are mounted with --allow-missing-verity only
# documented: docs/mounting.md#what-is-checked
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a layer without a verity tree" {
    chain_of 1
    mkdir mnt
    refuse_mount f1-squashfs mnt
    assert_said "has no dm-verity tree"
    assert_said "--allow-missing-verity"
    mount_it f1-squashfs mnt --allow-missing-verity
    assert_equal "$(cat mnt/f1)" 1
}

# behaviour: the old names of the root hash's annotation are checked, too
# documented: docs/mounting.md#what-is-checked
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "older names of the annotation" {
    pair_of squashfs
    name=com.cisco.stacker.squashfs_verity_root_hash
    change_manifest above-squashfs ".layers[].annotations |= {\"$name\": .[\"io.stackeroci.stacker.atomfs_verity_root_hash\"]}"
    mount_it above-squashfs mnt
    stacker umount mnt
    change_manifest above-squashfs ".layers[0].annotations[\"$name\"] = \"$(printf '%064d' 0)\""
    refuse_mount above-squashfs mnt
    assert_said verity
}

# with_device_mapper COMMAND…: runs it where /dev is ours: a file for the device mapper's control, and a veritysetup that
# does what it is told with block devices, and writes down what that was to ./asked.
with_device_mapper() {
    mkdir -p bin dev
    cat >bin/veritysetup <<'END'
#!/bin/bash
echo "$@" >>asked
[[ ! -e fail-$1 ]] || exit 3
case $1 in
    open)
        device=$2
        [[ ! -e other ]] || device=$(<other)
        mknod "/dev/mapper/$3" b "0x$(stat -c %t "$device")" "0x$(stat -c %T "$device")"
        ;;
    # Deferred, it is there as long as it is used.
    close) [[ $2 == --deferred ]] || rm "/dev/mapper/$2" ;;
esac
END
    chmod +x bin/veritysetup
    PATH=$PWD/bin:$PATH unshare --mount --propagation private bash -euc '
        mount -t tmpfs stacker-test dev
        cp -a /dev/{null,zero,urandom,loop-control} dev
        for number in {0..127}; do mknod "dev/loop$number" b 7 "$number"; done
        mkdir dev/mapper
        touch dev/mapper/control
        mount --move dev /dev
        "$@"' bash "$@" 3>&- 4>&-
}

# mount_and_list TAG: mounts an image on ./mnt for a moment.
mount_and_list() {
    "$STACKER" mount "$1" mnt && ls mnt && cat mnt/both && "$STACKER" umount mnt
}

# behaviour: where there are the device mapper and veritysetup, layers with a tree are mounted through dm-verity
# documented: docs/mounting.md#what-is-checked
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices; a program stands in for veritysetup, since not every kernel has a device mapper
@test "layers are mounted through dm-verity" {
    pair_of squashfs
    mkdir mnt
    export -f mount_and_list
    export STACKER
    run -0 --separate-stderr with_device_mapper bash -c 'mount_and_list above-squashfs'
    assert_line 2
    for n in 2 1 0; do
        root=$(image_manifest above-squashfs |
            jq -r --argjson n "$n" '.layers[$n].annotations["io.stackeroci.stacker.atomfs_verity_root_hash"]')
        blob=$(layer_blob above-squashfs "$n")
        name=${blob##*/}-verity
        # The image ends where its superblock says, at byte 40, in blocks.
        used=$(od -An -t u8 -j 40 -N 8 "$blob" | tr -d ' ')
        echo "open /dev/loopN $name /dev/loopN $root --hash-offset=$(((used + 4095) / 4096 * 4096))"
        echo "close --deferred $name"
    done >expected
    sed 's,/dev/loop[0-9]*,/dev/loopN,g' asked | diff expected -
    assert_devices 0
    # What veritysetup gives is what is mounted: a device with nothing in it is not.
    truncate -s 1M nothing
    losetup --find --show --read-only nothing >other
    run -1 --separate-stderr with_device_mapper "$STACKER" mount above-squashfs mnt
    losetup --detach "$(<other)"
    assert_said "-verity as squashfs"
    assert_devices 0
}

# behaviour: a dm-verity device that can't be set up is a warning: the layers were checked as a whole
# documented: docs/mounting.md#what-is-checked
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices; a program stands in for veritysetup, since not every kernel has a device mapper
@test "dm-verity that does not work" {
    pair_of squashfs
    mkdir mnt
    export -f mount_and_list
    export STACKER
    for failing in open close; do
        rm -f asked fail-*
        touch "fail-$failing"
        run -0 --separate-stderr with_device_mapper bash -c 'mount_and_list above-squashfs'
        assert_line 2
        assert_said "is checked now and not again when it is read"
        assert_said "veritysetup $failing"
        assert_devices 0
    done
    # What was made is not left.
    assert_equal "$(grep -c '^close [0-9a-f]*-verity$' asked)" 3
}
