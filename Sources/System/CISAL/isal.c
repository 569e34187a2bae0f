#include "isal.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* The interface of the headers that this is compiled with. */
#define LIBRARY "libisal.so.2"

static struct stacker_isal isal;
static bool is_there;

static void load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return;
	*(void **)&isal.init = dlsym(library, "isal_inflate_init");
	*(void **)&isal.reset = dlsym(library, "isal_inflate_reset");
	*(void **)&isal.inflate = dlsym(library, "isal_inflate");
	is_there = isal.init && isal.reset && isal.inflate;
}

const struct stacker_isal *stacker_isal(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return is_there ? &isal : NULL;
}
