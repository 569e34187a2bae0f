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

# behaviour: an entry that is another's, or none of stacker's, is a warning, and the layer is built; sharing that mends it
# documented: docs/registries.md#shared-caches
# status: beyond
@test "wrong entries" {
    requires curl skopeo
    machine one
    machine two
    share one
    key=$(list_entries)
    get_manifest "$key" >right
    sed -i 's,/random$,/other,' one/stacker.yaml
    share one
    get_manifest "$(list_entries | grep -v "$key")" >another
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
    for url in registry/name "docker://$registry" "docker://$registry/name:tag" "oci:directory:tag" docker://; do
        refuse build --cache-from "$url"
        assert_said "does not name a repository"
        refuse build --cache-to "$url"
        assert_said "--cache-to docker://registry/team/cache"
    done
    for option in --cache-from --cache-to; do
        refuse build "$option" "docker://me:hunter2@$registry/name"
        assert_said "$option \"docker://$registry/name\" has a user name or a password in it"
        refute_said hunter2
    done
    assert_not_exists oci
}

# behaviour: an entry that somebody else has put there while a layer was built stays, since others may stand on it by then
# documented: docs/registries.md#shared-caches
# status: beyond
@test "an entry that comes during a build" {
    requires skopeo
    machine one
    machine two
    share one
    key=$(skopeo list-tags --tls-verify=false "$cache" | jq -r '.Tags[] | select(test("^[0-9a-f]*$"))')
    before=$(skopeo inspect --raw --tls-verify=false "$cache:$key")
    # When the layer is looked for, it is not there yet.
    start_faults "GET /manifests/$key status=404"
    use_cache
    build_from two --cache-to "$cache"
    assert_built it
    assert_equal "$(skopeo inspect --raw --tls-verify=false "$cache:$key")" "$before"
    # What could have been taken is replaced.
    build_from two --cache-to "$cache" --no-cache
    refute [ "$(skopeo inspect --raw --tls-verify=false "$cache:$key")" == "$before" ]
}
