#!/usr/bin/env bats
# "Too many links" (EMLINK): the images that unpack on one machine and not on another. A file system limits how many
# names a file can have; btrfs without extended inode refs (extref) limits the bytes of all its names in one directory,
# to what one node holds. A busybox image has 400 names of one file in /bin.
#
# The first tests show the cause without stacker. Then comes what a build makes of it.

load ../helpers

setup() {
    begin_test
    requires container loop ext4 btrfs xfs
}

# behaviour: link(2) ends with EMLINK where the file system says so, and nowhere else
# documented: docs/file-systems.md#how-many-names-a-file-can-have
# status: documented
# why: it is the file systems' own doing, whoever runs stacker
# bats test_tags=level:priv
@test "each file system has its own limit of names" {
    local name
    declare -A most=([ext4]=65000 [btrfs]=65535 [btrfs-noextref-4k]=189 [btrfs-noextref-16k]=774 [xfs]=66000 [tmpfs]=66000)
    for name in "${FILE_SYSTEMS[@]}"; do
        mount_file_system "$name" "$name"
        mkdir "$name/one"
        assert_equal "$name: $(count_names "$name/one" 66000)" "$name: ${most[$name]}"
        unmount_file_system "$name"
    done
}

# behaviour: without extref it is the length of the names that counts, and another directory has room of its own
# documented: docs/file-systems.md#how-many-names-a-file-can-have
# status: documented
# why: it is the file systems' own doing, whoever runs stacker
# bats test_tags=level:priv,group:quick
@test "btrfs without extref counts the bytes of the names in one directory" {
    mount_file_system btrfs-noextref-4k fs
    mkdir fs/short fs/long fs/other
    assert_equal "$(count_names fs/short 1000 %03d)" 305
    assert_equal "$(count_names fs/long 1000 "%0100d")" 36
    # The first file is full in its directory; the same inode has names elsewhere.
    ln fs/short/file fs/other/file
    run -1 ln fs/short/file fs/short/one-more
    assert_output --partial "Too many links"
}

# behaviour: a program that does not expect it cannot unpack busybox there
# documented: docs/file-systems.md#what-dies-of-it
# status: documented
# why: it is the file systems' own doing, whoever runs stacker
# bats test_tags=level:priv
@test "an unpacker that does not expect it dies of busybox" {
    requires umoci
    busybox_base
    mount_file_system btrfs-noextref-4k fs
    run ! umoci raw unpack --image busybox:latest fs/rootfs
    assert_output --partial "too many links"
}

# behaviour: what is written through an overlay has the limits of the file system under its upperdir
# documented: docs/file-systems.md#how-many-names-a-file-can-have
# status: documented
# why: it is the file systems' own doing, whoever runs stacker
# bats test_tags=level:priv,group:quick
@test "an overlay has the limit of what is below it" {
    local name
    declare -A most=([btrfs-noextref-4k]=189 [btrfs-noextref-16k]=774 [btrfs]=2000 [ext4]=2000)
    for name in "${!most[@]}"; do
        mount_file_system "$name" "$name"
        mount_overlay "$name" "$PWD/merged"
        mkdir merged/one
        assert_equal "$name: $(count_names merged/one 2000)" "$name: ${most[$name]}"
        umount merged
        unmount_file_system "$name"
    done
}

# behaviour: an overlay on btrfs without extref can't delete many files of one directory: its whiteouts are one inode
# documented: docs/file-systems.md#deleting-is-linking
# status: documented
# why: it is the file systems' own doing, whoever runs stacker
# bats test_tags=level:priv
@test "an overlay there refuses to delete many files of one directory" {
    local name
    declare -A left=([btrfs-noextref-4k]=some [btrfs-noextref-16k]=some [btrfs]=none [ext4]=none)
    for name in "${!left[@]}"; do
        mount_file_system "$name" "$name"
        mkdir -p "$name/lower/many"
        touch "$name"/lower/many/file-{0001..1000}
        mount_overlay "$name" "$PWD/merged"
        run rm -rf merged/many/file-{0001..1000}
        if [[ ${left[$name]} == none ]]; then
            assert_equal "$name: $status" "$name: 0"
        else
            assert_equal "$name: $status" "$name: 1"
            assert_output --partial "Too many links"
        fi
        umount merged
        unmount_file_system "$name"
    done
}

