#!/usr/bin/env bats
# gc: what nothing refers to goes, what the next build needs stays.

load ../helpers
load gc

# behaviour: after a build there is nothing to remove, and nothing is
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "nothing to remove after a build" {
    two_images
    list_everything >before
    run -0 --separate-stderr stacker gc --dry-run
    assert_output "nothing to remove"
    run -0 --separate-stderr stacker gc
    assert_output "nothing to remove"
    list_everything >after
    diff before after
    assert_all_cached
}

# behaviour: a layer that no image has any more goes; those that images have stay, and builds find all in the cache
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "a layer that was built anew" {
    two_images 'head -c 100000 /dev/zero > /old'
    old=$(layer_directory two -1)
    two_images
    assert_exists "$old"
    run -0 --separate-stderr stacker gc --dry-run
    assert_line --partial "/$old (unpacked layer, 100 kB)"
    assert_line "would remove 1, 100 kB"
    assert_exists "$old/overlay/old"
    run -0 --separate-stderr stacker gc
    assert_line --partial "/$old (unpacked layer, 100 kB)"
    assert_line "removed 1, 100 kB"
    assert_not_exists "$old"
    assert_all_cached
    assert_exists "$(layer_directory two 0)/overlay/bin"
    # The rest still works on what is kept.
    stacker explain two:/two | grep -qF "$(layer_digest two -1)"
    stacker grab two:/two
    assert_equal "$(cat two)" two
    stacker publish --url oci:elsewhere --tag v1
    assert_equal "$(list_tags elsewhere | tr '\n' ' ')" "one_v1 two_v1 "
    two_images 'cat /one > /three'
    assert_equal "$(layer_tar two -1 | tar xO --wildcards '*three')" one
}

# behaviour: --json gives an object with what is removed, each with its path, kind and size
# documented: docs/commands.md#gc
# status: beyond
@test "gc --json" {
    two_images 'head -c 100000 /dev/zero > /old'
    old=$(layer_directory two -1)
    two_images
    size=$(find "$old" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
    run -0 --separate-stderr stacker gc --dry-run --json
    assert_equal "$(jq -c '[.removed, .total, (.items | length)]' <<<"$output")" "[false,$size,1]"
    assert_equal "$(jq -r '.items[0] | "\(.kind) \(.size) \(.path)"' <<<"$output")" "unpacked layer $size $PWD/$old"
    run -0 --separate-stderr stacker gc --json
    assert_equal "$(jq -c .removed <<<"$output")" true
}

# behaviour: what an image that is gone from the layout had goes: layers, storage, imports
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "an image that was taken out of the layout" {
    busybox_base
    echo it >file
    cat >stacker.yaml <<'END'
stays:
  from: {type: oci, url: "busybox:latest"}
  run: echo stays > /stays
goes:
  from: {type: oci, url: "busybox:latest"}
  imports: [file]
  run: cp /stacker/imports/file /goes
END
    stacker build
    goes=$(layer_directory goes -1)
    umoci rm --image oci:goes
    umoci gc --layout oci
    collect
    for path in "$goes" roots/goes .stacker/imports/goes; do assert_not_exists "$path"; done
    for path in "$(layer_directory stays -1)" roots/stays .stacker/imports/stays; do assert_exists "$path"; done
    stacker build
    assert_equal "$(layer_tar goes -1 | tar xO --wildcards '*goes')" it
}

# behaviour: an image whose tag was taken away while its blobs are there is what the cache refers to: it stays
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "an image that lost its tag" {
    two_images
    umoci rm --image oci:two
    stacker gc
    assert_all_cached
    assert_equal "$(list_tags)" $'one\ntwo'
}

# behaviour: what a failed build has left goes, too
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "a build that failed" {
    two_images
    printf 'bad:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo bad > /bad; false\n' >bad.yaml
    run ! stacker build -f bad.yaml
    assert_exists roots/bad/overlay/bad
    run -0 --separate-stderr stacker gc
    assert_line --partial "/roots/bad (layer that has no finished build,"
    assert_not_exists roots/bad
    assert_all_cached
}

# behaviour: build_only layers stay as long as the cache has them, with all that they stand on
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "build_only layers stay" {
    busybox_base
    mkdir dir
    echo it >dir/file
    cat >stacker.yaml <<'END'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  overlay_dirs: [{source: dir, dest: /dir}]
  run: echo tools > /tools
more:
  from: {type: built, tag: tools}
  build_only: true
  run: echo more > /more
END
    stacker build
    list_everything >before
    assert_equal "$(stacker gc)" "nothing to remove"
    list_everything >after
    diff before after
    printf 'app:\n  from: {type: built, tag: more}\n  run: cat /tools /more /dir/file > /app\n' >>stacker.yaml
    stacker build
    stacker gc
    assert_all_cached
    assert_equal "$(layer_tar app -1 | tar xO --wildcards '*app')" $'tools\nmore\nit'
    stacker explain more:/more | grep -q more
}

# behaviour: a layer of several types is one directory and symlinks to it: they stay and go together
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "layers of two types" {
    build_pair_of_both 'echo 1 > /1' 'echo 2 > /2'
    tar=$(layer_directory above -1)
    squashfs=$(layer_directory above-squashfs -1)
    collect
    for directory in "$tar" "$squashfs"; do assert_exists "$directory/overlay/2"; done
    sed -i 's,/2,/3,' stacker.yaml
    stacker build --layer-type tar --layer-type squashfs
    collect
    for directory in "$tar" "$squashfs"; do
        assert_not_exists "$directory"
        assert_link_not_exists "$directory"
    done
    for tag in above above-squashfs below below-squashfs; do assert_exists "$(layer_directory "$tag" -1)/overlay"; done
    assert_all_cached --layer-type tar --layer-type squashfs
}

# behaviour: the directory of a base layer that images have in another type only stays
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "a base layer of another type" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: ls /bin > /seen\n' >stacker.yaml
    stacker build --layer-type squashfs
    # The premise: no image has the name of the directory.
    assert_link_exists "$(layer_directory it-squashfs 0)"
    base=roots/$(readlink "$(layer_directory it-squashfs 0)")
    run -0 --separate-stderr stacker gc
    assert_output "nothing to remove"
    assert_exists "$base/overlay/bin"
    assert_all_cached --layer-type squashfs
}

