#!/usr/bin/env bats
# The order of the overlay: an upper layer's file hides a lower one's, however many layers there are.

load ../helpers

# assert_base_builds COUNT: on a base of that many layers, the top one's /top is seen, and every layer.
assert_base_builds() {
    layered_base "$1"
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "layered:latest"}
  run: |
    cat /top > /seen
    ls /layers | wc -l >> /seen
    rm /top
END
    stacker build
    assert_equal "$(count_layers it)" $(($1 + 1))
    assert_equal "$(list_layer it -1)" $'.wh.top\nseen'
    # Layer 1 is busybox itself, without a file in /layers.
    assert_equal "$(layer_tar it -1 | tar xO --wildcards '*seen')" "$1"$'\n'$(($1 - 1))
}

# bats test_tags=group:quick-unpriv
# behaviour: the file of the topmost layer that has it is the one that the script sees
# documented: docs/storage.md#the-mount; stacker's hacking guide, "Overlayfs / layer issues"
# status: documented
@test "the top of 9 layers hides the lower ones" {
    assert_base_builds 9
}

# behaviour: a base of 130 layers builds
# documented: docs/storage.md#many-layers
# status: beyond
@test "the top of 130 layers hides the lower ones" {
    assert_base_builds 130
}

# behaviour: a base of 450 layers builds
# documented: docs/storage.md#many-layers
# status: beyond
@test "the top of 450 layers hides the lower ones" {
    assert_base_builds 450
}

# behaviour: more layers than the kernel can stack are refused before anything runs
# documented: docs/storage.md#many-layers
# status: beyond
@test "more than 500 layers are refused before the script runs" {
    layered_base 501
    mkdir signal
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "layered:latest"}
  binds:
    - $PWD/signal -> /signal
  run: touch /signal/ran
END
    refuse build
    # The kernel's own refusal, of lowerdirs 0 to 501, would have a 500 in it, too.
    assert_said "overlayfs takes 500 lowerdirs"
    assert_not_exists signal/ran
    assert_layout_whole
    assert_nothing_left
}

# behaviour: layers built on each other stack in their order too
# documented: docs/storage.md#the-mount
# status: documented
@test "a built layer hides the one that it is built on" {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo 1 > /top
two:
  from: {type: built, tag: one}
  run: |
    test "$(cat /top)" = 1
    echo 2 > /top
three:
  from: {type: built, tag: two}
  run: |
    test "$(cat /top)" = 2
    rm /top
four:
  from: {type: built, tag: three}
  run: test ! -e /top
END
    stacker build
    assert_equal "$(count_layers four)" 4
    unpack_image two two-rootfs
    assert_equal "$(cat two-rootfs/top)" 2
    unpack_image four four-rootfs
    assert_not_exists four-rootfs/top
}
