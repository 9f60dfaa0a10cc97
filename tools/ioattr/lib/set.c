// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../include/ioattr.h"

/*
 * Older kernel headers lack the number. The distance between system calls is
 * the same on all architectures.
 */
#ifndef __NR_iocb_attr_create
#define __NR_iocb_attr_create	(__NR_pidfd_send_signal - 424 + 473)
#endif

/* Returns 0 if the kernel supports sets. Any open file can be queried. */
static int check_kernel(void)
{
	int fd = eventfd(0, EFD_CLOEXEC), ret;
	struct ioattr_cap cap;

	if (fd < 0)
		return -errno;
	ret = ioattr_probe(fd, &cap);
	close(fd);
	if (ret)
		return ret;
	return cap.features & IOCB_ATTR_CAP_SETS ? 0 : -EOPNOTSUPP;
}

int ioattr_set_create(const struct ioattr_list *list, unsigned int flags)
{
	int ret;

	if (list->error)
		return list->error;
	/* on other kernels the number may be that of another system call */
	ret = check_kernel();
	if (ret)
		return ret;
	ret = syscall(__NR_iocb_attr_create, list, flags);
	return ret < 0 ? -errno : ret;
}
