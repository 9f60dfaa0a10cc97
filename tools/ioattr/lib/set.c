// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../include/ioattr.h"
#include "feature.h"

/*
 * Older kernel headers lack the number. The distance between system calls is
 * the same on all architectures.
 */
#ifndef __NR_iocb_attr_create
#define __NR_iocb_attr_create	(__NR_pidfd_send_signal - 424 + 473)
#endif

int ioattr_set_create(const struct ioattr_list *list, unsigned int flags)
{
	int ret;

	if (list->error)
		return list->error;
	/* on other kernels the number may be that of another system call */
	ret = ioattr_check_feature(IOCB_ATTR_CAP_SETS);
	if (ret)
		return ret;
	ret = syscall(__NR_iocb_attr_create, &list->head, flags);
	return ret < 0 ? -errno : ret;
}
