#!/usr/bin/env bats
# --compression-level: what each type of layer makes of it, and that no image has a layer of another level than its own.

load ../helpers

recipe() {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    seq 1 100000 >/numbers
    ln /numbers /again
    rm /bin/vi
END
}

# build_anew [OPTION…]: with nothing left of earlier builds.
build_anew() {
    rm -rf oci roots .stacker
    stacker build "$@"
}

# layer_size TAG N
layer_size() {
    image_manifest "$1" | jq ".layers[$2].size"
}

# layers TAG: the digests of its layers.
layers() {
    image_manifest "$1" | jq -c '[.layers[].digest]'
}

# assert_hit: the last build made nothing.
assert_hit() {
    assert_said "found cached layer $1"
    refute_said "built successfully"
    refute_said "of what was built before"
}

# list_mounted TAG DIR: mounts the layers of a squashfs image and lists what overlayfs makes of them, into DIR.list.
list_mounted() {
    mount_image "$1" "$2"
    "$TOP/tools/look/list-tree.py" "$2" >"$2.list"
    assert_file_not_empty "$2.list"
}

# behaviour: a squashfs layer of a lower level is larger and has the same files; unsquashfs reads it and shows the level
# documented: docs/storage.md#compression-levels
# status: beyond
@test "levels of squashfs" {
    requires squashfs_tools loop
    clamp_times
    recipe
    stacker build --layer-type squashfs
    standard=$(layer_size it-squashfs -1)
    base=$(layer_size it-squashfs 0)
    list_mounted it-squashfs standard
    for level in 1 6; do
        build_anew --layer-type squashfs --compression-level "$level"
        ((standard < $(layer_size it-squashfs -1) && base < $(layer_size it-squashfs 0)))
        unsquashfs -stat "$(layer_blob it-squashfs -1)" >stat
        grep -qx "[[:space:]]compression-level $level" stat
        rm -rf unpacked
        unsquashfs -no-progress -quiet -dest unpacked "$(layer_blob it-squashfs -1)" >/dev/null
        assert_equal "$(sha256sum <unpacked/again)" "$(seq 1 100000 | sha256sum)"
        digest=$(layer_digest it-squashfs -1)
        build_anew --layer-type squashfs --compression-level "$level"
        assert_equal "$(layer_digest it-squashfs -1)" "$digest"
    done
    list_mounted it-squashfs fast
    diff -u standard.list fast.list
}

# behaviour: an erofs layer of a lower level is larger and has the same files; fsck.erofs accepts it
# documented: docs/storage.md#compression-levels
# status: beyond
@test "levels of erofs" {
    requires erofs_utils loop
    clamp_times
    recipe
    stacker build --layer-type erofs
    last=$(layer_size it-erofs 0)
    tree=$(unpacked_erofs)
    for level in 1 0; do
        build_anew --layer-type erofs --compression-level "$level"
        size=$(layer_size it-erofs 0)
        ((last < size))
        last=$size
        fsck.erofs --extract "$(layer_blob it-erofs -1)"
        assert_equal "$(unpacked_erofs)" "$tree"
        digest=$(layer_digest it-erofs -1)
        build_anew --layer-type erofs --compression-level "$level"
        assert_equal "$(layer_digest it-erofs -1)" "$digest"
    done
}

# unpacked_erofs: what the kernel sees in the top layer.
unpacked_erofs() {
    mkdir -p layer
    mount -t erofs -o loop,ro "$(layer_blob it-erofs -1)" layer
    "$TOP/tools/look/list-tree.py" layer
    sha256sum <layer/again
    umount layer
}

# behaviour: the level of one type stands behind its name; a level without a name is that of all other types
# documented: docs/storage.md#compression-levels
# status: beyond
@test "a level for each type" {
    clamp_times
    recipe
    types=(--layer-type tar --layer-type squashfs --layer-type erofs)
    build_anew "${types[@]}"
    for tag in it it-squashfs it-erofs; do layers "$tag" >"$tag.standard"; done
    for options in "--compression-level tar=1:it" "--compression-level squashfs=1:it-squashfs" \
        "--compression-level erofs=1:it-erofs" "--compression-level 1 --compression-level tar=9:it it-squashfs it-erofs"; do
        # shellcheck disable=SC2086  # several words
        build_anew "${types[@]}" ${options%:*}
        for tag in it it-squashfs it-erofs; do
            if [[ " ${options#*:} " == *" $tag "* ]]; then
                assert_not_equal "$(layers "$tag")" "$(cat "$tag.standard")"
            else
                assert_equal "$(layers "$tag")" "$(cat "$tag.standard")"
            fi
        done
    done
    tar=$(layers it)
    build_anew --compression-level 9
    assert_equal "$(layers it)" "$tar"
    # The standard levels, said.
    build_anew "${types[@]}" --compression-level tar=5 --compression-level squashfs=14 --compression-level erofs=9
    for tag in it it-squashfs it-erofs; do assert_equal "$(layers "$tag")" "$(cat "$tag.standard")"; done
}

# behaviour: a level that a type of the build does not have is refused before anything is built; all that are possible are said
# documented: docs/storage.md#compression-levels
# status: beyond
@test "a level that there is not" {
    recipe
    while IFS='|' read -r options name; do
        # shellcheck disable=SC2086  # several words
        refuse build $options
        assert_said "no level for $name layers"
        assert_said "1 to 22 for squashfs, 0 to 12 for erofs"
        assert_not_exists oci
    done <<'END'
--compression-level 0|tar
--compression-level 13|tar
--compression zstd --compression-level 20|tar
--compression none --compression-level tar=1|tar
--layer-type squashfs --compression-level 23|squashfs
--layer-type erofs --compression-level 13|erofs
--layer-type squashfs --layer-type erofs --compression-level 15|erofs
--layer-type tar --compression-level squashfs=0|squashfs
--layer-type tar --layer-type squashfs --compression-level 15 --compression-level squashfs=3|tar
END
    refuse build --compression-level 13
    assert_said "1 to 12 for tar with gzip"
    for text in high tar= =3 zip=3 tar=3,squashfs=3 1.5; do
        refuse build --compression-level "$text"
        assert_said "--compression-level $text is no level"
    done
}

