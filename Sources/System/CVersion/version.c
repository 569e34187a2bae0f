#include "version.h"

/* tools/build/choose-version makes one that wins: another version costs a link, and compiles nothing. */
__attribute__((weak)) const char *stacker_linked_version(void)
{
	return "";
}
