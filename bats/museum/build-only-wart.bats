#!/usr/bin/env bats
# The wart: an image ships what a build_only layer wrote, though it deletes it.

load ../helpers

# behaviour: a large file that a build_only layer wrote and the image removed is in the image's blobs, hidden
# documented: docs/recipe.md#build_only; stacker's hacking guide, "Overlay storage layout"
# status: documented
# why: the guide's recipe, with a file of 20 MB in place of 1000
@test "an image ships the file that it deletes" {
    requires umoci
    busybox_base
    cat >stacker.yaml <<'END'
foo:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: |
    dd if=/dev/urandom of=/bigfile bs=1M count=20
bar:
  from: {type: built, tag: foo}
  run: |
    rm /bigfile
END
    stacker build
    assert_equal "$(list_layer bar 1)" bigfile
    assert_equal "$(layer_tar bar 1 | tar xO --wildcards '*bigfile' | wc -c)" $((20 << 20))
    # Random bytes don't compress: they are in the layout, and whoever pulls the image gets them.
    size=$(stat -c %s "$(layer_blob bar 1)")
    ((size > 20 << 20)) || fail "the blob has $size bytes"
    assert_equal "$(list_layer bar 2)" .wh.bigfile
    unpack_image bar rootfs
    assert_not_exists rootfs/bigfile
}
