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
