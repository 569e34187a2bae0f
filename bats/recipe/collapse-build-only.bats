#!/usr/bin/env bats
# --collapse-build-only: build_only layers and the image on them as one layer, of what is left of them.

load ../helpers

both=(--layer-type tar --layer-type squashfs)

# wart [SIZE]: foo writes /bigfile, of SIZE MiB, and bar removes it.
wart() {
    busybox_base
    cat >stacker.yaml <<END
foo:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: dd if=/dev/urandom of=/bigfile bs=1M count=${1:-8}
bar:
  from: {type: built, tag: foo}
  run: rm /bigfile
END
}

# chain: two build_only layers and an image, which change what the others and the base have.
chain() {
    spread_base
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /d/sub /e /gone /made
    echo base | tee /d/sub/f /d/g /e/f /gone/f /made/f /file
    chmod 0750 /e
foo:
  from: {type: built, tag: base}
  build_only: true
  run: |
    dd if=/dev/urandom of=/bigfile bs=1M count=4
    echo foo > /foo; ln /foo /foo2; ln /foo /foo3
    rm -r /gone /made /d/sub
    chmod 0711 /e
    rm /file; mkdir /file; echo foo > /file/in
more:
  from: {type: built, tag: foo}
  build_only: true
  run: |
    rm /foo
    mkdir /made; echo more > /made/more
    ln /foo2 /d/link
    ln -s d /symlink
    chown 5:6 /e/f
bar:
  from: {type: built, tag: more}
  run: |
    rm /bigfile
    rm -r /file; echo bar > /file
    mkdir /d/sub; echo bar > /d/sub/new
    ln /foo3 /foo4
END
}

# count_disk: the kilobytes that roots takes.
count_disk() {
    du -s --apparent-size roots | cut -f1
}

# assert_tree_of_chain DIR
assert_tree_of_chain() {
    assert_not_exists "$1/bigfile"
    assert_not_exists "$1/gone"
    assert_not_exists "$1/foo"
    assert_equal "$(cd "$1" && cat file foo2 foo3 foo4 d/link d/sub/new made/more e/f)" \
        $'bar\nfoo\nfoo\nfoo\nfoo\nbar\nmore\nbase'
    assert_equal "$(ls -A "$1/d/sub") $(ls -A "$1/made")" "new more"
    assert_equal "$(stat -c %a "$1/e") $(stat -c %u:%g "$1/e/f")" "711 5:6"
    assert [ "$1/foo2" -ef "$1/d/link" ]
    assert [ "$1/foo3" -ef "$1/foo4" ]
}

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
