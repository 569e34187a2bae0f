#!/usr/bin/env bats
# Layers in several types: which images come out, what they share on disk, and that each can be read.

load helpers

parent_and_child() {
    busybox_base
    cat >stacker.yaml <<'END'
parent:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /dir
    ln -s /dir /link
child:
  from: {type: built, tag: parent}
  run: |
    touch /link/test
    rm /bin/vi
END
}

# layer_hex TAG N: the digest of a layer without the algorithm.
layer_hex() {
    layer_digest "$1" "$2" | cut -d: -f2
}

# behaviour: each layer gives an image of each type, a squashfs one tagged NAME-squashfs, in the order of the options
# documented: docs/storage.md#layer-types
# status: documented
@test "tar and squashfs: an image of each type" {
    parent_and_child
    stacker build --layer-type tar --layer-type squashfs
    assert_equal "$(list_tags | tr '\n' ' ')" "parent parent-squashfs child child-squashfs "
    stacker build --layer-type tar --layer-type squashfs
    assert_equal "$(list_tags | tr '\n' ' ')" "parent parent-squashfs child child-squashfs "
}

# behaviour: the first type's digest names the unpacked layer, the other's is a symlink to it
# documented: docs/storage.md#layer-types; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "one copy on disk: the second type is a symlink" {
    parent_and_child
    stacker build --layer-type tar --layer-type squashfs
    tar=roots/sha256_$(layer_hex child 2)
    squashfs=roots/sha256_$(layer_hex child-squashfs 2)
    assert_link_exists "$squashfs"
    assert_equal "$(realpath "$squashfs")" "$(realpath "$tar")"
    assert_not_exists "$tar/overlay/link"
    assert_exists "$squashfs/overlay/dir/test"
}

# behaviour: the symlinks are relative, so that a roots directory can be mounted elsewhere
# documented: docs/storage.md#layer-types
# status: beyond
@test "the symlinks between types are relative" {
    parent_and_child
    stacker build --layer-type squashfs --layer-type tar
    assert_equal "$(readlink "roots/sha256_$(layer_hex child 2)")" "sha256_$(layer_hex child-squashfs 2)"
}

# behaviour: the kernel mounts a squashfs layer, and a whiteout in it is a character device 0:0
# documented: docs/storage.md#layer-types
# status: documented
@test "the kernel reads a squashfs layer" {
    parent_and_child
    stacker build --layer-type squashfs
    mkdir layer
    mount -t squashfs -o loop,ro "oci/blobs/sha256/$(layer_hex child-squashfs 2)" layer
    found=$(cd layer && find . -mindepth 1 -printf '%P %y\n' | LC_ALL=C sort | tr '\n' ,)
    whiteout=$(stat -c '%t:%T' layer/bin/vi)
    umount layer
    assert_equal "$found" "bin d,bin/vi c,dir d,dir/test f,"
    assert_equal "$whiteout" 0:0
}

# behaviour: a squashfs layer ends with a verity tree whose root hash is annotated; --no-verity leaves both out
# documented: docs/storage.md#layer-types
# status: documented
@test "veritysetup accepts a layer, and refuses it with one byte changed" {
    requires veritysetup
    parent_and_child
    stacker build --layer-type squashfs
    layer=$(image_manifest parent-squashfs | jq -r '.layers[1]')
    root=$(jq -r '.annotations["io.stackeroci.stacker.atomfs_verity_root_hash"]' <<<"$layer")
    blob=oci/blobs/sha256/$(jq -r .digest <<<"$layer" | cut -d: -f2)
    # The squashfs superblock has its length at byte 40; the tree follows at the next 4096.
    used=$(od -An -t u8 -j 40 -N 8 "$blob" | tr -d ' ')
    offset=$(((used + 4095) / 4096 * 4096))
    veritysetup verify "$blob" "$blob" "$root" --hash-offset="$offset"
    cp "$blob" damaged
    printf x | dd of=damaged bs=1 seek=200 conv=notrunc status=none
    run ! veritysetup verify damaged damaged "$root" --hash-offset="$offset"

    stacker build --layer-type squashfs --no-verity
    assert_equal "$(image_manifest parent-squashfs | jq '.layers[1].annotations')" null
}

# behaviour: a squashfs image is a base for tar output, and the tar image has what the squashfs one had
# documented: docs/storage.md#layer-types
# status: documented
@test "a squashfs base gives a tar image" {
    parent_and_child
    stacker build --layer-type squashfs
    mv oci base
    rm -rf roots .stacker
    cat >stacker.yaml <<'END'
next:
  from: {type: oci, url: "base:child-squashfs"}
  run: touch /next
END
    stacker build
    unpack_image next rootfs
    assert_exists rootfs/dir/test
    assert_exists rootfs/next
    assert_not_exists rootfs/bin/vi
    assert_equal "$(stat -c %h rootfs/bin/busybox)" 403
}

# behaviour: a squashfs base whose content is not what its verity root hash says is refused
# documented: docs/storage.md#layer-types
# status: beyond
@test "a squashfs base that does not fit its root hash is refused" {
    parent_and_child
    stacker build --layer-type squashfs
    index=oci/index.json
    old=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "parent-squashfs").digest' "$index")
    print_blob "$old" | sed 's/\("io.stackeroci.stacker.atomfs_verity_root_hash":"\)......../\100000000/' >manifest
    new=$(sha256sum manifest | cut -d' ' -f1)
    mv oci base
    mv manifest "base/blobs/sha256/$new"
    size=$(stat -c %s "base/blobs/sha256/$new")
    jq --arg old "$old" --arg new "sha256:$new" --argjson size "$size" \
        '.manifests |= map(if .digest == $old then .digest = $new | .size = $size else . end)' \
        base/index.json >index && mv index base/index.json
    rm -rf roots .stacker
    cat >stacker.yaml <<'END'
next:
  from: {type: oci, url: "base:parent-squashfs"}
  run: touch /next
END
    run --separate-stderr stacker build
    assert_failure 1
    assert_said verity
}

# behaviour: a type that is asked for twice is one: no layer is in the image twice
# documented: docs/storage.md#layer-types
# status: beyond
@test "one type twice" {
    parent_and_child
    stacker build --layer-type squashfs --layer-type tar --layer-type squashfs --layer-type tar
    assert_equal "$(list_tags)" $'parent-squashfs\nparent\nchild-squashfs\nchild'
    assert_equal "$(count_layers child) $(count_layers child-squashfs)" "3 3"
    run -0 --separate-stderr stacker publish --url oci:out --tag t --tag t --layer-type tar --layer-type tar
    assert_equal "$(grep -c '^publishing' <<<"$stderr")" 2
}
