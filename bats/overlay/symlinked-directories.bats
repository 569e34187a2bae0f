#!/usr/bin/env bats
# stacker's own directories, where their paths lead through symlinks: onto a larger disk, into a home directory.

load ../helpers

# linked_directories: roots, .stacker and oci are symlinks to empty directories of "disk".
linked_directories() {
    busybox_base
    mkdir -p disk/{r,s,o}
    ln -s disk/r roots
    ln -s "$PWD/disk/s" .stacker
    ln -s disk/o oci
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo hello > /hello\n' >stacker.yaml
}

# behaviour: directories that are symlinks are built in; check says so, and what was built is found again
# documented: docs/storage.md#directories-elsewhere
# status: beyond
@test "directories that are symlinks" {
    linked_directories
    run -0 --separate-stderr stacker check
    refute_line --regexp '^fail'
    stacker build
    assert_equal "$(list_layer it -1)" hello
    run -0 stacker build
    assert_said "found cached layer it"
    run -0 --separate-stderr stacker chroot it cat /hello
    assert_output hello
    run -0 stacker gc
    run -0 stacker build
    assert_said "found cached layer it"
    assert_equal "$(readlink roots .stacker oci)" "disk/r"$'\n'"$PWD/disk/s"$'\n'"disk/o"
}

# behaviour: a work directory may be named through a symlink
# documented: docs/storage.md#directories-elsewhere
# status: beyond
@test "a work directory through a symlink" {
    busybox_base
    mkdir -p disk/deep
    ln -s disk link
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo hello > /hello\n' >stacker.yaml
    run -0 --separate-stderr stacker --work-dir link/deep/work check
    refute_line --regexp '^fail'
    stacker --work-dir link/deep/work build
    assert_equal "$(list_layer it -1 disk/deep/work/oci)" hello
}

# behaviour: clean empties a directory that is a symlink, and leaves the symlink
# documented: docs/commands.md#clean
# status: beyond
@test "clean empties what symlinks lead to" {
    linked_directories
    stacker build
    stacker clean
    assert_equal "$(find disk -mindepth 2)" ""
    assert_equal "$(readlink roots .stacker oci)" "disk/r"$'\n'"$PWD/disk/s"$'\n'"disk/o"
    stacker build
    assert_equal "$(list_layer it -1)" hello
}

# behaviour: a directory that is a symlink to nothing is an error of build and of check, which name it
# documented: docs/storage.md#directories-elsewhere
# status: beyond
@test "a symlink that leads nowhere" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    local directory
    for directory in roots .stacker oci; do
        ln -s nowhere "$directory"
        run -1 --separate-stderr stacker check
        assert_line --regexp "^fail.*$PWD/$directory.* leads nowhere"
        run -1 --separate-stderr stacker build
        assert_said "$PWD/$directory"
        assert_said "leads nowhere"
        rm -rf roots .stacker oci
    done
}
