#!/usr/bin/env bats
# The cache: what has not changed is not built again, and a miss says why.

load ../helpers

# recipe_with_import PATH RUN [NAME]: writes a recipe for the image "it", or of that name, on busybox.
recipe_with_import() {
    [[ -d busybox ]] || busybox_base
    cat >stacker.yaml <<END
${3:-it}:
  from: {type: oci, url: "busybox:latest"}
  imports: [$1]
  run: $2
END
}

# assert_hit: a build finds the image in the cache.
assert_hit() {
    run stacker build
    assert_success
    assert_said "found cached layer it"
}

# assert_miss REASON: a build says why it builds the image.
assert_miss() {
    run stacker build
    assert_success
    assert_said "$1"
    assert_said "filesystem it built successfully"
}

# bats test_tags=group:quick-priv
# behaviour: a build without a change takes everything from the cache
# documented: docs/recipe.md#cache
# status: documented
@test "an unchanged import is a hit" {
    mkdir dir
    echo a >dir/a
    recipe_with_import dir 'cp /stacker/imports/dir/a /a'
    stacker build
    assert_hit
}

# behaviour: only content and mode count, not when the file was written
# documented: docs/recipe.md#cache
# status: documented
@test "a new modification time alone is a hit" {
    echo a >file
    recipe_with_import file 'cp /stacker/imports/file /a'
    stacker build
    touch -d '2001-01-01' file
    assert_hit
}

# behaviour: a changed file is imported again
# documented: docs/recipe.md#cache
# status: documented
@test "changed content is a miss" {
    echo one >file
    recipe_with_import file 'cp /stacker/imports/file /file'
    stacker build
    echo two >file
    assert_miss "cache miss because import content changed: "
    unpack_image it rootfs
    assert_equal "$(cat rootfs/file)" two
}

# behaviour: a miss names all keys that changed, and all imports
# documented: docs/recipe.md#cache
# status: beyond
@test "all that changed is named" {
    busybox_base
    mkdir one two
    echo 1 | tee one/file two/file >other
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  imports: [one/file, other]\n  run: "true"\n  cmd: a\n' >stacker.yaml
    stacker build
    sed -i -e 's/run: "true"/run: ":"/' -e 's/cmd: a/cmd: b/' -e '$a\  runtime_user: me' stacker.yaml
    assert_miss "cache miss because layer definition was changed: run, cmd, runtime_user"
    echo 2 | tee one/file >other
    assert_miss "cache miss because import content changed: one/file, other"
    # An import that is new has no content that changed.
    sed -i 's,one/file,two/file,' stacker.yaml
    echo 3 >other
    assert_miss "cache miss because layer definition was changed: imports; import content changed: other"
}

# behaviour: a change that keeps size and modification time is seen too
# documented: docs/recipe.md#cache
# status: documented
@test "changed content with the old time and size is a miss" {
    echo one >file
    touch -d '2001-01-01' file
    recipe_with_import file 'cp /stacker/imports/file /file'
    stacker build
    echo two >file
    touch -d '2001-01-01' file
    assert_miss "cache miss because import"
}

# behaviour: a changed mode is imported again
# documented: docs/recipe.md#cache
# status: documented
@test "a changed mode is a miss" {
    touch file
    recipe_with_import file 'cp -p /stacker/imports/file /file'
    stacker build
    chmod +x file
    assert_miss "cache miss because import"
    unpack_image it rootfs
    assert_file_executable rootfs/file
}

# behaviour: a file that is removed from an imported directory is removed from the import
# documented: docs/recipe.md#cache
# status: documented
@test "a file removed from a directory is gone from the import" {
    mkdir dir
    touch dir/one dir/two
    recipe_with_import dir 'ls /stacker/imports/dir > /seen'
    stacker build
    rm dir/one
    assert_miss "cache miss because import"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" two
}

# behaviour: another target of a symlink on the way is seen
# documented: docs/recipe.md#cache
# status: documented
@test "a symlink that leads elsewhere is a miss" {
    mkdir -p tree1/dir tree2/dir
    echo one >tree1/dir/file
    echo two >tree2/dir/file
    ln -s tree1 link
    recipe_with_import link/dir 'cp /stacker/imports/dir/file /file'
    stacker build
    ln -sfn tree2 link
    assert_miss "cache miss because import"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/file)" two
}

