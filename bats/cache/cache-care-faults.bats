#!/usr/bin/env bats
# stacker cache with registries that don't do what is asked of them.

load ../helpers
load ../registries
load shared-cache
load cache-care

# behaviour: a registry that lets nobody delete is named, with what its owner can do about it; nothing has gone
# documented: docs/registries.md#housekeeping
# status: beyond
@test "a registry that lets nobody delete" {
    requires curl skopeo
    stop_registry
    start_registry keeping
    use_cache "$registry"
    share_layers a b
    list_entries >all
    for command in "rm --layer a" "prune --keep-size 0"; do
        # shellcheck disable=SC2086  # words
        care $command
        assert_failure 1
        assert_output ""
        assert_said "couldn't remove all of $cache, only 0 of"
        assert_said "the registry lets nobody delete: the server says 405 Method Not Allowed (UNSUPPORTED)"
        assert_said "help: it is for its owner to allow, of docker-registry by REGISTRY_STORAGE_DELETE_ENABLED=true"
    done
    assert_equal "$(list_entries)" "$(cat all)"
}

# behaviour: what somebody else has removed meanwhile is no failure
# documented: docs/registries.md#housekeeping
# status: beyond
@test "two who remove the same" {
    requires curl skopeo
    share_layers a b
    start_faults "DELETE /manifests/ status=404 1"
    use_cache "$registry"
    care prune --keep-size 0
    assert_success
    assert_line "1 had been removed by somebody else meanwhile"
}

# behaviour: a removal that fails half-way says how much is gone
# documented: docs/registries.md#housekeeping
# status: beyond
@test "a removal that fails" {
    requires curl skopeo
    share_layers a b
    start_faults "DELETE /manifests/ status=403 0"
    use_cache "$registry"
    care prune --keep-size 0
    assert_failure 1
    assert_said "error: couldn't remove all of $cache, only 0 of 2: couldn't delete manifest sha256:"
    assert_said "403 Forbidden"
    assert_equal "$(list_entries | wc -l)" 2
}

# behaviour: of a registry with tokens the right to delete is asked for by the name that it has there
# documented: docs/registries.md#housekeeping
# status: beyond
@test "a token that is good for deleting" {
    requires curl skopeo
    stop_registry
    start_registry token
    use_cache "$registry"
    echo "{\"auths\": {\"$registry\": {\"auth\": \"$(printf me:s3cr3t | base64)\"}}}" >auth.json
    export REGISTRY_AUTH_FILE=$PWD/auth.json
    share_layers a
    : >tokens/requests
    care prune --keep-size 0
    assert_success
    assert_line --regexp "^removed 1 entry"
    assert_equal "$(cat tokens/requests)" "me repository:team/cache:pull
me repository:team/cache:delete"
}

# behaviour: a cache that nobody has written to is no empty one
# documented: docs/commands.md#cache
# status: beyond
@test "a cache that is not there" {
    care ls
    assert_failure 1
    assert_output ""
    assert_said "error: there is no repository $cache"
}

# behaviour: limits that can't be read, or none, are refused before the registry is asked
# documented: docs/commands.md#cache
# status: beyond
@test "limits that are none" {
    use_cache 127.0.0.1:1
    care prune
    assert_failure 1
    assert_said "help: write --older-than 30d, --keep-size 50G, or both"
    for age in 30 d 1y 1.5d -1d "1 d" 99999999999999999w; do
        care prune --older-than="$age"
        assert_failure 1
        assert_said "is no age"
        assert_said "m, h, d or w"
    done
    for size in G 1k 1GB 0x1 1.5G 99999999999T; do
        care prune --keep-size="$size"
        assert_failure 1
        assert_said "is no size"
        assert_said "K, M, G or T"
    done
    care rm
    assert_failure 1
    assert_said "help: name keys, or layers with --layer"
}

# behaviour: a build that finds an entry gone, or can't leave a mark of its use, goes on
# documented: docs/registries.md#housekeeping
# status: beyond
@test "a build while entries are removed" {
    requires curl skopeo
    share_layers a
    key=$(entry_of a)
    date_entry "$key" 2024-01-01T00:00:00Z
    start_faults "PUT /manifests/$key.used status=403 1" "GET /blobs/ status=404 1"
    use_cache "$registry"
    forget one
    build_from one
    assert_said "warning: couldn't take layer a from $cache"
    assert_said "filesystem a built successfully"
    forget one
    build_from one --cache-to "$cache"
    assert_said "took layer a"
    assert_said "warning: couldn't note the use of layer a at $cache"
}
