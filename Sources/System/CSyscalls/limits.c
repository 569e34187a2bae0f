/*
 * The number of files that stacker may have open, and that the programs it starts may.
 *
 * Reading a stack of hundreds of layers takes a descriptor for each directory of it, more than the 1024 that most
 * systems allow at first. What runs in a container, and every other program, must find the limit as it was: programs
 * that close all possible descriptors, or that use select(2), suffer from a high one.
 */
#include "child.h"

#include <sys/resource.h>

/* The limit as it was found; 0 before it was raised. */
static rlim_t found;

static void set_soft_limit(rlim_t soft)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void stacker_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (found == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		found = limit.rlim_cur;
		set_soft_limit(limit.rlim_max);
	}
}

void stacker_descriptor_limit_for_programs(bool programs)
{
	if (found)
		set_soft_limit(programs ? found : RLIM_INFINITY);
}
