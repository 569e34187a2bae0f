# shellcheck shell=bash
# What tests of gc have in common. Loaded by `load gc`.

# two_images [SCRIPT]: builds "one", and "two" on it by SCRIPT.
two_images() {
    [[ -e busybox ]] || busybox_base
    cat >stacker.yaml <<END
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo one > /one
two:
  from: {type: built, tag: one}
  run: ${1:-echo two > /two}
END
    stacker build
}

# assert_all_cached [ARGUMENT…]: a build finds everything in the cache.
assert_all_cached() {
    run -0 --separate-stderr stacker build "$@"
    refute_said "built successfully"
    assert_said "found cached layer"
}

# collect: stacker gc, after which the layout is whole, and nothing is left to remove.
collect() {
    run -0 --separate-stderr stacker gc
    assert_layout_whole
    assert_equal "$(stacker gc --dry-run)" "nothing to remove"
}

# list_everything: all files of the three directories, with what tells that one is another.
list_everything() {
    find oci roots .stacker -printf '%p %y %i %s %l\n' | LC_ALL=C sort
}
