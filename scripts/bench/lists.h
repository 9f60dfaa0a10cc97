/* SPDX-License-Identifier: GPL-2.0 */
/* The lists of attributes that aio-count and uring-count give their I/O. */
#ifndef LISTS_H
#define LISTS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../tools/ioattr/include/ioattr-aio.h"

#define CGROUP		"/sys/fs/cgroup/"
#define MAX_LISTS	1000
#define PRIO		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3)
/* no kernel supports these ids */
#define UNKNOWN_IDS	1000

struct lists {
	/* the I/Os use these in turn */
	struct ioattr_list list[MAX_LISTS];
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
			    const char *name, unsigned int n)
{
	const uint64_t field = 0;
	unsigned int i;
	pid_t pid;

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
 * Build the list @what: "empty", or names of attributes separated by +, and
 * "+report" at the end to request a report. "cgroup" with @n builds that many
 * lists. "records" are @n records with ids that no kernel supports.
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

static inline const struct ioattr_list *next_list(struct lists *l)
{
	const struct ioattr_list *list = &l->list[l->next];

	if (++l->next == l->nr)
		l->next = 0;
	return list;
}

#endif /* LISTS_H */
