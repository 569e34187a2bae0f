#!/usr/bin/env bats
# url of a base: relative to the working directory, or to the recipe where only that has it.

load ../helpers

# recipe_in_sub URL [TYPE]: a recipe in ./sub whose base is at a relative URL.
recipe_in_sub() {
    mkdir -p sub
    printf 'it:\n  from: {type: %s, url: "%s"}\n  imports: [{path: file, dest: /}]\n' "${2:-oci}" "$1" >sub/stacker.yaml
    echo file >sub/file
}

# behaviour: a layout that only the recipe's directory has is used, with a warning that names it
# documented: docs/recipe.md#from
# status: beyond
@test "a layout beside the recipe" {
    recipe_in_sub busybox:latest
    (cd sub && busybox_base)
    run -0 --separate-stderr stacker build -f sub/stacker.yaml
    assert_said "sub/stacker.yaml:2:26: url of layer it is taken as relative to the recipe, as $PWD/sub/busybox"
    assert_equal "$(list_layer it -1)" file
    # It is the same base, whatever it is relative to.
    mv sub/busybox .
    run -0 --separate-stderr stacker build -f sub/stacker.yaml
    assert_said "found cached layer it"
    refute_said warning
    stacker publish -f sub/stacker.yaml --url oci:out --tag 1
    mv busybox sub
    stacker publish -f sub/stacker.yaml --url oci:out --tag 2
}

# behaviour: an archive that only the recipe's directory has is used, with a warning that names it
# documented: docs/recipe.md#from
# status: beyond
@test "an archive beside the recipe" {
    recipe_in_sub base.tar tar
    tar cf sub/base.tar -C sub file
    run -0 --separate-stderr stacker build -f sub/stacker.yaml
    assert_said "taken as relative to the recipe, as $PWD/sub/base.tar"
}

# behaviour: what the working directory has wins, without a word
# documented: docs/recipe.md#from
# status: documented
@test "the working directory first" {
    recipe_in_sub base.tar tar
    echo sub >inner
    tar cf sub/base.tar inner
    echo here >outer
    tar cf base.tar outer
    run -0 --separate-stderr stacker build -f sub/stacker.yaml
    assert_equal "$(list_layer it 0)" outer
}

# behaviour: what neither has is looked for in the working directory, which the error names
# documented: docs/recipe.md#from
# status: beyond
@test "in neither" {
    recipe_in_sub nothing:latest
    refuse build -f sub/stacker.yaml
    assert_said "$PWD/nothing"
    refute_said "taken as relative"
}
