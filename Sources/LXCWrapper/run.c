#define _GNU_SOURCE
#include "internal.h"
#include "lxc_wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The descriptor on which the guard reports. */
#define REPORT_FD 3

/* The command line of the guard; spawn.c takes it apart. NULL with errno if there is no memory. */
static char **guard_arguments(const struct lxcw_container *container)
{
	size_t variables = lxcw_length(container->environment), words = lxcw_length(container->argv), n = 0;
	char **all = calloc(13 + 2 * variables + words, sizeof(*all));

	if (!all)
		return NULL;
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
	if (container->terminal)
		all[n++] = "--terminal";
	for (size_t i = 0; i < variables; i++) {
		all[n++] = "--environment";
		all[n++] = container->environment[i];
	}
	all[n++] = "--";
	memcpy(all + n, container->argv, words * sizeof(*all));
	return all;
}

/* Starts the guard with nothing inherited but descriptors 0 to 2 and the report pipe. Returns 0 or an errno. */
static int start_guard(const struct lxcw_container *container, int report, pid_t *pid)
{
	char **arguments = guard_arguments(container);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t mask, defaults;
	int error;

	if (!arguments)
		return ENOMEM;
	if ((error = posix_spawn_file_actions_init(&actions)) != 0)
		goto out_arguments;
	if ((error = posix_spawnattr_init(&attributes)) != 0)
		goto out_actions;

	if (!container->terminal)
		error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, report, REPORT_FD);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(&actions, REPORT_FD + 1);

	/* Stop signals stay blocked until the guard waits for them, and ignored ones stay ignored. */
	lxcw_stop_signals(&mask);
	sigfillset(&defaults);
	for (int number = 1; number < NSIG; number++) {
		struct sigaction action;

		if (number != SIGPIPE && sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			sigdelset(&defaults, number);
	}
	if (!error)
		error = posix_spawnattr_setsigmask(&attributes, &mask);
	if (!error)
		error = posix_spawnattr_setsigdefault(&attributes, &defaults);
	if (!error)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	lxcw_descriptor_limit_for_programs(true);
	if (!error)
		error = posix_spawn(pid, container->executable ? container->executable : "/proc/self/exe", &actions,
				    &attributes, arguments, environ);
	lxcw_descriptor_limit_for_programs(false);

	posix_spawnattr_destroy(&attributes);
out_actions:
	posix_spawn_file_actions_destroy(&actions);
out_arguments:
	free(arguments);
	return error;
}

/* Reads the report to its end, which is the guard's end; passes a stop signal on. Returns the number of bytes. */
static size_t await_report(int report, pid_t guard, char *line, size_t size)
{
	sigset_t signals;
	size_t used = 0;

	lxcw_stop_signals(&signals);

	struct pollfd fds[] = {
		{ .fd = report, .events = POLLIN },
		/* Polled, never read: the signal stays pending for lxcw_stop_signal. */
		{ .fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (fds[1].fd >= 0 && fds[1].revents) {
			kill(guard, lxcw_stop_signal() ? lxcw_stop_signal() : SIGTERM);
			close(fds[1].fd);
			fds[1].fd = -1;
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
	int pipe_fds[2], status, error, started, ended, offset = 0;
	pid_t guard;

	memset(result, 0, sizeof(*result));
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -1;
	error = start_guard(container, pipe_fds[1], &guard);
	close(pipe_fds[1]);
	if (error != 0) {
		close(pipe_fds[0]);
		errno = error;
		return -1;
	}
	await_report(pipe_fds[0], guard, line, sizeof(line));
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
