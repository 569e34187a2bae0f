#!/usr/bin/env bats
# Layers in several types: which images come out, what they share on disk, and that each can be read.

load ../helpers

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

# bats test_tags=group:quick-priv
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

# bats test_tags=group:quick-priv
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

# numbered_layers: a chain of layers whose scripts write something else each time they are run, on all kinds of things.
numbered_layers() {
    busybox_base
    mkdir -p dir
    echo file >dir/file
    cat >stacker.yaml <<'END'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  overlay_dirs: [{source: dir, dest: /tools}]
  run: cat /proc/sys/kernel/random/uuid >/random; rm /bin/vi
app:
  from: {type: built, tag: tools}
  imports: [{path: dir/file, dest: /import}]
  run: cat /proc/sys/kernel/random/uuid >>/random; mkdir /own; ln /random /own/link
  annotations: {say: it}
  labels: {are: there}
more:
  from: {type: built, tag: app}
  run: rm -r /own; mkdir /own; touch /own/new
END
}

# assert_made TAG…: the last build ran no script, said what it made, and found each of these images.
assert_made() {
    local tag
    refute_said "built successfully"
    assert_said "of what was built before"
    for tag in "$@"; do
        assert_equal "$(grep -cx "found cached layer $tag" <<<"$stderr")" 1
    done
}

# behaviour: another type of an image that is built is made of the same directories: no script is run again
# documented: docs/storage.md#layer-types
# status: beyond
@test "another type of images that are built" {
    requires umoci
    numbered_layers
    stacker build
    cp -a oci before
    run --separate-stderr stacker build --layer-type squashfs
    assert_success
    assert_made app-squashfs more-squashfs
    assert_equal "$(list_tags | tr '\n' ' ')" "app more app-squashfs more-squashfs "
    assert_equal "$(image_manifest more)" "$(image_manifest more before)"
    assert_equal "$(count_layers more-squashfs)" "$(count_layers more)"
    assert_equal "$(image_config app-squashfs | jq 'del(.rootfs)')" "$(image_config app | jq 'del(.rootfs)')"
    assert_equal "$(image_manifest app-squashfs | jq .annotations)" "$(image_manifest app | jq .annotations)"
    # Both are images of one build from here on, and so is a third.
    run --separate-stderr stacker build --layer-type tar --layer-type squashfs
    refute_said "of what was built before"
    assert_said "found cached layer more-squashfs"
    run --separate-stderr stacker build --layer-type erofs --layer-type tar
    assert_success
    assert_made app-erofs app more-erofs more
    assert_layout_whole
    # What is built on it stands on each.
    printf 'last:\n  from: {type: built, tag: more}\n  run: cat /random >/last\n' >>stacker.yaml
    stacker build --layer-type squashfs --layer-type erofs
    unpack_image more rootfs
    assert_equal "$(unsquashfs -cat "$(layer_blob last-squashfs -1)" last)" "$(cat rootfs/random)"
    run -0 stacker explain more:/own
    assert_output --partial "opaque"
    stacker gc
    run --separate-stderr stacker build --layer-type tar --layer-type squashfs
    refute_said "built successfully"
}

# behaviour: the images of types that are made one after the other have the same tree
# documented: docs/storage.md#layer-types
# status: beyond
@test "types that are made one after the other have one tree" {
    requires umoci loop
    numbered_layers
    stacker build
    stacker build --layer-type squashfs
    assert_readers_agree more
    assert_exists rootfs/tools/file
    assert_not_exists rootfs/bin/vi
    assert_equal "$(ls rootfs/own)" new
}

# behaviour: types made one after the other are, to the byte, those that are made together
# documented: docs/storage.md#layer-types; docs/recipe.md#reproducible-builds
# status: beyond
@test "types made one after the other or together are the same images" {
    clamp_times
    numbered_layers
    sed -i 's,cat /proc/sys/kernel/random/uuid,echo 1,' stacker.yaml
    stacker build --layer-type tar --layer-type squashfs
    mv oci together
    for order in "tar squashfs" "squashfs tar"; do
        rm -rf oci roots .stacker
        stacker build --layer-type "${order% *}"
        run --separate-stderr stacker build --layer-type "${order#* }"
        assert_success
        refute_said "built successfully"
        for tag in app more app-squashfs more-squashfs; do
            assert_equal "$tag $(image_manifest "$tag")" "$tag $(image_manifest "$tag" together)"
        done
    done
}

# behaviour: what is to be built anew in any case is built anew for another type, too; --no-cache builds everything
# documented: docs/storage.md#layer-types
# status: beyond
@test "another type of what changed is built" {
    numbered_layers
    stacker build
    echo changed >dir/file
    run --separate-stderr stacker build --layer-type squashfs
    assert_success
    for name in app more; do assert_said "filesystem $name built successfully"; done
    # The other type is that of an earlier build, and is made of this one.
    run --separate-stderr stacker build --layer-type tar
    assert_success
    assert_made app more
    assert_equal "$(layer_tar app -1 | tar xO own/link | tail -n 1)" \
        "$(unsquashfs -cat "$(layer_blob app-squashfs -1)" random | tail -n 1)"
    run --separate-stderr stacker build --no-cache --layer-type erofs
    assert_said "filesystem app built successfully"
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

# behaviour: images of a further type are made of the blobs in the output layout where roots, or a layer's storage, is gone
# documented: docs/storage.md#roots
# status: beyond
@test "a further type of an image whose storage is gone" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: date +%s%N >/it
END
    stacker build
    unpack_image it before
    rm -r roots/it
    run stacker build --layer-type erofs
    assert_success
    assert_said "making it as erofs of what was built before"
    rm -r roots
    run stacker build --layer-type squashfs
    assert_success
    refute_output --partial "built successfully"
    stacker grab it:/it
    diff it before/it
    for type in erofs squashfs; do
        assert_equal "$(count_layers "it-$type")" 2
    done
}
