#!/usr/bin/env bats
# Imports from other layers, stacker://layer/path: by what the overlay shows, and never by what the host has.

load ../helpers

# behaviour: stacker://layer/path brings files and directories of another layer of the recipe
# documented: docs/recipe.md#imports
# status: documented
@test "files and directories of another layer are imported" {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /data/sub
    echo file > /data/file
    echo deep > /data/sub/deep
two:
  from: {type: oci, url: "busybox:latest"}
  imports:
    - stacker://one/data
    - stacker://one/data/file
  run: cat /stacker/imports/data/sub/deep /stacker/imports/data/file /stacker/imports/file > /seen
END
    stacker build
    unpack_image two rootfs
    assert_equal "$(cat rootfs/seen)" $'deep\nfile\nfile'
}

# behaviour: stacker:// sees a layer as its container would: across the layers below it, without what was deleted
# documented: docs/recipe.md#imports
# status: documented
@test "an import from a layer respects whiteouts and what is below" {
    busybox_base
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /data /gone
    touch /data/below /data/deleted /gone/old
one:
  from: {type: built, tag: base}
  build_only: true
  run: |
    rm /data/deleted
    touch /data/above
    rm -r /gone
    mkdir /gone
    touch /gone/new
two:
  from: {type: oci, url: "busybox:latest"}
  imports:
    - stacker://one/data
    - stacker://one/gone
  run: |
    ls /stacker/imports/data /stacker/imports/gone > /seen
END
    stacker build
    unpack_image two rootfs
    run cat rootfs/seen
    assert_line above
    assert_line below
    refute_line deleted
    assert_line new
    refute_line old
}

# behaviour: the image of a layer that is imported from needs no shell and no cp
# documented: docs/recipe.md#imports
# status: documented
@test "a layer without a shell can be imported from" {
    busybox_base
    echo file >file
    cat >stacker.yaml <<'END'
one:
  from: {type: scratch}
  imports:
    - {path: file, dest: /files/}
two:
  from: {type: oci, url: "busybox:latest"}
  imports: [stacker://one/files/file]
  run: cp /stacker/imports/file /seen
END
    stacker build
    unpack_image two rootfs
    assert_equal "$(cat rootfs/seen)" file
}

# behaviour: symlinks in a layer are resolved within it: none reaches the host's files
# documented: docs/recipe.md#imports
# status: beyond
@test "a symlink in a layer never leads to the host" {
    busybox_base
    echo secret >"$BATS_TEST_TMPDIR/secret"
    cat >stacker.yaml <<END
one:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /data
    ln -s $BATS_TEST_TMPDIR /data/host
    ln -s ../../../../../../../..$BATS_TEST_TMPDIR /data/up
two:
  from: {type: oci, url: "busybox:latest"}
  imports: [stacker://one/data/PLACE/secret]
END
    local place
    for place in host up; do
        sed "s/PLACE/$place/" stacker.yaml >"$place.yaml"
        refuse build -f "$place.yaml"
        assert_said "couldn't import stacker://one/data/$place/secret"
    done
}

# behaviour: a tar base may be a file of another layer
# documented: docs/recipe.md#from
# status: documented
@test "a tar of another layer is a base" {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /pack
    echo packed > /pack/file
    tar cf /pack.tar -C /pack file
two:
  from: {type: tar, url: "stacker://one/pack.tar"}
END
    stacker build
    assert_equal "$(list_layer two 0)" file
}
