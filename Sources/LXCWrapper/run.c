#define _GNU_SOURCE
#include "child.h"
#include "internal.h"
#include "lxc_wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers as arguments. */
struct numbers {
	char umask[16], processors[16];
};

/* The command line of the guard; spawn.c takes it apart. NULL with errno if there is no memory. */
static char **guard_arguments(const struct lxcw_container *container, struct numbers *numbers)
{
	size_t words = lxcw_length(container->argv), n = 0;
	char **all = calloc(18 + words, sizeof(*all));

	if (!all)
		return NULL;
	snprintf(numbers->umask, sizeof(numbers->umask), "%o", container->umask);
	snprintf(numbers->processors, sizeof(numbers->processors), "%u", container->processors);
	all[n++] = "stacker";
	all[n++] = LXCW_INTERNAL;
	all[n++] = "spawn";
	all[n++] = (char *)container->name;
	all[n++] = (char *)container->directory;
	all[n++] = (char *)container->config;
	if (container->sys) {
		all[n++] = "--sys";
		all[n++] = (char *)container->sys;
	}
	if (container->user_namespace >= 0)
		all[n++] = "--user-namespace";
	if (container->no_network)
		all[n++] = "--no-network";
	if (container->terminal)
		all[n++] = "--terminal";
	all[n++] = "--umask";
	all[n++] = numbers->umask;
	all[n++] = "--processors";
	all[n++] = numbers->processors;
	all[n++] = "--";
	memcpy(all + n, container->argv, words * sizeof(*all));
	return all;
}

/*
 * A file that is nowhere but in memory, with each entry of an environment and its NUL; arguments can be read by every
 * user, and a pipe holds no more than 64 KiB. Returns its descriptor, at the file's start, or -1 with errno.
 */
static int environment_file(char *const *environment)
{
	int fd = memfd_create("environment", MFD_CLOEXEC);

	for (; fd >= 0 && *environment; environment++) {
		const char *rest = *environment;
		size_t size = strlen(rest) + 1;

		while (size > 0) {
			ssize_t count = write(fd, rest, size);

			if (count < 0 && errno != EINTR)
				goto failed;
			if (count > 0) {
				rest += count;
				size -= (size_t)count;
			}
		}
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET) == 0)
		return fd;
failed:
	close(fd);
	return -1;
}

/* Starts the guard with nothing inherited but descriptors 0 to 2 and those that it is told of. Returns 0 or an errno. */
static int start_guard(const struct lxcw_container *container, int input, int report, pid_t *pid)
{
	int environment = environment_file(container->environment), error;
	const int descriptors[] = { input, container->output, container->error,
				    report, environment, container->user_namespace };
	struct numbers numbers;
	char **arguments = guard_arguments(container, &numbers);
	sigset_t blocked;
	struct stacker_child child = {
		.program = container->executable ? container->executable : "/proc/self/exe",
		.arguments = arguments,
		.descriptors = descriptors,
		.count = sizeof(descriptors) / sizeof(descriptors[0]) - (container->user_namespace < 0),
		.blocked = &blocked,
	};

	/* Stop signals stay blocked until the guard waits for them. */
	lxcw_stop_signals(&blocked);
	if (environment < 0 || !arguments)
		error = environment < 0 ? errno : ENOMEM;
	else
		error = stacker_start_child(&child, pid);
	if (environment >= 0)
		close(environment);
	free(arguments);
	return error;
}

/*
 * Reads the report to its end, which is the guard's end; passes a stop signal on, and a cancellation as one. Returns the
 * number of bytes.
 */
static size_t await_report(int report, int cancellation, pid_t guard, char *line, size_t size)
{
	sigset_t signals;
	size_t used = 0;

	lxcw_stop_signals(&signals);

	struct pollfd fds[] = {
		{ .fd = report, .events = POLLIN },
		/* Polled, never read: the signal stays pending for lxcw_stop_signal. */
		{ .fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN },
		{ .fd = cancellation, .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (fds[1].fd >= 0 && fds[1].revents) {
			kill(guard, lxcw_stop_signal() ? lxcw_stop_signal() : SIGTERM);
			close(fds[1].fd);
			fds[1].fd = -1;
		}
		if (fds[2].revents) {
			kill(guard, SIGTERM);
			/* Not poll's any more. */
			fds[2].fd = -1;
		}
		if (fds[0].revents) {
			ssize_t count = read(report, line + used, size - 1 - used);

			if (count > 0)
				used += (size_t)count;
			else if (count == 0 || errno != EINTR)
				break;
		}
	}
	if (fds[1].fd >= 0)
		close(fds[1].fd);
	line[used] = '\0';
	return used;
}

int lxcw_run(const struct lxcw_container *container, struct lxcw_result *result)
{
	char line[512];
	int pipe_fds[2], input = STDIN_FILENO, status, error, started, ended, offset = 0;
	pid_t guard;

	memset(result, 0, sizeof(*result));
	if (!container->terminal && (input = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) {
		snprintf(result->message, sizeof(result->message), "couldn't open /dev/null: %s", strerror(errno));
		return 0;
	}
	error = pipe2(pipe_fds, O_CLOEXEC) < 0 ? errno : 0;
	if (error == 0) {
		error = start_guard(container, input, pipe_fds[1], &guard);
		close(pipe_fds[1]);
		if (error != 0)
			close(pipe_fds[0]);
	}
	if (input != STDIN_FILENO)
		close(input);
	if (error != 0) {
		errno = error;
		return -1;
	}
	await_report(pipe_fds[0], container->cancellation, guard, line, sizeof(line));
	close(pipe_fds[0]);
	while (waitpid(guard, &status, 0) < 0 && errno == EINTR)
		;

	if (sscanf(line, "%d %d %d %d %d %n", &started, &result->exit_status, &result->exec_errno, &ended,
		   &result->stop_signal, &offset) < 5) {
		snprintf(result->message, sizeof(result->message), "the process that watches the container was killed");
		return 0;
	}
	result->started = started;
	result->ended_processes = ended;
	snprintf(result->message, sizeof(result->message), "%s", line + offset);
	return 0;
}
