#!/usr/bin/env bats
# erofs layers: that others read them, and that they are bases of any other type and from any other type.

load ../helpers

parent_and_child() {
    busybox_base
    cat >stacker.yaml <<'END'
parent:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /dir
    touch /dir/old
    ln -s /dir /link
child:
  from: {type: built, tag: parent}
  run: |
    rm -r /dir; mkdir /dir
    touch /link/test
    rm /bin/vi
END
}

# layer_hex TAG N: the digest of a layer without the algorithm.
layer_hex() {
    layer_digest "$1" "$2" | cut -d: -f2
}

# mount_layer TAG N DIR: what the kernel sees in a layer.
mount_layer() {
    mkdir -p "$3"
    mount -t erofs -o loop,ro "oci/blobs/sha256/$(layer_hex "$1" "$2")" "$3"
}

# from_base TAG TYPE: builds "next" on an image of ./base with nothing left of earlier builds.
from_base() {
    rm -rf roots .stacker oci
    cat >stacker.yaml <<END
next:
  from: {type: oci, url: "base:$1"}
  run: touch /next
END
    stacker build --layer-type "$2"
}

# assert_next: the image of from_base, made a tar, has what its base had.
assert_next() {
    stacker build --layer-type tar
    rm -rf unpacked
    unpack_image next unpacked
    assert_exists unpacked/dir/test
    assert_exists unpacked/next
    assert_not_exists unpacked/dir/old
    assert_not_exists unpacked/bin/vi
    assert_equal "$(stat -c %h unpacked/bin/busybox)" 403
}

# behaviour: each layer gives an erofs image tagged NAME-erofs, in the order of the options
# documented: docs/storage.md#layer-types
# status: documented
@test "an image of each of three types" {
    parent_and_child
    stacker build --layer-type erofs --layer-type tar --layer-type squashfs
    assert_equal "$(list_tags | tr '\n' ' ')" \
        "parent-erofs parent parent-squashfs child-erofs child child-squashfs "
    assert_equal "$(image_manifest child-erofs | jq -r '.layers[2].mediaType')" \
        "application/vnd.stacker.image.layer.erofs+lz4hc"
    for other in child child-squashfs; do
        assert_link_exists "roots/sha256_$(layer_hex $other 2)"
        assert_equal "$(realpath "roots/sha256_$(layer_hex $other 2)")" "$(realpath "roots/sha256_$(layer_hex child-erofs 2)")"
    done
}

# bats test_tags=group:quick-priv
# behaviour: the kernel mounts an erofs layer; whiteouts are devices 0:0, times have nanoseconds
# documented: docs/storage.md#layer-types
# status: documented
# original: an opaque directory has only the attribute of overlays of users: mounted by root, the layer shows what was deleted
@test "the kernel reads an erofs layer" {
    parent_and_child
    stacker build --layer-type erofs
    mount_layer child-erofs 2 layer
    found=$(cd layer && find . -mindepth 1 -printf '%P %y\n' | LC_ALL=C sort | tr '\n' ,)
    whiteout=$(stat -c '%t:%T' layer/bin/vi)
    opaque=$(python3 -c 'import os; print(*sorted(os.listxattr("layer/dir")))')
    time=$(stat -c %.9Y layer/dir/test)
    umount layer
    assert_equal "$found" "bin d,bin/vi c,dir d,dir/test f,"
    assert_equal "$whiteout" 0:0
    assert_equal "$opaque" "trusted.overlay.opaque user.overlay.opaque"
    assert_equal "$time" "$(stat -c %.9Y "roots/sha256_$(layer_hex child-erofs 2)/overlay/dir/test")"
}

# behaviour: the diff ID of an erofs layer is its digest, and two builds of the same give the same bytes
# documented: docs/storage.md#layer-types
# status: documented
# original: its digest is another one each time, though its page promises equal digests of layers
@test "an erofs layer is reproducible" {
    export SOURCE_DATE_EPOCH=1700000000
    parent_and_child
    stacker build --layer-type erofs
    first=$(layer_digest child-erofs 2)
    assert_equal "$(image_config child-erofs | jq -r '.rootfs.diff_ids[2]')" "$first"
    rm -rf oci roots .stacker
    # In another second.
    sleep 1.1
    stacker build --layer-type erofs
    assert_equal "$(layer_digest child-erofs 2)" "$first"
}

