#!/usr/bin/env bats
# Layouts of other programs that say less, or something else, than what is in them.

load ../helpers

# build_on_base: builds "it" on ./busybox.
build_on_base() {
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /it\n' >stacker.yaml
    stacker build
}

# wrap FILTER…: makes the tag of ./busybox an index, whose entries jq makes of the image's own, $image.
wrap() {
    local image blob index
    image=$(jq -c '.manifests[0] | {mediaType, digest, size}' busybox/index.json)
    blob=$(jq -nc --argjson image "$image" "{schemaVersion: 2, manifests: [$1]}" | put_blob busybox)
    index=$(jq -c --argjson blob "$blob" '.manifests[0] |= (. + $blob + {mediaType: "application/vnd.oci.image.index.v1+json"})' \
        busybox/index.json)
    printf '%s\n' "$index" >busybox/index.json
}

# name_by_sha512: names the manifest of ./busybox by another algorithm, where that has it.
name_by_sha512() {
    local digest sum index
    digest=$(jq -r '.manifests[0].digest' busybox/index.json)
    mkdir -p busybox/blobs/sha512
    sum=$(sha512sum "busybox/blobs/${digest/://}" | cut -d' ' -f1)
    mv "busybox/blobs/${digest/://}" "busybox/blobs/sha512/$sum"
    index=$(jq -c --arg digest "sha512:$sum" '.manifests[0].digest = $digest' busybox/index.json)
    printf '%s\n' "$index" >busybox/index.json
}

# behaviour: an index whose entries have no platform: the image is found by what its config says
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "index entries without a platform" {
    busybox_base
    other=$(image_config latest busybox | jq -c '.architecture = "s390x"' | put_blob busybox)
    other=$(image_manifest latest busybox | jq -c --argjson blob "$other" '.config += $blob' | put_blob busybox)
    wrap "$(jq -c '. + {mediaType: "application/vnd.oci.image.manifest.v1+json"}' <<<"$other"), \$image"
    run --separate-stderr build_on_base
    assert_success
    # It would be said that the base is for another one.
    refute_said "its base says"
    assert_equal "$(image_config it | jq -r .architecture)" "$(dpkg --print-architecture)"
}

# behaviour: an index in an index is looked into, also if nothing says for which platform it is
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "an index in an index" {
    busybox_base
    wrap '$image'
    wrap '$image'
    build_on_base
    assert_equal "$(count_layers it)" 2
}

# behaviour: what is called an index and is an image, or the reverse, is what it is
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "media types of entries that are wrong" {
    for type in application/vnd.oci.image.index.v1+json application/json ""; do
        rm -rf busybox oci roots .stacker
        busybox_base
        change_image busybox . . ".mediaType = \"$type\""
        build_on_base
        assert_equal "$(count_layers it)" 2
    done
    rm -rf busybox oci roots .stacker
    busybox_base
    wrap '$image'
    index=$(jq -c '.manifests[0].mediaType = "application/vnd.oci.image.manifest.v1+json"' busybox/index.json)
    printf '%s\n' "$index" >busybox/index.json
    build_on_base
    assert_equal "$(count_layers it)" 2
}

# behaviour: a layer of the base that is not compressed as its media type says has the right one in the image
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "media types of layers that are wrong" {
    busybox_base
    blob=$(layer_tar latest 0 busybox | put_blob busybox)
    change_image busybox . ".layers[0] += $blob"
    assert_equal "$(image_manifest latest busybox | jq -r '.layers[0].mediaType')" application/vnd.oci.image.layer.v1.tar+gzip
    build_on_base
    assert_equal "$(image_manifest it | jq -r '.layers[0].mediaType')" application/vnd.oci.image.layer.v1.tar
    assert_equal "$(layer_digest it 0)" "$(jq -r .digest <<<"$blob")"
}

# behaviour: a layer that not everybody may pass on is used like others where its blob is there, and keeps its type
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a layer that may not be distributed" {
    busybox_base
    change_image busybox . '.layers[0].mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"'
    build_on_base
    assert_equal "$(image_manifest it | jq -r '.layers[0].mediaType')" \
        application/vnd.oci.image.layer.nondistributable.v1.tar+gzip
    assert_layout_whole
}

