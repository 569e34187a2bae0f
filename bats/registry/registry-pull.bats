#!/usr/bin/env bats
# Bases from registries: what names mean, and what is kept.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry skopeo
}

# bats test_tags=group:quick-priv
# behaviour: an image of a registry is a base; its layers are below the new one, and its config is inherited
# documented: docs/registries.md#bases
# status: documented
@test "a base from a registry" {
    start_registry
    push_base
    docker_recipe "$registry/base:latest"
    stacker build
    assert_equal "$(layer_digest it 0)" "$(layer_digest latest 0 busybox)"
    assert_equal "$(list_layer it -1)" it
    assert_equal "$(image_config it | jq -c .config.Env)" "$(image_config latest busybox | jq -c .config.Env)"
    assert_base_cache_whole
}

# behaviour: a build whose base's tag has not moved asks the registry for that, once, and takes all from the cache
# documented: docs/registries.md#what-is-kept
# status: beyond
@test "an unchanged tag costs one request" {
    start_registry
    push_base
    docker_recipe "$registry/base"
    sed 's,\bit\b,other,g' stacker.yaml >other
    cat other >>stacker.yaml
    stacker build
    list_registry_requests >/dev/null
    run --separate-stderr stacker build
    assert_success
    assert_said "found cached layer it"
    assert_said "found cached layer other"
    assert_equal "$(list_registry_requests)" "HEAD /v2/base/manifests/latest"
}

# behaviour: what a layer of the base cache has is not fetched again when the image is built anew
# documented: docs/registries.md#what-is-kept
# status: documented
@test "a blob that is there is not fetched again" {
    start_registry
    push_base
    docker_recipe "$registry/base"
    stacker build
    list_registry_requests >/dev/null
    sed -i 's/echo it/echo other/' stacker.yaml
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO --wildcards '*it')" other
    run list_registry_requests
    refute_output --partial "/blobs/$(layer_digest latest 0 busybox)"
}

# behaviour: --no-cache builds anew what is built here, and fetches no blob again
# documented: docs/registries.md#what-is-kept
# status: beyond
@test "--no-cache fetches no blob that is there" {
    start_registry
    push_base
    docker_recipe "$registry/base"
    stacker build
    list_registry_requests >/dev/null
    stacker build --no-cache
    run list_registry_requests
    refute_output --partial /blobs/
    assert_output --partial "HEAD /v2/base/manifests/latest"
}

# behaviour: a tag that has moved to another image is a miss that says so
# documented: docs/registries.md#what-is-kept
# status: documented
@test "a tag that moved" {
    start_registry
    push_base
    docker_recipe "$registry/base"
    stacker build
    layered_base 3
    skopeo copy --quiet --dest-tls-verify=false oci:layered:latest "docker://$registry/base:latest"
    run --separate-stderr stacker build
    assert_success
    assert_said "cache miss because base layer was changed"
    assert_equal "$(count_layers it)" 4
}

# behaviour: an image named by its digest needs no registry once it is kept; by its tag it does
# documented: docs/registries.md#what-is-kept
# status: beyond
@test "without the registry" {
    start_registry
    push_base
    digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$registry/base:latest")
    docker_recipe "$registry/base@$digest"
    stacker build
    stop_registry
    run --separate-stderr stacker build --no-cache
    assert_success
    docker_recipe "$registry/base:latest"
    refuse build
    assert_said "couldn't get the manifest of docker://$registry/base:latest"
    assert_said "connection refused"
}

# behaviour: an image of Docker's schema 2 becomes an OCI image with the same layers
# documented: docs/registries.md#bases
# status: documented
@test "Docker's own format" {
    start_registry
    busybox_base
    skopeo copy --quiet --format v2s2 --dest-tls-verify=false oci:busybox:latest "docker://$registry/base:latest"
    docker_recipe "$registry/base"
    stacker build
    assert_equal "$(layer_digest it 0)" "$(layer_digest latest 0 busybox)"
    run jq -r '.mediaType, .config.mediaType, .layers[].mediaType' <(image_manifest it)
    refute_output --partial docker
    stacker build
    assert_base_cache_whole
}

# behaviour: what to do about a server without TLS is said in the words of whoever asked it
# documented: docs/registries.md#tls; docs/downloads.md#certificates
# status: beyond
@test "a registry without TLS" {
    start_registry
    push_base
    docker_recipe "$registry/base" ""
    refuse build
    assert_said "docker://$registry/base:latest"
    assert_said "the server does not speak TLS"
    assert_said "help: insecure: true"
    refute_said skip-tls
    refute_said http://
    docker_recipe "$registry/base"
    run --separate-stderr stacker build --cache-from "docker://$registry/cache"
    assert_success
    assert_said "; --cache-skip-tls"
    refute_said insecure
    refuse publish --url "docker://$registry" --tag v1
    assert_said "help: --skip-tls"
    printf 'it:\n  from: {type: tar, url: "https://%s/base.tar"}\n' "$registry" >stacker.yaml
    refuse build
    assert_said "help: http://"
    refute_said insecure
}