# behaviour: an erofs layer ends with a verity tree whose root hash is annotated; --no-verity leaves both out
# documented: docs/storage.md#layer-types
# status: documented
@test "veritysetup accepts an erofs layer, and refuses it with one byte changed" {
    requires veritysetup
    parent_and_child
    stacker build --layer-type erofs
    layer=$(image_manifest parent-erofs | jq -r '.layers[1]')
    root=$(jq -r '.annotations["io.stackeroci.stacker.atomfs_verity_root_hash"]' <<<"$layer")
    blob=oci/blobs/sha256/$(jq -r .digest <<<"$layer" | cut -d: -f2)
    # The superblock has its number of blocks at byte 1024 + 36; the tree follows.
    offset=$(($(od -An -t u4 -j 1060 -N 4 "$blob") * 4096))
    veritysetup verify "$blob" "$blob" "$root" --hash-offset="$offset"
    cp "$blob" damaged
    printf x | dd of=damaged bs=1 seek=200 conv=notrunc status=none
    run ! veritysetup verify damaged damaged "$root" --hash-offset="$offset"

    stacker build --layer-type erofs --no-verity
    assert_equal "$(image_manifest parent-erofs | jq '.layers[1].annotations')" null
}

# behaviour: an erofs image is a base for output of every type, and nothing of it is lost
# documented: docs/storage.md#layer-types
# status: documented
# original: it ends with an unknown extractor where the programs for erofs are installed: what it has written itself is no base
@test "an erofs base gives tar, squashfs and erofs images" {
    parent_and_child
    stacker build --layer-type erofs
    mv oci base
    for type in tar squashfs erofs; do
        from_base child-erofs "$type"
        assert_next
    done
}

# behaviour: tar and squashfs images are bases for erofs output
# documented: docs/storage.md#layer-types
# status: documented
# original: a squashfs base that is mounted through FUSE has no extended attributes there, and mkfs.erofs fails on it
@test "tar and squashfs bases give erofs images" {
    parent_and_child
    stacker build --layer-type tar --layer-type squashfs
    mv oci base
    for tag in child child-squashfs; do
        from_base "$tag" erofs
        run -0 jq -r '[.layers[].mediaType] | unique[]' <(image_manifest next-erofs)
        assert_output "application/vnd.stacker.image.layer.erofs+lz4hc"
        assert_next
    done
}

# behaviour: a type that earlier builds did not write is made of what they built, without a script, and cached after that
# documented: docs/storage.md#layer-types
# status: beyond
@test "asking for erofs too makes it of what is built" {
    parent_and_child
    stacker build
    run -0 --separate-stderr stacker build --layer-type tar --layer-type erofs
    assert_said "making child as erofs of what was built before"
    refute_said "built successfully"
    run -0 --separate-stderr stacker build --layer-type tar --layer-type erofs
    assert_said "found cached layer child"
    run -0 stacker inspect child-erofs
    assert_output --partial "layer.erofs+lz4hc"
}

# behaviour: build_only layers below an erofs image are layers of it
# documented: docs/storage.md#layer-types
# status: documented
@test "build_only layers beneath an erofs image" {
    parent_and_child
    sed -i 's/^parent:/&\n  build_only: true/' stacker.yaml
    stacker build --layer-type erofs
    assert_equal "$(list_tags)" child-erofs
    assert_equal "$(image_manifest child-erofs | jq '.layers | length')" 3
}

# behaviour: a damaged erofs base is refused, wherever the damage is
# documented: docs/storage.md#layer-types
# status: documented
@test "a damaged erofs base is refused" {
    parent_and_child
    stacker build --layer-type erofs
    mv oci base
    blob=base/blobs/sha256/$(image_manifest child-erofs base | jq -r '.layers[2].digest' | cut -d: -f2)
    cp "$blob" good
    for place in 1030 1200 4100 9000; do
        rm -rf roots .stacker oci
        cp good "$blob"
        printf x | dd of="$blob" bs=1 seek="$place" conv=notrunc status=none
        run from_base child-erofs tar
        assert_failure
        assert_not_exists "roots/sha256_${blob##*/}"
    done
    truncate -s 4096 "$blob"
    run from_base child-erofs tar
    assert_failure
}

# behaviour: the error about a damaged erofs base says that it is damaged, or too short
# documented: docs/storage.md#layer-types
# status: beyond
@test "a damaged erofs base is called so" {
    parent_and_child
    stacker build --layer-type erofs
    mv oci base
    blob=base/blobs/sha256/$(image_manifest child-erofs base | jq -r '.layers[2].digest' | cut -d: -f2)
    cp "$blob" good
    for place in 1030 1200 4100 9000; do
        rm -rf roots .stacker oci
        cp good "$blob"
        printf x | dd of="$blob" bs=1 seek="$place" conv=notrunc status=none
        run from_base child-erofs tar
        assert_failure 1
        assert_output --partial "damaged"
        assert_not_exists "roots/sha256_${blob##*/}"
    done
    truncate -s 4096 "$blob"
    run from_base child-erofs tar
    assert_failure 1
    assert_output --partial "couldn't find the blob"
}
