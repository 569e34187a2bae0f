/*
 * Keeps liblxc from changing the files that standard input, output and error are.
 *
 * Before it starts a program, its init gives them the mode 0600 or 0700 and the owner that a container's console has: no
 * setting tells it not to. They are whatever stacker was started with: a log that others read, or a device of the whole
 * machine. To set them right afterwards would be too late, and never happen after a kill. So these two functions stand in
 * front of the C library's: a program's own are the ones that its libraries find.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool keeps;

void lxcw_keep_standard_files(void)
{
	keeps = true;
}

static bool is_kept(int fd)
{
	return keeps && fd >= STDIN_FILENO && fd <= STDERR_FILENO;
}

int fchmod(int fd, mode_t mode)
{
	return is_kept(fd) ? 0 : (int)syscall(SYS_fchmod, fd, mode);
}

int fchown(int fd, uid_t owner, gid_t group)
{
	return is_kept(fd) ? 0 : (int)syscall(SYS_fchown, fd, owner, group);
}
