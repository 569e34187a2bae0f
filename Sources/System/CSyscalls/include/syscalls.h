/* System calls and ioctls that Glibc's module does not show to Swift: variadic ones, and ones without a wrapper. */
#ifndef STACKER_SYSCALLS_H
#define STACKER_SYSCALLS_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <time.h>

/* openat2(2). `resolve` takes RESOLVE_* flags. Returns a descriptor, or -1 with errno. */
int stacker_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/* open(2) and openat(2) with a mode. */
int stacker_openat(int dirfd, const char *path, int flags, mode_t mode);

/* strptime(3). Returns where it stopped, NULL if the text has not the form. */
char *stacker_strptime(const char *text, const char *form, struct tm *time);

/* open(2)'s O_PATH. */
extern const int stacker_open_path;

/* Changes the owner of an open file, also of one that was opened by O_PATH. */
int stacker_chown(int fd, uid_t uid, gid_t gid);

/* listxattrat(2): whether the file is known to have no extended attributes; the kernel can say so since Linux 6.13. */
int stacker_has_no_attributes(int dirfd, const char *name);

/* renameat2(2) with RENAME_NOREPLACE or RENAME_EXCHANGE. */
int stacker_renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, unsigned int flags);

/* pipe2(2), close-on-exec. */
int stacker_pipe(int ends[2]);

/* ioctl(FICLONE): makes the whole of `from` the content of `to` without copying. */
int stacker_clone_file(int to, int from);

/* copy_file_range(2) from and to the current positions. */
ssize_t stacker_copy_file_range(int to, int from, size_t length);

/* sync_file_range(2) of all of a file: begins to write it, and does not wait. */
int stacker_start_writing(int fd);

/* syncfs(2), of which Swift does not know. */
int stacker_syncfs(int fd);

/* memfd_create(2): an empty file that has no name, by a descriptor that children don't get. */
int stacker_memory_file(void);

/* f_type of fstatfs(2). */
int stacker_file_system_magic(int fd, uint32_t *magic);

/* FS_TOPDIR_FL of a directory, by FS_IOC_SETFLAGS, beside the flags that it has: `chattr +T`. */
int stacker_spread_directories(int fd);

/* BTRFS_IOC_GET_FEATURES on any directory or file of a btrfs: the INCOMPAT flags. ENOTTY elsewhere. */
int stacker_btrfs_incompatible_features(int fd, uint64_t *flags);

/* BTRFS_IOC_FS_INFO: the nodesize in bytes and the UUID of the file system. */
int stacker_btrfs_info(int fd, uint32_t *nodesize, uint8_t uuid[16]);

/* BTRFS_IOC_SET_FEATURES: switches extended inode refs on, for good. Needs CAP_SYS_ADMIN. */
int stacker_btrfs_enable_extref(int fd);

/* BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF */
extern const uint64_t stacker_btrfs_extref;

/* Has the kernel make an overlay of these directories, with userxattr, which is nowhere mounted and goes at once.
 * Needs CAP_SYS_ADMIN. Returns 0, or -1 with errno. */
int stacker_try_overlay(const char *lower, const char *upper, const char *work);

/* lckpwdf(3), which waits 15 seconds at most, and ulckpwdf(3). */
int stacker_lock_users(void);
void stacker_unlock_users(void);

/* makedev(3), major(3) and minor(3), which are macros. */
dev_t stacker_makedev(unsigned int major, unsigned int minor);
unsigned int stacker_major(dev_t device);
unsigned int stacker_minor(dev_t device);

extern const uint64_t stacker_resolve_beneath;
extern const uint64_t stacker_resolve_in_root;
extern const uint64_t stacker_resolve_no_symlinks;
extern const uint64_t stacker_resolve_no_magiclinks;
extern const unsigned int stacker_rename_noreplace;
extern const unsigned int stacker_rename_exchange;

#endif
