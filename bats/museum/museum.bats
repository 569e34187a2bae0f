#!/usr/bin/env bats
# The public record of hard links that ran out or went astray in builders, one small reproducer each, and what stacker
# makes of it.

load ../helpers

setup() {
    begin_test
    requires container loop btrfs
}

# behaviour: an image that is based on busybox is unpacked on btrfs without extref, where other unpackers stop
# documented: docs/file-systems.md#what-dies-of-it; moby/moby issue 16755, "Panic when pulling an image, ApplyLayer - too many links"
# status: beyond
# why: docker's ApplyLayer stopped at the 200th name of /bin/[, and so did every pull of an image on busybox
@test "moby 16755: an image on busybox, on btrfs without extref" {
    requires umoci
    busybox_base
    cat >stacker.yaml <<'END'
mystuff:
  from: {type: oci, url: "busybox:latest"}
  run: echo mystuff >/mystuff
END
    stacker build
    rm -rf roots .stacker
    mount_file_system btrfs-noextref-4k fs
    run ! umoci raw unpack --image oci:mystuff fs/rootfs
    assert_output --partial "too many links"
    rm -rf fs/rootfs
    cat >stacker.yaml <<'END'
on-it:
  from: {type: oci, url: "oci:mystuff"}
  run: test -e /mystuff; ls /bin >/names
END
    stacker --work-dir fs build
    assert_equal "$(layer_tar on-it -1 fs/oci | tar xO names | wc -l)" 404
}

# behaviour: images on one base take no names of the base's files, however many there are
# documented: docs/storage.md#roots; coreos/bugs issue 474, "Error pulling: too many links"
# status: documented
# why: docker's first overlay driver made each layer a tree of hard links to the one below: a hundred images that shared
# fifteen layers gave every file thousands of names, until ext4 had no more
@test "coreos 474: images on one base add no names to its files" {
    busybox_base
    {
        printf 'one:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it >/it\n'
        printf 'two:\n  from: {type: built, tag: one}\n  run: echo two >/two\n'
        printf 'three:\n  from: {type: built, tag: two}\n  run: cat /it /two >/three\n'
    } >stacker.yaml
    stacker build
    local base
    base=$(layer_directory three 0)/overlay
    assert_equal "$(stat -c %h "$base/etc/passwd" "$base/bin/busybox")" $'1\n404'
    assert_equal "$(stat -c %h "$(layer_directory three 1)/overlay/it")" 1
}

