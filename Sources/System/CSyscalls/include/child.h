/* Programs that run beside stacker, and the number of files that they and stacker may have open. */
#ifndef STACKER_CHILD_H
#define STACKER_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Lets this process open as many files as it may at all; what it starts finds the limit as it was. Call it at the
 * start of main.
 */
void stacker_raise_descriptor_limit(void);

/* Switches this process, which is about to become another program, to the limit that it found, and back. */
void stacker_descriptor_limit_for_programs(bool programs);

/* What to start. All pointers are borrowed for the call. */
struct stacker_child {
	/* A path, or a name that is looked for in $PATH. */
	const char *program;
	/* The program's name and its arguments, NULL-terminated. */
	char *const *arguments;
	/* Entries "K=V", NULL-terminated; NULL for those of this process. */
	char *const *environment;
	/* What the program gets as descriptors 0, 1, 2 …, and nothing else. */
	const int *descriptors;
	size_t count;
	/* The signals that are blocked in it; NULL for none. */
	const sigset_t *blocked;
};

/*
 * Starts a program with default actions for all signals but those that the caller of
 * stacker had ignored, and the limit of descriptors that stacker found; neither is changed in this process, not for a
 * moment. Safe beside other threads. Returns 0, or the errno of what failed; a program that can't be executed was not
 * started.
 */
int stacker_start_child(const struct stacker_child *child, pid_t *pid);

#endif
