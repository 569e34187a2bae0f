#define _GNU_SOURCE
#include "fixtures.h"

#include <sched.h>
#include <sys/socket.h>

int fixtures_unshare_mounts(void) { return unshare(CLONE_NEWNS); }

int fixtures_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }
