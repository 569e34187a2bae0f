#!/usr/bin/env bats
# NFS: no place for roots, and one for all else. The machine is its own server, by the kernel.
#
# runs: in a machine of its own: the kernel has one NFS server, which exports to the whole machine

load ../helpers

setup() {
    begin_test
    requires container root nfs
    mount_nfs here
}

teardown() {
    end_test
    exportfs -u "127.0.0.1:$BATS_TEST_TMPDIR/export" || true
    rpc.nfsd 0
    echo 1 >/proc/sys/fs/leases-enable
}

say_what_nfs_lacks() {
    say_what_program_lacks mount.nfs
    say_what_program_lacks exportfs
    modprobe -n nfsd 2>/dev/null || grep -qw nfsd /proc/filesystems || echo "this kernel has no NFS server"
}

# serve: has the kernel serve what is exported. Who answers for the exports ends with each test, as all that it starts.
serve() {
    modprobe nfsd
    mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
    # No waiting for those who were served before a crash.
    rpc.nfsd --no-nfs-version 3 --grace-time 10 --lease-time 10 2
    start rpc.mountd --foreground --no-nfs-version 3
}

# mount_nfs DIR: an empty directory by NFS, in which root is root.
mount_nfs() {
    serve
    mkdir -p "$BATS_TEST_TMPDIR/export" "$1"
    exportfs -o rw,no_root_squash,no_subtree_check,insecure,fsid=0 "127.0.0.1:$BATS_TEST_TMPDIR/export"
    mount -t nfs4 -o vers=4.2 127.0.0.1:/ "$1"
    realpath "$1" >>"$BATS_TEST_TMPDIR/mounted"
}

# behaviour: roots on NFS are refused by check and build before anything is made, naming directory, file system and a way out
# documented: docs/file-systems.md#where-roots-can-be
# status: beyond
# bats test_tags=group:quick-priv
@test "roots on NFS" {
    busybox_recipe '  run: touch /it'
    run -1 --separate-stderr stacker --roots-dir here/roots check
    assert_line $'fail\troots: the roots directory '"$PWD/here/roots is on nfs, where overlayfs can't keep changes"
    assert_line --partial "help: name another with --roots-dir"
    run -1 --separate-stderr stacker --roots-dir here/roots build
    assert_said "error: the roots directory $PWD/here/roots is on nfs"
    assert_said "help: name another with --roots-dir"
    assert_equal "$(ls -A here)" ""
    [[ ! -e oci ]]
}

# behaviour: the recipe, its base, its imports, the stacker directory and the layout can be on NFS, if the roots are elsewhere
# documented: docs/file-systems.md#where-the-rest-can-be
# status: beyond
@test "all but the roots on NFS" {
    roots=$PWD/roots
    cd here
    busybox_base
    mkdir tree
    echo 1 >tree/file
    ln tree/file tree/link
    ln -s file tree/symlink
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  import: [tree]
  overlay_dirs: [{source: tree, dest: /tree}]
  run: cp /stacker/imports/tree/file /copy
above:
  from: {type: built, tag: it}
  import: ["stacker://it/copy"]
  run: cat /stacker/imports/copy >/above
END
    for round in 1 2; do
        stacker --roots-dir "$roots" build --layer-type tar --layer-type squashfs
        # What has changed is built again where it was.
        echo "$((round + 1))" >tree/file
    done
    assert_equal "$(layer_tar above -1 | tar xO above)" 2
    assert_equal "$(list_layer it 1)" $'tree\ntree/file\ntree/link\ntree/symlink'
    assert_layout_whole
    # Nothing is kept, by a name of NFS's, because it was open.
    assert_equal "$(find . -name '.nfs*' -o -name 'stacker-*' -o -name '.stacker-check.*')" ""
    stacker --roots-dir "$roots" gc
    stacker --roots-dir "$roots" grab it:/copy
    assert_equal "$(cat copy)" 2
    stacker --roots-dir "$roots" clean
    [[ ! -e .stacker ]]
}

# behaviour: a lock on a directory of NFS is seen by the machine that has it, one on a file by all: machines don't see each other in a layout
# documented: docs/file-systems.md#where-the-rest-can-be
# status: beyond
@test "locks on NFS" {
    # A machine to which the server has delegated a file locks it without a word to the server, until another one comes; two
    # mounts are none. Newer servers delegate what older ones did not.
    echo 0 >/proc/sys/fs/leases-enable
    # What is kept of the server is another's, as on another machine.
    mkdir there
    mount -t nfs4 -o vers=4.2,nosharecache 127.0.0.1:/ there
    realpath there >>"$BATS_TEST_TMPDIR/mounted"
    touch here/.lock
    [[ -e there/.lock ]]
    flock here flock --nonblock there true
    run ! flock here flock --nonblock here true
    run ! flock here/.lock flock --nonblock there/.lock true
}
