#!/usr/bin/env bats
# Scripts of images for other processors: run by qemu-user through binfmt_misc, and refused where nothing runs them.

load ../helpers
load foreign
load platforms

setup() {
    begin_test
    requires container foreign_busybox
}

# bats test_tags=group:quick-priv
# behaviour: scripts on bases for other processors run, little-endian and big-endian ones, and see such a machine
# documented: docs/platforms.md#scripts-of-another-processor; docs/platforms.md#what-runs-the-scripts
# status: beyond
@test "uname -m is that of each base's processor" {
    requires handlers
    local processor
    : >stacker.yaml
    for processor in arm64 armhf s390x; do
        foreign_base "$processor"
        cat >>stacker.yaml <<END
$processor-image:
  from: {type: oci, url: "$processor:latest"}
  arch: $(cut -d/ -f2 <<<"${platform_of[$processor]}")
  run: uname -m > /machine
END
    done
    stacker build
    for processor in arm64 armhf s390x; do
        assert_equal "$(layer_tar "$processor-image" -1 | tar xO --wildcards '*machine')" "${machine_of[$processor]}"
    done
}

# behaviour: one recipe for four processors: scripts run on each, and skopeo, umoci and buildah take the image of each from the one tag
# documented: docs/platforms.md#several-platforms; docs/platforms.md#what-runs-the-scripts
# status: beyond
@test "one recipe for four processors" {
    requires handlers umoci skopeo buildah
    local platform
    platforms_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  platforms: [linux/amd64, linux/arm64, linux/arm/v7, linux/s390x]
  run: uname -m > /machine
END
    stacker build
    buildah=(buildah --root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs)
    while read -r platform machine; do
        arch=$(cut -d/ -f2 <<<"$platform")
        assert_equal "$(print_file_for "$arch" it /machine)" "$machine"
        image=$("${buildah[@]}" pull --quiet --platform "$platform" oci:oci:it)
        assert_equal "$("${buildah[@]}" inspect --type image --format '{{.OCIv1.Architecture}}' "$image")" "$arch"
    done <<END
linux/amd64 x86_64
linux/arm64 aarch64
linux/arm/v7 armv7l
linux/s390x s390x
END
}

# behaviour: of an index with an image for each processor the layer's arch says which one is the base, and its script runs
# documented: docs/platforms.md#what-runs-the-scripts
# status: beyond
@test "arch chooses the base of an index, and its script runs" {
    requires handlers skopeo
    platforms_base
    cat >stacker.yaml <<'END'
big:
  from: {type: oci, url: "busybox:latest"}
  arch: s390x
  run: uname -m > /machine
small:
  from: {type: oci, url: "busybox:latest"}
  arch: arm
  run: uname -m > /machine
END
    stacker build
    assert_equal "$(layer_tar big -1 | tar xO --wildcards '*machine')" s390x
    assert_equal "$(layer_tar small -1 | tar xO --wildcards '*machine')" armv7l
    assert_equal "$(skopeo inspect --config --override-arch s390x oci:oci:big | jq -r .architecture)" s390x
}

# behaviour: what a script of another processor writes is the same layer, to the byte, as if the machine's own had written it
# documented: docs/platforms.md#what-differs-from-such-a-machine
# status: beyond
@test "layers of a big-endian base are those of a little-endian one, in each format" {
    requires handlers loop squashfs_tools erofs_utils umoci
    clamp_times
    local type image recipe
    recipe=$'  run: |\n    mkdir -p /d/e\n    seq 1 40000 > /d/numbers\n    ln /d/numbers /d/e/same\n'
    recipe+=$'    ln -s numbers /d/link\n    chmod 4711 /d/e\n    rm /bin/vi'
    foreign_recipe s390x "$recipe"
    sed -i 's/^it:/foreign:/' stacker.yaml
    copy_busybox '' own ''
    printf 'own:\n  from: {type: oci, url: "own:latest"}\n%s\n' "$recipe" >>stacker.yaml
    stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    for type in '' -squashfs -erofs; do
        assert_equal "$(layer_digest "foreign$type" -1)" "$(layer_digest "own$type" -1)"
    done
    # What the kernel, unsquashfs and umoci read of them is what was written.
    mount_layer foreign-squashfs -1 squashfs
    mkdir erofs
    mount -t erofs -o loop,ro "$(layer_blob foreign-erofs -1)" erofs
    realpath erofs >>"$BATS_TEST_TMPDIR/mounted"
    unsquashfs -no-progress -quiet -dest unsquashed "$(layer_blob foreign-squashfs -1)" d/numbers >/dev/null
    unpack_image foreign rootfs
    for image in squashfs erofs rootfs; do
        assert_equal "$(cksum <"$image/d/e/same")" "$(seq 1 40000 | cksum)"
        assert_equal "$(stat -c %a "$image/d/e")" 4711
        assert_equal "$(readlink "$image/d/link")" numbers
    done
    assert_equal "$(cksum <unsquashed/d/numbers)" "$(seq 1 40000 | cksum)"
    assert_not_exists rootfs/bin/vi
}

# behaviour: chroot enters a layer, and run starts an image, by the same handlers
# documented: docs/platforms.md#what-runs-the-scripts
# status: beyond
@test "chroot and run start programs for another processor" {
    requires handlers
    foreign_recipe arm64 $'  run: "true"'
    stacker build
    run -0 --separate-stderr stacker chroot it uname -m
    assert_output aarch64
    run -0 --separate-stderr stacker run it uname -m
    assert_output aarch64
}
