/*
 * posix_spawn(3) can't set a limit, and setting it in this process around the call would fail whatever other threads
 * open meanwhile. So it is fork(2), and between that and exec nothing but what is safe in a child of many threads.
 */
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where close_range(2) is missing or can't mark (before Linux 5.11), what is above this stays as it is. */
#define MOST_DESCRIPTORS 65536

/* Default actions; what the caller of stacker ignores stays ignored, what a runtime ignores for itself does not. */
static void reset_signals(const sigset_t *blocked)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) == 0 && (action.sa_handler != SIG_IGN || number == SIGPIPE))
			signal(number, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, blocked ? blocked : &none, NULL);
}

/* Makes the descriptors 0, 1, 2 … what they are to be. Those of them that the caller doesn't have stay closed. */
static int place_descriptors(const struct stacker_child *child)
{
	int copies[16];

	if (child->count > sizeof(copies) / sizeof(copies[0]))
		return EINVAL;
	/* First out of the way of each other. */
	for (size_t i = 0; i < child->count; i++) {
		copies[i] = fcntl(child->descriptors[i], F_DUPFD_CLOEXEC, (int)child->count);
		if (copies[i] < 0 && (errno != EBADF || child->descriptors[i] > STDERR_FILENO))
			return errno;
	}
	for (size_t i = 0; i < child->count; i++) {
		if (copies[i] < 0)
			close((int)i);
		else if (dup2(copies[i], (int)i) < 0)
			return errno;
	}
	if (close_range((unsigned int)child->count, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		for (int fd = (int)child->count; fd < MOST_DESCRIPTORS; fd++)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/*
 * Held from fork to exec. In between the child has all that this process had open: a script that another thread has just
 * written and closed is still open for writing then, and whoever executes it gets ETXTBSY. Who starts a program waits for
 * those that are about to start, which takes no time to speak of, and so finds nothing open that was closed before.
 */
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

/* In the child. What it reports goes to `report`; if nothing does, it has become the program. */
static _Noreturn void become(const struct stacker_child *child, int report)
{
	/* Out of the way of the program's own. */
	int out = fcntl(report, F_DUPFD_CLOEXEC, (int)child->count), error;

	reset_signals(child->blocked);
	error = out < 0 ? errno : place_descriptors(child);
	if (error == 0) {
		stacker_descriptor_limit_for_programs(true);
		execvpe(child->program, child->arguments, child->environment ? child->environment : environ);
		error = errno;
	}
	(void)!write(out < 0 ? report : out, &error, sizeof(error));
	_exit(127);
}

int stacker_start_child(const struct stacker_child *child, pid_t *pid)
{
	sigset_t all, before;
	int report[2], error = 0;
	ssize_t count;

	if (pipe2(report, O_CLOEXEC) < 0)
		return errno;
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	pthread_mutex_lock(&starting);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	*pid = fork();
	if (*pid == 0)
		become(child, report[1]);
	if (*pid < 0)
		error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(report[1]);
	if (*pid > 0) {
		while ((count = read(report[0], &error, sizeof(error))) < 0 && errno == EINTR)
			;
		if (count != sizeof(error))
			error = 0;
		else
			while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
				;
	}
	pthread_mutex_unlock(&starting);
	close(report[0]);
	return error;
}
