/*
 * `internal-lxc spawn`: one container, from its start to the last trace of it.
 *
 *   stacker -- guard -- liblxc's monitor -- the container's init -- the program
 *
 * The guard exists so that a container ends in every case. It is the reaper of whatever comes below it, so it knows
 * when all is gone; each process dies with the one to its left (PR_SET_PDEATHSIG), so killing any of them, even with
 * SIGKILL, ends the rest. That is also how a container is stopped: kill the monitor, wait until nothing is left.
 * liblxc's own stop command would wait for an answer without a bound.
 *
 * The container's init is liblxc's (start with useinit): it runs in the process that set the container up, so it
 * needs no file in the image, it reaps, and the program is not pid 1, where `kill -TERM $$` would do nothing.
 */
#define _GNU_SOURCE
#include "internal.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct shared *shared;

/* Reads the environment that we were handed: entries with a NUL behind each. NULL if that can't be. */
static char **read_environment(void)
{
	struct stat status;
	char *text, **entries;
	size_t size, used = 0, count = 0;

	if (fstat(ENVIRONMENT_FD, &status) < 0)
		return NULL;
	size = (size_t)status.st_size;
	text = malloc(size + 1);
	while (text && used < size) {
		ssize_t got = read(ENVIRONMENT_FD, text + used, size - used);

		if (got == 0 || (got < 0 && errno != EINTR))
			return NULL;
		used += got > 0 ? (size_t)got : 0;
	}
	close(ENVIRONMENT_FD);
	for (size_t i = 0; text && i < size; i++)
		count += text[i] == '\0';
	entries = text ? calloc(count + 1, sizeof(*entries)) : NULL;
	for (size_t i = 0; entries && i < count; i++) {
		entries[i] = text;
		text += strlen(text) + 1;
	}
	return entries;
}

static void parse(char **arguments, struct request *request)
{
	static char *none[] = { NULL };

	memset(request, 0, sizeof(*request));
	request->argv = none;
	request->environment = read_environment();
	if (!request->environment || lxcw_length(arguments) < 5)
		return;
	request->name = *arguments++;
	request->directory = *arguments++;
	request->config = *arguments++;
	for (; *arguments; arguments++) {
		if (strcmp(*arguments, "--sys") == 0 && arguments[1]) {
			request->sys = *++arguments;
		} else if (strcmp(*arguments, "--user-namespace") == 0) {
			request->user_namespace = true;
		} else if (strcmp(*arguments, "--no-network") == 0) {
			request->no_network = true;
		} else if (strcmp(*arguments, "--terminal") == 0) {
			request->terminal = true;
		} else if (strcmp(*arguments, "--umask") == 0 && arguments[1]) {
			request->umask = (mode_t)strtoul(*++arguments, NULL, 8);
		} else if (strcmp(*arguments, "--processors") == 0 && arguments[1]) {
			request->processors = (unsigned int)strtoul(*++arguments, NULL, 10);
		} else {
			request->argv = arguments + 1;
			return;
		}
	}
}

#define MOST_CHILDREN 256

/* The children of a single-threaded process, or the first many of them. Returns how many. */
static size_t children_of(pid_t pid, pid_t children[MOST_CHILDREN])
{
	char path[64];
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (count < MOST_CHILDREN && fscanf(file, "%d", &children[count]) == 1)
		count++;
	fclose(file);
	return count;
}

/* The number that a process has in its own pid namespace, or 0. */
static pid_t inner_pid(pid_t pid)
{
	char path[64], line[256];
	pid_t inner = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		const char *last = strncmp(line, "NSpid:", 6) == 0 ? strrchr(line, '\t') : NULL;

		if (last)
			inner = atoi(last + 1);
	}
	fclose(file);
	return inner;
}

/*
 * liblxc's init waits for every process in the container, so one that the program left in the background would keep
 * the build waiting for ever. Called about four times a second: two seconds after the program's end the others get
 * SIGTERM, and a second later SIGKILL. Their children become init's, so a later call meets them. init then ends with
 * the program's exit status. Asking init to do it (SIGTERM) would make liblxc complain about missing cgroups.
 * Returns whether anything had to be ended.
 */
static bool end_stragglers(pid_t monitor_pid)
{
	static const int grace_ticks = 8, term_ticks = 4;
	static int ticks;
	pid_t children[MOST_CHILDREN];
	size_t count;

	if (!shared->program || children_of(monitor_pid, children) == 0)
		return false;
	count = children_of(children[0], children);
	for (size_t i = 0; i < count; i++)
		if (inner_pid(children[i]) == shared->program)
			return false;
	if (count == 0 || ++ticks < grace_ticks)
		return false;
	for (size_t i = 0; i < count; i++)
		kill(children[i], ticks < grace_ticks + term_ticks ? SIGTERM : SIGKILL);
	return true;
}

