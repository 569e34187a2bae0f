#!/usr/bin/env bats
# --collapse-build-only: build_only layers and the image on them as one layer, of what is left of them.

load ../helpers
load collapse-build-only

# behaviour: the file that a build_only layer wrote and the image removed is nowhere in the image, nor is a whiteout
# documented: docs/recipe.md#collapsing
# status: beyond
@test "the wart is gone" {
    requires umoci
    wart
    stacker build --collapse-build-only
    assert_equal "$(count_layers bar)" 2
    assert_equal "$(list_layer bar 1)" ""
    size=$(stat -c %s "$(layer_blob bar 1)")
    ((size < 1000)) || fail "the layer has $size bytes"
    assert_equal "$(find oci/blobs -size +7M | wc -l)" 0
    unpack_image bar rootfs
    assert_not_exists rootfs/bigfile
}

# behaviour: the image has one layer, diff ID and history entry for the chain, in each type
# documented: docs/recipe.md#collapsing
# status: beyond
@test "one layer, one diff ID, one entry in the history" {
    chain
    stacker build --collapse-build-only "${both[@]}"
    for tag in bar bar-squashfs; do
        assert_equal "$(count_layers $tag)" 3
        assert_equal "$(image_config $tag | jq '.rootfs.diff_ids | length')" 3
        assert_equal "$(image_config $tag | jq -r '[.history[] | select(.empty_layer | not)] | length')" 3
        assert_equal "$(image_config $tag | jq -r '[.history[] | select(.empty_layer | not)][-1].created_by')" \
            "stacker build of bar"
    done
    assert_layout_whole
}

# behaviour: the tree is the same as without the option, for umoci and for the kernel, and what is hidden is not in it
# documented: docs/recipe.md#collapsing
# status: beyond
@test "the tree is the same as without it" {
    requires umoci loop
    clamp_times
    chain
    stacker build "${both[@]}"
    assert_readers_agree bar
    assert_tree_of_chain rootfs
    mv rootfs.list without.list
    release_what_the_test_made
    stacker build --collapse-build-only "${both[@]}"
    assert_readers_agree bar
    diff -u without.list rootfs.list
    run list_layer bar -1
    for gone in bigfile .wh.bigfile foo .wh.foo file/in; do refute_line "$gone"; done
    for there in .wh.gone d/sub/.wh..wh..opq made/.wh..wh..opq d/link e/f; do assert_line "$there"; done
}

# behaviour: of erofs layers, too, the chain is one
# documented: docs/recipe.md#collapsing; docs/storage.md#layer-types
# status: beyond
@test "as erofs" {
    requires erofs_utils
    chain
    stacker build --collapse-build-only --layer-type erofs
    assert_equal "$(count_layers bar-erofs)" 3
    fsck.erofs --extract=layer "$(layer_blob bar-erofs -1)" >/dev/null
    assert_not_exists layer/bigfile
    assert_equal "$(cat layer/foo2 layer/file layer/made/more)" $'foo\nbar\nmore'
}

# behaviour: collapse_build_only in a recipe does the same, and false there wins over the option
# documented: docs/recipe.md#collapsing
# status: beyond
@test "collapse_build_only in the recipe" {
    wart
    cp stacker.yaml plain.yaml
    { cat plain.yaml && printf 'config:\n  collapse_build_only: true\n'; } >stacker.yaml
    stacker build
    assert_equal "$(count_layers bar)" 2
    run -0 --separate-stderr stacker build --collapse-build-only
    assert_said "found cached layer bar"
    { cat plain.yaml && printf 'config:\n  collapse_build_only: false\n'; } >stacker.yaml
    run -0 --separate-stderr stacker build --collapse-build-only
    assert_said "cache miss because collapse_build_only was changed"
    assert_equal "$(count_layers bar)" 3
}

# behaviour: each file decides for its own images
# documented: docs/recipe.md#collapsing
# status: beyond
@test "recursive-build with files that differ" {
    wart
    mkdir one two
    mv stacker.yaml one/stacker.yaml
    sed 's/^foo/foo2/; s/tag: foo/tag: foo2/; s/^bar/bar2/' one/stacker.yaml >two/stacker.yaml
    printf 'config:\n  collapse_build_only: true\n' >>two/stacker.yaml
    stacker recursive-build
    assert_equal "$(count_layers bar) $(count_layers bar2)" "3 2"
    stacker recursive-build --collapse-build-only
    assert_equal "$(count_layers bar) $(count_layers bar2)" "2 2"
}

# behaviour: an image on the image has its layer as it is, and a further chain is one more layer
# documented: docs/recipe.md#collapsing
# status: beyond
@test "a chain on a collapsed image" {
    requires umoci
    wart
    sed -i 's,rm /bigfile,rm /bigfile; echo bar > /bar; echo bar > /both,' stacker.yaml
    cat >>stacker.yaml <<'END'
child:
  from: {type: built, tag: bar}
  run: test ! -e /bigfile && cat /bar > /child
baz:
  from: {type: built, tag: bar}
  build_only: true
  run: |
    echo baz > /baz; echo baz > /bazfile; echo baz > /both
    rm /bar
qux:
  from: {type: built, tag: baz}
  run: |
    test ! -e /bar && test ! -e /bigfile
    cat /baz > /qux
    rm /bazfile
END
    stacker build --collapse-build-only "${both[@]}"
    for type in "" -squashfs; do
        assert_equal "$(count_layers "bar$type") $(count_layers "child$type") $(count_layers "qux$type")" "2 3 3"
        assert_equal "$(layer_digest "child$type" 1) $(layer_digest "qux$type" 1)" \
            "$(layer_digest "bar$type" 1) $(layer_digest "bar$type" 1)"
    done
    assert_equal "$(list_layer bar 1)" $'bar\nboth'
    assert_equal "$(list_layer qux 2)" $'.wh.bar\nbaz\nboth\nqux'
    # Its content is where it was: nothing was unpacked.
    assert_equal "$(find roots -name bigfile -type f | wc -l) $(find roots -name bar -type f | wc -l)" "1 1"
    unpack_image qux rootfs
    assert_equal "$(cat rootfs/qux rootfs/both)" $'baz\nbaz'
    assert_not_exists rootfs/bar
}

