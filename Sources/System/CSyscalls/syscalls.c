#define _GNU_SOURCE
#include "syscalls.h"

#include <linux/btrfs.h>
#include <linux/fs.h>
#include <errno.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <shadow.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

const uint64_t stacker_resolve_beneath = RESOLVE_BENEATH;
const uint64_t stacker_resolve_in_root = RESOLVE_IN_ROOT;
const uint64_t stacker_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
const uint64_t stacker_resolve_no_magiclinks = RESOLVE_NO_MAGICLINKS;
const unsigned int stacker_rename_noreplace = RENAME_NOREPLACE;
const unsigned int stacker_rename_exchange = RENAME_EXCHANGE;

const uint64_t stacker_btrfs_extref = BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF;

/* A signal may end the waiting for a file: file systems behind a network or FUSE let it. */
int stacker_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };
	int fd;

	do
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (fd < 0 && errno == EINTR);
	return fd;
}

int stacker_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dirfd, path, flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

char *stacker_strptime(const char *text, const char *form, struct tm *time)
{
	return strptime(text, form, time);
}

const int stacker_open_path = O_PATH;

int stacker_chown(int fd, uid_t uid, gid_t gid)
{
	return fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
}

int stacker_has_no_attributes(int dirfd, const char *name)
{
#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif
	return syscall(SYS_listxattrat, dirfd, name, AT_SYMLINK_NOFOLLOW, NULL, 0) == 0;
}

int stacker_renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, unsigned int flags)
{
	return (int)syscall(SYS_renameat2, olddirfd, oldpath, newdirfd, newpath, flags);
}

int stacker_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC);
}

int stacker_clone_file(int to, int from)
{
	return ioctl(to, FICLONE, from);
}

ssize_t stacker_copy_file_range(int to, int from, size_t length)
{
	return copy_file_range(from, NULL, to, NULL, length, 0);
}

int stacker_start_writing(int fd)
{
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int stacker_syncfs(int fd)
{
    return syncfs(fd);
}

int stacker_memory_file(void)
{
    return memfd_create("stacker", MFD_CLOEXEC);
}

int stacker_file_system_magic(int fd, uint32_t *magic)
{
	struct statfs status;
	int result = fstatfs(fd, &status);

	if (result == 0)
		*magic = (uint32_t)status.f_type;
	return result;
}

int stacker_spread_directories(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -1;
	if (flags & FS_TOPDIR_FL)
		return 0;
	flags |= FS_TOPDIR_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

int stacker_btrfs_incompatible_features(int fd, uint64_t *flags)
{
	struct btrfs_ioctl_feature_flags features = { 0 };
	int result = ioctl(fd, BTRFS_IOC_GET_FEATURES, &features);

	if (result == 0)
		*flags = features.incompat_flags;
	return result;
}

int stacker_btrfs_info(int fd, uint32_t *nodesize, uint8_t uuid[16])
{
	struct btrfs_ioctl_fs_info_args info = { 0 };
	int result = ioctl(fd, BTRFS_IOC_FS_INFO, &info);

	if (result == 0) {
		*nodesize = info.nodesize;
		memcpy(uuid, info.fsid, 16);
	}
	return result;
}

int stacker_btrfs_enable_extref(int fd)
{
	/* What is to change, and what it is to become. */
	struct btrfs_ioctl_feature_flags change[2] = {
		{ .incompat_flags = BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF },
		{ .incompat_flags = BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF },
	};

	return ioctl(fd, BTRFS_IOC_SET_FEATURES, change);
}

static int set_option(int fs, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0);
}

int stacker_try_overlay(const char *lower, const char *upper, const char *work)
{
	int result = -1, error;
	int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -1;
	if (set_option(fs, "lowerdir", lower) == 0 && set_option(fs, "upperdir", upper) == 0 &&
	    set_option(fs, "workdir", work) == 0 &&
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) == 0)
		result = (int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	error = errno;
	close(fs);
	errno = error;
	return result;
}

int stacker_lock_users(void)
{
	return lckpwdf();
}

void stacker_unlock_users(void)
{
	ulckpwdf();
}

dev_t stacker_makedev(unsigned int major, unsigned int minor)
{
	return makedev(major, minor);
}

unsigned int stacker_major(dev_t device)
{
	return major(device);
}

unsigned int stacker_minor(dev_t device)
{
	return minor(device);
}
