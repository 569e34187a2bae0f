#!/usr/bin/env bats
# Layers that mean harm: nothing outside of their directory is touched, and nothing of a refused one is used.

load ../helpers

# hostile_image KIND: puts an image with such a layer here, and a recipe on it. The canary is what the layer's
# names lead to from roots/…/overlay, and from where stacker unpacks before it renames.
hostile_image() {
    "$TOP/tools/fixtures/make-hostile-image.py" oci evil "$1"
    printf 'it:\n  from: {type: oci, url: "evil:latest"}\n' >stacker.yaml
    put_canary
}

# hostile_file_system TYPE KIND: an image whose layer is a squashfs or an erofs, damaged so. Its names are QQ, good, zz.
hostile_file_system() {
    local maker=(mkfs.erofs layer.image tree)
    [[ $1 == erofs ]] || maker=(mksquashfs tree layer.image -noappend -noI -noD -noF -noX -no-progress)
    rm -rf tree layer.image
    mkdir tree
    touch tree/{QQ,good,zz}
    "${maker[@]}" >maker.log 2>&1
    rm -rf evil
    "$TOP/tools/fixtures/make-hostile-image.py" image evil layer.image "$2"
    printf 'it:\n  from: {type: oci, url: "evil:latest"}\n' >stacker.yaml
    put_canary
}

hostile_tar() {
    "$TOP/tools/fixtures/make-hostile-image.py" tar evil.tar "$1"
    printf 'it:\n  from: {type: tar, url: evil.tar}\n' >stacker.yaml
    put_canary
}

put_canary() {
    mkdir -p roots
    echo precious >victim
    cp -p victim roots/victim
    chmod 700 roots
}

assert_canary_untouched() {
    assert_equal "$(cat victim roots/victim)" $'precious\nprecious'
    assert_equal "$(stat -c '%h %F' victim)" "1 regular file"
    assert_equal "$(stat -c %a roots)" 700
    # An opaque mark would be one.
    assert_equal "$(python3 -c 'import os; print(os.listxattr("."), os.listxattr("roots"))')" "[] []"
    # A whiteout or a file of the layer's, wherever.
    assert_equal "$(find . -path ./roots/sha256_\* -prune -o -path ./roots/it -prune -o \
        \( -type c -o -name victim \) -print | LC_ALL=C sort)" $'./roots/victim\n./victim'
}

# assert_refused NAME: the last build was, in a way that names the layer, and nothing of it stays.
assert_refused() {
    assert_said "$1"
    assert_canary_untouched
    assert_equal "$(find roots -maxdepth 1 -name 'sha256_*')" ""
    # Whatever is in the storage of the recipe's own layer, it is empty.
    assert_equal "$(find roots -mindepth 3)" ""
    assert_equal "$(find roots -name good -o -name '.unpack*')" ""
}

# refuse_hostile KIND: the image is refused.
refuse_hostile() {
    hostile_image "$1"
    refuse build
    assert_refused "$(layer_digest latest 0 evil)"
}

# build_hostile KIND: it is built, and what seemed to lead out stays inside.
build_hostile() {
    hostile_image "$1"
    stacker build
    assert_canary_untouched
}

# behaviour: a layer with a name that leads out by .. is refused with an error that names the layer
# documented: docs/security.md#hostile-input
# status: beyond
@test "a name with .." {
    refuse_hostile dotdot
    assert_said "leads out of the root"
}

# behaviour: of a layer that is refused after its first entries nothing stays
# documented: docs/security.md#hostile-input
# status: beyond
@test "a bad entry after a good one" {
    refuse_hostile good-then-bad
}

# behaviour: a symlink in a layer is followed as in a chroot
# documented: docs/security.md#hostile-input
# status: beyond
@test "a write through a symlink with .." {
    build_hostile through-symlink
    assert_equal "$(layer_tar latest 0 evil | tar t | wc -l)" 2
    assert_equal "$(cat roots/sha256_*/overlay/victim)" evil
}

# behaviour: a layer's write through an absolute symlink touches nothing outside
# documented: docs/security.md#hostile-input
# status: beyond
@test "a write through an absolute symlink" {
    refuse_hostile through-absolute
}

# behaviour: a layer's hard link to outside is refused
# documented: docs/security.md#hostile-input
# status: beyond
@test "a hard link to outside" {
    refuse_hostile hard-link
}

# behaviour: a layer's hard link through a symlink to outside is refused
# documented: docs/security.md#hostile-input
# status: beyond
@test "a hard link through a symlink" {
    refuse_hostile hard-link-through-symlink
}

# behaviour: a layer's whiteout outside is refused
# documented: docs/security.md#hostile-input
# status: beyond
@test "a whiteout outside" {
    refuse_hostile whiteout
}

# behaviour: a layer's whiteout through a symlink hides nothing outside
# documented: docs/security.md#hostile-input
# status: beyond
@test "a whiteout through a symlink" {
    build_hostile whiteout-through-symlink
}

# behaviour: a layer's opaque mark through a symlink marks nothing outside
# documented: docs/security.md#hostile-input
# status: beyond
@test "an opaque mark through a symlink" {
    refuse_hostile opaque
}

# behaviour: a NUL in a layer's name is refused
# documented: docs/security.md#hostile-input
# status: beyond
@test "a name with a NUL" {
    refuse_hostile nul
    assert_said "NUL"
}

# behaviour: a tar base whose names lead out is refused, with its name and the entry's, and nothing of it stays
# documented: docs/security.md#hostile-input
# status: beyond
@test "a hostile tar base" {
    for kind in dotdot through-absolute hard-link good-then-bad nul; do
        hostile_tar "$kind"
        refuse build
        assert_refused evil.tar
    done
}

# behaviour: the same for a tar base that overlay dirs lie on
# documented: docs/security.md#hostile-input
# status: beyond
# why: it is unpacked elsewhere then
@test "a hostile tar base below an overlay dir" {
    mkdir -p overlay
    touch overlay/it
    hostile_tar good-then-bad
    printf '  overlay_dirs: [{source: overlay}]\n' >>stacker.yaml
    refuse build
    assert_said evil.tar
    assert_canary_untouched
    assert_equal "$(find roots -name good)" ""
}

# behaviour: a damaged squashfs or erofs whose digests are right is refused, and nothing of it stays
# documented: docs/security.md#hostile-input
# status: beyond
@test "a hostile squashfs or erofs" {
    requires squashfs_tools erofs_utils
    for type in squashfs erofs; do
        hostile_file_system "$type" whole
        stacker build
        assert_equal "$(ls "$(layer_directory latest 0 evil)/overlay")" $'QQ\ngood\nzz'
        for kind in truncated inodes dotdot slash; do
            rm -rf oci roots .stacker
            hostile_file_system "$type" "$kind"
            refuse build
            assert_refused "$(layer_digest latest 0 evil)"
        done
        assert_said "no name that a file can have"
        rm -rf oci roots .stacker
    done
}