# behaviour: a symlink to a layer that is not there goes, and the layer can be unpacked again
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "a second name that leads nowhere" {
    two_images
    directory=$(layer_directory one 0)
    rm -rf "$directory"
    ln -s "sha256_$(printf '%064d' 0)" "$directory"
    stacker gc
    assert_link_not_exists "$directory"
    two_images 'ls /bin > /seen'
}

# behaviour: what others keep in the directories stays: archives, images in the layout of bases, files of any name
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "what others put there stays" {
    requires skopeo
    busybox_base
    mkdir -p .stacker/layer-bases roots/mine/data
    touch roots/mine/data/file roots/note .stacker/note .stacker/layer-bases/note
    tar c -C / --exclude '*' --files-from /dev/null >.stacker/layer-bases/unused.tar
    tar c --owner 0 --group 0 stacker.yaml busybox/index.json 2>/dev/null >.stacker/layer-bases/base.tar || true
    skopeo copy -q oci:busybox:latest oci:.stacker/layer-bases/oci:mine
    echo stray >.stacker/layer-bases/oci/blobs/sha256/"$(echo stray | sha256sum | cut -d' ' -f1)"
    find .stacker roots | LC_ALL=C sort >before
    cat >stacker.yaml <<'END'
it:
  from: {type: tar, url: .stacker/layer-bases/base.tar}
END
    stacker build
    stacker gc
    find .stacker roots | LC_ALL=C sort >after
    assert_equal "$(comm -23 before after)" ""
    assert_layout_whole .stacker/layer-bases/oci
    assert_all_cached
}

# behaviour: gc where nothing was built succeeds, and makes nothing
# documented: docs/commands.md#gc
# status: beyond
@test "gc of nothing" {
    run -0 --separate-stderr stacker gc
    assert_output "nothing to remove"
    assert_equal "$(ls -A)" ""
}

# behaviour: the parts of collapsed layers stay as long as a layer has them, and go with the last one
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "parts of collapsed layers" {
    spread_base
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo below > /below
image:
  from: {type: built, tag: below}
  run: echo image > /image
END
    stacker build --collapse-build-only
    find roots -path 'roots/part_*' | sort >before
    [[ -s before ]]
    collect
    assert_equal "$(find roots -path 'roots/part_*' | sort)" "$(cat before)"
    assert_all_cached --collapse-build-only
    run -0 stacker explain image:/below
    assert_output --partial "part_"
    # The build_only layer still has its own without the image.
    rm -r oci
    collect
    run -0 --separate-stderr stacker build --collapse-build-only
    assert_said "found cached layer below"
    # Another base of the same names: what was put together goes.
    sed -i 's/echo/echo other/' stacker.yaml
    stacker build
    run -0 --separate-stderr stacker gc
    assert_line --partial "part of collapsed layers"
    assert_equal "$(find roots -name 'part_*')" ""
    assert_all_cached
    # A part may be a layer that another image had; only the collapsed one says so, if there is no cache.
    stacker build --collapse-build-only
    rm -r .stacker
    collect
    merged=$(jq -r '.directories[]' roots/sha256_*/merged.json)
    [[ $merged == *sha256_* ]]
    for directory in $merged; do assert_exists "roots/$directory"; done
}

# behaviour: a build with generate_labels leaves nothing that gc takes for what a killed build has left
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "nothing to collect after generate_labels" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  generate_labels: printf b > /stacker/oci-labels/a\n' >stacker.yaml
    stacker build
    assert_equal "$(image_config it | jq -r .config.Labels.a)" b
    run -0 --separate-stderr stacker gc --dry-run
    assert_equal "$output" "nothing to remove"
}
