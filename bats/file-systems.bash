# shellcheck shell=bash
# The file systems that a test can work on, by name. helpers.bash and tools/test/run-bats load this.
#
#   ext4, xfs, tmpfs      as their makers ship them
#   btrfs                 with extended inode refs (extref), as mkfs has made it since 2013
#   btrfs-noextref-4k     without them, as older machines have it: all names that a file has in one directory
#   btrfs-noextref-16k    share one node of 4096 or 16384 bytes

# shellcheck disable=SC2034  # for those who load this
FILE_SYSTEMS=(ext4 btrfs btrfs-noextref-4k btrfs-noextref-16k xfs tmpfs)

# say_what_file_system_lacks NAME: why it can't be made here; nothing if it can.
say_what_file_system_lacks() {
    local type=${1%%-*}
    case $1 in
        tmpfs)
            [[ -z ${STACKER_TEST_USER:-} ]] || say_what_tmpfs_lacks_for_users
            return
            ;;
        ext4 | xfs | btrfs | btrfs-noextref-*) ;;
        *)
            echo "no such file system: $1; there are ${FILE_SYSTEMS[*]}"
            return
            ;;
    esac
    command -v "mkfs.$type" >/dev/null || echo "mkfs.$type is not installed"
    grep -qw "$type" /proc/filesystems || modprobe -n "$type" 2>/dev/null || echo "no $type in this kernel"
    losetup --find >/dev/null 2>&1 || echo "no loop devices"
}

# say_what_tmpfs_lacks_for_users: user xattrs, without which a user has no overlay on it. Root's overlays have others.
say_what_tmpfs_lacks_for_users() {
    [[ $(printf '%s\n' 6.6 "$(uname -r)" | sort -V | head -n 1) == 6.6 ]] ||
        echo "tmpfs has no user xattrs before Linux 6.6"
}

# list_file_systems: those that can be made here, and hold overlays at this level.
list_file_systems() {
    local name
    for name in "${FILE_SYSTEMS[@]}"; do
        [[ -n $(say_what_file_system_lacks "$name") ]] || echo "$name"
    done
}

# Whether a tmpfs can hold the roots of overlays, at both levels, and whether there is the room.
can_use_tmpfs() {
    ((EUID == 0)) || return 1
    [[ -z $(say_what_tmpfs_lacks_for_users) ]] || return 1
    (($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) > 4 * 1024 * 1024))
}

# make_file_system NAME IMAGE [SIZE]: writes it into the sparse file IMAGE, by default as small as it can be and
# still hold a build.
make_file_system() {
    local name=$1 image=$2 size=${3:-256M}
    # mkfs.xfs makes none below 300 MB.
    [[ $name != xfs || -n ${3:-} ]] || size=300M
    truncate -s "$size" "$image"
    case $name in
        ext4) mkfs.ext4 -q -F "$image" ;;
        xfs) mkfs.xfs -q -f "$image" ;;
        btrfs) mkfs.btrfs -q -f "$image" >/dev/null ;;
        btrfs-noextref-4k) mkfs.btrfs -q -f -n 4096 -O ^extref "$image" >/dev/null ;;
        btrfs-noextref-16k) mkfs.btrfs -q -f -n 16384 -O ^extref "$image" >/dev/null ;;
    esac
}

# attach_file_system NAME IMAGE DIR [SIZE]: makes it in IMAGE if that is not there, and mounts it on DIR. The loop
# device goes with the mount, whoever undoes it.
attach_file_system() {
    local name=$1 image=$2 directory=$3 size=${4:-}
    mkdir -p "$directory"
    if [[ $name == tmpfs ]]; then
        mount -t tmpfs -o "mode=0755,size=${size:-256M}" stacker-test "$directory"
        return
    fi
    [[ -e $image ]] || make_file_system "$name" "$image" "$size"
    mount -o loop "$image" "$directory"
}

# release_mount DIR: unmounts it at once if nothing uses it, else as soon as nothing does.
release_mount() {
    umount "$1" 2>/dev/null || umount -l "$1" 2>/dev/null || true
}

# release_mounts_below DIR: all of them, the latest first.
release_mounts_below() {
    local directory
    while read -r directory; do
        release_mount "$directory"
    done < <(DIR=$1/ awk 'index($5, ENVIRON["DIR"]) == 1 { print $5 }' /proc/self/mountinfo | tac)
}

# count_names DIR MOST [PATTERN]: makes a file in DIR and gives it names by link(2), at most MOST in all; prints how
# many it has when the file system refuses another with EMLINK, else MOST. PATTERN is printf's, of a number.
count_names() {
    python3 - "$1" "$2" "${3:-link-%06d}" <<'END'
import errno, os, sys

directory, most, pattern = sys.argv[1], int(sys.argv[2]), sys.argv[3]
os.chdir(directory)
open("file", "x").close()
count = 1
try:
    while count < most:
        os.link("file", pattern % count)
        count += 1
except OSError as error:
    if error.errno != errno.EMLINK:
        raise
print(count)
END
}
