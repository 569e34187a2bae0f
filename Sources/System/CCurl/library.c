#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct curl_library curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char reason[512];

/* In a program that tools/build/make-static links the library is there already, and none of these is NULL. */
#define FUNCTION(name) extern __typeof__(curl_##name) curl_##name __attribute__((weak));
#include "functions.h"
#undef FUNCTION

/* With OpenSSL, as most distributions have it, or with GnuTLS, which Debian's git brings along. */
static void *open_library(void)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	char first[256] = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
		if (library)
			return library;
		if (!*first)
			snprintf(first, sizeof(first), "%s", dlerror());
	}
	snprintf(reason, sizeof(reason), "%s", first);
	return NULL;
}

static int resolve(void)
{
#define FUNCTION(name) curl.name = curl_##name;
#include "functions.h"
#undef FUNCTION
	if (curl.easy_init)
		return 0;
	void *library = open_library();
	if (!library)
		return -1;
#define FUNCTION(name) \
	curl.name = (__typeof__(curl.name))dlsym(library, "curl_" #name); \
	if (!curl.name) { \
		snprintf(reason, sizeof(reason), "libcurl has no curl_%s", #name); \
		return -1; \
	}
#include "functions.h"
#undef FUNCTION
	return 0;
}

static void ignore_sigpipe(void)
{
	struct sigaction action;

	if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
		memset(&action, 0, sizeof(action));
		action.sa_handler = SIG_IGN;
		sigaction(SIGPIPE, &action, NULL);
	}
}

static void open_once(void)
{
	if (resolve() != 0)
		return;
	if (curl.version_info(CURLVERSION_NOW)->version_num < 0x075000) {
		snprintf(reason, sizeof(reason), "this machine's libcurl is %s", curl.version_info(CURLVERSION_NOW)->version);
		return;
	}
	CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK) {
		snprintf(reason, sizeof(reason), "%s", curl.easy_strerror(code));
		return;
	}
	ignore_sigpipe();
}

const char *ccurl_unavailable(void)
{
	pthread_once(&once, open_once);
	return *reason ? reason : NULL;
}
