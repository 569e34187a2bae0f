#!/usr/bin/env bats
# A directory that was deleted and made again hides all that is below it.
#
# file-systems: all

load ../helpers

below='mkdir -p /d/sub/deep; echo old > /d/old; echo old > /d/sub/old; echo old > /d/sub/deep/old'

# opaque_mark DIR ATTRIBUTE: the attribute's value, or nothing.
opaque_mark() {
    python3 -c 'import os, sys
try: print(os.getxattr(sys.argv[1], sys.argv[2]).decode())
except OSError: pass' "$1" "$2"
}

# bats test_tags=group:quick
# behaviour: a directory that the script deleted and made again is opaque: .wh..wh..opq in a tar
# documented: docs/storage.md#whiteouts
# status: documented
@test "a directory that was made again is opaque in a tar" {
    requires umoci
    build_pair "$below" 'rm -r /d; mkdir /d; echo new > /d/new'
    assert_equal "$(list_layer above -1)" $'d\nd/.wh..wh..opq\nd/new'
    unpack_image above rootfs
    assert_equal "$(ls -A rootfs/d)" new
}

# behaviour: in a squashfs it has overlayfs's attribute under both of its names, so that it mounts either way
# documented: docs/storage.md#layer-types
# status: documented
# original: a squashfs has only the attribute of overlays of users: mounted by root, it shows what was deleted, and is another image than the tar
@test "a directory that was made again is opaque in a squashfs" {
    requires umoci loop
    build_pair_of_both "$below" 'rm -r /d; mkdir /d; echo new > /d/new'
    mount_layer above-squashfs -1 layer
    assert_equal "$(opaque_mark layer/d trusted.overlay.opaque)" y
    assert_equal "$(opaque_mark layer/d user.overlay.opaque)" y
    assert_readers_agree above
    assert_equal "$(ls -A mounted/d)" new
}

# behaviour: a directory with new files that was not deleted is not opaque
# documented: docs/storage.md#whiteouts
# status: documented
@test "a directory that was only added to is not opaque" {
    requires umoci loop
    build_pair_of_both "$below" 'echo new > /d/new; chmod 0700 /d/sub'
    assert_equal "$(list_layer above -1)" $'d\nd/new\nd/sub'
    mount_layer above-squashfs -1 layer
    assert_equal "$(opaque_mark layer/d trusted.overlay.opaque)" ""
    assert_readers_agree above
    assert_equal "$(cat rootfs/d/sub/deep/old rootfs/d/new)" $'old\nnew'
}

# behaviour: an opaque directory in one that is not, and a new directory in an opaque one
# documented: docs/storage.md#whiteouts
# status: documented
# original: a squashfs has only the attribute of overlays of users: mounted by root, it shows what was deleted, and is another image than the tar
@test "nested opaque directories" {
    requires umoci loop
    build_pair_of_both "$below" 'rm -r /d/sub; mkdir -p /d/sub/deep; echo new > /d/sub/deep/new'
    assert_readers_agree above
    assert_equal "$(cd rootfs/d && find . -type f | LC_ALL=C sort)" $'./old\n./sub/deep/new'
    list_layer above -1 | grep -qx 'd/sub/.wh..wh..opq'
    run ! grep -qx 'd/.wh..wh..opq' <<<"$(list_layer above -1)"
}

# behaviour: an empty directory in place of a full one hides what was in it
# documented: docs/storage.md#whiteouts
# status: documented
# original: a squashfs has only the attribute of overlays of users: mounted by root, it shows what was deleted, and is another image than the tar
@test "a directory that was made again and is empty" {
    requires umoci loop
    build_pair_of_both "$below" 'rm -r /d; mkdir -m 0750 /d'
    assert_readers_agree above
    assert_equal "$(ls -A rootfs/d)" ""
    assert_equal "$(stat -c %a rootfs/d)" 750
}

# behaviour: the opaque directories of a base count for the next script, from a tar and from a squashfs
# documented: docs/storage.md#whiteouts; docs/storage.md#layer-types
# status: documented
@test "an opaque directory in a base hides what is below" {
    build_pair_of_both "$below" 'rm -r /d; mkdir /d; echo new > /d/new'
    mv oci base
    for tag in above above-squashfs; do
        rm -rf oci roots .stacker
        cat >stacker.yaml <<EOF
next:
  from: {type: oci, url: "base:$tag"}
  run: find /d -type f > /seen
EOF
        stacker build
        assert_equal "$(layer_tar next -1 | tar xO --wildcards '*seen')" /d/new
    done
}

# behaviour: an opaque directory survives layers above it that add to the directory
# documented: docs/storage.md#whiteouts
# status: documented
# original: a squashfs has only the attribute of overlays of users: mounted by root, it shows what was deleted, and is another image than the tar
@test "a layer above an opaque directory" {
    requires umoci loop
    spread_base
    cat >stacker.yaml <<EOF
one:
  from: {type: oci, url: "busybox:latest"}
  run: $below
two:
  from: {type: built, tag: one}
  run: rm -r /d; mkdir /d; echo two > /d/two
three:
  from: {type: built, tag: two}
  run: echo three > /d/three; rm /d/two
EOF
    stacker build --layer-type tar --layer-type squashfs
    assert_readers_agree three
    assert_equal "$(ls -A rootfs/d)" three
}
