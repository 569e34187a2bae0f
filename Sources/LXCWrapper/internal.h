#ifndef LXCW_INTERNAL_H
#define LXCW_INTERNAL_H

#include <lxc/lxccontainer.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define LXCW_INTERNAL "internal-lxc"

/* What the guard has besides 0 to 2: where it reports, a file with the environment of the program, and, if it is told so,
 * a user namespace. */
#define REPORT_FD 3
#define ENVIRONMENT_FD 4
#define USER_NAMESPACE_FD 5

/* What is called of liblxc. */
struct lxcw_liblxc {
	const char *(*get_version)(void);
	struct lxc_container *(*container_new)(const char *name, const char *directory);
};

/*
 * liblxc.c: the liblxc that is linked, else the system's, loaded with the first call; for a process of one thread. NULL if
 * there is none, and why in `failure`, unless that is NULL.
 */
const struct lxcw_liblxc *lxcw_load_liblxc(const char **failure);

/* The entries of a NULL-terminated list; none if it is NULL. */
size_t lxcw_length(char *const *list);

/* SIGINT, SIGTERM, SIGHUP and SIGQUIT, without those that the caller had ignored (nohup). */
void lxcw_stop_signals(sigset_t *set);

/* Default actions for all signals but ignored ones; only the stop signals stay blocked, so that none is lost across exec. */
void lxcw_reset_signals(void);

/* Gives every mount of this mount namespace private propagation. Returns 0 or -1 with errno. */
int lxcw_make_mounts_private(void);

/*
 * userns.c: puts this single-threaded process, where it is root, into a user namespace of its own. `arguments` are
 * those of nsexec: "--map", a helper and its triples, for each of the two; then "--". Moves `arguments` past it.
 * Returns 0, or the exit status after having said what failed. Without any "--map" it does nothing.
 */
int lxcw_enter_user_namespace(char ***arguments);

/*
 * userns.c: makes this single-threaded process root of the user namespace that `fd` is, without any groups, and closes
 * `fd`. Returns 0 or -1 with errno.
 */
int lxcw_join_user_namespace(int fd);

/*
 * locks.c: in a mount namespace of our own, gives liblxc a directory in which it can make its locks. `scratch` is an
 * empty directory, or NULL, which serves where a root directory of our own is needed. Returns 0 or -1 with errno.
 */
int lxcw_provide_locks(const char *scratch);

/* stdio.c: from now on fchmod(2) and fchown(2) do nothing to the descriptors 0 to 2, in this process and in those that it
 * forks, until they become another program. */
void lxcw_keep_standard_files(void);

/*
 * nsexec.c: makes a mount and a pid namespace, and a user namespace as `arguments` say (see nsexec), and moves `arguments`
 * past that. In the first process of the new namespaces it returns LXCW_INSIDE. In this process it waits for that one and
 * returns the exit status, also after having said what failed.
 */
#define LXCW_INSIDE (-1)
int lxcw_make_namespaces(char ***arguments);

/* Subcommands: arguments after the subcommand's name, NULL-terminated. They return the exit status. */
int lxcw_nsexec(char **argv);
int lxcw_spawn(char **argv);

#endif