# behaviour: a layer that may not be distributed and is not there is an error that says so
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a layer that may not be distributed and is not there" {
    busybox_base
    change_image busybox . '.layers[0].mediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"'
    rm "$(layer_blob latest 0 busybox)"
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said "is a foreign one"
}

# behaviour: a layer whose blob has no bytes is an empty layer
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a layer of no bytes" {
    busybox_base
    blob=$(put_blob busybox </dev/null)
    change_image busybox ".rootfs.diff_ids += [\"$(jq -r .digest <<<"$blob")\"] | del(.history)" \
        ".layers += [{mediaType: \"application/vnd.oci.image.layer.v1.tar\"} + $blob]"
    build_on_base
    assert_equal "$(count_layers it)" 3
    assert_equal "$(layer_digest it 1)" "$(jq -r .digest <<<"$blob")"
}

# behaviour: an image whose digest is of another algorithm stays in the output layout with all that it names
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "an entry with another algorithm's digest stays" {
    busybox_base
    name_by_sha512
    cp -a busybox oci
    index=$(jq -c '.manifests[0].annotations["org.opencontainers.image.ref.name"] = "other"' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    before=$(find oci/blobs -type f -printf '%P\n' | sort)
    rm -r busybox
    busybox_base
    change_image busybox '.config.Env += ["A=b"]'
    build_on_base
    build_on_base
    stacker gc
    assert_equal "$(jq -Sc '.manifests[0]' oci/index.json)" "$(jq -Sc '.manifests[0]' <<<"$index")"
    assert_equal "$(list_tags)" $'other\nit'
    assert_equal "$(comm -23 <(echo "$before") <(find oci/blobs -type f -printf '%P\n' | sort))" ""
}

# behaviour: to build on an image whose digest is of another algorithm is an error that names the algorithm
# documented: docs/recipe.md#from
# status: beyond
@test "another algorithm's digest of a base" {
    busybox_base
    name_by_sha512
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said "couldn't use latest of"
    assert_said "is not a sha256 digest"
    assert_said "help: stacker reads images whose digests are all sha256"
}

# behaviour: what a manifest of an unknown media type names is not removed
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "a manifest under another name keeps its blobs" {
    busybox_base
    build_on_base
    layer=$(echo precious | put_blob)
    manifest=$(jq -nc --argjson layer "$layer" '{schemaVersion: 2, layers: [$layer + {mediaType: "text/plain"}]}' | put_blob)
    index=$(jq -c --argjson blob "$manifest" '.manifests += [$blob + {mediaType: "application/vnd.example.thing+json"}]' \
        oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    find oci/blobs -type f -exec touch -d '2 days ago' {} +
    stacker build --no-cache
    stacker gc
    assert_file_exists "oci/blobs/$(jq -r .digest <<<"$layer" | tr : /)"
}

# list_in_index LAYOUT ENTRY…: adds entries, which are JSON, to the index of a layout; their order is kept.
list_in_index() {
    local layout=$1 index
    shift
    index=$(jq -c --argjson new "[$(IFS=, && echo "$*")]" '.manifests += $new' "$layout/index.json")
    printf '%s\n' "$index" >"$layout/index.json"
}

# tagged NAME: gives the descriptor on stdin the media type of a manifest and a tag.
tagged() {
    jq -c --arg name "$1" '. + {mediaType: "application/vnd.oci.image.manifest.v1+json",
        annotations: {"org.opencontainers.image.ref.name": $name}}'
}

# put_precious: makes a manifest in ./oci with a layer, and prints its descriptor.
put_precious() {
    local layer
    layer=$(echo precious | put_blob)
    jq -nc --argjson layer "$layer" '{schemaVersion: 2, config: $layer, layers: [$layer + {mediaType: "text/plain"}]}' |
        put_blob
}

# assert_precious_stays: neither the end of a build nor gc, which says nothing of others' hour, removes the layer.
assert_precious_stays() {
    local precious
    precious=oci/blobs/sha256/$(echo precious | sha256sum | cut -d' ' -f1)
    run -0 --separate-stderr stacker build --no-cache
    assert_file_exists "$precious"
    run -0 --separate-stderr stacker gc --all
    assert_file_exists "$precious"
}

# behaviour: a tagged manifest that an artifact has among its contents, or is about, keeps its blobs, whichever stands first
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "a manifest among the contents of an artifact keeps its blobs" {
    busybox_base
    build_on_base
    cp oci/index.json kept.json
    for member in layers blobs; do
        manifest=$(put_precious)
        artifact=$(jq -nc --argjson image "$manifest" --arg member "$member" \
            '{schemaVersion: 2, artifactType: "application/vnd.example.thing", ($member): [$image]}' | put_blob | tagged artifact)
        manifest=$(tagged image <<<"$manifest")
        for entries in "$manifest,$artifact" "$artifact,$manifest"; do
            cp kept.json oci/index.json
            list_in_index oci "$entries"
            assert_precious_stays
        done
        # It need not be listed by itself.
        artifact=$(jq -nc --argjson image "$manifest" --arg member "$member" \
            '{schemaVersion: 2, artifactType: "application/vnd.example.thing", ($member): [$image]}' | put_blob | tagged artifact)
        cp kept.json oci/index.json
        list_in_index oci "$artifact"
        assert_precious_stays
    done
}

# behaviour: a manifest whose size is not what its entry says keeps its blobs
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "a wrong size in an entry costs no blobs" {
    busybox_base
    build_on_base
    list_in_index oci "$(put_precious | tagged image | jq -c '.size += 1')"
    assert_precious_stays
}

# behaviour: where it can't be said what an entry needs, nothing is removed: the build warns, gc says what it left alone
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "an entry that can't be read costs no blobs" {
    busybox_base
    build_on_base
    cp oci/index.json kept.json
    # Too long, not there, damaged, no file.
    manifest=$(put_precious)
    long=$(head -c 5000000 /dev/zero | tr '\0' ' ' | cat <(echo '{') - | put_blob)
    gone=$(jq -c '.digest |= "sha256:" + (.[7:] | explode | reverse | implode)' <<<"$manifest")
    damaged=$(echo '{"damaged": 1}' | put_blob)
    echo '{"damaged": 2}' >"oci/blobs/$(jq -r .digest <<<"$damaged" | tr : /)"
    directory=$(echo directory | put_blob)
    place=oci/blobs/$(jq -r .digest <<<"$directory" | tr : /)
    rm "$place"
    mkdir "$place"
    for entry in "$long" "$gone" "$damaged" "$directory"; do
        cp kept.json oci/index.json
        list_in_index oci "$(tagged odd <<<"$entry")"
        assert_precious_stays
        assert_output --partial "left alone $PWD/oci: "
        assert_output --partial "$(jq -r .digest <<<"$entry")"
        run -0 --separate-stderr stacker build --no-cache
        assert_said "warning: removed no unused blobs: "
        assert_said "$(jq -r .digest <<<"$entry")"
    done
    # Nothing else needed it.
    cp kept.json oci/index.json
    stacker gc --all
    assert_not_exists "oci/blobs/sha256/$(echo precious | sha256sum | cut -d' ' -f1)"
}

# multiply COUNT: makes the tag of ./busybox four indexes deep, each of which has the next one COUNT times.
multiply() {
    local list
    list=$(yes "\$image" | head -n "$1" | paste -sd,)
    for _ in 1 2 3 4; do wrap "$list"; done
}

# behaviour: indexes that have one another many times are looked into once
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "indexes that have one another many times" {
    busybox_base
    change_image busybox '.architecture = "s390x"'
    multiply 60
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    start "$STACKER" build
    wait_for_end
    assert_equal "$status" 1
    assert_file_contains started.err "has no image for linux/"
    assert_file_contains started.err "s390x"
}

# behaviour: an index with more entries without a platform than anybody needs is an error that says so
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "an index of very many entries without a platform" {
    busybox_base
    wrap 'range(1001) | tostring | {size: 1, digest: ("sha256:" + ("0" * (64 - length)) + .)}'
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said "more than 1000 entries of an index do not say which platforms they are for"
}
