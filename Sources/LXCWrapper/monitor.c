/*
 * The process that liblxc's start runs in, a child of the guard: it becomes liblxc's monitor. How the processes of a container lie
 * is in spawn.c.
 */
#define _GNU_SOURCE
#include "internal.h"
#include "lxc_wrapper.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"

static struct shared *shared;

/* What the program itself begins with: liblxc, which makes files on the way to it, does not. */
static mode_t program_umask;
static cpu_set_t program_processors;

static _Noreturn void give_up(const char *what, int error)
{
	snprintf(shared->message, sizeof(shared->message), "%s%s%s", what, error ? ": " : "",
		 error ? strerror(error) : "");
	_exit(EXIT_FAILURE);
}

/* After a fork(): in the container only init forks, and the last that it forks is the program. */
static void note_program(void)
{
	if (getppid() != 1 || getpid() == 1)
		return;
	shared->program = getpid();
	umask(program_umask);
	/* A cpuset may have become smaller meanwhile: then the program runs on what there is. */
	if (CPU_COUNT(&program_processors) > 0)
		sched_setaffinity(0, sizeof(program_processors), &program_processors);
}

/* Chooses the first processors of those that this process may use; with 0 none, which stands for all. */
static void choose_processors(unsigned int count)
{
	cpu_set_t allowed;

	CPU_ZERO(&program_processors);
	if (count == 0 || sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return;
	for (int i = 0; i < CPU_SETSIZE && count > 0; i++) {
		if (!CPU_ISSET(i, &allowed))
			continue;
		CPU_SET(i, &program_processors);
		count--;
	}
}

/* liblxc's init ends its child with exit() when the program could not be executed, without a word; errno is exec's. */
static void note_exec_failure(void)
{
	if (getpid() != 1 && getppid() == 1 && getpid() == shared->program)
		shared->exec_errno = errno;
}

/* struct mount_attr: linux/mount.h and sys/mount.h don't go together in older C libraries. */
struct attributes {
	uint64_t set, clear, propagation, userns;
};

/* A network namespace of our own, which the container then shares. One that liblxc made it would leave at the end for the
 * host's, which only root of the machine can enter, and call that a failed start. */
static void leave_network(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		give_up("couldn't make a network namespace", errno);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback) < 0)
		give_up("couldn't switch the loopback device on", errno);
	close(fd);
}

