#!/usr/bin/env bats
# Collapsed images that are there already: in the cache, in another type, as a base, with or without their directories.

load ../helpers
load collapse-build-only

# count_disk: the kilobytes that roots takes.
count_disk() {
    du -s --apparent-size roots | cut -f1
}

# behaviour: another type of a collapsed image is made of the same parts, and no script is run again
# documented: docs/recipe.md#collapsing; docs/storage.md#layer-types
# status: beyond
@test "another type of a collapsed image" {
    requires umoci loop
    chain
    stacker build --collapse-build-only
    run --separate-stderr stacker build --collapse-build-only --layer-type squashfs
    assert_success
    refute_said "built successfully"
    assert_said "found cached layer bar-squashfs"
    assert_equal "$(count_layers bar-squashfs)" 3
    assert_readers_agree bar
    assert_tree_of_chain mounted
    assert_equal "$(find roots -path '*made/more' | wc -l)" 1
}

# behaviour: nothing is copied on disk: roots takes as much as without the option
# documented: docs/storage.md#merged-layers
# status: beyond
@test "nothing is copied to collapse" {
    wart 20
    sed -i 's,rm /bigfile,touch /it,' stacker.yaml
    stacker build
    before=$(count_disk)
    rm -rf roots oci .stacker
    stacker build --collapse-build-only
    ((before > 20480))
    # Directories and a record of them.
    (($(count_disk) - before < 100)) || fail "$(count_disk) kilobytes, and $before without the option"
    assert_equal "$(find roots -name bigfile -type f | wc -l)" 1
}

# behaviour: what was collapsed comes from the cache
# documented: docs/recipe.md#collapsing; docs/recipe.md#cache
# status: beyond
@test "a collapsed image is cached" {
    chain
    stacker build --collapse-build-only
    before=$(image_manifest bar)
    run -0 --separate-stderr stacker build --collapse-build-only
    for layer in base foo more bar; do assert_said "found cached layer $layer"; done
    assert_equal "$(image_manifest bar)" "$before"
}

# behaviour: the option given, or no longer, builds the images on build_only layers again, and nothing else, and says why
# documented: docs/recipe.md#collapsing; docs/recipe.md#cache
# status: beyond
@test "another choice is a cache miss" {
    requires umoci
    chain
    stacker build
    assert_equal "$(count_layers bar)" 5
    for layers in 3 5 3; do
        option=()
        if ((layers == 3)); then option=(--collapse-build-only); fi
        run -0 --separate-stderr stacker build "${option[@]}"
        assert_said "cache miss because collapse_build_only was changed"
        for layer in base foo more; do assert_said "found cached layer $layer"; done
        assert_equal "$(count_layers bar)" "$layers"
        rm -rf rootfs
        unpack_image bar rootfs
        assert_tree_of_chain rootfs
    done
}

# behaviour: without the option an image is byte for byte what it is where the option was never used
# documented: docs/recipe.md#collapsing
# status: beyond
@test "an image without it, after one with it" {
    clamp_times
    chain
    sed -i /urandom/d stacker.yaml
    sed -i 's,rm /bigfile,true,' stacker.yaml
    stacker build
    before=$(image_manifest bar)
    rm -rf roots oci .stacker
    stacker build --collapse-build-only
    assert_equal "$(count_layers bar)" 3
    stacker build
    assert_equal "$(image_manifest bar)" "$before"
}

# behaviour: what build_only layers were encoded as for another image is merged, too
# documented: docs/recipe.md#collapsing
# status: beyond
@test "a chain that another image has in layers of their own" {
    requires umoci
    wart
    cat >>stacker.yaml <<'END'
more:
  from: {type: built, tag: foo}
  build_only: true
  run: echo more > /more
high:
  from: {type: built, tag: more}
  run: rm /bigfile
END
    stacker build
    assert_equal "$(count_layers bar) $(count_layers high)" "3 4"
    stacker build --collapse-build-only
    assert_equal "$(count_layers bar) $(count_layers high)" "2 2"
    assert_equal "$(list_layer high 1)" more
    unpack_image high rootfs
    assert_equal "$(cat rootfs/more)" more
}

# behaviour: without the directories of its chain, a collapsed image is unpacked to be built on
# documented: docs/storage.md#merged-layers
# status: beyond
@test "the directories of a collapsed layer are lost" {
    chain
    stacker build --collapse-build-only
    rm -rf roots/part_*
    printf 'next:\n  from: {type: oci, url: "oci:bar"}\n  run: cat /foo2 /file > /next; test ! -e /bigfile\n' >next.yaml
    stacker build -f next.yaml
    assert_equal "$(layer_tar next -1 | tar xO --wildcards '*next')" $'foo\nbar'
    run -0 --separate-stderr stacker build --collapse-build-only
    assert_said "cache miss because its directory"
    assert_equal "$(count_layers bar)" 3
}

# behaviour: the layer on another base hides nothing there that it does not say
# documented: docs/storage.md#merged-layers
# status: beyond
@test "a collapsed layer on another base" {
    wart
    cat >>stacker.yaml <<'END'
other:
  from: {type: oci, url: "busybox:latest"}
  run: echo other > /bigfile
END
    stacker build --collapse-build-only
    # What those make of it that put an image on another base.
    cp -r oci rebased
    put() {
        local digest
        digest=$(sha256sum "$1" | cut -d' ' -f1)
        cp "$1" "rebased/blobs/sha256/$digest"
        jq -n --arg digest "sha256:$digest" --argjson size "$(stat -c %s "$1")" --arg type "$2" \
            '{mediaType: $type, digest: $digest, size: $size}'
    }
    jq -s '.[0].rootfs.diff_ids += [.[1].rootfs.diff_ids[1]] | .[0] | del(.history)' \
        <(image_config other) <(image_config bar) >config.json
    config=$(put config.json application/vnd.oci.image.config.v1+json)
    jq -s --argjson config "$config" '.[0].layers += [.[1].layers[1]] | .[0] | .config = $config' \
        <(image_manifest other) <(image_manifest bar) >manifest.json
    put manifest.json application/vnd.oci.image.manifest.v1+json |
        jq '{schemaVersion: 2, manifests: [. + {annotations: {"org.opencontainers.image.ref.name": "it"}}]}' \
            >rebased/index.json
    printf 'next:\n  from: {type: oci, url: "rebased:it"}\n  run: cat /bigfile > /next\n' >next.yaml
    stacker build -f next.yaml
    assert_equal "$(layer_tar next -1 | tar xO --wildcards '*next')" other
    # And the image itself is as before.
    printf 'again:\n  from: {type: oci, url: "oci:bar"}\n  run: test ! -e /bigfile\n' >again.yaml
    stacker build -f again.yaml
}

# behaviour: a squashfs image is made of a collapsed tar image, and built on
# documented: docs/storage.md#merged-layers; docs/storage.md#layer-types
# status: beyond
@test "a collapsed image as base of another type" {
    requires umoci loop
    clamp_times
    chain
    stacker build --collapse-build-only "${both[@]}"
    cp -r oci base
    printf 'next:\n  from: {type: oci, url: "base:bar"}\n  run: test ! -e /bigfile; cat /foo2 > /next\n' >next.yaml
    printf 'last:\n  from: {type: built, tag: next}\n  run: test ! -e /gone\n' >>next.yaml
    rm -rf oci
    stacker build -f next.yaml "${both[@]}"
    assert_readers_agree last
    assert_tree_of_chain mounted
    assert_equal "$(find roots -path '*made/more' | wc -l)" 1
}
