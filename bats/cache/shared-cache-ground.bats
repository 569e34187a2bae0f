#!/usr/bin/env bats
# Layers on a build_only layer that wrote the same as another one, and stands on something else or says something else of
# itself: what a cache has of the other one's is not theirs.

load ../helpers
load ../registries
load shared-cache

# stand_on SETTING…: makes machine one's recipe, of which the build_only layer writes the same each time.
stand_on() {
    mkdir -p one
    printf '%s\n' 'tools:' "$@" '  build_only: true' '  run: echo hammer >/tools; touch -d @0 /tools /' \
        'app:' '  from: {type: built, tag: tools}' '  run: cat /proc/sys/kernel/random/uuid >/app' \
        'other:' '  from: {type: oci, url: "busybox:latest"}' '  imports: [stacker://tools/etc/below]' \
        '  run: cat /stacker/imports/below >/other' >one/stacker.yaml
}

# build_both_ways: builds on machine one, which takes what it can from the cache.
build_both_ways() {
    run --separate-stderr on one build --cache-from "$cache" --cache-to "$cache" --cache-skip-tls
    assert_success
}

# behaviour: a layer on a build_only layer with another config is another one
# documented: docs/registries.md#shared-caches
# status: beyond
@test "the config of a build_only layer" {
    machine one
    stand_on '  from: {type: built, tag: below}' '  environment: {WHICH: first}'
    printf 'below:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo below >/etc/below\n' >>one/stacker.yaml
    build_both_ways
    sed -i 's/first/second/' one/stacker.yaml
    build_both_ways
    assert_built app
    run -0 image_config app one/oci
    assert_output --partial WHICH=second
}

# behaviour: a layer that is built on a build_only layer, or imports from it, is another one with another base below
# documented: docs/registries.md#shared-caches
# status: beyond
@test "the base of a build_only layer" {
    machine one
    stand_on '  from: {type: built, tag: below}'
    printf 'below:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo first >/etc/below\n' >>one/stacker.yaml
    build_both_ways
    sed -i 's/first/second/' one/stacker.yaml
    build_both_ways
    for layer in app other; do assert_built "$layer"; done
    unpack_image other there one/oci
    assert_equal "$(cat there/other)" second
}
