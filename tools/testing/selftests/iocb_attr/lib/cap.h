/* SPDX-License-Identifier: GPL-2.0 */
/* Query which attributes the kernel and a file support. */
#ifndef _IOCB_ATTR_CAP_H
#define _IOCB_ATTR_CAP_H

#include <errno.h>
#include <sys/ioctl.h>

#include <linux/fs.h>

/* Returns 0 or a negative errno: -ENOTTY if the kernel has no such ioctl. */
static inline int cap_get(int fd, struct iocb_attr_cap *cap)
{
	return ioctl(fd, FS_IOC_GETIOCBATTR_CAP, cap) ? -errno : 0;
}

#endif /* _IOCB_ATTR_CAP_H */
