#!/usr/bin/env bats
# The digests of a layer, computed here once more by other programs.

load ../helpers

build_it() {
    busybox_base
    cat >stacker.yaml <<'EOF'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    seq 1 100000 > /numbers
    ln /numbers /again
EOF
    stacker build "$@"
}

digest_of() {
    echo "sha256:$(sha256sum | cut -d' ' -f1)"
}

# bats test_tags=group:quick-unpriv
# behaviour: the manifest has each blob's digest and size, layers and config alike
# documented: docs/storage.md#layers; the image specification, descriptors
# status: documented
@test "digests and sizes are the blobs'" {
    build_it
    image_manifest it | jq -r '.layers[], .config | "\(.digest) \(.size)"' >descriptors
    assert_equal "$(wc -l <descriptors)" 3
    while read -r digest size; do
        assert_equal "$(print_blob "$digest" | digest_of)" "$digest"
        assert_equal "$(print_blob "$digest" | wc -c)" "$size"
    done <descriptors
}

# behaviour: the layer's directory under roots is named for the blob's digest, not for the tar's
# documented: docs/storage.md#roots; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "the directory is named for the blob's digest" {
    build_it
    hex=$(sha256sum "$(layer_blob it -1)" | cut -d' ' -f1)
    assert_equal "$(ls "roots/sha256_$hex/overlay")" $'again\nnumbers'
    diff_id=$(image_config it | jq -r '.rootfs.diff_ids[-1]')
    assert_not_equal "$diff_id" "sha256:$hex"
    assert_not_exists "roots/${diff_id/:/_}"
}

# behaviour: --compression changes blob and media type; the tar, and with it the diff ID, stays
# documented: docs/storage.md#layers; docs/commands.md#build
# status: beyond
@test "gzip, zstd and none: one diff ID" {
    # The script's files get another time in each build; this clamps it.
    clamp_times
    first='' blobs=''
    for compression in gzip:gzip:tar+gzip zstd:zstd:tar+zstd none:cat:tar; do
        IFS=: read -r name decoder type <<<"$compression"
        rm -rf busybox oci roots .stacker
        build_it --compression "$name"
        assert_equal "$(image_manifest it | jq -r '.layers[-1].mediaType')" "application/vnd.oci.image.layer.v1.$type"
        decompress=("$decoder")
        [[ $decoder == cat ]] || decompress+=(-dc)
        found=$(image_config it | jq -r '.rootfs.diff_ids[-1]')
        assert_equal "$("${decompress[@]}" <"$(layer_blob it -1)" | digest_of)" "$found"
        assert_equal "$found" "${first:=$found}"
        blobs+=$(layer_digest it -1)$'\n'
    done
    assert_equal "$(sort -u <<<"${blobs%$'\n'}" | wc -l)" 3
}

# behaviour: --compression-level changes the blob only
# documented: docs/commands.md#build
# status: beyond
@test "another level is another blob of the same tar" {
    clamp_times
    build_it --compression-level 1
    fast=$(layer_digest it -1)
    diff_id=$(image_config it | jq -r '.rootfs.diff_ids[-1]')
    rm -rf oci roots .stacker
    stacker build --compression-level 9
    assert_not_equal "$(layer_digest it -1)" "$fast"
    assert_equal "$(image_config it | jq -r '.rootfs.diff_ids[-1]')" "$diff_id"
}

# behaviour: skopeo, which checks every digest, takes a zstd layer and an uncompressed one
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "skopeo takes every compression" {
    requires skopeo
    for compression in zstd none; do
        rm -rf busybox oci roots .stacker copy
        build_it --compression "$compression"
        skopeo copy --quiet --preserve-digests oci:oci:it oci:copy:it
        assert_equal "$(image_manifest it copy | jq -c '[.layers[].digest]')" "$(image_manifest it | jq -c '[.layers[].digest]')"
    done
}

# behaviour: of several layer types, the first one's digest names the directory
# documented: docs/storage.md#layer-types; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "the first --layer-type names the directory" {
    for types in tar:squashfs squashfs:tar; do
        rm -rf busybox oci roots .stacker
        build_it --layer-type "${types%:*}" --layer-type "${types#*:}"
        if [[ $types == tar:* ]]; then first=it second=it-squashfs; else first=it-squashfs second=it; fi
        assert_dir_exists "$(layer_directory "$first" -1)"
        assert_link_not_exists "$(layer_directory "$first" -1)"
        assert_link_exists "$(layer_directory "$second" -1)"
    done
}

# behaviour: a squashfs layer's diff ID is its digest, and the image of each type has its own config
# documented: docs/storage.md#layer-types
# status: documented
@test "a squashfs layer's diff ID is its digest" {
    build_it --layer-type tar --layer-type squashfs
    for n in 0 1; do
        digest=$(layer_digest it-squashfs "$n")
        assert_equal "$(digest_of <"$(layer_blob it-squashfs "$n")")" "$digest"
        assert_equal "$(image_config it-squashfs | jq -r ".rootfs.diff_ids[$n]")" "$digest"
    done
    assert_equal "$(image_manifest it-squashfs | jq -r '.layers[-1].mediaType')" \
        application/vnd.stacker.image.layer.squashfs+zstd
}

# behaviour: a base layer whose content is not its diff ID's is refused
# documented: docs/storage.md#roots
# status: beyond
@test "a base with a wrong diff ID is refused" {
    build_it
    mv oci base
    rm -rf roots .stacker
    config=$(image_manifest it base | jq -r .config.digest)
    print_blob "$config" base | jq -c '.rootfs.diff_ids[-1] = "sha256:" + ("0" * 64)' >config.json
    new=$(digest_of <config.json)
    image_manifest it base | jq -c --arg new "$new" --argjson size "$(stat -c %s config.json)" \
        '.config.digest = $new | .config.size = $size' >manifest
    mv config.json "base/blobs/${new/://}"
    new=$(digest_of <manifest)
    jq --arg new "$new" --argjson size "$(stat -c %s manifest)" \
        '.manifests[0].digest = $new | .manifests[0].size = $size' base/index.json >index
    mv manifest "base/blobs/${new/://}"
    mv index base/index.json
    cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "base:it"}
  run: echo next > /next
EOF
    refuse build
    assert_said "but the image config says sha256:000000"
}