# behaviour: what another recipe imported for a layer of the same name is not there
# documented: docs/recipe.md#imports
# status: documented
@test "left-overs of another build are not imported" {
    touch one two
    recipe_with_import one 'ls /stacker/imports > /seen'
    stacker build
    recipe_with_import two 'ls /stacker/imports > /seen'
    assert_miss "cache miss because layer definition was changed"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" two
}

# behaviour: a layer whose source layer changed is built again if what it imports changed
# documented: docs/recipe.md#cache
# status: documented
@test "a changed file of another layer is a miss" {
    echo one >file
    recipe_with_import file 'cp /stacker/imports/file /file' source
    cat >>stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports: [stacker://source/file]
  run: cp /stacker/imports/file /seen
END
    stacker build
    assert_hit
    echo two >file
    assert_miss "cache miss because import content changed: stacker://source/file"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" two
}

# behaviour: a layer is not built again because its source layer was, if what it imports is the same
# documented: docs/recipe.md#cache
# status: beyond
@test "an equal file of a rebuilt layer is a hit" {
    busybox_base
    cat >stacker.yaml <<'END'
source:
  from: {type: oci, url: "busybox:latest"}
  run: echo same > /file
it:
  from: {type: oci, url: "busybox:latest"}
  imports: [stacker://source/file]
  run: cp /stacker/imports/file /seen
END
    stacker build
    sed -i 's,same > /file,& ; touch /more,' stacker.yaml
    assert_hit
    # And what was found out about it is remembered.
    rm -r roots
    assert_hit
}

# behaviour: a change of a layer rebuilds what is built on it
# documented: docs/recipe.md#cache
# status: documented
@test "a changed import below is a miss above" {
    echo one >file
    recipe_with_import file 'cp /stacker/imports/file /file' below
    cat >>stacker.yaml <<'END'
it:
  from: {type: built, tag: below}
  run: cp /file /seen
END
    stacker build
    echo two >file
    assert_miss "cache miss because base layer was changed"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" two
}

# behaviour: earlier layers may make what later ones import: whether it changed is decided just before the layer
# documented: docs/recipe.md#cache
# status: beyond
@test "a file that an earlier layer makes is imported by a later one" {
    busybox_base
    mkdir shared
    cat >stacker.yaml <<END
maker:
  from: {type: oci, url: "busybox:latest"}
  binds: [$PWD/shared -> /shared]
  build_only: true
  run: echo made > /shared/file
it:
  from: {type: oci, url: "busybox:latest"}
  imports: [shared/file]
  run: cp /stacker/imports/file /seen
END
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" made
}

# behaviour: a layer with binds is built every time
# documented: docs/recipe.md#binds
# status: documented
@test "binds make a rebuild" {
    mkdir shared
    touch file
    recipe_with_import file '"true"'
    echo "  binds: [$PWD/shared -> /shared]" >>stacker.yaml
    stacker build
    assert_miss "rebuilding cached layer due to use of binds in stacker file"
}

# behaviour: a tar base that changed is unpacked again
# documented: docs/recipe.md#cache
# status: documented
@test "a changed tar base is a miss" {
    echo one >file
    tar cf base.tar file
    printf 'it:\n  from: {type: tar, url: base.tar}\n' >stacker.yaml
    stacker build
    echo two >file
    tar cf base.tar file
    assert_miss "cache miss because base layer was changed"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/file)" two
}

# behaviour: a cache of another version, or a damaged one, is not used and does no harm
# documented: docs/recipe.md#cache
# status: documented
@test "another version's cache is set aside" {
    touch file
    recipe_with_import file '"true"'
    stacker build
    jq '.version += 1' .stacker/build.cache >other
    for content in "$(<other)" '{"version": 1, "cache": "lolnope"}'; do
        echo "$content" >.stacker/build.cache
        run -0 stacker build
        assert_said "filesystem it built successfully"
        assert_hit
    done
}

# behaviour: a build_only layer whose directory is gone is built again
# documented: docs/recipe.md#cache
# status: documented
@test "a build_only layer whose directory is gone is built again" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: touch /made
END
    stacker build
    rm -r roots
    stacker build
    assert_exists roots/it/overlay/made
}

# behaviour: an image whose blobs are gone is built again
# documented: docs/recipe.md#cache
# status: documented
@test "an image whose blobs are gone is built again" {
    touch file
    recipe_with_import file 'touch /made'
    stacker build
    rm -r oci
    run stacker build
    assert_success
    assert_said "filesystem it built successfully"
    assert_equal "$(list_layer it -1)" made
}
