// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <assert.h>
#include <errno.h>
#include <sys/prctl.h>

#include "../include/ioattr.h"
#include "feature.h"

/* Older kernel headers lack these. */
#ifndef PR_SET_IOCB_ATTR
#define PR_SET_IOCB_ATTR	0x494f4101
#define PR_IOCB_ATTR_THREAD	(1UL << 0)
#define PR_GET_IOCB_ATTR	0x494f4102
#endif

static_assert(IOATTR_SCOPE_THREAD == PR_IOCB_ATTR_THREAD,
	      "the flags are those of prctl(2)");

/*
 * A kernel without scopes does not know the option, and returns EINVAL as for
 * bad arguments. A server changes the scope for each request, so the kernel is
 * queried only then.
 */
static int error_of_prctl(void)
{
	int error = -errno, ret;

	if (error != -EINVAL)
		return error;
	ret = ioattr_check_feature(IOCB_ATTR_CAP_SCOPE);
	return ret == -ENOSYS || ret == -EOPNOTSUPP ? ret : error;
}

int ioattr_scope_set(int setfd, unsigned int flags)
{
	if (prctl(PR_SET_IOCB_ATTR, (long)setfd, (unsigned long)flags, 0UL,
		  0UL))
		return error_of_prctl();
	return 0;
}

int ioattr_scope_get(void)
{
	int fd = prctl(PR_GET_IOCB_ATTR, 0UL, 0UL, 0UL, 0UL);

	return fd < 0 ? error_of_prctl() : fd;
}
