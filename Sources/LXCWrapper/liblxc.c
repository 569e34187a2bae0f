/*
 * Where liblxc is called. The system's is loaded late: with its own libraries it takes longer than all else at a start, and
 * of all processes only the one that starts a container calls it, and the one that tells its version.
 *
 * One that tools/build/build-lxc has built is in the program; then these two symbols are not NULL.
 */
#include "internal.h"

#include <dlfcn.h>
#include <stddef.h>

/* The interface of the headers that this is compiled with. */
#define LIBRARY "liblxc.so.1"

#pragma weak lxc_get_version
#pragma weak lxc_container_new

const struct lxcw_liblxc *lxcw_load_liblxc(const char **failure)
{
	static struct lxcw_liblxc liblxc;
	void *library = NULL;

	if (lxc_get_version && lxc_container_new) {
		liblxc.get_version = lxc_get_version;
		liblxc.container_new = lxc_container_new;
	} else if (!liblxc.container_new && (library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL))) {
		*(void **)&liblxc.get_version = dlsym(library, "lxc_get_version");
		*(void **)&liblxc.container_new = dlsym(library, "lxc_container_new");
	}
	if (liblxc.get_version && liblxc.container_new)
		return &liblxc;
	if (failure)
		*failure = dlerror();
	return NULL;
}
