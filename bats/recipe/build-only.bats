#!/usr/bin/env bats
# build_only layers: built, stood on, never published by themselves.

load ../helpers

# chain: a recipe of two build_only layers, and an image on them.
chain() {
    busybox_base
    cat >stacker.yaml <<'END'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo tools > /tools
more:
  from: {type: built, tag: tools}
  build_only: true
  run: echo more > /more
app:
  from: {type: built, tag: more}
  run: cat /tools /more > /app
END
}

# behaviour: a build_only layer is no image of the output layout
# documented: docs/recipe.md#build_only
# status: documented
@test "a build_only layer has no tag" {
    chain
    stacker build
    assert_equal "$(list_tags)" app
}

# bats test_tags=group:quick-priv
# behaviour: an image on build_only layers has a layer for each of them, in order
# documented: docs/recipe.md#build_only
# status: documented
@test "each build_only layer of the chain becomes a layer of the image" {
    chain
    stacker build
    assert_equal "$(count_layers app)" 4
    assert_equal "$(list_layer app 1)" tools
    assert_equal "$(list_layer app 2)" more
    assert_equal "$(list_layer app 3)" app
    unpack_image app rootfs
    assert_equal "$(cat rootfs/app)" $'tools\nmore'
}

# behaviour: until an image is built on it, a build_only layer's changes are in roots/foo/overlay
# documented: docs/storage.md#after-run
# status: documented
@test "a build_only layer that nothing stands on keeps its upperdir" {
    busybox_base
    cat >stacker.yaml <<'END'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo tools > /tools
END
    stacker build
    assert_equal "$(cat roots/tools/overlay/tools)" tools
}

# behaviour: when only the image changed, its build_only layers come from the cache, with the same digests
# documented: docs/recipe.md#build_only; docs/recipe.md#cache
# status: documented
@test "a changed image is rebuilt on cached build_only layers" {
    chain
    stacker build
    before=$(image_manifest app | jq -c '[.layers[0:3][].digest]')
    sed -i 's,cat /tools /more > /app,cat /more /tools > /app,' stacker.yaml
    stacker build
    assert_equal "$(image_manifest app | jq -c '[.layers[0:3][].digest]')" "$before"
    unpack_image app rootfs
    assert_equal "$(cat rootfs/app)" $'more\ntools'
}

# behaviour: a build_only layer that is built, or found in the cache, is named as an image is
# documented: docs/commands.md#messages
# status: beyond
@test "build_only layers are named" {
    chain
    run --separate-stderr stacker build
    assert_success
    for name in tools more app; do assert_said "filesystem $name built successfully"; done
    run --separate-stderr stacker build
    assert_success
    for name in tools more app; do assert_said "found cached layer $name"; done
}

# behaviour: a build_only layer whose directory is gone is built again
# documented: docs/recipe.md#cache
# status: documented
@test "a lost roots directory is made again" {
    chain
    stacker build
    rm -rf roots
    sed -i 's,cat /tools /more > /app,cat /more > /app,' stacker.yaml
    stacker build
    unpack_image app rootfs
    assert_equal "$(cat rootfs/app rootfs/tools)" $'more\ntools'
}

# behaviour: a file that build_only wrote and the image deleted is hidden by a whiteout, not removed from below
# documented: docs/recipe.md#build_only; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "what the image deletes is still in the build_only layer" {
    busybox_base
    cat >stacker.yaml <<'END'
foo:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo big > /bigfile
bar:
  from: {type: built, tag: foo}
  run: rm /bigfile
END
    stacker build
    assert_equal "$(list_layer bar 1)" bigfile
    assert_equal "$(list_layer bar 2)" .wh.bigfile
    unpack_image bar rootfs
    assert_not_exists rootfs/bigfile
}

# behaviour: a chain of build_only layers gives one layer for each link, the image's own included, on a rebuild too
# documented: docs/storage.md#roots
# status: beyond
# why: the original adds the last build_only layer a second time where the image's own script changed nothing, so
#      that the count is the same
@test "a chain has a layer for each link, also when the last one changes nothing" {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: touch /1
two:
  from: {type: built, tag: one}
  build_only: true
  run: touch /2
three:
  from: {type: built, tag: two}
  build_only: true
  run: touch /3
four:
  from: {type: built, tag: three}
  run: "[ -f /1 ] && [ -f /2 ] && [ -f /3 ] && echo ${{RUN}}"
END
    for number in 1 2; do
        stacker build --substitute RUN=$number
        assert_equal "$(image_manifest four | jq '.layers | length')" 5
    done
}

# behaviour: under build_only layers, too, the base's blobs are in the image as they came
# documented: docs/recipe.md#build_only; docs/storage.md#layer-types
# status: documented
@test "a base under build_only layers keeps its blobs" {
    chain
    stacker build
    assert_equal "$(layer_digest app 0)" "$(layer_digest latest 0 busybox)"
    # Also when the image is built later than the layers below it.
    sed -i 's,/more > /app,/more > /other,' stacker.yaml
    stacker build
    assert_equal "$(layer_digest app 0)" "$(layer_digest latest 0 busybox)"
}

# behaviour: an image on one layer of a chain leaves the others of the chain what they are
# documented: docs/recipe.md#build_only
# status: documented
@test "images on different layers of one chain" {
    chain
    printf 'low:\n  from: {type: built, tag: tools}\n  run: echo low > /low\n' >>stacker.yaml
    stacker build
    assert_equal "$(list_layer low 1) $(list_layer low 2)" "tools low"
    assert_equal "$(list_layer app 1) $(list_layer app 2) $(list_layer app 3)" "tools more app"
    assert_equal "$(layer_digest app 1)" "$(layer_digest low 1)"
}

# behaviour: a build_only layer that was encoded as one type is encoded once more for an image of another
# documented: docs/recipe.md#build_only; docs/storage.md#layer-types
# status: documented
# original: the squashfs image lacks the build_only layer, and with it a file that its own script has read: it is not the file system that was built
@test "a build_only layer of which an image of one type was made, for another type" {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo one > /one
END
    stacker build --layer-type tar --layer-type squashfs
    printf 'image:\n  from: {type: built, tag: one}\n  run: cat /one > /image\n' >>stacker.yaml
    stacker build --layer-type tar
    stacker build --layer-type squashfs
    assert_equal "$(count_layers image-squashfs)" 3
    assert_equal "$(unsquashfs -cat "$(layer_blob image-squashfs 1)" one)" one
}

# behaviour: what a build_only layer makes of the root directory itself is in the image
# documented: docs/recipe.md#build_only; docs/storage.md#layers
# status: documented
@test "the root directory's mode that a build_only layer sets" {
    requires umoci
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: chmod 0711 /
image:
  from: {type: built, tag: one}
  cmd: sh
END
    stacker build
    unpack_image image rootfs
    assert_equal "$(stat -c %a rootfs)" 711
}

# behaviour: a chain of build_only layers may be long: each of them is looked at a few times, not once for each way down
# documented: docs/recipe.md#build_only
# status: documented
# why: a stacker that goes all ways down does not end, so this has an end of its own
@test "a long chain" {
    busybox_base
    printf 'l0: {from: {type: oci, url: "busybox:latest"}, build_only: true}\n' >stacker.yaml
    for n in {1..40}; do
        printf 'l%d: {from: {type: built, tag: l%d}, build_only: true}\n' "$n" "$((n - 1))" >>stacker.yaml
    done
    printf 'image: {from: {type: built, tag: l40}, run: "echo it > /it"}\n' >>stacker.yaml
    run -0 timeout 600 "$STACKER" build
    assert_output --partial "filesystem image built successfully"
}
