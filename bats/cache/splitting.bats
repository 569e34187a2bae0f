#!/usr/bin/env bats
# What splitting a script into layers does for the cache: the recipes of docs/splitting.md, as they stand there.

load ../helpers

setup() {
    begin_test
    requires container
    busybox_base
}

# recipe_of_page N: makes the Nth recipe of the page stacker.yaml, from 1.
recipe_of_page() {
    awk -v wanted="$1" '/^```$/ { inside = 0 } inside && count == wanted; /^```yaml$/ { inside = 1; count++ }' \
        "$TOP/docs/splitting.md" >stacker.yaml
    assert_file_not_empty stacker.yaml
}

# behaviour: a change in what only the upper layer imports leaves the lower one in the cache; one below builds both
# documented: docs/splitting.md#what-belongs-together; docs/splitting.md#what-it-costs
# status: beyond
@test "two layers" {
    recipe_of_page 1
    mkdir src
    echo packages >requirements
    echo source >src/file
    stacker build
    echo changed >src/file
    run -0 --separate-stderr stacker build
    assert_said "found cached layer tools"
    assert_said "cache miss because import content changed: src"
    assert_equal "$(layer_tar app -1 | tar xO opt/app)" $'packages\nchanged'
    echo more >>requirements
    run -0 --separate-stderr stacker build
    assert_said "filesystem tools built successfully"
    assert_said "filesystem app built successfully"
    # Merged into one layer they are as good in the cache.
    stacker build --collapse-build-only
    assert_equal "$(count_layers app)" 2
    echo again >src/file
    run -0 --separate-stderr stacker build --collapse-build-only
    assert_said "found cached layer tools"
}

# behaviour: a script that is run again finds in its cache directories what it has fetched before
# documented: docs/splitting.md#what-splitting-cant-do
# status: beyond
@test "a cache directory" {
    recipe_of_page 2
    run -0 --separate-stderr stacker build
    assert_line "fetched one"
    assert_line "fetched two"
    sed -i 's/in one two/in one two three/' stacker.yaml
    run -0 --separate-stderr stacker build
    assert_output "fetched three"
    assert_equal "$(list_layer tools -1)" $'one\nthree\ntwo'
}
