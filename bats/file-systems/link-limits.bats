#!/usr/bin/env bats
# What builds do with many names and many deletions on the file system that the roots are on. Alone this works on xfs,
# where all of it succeeds; `make check-fs` shows where it does not.
#
# file-systems: all

load ../helpers

setup() {
    begin_test
    requires container loop xfs
    busybox_base "$HOME/busybox"
    work_on_file_system
}

# behaviour: a busybox image is unpacked as it is: the 404 names in /bin are one file
# documented: docs/file-systems.md#what-a-build-does
# status: documented
# fails-on: btrfs-noextref-4k: a node of 4096 bytes has no place for the names; a build goes on with a copy
@test "busybox is unpacked without a copy" {
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "$HOME/busybox:latest"}
  run: echo it >/it
END
    stacker build
    assert_equal "$(find roots/sha256_*/overlay/bin -type f -printf '%i\n' | sort -u | wc -l)" 1
}

# behaviour: an image on busybox has the same bytes on every file system
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "an image on busybox is the same bytes" {
    clamp_times
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "$HOME/busybox:latest"}
  run: mkdir /d; echo it >/d/a; ln /d/a /d/b; rm /bin/wget /etc/group
END
    stacker build
    # The tar of this change is a constant, whatever the file system, the machine or the day.
    assert_equal "$(layer_tar it -1 | sha256sum | cut -c1-16)" 609e1ad082719c91
}

# names_in_run COUNT: a script that gives one file so many names in one directory.
names_in_run() {
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "$HOME/busybox:latest"}
  run: mkdir /many; cd /many; echo it >0; for n in \$(seq $(($1 - 1))); do ln 0 \$n; done
END
}

# behaviour: a script gives a file 500 names in one directory
# documented: docs/file-systems.md#how-many-names-a-file-can-have
# status: documented
# fails-on: btrfs-noextref-4k: a node has place for about 300 names of this length
@test "500 names of a file in run:" {
    names_in_run 500
    stacker build
    assert_equal "$(layer_tar it -1 | tar tv | grep -c '^h')" 499
}

# behaviour: a script gives a file 2,000 names in one directory
# documented: docs/file-systems.md#how-many-names-a-file-can-have
# status: documented
# fails-on: btrfs-noextref-4k btrfs-noextref-16k: a node has place for about 300 or 1,200 names of this length
@test "2,000 names of a file in run:" {
    names_in_run 2000
    stacker build
    assert_equal "$(layer_tar it -1 | tar tv | grep -c '^h')" 1999
}

# delete_in_run COUNT: an image that deletes so many files of one directory of the layer below.
delete_in_run() {
    cat >stacker.yaml <<END
many:
  from: {type: oci, url: "$HOME/busybox:latest"}
  build_only: true
  run: mkdir /many; cd /many; for n in \$(seq $1); do echo >file-\$n; done
none:
  from: {type: built, tag: many}
  run: rm /many/*
END
    stacker build
    assert_equal "$(list_layer none -1 | grep -c '\.wh\.file-')" "$1"
}

# behaviour: a script deletes 150 files of one directory of the layer below
# documented: docs/file-systems.md#deleting-is-linking
# status: documented
@test "rm of 150 files of one directory in run:" {
    delete_in_run 150
}

# behaviour: a script deletes 300 files of one directory of the layer below
# documented: docs/file-systems.md#deleting-is-linking
# status: documented
# fails-on: btrfs-noextref-4k: whiteouts are names of one inode, and a node has place for about 200 of this length
@test "rm of 300 files of one directory in run:" {
    delete_in_run 300
}

# behaviour: a script deletes 1,000 files of one directory of the layer below
# documented: docs/file-systems.md#deleting-is-linking
# status: documented
# fails-on: btrfs-noextref-4k btrfs-noextref-16k: whiteouts are names of one inode, and a node has place for 200 or 800
@test "rm of 1,000 files of one directory in run:" {
    delete_in_run 1000
}

# behaviour: the 65,001 names that a base's file has in ten directories are one file
# documented: docs/file-systems.md#how-many-names-a-file-can-have
# status: documented
# fails-on: ext4: a file has 65,000 names at most; a build goes on with a copy
# fails-on: btrfs-noextref-4k btrfs-noextref-16k: a node has no place for 6,500 names; a build goes on with copies
@test "65,001 names of a base's file are one file" {
    linked_base 65001
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "linked:latest"}
  run: test $(ls /linked/* | grep -c name-) = 65001
END
    stacker build
    assert_equal "$(find roots/sha256_*/overlay/linked -type f -printf '%i\n' | sort -u | wc -l)" 1
}
