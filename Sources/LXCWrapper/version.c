#include "lxc_wrapper.h"
#include <lxc/lxccontainer.h>

const char *lxcw_liblxc_version(void)
{
	return lxc_get_version();
}

/* For the system's liblxc. tools/build-lxc makes one that wins, and links it with the liblxc that it built. */
__attribute__((weak)) const char *lxcw_liblxc_origin(void)
{
	return "";
}
