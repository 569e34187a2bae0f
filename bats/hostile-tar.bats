#!/usr/bin/env bats
# Layers that mean harm: nothing outside of their directory is touched, and nothing of a refused one is used.

load helpers

# hostile_image KIND: puts an image with such a layer here, and a recipe on it. The canary is what the layer's
# names lead to from roots/…/overlay, and from where stacker unpacks before it renames.
hostile_image() {
    "$TOP/tools/make-hostile-image.py" oci evil "$1"
    printf 'it:\n  from: {type: oci, url: "evil:latest"}\n' >stacker.yaml
    put_canary
}

hostile_tar() {
    "$TOP/tools/make-hostile-image.py" tar evil.tar "$1"
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
    assert_equal "$(python3 -c 'import os; print(os.listxattr("roots"))')" "[]"
    # A whiteout or a file of the layer's, wherever.
    assert_equal "$(find . -path ./roots/sha256_\* -prune -o -path ./roots/it -prune -o \
        \( -type c -o -name victim \) -print | LC_ALL=C sort)" $'./roots/victim\n./victim'
}

# refuse_hostile KIND: the image is refused in a way that names its layer, and nothing of it stays.
refuse_hostile() {
    hostile_image "$1"
    refuse build
    assert_said "$(layer_digest latest 0 evil)"
    assert_canary_untouched
    assert_equal "$(find roots -maxdepth 1 -name 'sha256_*')" ""
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
    assert_equal "$(find roots -name good)" ""
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

# behaviour: a tar base whose names lead out is refused, with its name and the entry's
# documented: docs/security.md#hostile-input
# status: beyond
@test "a hostile tar base" {
    for kind in dotdot through-absolute hard-link good-then-bad nul; do
        hostile_tar "$kind"
        refuse build
        assert_said evil.tar
        assert_canary_untouched
    done
}
