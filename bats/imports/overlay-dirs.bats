#!/usr/bin/env bats
# overlay_dirs: directories of the host that become layers of the image.

load ../helpers
load overlay-dirs

# behaviour: the contents of an overlay dir are in the image, and the script sees them
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "an overlay dir is seen by run: and is in the image" {
    mkdir dir
    echo file >dir/file
    touch dir/executable
    chmod +x dir/executable
    overlay_recipe
    echo '  run: test -f /file && test -x /executable' >>stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/file)" file
    assert_file_executable rootfs/executable
}

# behaviour: dest says where the contents go
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "dest of an overlay dir is a directory in the image" {
    mkdir dir
    echo file >dir/file
    overlay_recipe /usr/local
    stacker build
    assert_equal "$(list_layer it -1 | tail -n 1)" usr/local/file
}

# behaviour: files of an overlay dir belong to root, and keep their modes and times
# documented: docs/recipe.md#overlay_dirs
# status: documented
# original: times become those of the copy, though its page promises all attributes but owner and group
@test "an overlay dir's files belong to root and keep modes and times" {
    mkdir dir
    touch -d '2001-02-03 04:05:06 UTC' dir/file
    chmod 0644 dir/file
    chown 1234:1234 dir/file
    overlay_recipe /data
    echo '  run: stat -c "%u %g %a %Y" /data/file > /seen' >>stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" "0 0 644 981173106"
}

# behaviour: each overlay dir is a layer of its own, in order, below what run: changed
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "overlay dirs are layers in their order" {
    busybox_base
    mkdir one two
    echo one | tee one/both >one/one
    echo two | tee two/both >two/two
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs:
    - source: one
    - source: two
  run: cat /both > /seen
END
    stacker build
    assert_equal "$(count_layers it)" 4
    assert_equal "$(list_layer it 1)" $'both\none'
    assert_equal "$(list_layer it 2)" $'both\ntwo'
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" two
}

# behaviour: the history says which layers are overlay dirs
# documented: docs/storage.md#layers
# status: beyond
@test "an overlay dir has an entry in the history" {
    mkdir dir
    touch dir/file
    overlay_recipe
    stacker build
    run jq -r '.history[].created_by' <<<"$(image_config it)"
    assert_line "stacker overlay dir for it"
}

# behaviour: a layer built on one that has overlay dirs sees them, in the run and in imports
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "a layer on top sees the overlay dirs below" {
    mkdir dir
    echo file >dir/file
    overlay_recipe
    cat >>stacker.yaml <<'END'
two:
  from: {type: built, tag: it}
  imports: stacker://it/file
  run: cmp /file /stacker/imports/file
END
    stacker build
    unpack_image two rootfs
    assert_equal "$(cat rootfs/file)" file
}

# behaviour: overlay dirs of a build_only layer are right below what its run: changed
# documented: docs/recipe.md#overlay_dirs
# status: beyond
@test "overlay dirs of a build_only layer reach the image" {
    mkdir dir dir2
    echo file | tee dir/file >dir/deleted
    echo over >dir2/file
    overlay_recipe
    cat >>stacker.yaml <<'END'
  build_only: true
  run: rm /deleted
two:
  from: {type: built, tag: it}
  overlay_dirs: [{source: dir2}]
  run: cat /file > /seen; test ! -e /deleted
END
    stacker build
    unpack_image two rootfs
    assert_equal "$(cat rootfs/seen)" over
    assert_not_exists rootfs/deleted
    run stacker build
    assert_said "found cached layer two"
}

# behaviour: a symlink in the base on the way to dest is followed within the base, and the user is told
# documented: docs/recipe.md#dest
# status: beyond
@test "a symlinked dest is resolved within the base" {
    busybox_base
    mkdir dir
    echo file >dir/file
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /real/place
    ln -s /real /link
it:
  from: {type: built, tag: base}
  overlay_dirs: [{source: dir, dest: /link/place}]
END
    run stacker build
    assert_success
    assert_said "/real/place"
    unpack_image it rootfs
    assert_equal "$(readlink rootfs/link)" /real
    assert_equal "$(cat rootfs/real/place/file)" file
}

# behaviour: a source that is missing, or no directory, is an error
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "a missing overlay dir and a file are refused" {
    overlay_recipe
    refuse build
    assert_said "dir"
    touch dir
    refuse build
    assert_said "should be a directory"
    assert_layout_whole
}
