#!/usr/bin/env bats
# Layers that are large in one way or another: what they take of memory, disk and descriptors has a bound.
# bound: 600 s: half a gibibyte is read, compressed and unpacked several times, also on a machine that has much else to do

load ../helpers

# Private memory that stacker, and whatever it starts, may write to. The limits of an unpacked layer are far above it.
limit_memory() {
    ulimit -d $((400 << 10))
}

# build_on_entries COUNT: builds on a layer of so many entries, and prints the memory that took, in kilobytes.
build_on_entries() {
    "$TOP/tools/fixtures/make-hostile-image.py" oci "entries-$1" "entries-$1"
    printf 'it:\n  from: {type: oci, url: "entries-%s:latest"}\n' "$1" >stacker.yaml
    python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$STACKER" build
}

# behaviour: a layer of 100,000 entries is unpacked in the memory that one of a few takes
# documented: docs/security.md#hostile-input
# status: beyond
@test "a layer of many entries" {
    local few many
    few=$(build_on_entries 10)
    stacker clean
    many=$(build_on_entries 100000)
    # 300 bytes for each.
    ((many - few < 30000)) || fail "$many kilobytes, and $few for a few"
    assert_equal "$(find roots/sha256_*/overlay -type f | wc -l)" 100000
}

# behaviour: a sparse file is a hole again in roots, from each type of layer, and memory does not grow with it
# documented: docs/storage.md#layers
# status: beyond
@test "a sparse file of half a gibibyte" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    echo start > /sparse
    truncate -s 512M /sparse
END
    limit_memory
    stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    rm -rf roots .stacker
    for tag in it it-squashfs it-erofs; do
        printf 'next-%s:\n  from: {type: oci, url: "oci:%s"}\n' "$tag" "$tag"
    done >stacker.yaml
    stacker build
    for tag in it it-squashfs it-erofs; do
        sparse=$(layer_directory "$tag" -1)/overlay/sparse
        assert_equal "$(stat -c %s "$sparse")" 536870912
        assert_equal "$(head -c 6 "$sparse")" start
        (($(stat -c %b "$sparse") < 2048)) || fail "$tag: $(stat -c %b "$sparse") blocks"
    done
}

# behaviour: directories within each other are read, written and encoded however few descriptors there are
# documented: docs/storage.md#layers
# status: beyond
@test "directories 300 deep with 160 descriptors" {
    mkdir tree
    python3 -c '
import os
os.chdir("tree")
for level in range(300):
    open("file", "w").close()
    os.mkdir("d")
    os.chdir("d")
'
    tar cf deep.tar -C tree .
    printf 'it:\n  from: {type: tar, url: deep.tar}\n' >stacker.yaml
    (
        ulimit -n 160
        stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    )
    assert_equal "$(list_layer it -1 | grep -c 'file$')" 300
    (
        rm -rf roots .stacker
        printf 'next:\n  from: {type: oci, url: "oci:it-squashfs"}\n' >stacker.yaml
        ulimit -n 160
        stacker build --layer-type erofs
    )
    assert_equal "$(find "$(layer_directory it-squashfs 0)/overlay" -name file | wc -l)" 300
}
