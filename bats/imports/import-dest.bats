#!/usr/bin/env bats
# imports with dest: files that go straight into the image, as layers of their own.

load ../helpers

# recipe_with_dest PATH DEST [BASE]: writes a recipe with one import for the image "it", on scratch or BASE.
recipe_with_dest() {
    cat >stacker.yaml <<END
it:
  from: ${3:-{type: scratch\}}
  imports:
    - {path: "$1", dest: "$2"}
END
}

# assert_dest PATH DEST NAMES: the import makes exactly these names, sorted, one a line.
assert_dest() {
    recipe_with_dest "$1" "$2"
    stacker build
    assert_equal "$(list_layer it -1)" "$3"
}

# behaviour: a file goes to dest, under that name or, if dest ends in a slash, under its own
# documented: docs/recipe.md#dest
# status: documented
@test "dest of a file is its name, or with a slash its directory" {
    echo file >file
    assert_dest file /a/b $'a\na/b'
    assert_dest file /a/ $'a\na/file'
    assert_dest file / file
}

# behaviour: a directory's contents go to dest; the directory itself goes into a dest that ends in a slash
# documented: docs/recipe.md#dest
# status: documented
# original: beside /a/dir it makes an empty /a/a of a directory that goes to /a/, and another dest for the same layer on nothing ends in an error about its own roots
@test "dest of a directory takes its contents, or with a slash the directory" {
    mkdir -p dir/sub
    touch dir/sub/file
    assert_dest dir /a $'a\na/sub\na/sub/file'
    assert_dest dir/ /a $'a\na/sub\na/sub/file'
    assert_dest dir /a/ $'a\na/dir\na/dir/sub\na/dir/sub/file'
    assert_dest dir/ /a/ $'a\na/sub\na/sub/file'
    assert_dest dir/ / $'sub\nsub/file'
}

# behaviour: the same table holds for files of other layers
# documented: docs/recipe.md#dest
# status: documented
# original: a file of a layer that is to become /a/b becomes /a/NAME, where a file of the host becomes /a/b
@test "dest works for stacker:// too" {
    mkdir -p dir/sub
    touch dir/sub/file
    cat >stacker.yaml <<'END'
one:
  from: {type: scratch}
  imports: [{path: dir, dest: /data}]
two:
  from: {type: scratch}
  imports:
    - {path: stacker://one/data/sub/file, dest: /a/b}
    - {path: stacker://one/data/sub/, dest: /c/}
END
    stacker build
    assert_equal "$(list_layer two 0)" $'a\na/b'
    assert_equal "$(list_layer two 1)" $'c\nc/file'
}

# behaviour: each import with a dest is a layer above the base; the script sees it and can change it
# documented: docs/recipe.md#dest
# status: documented
@test "an import with dest is a layer between base and run:" {
    busybox_base
    echo one >one
    echo two >two
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports:
    - {path: one, dest: /data/}
    - {path: two, dest: /data/}
  run: |
    cat /data/one /data/two > /seen
    rm /data/one
    test ! -e /stacker/imports/one
END
    stacker build
    assert_equal "$(count_layers it)" 4
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" $'one\ntwo'
    assert_not_exists rootfs/data/one
    assert_file_exists rootfs/data/two
}

# behaviour: mode, uid and gid say what the file gets; without them it is root's, with its own mode
# documented: docs/recipe.md#imports
# status: documented
# original: with a dest it reads uid and gid, and gives the file to root; without one it respects them
@test "mode, uid and gid are respected" {
    touch file
    chmod 0644 file
    chown 77:78 file
    cat >stacker.yaml <<'END'
it:
  from: {type: scratch}
  imports:
    - {path: file, dest: /plain}
    - {path: file, dest: /changed, mode: 0755, uid: 1000, gid: 1001}
END
    stacker build
    layer_tar it 0 | tar tv --numeric-owner >listing
    layer_tar it 1 | tar tv --numeric-owner >>listing
    run awk '{ print $1, $2, $NF }' listing
    assert_line --regexp '^-rw-r--r-- 0/0 (\./)?plain$'
    assert_line --regexp '^-rwxr-xr-x 1000/1001 (\./)?changed$'
}

# behaviour: a directory of the base that files are put into stays what it was
# documented: docs/recipe.md#dest
# status: beyond
@test "a directory of the base keeps its mode and owner" {
    busybox_base
    echo file >file
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /shared/drop
    chmod 1777 /shared/drop
    chown 12:13 /shared
it:
  from: {type: built, tag: base}
  imports:
    - {path: file, dest: /shared/drop/}
  run: stat -c '%a %u %g' /shared /shared/drop > /seen
END
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" $'755 12 13\n1777 0 0'
}

# behaviour: an archive as base is below what has a dest
# documented: docs/recipe.md#from
# status: beyond
@test "an import with dest replaces a file of a tar base" {
    echo old >config
    tar cf base.tar config
    echo new >config
    recipe_with_dest config /config '{type: tar, url: base.tar}'
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/config)" new
}

# behaviour: dest must be absolute
# documented: docs/recipe.md#dest
# status: beyond
@test "a relative dest is refused" {
    touch file
    recipe_with_dest file a/b
    refuse build
    assert_said "must be an absolute path"
}

# behaviour: a changed file is imported again
# documented: docs/recipe.md#cache
# status: beyond
@test "a change of a file with dest is a cache miss" {
    echo one >file
    recipe_with_dest file /file
    stacker build
    echo two >file
    run stacker build
    assert_success
    assert_said "cache miss because import content changed: file"
    assert_equal "$(layer_tar it 0 | tar xO)" two
}
