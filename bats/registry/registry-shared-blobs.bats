#!/usr/bin/env bats
# Images of a registry that have layers in common, fetched for several layers of a recipe at a time.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry skopeo
}

# two_images FAULT…: two recipes' layers on two images of a registry that have the layer $blob in common; its first GET meets
# the fault.
two_images() {
    local count
    start_registry
    for count in 2 3; do
        layered_base "$count" "base$count"
        skopeo copy --quiet --dest-tls-verify=false "oci:base$count:latest" "docker://$registry/base$count:latest"
    done
    blob=$(layer_digest latest 0 base2)
    assert_equal "$(layer_digest latest 0 base3)" "$blob"
    start_faults "${@/#/GET blobs/$blob }"
    for count in 2 3; do
        printf 'on%s:\n  from: {type: docker, url: "docker://%s/base%s", insecure: true}\n  run: cp /top /it\n' \
            "$count" "$registry" "$count" >>stacker.yaml
    done
}

# behaviour: a layer that two images have in common is fetched once, also for layers that are built at the same time
# documented: docs/registries.md#what-is-kept
# status: beyond
@test "a common layer is fetched once" {
    two_images slow=2
    stacker build --jobs 2
    assert_equal "$(grep -c "GET .*$blob" faults/requests)" 1
    assert_equal "$(layer_tar on2 -1 | tar xO --wildcards '*it') $(layer_tar on3 -1 | tar xO --wildcards '*it')" "2 3"
    assert_base_cache_whole
}

# behaviour: where the common layer could not be fetched for one, it is fetched for the other
# documented: docs/registries.md#what-is-kept
# status: beyond
@test "one that fails is not the other's failure" {
    two_images status=403
    run --separate-stderr stacker build --jobs 2 --keep-going
    assert_failure
    assert_equal "$(grep -c "GET .*$blob" faults/requests)" 2
    assert_equal "$(list_tags | grep -c .)" 1
    assert_said "couldn't get blob $blob"
    assert_base_cache_whole
    run stacker build --jobs 2
    assert_success
    assert_equal "$(list_tags | sort)" $'on2\non3'
}
