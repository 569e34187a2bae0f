#!/usr/bin/env bats
# mount where the kernel has a device mapper: it checks each block of a layer by dm-verity when it is read. The scenarios of the
# original's atomfs are among them.
#
# runs: in a machine of its own: devices of the device mapper are the whole machine's, and not every kernel has it
# bats file_tags=level:priv

load ../helpers
load mount

setup() {
    begin_test
    requires container loop veritysetup
    [[ -e /dev/mapper/control ]] || fail "this kernel has no device mapper"
}

# name_device TAG N: the name of the device of the image's layer N.
name_device() {
    local blob
    blob=$(layer_blob "$1" "$2")
    echo "${blob##*/}-verity"
}

# assert_gone NAME: such a device goes a moment after its last mount.
assert_gone() {
    local tenths
    for ((tenths = 0; tenths < 300 * slowness; tenths++)); do
        [[ -b /dev/mapper/$1 ]] || return 0
        pause
    done
    fail "$1 is still there: $(dmsetup info "$1")"
}

# wait_for_devices N: until the mount that has $started has made so many. Without a pause: that would be most of the mount.
wait_for_devices() {
    local devices=() end=$((SECONDS + 60 * slowness))
    until devices=(/sys/block/dm-*) && ((${#devices[@]} >= $1)) && [[ -e ${devices[0]} ]]; do
        ((SECONDS < end)) || fail "no $1 devices: ${devices[*]}"$'\n'"$(<started.err)"
    done
}

# atomfs COMMAND ARGUMENT…: as scripts for the original call it.
atomfs() {
    stacker internal-go atomfs "$@"
}

# behaviour: each layer with a tree is a device that is named by the layer's digest, which mounts share and which goes with the last of them
# documented: docs/mounting.md#what-it-takes; stacker's test/atomfs.bats
# status: documented
# bats test_tags=group:quick
# why: only root can use loop devices
@test "mounts of a layer share a device" {
    pair_of squashfs
    mkdir one two
    atomfs mount above-squashfs one
    atomfs mount below-squashfs two
    shared=$(name_device below-squashfs 0)
    own=$(name_device above-squashfs 2)
    assert_equal "$(veritysetup status "$shared" | sed -n 's/^ *status: *//p')" verified
    assert_equal "$(dmsetup ls --target verity | grep -c -- -verity)" 3
    assert_equal "$(cat one/both two/both)" $'2\n1'

    atomfs umount one
    assert_gone "$own"
    assert_equal "$(cat two/both)" 1
    [[ -b /dev/mapper/$shared ]]
    atomfs umount two
    assert_gone "$shared"
    assert_devices 0
}

# behaviour: a block that was changed after the mount is an I/O error when it is read, and what else there is can be read
# documented: docs/mounting.md#what-is-checked
# status: beyond
# bats test_tags=group:quick
# why: only root can use loop devices
@test "a byte that is changed beneath a mount" {
    for type in squashfs erofs; do
        pair_of "$type"
        mount_it "below-$type" mnt
        # Its half is the content of the one large file.
        blob=$(layer_blob "below-$type" 1)
        printf X | dd of="$blob" bs=1 seek=$(($(stat -c %s "$blob") / 2)) conv=notrunc status=none
        sync "$blob"
        echo 3 >/proc/sys/vm/drop_caches
        run ! cat mnt/d/numbers
        assert_output --partial "Input/output error"
        assert_equal "$(head -c 4 mnt/bin/busybox | od -An -c | tr -d ' ')" '177ELF'
        stacker umount mnt
        assert_devices 0
        rm -r oci roots .stacker
    done
}

# behaviour: a device of a layer's name that checks by another root hash, or by none, is refused, and stays as it is
# documented: docs/mounting.md#what-is-checked; stacker's test/atomfs.bats
# status: documented
# bats test_tags=group:quick
# why: only root can use loop devices
@test "a foreign device of a layer's name" {
    pair_of squashfs
    mkdir mnt
    name=$(name_device above-squashfs 0)
    head -c 51200 /dev/urandom >foreign
    root=$(veritysetup format foreign foreign.hash | sed -n 's/^Root hash:[[:space:]]*//p')
    veritysetup open foreign "$name" foreign.hash "$root"
    run ! atomfs mount above-squashfs mnt
    assert_said "invalid root hash"
    assert_said "$root"
    assert_equal "$(ls mnt)" ""
    assert_equal "$(veritysetup status "$name" | sed -n 's/^ *root hash: *//p')" "$root"
    veritysetup close "$name"

    dmsetup create "$name" --table "0 100 zero"
    run ! atomfs mount above-squashfs mnt
    assert_said "invalid root hash"
    dmsetup remove "$name"
    atomfs mount above-squashfs mnt
    atomfs umount mnt
}

# behaviour: of images in a tree each can be mounted and unmounted in any order; what they have in common stays as long as one of them needs it
# documented: stacker's test/atomfs.bats
# status: documented
# why: only root can use loop devices
@test "a tree of images" {
    busybox_base
    cat >stacker.yaml <<'END'
base: {from: {type: oci, url: "busybox:latest"}, run: touch /base}
a: {from: {type: built, tag: base}, run: touch /a}
b: {from: {type: built, tag: base}, run: touch /b}
c: {from: {type: built, tag: base}, run: touch /c}
END
    stacker build --layer-type squashfs
    mkdir a b c
    shared=$(name_device a-squashfs 0)
    atomfs mount a-squashfs a
    atomfs mount b-squashfs b
    [[ -e a/a && -e b/b ]]
    atomfs umount b
    [[ -b /dev/mapper/$shared ]]
    atomfs mount c-squashfs c
    atomfs umount a
    [[ -b /dev/mapper/$shared && -e c/c && -e c/bin/sh ]]
    last=$(name_device c-squashfs 2)
    atomfs umount c
    assert_gone "$last"
    assert_gone "$shared"
    assert_devices 0
}

# behaviour: a layer without a dm-verity tree has no device; mount wants --allow-missing-verity for it, and atomfs mounts it
# documented: docs/mounting.md#mounting; stacker's test/atomfs.bats
# status: documented
# why: only root can use loop devices
@test "a layer without a tree" {
    busybox_recipe '  run: touch /hello'
    stacker build --layer-type squashfs --no-verity
    mkdir mnt
    run ! stacker mount it-squashfs mnt
    assert_said "has no dm-verity tree"
    atomfs mount it-squashfs mnt
    [[ -e mnt/hello ]]
    assert_equal "$(dmsetup ls --target verity | grep -c -- -verity)" 0
    atomfs umount mnt
    assert_devices 0
}

# behaviour: what a kill leaves of a mount at any instant is no obstacle to the next one, and goes with it
# documented: docs/mounting.md#what-it-takes
# status: beyond
# why: only root can use loop devices
@test "an image is mounted again after a kill" {
    pair_of squashfs
    mkdir mnt
    # Each is killed as soon as there are so many devices: after a part of the work, and after all of it.
    for count in 1 2 3; do
        start "$STACKER" mount above-squashfs mnt
        wait_for_devices "$count"
        kill -KILL "$started" 2>/dev/null || true
        wait "$started" || true
        umount mnt 2>/dev/null || true
    done
    # What a kill may leave is a device that is whole: the next mount takes it.
    mount_it above-squashfs mnt
    assert_equal "$(cat mnt/both)" 2
    stacker umount mnt
    for n in 0 1 2; do
        name=$(name_device above-squashfs "$n")
        [[ ! -b /dev/mapper/$name ]] || veritysetup close "$name" || assert_gone "$name"
    done
    assert_devices 0
}
