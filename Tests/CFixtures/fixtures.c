#define _GNU_SOURCE
#include "fixtures.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

int fixtures_unshare_mounts(void) { return unshare(CLONE_NEWNS); }

int fixtures_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int fixtures_open_terminal(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	return terminal >= 0 && unlockpt(terminal) < 0 ? -1 : terminal;
}

int fixtures_open_terminal_peer(int terminal)
{
	int peer = ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;

	if (peer < 0 || tcgetattr(peer, &settings) < 0)
		return -1;
	cfmakeraw(&settings);
	return tcsetattr(peer, TCSANOW, &settings) < 0 ? -1 : peer;
}
