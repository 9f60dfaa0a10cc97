// SPDX-License-Identifier: GPL-2.0
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

static struct shared_counts *shared;
static char shared_name[64];
static struct counts own_counts;
static struct counts *_Atomic current;

void counts_init(void)
{
	const char *name = getenv(ENV_COUNTS);
	char link[sizeof(COUNTS_LINK)] = "";
	struct stat st;
	void *map;
	int fd;

	/* in another pid namespace it may be another file */
	if (!name || strlen(name) >= sizeof(shared_name) ||
	    readlink(name, link, sizeof(link) - 1) < 0 ||
	    strcmp(link, COUNTS_LINK))
		return;
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size == sizeof(*shared)) {
		map = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
		if (map != MAP_FAILED) {
			shared = map;
			shared->loaded = 1;
			strcpy(shared_name, name);
		}
	}
	close(fd);
}

void counts_check(void)
{
	/* access(2), as in exec.c */
	if (shared && !shut_in() &&
	    raw_syscall(SYS_faccessat, AT_FDCWD, (long)shared_name,
			R_OK | W_OK, 0, 0, 0))
		shared->missing = 1;
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
