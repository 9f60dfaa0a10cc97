// SPDX-License-Identifier: GPL-2.0
/*
 * Explain why the kernel rejects the attributes of a job.
 */
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "rw.h"

bool has_attributes(const struct job *job)
{
	return has_attrs(&job->attrs) || job->pi || job->attrs.report ||
	       job->set;
}

/* The set of --set=FD is the only thing that the kernel can have rejected. */
static const char *explain_set_fd(int error)
{
	switch (error) {
	case -EBADF:
		return "--set: not an attribute set";
	case -ENODEV:
		return "--set: the cgroup is being removed";
	case -EPERM:
		return "no permission for --set: it was made in another cgroup; see ioattr set --delegate";
	default:
		return NULL;
	}
}

const char *explain_rejection(const struct job *job, int error)
{
	const char *why_not = NULL;

	if (!has_attributes(job))
		return strerror(-error);
	if (error == -EINVAL || error == -EOPNOTSUPP) {
		why_not = no_attributes();
		if (why_not)
			return why_not;
	}
	if (error == -EOPNOTSUPP && job->pi)
		return job->buffered ?
			"--pi requires direct I/O: omit --buffered" :
			"--pi is not supported by this file";
	if (error == -EOPNOTSUPP && job->buffered)
		return "--required: not supported for this buffered I/O: omit --buffered";
	if (error == -EOPNOTSUPP)
		return "--required: an attribute is not supported here";
	if (job->set_fd >= 0 && !has_attrs(&job->attrs))
		why_not = explain_set_fd(error);
	return why_not ? why_not : explain_attrs(&job->attrs, error);
}
