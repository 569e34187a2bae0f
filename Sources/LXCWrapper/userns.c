/*
 * A user namespace in which the caller is root and has the ids that /etc/subuid and /etc/subgid give. The kernel lets
 * a user map no id but the own one, so the set-user-ID programs newuidmap and newgidmap do it, from outside. Root
 * needs neither, and makes namespaces for others.
 */
#define _GNU_SOURCE
#include "internal.h"
#include "lxc_wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a helper may take, which asks for users and their ranges where the system keeps them. */
static const unsigned int helper_seconds = 30;

static int fail(const char *what)
{
	fprintf(stderr, "error: couldn't enter a user namespace: %s: %s\n", what, strerror(errno));
	return 1;
}

static size_t length_of_list(char **list)
{
	size_t count = 0;

	while (list[count] && strcmp(list[count], "--map") != 0 && strcmp(list[count], "--") != 0)
		count++;
	return count;
}

/* Runs a helper on a process to its end. Returns its wait status, or -1 with errno. */
static int run_helper(char **list, size_t count, pid_t target)
{
	char pid[16], **argv = calloc(count + 2, sizeof(*argv));
	int status;

	if (!argv)
		return -1;
	snprintf(pid, sizeof(pid), "%d", target);
	argv[0] = list[0];
	argv[1] = pid;
	memcpy(argv + 2, list + 1, (count - 1) * sizeof(*argv));

	pid_t helper = fork();

	if (helper == 0) {
		alarm(helper_seconds);
		execv(argv[0], argv);
		_exit(127);
	}
	free(argv);
	if (helper < 0)
		return -1;
	while (waitpid(helper, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* Has the ids of `target` mapped, by the helpers that `arguments` name, as soon as `begin` has a byte. */
static int map_ids(char **arguments, pid_t target, int begin)
{
	sigset_t none;
	char byte;

	/* Nobody waits for Ctrl-C here: it may end us. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (read(begin, &byte, 1) != 1)
		return 1;
	while (*arguments && strcmp(*arguments, "--map") == 0) {
		char **list = arguments + 1;
		size_t count = length_of_list(list);

		if (count == 0)
			return 1;

		int status = run_helper(list, count, target);

		if (status < 0)
			return fail(list[0]);
		if (status != 0) {
			fprintf(stderr,
				"error: couldn't enter a user namespace: %s ended with %s %d\n"
				"help: it has said why; `stacker check` looks at what it needs\n",
				list[0], WIFEXITED(status) ? "status" : "signal",
				WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
			return 1;
		}
		arguments = list + count;
	}
	return 0;
}

int lxcw_enter_user_namespace(char ***arguments)
{
	char **maps = *arguments;
	int begin[2], status;

	while (**arguments && strcmp(**arguments, "--") != 0)
		++*arguments;
	if (**arguments)
		++*arguments;
	if (!*maps || strcmp(*maps, "--map") != 0)
		return 0;

	if (pipe2(begin, O_CLOEXEC) < 0)
		return fail("pipe");

	/* Forked before: the helpers have to be where the ids that they map are known. */
	pid_t self = getpid(), mapper = fork();

	if (mapper < 0)
		return fail("fork");
	if (mapper == 0) {
		close(begin[1]);
		_exit(map_ids(maps, self, begin[0]));
	}
	close(begin[0]);
	if (unshare(CLONE_NEWUSER) < 0) {
		/* Without a byte the mapper ends. */
		close(begin[1]);
		return fail("unshare");
	}
	if (write(begin[1], "", 1) != 1)
		return fail("pipe");
	close(begin[1]);
	while (waitpid(mapper, &status, 0) < 0)
		if (errno != EINTR)
			return fail("waitpid");
	if (lxcw_stop_signal())
		return 128 + lxcw_stop_signal();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int lxcw_try_user_namespace(void)
{
	int status;
	pid_t pid = fork();

	/* The caller may have threads: nothing but system calls here. */
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS | CLONE_NEWPID) < 0 ? errno : 0);
	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* ---- Namespaces that root makes for others ---- */

/* Opens a file of a process's, in /proc. */
static int open_of(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

/* Writes a map, which takes a single write. Returns 0 or -1 with errno. */
static int write_map(pid_t pid, const char *name, const char *map)
{
	int file = open_of(pid, name, O_WRONLY);
	ssize_t count = file < 0 ? -1 : write(file, map, strlen(map));
	int error = errno;

	if (file >= 0)
		close(file);
	errno = error;
	return count < 0 ? -1 : 0;
}

int lxcw_make_user_namespace(const char *uid_map, const char *gid_map)
{
	int ready[2], result = -1, error = 0;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;

	/* The namespace needs a process until somebody has it open. The caller may have threads: system calls only. */
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		error = unshare(CLONE_NEWUSER) < 0 ? errno : 0;
		(void)!write(ready[1], &error, sizeof(error));
		for (;;)
			pause();
	}
	if (pid < 0)
		error = errno;
	close(ready[1]);
	if (pid > 0) {
		ssize_t count;

		while ((count = read(ready[0], &error, sizeof(error))) < 0 && errno == EINTR)
			;
		if (count != sizeof(error))
			error = EIO;
		if (error == 0 && (write_map(pid, "uid_map", uid_map) < 0 || write_map(pid, "gid_map", gid_map) < 0 ||
				   (result = open_of(pid, "ns/user", O_RDONLY)) < 0))
			error = errno;
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ready[0]);
	errno = error;
	return result;
}

int lxcw_join_user_namespace(int fd)
{
	if (setns(fd, CLONE_NEWUSER) < 0)
		return -1;
	close(fd);
	if (setresgid(0, 0, 0) < 0 || setgroups(0, NULL) < 0 || setresuid(0, 0, 0) < 0)
		return -1;
	/* As after an exec: other ids have made /proc/self unreadable to their own process. */
	return prctl(PR_SET_DUMPABLE, 1);
}