# behaviour: a build on btrfs deletes thousands of files of one directory; without extref only after the remedy
# documented: docs/file-systems.md#deleting-is-linking; containers/buildah issue 3554, "Image creation fails during file deletion with "Too many links" on BTRFS as underlying file system"
# status: documented
# why: a base with 2,807 log files that the build removed
@test "buildah 3554: deleting thousands of files in a build on btrfs" {
    busybox_base
    cat >stacker.yaml <<'END'
logs:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: mkdir -p /path/to/log; cd /path/to/log; for n in $(seq 2807); do echo >E037A1590E4C1755F442FB1-$n.log; done
clean:
  from: {type: built, tag: logs}
  run: rm -r /path/to/log/*
END
    mount_file_system btrfs btrfs
    stacker --work-dir btrfs build
    assert_equal "$(list_layer clean -1 btrfs/oci | grep -c '\.wh\..*\.log')" 2807
    unmount_file_system btrfs

    mount_file_system btrfs-noextref-16k noextref
    run ! --separate-stderr stacker --work-dir noextref build
    assert_said ".log': Too many links"
    echo 1 >"/sys/fs/btrfs/$(findmnt -no UUID --mountpoint "$PWD/noextref")/features/extended_iref"
    stacker --work-dir noextref build
    assert_equal "$(list_layer clean -1 noextref/oci | grep -c '\.wh\..*\.log')" 2807
}

# bats test_tags=group:quick-unpriv
# behaviour: new names of a lower layer's file are one file in their layer; the names that it had keep the old one
# documented: docs/storage.md#layers; moby/moby issue 5632, "Docker removes hardlinks to files from other layers on commit"
# status: documented
# why: overlayfs copies the file up before it links it, and a layer can't say that a name is a lower layer's file; docker
# left the links out, and each name was a file of its own: git's directory grew from 14 MB to 181
@test "moby 5632: hard links to a file of a lower layer" {
    requires umoci
    build_pair 'echo it >/file1; cp -l /file1 /file2; cp -l /file1 /file3' 'cp -l /file1 /file4; cp -l /file1 /file5'
    assert_equal "$(list_layer above -1)" $'file1\nfile4\nfile5'
    assert_equal "$(layer_tar above -1 | tar tv | grep -c ^h)" 2
    unpack_image above rootfs
    assert_equal "$(stat -c %h rootfs/file1 rootfs/file4 rootfs/file5 | uniq)" 3
    assert_equal "$(stat -c %h rootfs/file2 rootfs/file3 | uniq)" 2
    assert_equal "$(cat rootfs/file?)" $'it\nit\nit\nit\nit'
}

# behaviour: every further name of a file points at its first name in the layer, also where a base had a chain of names
# documented: docs/storage.md#layers; containers/buildah issue 6297, "Hardlink layout in the layer changed between v1.40.1 and v1.41.0"
# status: documented
# why: with link10 pointing to link1, link2 to link10 and so on, scanners lost their way, ostree refused the image, and
# digests that should have stayed were new
@test "buildah 6297: no chains of hard links" {
    mkdir -p tree/tmp
    echo end >tree/tmp/end
    local n
    for n in {1..10}; do ln tree/tmp/end "tree/tmp/link$n"; done
    make_chained_tar tree.tar tmp/end tmp/link{1,10,2,3,4,5,6,7,8,9}
    run tar tvf tree.tar
    assert_line --partial "tmp/link10 link to tmp/link1"
    cat >stacker.yaml <<'END'
chain:
  from: {type: tar, url: tree.tar}
END
    stacker build
    assert_equal "$(layer_tar chain -1 | tar tv | sed -n 's/^h.* link to //p' | sort | uniq -c | xargs)" "10 tmp/end"
}

# make_chained_tar TAR NAME…: a tar in which each name is a hard link to the one before it.
make_chained_tar() {
    python3 - "$@" <<'END'
import io, sys, tarfile

with tarfile.open(sys.argv[1], "w") as tar:
    for number, name in enumerate(sys.argv[2:]):
        entry = tarfile.TarInfo(name)
        if number:
            entry.type, entry.linkname = tarfile.LNKTYPE, sys.argv[number + 1]
            tar.addfile(entry)
        else:
            entry.size = 4
            tar.addfile(entry, io.BytesIO(b"end\n"))
END
}

# assert_roots_refused DIR REASON: check and build fail before anything is made, and say where, what and what to do.
assert_roots_refused() {
    local before
    before=$(ls -A "$1")
    run -1 --separate-stderr stacker --roots-dir "$1/roots" check
    assert_line --regexp "^fail"$'\t'"roots: the roots directory $PWD/$1/roots is on FUSE .*$2"
    assert_line --partial "help: name another with --roots-dir"
    run -1 --separate-stderr stacker --roots-dir "$1/roots" build
    assert_said "error: the roots directory $PWD/$1/roots is on FUSE and can't hold an overlay: $2"
    assert_said "help: name another with --roots-dir"
    assert_equal "$(ls -A "$1")" "$before"
    assert_not_exists oci
}

# behaviour: roots on FUSE are refused before anything is unpacked if it has no hard links, or no place for an overlay
# documented: docs/file-systems.md#where-roots-can-be; containers/podman issue 15302, "podman 4.1.1: 'too many links' error when podman pulling some images to FUSE-based imagestore rootdir"
# status: beyond
# why: gluster allows a hundred names, and the pull met that when it was nearly done. NFS, which the report suspected first,
# is refused by its name: few kernels that run tests can mount one, so RootsFileSystemTests.swift shows that
@test "podman 15302: roots on FUSE" {
    requires bindfs exfat
    cat >stacker.yaml <<'END'
it:
  from: {type: scratch}
END
    mount_exfat exfat
    assert_roots_refused exfat "couldn't make a hard link: Operation not permitted"
    unmount_exfat exfat

    # Links, whiteouts and attributes can be made here, as far as the file system behind it goes.
    mount_file_system btrfs-noextref-4k behind
    mount_bindfs behind fuse
    assert_equal "$(count_names fuse 1000)" 189
    rm fuse/*
    assert_roots_refused fuse "the kernel refuses it under an overlay: Invalid argument"
    unmount_bindfs behind fuse
}
