#define _GNU_SOURCE
#include "internal.h"
#include "lxc_wrapper.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define COUNT (sizeof(stop_signals) / sizeof(stop_signals[0]))

/* Under nohup, or in the background of a shell without job control, a signal is ignored on purpose. Blocked it would
 * become pending all the same, so it is left out. */
static bool ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void lxcw_stop_signals(sigset_t *set)
{
	sigemptyset(set);
	for (unsigned int i = 0; i < COUNT; i++)
		if (!ignored(stop_signals[i]))
			sigaddset(set, stop_signals[i]);
}

void lxcw_block_stop_signals(void)
{
	sigset_t set;

	lxcw_stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int lxcw_stop_signal(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (unsigned int i = 0; i < COUNT; i++)
		if (sigismember(&pending, stop_signals[i]))
			return stop_signals[i];
	return 0;
}

void lxcw_reset_signals(void)
{
	sigset_t set;

	for (int number = 1; number < NSIG; number++) {
		/* What a runtime ignores for itself, such as SIGPIPE, is not for others; what the caller ignores is. */
		if (!ignored(number) || number == SIGPIPE)
			signal(number, SIG_DFL);
	}
	lxcw_stop_signals(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void *end_after_stop(void *grace)
{
	sigset_t set;
	struct pollfd poll_fd = { .events = POLLIN };

	lxcw_stop_signals(&set);
	/* Only polled, never read: the signal stays pending for lxcw_stop_signal. */
	poll_fd.fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (poll_fd.fd < 0)
		return NULL;
	while (poll(&poll_fd, 1, -1) < 0 && errno == EINTR)
		;
	for (unsigned int rest = (unsigned int)(uintptr_t)grace; rest > 0;)
		rest = sleep(rest);
	_exit(128 + lxcw_stop_signal());
}

int lxcw_bound_stop(unsigned int grace_seconds)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, end_after_stop, (void *)(uintptr_t)grace_seconds);

	if (error == 0)
		pthread_detach(thread);
	return error;
}
