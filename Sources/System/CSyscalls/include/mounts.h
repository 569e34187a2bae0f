/* Mounts and loop devices. All of it needs CAP_SYS_ADMIN. Each returns -1 with errno on error. */
#ifndef STACKER_MOUNTS_H
#define STACKER_MOUNTS_H

#include <stdint.h>

/* Gives this thread a mount namespace of its own, a copy of the one that it is in, and a working directory of its own. */
int stacker_unshare_mounts(void);

/* Cuts all mounts of this namespace off from those of others, in both directions. */
int stacker_make_mounts_private(void);

/* setns(2) to a mount namespace. */
int stacker_enter_mounts(int ns);

/* mount(2) of a file system. */
int stacker_mount(const char *source, const char *target, const char *type, int read_only, const char *options);

/* open_tree(2) with OPEN_TREE_CLONE: a copy of the mount at `path` that is nowhere attached. Returns a descriptor. */
int stacker_detached_copy(const char *path);

/*
 * The same of the directory at `path` alone, read-only, without devices and set-user-ID, where `user_namespace` (a
 * descriptor) has the ids that the files have outside of it: mount_setattr(2) with MOUNT_ATTR_IDMAP, since Linux 5.12.
 * ENOSYS before that, EINVAL where the file system can't.
 */
int stacker_idmapped_copy(const char *path, int user_namespace);

/* Shows the directory at `source` at `target`, too. */
int stacker_bind(const char *source, const char *target);

/* move_mount(2) of a detached mount onto the directory that `target` is open on. */
int stacker_attach(int mount, int target);

/* umount2(2), which follows no symlink at the end of `path`. */
int stacker_unmount(const char *path);

/* LOOP_CTL_GET_FREE: the number of a loop device that nobody uses as yet. */
int stacker_loop_free_number(int control);

/* LOOP_CONFIGURE, since Linux 5.8: `device` shows the file `backing`, read-only, until its last user closes it. */
int stacker_loop_configure(int device, int backing);

/* LOOP_GET_STATUS64: the file behind a loop device, and whether it is as stacker_loop_configure would set it up. */
int stacker_loop_backing(int device, uint64_t *backing_device, uint64_t *backing_inode, int *as_ours);

#endif
