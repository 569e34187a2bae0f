#!/usr/bin/env bats
# "Too many links" (EMLINK): the images that unpack on one machine and not on another. A file system limits how many
# names a file can have; btrfs without extended inode refs (extref) limits the bytes of all its names in one directory,
# to what one node holds. A busybox image has 400 names of one file in /bin.
#
# The first tests show the cause without stacker. Then comes what a build makes of it.

load helpers

setup() {
    begin_test
    requires container loop ext4 btrfs xfs tmpfs
}

# behaviour: link(2) ends with EMLINK where the file system says so, and nowhere else
# documented: docs/file-systems.md#how-many-names-a-file-can-have
# status: documented
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

# behaviour: btrfstune -r on the unmounted file system lifts the limit
# documented: docs/file-systems.md#the-remedy
# status: documented
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
@test "the switch in /sys mends a mounted btrfs" {
    mount_file_system btrfs-noextref-16k fs
    mkdir fs/before fs/after
    assert_equal "$(count_names fs/before 1000)" 774
    echo 1 >"/sys/fs/btrfs/$(findmnt -no UUID --mountpoint "$PWD/fs")/features/extended_iref"
    assert_equal "$(count_names fs/after 1000)" 1000
    ln fs/before/file fs/before/one-more
}