/* In a mount namespace of our own: a place for liblxc's locks, an image of /sys for the container, and no cgroups. */
static void prepare_mounts(const char *sys)
{
	if (unshare(CLONE_NEWNS) < 0)
		give_up("couldn't make a mount namespace", errno);
	if (lxcw_make_mounts_private() < 0)
		give_up("couldn't make mounts private", errno);
	if (lxcw_provide_locks(sys) < 0)
		give_up("couldn't make a directory for liblxc's locks in /run", errno);
	if (sys) {
		struct attributes attributes = { .set = 1 /* MOUNT_ATTR_RDONLY */ };

		if (mount("/sys", sys, NULL, MS_BIND | MS_REC, NULL) < 0)
			give_up("couldn't bind /sys", errno);
		/* liblxc's own "rbind,ro" leaves what is mounted below /sys writable. Before Linux 5.12 so do we. */
		if (syscall(SYS_mount_setattr, AT_FDCWD, sys, AT_RECURSIVE, &attributes, sizeof(attributes)) < 0 &&
		    mount(NULL, sys, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
			give_up("couldn't make /sys read-only", errno);
	}
	/* Without cgroups in sight liblxc leaves them alone. With them it makes a directory in each hierarchy, needs the
	 * right to, and leaves them behind when it is killed, and lxc.pivot in any case. The container stays in the
	 * cgroup of whoever started stacker, which is where its limits are. */
	if (access(CGROUPS, F_OK) == 0 &&
	    mount("none", CGROUPS, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=755") < 0)
		give_up("couldn't hide " CGROUPS, errno);
}

static const struct lxcw_liblxc *load_liblxc(void)
{
	const char *failure;
	const struct lxcw_liblxc *liblxc = lxcw_load_liblxc(&failure);

	if (!liblxc) {
		snprintf(shared->message, sizeof(shared->message), "couldn't load liblxc: %s", failure);
		_exit(EXIT_FAILURE);
	}
	return liblxc;
}

/* liblxc's own function says some errors on standard error, whatever log it has: they become part of ours. */
static struct lxc_container *new_container(const struct request *request)
{
	const struct lxcw_liblxc *liblxc = load_liblxc();
	struct lxc_container *container;
	char words[128] = "";
	int pipe_fds[2], own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, ENVIRONMENT_FD + 1);

	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0 || dup2(pipe_fds[1], STDERR_FILENO) < 0)
		give_up("couldn't make a pipe", errno);
	container = liblxc->container_new(request->name, request->directory);
	if (own < 0 || dup2(own, STDERR_FILENO) < 0)
		close(STDERR_FILENO);
	if (!container) {
		ssize_t count = read(pipe_fds[0], words, sizeof(words) - 1);

		while (count > 0 && words[count - 1] == '\n')
			words[--count] = '\0';
		snprintf(shared->message, sizeof(shared->message), "liblxc couldn't make a container object%s%s",
			 words[0] ? ": " : "", words);
		_exit(EXIT_FAILURE);
	}
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(own);
	return container;
}

_Noreturn void lxcw_monitor(const struct request *request, struct shared *told, pid_t guard)
{
	struct lxc_container *container;
	sigset_t none;

	shared = told;
	close(REPORT_FD);
	if (request->user_namespace && lxcw_join_user_namespace(USER_NAMESPACE_FD) < 0)
		give_up("couldn't enter the container's user namespace", errno);
	if (request->no_network)
		leave_network();
	/* After that: who takes on other ids loses the signal. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		give_up("prctl", errno);
	if (getppid() != guard)
		_exit(EXIT_FAILURE);
	/* Off a terminal's foreground group: Ctrl-C is the guard's business. liblxc would pass it to the program. With a
	 * terminal the monitor has to read from it. */
	if (!request->terminal)
		setpgid(0, 0);
	/* liblxc gives the program the mask that it finds here. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prepare_mounts(request->sys);
	if (chdir(request->directory) < 0)
		give_up("couldn't change to the container's directory", errno);
	/* Where the namespace's root isn't the host's, liblxc keeps its locks there; otherwise it is not looked at. */
	if (setenv("XDG_RUNTIME_DIR", request->directory, 1) < 0)
		give_up("couldn't set XDG_RUNTIME_DIR", errno);
	/* The groups of whoever started stacker give rights on the host, which a script must not have. */
	if (setgroups(0, NULL) < 0)
		give_up("couldn't drop the user's groups", errno);

	container = new_container(request);
	container->clear_config(container);
	if (!container->load_config(container, request->config))
		give_up("liblxc couldn't load the container's config", 0);
	for (char **entry = request->environment; *entry; entry++)
		if (!container->set_config_item(container, "lxc.environment", *entry))
			give_up("liblxc couldn't set an environment variable", 0);
	if (!container->want_daemonize(container, false))
		give_up("liblxc couldn't be told to stay in the foreground", 0);
	if (!container->want_close_all_fds(container, true))
		give_up("liblxc couldn't be told to close descriptors", 0);

	program_umask = request->umask;
	choose_processors(request->processors);
	if (pthread_atfork(NULL, NULL, note_program) != 0 || atexit(note_exec_failure) != 0)
		give_up("no memory", 0);
	lxcw_keep_standard_files();
	shared->succeeded = container->start(container, 1, request->argv);
	shared->error_num = container->error_num;
	shared->returned = true;
	_exit(EXIT_SUCCESS);
}
