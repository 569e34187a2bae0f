#!/usr/bin/env bats
# explain --sizes of an image of a registry: what is fetched of it, and how long that is kept.

load ../helpers
load ../registries

setup() {
    begin_test
    requires docker_registry skopeo
}

# push_stacked: puts an image of two layers into the registry, of which the upper one deletes a file of 3000 bytes.
push_stacked() {
    "$TOP/tools/fixtures/make-stacked-image.py" stacked \
        <<<'[[{"path": "gone", "size": 3000}, {"path": "kept", "size": 20}], [{"path": ".wh.gone"}]]'
    skopeo copy --quiet --dest-tls-verify=false oci:stacked:latest "docker://$registry/stacked:latest"
}

# behaviour: the sizes of an image of a registry are those that it has in a layout; it is kept as bases are, and not fetched again
# documented: docs/sizes.md#what-an-image-ships; docs/registries.md#what-is-kept
# status: beyond
@test "sizes of an image of a registry" {
    start_registry
    push_stacked
    stacker explain oci:stacked:latest --sizes --json | jq 'del(.image)' >here
    run -0 --separate-stderr stacker explain "docker://$registry/stacked:latest" --skip-tls --sizes --json
    assert_equal "$(jq 'del(.image)' <<<"$output")" "$(<here)"
    assert_base_cache_whole
    list_registry_requests >/dev/null
    run -1 --separate-stderr stacker explain "docker://$registry/stacked" --skip-tls --fail-above 2kB --html page.html
    refute_output --partial wastes
    run -0 --separate-stderr stacker explain "docker://$registry/stacked" --skip-tls --html page.html
    "$TOP/tools/test/read-page.py" page.html
    refute list_blob_requests
    stacker gc
    run find .stacker/layer-bases/oci/blobs -type f
    refute_output
}

# list_blob_requests: what was asked for of blobs; fails if nothing was.
list_blob_requests() {
    list_registry_requests | grep /blobs/
}

# behaviour: a layer that doesn't come whole is an error, and the sizes are right when it has come the next time
# documented: docs/sizes.md#what-an-image-ships
# status: beyond
@test "a layer that does not come" {
    start_registry
    push_stacked
    start_faults "GET blobs/$(layer_digest latest 1 stacked) status=404"
    refuse explain "docker://$registry/stacked" --skip-tls --sizes
    assert_said "404"
    run -0 --separate-stderr stacker explain "docker://$registry/stacked" --skip-tls --sizes --json
    assert_equal "$(jq .waste.bytes <<<"$output")" 3000
}

# behaviour: a registry without TLS is refused unless --skip-tls allows it, and what to write is said
# documented: docs/sizes.md#what-an-image-ships; docs/commands.md#explain
# status: beyond
@test "sizes over plain http" {
    start_registry
    push_stacked
    refuse explain "docker://$registry/stacked" --sizes
    assert_said "--skip-tls"
}
