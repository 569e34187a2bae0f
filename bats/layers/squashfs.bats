#!/usr/bin/env bats
# Squashfs layers: read by the kernel and by unsquashfs, and bases that mksquashfs made.

load ../helpers

build_it() {
    busybox_base
    # A user can't make device nodes.
    cat >stacker.yaml <<EOF
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /d/empty
    seq 1 50000 > /d/numbers
    ln /d/numbers /d/again
    ln -s numbers /d/link
    mkfifo /d/pipe
    $(! runs_as_root || echo mknod /d/null c 1 3)
    chown 1000:2000 /d/again
    chmod 4755 /d/again
    chmod 1777 /d/empty
    rm /bin/vi
EOF
    choose_level
    stacker build "${level[@]}" "$@"
}

# base_of_squashfs DIR [OPTION…]: puts an OCI layout "base" with the tag "latest" here whose one layer is DIR as
# mksquashfs makes it, for lack of another tool that makes such images.
base_of_squashfs() {
    local blobs=base/blobs/sha256 layer
    mkdir -p "$blobs"
    mksquashfs "$1" layer.squashfs -quiet -no-progress "${@:2}" >/dev/null
    layer=$(add_blob layer.squashfs)
    jq -nc --arg layer "sha256:$layer" --arg arch "$(dpkg --print-architecture)" \
        '{os: "linux", architecture: $arch, config: {}, rootfs: {type: "layers", diff_ids: [$layer]},
          history: [{created_by: "mksquashfs"}]}' >config.json
    jq -nc --argjson size "$(stat -c %s layer.squashfs)" --argjson config_size "$(stat -c %s config.json)" \
        --arg layer "sha256:$layer" --arg config "sha256:$(add_blob config.json)" --arg type "${layer_type:-}" \
        '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
          config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $config_size},
          layers: [{mediaType: ("application/vnd.stacker.image.layer.squashfs" + $type), digest: $layer, size: $size}]}' \
        >manifest.json
    jq -nc --argjson size "$(stat -c %s manifest.json)" --arg manifest "sha256:$(add_blob manifest.json)" \
        '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $manifest,
          size: $size, annotations: {"org.opencontainers.image.ref.name": "latest"}}]}' >base/index.json
    echo '{"imageLayoutVersion":"1.0.0"}' >base/oci-layout
}

# add_blob FILE: copies it into the layout "base"; prints its digest.
add_blob() {
    local digest
    digest=$(sha256sum "$1" | cut -d' ' -f1)
    cp "$1" "base/blobs/sha256/$digest"
    echo "$digest"
}

# behaviour: the kernel's mounts of the squashfs layers, stacked by overlayfs, are what umoci makes of the tar layers
# documented: docs/storage.md#layer-types
# status: documented
@test "the kernel sees what umoci unpacks" {
    requires umoci loop
    build_it --layer-type tar --layer-type squashfs
    assert_readers_agree it
    assert_equal "$(stat -c '%a %u:%g %h' mounted/d/again)" "4755 1000:2000 2"
    assert_equal "$(readlink mounted/d/link)" numbers
    assert_not_exists mounted/bin/vi
}

# behaviour: unsquashfs finds a valid image: squashfs 4.0, zstd, with an entry for each name
# documented: docs/storage.md#layer-types
# status: documented
@test "unsquashfs agrees" {
    requires squashfs_tools
    build_it --layer-type squashfs
    blob=$(layer_blob it-squashfs -1)
    unsquashfs -stat "$blob" >stat
    grep -q 'SQUASHFS 4:0' stat
    grep -q '^Compression zstd' stat
    assert_equal "$(unsquashfs -lc -dest '' "$blob" | sed '/^\/*$/d' | LC_ALL=C sort | tr '\n' ' ')" \
        "/bin/vi /d/again /d/empty /d/link $(! runs_as_root || echo "/d/null ")/d/numbers /d/pipe "
    unsquashfs -no-progress -quiet -dest unpacked "$blob" >/dev/null
    assert_equal "$(sha256sum <unpacked/d/again)" "$(seq 1 50000 | sha256sum)"
}

# behaviour: the same build gives the same squashfs, byte for byte
# documented: docs/storage.md#layer-types
# status: beyond
@test "a squashfs layer is the same in every build" {
    clamp_times
    build_it --layer-type squashfs
    first=$(layer_digest it-squashfs -1)
    rm -rf busybox oci roots .stacker
    # In another second.
    sleep 1.1
    build_it --layer-type squashfs
    assert_equal "$(layer_digest it-squashfs -1)" "$first"
}

