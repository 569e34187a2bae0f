#!/usr/bin/env bats
# dm-verity trees behind squashfs layers: veritysetup accepts them, and what does not fit is refused.

load ../helpers

annotation=io.stackeroci.stacker.atomfs_verity_root_hash

build_it() {
    busybox_base
    cat >stacker.yaml <<'EOF'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    seq 1 50000 > /numbers
EOF
    choose_level
    stacker build --layer-type squashfs "${level[@]}" "$@"
}

# verity_root TAG N: the layer's root hash.
verity_root() {
    local root
    root=$(image_manifest "$1" | jq -r --arg name "$annotation" --argjson n "$2" '.layers[$n].annotations[$name]')
    [[ $root =~ ^[0-9a-f]{64}$ ]] || fail "no root hash: $root"
    echo "$root"
}

# hash_offset FILE: where its verity tree begins. A squashfs superblock has the length at byte 40.
hash_offset() {
    local used
    used=$(od -An -t u8 -j 40 -N 8 "$1" | tr -d ' ')
    echo $(((used + 4095) / 4096 * 4096))
}

# use_as_base FILTER: makes of the output layout the layout "base", its layers changed by jq's FILTER.
use_as_base() {
    local old new
    rm -rf base
    mv oci base
    old=$(jq -r '.manifests[0].digest' base/index.json)
    print_blob "$old" base | jq -c "$1" >manifest
    new=sha256:$(sha256sum manifest | cut -d' ' -f1)
    jq --arg new "$new" --argjson size "$(stat -c %s manifest)" \
        '.manifests[0].digest = $new | .manifests[0].size = $size' base/index.json >index
    mv manifest "base/blobs/${new/://}"
    mv index base/index.json
    rm -rf roots .stacker
    cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "base:it-squashfs"}
  run: test -e /numbers; touch /next
EOF
}

# bats test_tags=group:quick-priv
# behaviour: veritysetup accepts each layer by its annotation, the base's, which was made here, too
# documented: docs/storage.md#layer-types
# status: documented
@test "veritysetup accepts every layer" {
    requires veritysetup
    build_it
    for n in 0 1; do
        blob=$(layer_blob it-squashfs "$n")
        veritysetup verify "$blob" "$blob" "$(verity_root it-squashfs "$n")" --hash-offset="$(hash_offset "$blob")"
    done
}

# behaviour: one changed byte anywhere, data or tree, and veritysetup refuses
# documented: docs/storage.md#layer-types
# status: documented
@test "veritysetup refuses a byte changed at the end, and in the tree" {
    requires veritysetup
    build_it
    blob=$(layer_blob it-squashfs -1)
    offset=$(hash_offset "$blob")
    for place in 96 $((offset - 1)) $((offset + 4096 + 1)); do
        cp "$blob" damaged
        byte=$(od -An -t u1 -j "$place" -N 1 damaged | tr -d ' ')
        # shellcheck disable=SC2059  # an octal escape is what it is
        printf "\\$(printf %o $((byte ^ 1)))" | dd of=damaged bs=1 seek="$place" conv=notrunc status=none
        run ! veritysetup verify damaged damaged "$(verity_root it-squashfs -1)" --hash-offset="$offset"
    done
}

# behaviour: the root hash, and with it the layer, is the same in each build: salt and UUID follow from the content
# documented: docs/storage.md#layer-types
# status: beyond
@test "the same root hash in every build" {
    clamp_times
    build_it
    before=$(verity_root it-squashfs -1)
    rm -rf busybox oci roots .stacker
    build_it
    assert_equal "$(verity_root it-squashfs -1)" "$before"
}

# behaviour: --no-verity leaves out tree and annotation, and nothing else
# documented: docs/storage.md#layer-types
# status: documented
@test "--no-verity" {
    clamp_times
    build_it
    with=$(layer_blob it-squashfs -1)
    offset=$(hash_offset "$with")
    cp "$with" with
    rm -rf busybox oci roots .stacker
    build_it --no-verity
    assert_equal "$(image_manifest it-squashfs | jq -c '[.layers[].annotations]')" "[null,null]"
    without=$(layer_blob it-squashfs -1)
    assert_equal "$(stat -c %s "$without")" "$offset"
    cmp --bytes="$offset" with "$without"
}

