#include "lxc_wrapper.h"
#include <lxc/lxccontainer.h>

const char *lxcw_liblxc_version(void)
{
	return lxc_get_version();
}
