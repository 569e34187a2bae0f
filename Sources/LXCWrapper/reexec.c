#define _GNU_SOURCE
#include "child.h"
#include "internal.h"
#include "lxc_wrapper.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <unistd.h>

/* Whether this process has one thread and never had another, which could have left a library's locks and queues to it. */
static bool is_single_threaded(void)
{
	DIR *tasks = __libc_single_threaded ? opendir("/proc/self/task") : NULL;
	int entries = 0;

	if (!tasks)
		return false;
	while (readdir(tasks))
		entries++;
	closedir(tasks);
	return entries == 3; /* ".", ".." and us */
}

/* Adds "--map" and a list to `all`; returns the place behind. */
static char **add_map(char **all, char *const *list)
{
	size_t count = lxcw_length(list);

	if (count == 0)
		return all;
	*all = "--map";
	memcpy(all + 1, list, count * sizeof(*all));
	return all + 1 + count;
}

int lxcw_enter_namespace(char *const argv[], const struct lxcw_id_maps *maps)
{
	static char *const program[] = { "stacker", LXCW_INTERNAL, "nsexec" };
	const size_t program_words = sizeof(program) / sizeof(program[0]);
	size_t words = lxcw_length(argv) + (maps ? lxcw_length(maps->newuidmap) + lxcw_length(maps->newgidmap) : 0);
	char **all = calloc(words + program_words + 4, sizeof(*all));

	if (!all)
		return -1;
	memcpy(all, program, sizeof(program));

	char **arguments = all + program_words, **end = arguments;

	if (maps)
		end = add_map(add_map(end, maps->newuidmap), maps->newgidmap);
	*end++ = "--";
	memcpy(end, argv, lxcw_length(argv) * sizeof(*all));

	/* What the exec below would do, without the time that two starts of a program take: it is felt in every build. */
	if (is_single_threaded() && close_range(3, UINT_MAX, 0) == 0) {
		stacker_descriptor_limit_for_programs(true);

		int status = lxcw_make_namespaces(&arguments);

		if (status != LXCW_INSIDE)
			_exit(status);
		stacker_descriptor_limit_for_programs(false);
		free(all);
		return 0;
	}

	/* Marked, not closed: if exec fails, this process goes on with all it had. */
	stacker_descriptor_limit_for_programs(true);
	if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		execv("/proc/self/exe", all);

	int error = errno;

	stacker_descriptor_limit_for_programs(false);

	free(all);
	errno = error;
	return -1;
}
