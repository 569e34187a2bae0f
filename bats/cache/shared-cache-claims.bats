#!/usr/bin/env bats
# Caches that machines share: an entry can name any digest, and never becomes the content of another's layer of that digest.

load ../helpers
load ../registries
load shared-cache

# make_victim [TYPE]: the image "latest" in the layout victim: busybox, and a layer of that type whose /popular says so.
make_victim() {
    local type=${1:-tar}
    requires curl skopeo
    machine popular
    sed -i 's,cat .*,echo popular >/popular,' popular/stacker.yaml
    on popular build --layer-type "$type"
    skopeo copy --quiet "oci:popular/oci:it$([[ $type == tar ]] || echo "-$type")" oci:victim:latest
    layer=$(image_manifest latest victim | jq -c '.layers[-1]')
    send_blob "$(layer_blob latest 1 victim)" >/dev/null
}

# get_record: the manifest and the record of the entry that has the key $key, in the files entry and record.
get_record() {
    get_manifest "$key" >entry
    curl --silent --fail "http://$registry/v2/team/cache/blobs/$(jq -r .config.digest entry)" >record
}

# put_record FILE: makes it the record of that entry.
put_record() {
    jq -c --argjson record "$(describe "$1")" '.config += $record' entry >wrong
    put_manifest wrong "$key"
}

# claim TYPE LAYER DIFF_ID: has the entry of machine one say that the own layer of its image of that type is LAYER, a
# descriptor.
claim() {
    local tag=it
    [[ $1 == tar ]] || tag=it-$1
    image_config "$tag" one/oci | jq -c --arg diff "$3" '.rootfs.diff_ids[-1] = $diff' >config
    image_manifest "$tag" one/oci | jq -c --argjson layer "$2" --argjson config "$(describe config)" \
        '.layers[-1] = $layer | .config += $config' >image
    key=$(list_entries)
    get_record
    jq -c --arg type "$1" --argjson image "$(describe image)" '.images[$type] += $image' record >changed
    put_record changed
}

# assert_not_planted: what machine two builds on the image in the layout victim has below it what is in there.
assert_not_planted() {
    cp -a victim two/
    cat >two/other.yaml <<'END'
other:
  from: {type: oci, url: "victim:latest"}
  run: test ! -e /random; cat /popular >/other
END
    on two build -f other.yaml
    assert_equal "$(layer_tar other -1 two/oci | tar xO other)" popular
}

# plant_as_second FIRST TYPE: gives the entry of layers of two types another's layer as the second.
plant_as_second() {
    make_victim "$2"
    machine one
    machine two
    types=(--layer-type "$1" --layer-type "$2")
    share one "${types[@]}"
    claim "$2" "$layer" "$(image_config latest victim | jq -r '.rootfs.diff_ids[-1]')"
    # The entry says what its images are; who changes them has to change that as well.
    build_from two "${types[@]}"
    assert_built it
    content=$(sed -n 's/.*its images are sha256:\([0-9a-f]*\), and not what.*/\1/p' <<<"$stderr")
    jq -c --arg content "$content" '.annotations["vnd.stacker.shared-layer.content"] = $content' wrong >worse
    put_manifest worse "$key"
    forget two
    build_from two "${types[@]}"
    assert_said "took layer it"
    assert_not_planted
}

# behaviour: what an entry says that a tar layer, its second type, is does not become the content of that layer for others
# documented: docs/registries.md#shared-caches; docs/security.md#shared-caches
# status: beyond
@test "an entry that names another's tar layer as its second type" { plant_as_second squashfs tar; }

# behaviour: what an entry says that a squashfs layer, its second type, is does not become the content of that layer for others
# documented: docs/registries.md#shared-caches; docs/security.md#shared-caches
# status: beyond
@test "an entry that names another's squashfs layer as its second type" { plant_as_second tar squashfs; }

# behaviour: what an entry says that an erofs layer, its second type, is does not become the content of that layer for others
# documented: docs/registries.md#shared-caches; docs/security.md#shared-caches
# status: beyond
@test "an entry that names another's erofs layer as its second type" { plant_as_second tar erofs; }

# behaviour: a layer that an entry calls something else than it is, is not unpacked as that, and the layer is built
# documented: docs/registries.md#shared-caches; docs/security.md#shared-caches
# status: beyond
@test "an entry that names another's layer as something else" {
    make_victim
    machine one
    machine two
    share one
    # Whoever took the bytes of a gzip member for a tar would find nothing in it.
    claim tar "$(jq -c '.mediaType = "application/vnd.oci.image.layer.v1.tar"' <<<"$layer")" "$(jq -r .digest <<<"$layer")"
    build_from two
    assert_said "warning: couldn't take layer it from $cache: couldn't unpack layer"
    assert_built it
    assert_not_planted
}

# behaviour: the directories of a build_only layer are verified, and are that layer's alone, whatever digests the entry has for them
# documented: docs/registries.md#shared-caches; docs/security.md#shared-caches
# status: beyond
@test "an entry of a build_only layer that names another's layer" {
    make_victim
    machine one
    machine two
    for name in one two; do echo "  build_only: true" >>$name/stacker.yaml; done
    share one
    key=$(list_entries)
    get_record
    # Another content than the diff ID says.
    jq -c --argjson layer "$layer" '.upper.descriptor = $layer' record >changed
    put_record changed
    build_from two
    assert_said "warning: couldn't take layer it from $cache: couldn't unpack layer $(jq -r .digest <<<"$layer")"
    assert_built it
    # And one that is not what it says.
    jq -c --argjson layer "$layer" --arg diff "$(image_config latest victim | jq -r '.rootfs.diff_ids[-1]')" \
        '.upper = {descriptor: $layer, diffID: $diff}' record >changed
    put_record changed
    forget two
    build_from two
    assert_said "took layer it"
    assert_not_planted
}