# behaviour: overlayfs deletes more files of one directory than an inode of ext4 can have names
# documented: docs/file-systems.md#deleting-is-linking
# status: documented
# why: where a whiteout has all the names that it can have, overlayfs makes another; on btrfs without extref it is the
# directory that has no room, which overlayfs learns too late
# bats test_tags=level:priv
@test "an overlay on ext4 deletes 65,100 files of one directory" {
    mount_file_system ext4 fs
    mkdir -p fs/lower/many
    # Names are made sooner than files, and there are inodes for no more than these.
    assert_equal "$(count_names fs/lower/many 65000 file-%06d)" 65000
    mv fs/lower/many/file fs/lower/many/file-000000
    touch fs/lower/many/file-{065001..065100}
    mount_overlay fs "$PWD/merged"
    (cd merged/many && find . -name 'file-*' -delete)
    assert_equal "$(find merged/many -type f | wc -l)" 0
    assert_equal "$(find fs/upper -type c -printf '%i\n' | sort | uniq -c | awk '{ print $1 }' | sort -n | tail -n 1)" 65000
    assert_equal "$(find fs/upper -type c | wc -l)" 65100
    umount merged
}

# behaviour: btrfstune -r on the unmounted file system lifts the limit
# documented: docs/file-systems.md#the-remedy
# status: documented
# why: it is the file systems' own doing, whoever runs stacker
# bats test_tags=level:priv
@test "btrfstune -r mends an unmounted btrfs" {
    mount_file_system btrfs-noextref-4k fs
    mkdir fs/before
    assert_equal "$(count_names fs/before 1000)" 189
    unmount_file_system fs
    btrfstune -r fs.img
    mount_file_system btrfs-noextref-4k fs
    mkdir fs/after
    assert_equal "$(count_names fs/after 1000)" 1000
    # Also for a file that was full.
    ln fs/before/file fs/before/one-more
}

# behaviour: the switch in /sys lifts the limit of a mounted file system
# documented: docs/file-systems.md#the-remedy
# status: documented
# why: it is the file systems' own doing, whoever runs stacker
# bats test_tags=level:priv
@test "the switch in /sys mends a mounted btrfs" {
    mount_file_system btrfs-noextref-16k fs
    mkdir fs/before fs/after
    assert_equal "$(count_names fs/before 1000)" 774
    echo 1 >"/sys/fs/btrfs/$(findmnt -no UUID --mountpoint "$PWD/fs")/features/extended_iref"
    assert_equal "$(count_names fs/after 1000)" 1000
    ln fs/before/file fs/before/one-more
}

# --- What a build makes of it -----------------------------------------------------------------------

busybox_recipe() {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo it >/it
END
}

# behaviour: busybox can be built on everywhere, and the image is the same
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "busybox builds on every file system, to the same bytes" {
    local name digest first
    busybox_recipe
    export SOURCE_DATE_EPOCH=1700000000
    for name in $(list_file_systems); do
        mount_file_system "$name" "$name"
        run -0 stacker --work-dir "$name" build
        digest=$(layer_digest it -1 "$name/oci")
        assert_equal "$name: $digest" "$name: ${first:=$digest}"
        if [[ $name == btrfs-noextref-4k ]]; then
            assert_equal "$(grep -c 'more hard links than btrfs without' <<<"$output")" 1
            # One copy carries what the file itself has no room for.
            assert_equal "$(count_inodes_of_busybox "$name")" 2
        else
            assert_equal "$name: $(count_inodes_of_busybox "$name")" "$name: 1"
            refute_output --partial "more hard links"
        fi
        unmount_file_system "$name"
    done
}

count_inodes_of_busybox() {
    find "$1"/roots/sha256_*/overlay/bin -type f -printf '%i\n' | sort -u | wc -l
}

# behaviour: the warning says which file, how many copies, where, why, and what helps; copies share their blocks
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "the warning of a split file says all there is to say, once" {
    busybox_recipe
    mount_file_system btrfs-noextref-4k fs
    run -0 --separate-stderr stacker --work-dir fs build
    run -0 grep -F "bin/[ has more hard links than" <<<"$stderr"
    assert_equal "${#lines[@]}" 1
    assert_output --partial "warning: layer sha256:"
    assert_output --partial "btrfs without extended inode refs (nodesize 4096)"
    assert_output --partial "made 1 copy, which shares its blocks"
    assert_output --partial "stacker check --fix"
    assert_output --partial "btrfstune -r"
    # Nothing is unpacked, and nothing said, a second time.
    run -0 --separate-stderr stacker --work-dir fs build
    refute_said "has more hard links"
}

