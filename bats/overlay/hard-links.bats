#!/usr/bin/env bats
# Names of one file: one file in the layer, and what overlayfs makes of them across layers.
#
# file-systems: all

load ../helpers

# links_in TAG N: "NAME -> FIRST" for each hard link in a tar layer.
links_in() {
    layer_tar "$1" "$2" | tar tv | sed -n 's/^h.* \(.*\) link to \(.*\)/\1 -> \2/p' | sed 's,\./,,g'
}

# behaviour: further names of a file are links to the first one in the archive, never to each other
# documented: docs/storage.md#layers
# status: documented
@test "a tar's hard links all point to the first name" {
    requires umoci loop
    build_pair_of_both 'true' 'mkdir /a /z; echo it > /m; ln /m /z/1; ln /z/1 /a/2; ln /a/2 /b'
    assert_equal "$(links_in above -1)" $'b -> a/2\nm -> a/2\nz/1 -> a/2'
    assert_readers_agree above
    assert_equal "$(stat -c %h rootfs/m)" 4
    assert_equal "$(stat -c %i mounted/m mounted/b mounted/a/2 mounted/z/1 | sort -u | wc -l)" 1
    assert_equal "$(cat mounted/z/1)" it
}

# behaviour: two groups of names with the same content stay two files
# documented: docs/storage.md#layers
# status: documented
@test "equal files are not made hard links" {
    requires umoci loop
    build_pair_of_both 'true' 'echo it > /a; ln /a /b; echo it > /c; ln /c /d'
    assert_equal "$(links_in above -1)" $'b -> a\nd -> c'
    assert_readers_agree above
    assert_not_equal "$(stat -c %i rootfs/a)" "$(stat -c %i rootfs/c)"
}

# behaviour: a new name for a file of a lower layer is a copy of it; both names are in the layer, as one file
# documented: docs/storage.md#layers
# status: documented
# why: overlayfs copies the file up before it links it, so that both names are in the upperdir
@test "a hard link to a file of a lower layer" {
    requires umoci loop
    build_pair_of_both 'echo it > /old' 'ln /old /new'
    assert_equal "$(list_layer above -1)" $'new\nold'
    assert_equal "$(links_in above -1)" 'old -> new'
    assert_readers_agree above
    assert_equal "$(stat -c %h rootfs/old)" 2
}

# behaviour: a change to one of several names that a lower layer has breaks the link: the others keep the old content
# documented: docs/storage.md#layers
# status: documented
# why: without overlayfs's index feature, copy-up breaks hard links; a layer cannot say that they are one file again
@test "a hard link that is broken by copy-up" {
    requires umoci loop
    build_pair_of_both 'echo old > /a; ln /a /b; ln /a /c' 'echo new > /b; cat /a /b /c > /seen'
    assert_equal "$(list_layer above -1)" $'b\nseen'
    assert_readers_agree above
    assert_equal "$(tr '\n' ' ' <rootfs/seen)" "old new old "
    assert_equal "$(cat rootfs/a rootfs/b rootfs/c)" $'old\nnew\nold'
    assert_equal "$(stat -c %i rootfs/a)" "$(stat -c %i rootfs/c)"
}

# behaviour: pipes and device nodes that have several names keep them
# documented: docs/storage.md#layers
# status: beyond
# why: only root can make device nodes
# bats test_tags=level:priv
@test "hard links of a pipe and of a device" {
    requires umoci loop
    build_pair_of_both 'true' 'mkdir /d; mkfifo /d/pipe; ln /d/pipe /d/pipe2; mknod /d/null c 1 3; ln /d/null /d/null2'
    assert_equal "$(links_in above -1)" $'d/null2 -> d/null\nd/pipe2 -> d/pipe'
    assert_readers_agree above
    assert_equal "$(stat -c %h rootfs/d/null rootfs/d/pipe | sort -u)" 2
}

# behaviour: deleting the first of a lower layer's names leaves the others whole
# documented: docs/storage.md#layers; docs/storage.md#whiteouts
# status: documented
@test "the first name is deleted in the next layer" {
    requires umoci loop
    build_pair_of_both 'echo it > /a; ln /a /b; ln /a /c' 'rm /a'
    assert_equal "$(list_layer above -1)" .wh.a
    assert_readers_agree above
    assert_not_exists rootfs/a
    assert_equal "$(cat rootfs/b rootfs/c)" $'it\nit'
    assert_equal "$(stat -c %h rootfs/b)" 2
}

# behaviour: hard links of a base in squashfs are hard links in a tar made of it, and the other way round
# documented: docs/storage.md#layer-types
# status: documented
@test "hard links survive a change of the layer's type" {
    requires umoci loop
    build_pair 'echo it > /m; ln /m /a; mkdir /z; ln /m /z/1' 'true' --layer-type squashfs
    mv oci base
    rm -rf roots .stacker
    cat >stacker.yaml <<'EOF'
next:
  from: {type: oci, url: "base:below-squashfs"}
  run: touch /next
EOF
    stacker build --layer-type tar --layer-type squashfs
    assert_equal "$(links_in next 1)" $'m -> a\nz/1 -> a'
    assert_readers_agree next
    assert_equal "$(stat -c %h rootfs/m)" 3
}
