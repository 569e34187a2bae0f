#define _GNU_SOURCE
#include "surroundings.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

void stacker_settle(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		/* The lowest number that is free is this one. Where there is no /dev/null a directory keeps the number: it can
		 * be neither read nor written. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			(void)!open("/", O_RDONLY | O_DIRECTORY);
	signal(SIGCHLD, SIG_DFL);
}
