/*
 * Where liblxc makes its locks.
 *
 * It wants a directory /run, also where it then makes them elsewhere: in $XDG_RUNTIME_DIR, if /run is another user's. What
 * it makes below /run/lxc it never removes. So a container has a /run/lxc of its own, in memory; and where /run can't be
 * written to, or is missing, a /run, or a root directory, which shows all that the host's has. They are seen in the
 * mount namespace of the caller only, and go with it.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RUN "/run"
#define LXC_RUN RUN "/lxc"

static int mount_tmpfs(const char *directory)
{
	return mount("none", directory, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=1m,mode=755");
}

/* Shows the directory or file `source` as `target`, which isn't there yet. A symlink is made again. */
static int show(const char *source, const char *target)
{
	char link[PATH_MAX];
	struct stat status;
	ssize_t length;
	int file;

	if (lstat(source, &status) < 0)
		return -1;
	if (S_ISLNK(status.st_mode)) {
		length = readlink(source, link, sizeof(link) - 1);
		if (length < 0)
			return -1;
		link[length] = '\0';
		return symlink(link, target);
	}
	if (S_ISDIR(status.st_mode)) {
		if (mkdir(target, 0755) < 0)
			return -1;
	} else {
		file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (file < 0)
			return -1;
		close(file);
	}
	return mount(source, target, NULL, MS_BIND | MS_REC, NULL);
}

/* Shows all that is in the directory `from`, but for `without`, in the empty directory `target`. Closes `from`. */
static int show_all(int from, const char *without, const char *target)
{
	char source[64 + NAME_MAX], name[PATH_MAX];
	struct dirent *entry;
	DIR *entries = fdopendir(from);
	int result = entries ? 0 : -1;

	while (result == 0 && (entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strcmp(entry->d_name, without) == 0)
			continue;
		snprintf(source, sizeof(source), "/proc/self/fd/%d/%s", from, entry->d_name);
		snprintf(name, sizeof(name), "%s/%s", target, entry->d_name);
		result = show(source, name);
		/* What went meanwhile is not missed. */
		if (result < 0 && errno == ENOENT)
			result = 0;
	}
	if (entries)
		closedir(entries);
	else
		close(from);
	return result;
}

static int replace_run(void)
{
	int from = open(RUN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (from < 0 || mount_tmpfs(RUN) < 0 || show_all(from, "lxc", RUN) < 0)
		return -1;
	return mkdir(LXC_RUN, 0755);
}

static int replace_root(const char *scratch)
{
	int from = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!scratch || from < 0 || mount_tmpfs(scratch) < 0 || show_all(from, "run", scratch) < 0 || chdir(scratch) < 0 ||
	    mkdir("run", 0755) < 0)
		return -1;
	/* The old root lies on the new one then, and goes. In an initramfs the root can't be moved: hide it. */
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 ? -1 : chdir("/");
	return chroot(".") < 0 ? -1 : chdir("/");
}

int lxcw_provide_locks(const char *scratch)
{
	struct stat status;

	if (stat(RUN, &status) < 0) {
		if (errno != ENOENT)
			return -1;
		return replace_root(scratch);
	}
	mkdir(LXC_RUN, 0755);
	if (access(LXC_RUN, F_OK) == 0)
		return mount_tmpfs(LXC_RUN);
	/* Another user's: liblxc stays away. */
	if (status.st_uid != geteuid() && status.st_gid != getegid())
		return 0;
	return replace_run();
}
