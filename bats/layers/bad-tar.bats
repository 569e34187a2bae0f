#!/usr/bin/env bats
# Tar bases that cannot be read: truncated, empty, none at all.

load ../helpers

# tar_recipe: a recipe for "it" on base.tar.
tar_recipe() {
    printf 'it:\n  from: {type: tar, url: base.tar}\n' >stacker.yaml
}

# behaviour: a truncated tar base is an error, and no image comes of it
# documented: docs/recipe.md#from
# status: documented
@test "a truncated tar" {
    busybox_base
    layer_tar latest 0 busybox | head -c 700000 >base.tar
    tar_recipe
    refuse build
}

# behaviour: the error about a damaged tar names the file
# documented: docs/recipe.md#from
# status: beyond
@test "the error about a truncated tar names it" {
    busybox_base
    layer_tar latest 0 busybox | head -c 700000 >base.tar
    tar_recipe
    refuse build
    assert_said base.tar
}

# behaviour: a truncated gzip base is an error, and no image comes of it
# documented: docs/recipe.md#from
# status: documented
@test "a truncated gzip" {
    busybox_base
    layer_tar latest 0 busybox | gzip -1 | head -c 700000 >base.tar
    tar_recipe
    refuse build
}

# behaviour: a base that is no tar is an error
# documented: docs/recipe.md#from
# status: documented
@test "a tar that is none" {
    yes "this is not a tar" | head -c 100000 >base.tar
    tar_recipe
    refuse build
}

# behaviour: of a tar base that can't be read, the error says which compressions can
# documented: docs/recipe.md#from
# status: beyond
@test "a tar of another compression" {
    # What compress(1) writes begins like this.
    printf '\037\235\220\144\000' >base.tar
    tar_recipe
    refuse build
    assert_said "gzip, zstd, xz or bzip2"
}

# behaviour: an empty file is no tar
# documented: docs/recipe.md#from
# status: beyond
@test "an empty file is no tar" {
    : >base.tar
    tar_recipe
    refuse build
    assert_said base.tar
}

# behaviour: a tar base that does not exist is an error that names it
# documented: docs/recipe.md#from
# status: documented
@test "a tar that does not exist" {
    tar_recipe
    refuse build
    assert_said base.tar
}

# behaviour: a tar whose names lead out of the tree writes nothing outside
# documented: docs/security.md#hostile-input
# status: documented
@test "a tar with names that lead out" {
    mkdir in
    echo evil >in/evil
    tar cf base.tar --transform 's,^evil,../../../../../../../../../../'"$PWD"'/escaped,' -P -C in evil
    tar_recipe
    run --separate-stderr stacker build
    assert_not_exists escaped
}

# behaviour: a tar whose global headers say very much of each entry is refused: it would be far larger than it seems
# documented: docs/storage.md#layers
# status: beyond
@test "global headers that say much of each entry" {
    python3 - <<'END'
import tarfile

for name, count in ("base.tar", 5), ("small.tar", 3):
    said = {f"SCHILY.xattr.user.{number}": "x" * 1000 for number in range(count)}
    with tarfile.open(name, "w", format=tarfile.PAX_FORMAT, pax_headers=said) as tar:
        tar.addfile(tarfile.TarInfo("file"))
END
    tar_recipe
    refuse build
    assert_said "its global headers say more than 4096 bytes of each entry"
    mv small.tar base.tar
    stacker build
    assert_equal "$(list_layer it 0)" file
}
