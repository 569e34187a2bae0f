#ifndef LIBRARY_H
#define LIBRARY_H

#include "ccurl.h"

/* Of the variadic ones the macros that check arguments are in the way. */
#undef curl_easy_setopt
#undef curl_easy_getinfo

/* Where each function is. */
struct curl_library {
#define FUNCTION(name) __typeof__(curl_##name) *name;
#include "functions.h"
#undef FUNCTION
};

/* Filled in once, by ccurl_unavailable. */
extern struct curl_library curl __attribute__((visibility("hidden")));

#endif
