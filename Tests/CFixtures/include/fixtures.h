/* System calls that only tests need and that Glibc's module does not show to Swift. */
#ifndef STACKER_FIXTURES_H
#define STACKER_FIXTURES_H

/* unshare(CLONE_NEWNS): gives the calling thread a mount namespace of its own. Returns 0, or -1 with errno. */
int fixtures_unshare_mounts(void);

/* accept4(SOCK_CLOEXEC): the next connection, which no other program gets. Returns its descriptor, or -1 with errno. */
int fixtures_accept(int listener);

/* posix_openpt(3), unlocked. Returns its descriptor, or -1 with errno. */
int fixtures_open_terminal(void);

/* Opens the other side of that, in raw mode. Returns its descriptor, or -1 with errno. */
int fixtures_open_terminal_peer(int terminal);

#endif
