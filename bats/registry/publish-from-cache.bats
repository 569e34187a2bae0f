#!/usr/bin/env bats
# Images that are published by a machine that has not built them: a shared cache has them.

load ../helpers
load ../registries
load ../cache/shared-cache

# publish_from NAME TAG [ARGUMENT…]: publishes to $target, which says which registry and path, what the machine lacks from the
# cache.
publish_from() {
    local name=$1 tag=$2
    shift 2
    run --separate-stderr on "$name" publish --url "${target:-docker://$registry/out}" --skip-tls --tag "$tag" \
        --cache-from "$cache" --cache-skip-tls "$@"
    assert_success
}

# recipe NAME: a machine with a recipe of three images, the last on a build_only layer.
recipe() {
    machine "$1"
    cat >"$1/stacker.yaml" <<'END2'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo one >/one
tools:
  from: {type: built, tag: one}
  build_only: true
  run: echo tools >/tools
two:
  from: {type: built, tag: tools}
  imports: [{path: "stacker://one/one", dest: /copy}]
END2
}

# remote_manifest NAME:TAG: what the registry has.
remote_manifest() { skopeo inspect --raw --tls-verify=false "docker://$registry/$1"; }

# behaviour: publish --cache-from sends images that were built elsewhere; the registry mounts their layers, which are not fetched
# documented: docs/registries.md#publishing-from-a-cache
# status: beyond
@test "layers are mounted" {
    requires curl skopeo
    recipe one
    recipe two
    share one
    list_registry_requests >/dev/null
    publish_from two v1
    requests=$(list_registry_requests)
    for name in one two; do
        assert_equal "$(remote_manifest "out/$name:v1")" "$(image_manifest "$name" one/oci)"
        for blob in $(image_manifest "$name" one/oci | jq -r '.layers[].digest'); do
            assert_regex "$requests" "POST /v2/out/$name/blobs/uploads/"
            assert_equal "$(grep -c "^GET .*$blob" <<<"$requests")" 0
        done
        skopeo copy --quiet --src-tls-verify=false "docker://$registry/out/$name:v1" "oci:pulled:$name"
        assert_layout_whole pulled
    done
    # What was there for that alone is gone.
    assert [ ! -e two/.stacker/shared-cache ]
    assert [ ! -e two/oci ]
}

# behaviour: into another registry, or a layout, layers come by way of this machine; what is here is published as it is
# documented: docs/registries.md#publishing-from-a-cache
# status: beyond
@test "layers are carried" {
    requires curl skopeo
    recipe one
    recipe two
    share one
    target=oci:out publish_from two v1
    for name in one two; do
        assert_equal "$(image_manifest "${name}_v1" two/out)" "$(image_manifest "$name" one/oci)"
    done
    assert_layout_whole two/out
    mkdir other
    pushd other >/dev/null
    start_registry
    popd >/dev/null
    target=docker://$registry/out publish_from two v1
    assert_equal "$(remote_manifest out/two:v1)" "$(image_manifest two one/oci)"
    # The other one built "one" by itself, and that is what it publishes.
    sed -i '/^tools/,$d' two/stacker.yaml
    on two build --no-cache
    target=oci:mine publish_from two v2
    assert_equal "$(image_manifest one_v2 two/mine)" "$(image_manifest one two/oci)"
}

# behaviour: a layer that the cache has lost is an error that says so, and nothing gets the tag
# documented: docs/registries.md#publishing-from-a-cache
# status: beyond
@test "a layer that the cache lacks" {
    requires curl skopeo
    recipe one
    recipe two
    share one
    blob=$(layer_digest one -1 one/oci)
    rm -r "registry/data/docker/registry/v2/repositories/team/cache/_layers/${blob/://}"
    mkdir other
    pushd other >/dev/null
    start_registry
    popd >/dev/null
    run -1 --separate-stderr on two publish --url "docker://$registry/out" --skip-tls --tag v1 --cache-from "$cache" \
        --cache-skip-tls
    assert_said "$blob of ${cache#docker://}"
    assert_said "404"
    run ! remote_manifest out/one:v1
}

# behaviour: several platforms and types go as one index for each type
# documented: docs/registries.md#publishing-from-a-cache
# status: beyond
@test "an index" {
    requires curl skopeo
    for name in one two; do
        machine "$name"
        printf 'it:\n  from: {type: scratch}\n  imports: [{path: file, dest: /file}]\n' >"$name/stacker.yaml"
        echo content >"$name/file"
    done
    types=(--platform "linux/amd64,linux/s390x" --layer-type tar --layer-type erofs)
    share one "${types[@]}"
    publish_from two v1 "${types[@]}"
    remote_manifest out/it:v1-erofs >index
    assert_equal "$(jq -r '[.manifests[].platform.architecture] | join(" ")' index)" "amd64 s390x"
    assert_equal "sha256:$(sha256sum <index | cut -d ' ' -f 1)" "$(index_entry it-erofs one/oci)"
}

# behaviour: of platforms that several machines have built, the one that publishes may have built one
# documented: docs/registries.md#publishing-from-a-cache
# status: beyond
@test "an index of which a part is here" {
    requires curl skopeo
    for name in one two; do
        machine "$name"
        printf 'it:\n  from: {type: scratch}\n  imports: [{path: file, dest: /file}]\n' >"$name/stacker.yaml"
        echo content >"$name/file"
    done
    share one --platform linux/amd64
    share two --platform linux/s390x
    publish_from two v1 --platform linux/amd64,linux/s390x
    assert_equal "$(remote_manifest out/it:v1 | jq -r '[.manifests[].platform.architecture] | join(" ")')" "amd64 s390x"
}

# index_entry TAG LAYOUT: the digest of what has the tag.
index_entry() {
    jq -r --arg tag "$1" \
        '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag).digest' "$2/index.json"
}

# behaviour: how images were built must be said, as it is to a build; what no cache has is refused, and says why
# documented: docs/registries.md#publishing-from-a-cache
# status: beyond
@test "what no cache has" {
    recipe one
    recipe two
    share one --compression zstd
    run -1 --separate-stderr on two publish --url oci:out --tag v1 --cache-from "$cache" --cache-skip-tls
    assert_said "layer needs to be rebuilt before publishing: one"
    target=oci:out publish_from two v1 --compression zstd
    assert_equal "$(image_manifest one_v1 two/out)" "$(image_manifest one one/oci)"
    run -1 --separate-stderr on two publish --url oci:out --tag v1 --compression zstd
    assert_said "--compression is for --cache-from"
    run -1 --separate-stderr on two publish --url oci:out --tag v1 --cache-trust nowhere.pub
    assert_said "--cache-trust is for --cache-from"
}

# behaviour: of an image for several platforms the cache's ones are published where the one for one of them is here, too
# documented: docs/registries.md#publishing-from-a-cache
# status: beyond
@test "one platform of two is here" {
    requires skopeo
    for name in one two; do
        machine $name
        echo app >$name/file
        printf 'app:\n  from: {type: scratch}\n  imports: [{path: file, dest: /}]\n' >$name/stacker.yaml
    done
    share one --platform linux/amd64,linux/arm64
    build_from two --platform linux/arm64 --no-cache
    publish_from two v1 --platform linux/amd64,linux/arm64
    assert_equal "$(remote_manifest out/app:v1 | jq -r '.manifests[].platform.architecture' | sort | xargs)" 'amd64 arm64'
}
