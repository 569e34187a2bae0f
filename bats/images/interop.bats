#!/usr/bin/env bats
# Other tools read what stacker writes.

load ../helpers

build_it() {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /srv
    echo it > /srv/it
    rm /bin/vi
  cmd: cat /srv/it
  labels: {org.example.a: b}
END
    stacker build
}

# behaviour: skopeo reads the image: its config, labels and layers
# documented: docs/storage.md#the-output-layout
# status: documented
@test "skopeo inspect" {
    requires skopeo
    build_it
    run --separate-stderr skopeo inspect oci:oci:it
    assert_success
    assert_equal "$(jq -r '.Labels["org.example.a"]' <<<"$output")" b
    assert_equal "$(jq '.Layers | length' <<<"$output")" 2
}

# behaviour: skopeo copies the image, checking every digest
# documented: docs/storage.md#the-output-layout
# status: documented
@test "skopeo copy" {
    requires skopeo
    build_it
    skopeo copy --quiet oci:oci:it oci:copy:it
    assert_equal "$(image_manifest it copy | jq -c '[.layers[].digest]')" "$(image_manifest it | jq -c '[.layers[].digest]')"
}

# behaviour: umoci unpacks the image and finds nothing changed
# documented: docs/storage.md#the-output-layout
# status: documented
@test "umoci unpack" {
    requires umoci
    build_it
    umoci unpack --image oci:it bundle
    assert_equal "$(cat bundle/rootfs/srv/it)" it
    assert_not_exists bundle/rootfs/bin/vi
    assert_equal "$(stat -c %h bundle/rootfs/bin/busybox)" 403
}

# behaviour: umoci's garbage collector finds everything reachable and the layout valid
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "umoci gc has nothing to do" {
    requires umoci
    build_it
    before=$(ls oci/blobs/sha256)
    umoci gc --layout oci
    assert_equal "$(ls oci/blobs/sha256)" "$before"
    assert_layout_whole
}

# behaviour: buildah takes the image as a base
# documented: docs/storage.md#the-output-layout
# status: documented
@test "buildah from oci:" {
    requires buildah
    build_it
    buildah=(buildah --root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs)
    container=$("${buildah[@]}" from --quiet oci:oci:it)
    root=$("${buildah[@]}" mount "$container")
    content=$(cat "$root/srv/it")
    "${buildah[@]}" umount "$container" >/dev/null
    "${buildah[@]}" rm "$container" >/dev/null
    assert_equal "$content" it
}

# behaviour: a layout that skopeo wrote is a base
# documented: docs/recipe.md#from
# status: documented
@test "a base that skopeo copied" {
    requires skopeo
    busybox_base
    skopeo copy --quiet oci:busybox:latest oci:copied:v1
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "copied:v1"}
  run: echo it > /it
END
    stacker build
    assert_equal "$(list_layer it -1)" it
}

# behaviour: an image that stacker wrote is a base, tag and all
# documented: docs/recipe.md#from
# status: documented
@test "stacker's own output is a base" {
    build_it
    mv oci first
    cat >stacker.yaml <<'END'
next:
  from: {type: oci, url: "first:it"}
  run: cat /srv/it > /next
END
    stacker build
    assert_equal "$(list_layer next -1)" next
    assert_equal "$(image_config next | jq -r '.config.Labels["org.example.a"]')" b
}

# behaviour: internal-go copy copies an image between layouts, internal-go testsuite-check-overlay makes the roots directory and says whether overlays work there
# documented: docs/commands.md#internal-go
# status: documented
@test "what scripts for the original call" {
    busybox_base
    stacker internal-go copy oci:busybox:latest oci:copy:other
    assert_equal "$(skopeo inspect --raw oci:copy:other)" "$(skopeo inspect --raw oci:busybox:latest)"
    stacker internal-go copy oci:copy:other oci:copy:third
    assert_equal "$(umoci ls --layout copy)" $'other\nthird'
    refuse internal-go copy oci:busybox:none oci:copy:b
    refuse internal-go copy busybox:latest oci:copy:b
    assert_said "busybox:latest"
    stacker internal-go testsuite-check-overlay
    assert_exists roots
    run -50 stacker --roots-dir /sys/kernel internal-go testsuite-check-overlay
}
