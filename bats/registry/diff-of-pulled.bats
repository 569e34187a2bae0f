#!/usr/bin/env bats
# diff with an image of a registry: what is fetched of it, and what is said.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry skopeo
}

# behaviour: an image of a registry is compared with one that is here; of its layers those are fetched that differ
# documented: docs/diff.md#what-can-be-compared; docs/diff.md#layers
# status: beyond
@test "an image of a registry" {
    start_registry
    clamp_times
    busybox_recipe '  run: echo one > /it'
    stacker build
    skopeo copy --quiet --dest-tls-verify=false oci:oci:it "docker://$registry/it:1"
    list_registry_requests >/dev/null
    run -0 --separate-stderr stacker diff --skip-tls it "docker://$registry/it:1"
    # shellcheck disable=SC2154  # set by run
    assert_output "it and docker://$registry/it:1 are equal"
    list_registry_requests >requests
    run ! grep -E "blobs/$(layer_digest it 0)|blobs/$(layer_digest it 1)" requests
    base=$(layer_digest it 0) theirs=$(layer_digest it 1)
    sed -i 's/echo one/echo other/' stacker.yaml
    stacker build
    run -1 --separate-stderr stacker diff --skip-tls "docker://$registry/it:1" it
    assert_line "  ~ /it: content, 4 → 6 bytes"
    assert_line --partial "layer 0: equal, $base"
    list_registry_requests >requests
    grep -qF "blobs/$theirs" requests
    run ! grep -F "blobs/$base" requests
    run -2 --separate-stderr stacker diff --skip-tls "docker://$registry/it:none" it
    assert_said "couldn't read docker://$registry/it:none"
}

# behaviour: an image in Docker's terms is compared as the registry has it: its media types are told
# documented: docs/diff.md#what-differs
# status: beyond
@test "an image of Docker's" {
    start_registry
    clamp_times
    busybox_recipe '  run: echo one > /it'
    stacker build
    skopeo copy --quiet --dest-tls-verify=false --format v2s2 oci:oci:it "docker://$registry/it:1"
    docker=application/vnd.docker
    for _ in first kept; do
        run -1 --separate-stderr stacker diff --skip-tls it "docker://$registry/it:1"
        assert_line --partial "\"application/vnd.oci.image.manifest.v1+json\" → \"$docker.distribution.manifest.v2+json\""
        assert_line --partial "manifest.config.mediaType: \"application/vnd.oci.image.config.v1+json\" → \"$docker.container.image.v1+json\""
        assert_line --partial "manifest.layers[0].mediaType: \"application/vnd.oci.image.layer.v1.tar+gzip\" → \"$docker.image.rootfs.diff.tar.gzip\""
    done
}
