#!/usr/bin/env bats
# Directories where no rename knows a flag, RENAME_NOREPLACE among them: NFS, and programs behind FUSE that know its older
# interface. All of a build but its roots may be there, and what is written takes nobody's place.

load ../helpers

# assert_no_flags DIR: renameat2(2) refuses the flag there.
assert_no_flags() {
    touch "$1/old"
    python3 -c '
import ctypes, errno, sys
libc = ctypes.CDLL(None, use_errno=True)
old, new = (f"{sys.argv[1]}/{name}".encode() for name in ("old", "new"))
assert libc.renameat2(-100, old, -100, new, 1) == -1
assert ctypes.get_errno() == errno.EINVAL, ctypes.get_errno()' "$1"
    rm "$1/old"
}

# behaviour: with hard links: the recipe, its base, its imports, the stacker directory and the layout can be there
# documented: docs/file-systems.md#where-the-rest-can-be
# status: beyond
@test "a build where renames know no flags" {
    requires bindfs
    mkdir behind
    mount_bindfs behind here
    assert_no_flags here
    roots=$PWD/roots
    cd here
    busybox_base
    mkdir tree
    echo 1 >tree/file
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports: [tree]
  overlay_dirs: [{source: tree, dest: /tree}]
  run: cp /stacker/imports/tree/file /copy
END
    stacker --roots-dir "$roots" build
    echo 2 >tree/file
    stacker --roots-dir "$roots" build
    assert_equal "$(layer_tar it -1 | tar xO copy)" 2
    assert_layout_whole
    stacker --roots-dir "$roots" gc
    # A directory, of which there may be one here.
    run -1 --separate-stderr stacker --roots-dir "$roots" grab it:/tree
    assert_said "there is a tree here already"
    rm -r tree
    stacker --roots-dir "$roots" grab it:/tree
    assert_equal "$(cat tree/file)" 2
    run -1 --separate-stderr stacker init --from scratch
    assert_said "it is there already"
    stacker init --from scratch -f first.yaml
    assert_equal "$(stat -c %h ../behind/first.yaml)" 1
    # A lock that is open has a name after it was removed, also on NFS.
    stacker --roots-dir "$roots" clean
    [[ ! -e .stacker ]]
    cd "$BATS_TEST_TMPDIR/work"
    unmount_bindfs behind here
}

# behaviour: without hard links: what is written takes nobody's place either
# documented: docs/file-systems.md#where-the-rest-can-be
# status: beyond
@test "a recipe to begin with where renames know no flags" {
    requires exfat
    mount_exfat here
    assert_no_flags here
    stacker init --from scratch -f here/first.yaml
    run -1 --separate-stderr stacker init --from scratch -f here/first.yaml
    assert_said "it is there already"
    stacker build -f here/first.yaml
    assert_equal "$(ls -A here)" first.yaml
    unmount_exfat here
}