# behaviour: imports, grab, explain and chroot see the collapsed image as it is
# documented: docs/storage.md#merged-layers; docs/debugging.md#explain
# status: beyond
@test "looking into a collapsed image" {
    chain
    cat >>stacker.yaml <<'END'
importer:
  from: {type: oci, url: "busybox:latest"}
  imports: [stacker://bar/made]
  run: ls /stacker/imports/made > /seen
END
    stacker build --collapse-build-only
    assert_equal "$(layer_tar importer -1 | tar xO --wildcards '*seen')" more
    stacker grab bar:/foo4
    assert_equal "$(cat foo4)" foo
    run -0 stacker explain bar:/made
    assert_output --partial "part 2 of 3 of $(layer_digest bar -1)"
    run -1 stacker explain bar:/nothing
    stacker explain --json bar >explained.json
    assert_equal "$(jq -r '[.stack[].present] | all' explained.json)" true
    assert_equal "$(jq -r '.stack | length' explained.json)" 5
    run -0 --separate-stderr stacker chroot bar "ls /d/sub"
    assert_output new
}

# behaviour: overlay dirs and imports with a dest of the layers are in the one layer
# documented: docs/recipe.md#collapsing
# status: beyond
@test "overlay dirs of a chain" {
    requires umoci
    wart
    mkdir -p dir overlay
    echo low >dir/low
    echo over >overlay/over
    echo import >import
    cat >stacker.yaml <<'END'
foo:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  overlay_dirs: [{source: dir, dest: /d}]
  run: echo foo >> /d/low
bar:
  from: {type: built, tag: foo}
  imports: [{path: import, dest: /d/import}]
  overlay_dirs: [{source: overlay, dest: /d}]
  run: rm /d/over
next:
  from: {type: built, tag: bar}
  run: cat /d/* > /next
END
    stacker build --collapse-build-only
    assert_equal "$(count_layers bar)" 2
    assert_equal "$(list_layer bar 1)" $'d\nd/import\nd/low'
    unpack_image next rootfs
    assert_equal "$(cat rootfs/next)" $'import\nlow\nfoo'
    run -0 --separate-stderr stacker build --collapse-build-only
    for layer in foo bar next; do assert_said "found cached layer $layer"; done
    stacker build
    assert_equal "$(count_layers bar)" 6
}

# behaviour: what a build_only layer makes of the root directory itself is in the image
# documented: docs/recipe.md#collapsing
# status: beyond
@test "the root directory's mode that a build_only layer sets" {
    requires umoci
    wart
    sed -i 's,dd if.*,chmod 0711 /; echo foo > /bigfile,; s,rm /bigfile,echo bar > /bar,' stacker.yaml
    stacker build --collapse-build-only
    assert_equal "$(list_layer bar 1)" $'bar\nbigfile'
    unpack_image bar rootfs
    assert_equal "$(stat -c %a rootfs)" 711
}

# behaviour: a chain from scratch is an image of one layer
# documented: docs/recipe.md#collapsing
# status: beyond
@test "a chain from a tar" {
    requires umoci
    mkdir -p rootfs/bin
    cp "$(command -v busybox)" rootfs/bin/busybox
    ln rootfs/bin/busybox rootfs/bin/sh
    ln rootfs/bin/busybox rootfs/bin/rm
    echo it >rootfs/gone
    tar cf base.tar -C rootfs .
    cat >stacker.yaml <<'END'
foo:
  from: {type: tar, url: base.tar}
  build_only: true
  run: echo foo > /foo
bar:
  from: {type: built, tag: foo}
  run: rm /gone
END
    stacker build --collapse-build-only
    assert_equal "$(count_layers bar)" 1
    assert_equal "$(list_layer bar 0)" $'bin\nbin/busybox\nbin/rm\nbin/sh\nfoo'
    unpack_image bar unpacked
    assert_equal "$(stat -c %h unpacked/bin/sh)" 3
}

# behaviour: what is published is as it was built; what the recipe itself says of it has to hold
# documented: docs/commands.md#publish
# status: beyond
@test "publishing a collapsed image" {
    wart
    stacker build --collapse-build-only
    stacker publish --url oci:out --tag v1
    assert_equal "$(image_manifest bar_v1 out)" "$(image_manifest bar)"
    printf 'config:\n  collapse_build_only: false\n' >>stacker.yaml
    refuse publish --url oci:out --tag v1
    assert_said "layer needs to be rebuilt before publishing: bar"
    stacker build
    stacker publish --url oci:out --tag v1
    assert_equal "$(count_layers bar_v1 out)" 3
}
