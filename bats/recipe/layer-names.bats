#!/usr/bin/env bats
# What a layer can be called.

load ../helpers

# busybox_recipe NAME: a recipe for a layer of that name on busybox.
busybox_recipe() {
    [[ -e busybox ]] || busybox_base
    printf '"%s":\n  from: {type: oci, url: "busybox:latest"}\n  run: touch /it\n' "$1" >stacker.yaml
}

# behaviour: a name that stacker gives to things of its own beside layers is refused, with its place
# documented: docs/recipe.md#layers
# status: beyond
@test "names that stacker uses itself" {
    for name in .lock .stacker-roots .stacker-check.1 .unpack-1 .foo.tmp sha256_abc "part_$(printf %064d 1)"; do
        busybox_recipe "$name"
        refuse build
        assert_said "error: stacker.yaml:1:1: layer name \"$name\""
        assert_said "is a name that stacker itself uses"
    done
    assert_not_exists roots
}

# behaviour: names that are only like those are names
# documented: docs/recipe.md#layers
# status: beyond
@test "names that look like those that stacker uses" {
    for name in .hidden foo.tmp part_of_it sha256 lock; do
        busybox_recipe "$name"
        stacker build
        stacker gc
        assert_exists "roots/$name"
    done
}

# behaviour: a layer whose name no registry has a repository for is built with a warning, and publish refuses it by name
# documented: docs/recipe.md#layers
# status: beyond
@test "a name that can't be published" {
    busybox_recipe My_App
    run --separate-stderr stacker build
    assert_success
    assert_said "warning: stacker.yaml:1:1: layer My_App can be built, but not sent to a registry: a repository has no capital letters"
    for options in --show-only --force; do
        refuse publish --url docker://localhost:1 --tag 1 "$options"
        assert_said "error: stacker.yaml:1:1: couldn't publish layer My_App"
        assert_said "help: a repository has no capital letters"
    done
    stacker publish --url oci:out --tag 1
    assert_equal "$(list_tags out)" My_App_1
}

# behaviour: a build_only layer is never published, and may be called anything
# documented: docs/recipe.md#layers
# status: beyond
@test "a build_only layer with capital letters" {
    busybox_recipe My_App
    echo '  build_only: true' >>stacker.yaml
    run --separate-stderr stacker build
    assert_success
    refute_said warning
}

# behaviour: two images that would have one tag, by their layers' names and types, are an error
# documented: docs/recipe.md#layers
# status: beyond
@test "a layer that is called as another's squashfs image is" {
    busybox_recipe it
    printf 'it-squashfs:\n  from: {type: oci, url: "busybox:latest"}\n' >>stacker.yaml
    refuse build --layer-type tar --layer-type squashfs
    assert_said "stacker.yaml:4:1: the tar image of layer it-squashfs and the squashfs image of layer it (stacker.yaml:1:1)"
    assert_said "would have one tag: it-squashfs"
    stacker build
    assert_equal "$(list_tags)" $'it\nit-squashfs'
}