# behaviour: another level of a type is another build; one of a type that is not built, or the standard one, changes nothing
# documented: docs/recipe.md#cache
# status: beyond
@test "levels and the cache" {
    recipe
    for type in squashfs erofs; do
        build_anew --layer-type "$type"
        manifest=$(image_manifest "it-$type")
        standard=14
        [[ $type == squashfs ]] || standard=9
        for options in "$standard" "$type=$standard" "tar=1" "1 --compression-level $type=$standard"; do
            # shellcheck disable=SC2086  # several words
            run -0 --separate-stderr stacker build --layer-type "$type" --compression-level $options
            assert_hit "it-$type"
        done
        run -0 --separate-stderr stacker build --layer-type "$type" --compression zstd
        assert_hit "it-$type"
        assert_equal "$(image_manifest "it-$type")" "$manifest"
        run -0 --separate-stderr stacker build --layer-type "$type" --compression-level 1
        assert_said "cache miss because $type compression was changed"
        run -0 --separate-stderr stacker build --layer-type "$type" --compression-level "$type=1"
        assert_hit "it-$type"
        run -0 --separate-stderr stacker build --layer-type "$type"
        assert_said "cache miss because $type compression was changed"
    done
}

# behaviour: a type that is made later of what is built has the level that is asked for then, and so have the layers of the base
# documented: docs/storage.md#compression-levels
# status: beyond
@test "a level of a type that is made later" {
    clamp_times
    recipe
    build_anew --layer-type squashfs --compression-level 1
    fast=$(layers it-squashfs)
    build_anew --layer-type squashfs
    standard=$(layers it-squashfs)
    build_anew
    run -0 --separate-stderr stacker build --layer-type squashfs --compression-level 1
    assert_said "making it as squashfs of what was built before"
    refute_said "built successfully"
    assert_equal "$(layers it-squashfs)" "$fast"
    # The tar has its own level, and does not ask for that of others.
    run -0 --separate-stderr stacker build --compression-level squashfs=3
    assert_hit it
    run -0 --separate-stderr stacker build --layer-type tar --layer-type squashfs --compression-level squashfs=1
    assert_hit it-squashfs
    # What is converted of the base at one level is not taken for another.
    stacker build --layer-type squashfs
    assert_equal "$(layers it-squashfs)" "$standard"
    stacker build --layer-type squashfs --compression-level 1
    assert_equal "$(layers it-squashfs)" "$fast"
    # Nor is a tar made of an earlier compression that no tar had.
    build_anew --layer-type squashfs
    run -0 --separate-stderr stacker build --compression zstd
    assert_said "making it as tar of what was built before"
    assert_equal "$(image_manifest it | jq -r '.layers[-1].mediaType')" application/vnd.oci.image.layer.v1.tar+zstd
    run -0 --separate-stderr stacker build --compression zstd
    assert_hit it
}

# behaviour: a layer of a base that is a squashfs already stays as it is, whatever the level
# documented: docs/storage.md#compression-levels; docs/recipe.md#from
# status: beyond
@test "a base keeps its level" {
    recipe
    stacker build --layer-type squashfs
    mv oci base
    printf 'next:\n  from: {type: oci, url: "base:it-squashfs"}\n  run: seq 1 100000 >/next\n' >stacker.yaml
    build_anew --layer-type squashfs --compression-level 1
    assert_equal "$(image_manifest next-squashfs | jq -c '[.layers[:2][].digest]')" \
        "$(image_manifest it-squashfs base | jq -c '[.layers[].digest]')"
}

# behaviour: a build_only layer that is part of an image already is written anew for one that is written another way
# documented: docs/storage.md#compression-levels
# status: beyond
@test "a build_only layer below images of two levels" {
    clamp_times
    busybox_base
    cat >stacker.yaml <<'END'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: seq 1 50000 >/tools; chmod 700 /
more:
  from: {type: built, tag: tools}
  build_only: true
  run: seq 1 60000 >/more
it:
  from: {type: built, tag: more}
  run: seq 1 70000 >/it
END
    for change in "|--compression zstd" "|--compression-level 1" "--layer-type squashfs|--compression-level 1" \
        "--layer-type squashfs --compression-level 1|" "--layer-type erofs|--compression-level 0" \
        "--layer-type squashfs|--no-verity"; do
        first=${change%|*} second=${change#*|} tag=it
        case $first in *squashfs*) tag=it-squashfs ;; *erofs*) tag=it-erofs ;; esac
        type=()
        [[ $tag == it ]] || type=(--layer-type "${tag#it-}")
        # shellcheck disable=SC2086  # several words
        build_anew "${type[@]}" $second
        wanted=$(layers "$tag")
        # shellcheck disable=SC2086  # several words
        build_anew $first
        assert_not_equal "$(layers "$tag")" "$wanted"
        # shellcheck disable=SC2086  # several words
        run -0 --separate-stderr stacker build "${type[@]}" $second
        assert_said "found cached layer tools"
        assert_equal "$change: $(layers "$tag")" "$change: $wanted"
        assert_layout_whole
    done
}
