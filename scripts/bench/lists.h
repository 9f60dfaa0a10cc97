/* SPDX-License-Identifier: GPL-2.0 */
/* The attribute lists and sets for the I/O of aio-count and uring-count. */
#ifndef LISTS_H
#define LISTS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../tools/ioattr/include/ioattr-aio.h"

#define CGROUP		"/sys/fs/cgroup/"
#define MAX_LISTS	1000
/* the number of the cgroup of the program with -g, which no list names */
#define OWN_CGROUP	MAX_LISTS
/* file descriptors for the cgroups, the sets, and others */
#define MAX_FILES	4096
#define PRIO		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3)
/* no kernel supports these ids */
#define UNKNOWN_IDS	1000

struct lists {
	struct ioattr_list list[MAX_LISTS];
	/*
	 * The I/Os use these in turn: the addresses of the lists, the file
	 * descriptors of sets, or their indices. Without attributes there is
	 * one 0, so that the program executes the same code for all rows.
	 */
	uint64_t attrs[MAX_LISTS];
	unsigned int nr, next;
	/* a report is requested and must have at least these bits */
	bool report;
	uint64_t honoured;
};

/* A file of a cgroup below that of this process. */
static inline int open_cgroup(unsigned int nr, const char *file, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), CGROUP "bench%u", nr);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), CGROUP "bench%u/%s", nr, file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Enter a cgroup without limits, like a server. */
static inline int enter_cgroup(void)
{
	int procs = open_cgroup(OWN_CGROUP, "cgroup.procs", O_WRONLY);

	if (procs < 0)
		return procs;
	if (write(procs, "0", 1) != 1)
		return -errno;
	close(procs);
	return 0;
}

/* Start an idle process in a cgroup of its own. */
static inline pid_t start_sleeper(void)
{
	int procs = open_cgroup(0, "cgroup.procs", O_WRONLY);
	int up[2];
	char c;
	pid_t pid;

	if (procs < 0 || pipe(up))
		return -1;
	pid = fork();
	if (!pid) {
		if (write(procs, "0", 1) != 1 || write(up[1], "", 1) != 1)
			_exit(1);
		/* the reader of this program's output waits for its end */
		close(STDOUT_FILENO);
		for (;;)
			pause();
	}
	/* the process is running */
	return read(up[0], &c, 1) == 1 ? pid : -1;
}

/* Append a record by name; @n is the number of its cgroup, or of records. */
static inline int add_named(struct lists *l, struct ioattr_list *list,
			    const char *name, unsigned int n);

static inline int add_all(struct lists *l, struct ioattr_list *list,
			  unsigned int n)
{
	static const char *const names[] = {
		"cache", "ioprio", "cgroup", "proxy",
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < sizeof(names) / sizeof(*names) && !err; i++)
		err = add_named(l, list, names[i], n);
	return err;
}

static inline int add_named(struct lists *l, struct ioattr_list *list,
			    const char *name, unsigned int n)
{
	const uint64_t field = 0;
	unsigned int i;
	pid_t pid;

	if (!strcmp(name, "all"))
		return add_all(l, list, n);
	if (!strcmp(name, "cache"))
		return ioattr_add_cache(list, IOCB_CACHE_BYPASS, 0);
	if (!strcmp(name, "ioprio"))
		return ioattr_add_ioprio(list, PRIO, 0);
	if (!strcmp(name, "cgroup")) {
		l->honoured = 1 << IOCB_ATTR_cgroup;
		return ioattr_add_cgroup(list, open_cgroup(n, "", O_PATH), 0);
	}
	if (!strcmp(name, "records")) {
		for (i = 0; i < n; i++)
			ioattr_add(list, UNKNOWN_IDS + i, 0, &field,
				   sizeof(struct iocb_attr) + sizeof(field));
		return list->error;
	}
	if (!strcmp(name, "proxy") || !strcmp(name, "pidfd")) {
		pid = start_sleeper();
		if (pid < 0)
			return -errno;
		if (name[1] == 'r')
			return ioattr_add_proxy_pid(list, pid, 0);
		return ioattr_add_proxy_pidfd(list, syscall(SYS_pidfd_open,
							    pid, 0), 0);
	}
	return strcmp(name, "empty") ? -EINVAL : 0;
}

/*
 * Build the list @what: "empty", "all" (cache, ioprio, cgroup and proxy), or
 * names of attributes separated by +, and "+report" at the end to request a
 * report. "cgroup" with @n builds that many lists. "records" are @n records
 * with ids that no kernel supports.
 */
static inline int build_lists(struct lists *l, const char *what,
			      unsigned int n)
{
	const size_t len = strlen(what);
	const bool each = strncmp(what, "records", 7);
	char names[128], *name, *rest;
	unsigned int i;
	int err;

	if (!n || n > MAX_LISTS || len >= sizeof(names))
		return -EINVAL;
	l->report = len > 7 && !strcmp(what + len - 7, "+report");
	l->nr = each ? n : 1;
	for (i = 0; i < l->nr; i++) {
		ioattr_init(&l->list[i], l->report ? IOCB_ATTR_LIST_REPORT : 0);
		memcpy(names, what, len + 1);
		if (l->report)
			names[len - 7] = '\0';
		for (name = strtok_r(names, "+", &rest); name;
		     name = strtok_r(NULL, "+", &rest)) {
			err = add_named(l, &l->list[i], name, each ? i : n);
			if (err)
				return err;
		}
		l->attrs[i] = (uintptr_t)&l->list[i].head;
	}
	return 0;
}

/* Make a set of each list. Fails on a kernel without sets. */
static inline int make_sets(struct lists *l)
{
	const struct rlimit files = { MAX_FILES, MAX_FILES };
	unsigned int i;
	int set;

	if (setrlimit(RLIMIT_NOFILE, &files))
		return -errno;
	for (i = 0; i < l->nr; i++) {
		set = ioattr_set_create(&l->list[i], 0);
		if (set < 0)
			return set;
		l->attrs[i] = set;
	}
	return 0;
}

/* Check the report of the kernel. */
static inline bool is_report(const struct lists *l, uint64_t mask)
{
	if (!l->report)
		return !mask;
	return (mask & l->honoured) == l->honoured;
}

/* No branch: the number of instructions does not depend on l->nr. */
static inline uint64_t next_attrs(struct lists *l)
{
	const uint64_t attrs = l->attrs[l->next];

	l->next = (l->next + 1) % l->nr;
	return attrs;
}

#endif /* LISTS_H */
