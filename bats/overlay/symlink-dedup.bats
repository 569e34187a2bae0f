#!/usr/bin/env bats
# One copy of a layer on disk, however many types, images and names it has.

load ../helpers

both=(--layer-type tar --layer-type squashfs)

# list_directories: the names under roots that are directories of layers and not symlinks to them.
list_directories() {
    find roots -mindepth 1 -maxdepth 1 -type d -name 'sha256_*' -printf '%f\n' | LC_ALL=C sort
}

build_it() {
    busybox_base
    cat >stacker.yaml <<'EOF'
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo it > /it
EOF
    stacker build "$@"
}

# bats test_tags=group:quick-unpriv
# behaviour: with two types there is a directory for each layer and a relative symlink beside it, base layers included
# documented: docs/storage.md#layer-types; stacker's hacking guide, "Overlay storage layout"
# status: beyond
@test "a directory for each layer, a symlink for each further type" {
    build_it "${both[@]}"
    assert_equal "$(list_directories | wc -l)" 2
    for n in 0 1; do
        tar=$(layer_directory it "$n")
        squashfs=$(layer_directory it-squashfs "$n")
        assert_equal "$(readlink "$squashfs")" "${tar#roots/}"
        assert_equal "$(stat -c %i "$squashfs/overlay")" "$(stat -c %i "$tar/overlay")"
    done
}

# behaviour: two images whose scripts made the same thing share the layer: one blob, one directory
# documented: docs/storage.md#after-run; stacker's hacking guide, "Overlay storage layout"
# status: documented
# original: a squashfs layer is another blob each time, by the salt of its verity tree: nothing equal is shared
@test "equal layers of two images are one blob and one directory" {
    busybox_base
    cat >stacker.yaml <<'EOF'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo same > /same
two:
  from: {type: oci, url: "busybox:latest"}
  run: echo same > /same
three:
  from: {type: built, tag: two}
  run: cat /same > /three
EOF
    SOURCE_DATE_EPOCH=1700000000 stacker build "${both[@]}"
    assert_equal "$(layer_digest two -1)" "$(layer_digest one -1)"
    assert_equal "$(layer_digest two-squashfs -1)" "$(layer_digest one-squashfs -1)"
    # Base, same, three.
    assert_equal "$(list_directories | wc -l)" 3
    assert_equal "$(find roots -name same | wc -l)" 1
    unpack_image three rootfs
    assert_equal "$(cat rootfs/three)" same
}

# behaviour: a directory that is there for the digest is kept, and what the run made again is dropped
# documented: docs/storage.md#after-run; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "an existing directory of the digest is kept" {
    clamp_times
    build_it
    directory=$(layer_directory it -1)
    before=$(stat -c %i "$directory" "$directory/overlay/it")
    stacker build --no-cache
    assert_equal "$(layer_directory it -1)" "$directory"
    assert_equal "$(stat -c %i "$directory" "$directory/overlay/it")" "$before"
    assert_equal "$(ls -A roots/it/overlay)" ""
}

# behaviour: a type that is asked for later joins the directory that is there
# documented: docs/storage.md#layer-types
# status: documented
@test "a second type that is asked for later is a symlink, too" {
    clamp_times
    build_it
    tar=$(layer_digest it -1)
    stacker build "${both[@]}"
    assert_equal "$(layer_digest it -1)" "$tar"
    assert_equal "$(list_directories | wc -l)" 2
    assert_link_exists "$(layer_directory it-squashfs -1)"
    assert_equal "$(realpath "$(layer_directory it-squashfs -1)")" "$(realpath "roots/${tar/:/_}")"
}

# behaviour: overlay_metadata.json names the output of each type
# documented: docs/storage.md#roots; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "overlay_metadata.json names the output of each type" {
    build_it "${both[@]}"
    jq -r '.Manifests | .. | strings' roots/it/overlay_metadata.json >named
    for tag in it it-squashfs; do
        grep -qxF "$(layer_digest "$tag" -1)" named
    done
}

# behaviour: a layer is built on what overlay_metadata.json names, also when the one below comes from the cache
# documented: docs/storage.md#after-run
# status: documented
@test "a layer finds the outputs of a cached one below" {
    build_it "${both[@]}"
    cat >>stacker.yaml <<'EOF'
next:
  from: {type: built, tag: it}
  run: cat /it > /next
EOF
    run --separate-stderr stacker build "${both[@]}"
    assert_success
    assert_said "found cached layer it"
    assert_equal "$(layer_digest next -2)" "$(layer_digest it -1)"
    assert_equal "$(layer_digest next-squashfs -2)" "$(layer_digest it-squashfs -1)"
    assert_equal "$(layer_tar next -1 | tar xO --wildcards '*next')" it
}