# behaviour: layers are built on each other in squashfs, and on a squashfs output of an earlier build
# documented: docs/storage.md#layer-types; docs/recipe.md#from
# status: documented
@test "a chain of squashfs layers, and one more on the output" {
    requires loop
    build_pair 'mkdir /d; echo 1 > /d/1; echo 1 > /d/both' 'rm /d/1; echo 2 > /d/both' --layer-type squashfs
    mv oci first
    rm -rf roots .stacker
    cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "first:above-squashfs"}
  run: cat /d/* > /seen
EOF
    stacker build --layer-type squashfs
    assert_equal "$(list_tags)" next-squashfs
    assert_equal "$(image_manifest next-squashfs | jq -c '[.layers[0:3][].digest]')" \
        "$(image_manifest above-squashfs first | jq -c '[.layers[].digest]')"
    mount_image next-squashfs mounted
    assert_equal "$(cat mounted/seen)" 2
    assert_not_exists mounted/d/1
}

# behaviour: the output layout may be the base of the next build
# documented: docs/storage.md#the-output-layout
# status: documented
@test "a rebuild on the squashfs output in the same layout" {
    build_it --layer-type squashfs
    # So that the squashfs is read, and not what is left of the run that made it.
    rm -rf roots .stacker
    cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "oci:it-squashfs"}
  run: readlink /d/link > /seen
EOF
    for _ in first second; do
        stacker build --layer-type squashfs
        assert_equal "$(list_tags | tr '\n' ' ')" "it-squashfs next-squashfs "
        assert_layout_whole
    done
    assert_equal "$(unsquashfs -cat "$(layer_blob next-squashfs -1)" seen)" numbers
}

# behaviour: a squashfs base with zstd is read, with a verity tree or without, under each media type
# documented: docs/storage.md#layer-types
# status: documented
@test "a zstd base that mksquashfs made" {
    requires squashfs_tools umoci
    mkdir -p rootfs/bin rootfs/d
    cp "$(command -v busybox)" rootfs/bin/busybox
    ln rootfs/bin/busybox rootfs/bin/sh
    ln rootfs/bin/busybox rootfs/bin/cat
    echo it >rootfs/d/it
    mknod rootfs/d/null c 1 3
    for layer_type in "" +zstd; do
        rm -rf base oci roots .stacker layer.squashfs unpacked
        base_of_squashfs rootfs -comp zstd
        cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "base:latest"}
  run: cat /d/it > /seen
EOF
        stacker build
        unpack_image next unpacked
        assert_equal "$(cat unpacked/seen)" it
        assert_equal "$(stat -c %h unpacked/bin/sh)" 3
        ! runs_as_root || assert_equal "$(stat -c %t:%T unpacked/d/null)" 1:3
    done
}

# behaviour: a squashfs base with gzip, the default of mksquashfs, is read
# documented: docs/storage.md#layer-types
# status: documented
@test "a gzip base that mksquashfs made" {
    requires squashfs_tools
    mkdir -p rootfs/bin
    cp "$(command -v busybox)" rootfs/bin/sh
    seq 1 500 >rootfs/numbers
    layer_type=+gzip base_of_squashfs rootfs -comp gzip
    cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "base:latest"}
  run: |
    while read -r number; do last=$number; done < /numbers
    echo $last > /seen
EOF
    stacker build
    assert_equal "$(layer_tar next -1 | tar xO --wildcards '*seen')" 500
}

# behaviour: a squashfs base with xz or lz4 is read
# documented: docs/storage.md#layer-types
# status: beyond
@test "an xz and an lz4 base" {
    requires squashfs_tools
    mkdir -p rootfs/bin
    cp "$(command -v busybox)" rootfs/bin/sh
    seq 1 5000 >rootfs/numbers
    cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "base:latest"}
  run: while read -r number; do echo $number; done < /numbers > /seen
EOF
    for compressor in xz lz4; do
        rm -rf base oci roots .stacker layer.squashfs
        base_of_squashfs rootfs -comp "$compressor"
        # The premise.
        unsquashfs -stat layer.squashfs | grep -qx "Compression $compressor"
        stacker build
        assert_equal "$(list_layer next -1)" seen
        assert_equal "$(layer_tar next -1 | tar xO --wildcards '*seen')" "$(cat rootfs/numbers)"
    done
}

# behaviour: a squashfs base with lzo, which libsquashfs does not read, is refused by that name
# documented: docs/storage.md#layer-types
# status: beyond
@test "an lzo base is refused" {
    requires squashfs_tools
    mkdir -p rootfs/bin
    cp "$(command -v busybox)" rootfs/bin/sh
    base_of_squashfs rootfs -comp lzo
    printf 'next:\n  from: {type: oci, url: "base:latest"}\n  run: touch /next\n' >stacker.yaml
    refuse build
    assert_said lzo
    assert_equal "$(find roots -name 'sha256_*')" ""
}

# behaviour: a file that says it is squashfs and is not, or is cut off, is refused; nothing is left in roots
# documented: docs/storage.md#roots
# status: beyond
@test "a squashfs base that is none, or is cut off" {
    requires squashfs_tools
    mkdir -p rootfs/bin
    cp "$(command -v busybox)" rootfs/bin/sh
    for damage in other-file cut-off; do
        rm -rf base oci roots .stacker layer.squashfs
        base_of_squashfs rootfs -comp zstd
        if [[ $damage == cut-off ]]; then head -c 200000 layer.squashfs >damaged; else seq 1 100 >damaged; fi
        rm -rf base
        # An image whose digests are right: only the content is not what it says.
        mksquashfs() { cp damaged "$2"; }
        base_of_squashfs rootfs
        unset -f mksquashfs
        cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "base:latest"}
  run: touch /next
EOF
        refuse build
        assert_said squashfs
        assert_equal "$(find roots -name 'sha256_*' | wc -l)" 0
    done
}