# use_damaged_base: makes the file "damaged" layer 1 of the output layout, every digest right, and that layout "base".
use_damaged_base() {
    local new
    damaged=sha256:$(sha256sum damaged | cut -d' ' -f1)
    assert_not_equal "$damaged" "$(layer_digest it-squashfs 1)"
    cp damaged "oci/blobs/${damaged/://}"
    image_config it-squashfs | jq -c --arg new "$damaged" '.rootfs.diff_ids[1] = $new' >config
    assert_file_not_empty config
    new=sha256:$(sha256sum config | cut -d' ' -f1)
    cp config "oci/blobs/${new/://}"
    use_as_base ".layers[1].digest = \"$damaged\" | .config.digest = \"$new\" | .config.size = $(stat -c %s config)"
}

# behaviour: a base with one byte changed is refused by its dm-verity tree, its digests notwithstanding
# documented: docs/storage.md#layer-types
# status: beyond
# why: whoever changed the layer changed its digest in the manifest, too; the root hash is what was signed
@test "a base with one byte changed is refused" {
    build_it
    cp "$(layer_blob it-squashfs 1)" damaged
    printf X | dd of=damaged bs=1 seek=150 conv=notrunc status=none
    use_damaged_base
    refuse build
    assert_said "couldn't verify its dm-verity tree"
    # The other layer of the base may be there.
    assert_not_exists "roots/${damaged/:/_}"
}

# behaviour: a base that was changed together with its tree is refused by its root hash, its digests notwithstanding
# documented: docs/storage.md#layer-types
# status: beyond
@test "a base with one byte and the tree changed is refused" {
    requires veritysetup
    build_it
    cp "$(layer_blob it-squashfs 1)" damaged
    root=$(verity_root it-squashfs 1)
    offset=$(hash_offset damaged)
    size=$(stat -c %s damaged)
    printf X | dd of=damaged bs=1 seek=150 conv=notrunc status=none
    new_root=$(veritysetup format damaged damaged --hash-offset="$offset" --data-blocks=$((offset / 4096)) |
        awk '/^Root hash/ { print $3 }')
    # The premise: the tree fits what is there now, and nothing else changed.
    veritysetup verify damaged damaged "$new_root" --hash-offset="$offset"
    assert_equal "$(stat -c %s damaged)" "$size"
    use_damaged_base
    refuse build
    assert_said "its root hash is $new_root, but the annotation says $root"
    assert_not_exists "roots/${damaged/:/_}"
}

# behaviour: the older names of the annotation are checked as well
# documented: docs/storage.md#layer-types
# status: beyond
@test "older names of the annotation" {
    for name in io.stackeroci.stacker.squashfs_verity_root_hash com.cisco.stacker.squashfs_verity_root_hash; do
        rm -rf busybox oci roots .stacker
        build_it
        root=$(verity_root it-squashfs 1)
        use_as_base ".layers[1].annotations = {\"$name\": \"$root\"}"
        stacker build
        rm -rf oci roots .stacker
        mv base oci
        use_as_base ".layers[1].annotations = {\"$name\": \"00000000${root:8}\"}"
        refuse build
        assert_said verity
    done
}

# behaviour: an annotation without a tree in the layer is refused
# documented: docs/storage.md#layer-types
# status: beyond
@test "a root hash without a tree is refused" {
    build_it --no-verity
    use_as_base ".layers[1].annotations = {\"$annotation\": \"$(printf '%064d' 0)\"}"
    refuse build
    assert_said verity
}

# behaviour: --no-verity changes nothing of a tar image, which is cached with and without it; it counts from where there is a type that can have a tree
# documented: docs/recipe.md#cache
# status: beyond
@test "--no-verity and tar images" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /it\n' >stacker.yaml
    stacker build
    for option in --no-verity ""; do
        # shellcheck disable=SC2086
        run -0 --separate-stderr stacker build $option
        assert_said "found cached layer it"
        refute_said "cache miss"
    done
    # The first of a type that has one: it is made of what was built.
    run -0 --separate-stderr stacker build --no-verity --layer-type tar --layer-type squashfs
    assert_said "making it as squashfs of what was built before"
    assert_equal "$(image_manifest it-squashfs | jq -c '[.layers[].annotations // {} | keys[] | select(test("verity"))]')" '[]'
    run -0 --separate-stderr stacker build
    assert_said "found cached layer it"
    # That one is as it is now.
    run -0 --separate-stderr stacker build --layer-type squashfs
    assert_said "cache miss because verity was changed"
    run -0 --separate-stderr stacker build --no-verity --layer-type squashfs --layer-type tar
    assert_said "cache miss because verity was changed"
}
