#!/usr/bin/env bats
# Caches that machines share: what is damaged, another's, out of reach or behind a password never fails a build.

load ../helpers
load ../registries
load shared-cache

# behaviour: a layer of the cache with other bytes than it should have is a warning, and is built
# documented: docs/registries.md#shared-caches
# status: beyond
@test "wrong bytes" {
    machine one
    machine two
    share one
    blob=$(layer_digest it 1 one/oci)
    start_faults "GET $blob wrong 0"
    use_cache
    build_from two
    assert_said "warning: couldn't take layer it from $cache: couldn't get blob $blob"
    assert_built it
    assert_layout_whole two/oci
    unpack_image it rootfs two/oci
    assert_file_not_empty rootfs/random
}

# put_manifest FILE KEY: makes it the entry of that key.
put_manifest() {
    curl --silent --fail -X PUT --data-binary "@$1" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
        "http://$registry/v2/team/cache/manifests/$2"
}

# behaviour: an entry that is another's, or none of stacker's, is a warning, and the layer is built; sharing that mends it
# documented: docs/registries.md#shared-caches
# status: beyond
@test "wrong entries" {
    requires curl skopeo
    machine one
    machine two
    share one
    key=$(list_entries)
    skopeo inspect --raw --tls-verify=false "$cache:$key" >right
    sed -i 's,/random$,/other,' one/stacker.yaml
    share one
    skopeo inspect --raw --tls-verify=false "$cache:$(list_entries | grep -v "$key")" >another
    jq 'del(.artifactType)' right >untyped
    jq '.config.size = 100000000' right >long
    for wrong in another:"it is the entry of another key" untyped:"no layer that a stacker has shared" \
        long:"more than is allowed here"; do
        put_manifest "${wrong%%:*}" "$key"
        forget two
        build_from two
        assert_said "warning: couldn't take layer it from $cache: "
        assert_said "${wrong#*:}"
        assert_built it
        assert_equal "$(list_layer it 1 two/oci)" random
    done
    forget two
    share two
    forget one
    sed -i 's,/other$,/random,' one/stacker.yaml
    build_from one
    assert_said "took layer it"
    assert_same it
}

# put_blob FILE: puts it into the cache's repository; prints its digest.
put_blob() {
    local place digest
    digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
    place=$(curl --silent --fail -X POST -D - "http://$registry/v2/team/cache/blobs/uploads/" |
        tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    curl --silent --fail -X PUT --data-binary "@$1" -H 'Content-Type: application/octet-stream' "$place&digest=$digest"
    echo "$digest"
}

# describe FILE: its digest and size, as a descriptor that jq can add to.
describe() {
    jq -n --arg digest "$(put_blob "$1")" --argjson size "$(stat -c %s "$1")" '{digest: $digest, size: $size}'
}

# behaviour: what a second type of an entry says that a layer is does not become the content of that layer for others
# documented: docs/registries.md#shared-caches
# status: beyond
@test "an entry that names another's layer as its second type" {
    requires curl skopeo
    machine one
    machine two
    types=(--layer-type squashfs --layer-type tar)
    share one "${types[@]}"
    layered_base 2 popular
    skopeo copy --quiet --dest-tls-verify=false oci:popular:latest "docker://$registry/popular:latest"
    layer=$(layer_blob latest 1 popular)
    put_blob "$layer" >/dev/null
    # The tar image has the popular layer in place of its own.
    image_config it one/oci | jq -c --arg diff "$(image_config latest popular | jq -r '.rootfs.diff_ids[1]')" \
        '.rootfs.diff_ids[1] = $diff' >config
    image_manifest it one/oci | jq -c --argjson layer "$(image_manifest latest popular | jq '.layers[1]')" \
        --argjson config "$(describe config)" '.layers[1] = $layer | .config += $config' >image
    key=$(list_entries)
    skopeo inspect --raw --tls-verify=false "$cache:$key" >entry
    curl --silent --fail "http://$registry/v2/team/cache/blobs/$(jq -r .config.digest entry)" |
        jq -c --argjson image "$(describe image)" '.images.tar += $image' >record
    jq -c --argjson record "$(describe record)" '.config += $record' entry >wrong
    put_manifest wrong "$key"
    build_from two "${types[@]}"
    cat >two/other.yaml <<END
other:
  from: {type: docker, url: "docker://$registry/popular", insecure: true}
  run: test ! -e /random; cat /layers/2 >/other
END
    on two build -f other.yaml
    assert_equal "$(layer_tar other -1 two/oci | tar xO other)" 2
}

# behaviour: a cache that can't be reached is one warning, however many layers there are, and a build like any other
# documented: docs/registries.md#shared-caches
# status: beyond
@test "unreachable" {
    stages one
    stop_registry
    share one --cache-from "$cache"
    assert_equal "$(grep -c '^warning: ' <<<"$stderr")" 1
    assert_said "warning: couldn't take layer tools from $cache"
    assert_said "connection refused"
    assert_said "filesystem app built successfully"
    share one --no-cache
    assert_equal "$(grep -c '^warning: ' <<<"$stderr")" 1
    assert_said "warning: couldn't share layer tools at $cache"
}

# behaviour: a registry that fails in the middle of it all never fails the build
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a registry that fails" {
    machine one
    machine two
    direct=$registry
    start_faults "PUT /manifests/ status=502 0"
    use_cache
    share one
    assert_said "warning: couldn't share layer it at $cache"
    assert_said "the server says 502"
    refute_said "shared layer"
    assert_said "filesystem it built successfully"
    use_cache "$direct"
    share one
    assert_said "found cached layer it"
    assert_said "shared layer it"
    start_faults "GET $(layer_digest it 1 one/oci) status=404 0"
    use_cache
    build_from two
    assert_said "couldn't take layer it from $cache"
    assert_built it
}

# behaviour: a registry that wants a password gets the one that a login has kept; without one there is a warning. None is shown
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a login" {
    requires htpasswd
    stop_registry
    rm -r registry
    start_registry login
    use_cache
    unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR DOCKER_CONFIG
    machine one
    machine two
    share one
    assert_said "warning: couldn't share layer it at $cache"
    assert_said "wants a user name and a password"
    jq -n --arg place "$registry" --arg auth "$(printf me:s3cr3t | base64)" '{auths: {($place): {auth: $auth}}}' \
        >auth.json
    export REGISTRY_AUTH_FILE=$PWD/auth.json
    run --separate-stderr on one --debug build --cache-to "$cache" --cache-skip-tls
    assert_success
    assert_said "shared layer it"
    refute_said s3cr3t
    refute_said "$(printf me:s3cr3t | base64)"
    run --separate-stderr on two --debug build --cache-from "$cache" --cache-skip-tls
    assert_success
    assert_said "took layer it"
    assert_same it
    refute_said s3cr3t
    refute_said "$(printf me:s3cr3t | base64)"
}

# behaviour: what names no repository is an error before anything is built, and shows no password
# documented: docs/commands.md#build
# status: beyond
@test "what is no repository" {
    machine one
    cd one
    for url in registry/name "docker://$registry" "docker://$registry/name:tag" "oci:directory:tag" docker:// \
        "docker://me:hunter2@$registry/name"; do
        refuse build --cache-from "$url"
        assert_said "does not name a repository"
        refute_said hunter2
        refuse build --cache-to "$url"
        assert_said "--cache-to docker://registry/team/cache"
    done
    assert_not_exists oci
}
