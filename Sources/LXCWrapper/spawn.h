/* What the two halves of a container's start share: spawn.c, the guard, and monitor.c, what it forks. */
#ifndef LXCW_SPAWN_H
#define LXCW_SPAWN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/* What the processes below the guard tell it, in memory that all of them share. */
struct shared {
	/* pid of the program inside the container's pid namespace; 0 until it was forked. */
	_Atomic pid_t program;
	_Atomic int exec_errno;
	/* liblxc's start returned: `succeeded` and `error_num` are what it said. */
	_Atomic bool returned;
	bool succeeded;
	int error_num;
	char message[256];
};

struct request {
	const char *name, *directory, *config, *sys;
	char **environment;
	bool terminal, user_namespace, no_network;
	mode_t umask;
	unsigned int processors;
	char **argv;
};

/* Runs liblxc's monitor in this process, a child of the guard; what became of it is in `told`. */
_Noreturn void lxcw_monitor(const struct request *request, struct shared *told, pid_t guard);

#endif
