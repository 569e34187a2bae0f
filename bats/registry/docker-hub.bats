#!/usr/bin/env bats
# Images of Docker Hub by their short names.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry skopeo openssl
}

# behaviour: init takes busybox of Docker Hub where that answers; its recipe builds as it is, and the image runs
# documented: docs/commands.md#init
# status: beyond
@test "init with a network" {
    start_docker_hub
    run -0 --separate-stderr stacker init
    grep -qxF '    url: "docker://docker.io/library/busybox:latest"' stacker.yaml
    stacker build
    run -0 --separate-stderr stacker run app
    assert_output "hello from stacker"
    assert_equal "$(layer_digest app 0)" "$(layer_digest latest 0 busybox)"
    assert_equal "$(sort -u socks/names)" registry-1.docker.io:443

    # An authority that is not trusted is as good as no answer.
    run -0 --separate-stderr env -u SSL_CERT_FILE "$STACKER" init -f other.yaml
    assert_said "since no registry answers"
    assert_equal "$(grep -v '^ *#' other.yaml | grep -c docker://)" 0
}

# behaviour: init writes a recipe on the registry's image that --from names; it builds, and is fetched once
# documented: docs/commands.md#init
# status: beyond
@test "init --from a registry" {
    start_docker_hub
    stacker init --from docker://busybox
    stacker build
    run -0 --separate-stderr stacker run app
    assert_output "hello from stacker"
    list_registry_requests >/dev/null
    stacker build --no-cache
    run list_registry_requests
    refute_output --partial /blobs/
}

# behaviour: run fetches an image of a registry as a base is fetched, keeps it, and runs it as its config says
# documented: docs/commands.md#run
# status: beyond
@test "run an image of a registry" {
    start_docker_hub
    run -0 --separate-stderr stacker run docker://busybox echo from a registry
    assert_output "from a registry"
    assert_base_cache_whole
    list_registry_requests >/dev/null
    run -3 --separate-stderr stacker run docker://docker.io/library/busybox:latest sh -c 'exit 3'
    assert_equal "$(list_registry_requests)" "HEAD /v2/library/busybox/manifests/latest"

    run -1 --separate-stderr stacker run docker://busybox:nosuch true
    assert_said "docker.io/library/busybox:nosuch"
    run -1 --separate-stderr env -u SSL_CERT_FILE "$STACKER" run docker://busybox true
    assert_said "certificate is not one that is trusted here"
    assert_nothing_left
}
