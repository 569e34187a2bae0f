#!/usr/bin/env bats
# What stands where under --roots-dir, --stacker-dir and --oci-dir.

load ../helpers

two_images() {
    busybox_base
    cat >stacker.yaml <<'END'
foo:
  from: {type: oci, url: "busybox:latest"}
  run: echo foo > /foo
bar:
  from: {type: built, tag: foo}
  run: echo bar > /bar
END
    stacker build
}

# behaviour: each layer's contents are in roots/sha256_<its digest>/overlay, base layers and built ones
# documented: docs/storage.md#roots; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "each layer is unpacked once, under its digest" {
    two_images
    base=$(layer_digest bar 0)
    foo=$(layer_digest bar 1)
    bar=$(layer_digest bar 2)
    assert_exists "roots/${base/:/_}/overlay/bin/busybox"
    assert_equal "$(ls "roots/${foo/:/_}/overlay")" foo
    assert_equal "$(ls "roots/${bar/:/_}/overlay")" bar
}

# behaviour: a layer foo has foo/rootfs, foo/overlay and foo/overlay_metadata.json
# documented: docs/storage.md#roots; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "a named layer has rootfs, overlay and overlay_metadata.json" {
    two_images
    for name in foo bar; do
        assert_dir_exists "roots/$name/rootfs"
        assert_dir_exists "roots/$name/overlay"
        assert_file_exists "roots/$name/overlay_metadata.json"
    done
}

# behaviour: overlay_metadata.json names the layer's outputs, so that a layer built on it finds them
# documented: docs/storage.md#roots; stacker's hacking guide, "Overlay storage layout"
# status: documented
@test "overlay_metadata.json names the output" {
    two_images
    digest=$(layer_digest foo -1)
    grep -q "${digest#sha256:}" roots/foo/overlay_metadata.json
}

# behaviour: after the build foo/overlay is empty and foo/rootfs not a mount: the contents have moved
# documented: docs/storage.md#after-run
# status: beyond
@test "foo/overlay is left empty" {
    two_images
    assert_equal "$(ls -A roots/foo/overlay)" ""
    assert_equal "$(ls -A roots/foo/rootfs)" ""
}

# bats test_tags=group:quick-priv
# behaviour: while a build runs, its overlay is not in the host's mount table
# documented: docs/storage.md#the-mount; stacker's hacking guide, "Overlayfs / layer issues"
# status: documented
@test "the host never sees the overlay" {
    if ((EUID == 0)); then
        # As on most machines, what is mounted in here is passed on to whoever does not ask for the contrary.
        mount_tmpfs 64M shared
        mount --make-shared shared
        cd shared || return
    fi
    busybox_base
    mkdir signal
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  binds:
    - $PWD/signal -> /signal
  run: |
    touch /signal/running
    while [ ! -e /signal/seen ]; do sleep 0.1; done
END
    start "$STACKER" build
    wait_for_file signal/running
    find_mounts
    in_rootfs=$(ls -A roots/it/rootfs)
    touch signal/seen
    wait_for_end
    assert_equal "$status" 0
    assert_equal "${mounts[*]}" ""
    assert_equal "$in_rootfs" ""
}

# behaviour: .stacker holds build.cache, JSON with a version
# documented: docs/storage.md#the-stacker-directory
# status: documented
@test "the stacker directory has the cache" {
    two_images
    jq -e .version .stacker/build.cache
}

# behaviour: --roots-dir, --stacker-dir and --oci-dir move the three directories, and nothing else is written
# documented: docs/commands.md#global-options
# status: documented
@test "the three directories can be elsewhere" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo it > /it
END
    stacker --roots-dir "$PWD/else/r" --stacker-dir "$PWD/else/s" --oci-dir "$PWD/else/o" build
    assert_equal "$(ls -A)" $'busybox\nelse\nstacker.yaml'
    assert_equal "$(list_tags else/o)" it
}

# behaviour: an output layout that other tools wrote keeps their entries
# documented: docs/storage.md#the-output-layout
# status: documented
@test "other entries of the output layout stay" {
    busybox_base oci
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "oci:latest"}
  run: echo it > /it
END
    stacker build
    assert_equal "$(list_tags)" $'latest\nit'
    assert_layout_whole
}

# behaviour: a second layer on the same base does not unpack it again
# documented: docs/storage.md#roots
# status: documented
@test "two images share the directory of their base layer" {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo one > /one
two:
  from: {type: oci, url: "busybox:latest"}
  run: echo two > /two
END
    run -0 --separate-stderr stacker --progress build
    assert_equal "$(find roots -maxdepth 3 -path '*/overlay/bin' | wc -l)" 1
    # Others may say nothing of it.
    ! is_ours || assert_equal "$(grep -c "^Copying blob $(layer_digest latest 0 busybox)" <<<"$stderr")" 1
}

# behaviour: a build makes the storage of a cached image that is gone anew, of the image's blobs, and runs no script for it
# documented: docs/storage.md#roots
# status: beyond
@test "the storage of an image that is gone" {
    busybox_base
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  run: echo below >/below
it:
  from: {type: built, tag: below}
  run: date +%s%N >/it
END
    stacker build
    unpack_image it before
    for gone in roots roots/it roots/it/overlay_metadata.json; do
        rm -r "$gone"
        run stacker build
        assert_success
        assert_said "found cached layer it"
        refute_output --partial "built successfully"
        stacker grab it:/it
        stacker grab it:/below
        diff it before/it
        stacker explain it:/below
    done
    # What is there is left as it is, and so is a layer's content that is gone.
    find roots -mindepth 1 ! -name '.*' -printf '%p %i %C@\n' | sort >first
    stacker build
    find roots -mindepth 1 ! -name '.*' -printf '%p %i %C@\n' | sort | diff first -
    rm -r roots/sha256_*
    run stacker build
    assert_said "found cached layer it"
    assert_equal "$(find roots -maxdepth 1 -name 'sha256_*')" ""
}