# push_list: base:latest is Docker's list of two images, for amd64 and arm64, each with its name in the variable A.
push_list() {
    local architecture
    requires curl umoci
    busybox_base
    for architecture in amd64 arm64; do
        cp -a busybox "$architecture"
        umoci config --image "$architecture:latest" --architecture "$architecture" --config.env "A=$architecture"
        skopeo copy --quiet --format v2s2 --dest-tls-verify=false "oci:$architecture:latest" \
            "docker://$registry/base:$architecture"
    done
    for architecture in amd64 arm64; do
        skopeo inspect --raw --tls-verify=false "docker://$registry/base:$architecture" >"$architecture.json"
        jq -n --arg digest "sha256:$(sha256sum <"$architecture.json" | cut -d' ' -f1)" \
            --argjson size "$(stat -c %s "$architecture.json")" --arg architecture "$architecture" \
            '{mediaType: "application/vnd.docker.distribution.manifest.v2+json", digest: $digest, size: $size,
              platform: {os: "linux", architecture: $architecture}}'
    done | jq -s '{schemaVersion: 2, manifests: .,
        mediaType: "application/vnd.docker.distribution.manifest.list.v2+json"}' >list.json
    curl --silent --fail -X PUT --data-binary @list.json \
        -H 'Content-Type: application/vnd.docker.distribution.manifest.list.v2+json' \
        "http://$registry/v2/base/manifests/latest"
}

# behaviour: of an index, or Docker's list, the image for os and arch is taken; one that is missing is an error
# documented: docs/registries.md#bases
# status: documented
@test "an image of several platforms" {
    start_registry
    push_list
    for architecture in amd64 arm64; do
        docker_recipe "$registry/base"
        sed -i "s/run: .*/arch: $architecture/" stacker.yaml
        stacker build
        assert_equal "$(image_config it | jq -r '.config.Env[] | select(startswith("A="))')" "A=$architecture"
    done
    sed -i 's/arch: .*/arch: s390x/' stacker.yaml
    refuse build
    assert_said s390x
}

# behaviour: a platform that a list has no image for is said with those that there are
# documented: docs/registries.md#bases
# status: beyond
@test "an image of several other platforms" {
    start_registry
    push_list
    docker_recipe "$registry/base"
    sed -i "s/run: .*/arch: s390x/" stacker.yaml
    refuse build
    assert_said "has no image for linux/s390x"
    assert_said "linux/amd64, linux/arm64"
}

# behaviour: layers in gzip, in zstd and uncompressed are all read
# documented: docs/registries.md#bases
# status: beyond
@test "compressions" {
    start_registry
    busybox_base
    for compression in zstd none; do
        printf 'made:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo %s >/made\n' "$compression" >stacker.yaml
        stacker --oci-dir "$compression" build --compression "$compression"
        skopeo copy --quiet --preserve-digests --dest-tls-verify=false "oci:$compression:made" \
            "docker://$registry/base:$compression"
        docker_recipe "$registry/base:$compression"
        stacker build
        assert_equal "$(cat "$(layer_directory it 1)/overlay/made")" "$compression"
        assert_equal "$(layer_digest it 1)" "$(layer_digest made 1 "$compression")"
    done
}

# behaviour: an image without layers is a base like any other
# documented: docs/registries.md#bases
# status: documented
@test "an image without layers" {
    start_registry
    umoci init --layout empty
    umoci new --image empty:latest
    skopeo copy --quiet --dest-tls-verify=false oci:empty:latest "docker://$registry/base:latest"
    docker_recipe "$registry/base"
    sed -i 's/run: .*/labels: {a: b}/' stacker.yaml
    stacker build
    assert_equal "$(count_layers it)" 0
}

# behaviour: of an image with many layers each is unpacked once, in its place
# documented: docs/registries.md#what-is-kept
# status: documented
@test "an image of many layers" {
    start_registry
    layered_base 12
    skopeo copy --quiet --dest-tls-verify=false oci:layered:latest "docker://$registry/base:latest"
    docker_recipe "$registry/base"
    run -0 --separate-stderr stacker --progress build
    # A layer that is unpacked later than it came is named once more. Others may say nothing of it.
    ! is_ours || assert_equal "$(grep -c '^Copying blob' <<<"$stderr")" 13
    assert_equal "$(count_layers it)" 13
    for n in {2..12}; do assert_file_exists "$(layer_directory it $((n - 1)))/overlay/layers/$n"; done
    assert_equal "$(cat "$(layer_directory it 11)/overlay/top")" 12
    run find roots -maxdepth 1 -name '.unpack-*'
    refute_output
    assert_base_cache_whole
}

