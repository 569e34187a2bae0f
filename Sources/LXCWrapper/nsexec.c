#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long stacker may take to clean up after a stop signal. */
static const int grace_seconds = 10;

static int fail(const char *what)
{
	fprintf(stderr, "error: couldn't enter a namespace of our own: %s: %s\n", what, strerror(errno));
	return 1;
}

int lxcw_make_mounts_private(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Where the kernel shows what runs programs of other processors. */
#define BINFMT "/proc/sys/fs/binfmt_misc"

/* The directory of its handlers, if they are to be seen here: opened before /proc is another one. */
static int open_handlers(void)
{
	int directory = open(BINFMT, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory >= 0 && faccessat(directory, "status", F_OK, 0) < 0) {
		close(directory);
		directory = -1;
	}
	return directory;
}

/* Shows them in the new /proc, too. A mount of its own would be the user namespace's, with no handlers in it. Where it can't be
 * done, they work all the same. */
static void show_handlers(int directory)
{
	char path[sizeof("/proc/self/fd/") + 12];

	if (directory < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", directory);
	(void)!mount(path, BINFMT, NULL, MS_BIND, NULL);
	close(directory);
}

/* What the first process of the new pid namespace does before all. `parent` is a pipe that the parent holds open. */
static int prepare_inside(int parent)
{
	struct pollfd alive = { .fd = parent, .events = POLLIN };

	/* getppid() is 0 here whether the parent lives or not, so the pipe tells. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail("prctl");
	if (poll(&alive, 1, 0) != 0)
		return 1;
	close(parent);

	int handlers = open_handlers();

	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
		int error = errno;

		fail("mounting /proc");
		/* The kernel shows a user namespace no more of /proc than there was to see outside. */
		if (error == EPERM)
			fputs("help: what this machine or container hides below /proc, findmnt -R /proc shows; a container shows "
			      "all of it with docker run --security-opt systempaths=unconfined, or podman run "
			      "--security-opt unmask=ALL\n", stderr);
		return 1;
	}
	show_handlers(handlers);
	/* As after an exec: a new user namespace has made /proc/self unreadable to its own process. */
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		return fail("prctl");
	/* The stop signals stay blocked: the kernel drops a signal to a namespace's first process that neither blocks
	 * nor handles it, so one that came before stacker is ready would be lost. */
	return 0;
}

static struct timespec after(int seconds)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += seconds;
	return time;
}

static bool reached(struct timespec deadline)
{
	struct timespec now = after(0);

	return now.tv_sec > deadline.tv_sec || (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec);
}

/* Waits for the child, passing on stop signals; returns its status as an exit status. */
static int supervise(pid_t pid, const sigset_t *signals)
{
	const struct timespec tick = { .tv_sec = 1 };
	struct timespec deadline;
	int stopped = 0;

	for (;;) {
		int status;
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid) {
			if (WIFEXITED(status))
				return WEXITSTATUS(status);
			/* Killed by us for not ending in time: the first cause is the signal that was passed on. */
			return 128 + (stopped ? stopped : WTERMSIG(status));
		}
		if (ended < 0 && errno != EINTR)
			return fail("waitpid");

		/* The tick only serves the deadline: everything else wakes it up. */
		int number = sigtimedwait(signals, NULL, stopped ? &tick : NULL);

		if (number > 0 && number != SIGCHLD) {
			/* From a terminal the child has had it already, as a member of the foreground process group. Twice
			 * does no harm: it is pending or not. */
			kill(pid, number);
			if (!stopped) {
				stopped = number;
				deadline = after(grace_seconds);
			}
		}
		if (stopped && reached(deadline))
			kill(pid, SIGKILL);
	}
}

int lxcw_make_namespaces(char ***argv)
{
	sigset_t signals;
	int life[2];

	lxcw_reset_signals();
	lxcw_stop_signals(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	int status = lxcw_enter_user_namespace(argv);

	if (status != 0)
		return status;
	if (!(*argv)[0])
		return 1;
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
		return fail("unshare");
	/* Private, not slave: what the host mounts or unmounts meanwhile must not reach into a build either. */
	if (lxcw_make_mounts_private() < 0)
		return fail("making mounts private");
	if (pipe2(life, O_CLOEXEC) < 0)
		return fail("pipe");

	pid_t pid = fork();

	if (pid < 0)
		return fail("fork");
	if (pid == 0) {
		close(life[1]);
		lxcw_reset_signals();
		status = prepare_inside(life[0]);
		if (status != 0)
			_exit(status);
		return LXCW_INSIDE;
	}
	close(life[0]);
	return supervise(pid, &signals);
}

int lxcw_nsexec(char **argv)
{
	int status = lxcw_make_namespaces(&argv);

	if (status != LXCW_INSIDE)
		return status;
	execv("/proc/self/exe", argv);
	return fail("exec");
}