/* Whether a process has ended, and nobody has waited for it. */
static bool is_zombie(pid_t pid)
{
	char path[64], line[256];
	bool zombie = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!zombie && fgets(line, sizeof(line), file))
		zombie = strncmp(line, "State:\tZ", 8) == 0;
	fclose(file);
	return zombie;
}

/*
 * Between two steps of a start liblxc waits for init's answer, and holds init's end of the line itself: of an init that was
 * killed meanwhile it never hears. Called about four times a second: an init that has been dead for five seconds, and
 * had not come to the program, is one that the monitor waits for. On a busy machine it may take the monitor a while to see
 * that one is dead of which it does hear.
 */
static bool waits_for_dead_init(pid_t monitor_pid)
{
	static const int grace_ticks = 20;
	static int ticks;
	pid_t children[MOST_CHILDREN];

	if (shared->program || children_of(monitor_pid, children) == 0 || !is_zombie(children[0])) {
		ticks = 0;
		return false;
	}
	return ++ticks >= grace_ticks;
}

static void report(int stopped, bool ended)
{
	int status = shared->error_num, code = 0;
	bool started = shared->returned && shared->succeeded;
	char line[512];

	/* error_num is a wait status, with death by signal as signal<<8 | 0x7f. */
	if (started)
		code = (status & 0x7f) == 0x7f ? 128 + ((status >> 8) & 0x7f) : (status >> 8) & 0xff;
	else if (!shared->message[0])
		snprintf(shared->message, sizeof(shared->message), "%s",
			 shared->returned ? "liblxc couldn't start the container"
					  : stopped ? "stopped" : "liblxc's monitor process was killed");
	snprintf(line, sizeof(line), "%d %d %d %d %d %s", started, code, shared->exec_errno, ended, stopped,
		 shared->message);
	(void)!write(REPORT_FD, line, strlen(line));
}

int lxcw_spawn(char **arguments)
{
	struct timespec tick = { .tv_nsec = 250 * 1000 * 1000 };
	/* Until the process ends; so nothing of it is freed. */
	static struct request request;
	struct termios terminal;
	bool is_terminal, monitor_ended = false, ended = false;
	sigset_t signals;
	int stopped = 0;
	pid_t parent = getppid(), guard = getpid(), pid;

	/* From here to the end in one thread, and with the terminal as it is: liblxc makes it raw and a monitor that is
	 * killed cannot restore it. */
	lxcw_reset_signals();
	lxcw_stop_signals(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return EXIT_FAILURE;
	parse(arguments, &request);
	if (!request.argv[0]) {
		snprintf(shared->message, sizeof(shared->message), "internal-lxc spawn: wrong arguments");
		report(0, false);
		return EXIT_FAILURE;
	}
	/* The parent's death: a parent outside our pid namespace is 0 and never changes, but then there is none. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || getppid() != parent)
		return EXIT_FAILURE;
	is_terminal = request.terminal && tcgetattr(STDIN_FILENO, &terminal) == 0;

	pid = fork();
	if (pid < 0) {
		snprintf(shared->message, sizeof(shared->message), "fork: %s", strerror(errno));
		report(0, false);
		return EXIT_FAILURE;
	}
	if (pid == 0)
		lxcw_monitor(&request, shared, guard);

	for (;;) {
		int number = sigtimedwait(&signals, NULL, &tick);
		pid_t reaped;

		if (number > 0 && number != SIGCHLD && !stopped) {
			stopped = number;
			kill(pid, SIGKILL);
		}
		while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0)
			if (reaped == pid)
				monitor_ended = true;
		/* No child is left: neither the monitor nor the container's init, which the kernel only lets go when all
		 * of its pid namespace is dead. */
		if (reaped < 0 && errno == ECHILD)
			break;
		if (monitor_ended) {
			/* What is left is the container's init. It dies with the monitor, except when it was so young that it
			 * waits for a message from the monitor: liblxc never sees that nobody is left to send it. */
			pid_t orphans[MOST_CHILDREN];
			size_t count = children_of(guard, orphans);

			while (count > 0)
				kill(orphans[--count], SIGKILL);
			tick.tv_nsec = 20 * 1000 * 1000;
		} else if (number < 0 && !stopped && waits_for_dead_init(pid)) {
			snprintf(shared->message, sizeof(shared->message), "the container's init was killed before it began the script");
			kill(pid, SIGKILL);
		} else if (number < 0 && !stopped && end_stragglers(pid)) {
			ended = true;
		}
	}

	if (is_terminal) {
		/* From the background, tcsetattr would stop us. */
		signal(SIGTTOU, SIG_IGN);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	}
	report(stopped, ended);
	return EXIT_SUCCESS;
}
