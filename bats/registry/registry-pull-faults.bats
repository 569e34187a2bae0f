#!/usr/bin/env bats
# Bases from registries: what goes wrong on the way, and what is gone on with afterwards.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry skopeo
}

# behaviour: a connection that is cut in the middle of a layer is taken up where it was
# documented: docs/registries.md#faults
# status: beyond
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
# status: beyond
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

# behaviour: an error that stays ends the build, and nothing is kept of the layer
# documented: docs/registries.md#faults
# status: documented
@test "errors that stay" {
    start_registry
    push_base
    start_faults "$(layer_digest latest 0 busybox) status=502 0"
    docker_recipe "$registry/base"
    refuse build
    assert_not_exists ".stacker/layer-bases/oci/blobs/sha256/$(layer_digest latest 0 busybox | cut -d: -f2)"
}

# behaviour: an error that stays is said, with the blob and the status, and nothing is kept of a layer that did not come whole
# documented: docs/registries.md#faults
# status: beyond
@test "errors that stay are said" {
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
# documented: docs/registries.md#faults; image-spec, descriptor.md, "Verification"
# status: documented
@test "wrong bytes" {
    start_registry
    push_base
    start_faults "GET $(layer_digest latest 0 busybox) wrong"
    docker_recipe "$registry/base"
    refuse build
    assert_equal "$(find roots -maxdepth 1 -name 'sha256_*')" ""
    assert_not_exists ".stacker/layer-bases/oci/blobs/sha256/$(layer_digest latest 0 busybox | cut -d: -f2)"
    stacker build
    assert_base_cache_whole
}

# behaviour: of a layer with other bytes than its digest says, the error tells both digests, and nothing is left
# documented: docs/registries.md#faults
# status: beyond
@test "wrong bytes are said, and leave nothing" {
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
