#include "internal.h"
#include "lxc_wrapper.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

size_t lxcw_length(char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

bool lxcw_is_internal(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], LXCW_INTERNAL) == 0;
}

int lxcw_main(int argc, char **argv)
{
	/* Executed through /proc/self/exe the kernel calls it "exe". */
	prctl(PR_SET_NAME, "stacker");
	if (argc > 3 && strcmp(argv[2], "nsexec") == 0)
		return lxcw_nsexec(argv + 3);
	if (argc > 3 && strcmp(argv[2], "spawn") == 0)
		return lxcw_spawn(argv + 3);
	fprintf(stderr, "error: %s is for stacker's own use\n", LXCW_INTERNAL);
	return 1;
}
