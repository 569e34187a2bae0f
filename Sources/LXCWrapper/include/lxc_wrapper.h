/*
 * Everything stacker asks of liblxc and of Linux namespaces.
 *
 * The binary calls itself: `stacker internal-lxc …` runs in plain C before Swift starts any thread, because
 * unshare(CLONE_NEWUSER) and liblxc's foreground start both refuse a process that has more than one.
 */
#ifndef LXC_WRAPPER_H
#define LXC_WRAPPER_H

#include <stdbool.h>

/* The version of the liblxc in use, which is loaded for it; NULL if that fails. */
const char *lxcw_liblxc_version(void);

/* Where it comes from, "BRANCH COMMIT of URL"; empty for the system's. */
const char *lxcw_liblxc_origin(void);

/* Whether this process was started for lxcw_main: the first thing that main asks. */
bool lxcw_is_internal(int argc, char **argv);

/* Does what `internal-lxc …` says and returns the exit status. Call it from a single-threaded process. */
int lxcw_main(int argc, char **argv);

/*
 * Blocks SIGINT, SIGTERM, SIGHUP and SIGQUIT in this thread and in all that it starts later: call it at the start of
 * main. A blocked signal stays pending, so a request to stop is never lost and needs no handler and no state;
 * lxcw_stop_signal sees it from then on.
 */
void lxcw_block_stop_signals(void);

/* The stop signal that is pending on this process, or 0. */
int lxcw_stop_signal(void);

/*
 * Ends the process with 128+n if it is still there `grace_seconds` after a stop signal: a bound for whatever does
 * not look at lxcw_stop_signal, such as a name server that does not answer. Starts a thread. Returns 0 or an errno.
 */
int lxcw_bound_stop(unsigned int grace_seconds);

/*
 * How the ids of a user are seen in a user namespace. Each list is what a set-user-ID helper is to do: its absolute
 * path, then triples of decimal numbers (first id inside, first id outside, how many), NULL-terminated.
 */
struct lxcw_id_maps {
	char *const *newuidmap;
	char *const *newgidmap;
};

/*
 * Goes on in a new process inside a private mount and pid namespace; this one passes on signals and the exit status. With
 * `maps` a user namespace is made first, in which the user is root; without, the caller has to be root. All descriptors
 * above 2 are closed.
 *
 * A process that never had more than one thread returns 0 in the new process, to run stacker with `argv` by itself; any
 * other becomes one that is started with `argv`. Otherwise it returns only on error: -1 with errno.
 */
int lxcw_enter_namespace(char *const argv[], const struct lxcw_id_maps *maps);

/* Whether the kernel lets this user make a user namespace, and a mount namespace in it. Returns 0 or an errno. */
int lxcw_try_user_namespace(void);

/*
 * Makes a user namespace with these maps, each as /proc/PID/uid_map takes it; root only. Returns its descriptor, or -1
 * with errno: EPERM also where ids outside are not this process's to give.
 */
int lxcw_make_user_namespace(const char *uid_map, const char *gid_map);

/* What to run. All strings are borrowed for the call. */
struct lxcw_container {
	/* The binary that answers `internal-lxc`; NULL for the one that is running. */
	const char *executable;
	/* Unique among running containers. */
	const char *name;
	/* An existing directory. liblxc starts with it as the working directory, so that the config can use short
	 * relative names. */
	const char *directory;
	/* The LXC config file. */
	const char *config;
	/* An empty directory that gets a read-only view of /sys for the config to bind, or NULL. */
	const char *sys;
	/* The program's environment, entries "K=V", NULL-terminated. No other user gets to see it: it is neither in a file
	 * nor in the arguments of a process. */
	char *const *environment;
	/* A user namespace that the container, and liblxc with it, is to be in, or -1: the caller's. Whatever is named here
	 * has to be in reach of its root. */
	int user_namespace;
	/* Give it a network namespace of its own, with a loopback device and nothing else. */
	bool no_network;
	/* Keep standard input (otherwise it is /dev/null) and the terminal. */
	bool terminal;
	/* A descriptor that ends the container, as a stop signal does, as soon as it can be read; or -1. */
	int cancellation;
	/* The file mode creation mask of the program. */
	unsigned int umask;
	/* On how many processors of those that this process may use the program runs; 0 for all. */
	unsigned int processors;
	/* What the program has as standard output and standard error: descriptors of this process. */
	int output, error;
	/* The program and its arguments, NULL-terminated. */
	char *const *argv;
};

/* How it went. */
struct lxcw_result {
	/* The program ran, or at least was about to: see exec_errno. */
	bool started;
	/* 0..255: what the program exited with; 128+n for death by signal n. */
	int exit_status;
	/* Why the program could not be executed, or 0. */
	int exec_errno;
	/* Processes that the program left behind had to be ended. */
	bool ended_processes;
	/* The signal that stopped the container before its end, or 0. */
	int stop_signal;
	/* What failed, when not started. */
	char message[256];
};

/*
 * Runs a container to its end and leaves none of its processes and mounts, whatever happens. Blocks the calling
 * thread, which must stay alive meanwhile: the container dies with it. A stop signal to this process (see
 * lxcw_block_stop_signals) ends the container at once. Returns 0, or -1 with errno if nothing could be started.
 */
int lxcw_run(const struct lxcw_container *container, struct lxcw_result *result);

#endif
