/*
 * Runs containers through LXCWrapper, without Swift: for valgrind and the sanitizers, which see all of liblxc's caller then,
 * in each of its processes. `make sanitize` compiles and runs it, as root.
 *
 *     containers DIRECTORY CONFIG    CONFIG names a root directory with busybox in it; DIRECTORY exists
 */
#define _GNU_SOURCE
#include "lxc_wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failures;

static void expect(bool holds, const char *what, const struct lxcw_result *result)
{
	if (holds)
		return;
	failures++;
	fprintf(stderr, "error: %s: status %d, exec_errno %d, ended %d, stopped by %d: %s\n", what, result->exit_status,
		result->exec_errno, result->ended_processes, result->stop_signal, result->message);
}

static struct lxcw_result run(struct lxcw_container container, char *const *argv)
{
	struct lxcw_result result = { 0 };

	container.argv = argv;
	if (lxcw_run(&container, &result) != 0) {
		perror("lxcw_run");
		exit(1);
	}
	return result;
}

int main(int argc, char **argv)
{
	char executable[PATH_MAX] = "";
	int ends[2];

	if (lxcw_is_internal(argc, argv))
		return lxcw_main(argc, argv);
	/* To the kernel /proc/self/exe is valgrind; who reads the link sees the program. */
	if (argc != 3 || readlink("/proc/self/exe", executable, sizeof(executable) - 1) < 0 || pipe2(ends, O_CLOEXEC) < 0) {
		fprintf(stderr, "usage: containers DIRECTORY CONFIG, as root\n");
		return 2;
	}
	lxcw_block_stop_signals();
	printf("liblxc %s\n", lxcw_liblxc_version());
	fflush(stdout);

	struct lxcw_container container = {
		.executable = executable,
		.name = "containers",
		.directory = argv[1],
		.config = argv[2],
		.environment = (char *[]){ "A=b", "PATH=/bin", NULL },
		.user_namespace = -1,
		.cancellation = -1,
		.umask = 022,
		.output = STDOUT_FILENO,
		.error = STDERR_FILENO,
	};
	struct lxcw_result result;

	result = run(container, (char *[]){ "/bin/sh", "-c", "test \"$A\" = b && test $# = 1 && exit 7", "sh", "x", NULL });
	expect(result.started && result.exit_status == 7 && !result.ended_processes, "a status", &result);

	result = run(container, (char *[]){ "/bin/sh", "-c", "kill -9 $$", NULL });
	expect(result.started && result.exit_status == 128 + 9, "a signal", &result);

	result = run(container, (char *[]){ "/bin/sh", "-c", "sleep 600 & exit 0", NULL });
	expect(result.started && result.exit_status == 0 && result.ended_processes, "a process left behind", &result);

	result = run(container, (char *[]){ "/nothing", NULL });
	expect(result.exec_errno == ENOENT, "no program", &result);

	container.no_network = true;
	container.processors = 1;
	result = run(container, (char *[]){ "/bin/sh", "-c", "test \"$(ls /sys/class/net 2>/dev/null || echo lo)\" = lo", NULL });
	expect(result.started && result.exit_status == 0, "no network", &result);

	container.cancellation = ends[0];
	if (write(ends[1], "x", 1) != 1)
		return 2;
	result = run(container, (char *[]){ "/bin/sh", "-c", "sleep 600", NULL });
	expect(!result.started || result.exit_status != 0, "a cancelled one", &result);

	container.cancellation = -1;
	container.config = "/nothing";
	result = run(container, (char *[]){ "/bin/true", NULL });
	expect(!result.started && result.message[0], "no config", &result);

	int error = lxcw_try_user_namespace();
	int namespace = lxcw_make_user_namespace("0 100000 65536\n", "0 100000 65536\n");

	if (error != 0 || namespace < 0) {
		failures++;
		fprintf(stderr, "error: a user namespace: %s, %s\n", strerror(error), namespace < 0 ? strerror(errno) : "made");
	} else {
		close(namespace);
	}

	if (failures == 0)
		puts("7 containers went as they should");
	return failures != 0;
}
