#!/usr/bin/env bats
# Directories of stacker's that are something else, can't be made or have a colon: what is there stays untouched.

load ../helpers

# behaviour: an output path that is a file is an error that names it, and the file is untouched
# documented: docs/storage.md#the-output-layout
# status: documented
@test "the oci-dir is a file" {
    busybox_recipe
    echo precious >oci
    refuse build
    assert_equal "$(cat oci)" precious
}

# behaviour: an output directory that is not a layout is an error that names it, and its files are untouched
# documented: docs/storage.md#the-output-layout
# status: documented
@test "the oci-dir is not a layout" {
    busybox_recipe
    mkdir oci
    echo precious >oci/file
    refuse build
    assert_equal "$(ls -A oci; cat oci/file)" $'file\nprecious'
}

# behaviour: the errors about the output directory say which path and what was expected there
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "the error about the oci-dir names it" {
    busybox_recipe
    mkdir results
    echo precious >results/file
    refuse --oci-dir results build
    assert_said results
    assert_said layout
}

# behaviour: a directory that can't be made is one error that names it, before anything runs
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "directories that can't be made" {
    busybox_recipe '  run: exit 7'
    : >file
    for option in --roots-dir --stacker-dir --work-dir --oci-dir; do
        for place in /proc/no-such/place file/place; do
            refuse "$option" "$place" build
            assert_said "${place%/place}"
            refute_output --partial "exit status 7"
            assert_equal "$(grep -c error <<<"$output$stderr")" 1
        done
    done
    # What was only tried is not there.
    run stacker --oci-dir new/layout build
    assert_failure
    assert_not_exists new
}

# behaviour: a roots directory with a colon is refused: it separates lowerdirs
# documented: docs/commands.md#global-options; docs/commands.md#messages
# status: documented
@test "a colon in the roots-dir" {
    busybox_recipe
    refuse --roots-dir "$PWD/a:b" build
    assert_said "is forbidden"
    assert_not_exists a:b
}
