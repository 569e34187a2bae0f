#!/usr/bin/env bats
# Bases from registries: what names mean, what is kept, and what goes wrong on the way.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry skopeo
}

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
    assert_equal "$(image_config it | jq -c .config.Cmd)" '["sh"]'
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

# behaviour: what a layer of the base cache has is not fetched again, also when the layer is rebuilt
# documented: docs/registries.md#what-is-kept
# status: documented
@test "a blob that is there is not fetched again" {
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

# behaviour: of an index, or Docker's list, the image for os and arch is taken; one that is missing is said with those there are
# documented: docs/registries.md#bases
# status: documented
@test "an image of several platforms" {
    requires curl umoci
    start_registry
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
    for architecture in amd64 arm64; do
        docker_recipe "$registry/base"
        sed -i "s/run: .*/arch: $architecture/" stacker.yaml
        stacker build
        assert_equal "$(image_config it | jq -r '.config.Env[] | select(startswith("A="))')" "A=$architecture"
    done
    sed -i 's/arch: .*/arch: s390x/' stacker.yaml
    refuse build
    assert_said "has no image for linux/s390x"
    assert_said "linux/amd64, linux/arm64"
}

# behaviour: layers in gzip, in zstd and uncompressed are all read
# documented: docs/registries.md#bases
# status: documented
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
    stacker build --layer-type squashfs
    assert_equal "$(cat "$(layer_directory it-squashfs 1)/overlay/made")" made
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

# behaviour: an image or a registry that is not there is one error that names it
# documented: docs/registries.md#bases
# status: documented
@test "an image that is not there" {
    start_registry
    docker_recipe "$registry/missing:tag"
    refuse build
    assert_said "there is no image docker://$registry/missing:tag"
    docker_recipe "127.0.0.1:1/missing:tag"
    refuse build
    assert_said "docker://127.0.0.1:1/missing:tag"
    assert_said "connection refused"
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

# --- TLS --------------------------------------------------------------------------------------------

# behaviour: a registry's certificate is verified against SSL_CERT_FILE; insecure takes any
# documented: docs/registries.md#tls
# status: documented
@test "TLS with an authority of one's own" {
    start_registry tls
    push_base
    docker_recipe "$registry/base" ""
    refuse build
    assert_said "certificate is not one that is trusted here"
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
    assert_said "docker://$registry/base:latest"
    assert_said "the server does not speak TLS"
    run list_registry_requests
    refute_output --partial /v2/
}

# --- Faults -----------------------------------------------------------------------------------------

# behaviour: a connection that is cut in the middle of a layer is taken up where it was
# documented: docs/registries.md#faults
# status: documented
@test "a cut connection" {
    start_registry
    push_base
    blob=blobs/$(layer_digest latest 0 busybox)
    start_faults "GET $blob cut=300000 2" "$blob slow"
    docker_recipe "$registry/base"
    stacker build
    assert_equal "$(grep -c "GET.*$blob" faults/requests)" 3
    unpack_image it rootfs
    assert_exists rootfs/bin/busybox
    assert_base_cache_whole
}

# behaviour: what a killed pull has fetched of a layer is not fetched again, and counts only if all of it is right
# documented: docs/registries.md#faults
# status: beyond
@test "a killed pull is gone on with" {
    start_registry
    push_base
    blob=$(layer_digest latest 0 busybox)
    part=.stacker/layer-bases/oci/blobs/sha256/.${blob#sha256:}.part
    start_faults "GET $blob stall=300000 2" "GET $blob wrong"
    docker_recipe "$registry/base"
    end_in_the_middle KILL "$part" 300000
    stop_at=$(head -c 300000 "busybox/blobs/${blob/://}" | sha256sum)
    assert_equal "$(sha256sum <"$part")" "$stop_at"
    # The second one goes on from there, and is stopped too.
    end_in_the_middle KILL "$part" 600000
    grep -q "GET .*$blob bytes=300000-" faults/requests
    # What comes now is wrong, so that all of it is fetched once more.
    stacker build
    grep -q "GET .*$blob bytes=600000-" faults/requests
    assert_equal "$(grep -c "GET .*$blob" faults/requests)" 4
    assert_not_exists "$part"
    unpack_image it rootfs
    assert_exists rootfs/bin/busybox
    assert_base_cache_whole
}

# end_in_the_middle SIGNAL FILE SIZE: ends a build when so much of a layer has come. $status is how.
end_in_the_middle() {
    local tenths
    start "$STACKER" build
    for ((tenths = 0; tenths < 300; tenths++)); do
        [[ $(stat -c %s "$2" 2>/dev/null) != "$3" ]] || break
        sleep 0.1
    done
    assert_equal "$(stat -c %s "$2")" "$3"
    kill "-$1" "$started"
    wait_for_end
    # Its child in the namespace goes with it, and the lock with that.
    wait_for_killed
}

# behaviour: a kept layer whose bytes are not what they were is fetched again, whether it is unpacked or not
# documented: docs/registries.md#what-is-kept
# status: beyond
@test "a damaged layer of the base cache" {
    start_registry
    push_base
    docker_recipe "$registry/base"
    stacker build
    blob=$(layer_digest latest 0 busybox)
    for unpacked in no yes; do
        printf damaged | dd of=".stacker/layer-bases/oci/blobs/${blob/://}" bs=1 seek=5000 conv=notrunc status=none
        [[ $unpacked == yes ]] || rm -rf roots
        run --separate-stderr stacker build --no-cache
        assert_success
        assert_said "blob $blob in $PWD/.stacker/layer-bases/oci is damaged; fetching it again"
        assert_base_cache_whole
        assert_layout_whole
        unpack_image it "rootfs-$unpacked"
        assert_exists "rootfs-$unpacked/bin/busybox"
    done
}

# behaviour: 500, 429 and a reset are tried again
# documented: docs/registries.md#faults
# status: documented
@test "errors that pass" {
    start_registry
    push_base
    start_faults "HEAD /manifests/ status=503" "/manifests/ reset" "/blobs/ status=500 2" "/blobs/ status=429,1" \
        "/manifests/ status=503,date+1"
    docker_recipe "$registry/base"
    stacker build
    assert_base_cache_whole
    assert_equal "$(count_layers it)" 2
}

# behaviour: an error that stays is said, and nothing is kept of a layer that did not come whole
# documented: docs/registries.md#faults
# status: documented
@test "errors that stay" {
    start_registry
    push_base
    start_faults "$(layer_digest latest 0 busybox) status=502 0"
    docker_recipe "$registry/base"
    refuse build
    assert_said "couldn't get blob $(layer_digest latest 0 busybox)"
    assert_said "the server says 502"
    assert_base_cache_whole
}

# behaviour: a layer with other bytes than its digest says is never used
# documented: docs/registries.md#faults
# status: documented
@test "wrong bytes" {
    start_registry
    push_base
    start_faults "GET $(layer_digest latest 0 busybox) wrong"
    docker_recipe "$registry/base"
    refuse build
    assert_said "its content has the digest"
    assert_base_cache_whole
    run find roots -maxdepth 1 -name 'sha256_*' -o -maxdepth 1 -name '.unpack-*'
    refute_output
    assert_not_exists ".stacker/layer-bases/oci/blobs/sha256/$(layer_digest latest 0 busybox | cut -d: -f2)"
    stacker build
    assert_base_cache_whole
}

# behaviour: a registry that wants to be left alone for long is an error at once
# documented: docs/registries.md#faults
# status: beyond
@test "a registry that has had enough" {
    start_registry
    push_base
    start_faults "/manifests/ status=429,3600 0"
    docker_recipe "$registry/base"
    refuse build
    assert_said "the server says 429"
    assert_equal "$(wc -l <faults/requests)" 1
}

# behaviour: the same of one that says until when
# documented: docs/registries.md#faults
# status: beyond
@test "a registry that has had enough until a time" {
    start_registry
    push_base
    start_faults "/manifests/ status=429,date+3600 0"
    docker_recipe "$registry/base"
    refuse build
    assert_said "the server says 429"
    assert_equal "$(wc -l <faults/requests)" 1
}

# behaviour: SIGTERM ends a pull that waits for its registry
# documented: docs/commands.md#signals
# status: beyond
@test "SIGTERM ends a pull" {
    start_registry
    push_base
    start_faults "/blobs/ status=503,50 0"
    docker_recipe "$registry/base"
    start "$STACKER" build
    for _ in {1..100}; do
        ! grep -q /blobs/ faults/requests 2>/dev/null || break
        sleep 0.1
    done
    kill -TERM "$started"
    wait_for_end
    assert_equal "$status" 143
    assert_base_cache_whole
}

# behaviour: SIGTERM ends a pull in the middle of a layer; nothing half-unpacked stays, and what came is gone on with
# documented: docs/commands.md#signals; docs/registries.md#faults
# status: beyond
@test "SIGTERM in the middle of a layer" {
    start_registry
    push_base
    blob=$(layer_digest latest 0 busybox)
    start_faults "GET $blob stall=300000"
    docker_recipe "$registry/base"
    end_in_the_middle TERM ".stacker/layer-bases/oci/blobs/sha256/.${blob#sha256:}.part" 300000
    assert_equal "$status" 143
    run find roots -maxdepth 1 -name 'sha256_*' -o -maxdepth 1 -name '.unpack-*'
    refute_output
    assert_base_cache_whole
    stacker build
    grep -q "GET .*$blob bytes=300000-" faults/requests
}
