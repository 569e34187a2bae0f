#include "internal.h"
#include "lxc_wrapper.h"

#include <stddef.h>

const char *lxcw_liblxc_version(void)
{
	const struct lxcw_liblxc *liblxc = lxcw_load_liblxc(NULL);

	return liblxc ? liblxc->get_version() : NULL;
}

/* For the system's liblxc. tools/build/build-lxc makes one that wins, and links it with the liblxc that it built. */
__attribute__((weak)) const char *lxcw_liblxc_origin(void)
{
	return "";
}
