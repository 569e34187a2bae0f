/* What whoever starts stacker may have left in a state in which no program works. */
#ifndef STACKER_SURROUNDINGS_H
#define STACKER_SURROUNDINGS_H

/*
 * Opens those of the descriptors 0 to 2 that are closed on /dev/null, and gives SIGCHLD its default action. Call it first
 * of all in main: the next file that is opened, be it a lock, would otherwise be what standard error writes to, and with
 * SIGCHLD ignored the kernel forgets how a child ended.
 */
void stacker_settle(void);

#endif
