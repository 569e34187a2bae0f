#!/usr/bin/env bats
# mount and umount: images of squashfs and erofs layers as directories of the host, by the kernel.

load ../helpers

setup() {
    begin_test
    requires container loop
}

# mount_it TAG DIR [OPTION…]: stacker mount; taken down after the test.
mount_it() {
    mkdir -p "$2"
    stacker mount "${@:3}" "$1" "$2"
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# refuse_mount ARGUMENT…: stacker mount, which has to fail, say why, and leave nothing.
refuse_mount() {
    refuse mount "$@"
    assert_devices 0
}

# list_devices: the loop devices that show files of this test.
list_devices() {
    losetup --noheadings --raw --output NAME,BACK-FILE |
        DIR=$BATS_TEST_TMPDIR/ awk 'index($2, ENVIRON["DIR"]) == 1 { print $1 }'
}

# assert_devices N: there are so many. The kernel may free one a moment after its last mount.
assert_devices() {
    local tenths
    for ((tenths = 0; tenths < 100; tenths++)); do
        [[ $(list_devices | wc -l) != "$1" ]] || return 0
        sleep 0.1
    done
    fail "not $1 loop devices: $(losetup --list)"
}

# pair_of TYPE…: "below", and "above" on it, which deletes, replaces and makes opaque.
pair_of() {
    local type options=()
    for type in "$@"; do options+=(--layer-type "$type"); done
    build_pair 'mkdir /d /o; seq 1 20000 > /d/numbers; echo old > /o/old; echo 1 > /both; ln -s d /link; chmod 1777 /o' \
        'rm /bin/vi; rm -r /o; mkdir /o; echo new > /o/new; echo 2 > /both; ln /both /twice' \
        "${options[@]}"
}

# replace_layer TAG N FILE [FILTER]: makes FILE layer N of the image, every digest right; FILTER changes the manifest.
replace_layer() {
    local digest
    digest=sha256:$(sha256sum "$3" | cut -d' ' -f1)
    cp "$3" "oci/blobs/${digest/://}"
    change_manifest "$1" ".layers[$2].digest = \"$digest\" | .layers[$2].size = $(stat -c %s "$3") | ${4:-.}"
}

# change_manifest TAG FILTER: changes the image by jq.
change_manifest() {
    local new
    image_manifest "$1" | jq -c "$2" >manifest
    assert_file_not_empty manifest
    new=sha256:$(sha256sum manifest | cut -d' ' -f1)
    jq --arg tag "$1" --arg new "$new" --argjson size "$(stat -c %s manifest)" \
        '(.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag)) |=
            (.digest = $new | .size = $size)' oci/index.json >index
    mv manifest "oci/blobs/${new/://}"
    mv index oci/index.json
}

# chain_of COUNT: the image "fN" of COUNT squashfs layers without verity and a busybox below.
chain_of() {
    local n
    busybox_base
    {
        printf 'f1:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo 1 > /f1\n'
        for ((n = 2; n <= $1; n++)); do
            printf 'f%d:\n  from: {type: built, tag: f%d}\n  run: echo %d > /f%d\n' "$n" $((n - 1)) "$n" "$n"
        done
    } >stacker.yaml
    stacker build --layer-type squashfs --no-verity
}

# behaviour: a mounted image is, to owners, times, links and attributes, what umoci makes of the same image as tar
# documented: docs/mounting.md#mounting; docs/commands.md#mount
# status: documented
# bats test_tags=level:priv
# why: only root can use loop devices
@test "a mounted image is what umoci unpacks" {
    requires umoci
    pair_of tar squashfs erofs
    unpack_image above rootfs
    "$TOP/tools/list-tree.py" rootfs >rootfs.list
    assert_file_not_empty rootfs.list
    for type in squashfs erofs; do
        mount_it "above-$type" "on-$type"
        "$TOP/tools/list-tree.py" "on-$type" >"$type.list"
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
# status: documented
# bats test_tags=level:priv
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
# status: documented
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

# behaviour: a layer that is changed on disk is refused by its digest, and nothing of the image stays mounted
# documented: docs/mounting.md#what-is-checked
# status: documented
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
# status: documented
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
# status: documented
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
# status: documented
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

# behaviour: a tar image can't be mounted; the error names the image that can, or how to build it
# documented: docs/mounting.md#mounting
# status: documented
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
# status: documented
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
# status: documented
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
# status: documented
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
# status: documented
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
# status: documented
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
        # The image ends where its superblock says, at byte 40, in blocks.
        used=$(od -An -t u8 -j 40 -N 8 "$blob" | tr -d ' ')
        echo "open /dev/loopN stacker-$root /dev/loopN $root --hash-offset=$(((used + 4095) / 4096 * 4096))"
        echo "close --deferred stacker-$root"
    done >expected
    sed 's,/dev/loop[0-9]*,/dev/loopN,g' asked | diff expected -
    assert_devices 0
    # What veritysetup gives is what is mounted: a device with nothing in it is not.
    truncate -s 1M nothing
    losetup --find --show --read-only nothing >other
    run -1 --separate-stderr with_device_mapper "$STACKER" mount above-squashfs mnt
    losetup --detach "$(<other)"
    assert_said "couldn't mount /dev/mapper/stacker-"
    assert_devices 0
}

# behaviour: a dm-verity device that can't be set up is a warning: the layers were checked as a whole
# documented: docs/mounting.md#what-is-checked
# status: documented
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
    assert_equal "$(grep -c '^close stacker-' asked)" 3
}

# behaviour: umount refuses what mount has not mounted, and a directory that is in use
# documented: docs/mounting.md#mounting
# status: documented
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
# status: documented
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
# status: documented
# bats test_tags=level:unpriv
# why: root can
@test "an ordinary user can't mount" {
    pair_of squashfs
    mkdir mnt
    refuse_mount above-squashfs mnt
    assert_said "only root can use loop devices"
    assert_said "stacker chroot"
}
