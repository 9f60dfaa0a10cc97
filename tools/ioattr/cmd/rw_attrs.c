// SPDX-License-Identifier: GPL-2.0
/*
 * Build the attribute list of a job, and explain why the kernel rejects it.
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

#include "../common/parse.h"
#include "../include/ioattr.h"
#include "cmd.h"
#include "rw.h"

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
		return "not a cgroup2 directory";
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
		return errno == ESRCH ? "no such process" :
					strerror(errno);
	ioattr_add_proxy_pidfd(list, *pidfd, flags);
	return NULL;
}

const char *build_list(const struct job *job, struct ioattr_list *list,
		       int fds[2], const char **what)
{
	const uint16_t flags = job->required ? IOCB_ATTR_REQUIRED : 0;
	const char *error;

	fds[0] = -1;
	fds[1] = -1;
	ioattr_init(list, job->report ? IOCB_ATTR_LIST_REPORT : 0);
	if (job->hints)
		ioattr_add_cache(list, job->hints, flags);
	if (job->prio >= 0)
		ioattr_add_ioprio(list, job->prio, flags);
	if (job->cgroup) {
		*what = job->cgroup;
		error = add_cgroup(job, list, flags, &fds[0]);
		if (error)
			return error;
	}
	if (job->proxy) {
		*what = job->pidfd ? "--proxy-pidfd" : "--proxy";
		error = add_proxy(job, list, flags, &fds[1]);
		if (error)
			return error;
	}
	return NULL;
}

/*
 * The permissions are described in Documentation/userspace-api/iocb_attr.rst.
 */
static const char *not_permitted(const struct job *job, int error)
{
	if (job->cgroup && error == -EACCES)
		return "no permission for --cgroup: write permission is required for its cgroup.procs and, unless it is below your own cgroup, for that of the common ancestor";
	if (job->cgroup && !job->proxy && job->prio < 0)
		return "no permission for --cgroup: it is outside your cgroup namespace";
	if (job->proxy && error == -EPERM)
		return "no permission for --proxy: the process must be your own unless you have CAP_SYS_PTRACE and CAP_SYS_NICE; its cgroup must be yours or a descendant unless you have CAP_SYS_ADMIN or use --cgroup; class rt requires CAP_SYS_NICE";
	if (job->prio >= 0 && error == -EPERM)
		return "no permission for --prio: class rt requires CAP_SYS_NICE";
	return strerror(-error);
}

const char *explain_rejection(const struct job *job, int error)
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
				"--pi requires direct I/O: omit --buffered" :
				"--pi is not supported by this file";
		if (error == -EOPNOTSUPP && job->buffered)
			return "--required requires direct I/O: omit --buffered";
		if (error == -EOPNOTSUPP)
			return "--required: an attribute is not supported here";
		if (hints_conflict(job->hints))
			return "conflicting hints: bypass and admit, or several write policies";
		return "invalid I/O or unknown attribute; see ioattr probe";
	case -EACCES:
	case -EPERM:
		return not_permitted(job, error);
	case -ESRCH:
		return "--proxy: no such process";
	case -ENODEV:
		return "--cgroup: the cgroup is being removed";
	case -EROFS:
		return "no permission for --cgroup: the cgroup file system is read-only";
	default:
		return strerror(-error);
	}
}
