// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Counts in memory that is shared with ioattr run. A process, and each program
 * that it executes, takes an entry when it first does I/O: most of the programs
 * that a script executes never do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

/**
 * struct file - the file with the counts
 * @fd: Its file descriptor, which the program may have closed, or -1.
 * @name: Its name in /proc, by which a program opens it.
 * @dev: To recognize it.
 * @ino: Likewise.
 */
struct file {
	int	fd;
	char	name[64];
	dev_t	dev;
	ino_t	ino;
};

static struct file file = { .fd = -1 };
static struct shared_counts *shared;
static struct counts own_counts;
static struct counts *_Atomic current;

/* Returns true if the file is sealed against changes of its size. */
static bool is_sealed(int fd)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW;
	const int flags = fcntl(fd, F_GET_SEALS);

	return flags >= 0 && (flags & seals) == seals;
}

/* Returns the file descriptor, or -1. */
static int open_by_name(void)
{
	char link[sizeof(COUNTS_LINK)] = "";

	/* in another pid namespace it may be another file */
	if (readlink(file.name, link, sizeof(link) - 1) < 0 ||
	    strcmp(link, COUNTS_LINK))
		return -1;
	return open_far(file.name, O_RDWR);
}

/* One that counts_pass() has passed on. */
static int find_inherited(void)
{
	struct stat st;
	int i, fd;

	for (i = 0; far_fd(i, &fd); i++) {
		if (fstat(fd, &st) || st.st_size != sizeof(*shared) ||
		    !is_sealed(fd))
			continue;
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		return fd;
	}
	return -1;
}

void counts_init(void)
{
	const char *name = getenv(ENV_COUNTS);
	void *map = MAP_FAILED;
	struct stat st;
	int fd;

	if (!name || strlen(name) >= sizeof(file.name))
		return;
	strcpy(file.name, name);
	fd = open_by_name();
	if (fd < 0)
		fd = find_inherited();
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size == sizeof(*shared) && is_sealed(fd))
		map = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		close(fd);
		return;
	}
	file.fd = fd;
	file.dev = st.st_dev;
	file.ino = st.st_ino;
	shared = map;
	shared->loaded = 1;
}

static bool is_open(void)
{
	struct stat st;

	return !fstat(file.fd, &st) && st.st_dev == file.dev &&
	       st.st_ino == file.ino;
}

bool counts_pass(void)
{
	int saved = errno;
	bool passed = false;

	/* access(2), as in exec.c */
	if (shared && !shut_in() &&
	    raw_syscall(SYS_faccessat, AT_FDCWD, (long)file.name,
			R_OK | W_OK, 0, 0, 0)) {
		passed = is_open() && !fcntl(file.fd, F_SETFD, 0);
		if (!passed)
			shared->missing = 1;
	}
	errno = saved;
	return passed;
}

void counts_keep(bool passed)
{
	int saved = errno;

	if (passed)
		fcntl(file.fd, F_SETFD, FD_CLOEXEC);
	errno = saved;
}

void counts_forget(void)
{
	current = NULL;
}

static struct counts *new_counts(void)
{
	struct counts *c, *none = NULL;
	uint32_t i, next;

	if (!shared)
		return &own_counts;
	i = atomic_fetch_add(&shared->used, 1);
	if (i >= MAX_PROCESSES - 1) {
		c = &shared->of[MAX_PROCESSES - 1];
	} else {
		c = &shared->of[i];
		snprintf(c->name, sizeof(c->name), "%s",
			 program_invocation_short_name);
		c->pid = shim_pid();
	}
	if (atomic_compare_exchange_strong(&current, &none, c))
		return c;
	/* another thread was faster: return the entry if it is the last one */
	next = i + 1;
	atomic_compare_exchange_strong(&shared->used, &next, i);
	return none;
}

struct counts *counts(void)
{
	struct counts *c = current;

	return c ? c : new_counts();
}

void count(counter *c)
{
	atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

void count_given(const struct action *action)
{
	struct counts *c = counts();
	unsigned int id;

	count(&c->tagged);
	for (id = 0; id < COUNTS_ATTRS; id++) {
		if (action->attrs >> id & 1)
			count(&c->given[id]);
	}
}

void count_refused(int error)
{
	struct refusals *r = counts()->refused, *last = r + COUNTS_ERRORS - 1;
	int none = 0;

	/* the last entry is shared by all further errors */
	for (; r < last; r++, none = 0) {
		if (atomic_compare_exchange_strong(&r->error, &none, error) ||
		    none == error)
			break;
	}
	if (!r->error)
		r->error = error;
	count(&r->ios);
}
