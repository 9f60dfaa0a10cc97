// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * The open cgroups of actions. Each is opened when the library is loaded, as
 * the program may change its root directory, and again when it is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

/*
 * open() and close() of libc are cancellation points, which the replaced
 * functions are not. Use the system calls.
 */
static void close_quietly(int fd)
{
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/*
 * Some programs rely on getting the lowest free file descriptor. The limit may
 * be low.
 */
static const int first_fds[] = { 900, 200, 50 };

#define NR_FIRST	(sizeof(first_fds) / sizeof(first_fds[0]))

/* A process rarely has more of them. */
#define NR_FAR		(MAX_RULES + 2)

int open_far(const char *path, int flags)
{
	unsigned int i;
	int fd, far;

	fd = raw_syscall(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, 0,
			 0, 0);
	if (fd < 0)
		return fd;
	for (i = 0; i < NR_FIRST; i++) {
		far = raw_syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, first_fds[i],
				  0, 0, 0);
		if (far < 0)
			continue;
		close_quietly(fd);
		return far;
	}
	return fd;
}

bool far_fd(unsigned int i, int *fd)
{
	if (i >= NR_FIRST * NR_FAR)
		return false;
	*fd = first_fds[i / NR_FAR] + i % NR_FAR;
	return true;
}

int set_once(_Atomic int *where, int fd)
{
	int none = -1;

	if (atomic_compare_exchange_strong(where, &none, fd))
		return fd;
	close_quietly(fd);
	return none;
}

/* The cgroup record is the first one; see make_action(). */
static int32_t *cgroup_fd(struct ioattr_list *list)
{
	return (int32_t *)&list->space[1];
}

static void set_cgroup(struct action *action, int fd)
{
	int i;

	/* in this order: action_open() reads the last one */
	for (i = 0; i < NR_LISTS; i++)
		__atomic_store_n(cgroup_fd(&action->lists[i]), fd,
				 __ATOMIC_RELEASE);
}

/* Open the directory that the name of the cgroup refers to now. */
static int open_cgroup(struct action *action)
{
	struct stat st;
	int fd;

	fd = open_far(action->cgroup, O_PATH | O_DIRECTORY);
	if (fd >= 0 && !fstat(fd, &st)) {
		action->dev = st.st_dev;
		action->ino = st.st_ino;
	}
	return fd;
}

int action_open(struct action *action)
{
	int fd, saved = errno;

	if (!action->cgroup ||
	    __atomic_load_n(cgroup_fd(&action->lists[NR_LISTS - 1]),
			    __ATOMIC_ACQUIRE) >= 0)
		return 0;
	if (shut_in())
		return ENOENT;
	fd = open_cgroup(action);
	errno = saved;
	if (fd < 0)
		return -fd;
	set_cgroup(action, set_once(&action->fd, fd));
	return 0;
}

static bool still_open(const struct action *action)
{
	struct stat open, named;

	return !fstat(action->fd, &open) && !stat(action->cgroup, &named) &&
	       open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

int action_reopen(struct action *action)
{
	int fd, old = action->fd, saved = errno;
	struct stat st;
	bool ours;

	/* another thread may have opened it, or the error had another cause */
	if (!action->cgroup || still_open(action)) {
		errno = saved;
		return 0;
	}
	/* after the program closed it, @old may be another file */
	ours = !fstat(old, &st) && st.st_dev == action->dev &&
	       st.st_ino == action->ino;
	fd = open_cgroup(action);
	errno = saved;
	if (fd < 0)
		return -fd;
	/* replace the removed directory with the new one */
	if (ours && raw_syscall(SYS_dup3, fd, old, O_CLOEXEC, 0, 0, 0) == old) {
		close_quietly(fd);
		return 0;
	}
	action->fd = fd;
	set_cgroup(action, fd);
	return 0;
}

bool action_lost(const struct action *action, int error)
{
	return action->cgroup && (error == EBADF || error == ENODEV) &&
	       !shut_in();
}