# behaviour: --hardlink-overflow=error fails with the same words, and leaves nothing half-done
# documented: docs/commands.md#build
# status: beyond
@test "overflow can be an error" {
    busybox_recipe
    mount_file_system btrfs-noextref-4k fs
    run -1 --separate-stderr stacker --work-dir fs build --hardlink-overflow=error
    assert_said "bin/[ has more hard links than btrfs without extended inode refs (nodesize 4096) allows"
    assert_said "Too many links"
    refute_said "split into copies"
    assert_said "help: switch extended inode refs on"
    assert_file_not_exists fs/oci/index.json
    # After the remedy the same build passes, untouched.
    echo 1 >"/sys/fs/btrfs/$(findmnt -no UUID --mountpoint "$PWD/fs")/features/extended_iref"
    stacker --work-dir fs build --hardlink-overflow=error
    assert_equal "$(list_layer it -1 fs/oci)" it
}

# behaviour: after btrfstune -r the same build passes without a copy
# documented: docs/file-systems.md#the-remedy
# status: beyond
@test "a build passes after btrfstune -r" {
    busybox_recipe
    mount_file_system btrfs-noextref-16k fs
    mkdir fs/names
    assert_equal "$(count_names fs/names 1000)" 774
    unmount_file_system fs
    btrfstune -r fs.img
    mount_file_system btrfs-noextref-16k fs
    run -0 stacker --work-dir fs build --hardlink-overflow=error
    assert_equal "$(count_names fs 1000)" 1000
}

# behaviour: squashfs bases are split in the same way
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "a squashfs layer is split, too" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: cd /; mkdir /links; echo file >/links/file; for n in $(seq 100); do ln /links/file /links/$(printf %0100d $n); done
END
    stacker build --layer-type squashfs
    cat >stacker.yaml <<'END'
