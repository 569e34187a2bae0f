#define _GNU_SOURCE
#include "internal.h"
#include "lxc_wrapper.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether no other thread could take a signal that is meant for this one. */
static bool is_single_threaded(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int entries = 0;

	if (!tasks)
		return false;
	while (readdir(tasks))
		entries++;
	closedir(tasks);
	return entries == 3; /* ".", ".." and us */
}

int lxcw_reexec_in_namespace(char *const argv[])
{
	size_t count = 0;

	/* What the exec below would do, without the time that starting a program takes: it is felt in every build. */
	if (is_single_threaded() && close_range(3, UINT_MAX, 0) == 0) {
		lxcw_descriptor_limit_for_programs(true);
		_exit(lxcw_nsexec((char **)argv));
	}

	while (argv[count])
		count++;

	char **all = calloc(count + 5, sizeof(*all));

	if (!all)
		return -1;
	all[0] = argv[0];
	all[1] = LXCW_INTERNAL;
	all[2] = "nsexec";
	all[3] = "--";
	memcpy(all + 4, argv, (count + 1) * sizeof(*all));

	/* Marked, not closed: if exec fails, this process goes on with all it had. */
	lxcw_descriptor_limit_for_programs(true);
	if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		execv("/proc/self/exe", all);

	int error = errno;

	lxcw_descriptor_limit_for_programs(false);

	free(all);
	errno = error;
	return -1;
}
