#define _GNU_SOURCE
#include "syscalls.h"

#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const uint64_t stacker_resolve_beneath = RESOLVE_BENEATH;
const uint64_t stacker_resolve_in_root = RESOLVE_IN_ROOT;
const uint64_t stacker_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
const uint64_t stacker_resolve_no_magiclinks = RESOLVE_NO_MAGICLINKS;
const unsigned int stacker_rename_noreplace = RENAME_NOREPLACE;

int stacker_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

int stacker_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	return openat(dirfd, path, flags, mode);
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
