// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes that the command line asks for: from words to a list, and from
 * the kernel's refusal to words.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "../include/ioattr.h"
#include "command.h"
#include "words.h"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC	0x63677270
#endif

bool has_attributes(const struct job *job)
{
	return job->hints || job->cgroup || job->proxy || job->prio >= 0 ||
	       job->pi || job->report;
}

static const char *add_cgroup(const struct job *job, struct ioattr_list *list,
			      uint16_t flags, int *fd)
{
	struct statfs st;

	*fd = open(job->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return strerror(errno);
	if (fstatfs(*fd, &st))
		return strerror(errno);
	if (st.f_type != CGROUP2_SUPER_MAGIC)
		return "not a directory of cgroup2";
	ioattr_add_cgroup(list, *fd, flags);
	return NULL;
}

static const char *add_proxy(const struct job *job, struct ioattr_list *list,
			     uint16_t flags, int *pidfd)
{
	if (!job->pidfd) {
		ioattr_add_proxy_pid(list, job->proxy, flags);
		return NULL;
	}
	*pidfd = syscall(SYS_pidfd_open, job->proxy, 0);
	if (*pidfd < 0)
		return errno == ESRCH ? "there is no such process" :
					strerror(errno);
	ioattr_add_proxy_pidfd(list, *pidfd, flags);
	return NULL;
}

const char *build_list(const struct job *job, struct ioattr_list *list,
		       int fds[2], const char **what)
{
	const uint16_t flags = job->required ? IOCB_ATTR_REQUIRED : 0;
	const char *wrong;

	fds[0] = -1;
	fds[1] = -1;
	ioattr_init(list, job->report ? IOCB_ATTR_LIST_REPORT : 0);
	if (job->hints)
		ioattr_add_cache(list, job->hints, flags);
	if (job->prio >= 0)
		ioattr_add_ioprio(list, job->prio, flags);
	if (job->cgroup) {
		*what = job->cgroup;
		wrong = add_cgroup(job, list, flags, &fds[0]);
		if (wrong)
			return wrong;
	}
	if (job->proxy) {
		*what = job->pidfd ? "--proxy-pidfd" : "--proxy";
		wrong = add_proxy(job, list, flags, &fds[1]);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* Who may say what: Documentation/userspace-api/iocb_attr.rst. */
static const char *not_permitted(const struct job *job, int error)
{
	if (job->cgroup && error == -EACCES)
		return "--cgroup is not for you: its cgroup.procs has to be writable, and if it is not below your own cgroup, that of the common ancestor too";
	if (job->cgroup && !job->proxy && job->prio < 0)
		return "--cgroup is not for you: it is outside of your cgroup namespace";
	if (job->proxy && error == -EPERM)
		return "--proxy is not for you: the process has to be your own, or you need CAP_SYS_PTRACE and CAP_SYS_NICE; its cgroup has to be yours or below it, or you need CAP_SYS_ADMIN or --cgroup; and a process of class rt needs CAP_SYS_NICE";
	if (job->prio >= 0 && error == -EPERM)
		return "--prio is not for you: the class rt needs CAP_SYS_NICE";
	return strerror(-error);
}

const char *refusal(const struct job *job, int error)
{
	const char *why_not;

	if (!has_attributes(job))
		return strerror(-error);
	switch (error) {
	case -EINVAL:
	case -EOPNOTSUPP:
		why_not = no_attributes();
		if (why_not)
			return why_not;
		if (error == -EOPNOTSUPP && job->pi)
			return job->buffered ?
				"--pi cannot be had with --buffered: only direct I/O hands it on" :
				"--pi cannot be had: nothing here hands it on";
		if (error == -EOPNOTSUPP && job->buffered)
			return "--required cannot be had with --buffered: only direct I/O hands attributes on";
		if (error == -EOPNOTSUPP)
			return "--required cannot be had: nothing here can honour it";
		if (hints_exclude(job->hints))
			return "the hints exclude each other: bypass and admit do, and so do the write policies";
		return "the I/O is not valid, or one of the attributes unknown: ioattr probe tells";
	case -EACCES:
	case -EPERM:
		return not_permitted(job, error);
	case -ESRCH:
		return "--proxy: there is no such process";
	case -ENODEV:
		return "--cgroup: it is being removed";
	case -EROFS:
		return "--cgroup is not for you: the cgroup file system is read-only";
	default:
		return strerror(-error);
	}
}
