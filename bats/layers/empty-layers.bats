#!/usr/bin/env bats
# A layer that changed nothing adds none, and the image says so consistently.

load ../helpers

# assert_layers TAG COUNT: that many layers, diff IDs and entries of the history that are no empty_layer.
assert_layers() {
    assert_equal "$(count_layers "$1")" "$2"
    assert_equal "$(image_config "$1" | jq '.rootfs.diff_ids | length')" "$2"
    assert_equal "$(image_config "$1" | jq '[.history[] | select(.empty_layer != true)] | length')" "$2"
}

# behaviour: a script that changes nothing adds no layer, no diff ID and no history entry of a layer
# documented: docs/storage.md#after-run
# status: documented
@test "a script that changes nothing adds no layer" {
    busybox_base
    cat >stacker.yaml <<'EOF'
it:
  from: {type: oci, url: "busybox:latest"}
  run: cat /etc/passwd
EOF
    stacker build
    assert_layers it 1
    assert_equal "$(layer_digest it 0)" "$(layer_digest latest 0 busybox)"
    assert_equal "$(image_config it | jq -r '.history[-1] | "\(.created_by) \(.empty_layer)"')" "stacker build true"
}

# behaviour: a script that undoes what it did adds no layer
# documented: docs/storage.md#after-run
# status: documented
@test "a script that cleans up after itself adds no layer" {
    busybox_base
    cat >stacker.yaml <<'EOF'
it:
  from: {type: oci, url: "busybox:latest"}
  run: touch /scrap; rm /scrap
EOF
    stacker build
    assert_layers it 1
}

# behaviour: the same in each layer type, and for a layer without run:
# documented: docs/storage.md#after-run; docs/storage.md#layer-types
# status: documented
@test "no layer of any type where nothing changed" {
    busybox_base
    cat >stacker.yaml <<'EOF'
script:
  from: {type: oci, url: "busybox:latest"}
  run: "true"
metadata:
  from: {type: built, tag: script}
  labels: {a: b}
EOF
    stacker build --layer-type tar --layer-type squashfs
    for tag in script script-squashfs metadata metadata-squashfs; do
        assert_layers "$tag" 1
    done
}

# behaviour: on an image that added nothing, the next one builds, and adds what it has
# documented: docs/storage.md#after-run
# status: documented
@test "a layer on one that changed nothing" {
    requires umoci
    busybox_base
    cat >stacker.yaml <<'EOF'
nothing:
  from: {type: oci, url: "busybox:latest"}
  run: "true"
next:
  from: {type: built, tag: nothing}
  run: echo next > /next
nothing-again:
  from: {type: built, tag: next}
  run: "true"
EOF
    stacker build
    assert_layers nothing 1
    assert_layers next 2
    assert_layers nothing-again 2
    assert_equal "$(layer_digest nothing-again 1)" "$(layer_digest next 1)"
    unpack_image nothing-again rootfs
    assert_equal "$(cat rootfs/next)" next
}

# behaviour: a build_only layer that changed nothing does no harm to the image on it
# documented: docs/storage.md#after-run
# status: documented
@test "a build_only layer that changed nothing stands below an image" {
    requires umoci
    busybox_base
    cat >stacker.yaml <<'EOF'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: "true"
app:
  from: {type: built, tag: tools}
  run: echo app > /app
EOF
    stacker build
    assert_equal "$(list_layer app -1)" app
    # Layers, diff IDs and history agree, however many there are.
    assert_layers app "$(count_layers app)"
    unpack_image app rootfs
    assert_equal "$(cat rootfs/app)" app
}

# behaviour: what lies on a mount inside the container is no change of the image
# documented: docs/storage.md#traces
# status: documented
@test "files in /dev/shm are no change" {
    busybox_base
    cat >stacker.yaml <<'EOF'
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo it > /dev/shm/it
EOF
    stacker build
    assert_layers it 1
}