on:
  from: {type: oci, url: "oci:it-squashfs"}
  run: cat /links/*1 >/out
END
    mount_file_system btrfs-noextref-4k fs
    run -0 stacker --work-dir fs build --layer-type squashfs
    # 35 or so names of this length fit: two copies carry the rest.
    run -0 grep "warning: layer .*: links/.* has more hard links than btrfs" <<<"$output"
    assert_output --partial "made 2 copies, which share their blocks"
}

# behaviour: a base that was split and is wanted in another layer type gives a layer with copies, and that is said
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "a split base in another layer type is said to differ" {
    local blob whole
    blob=$(busybox_recipe && layer_digest latest 0 busybox)
    clamp_times
    mount_file_system ext4 ext4
    run -0 --separate-stderr stacker --work-dir ext4 build --layer-type squashfs
    refute_said "encoded anew"
    whole=$(layer_digest it-squashfs 0 ext4/oci)
    unmount_file_system ext4

    mount_file_system btrfs-noextref-4k fs
    run -0 --separate-stderr stacker --work-dir fs build --layer-type squashfs
    assert_said "warning: base layer $blob is encoded anew from $PWD/fs/roots/${blob/:/_}, where bin/[ had to be split"
    assert_said "the new layer has 1 copy in place of hard links, and is not what it is elsewhere"
    assert_said "then remove $PWD/fs/roots/${blob/:/_} and build again"
    assert_not_equal "$(layer_digest it-squashfs 0 fs/oci)" "$whole"

    # What it says to do helps: as root, whoever builds.
    "$STACKER_BINARY" --work-dir fs check --fix
    rm -r "fs/roots/${blob/:/_}"
    run -0 --separate-stderr stacker --work-dir fs build --no-cache --layer-type squashfs
    refute_said "encoded anew"
    assert_equal "$(layer_digest it-squashfs 0 fs/oci)" "$whole"
}

# behaviour: a tar base that was split becomes a layer with copies, and that is said
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "a split tar base is said to differ" {
    busybox_base
    layer_tar latest 0 busybox >busybox.tar
    printf 'it:\n  from: {type: tar, url: busybox.tar}\n' >stacker.yaml
    mount_file_system btrfs-noextref-4k fs
    run -0 --separate-stderr stacker --work-dir fs build
    assert_said "bin/[ has more hard links than btrfs without extended inode refs (nodesize 4096) allows"
    assert_said "the layer made of it has copies, too, and is not what it is elsewhere"
    # The two files' other names.
    assert_equal "$(layer_tar it 0 fs/oci | tar tv | grep -c '^h')" 402
}

# many_and_none COUNT: a recipe that deletes so many files of one directory of the layer below.
many_and_none() {
    busybox_base
    cat >stacker.yaml <<END
many:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: mkdir /many; cd /many; for n in \$(seq $1); do echo >file-\$n; done
none:
  from: {type: built, tag: many}
  run: rm /many/*
END
}

# assert_deleted WORK_DIR COUNT: the image built there hides so many files.
assert_deleted() {
    assert_equal "$1: $(list_layer none -1 "$1/oci" | grep -c '\.wh\.file-')" "$1: $2"
}

# behaviour: a script that can't delete its files for want of links ends with the remedy, and passes after it
# documented: docs/file-systems.md#deleting-is-linking
# status: beyond
@test "rm of many files in run: fails with the remedy, and passes after it" {
    local name count
    for name in btrfs-noextref-4k:300 btrfs-noextref-16k:1000; do
        count=${name#*:} name=${name%:*}
        many_and_none "$count"
        mount_file_system "$name" "$name"
        run -1 --separate-stderr stacker --work-dir "$name" build
        assert_said "Too many links"
        assert_said 'run commands failed for image "none"'
        [[ $stderr == *"help: $PWD/$name/roots/"*"a deleted file leaves such a name"*"stacker check --fix"* ]]
        # As root, whoever builds.
        "$STACKER_BINARY" --work-dir "$name" check --fix
        stacker --work-dir "$name" build
        assert_deleted "$name" "$count"
        unmount_file_system "$name"
    done
}

# behaviour: rm of a thousand files of one directory in run: passes where whiteouts have room for names
# documented: docs/file-systems.md#deleting-is-linking
# status: documented
@test "rm of many files in run: passes elsewhere" {
    local name
    many_and_none 1000
    for name in $(list_file_systems | grep -v noextref); do
        mount_file_system "$name" "$name"
        stacker --work-dir "$name" build
        assert_deleted "$name" 1000
        unmount_file_system "$name"
    done
}

# behaviour: what failed for want of links passes, untouched, after btrfstune -r and after the switch in /sys
# documented: docs/file-systems.md#the-remedy; docs/file-systems.md#deleting-is-linking
# status: beyond
@test "rm of many files in run: passes after btrfstune -r, and after the switch in /sys" {
    local name
    many_and_none 300
    for name in tuned switched; do
        mount_file_system btrfs-noextref-4k "$name"
        run -1 --separate-stderr stacker --work-dir "$name" build
        assert_said "Too many links"
        if [[ $name == tuned ]]; then
            unmount_file_system tuned
            btrfstune -r tuned.img
            mount_file_system btrfs-noextref-4k tuned
        else
            echo 1 >"/sys/fs/btrfs/$(findmnt -no UUID --mountpoint "$PWD/$name")/features/extended_iref"
        fi
        run -0 --separate-stderr stacker --work-dir "$name" build
        refute_said "extended inode refs"
        assert_deleted "$name" 300
        unmount_file_system "$name"
    done
}

# behaviour: a base with 65,001 names of one file is built on where ext4 has room for 65,000: with one copy, and a warning
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "65,001 names of one file on ext4" {
    linked_base 65001
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "linked:latest"}
  run: test $(ls /linked/* | grep -c name-) = 65001; echo it >/it
END
    mount_file_system ext4 fs
    run -0 --separate-stderr stacker --work-dir fs build
    assert_said "warning: layer $(layer_digest latest -1 linked): linked/0/name-000000 has more hard links than ext4 allows"
    assert_said "made 1 copy; keep --roots-dir on a file system with a higher limit"
    assert_equal "$(find fs/roots/sha256_*/overlay/linked -type f -printf '%n %i\n' | sort -u | cut -d' ' -f1)" $'1\n65000'
    assert_equal "$(list_layer it -1 fs/oci)" it
    # The blob of the base is what it was.
    assert_equal "$(layer_digest it -2 fs/oci)" "$(layer_digest latest -1 linked)"
}

# behaviour: a script that gives a file more names than ext4 allows ends with a remedy that is true there
# documented: docs/file-systems.md#when-there-is-no-room
# status: beyond
@test "a script runs out of names on ext4" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: mkdir /d; echo >/d/0; for n in $(seq 16); do cp -rl /d /e; mv /e /d/$n; done
END
    mount_file_system ext4 fs
    run -1 --separate-stderr stacker --work-dir fs build
    assert_said "Too many links"
    assert_said " has 65000 names, as many as a file can have on ext4, which $PWD/fs/roots/it/overlay is on: "
    assert_said "as xfs has"
}

# behaviour: a script that fails of something else has no such remedy under its error
# documented: docs/file-systems.md#deleting-is-linking
# status: beyond
@test "a script that fails otherwise is not explained by links" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: rm /etc/passwd; exit 3
END
    mount_file_system btrfs-noextref-4k fs
    run -3 --separate-stderr stacker --work-dir fs build
    refute_said "help: $PWD"
}
