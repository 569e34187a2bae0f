#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/mount.h has these, and can't be included beside sys/mount.h. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x04
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif

int stacker_unshare_mounts(void)
{
	return unshare(CLONE_NEWNS);
}

int stacker_make_mounts_private(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int stacker_enter_mounts(int ns)
{
	return setns(ns, CLONE_NEWNS);
}

int stacker_mount(const char *source, const char *target, const char *type, int read_only, const char *options)
{
	return mount(source, target, type, read_only ? MS_RDONLY : 0, options);
}

int stacker_detached_copy(const char *path)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC);
}

/* struct mount_attr of linux/mount.h. */
struct attributes {
	uint64_t set, clear, propagation, user_namespace;
};

int stacker_idmapped_copy(const char *path, int user_namespace)
{
	const uint64_t read_only = 0x1, no_set_user_id = 0x2, no_devices = 0x4, idmap = 0x100000;
	struct attributes attributes = {
		.set = read_only | no_set_user_id | no_devices | idmap,
		.user_namespace = (uint64_t)user_namespace,
	};
	int mount = stacker_detached_copy(path), error;

	if (mount >= 0 && syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0) {
		error = errno;
		close(mount);
		errno = error;
		return -1;
	}
	return mount;
}

int stacker_bind(const char *source, const char *target)
{
	return mount(source, target, NULL, MS_BIND, NULL);
}

int stacker_attach(int mount, int target)
{
	return (int)syscall(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int stacker_unmount(const char *path)
{
	return umount2(path, UMOUNT_NOFOLLOW);
}

int stacker_loop_free_number(int control)
{
	return ioctl(control, LOOP_CTL_GET_FREE);
}

int stacker_loop_configure(int device, int backing)
{
	struct loop_config config = {
		.fd = (__u32)backing,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};

	return ioctl(device, LOOP_CONFIGURE, &config);
}

int stacker_loop_backing(int device, uint64_t *backing_device, uint64_t *backing_inode, int *as_ours)
{
	const __u32 flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
	struct loop_info64 info = { 0 };
	int result = ioctl(device, LOOP_GET_STATUS64, &info);

	if (result == 0) {
		*backing_device = info.lo_device;
		*backing_inode = info.lo_inode;
		*as_ours = (info.lo_flags & flags) == flags && info.lo_offset == 0 && info.lo_sizelimit == 0;
	}
	return result;
}
