#!/usr/bin/env bats
# Overlay dirs, and imports with a dest, that have changed, or whose copies are gone: what is made again, and that it
# is whole.

load ../helpers
load overlay-dirs

# behaviour: an overlay dir that did not change is taken from the cache
# documented: docs/recipe.md#cache
# status: documented
@test "an unchanged overlay dir is a cache hit" {
    mkdir dir
    touch dir/file
    overlay_recipe
    stacker build
    touch dir/file
    run stacker build
    assert_success
    assert_said "found cached layer it"
}

# behaviour: a miss names each changed file once, of two overlay dirs at most; with --debug, of all
# documented: docs/recipe.md#cache
# status: documented
@test "a miss says which files of overlay dirs changed" {
    local n
    busybox_base
    for n in 1 2 3; do
        mkdir "dir$n"
        echo one >"dir$n/file$n.txt"
    done
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs:
    - {source: dir1, dest: /usr/local1}
    - {source: dir2, dest: /usr/local2}
    - {source: dir3, dest: /usr/local3}
END
    stacker build
    for n in 1 2 3; do echo changed >"dir$n/file$n.txt"; done
    run stacker build
    assert_success
    assert_said "cache miss because content of 3 overlay dirs changed:"
    assert_said "Changed overlay_dir:"
    assert_equal "$(grep -o '/dir[1-3]/file[1-3].txt' <<<"$output" | wc -l)" 2
    assert_said "and 1 other overlay_dirs. use --debug for complete output"

    for n in 1 2 3; do echo "changed again" >"dir$n/file$n.txt"; done
    run stacker --debug build
    assert_success
    assert_equal "$(grep -o '/dir[1-3]/file[1-3].txt' <<<"$output" | sort -u | wc -l)" 3
    refute_said "use --debug for complete output"
}

# behaviour: an overlay dir whose copy under the roots directory is gone is copied again
# documented: docs/recipe.md#cache
# status: documented
@test "a lost copy of an overlay dir is a miss" {
    mkdir dir
    touch dir/file
    overlay_recipe /data
    stacker build
    for lost in roots/it/overlay_dirs/dir roots; do
        assert_file_exists roots/it/overlay_dirs/dir/data/file
        rm -r "$(realpath "$lost")"
        run stacker build
        assert_success
        assert_said "cache miss because overlay_dir was missing"
    done
    assert_file_exists roots/it/overlay_dirs/dir/data/file
}

# behaviour: building a layer anew takes nothing from others that have the same overlay dir
# documented: docs/storage.md#roots
# status: beyond
@test "a rebuild leaves equal overlay dirs of other layers alone" {
    mkdir dir
    echo file >dir/file
    overlay_recipe
    sed 's/^it:/other:/' stacker.yaml >other.yaml
    stacker build
    stacker build -f other.yaml
    echo '  run: test -e /file' >>stacker.yaml
    stacker build
    run stacker build -f other.yaml
    assert_success
    assert_said "found cached layer other"
    echo '  run: cat /file' >>other.yaml
    stacker build -f other.yaml
}

# damaged_recipe LINE FILE: "T" with FILE in /x, which LINE brings, and "U" on it, which reads that.
damaged_recipe() {
    busybox_base
    mkdir -p dir
    echo file | tee dir/file >single
    cat >stacker.yaml <<END
T:
  from: {type: oci, url: "busybox:latest"}
  $1
  run: touch /r
U:
  from: {type: built, tag: T}
  run: cat /x/$2
END
}

# assert_repaired COPY [ARGUMENT…]: removes the copy after a build, and builds again: once.
assert_repaired() {
    local copy=$1
    shift
    stacker build "$@"
    assert_exists "$copy"
    rm -r "$copy"
    run stacker build "$@"
    assert_success
    assert_said "cache miss because"
    assert_exists "$copy"
    run stacker build "$@"
    assert_success
    assert_said "found cached layer T"
    # Something new on it.
    echo "    # and more" >>stacker.yaml
    sed -i 's,cat ,cat /r ,' stacker.yaml
    stacker build "$@"
}

# behaviour: an overlay dir whose copy is gone is a miss that makes it whole again, for layers on it, too
# documented: docs/storage.md#roots
# status: beyond
@test "a copy of an overlay dir that is gone is made again" {
    damaged_recipe "overlay_dirs: [{source: dir, dest: /x}]" file
    assert_repaired roots/T/overlay_dirs/dir/x
    assert_repaired roots/T/overlay_dirs/dir/x --layer-type tar --layer-type squashfs
    assert_repaired roots/T/overlay_dirs/dir/x --layer-type squashfs --layer-type tar
    assert_repaired roots/T/overlay_dirs/dir/x --layer-type squashfs
    # What the other type has is whole, and stays when rubbish goes.
    stacker gc
    echo "    # and more" >>stacker.yaml
    sed -i 's,cat ,cat /r ,' stacker.yaml
    stacker build --layer-type tar
}

# behaviour: an import with a dest whose copy is gone is a miss that makes it whole again, for layers on it, too
# documented: docs/storage.md#roots
# status: beyond
@test "a copy of an import that is gone is made again" {
    damaged_recipe "imports: [{path: single, dest: /x/}]" single
    assert_repaired roots/T/overlay_dirs/single/x
}

# behaviour: a build without the cache mends the directories of its layers that have lost files
# documented: docs/storage.md#roots
# status: beyond
@test "a build without the cache mends directories of layers" {
    clamp_times
    damaged_recipe "overlay_dirs: [{source: dir, dest: /x}]" file
    sed -i 's,touch /r,touch -d @1500000000 /r,; s,cat /x,cat /r /x,' stacker.yaml
    stacker build --layer-type tar --layer-type erofs
    rm roots/T/overlay_dirs/dir/x/file "$(layer_directory T -1)/overlay/r"
    stacker build --no-cache --layer-type tar --layer-type erofs
    assert_file_exists roots/T/overlay_dirs/dir/x/file
    assert_file_exists "$(layer_directory T -1)/overlay/r"
    assert_equal "$(find roots -path '*/sha256_*/overlay/r' | wc -l)" 1
    # Whichever of the types is a symlink to the other.
    rm roots/T/overlay_dirs/dir/x/file "$(layer_directory T -1)/overlay/r"
    stacker build --no-cache --layer-type erofs --layer-type tar
    assert_file_exists "$(layer_directory T -1)/overlay/r"
    assert_file_exists "$(layer_directory T-erofs -1)/overlay/r"
    assert_equal "$(find roots -path '*/sha256_*/overlay/r' | wc -l)" 1
    assert_equal "$(find roots -name '.unpack-*')" ""
}

# behaviour: a layer whose overlay_metadata.json is damaged, as a crash of the machine can leave it, is built anew
# documented: docs/storage.md#roots
# status: beyond
@test "damaged metadata of a layer mend themselves" {
    busybox_base
    mkdir dir
    echo file >dir/file
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  overlay_dirs: [{source: dir, dest: /x}]
  run: touch /below
it:
  from: {type: built, tag: below}
  imports: [{path: dir/file, dest: /}]
  run: cat /file /x/file >/it
END
    stacker build
    for name in below it; do
        for damage in "" "{"; do
            printf %s "$damage" >"roots/$name/overlay_metadata.json"
            run --separate-stderr stacker build
            assert_success
            assert_said "cache miss because $PWD/roots/$name/overlay_metadata.json is damaged"
            assert_said "filesystem it built successfully"
        done
    done
    run --separate-stderr stacker build
    assert_said "found cached layer it"
}
