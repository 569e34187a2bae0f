#define _GNU_SOURCE
#include "fixtures.h"

#include <sched.h>

int fixtures_unshare_mounts(void) { return unshare(CLONE_NEWNS); }