# behaviour: layers that are images of a file system are a base, too
# documented: docs/registries.md#bases
# status: documented
@test "an image of squashfs layers" {
    start_registry
    busybox_base
    printf 'made:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo made >/made\n' >stacker.yaml
    stacker build --layer-type squashfs
    stacker publish --url "docker://$registry" --skip-tls --tag v1 --layer-type squashfs
    stacker clean
    docker_recipe "$registry/made:v1-squashfs"
    sed -i 's,echo it,cat /made,' stacker.yaml
    stacker build --layer-type squashfs
    assert_equal "$(unsquashfs -cat "$(layer_blob it-squashfs -1)" it)" made
    assert_equal "$(count_layers it-squashfs)" 3
    assert_base_cache_whole
}

# behaviour: what buildah has pushed is a base
# documented: docs/registries.md#bases
# status: documented
@test "an image that buildah pushed" {
    requires buildah
    start_registry
    busybox_base
    buildah --root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs push --quiet --tls-verify=false \
        "$(buildah --root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs pull --quiet oci:busybox:latest)" \
        "docker://$registry/base:latest"
    docker_recipe "$registry/base"
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" it
    assert_exists rootfs/bin/busybox
}

# behaviour: an image or a registry that is not there is an error
# documented: docs/registries.md#bases
# status: documented
@test "an image that is not there" {
    start_registry
    docker_recipe "$registry/missing:tag"
    refuse build
    assert_said missing
    docker_recipe "127.0.0.1:1/missing:tag"
    refuse build
    assert_said "connection refused"
}

# behaviour: an image or a registry that is not there is one error, with the whole name of the image
# documented: docs/registries.md#bases
# status: beyond
@test "an image that is not there is named" {
    start_registry
    docker_recipe "$registry/missing:tag"
    refuse build
    assert_said "there is no image docker://$registry/missing:tag"
    docker_recipe "127.0.0.1:1/missing:tag"
    refuse build
    assert_said "docker://127.0.0.1:1/missing:tag"
}

# behaviour: a password in the url is refused, and not shown
# documented: docs/registries.md#credentials
# status: beyond
@test "a password in the url" {
    docker_recipe "me:hunter2@127.0.0.1:1/x"
    refuse --debug build
    assert_said "it has a user name in it"
    refute_said hunter2
}

# behaviour: a registry's certificate is verified against SSL_CERT_FILE; insecure takes any
# documented: docs/registries.md#tls
# status: documented
@test "TLS with an authority of one's own" {
    start_registry tls
    push_base
    docker_recipe "$registry/base" ""
    refuse build
    assert_said certificate
    SSL_CERT_FILE=registry/ca.pem stacker build
    rm -rf oci roots .stacker
    docker_recipe "$registry/base"
    stacker build
    assert_equal "$(count_layers it)" 2
}

# behaviour: a registry without TLS is only spoken to with insecure
# documented: docs/registries.md#tls
# status: documented
@test "no TLS without insecure" {
    start_registry
    push_base
    list_registry_requests >/dev/null
    docker_recipe "$registry/base" ""
    refuse build
    run list_registry_requests
    refute_output --partial /v2/
}

# change_pushed FILTER: puts the manifest of base:latest, changed by jq, in the registry under the same tag.
change_pushed() {
    local type=application/vnd.oci.image.manifest.v1+json
    curl -sSf -H "Accept: $type" "http://$registry/v2/base/manifests/latest" | jq -c "$1" >changed.json
    curl -sSf -X PUT -H "Content-Type: $type" --data-binary @changed.json "http://$registry/v2/base/manifests/latest"
}

# behaviour: a layer that not everybody may pass on is used like others where the registry has it, at the first build
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a layer of a registry that may not be distributed" {
    requires curl
    start_registry
    push_base
    change_pushed '.layers[0].mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"'
    docker_recipe "$registry/base"
    stacker build
    assert_equal "$(image_manifest it | jq -r '.layers[0].mediaType')" \
        application/vnd.oci.image.layer.nondistributable.v1.tar+gzip
}

# behaviour: a layer of a registry that is not compressed as its media type says has the right one at the first build, too
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "media types of layers of a registry that are wrong" {
    requires curl
    start_registry
    push_base
    change_pushed '.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar"'
    docker_recipe "$registry/base"
    stacker build
    assert_equal "$(image_manifest it | jq -r '.layers[0].mediaType')" application/vnd.oci.image.layer.v1.tar+gzip
    assert_equal "$(layer_digest it 0)" "$(layer_digest latest 0 busybox)"
}

# behaviour: run takes an image of a registry without TLS with --skip-tls, and without says what to do, in the command's words
# documented: docs/commands.md#run
# status: beyond
@test "run an image of a registry without TLS" {
    start_registry
    push_base
    refuse run "docker://$registry/base" true
    assert_said "--skip-tls"
    refute_said "insecure"
    run -3 stacker run --skip-tls "docker://$registry/base" sh -c 'exit 3'
}
