#!/usr/bin/env bats
# What is damaged in the output layout is found before anything is built upon it or published.

load ../helpers
load ../registries

# flip FILE: changes a byte in its middle; in this file only, not in one that a hard link makes the same.
flip() {
    cp "$1" flipped
    mv flipped "$1"
    python3 - "$1" <<'END'
import os, sys
with open(sys.argv[1], "r+b") as file:
    file.seek(os.path.getsize(sys.argv[1]) // 2)
    byte = file.read(1)
    file.seek(-1, os.SEEK_CUR)
    file.write(bytes([byte[0] ^ 1]))
END
}

# family [ARGUMENT…]: builds "parent", and "child" of a recipe of its own on it.
family() {
    [[ -e busybox ]] || busybox_base
    cat >stacker.yaml <<'END'
parent:
  from: {type: oci, url: "busybox:latest"}
  run: head -c 500000 /dev/zero > /parent
END
    cat >child.yaml <<'END'
config: {prerequisites: [stacker.yaml]}
child:
  from: {type: built, tag: parent}
  run: echo one > /child
END
    stacker build -f child.yaml "$@"
}

# behaviour: a blob of a layer below that is not what its name says is made anew before an image is built upon it
# documented: docs/storage.md#damage
# status: beyond
@test "a damaged layer below" {
    clamp_times
    for type in tar squashfs erofs; do
        tag=parent-$type
        [[ $type != tar ]] || tag=parent
        family --layer-type "$type"
        manifest=$(image_manifest "$tag")
        for layer in 0 -1; do
            flip "$(layer_blob "$tag" "$layer")"
            sed -i "s/echo .* > .child/echo $type $layer > \/child/" child.yaml
            run --separate-stderr stacker build -f child.yaml --layer-type "$type"
            assert_success
            assert_said "cache miss because blob $(layer_digest "$tag" "$layer") of its image is damaged"
            assert_layout_whole
            assert_equal "$(image_manifest "$tag")" "$manifest"
        done
    done
}

# behaviour: --no-cache makes whatever is damaged in the layout anew, a directory in the place of a blob, too
# documented: docs/storage.md#damage
# status: beyond
@test "--no-cache mends all" {
    clamp_times
    family
    for blob in oci/blobs/sha256/*; do
        cp "$blob" kept
        flip "$blob"
        stacker build -f child.yaml --no-cache
        assert_layout_whole
        rm "$blob"
        mkdir "$blob"
        stacker build -f child.yaml --no-cache
        assert_layout_whole
        rm -rf "$blob"
        stacker build -f child.yaml --no-cache
        assert_layout_whole
        # What nothing needs any more is gone, and all else is as it was.
        [[ ! -e $blob ]] || cmp "$blob" kept
    done
}

# behaviour: an image with a damaged blob is not published, and the error names the blob
# documented: docs/storage.md#damage
# status: beyond
@test "a damaged image is not published" {
    family
    start_registry
    for layer in 0 -1; do
        cp -a oci kept
        blob=$(layer_blob parent "$layer")
        flip "$blob"
        for url in oci:published "docker://$registry"; do
            run -1 --separate-stderr stacker publish --skip-tls --url "$url" --tag v1 --image parent
            assert_said "sha256:$(basename "$blob")"
            assert_said "damaged"
        done
        [[ ! -e published ]] || assert_layout_whole published
        rm -r oci
        mv kept oci
    done
    stacker publish --skip-tls --url "docker://$registry" --tag v1 --image parent
}
