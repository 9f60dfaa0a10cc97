/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a kernel and a file make of attributes, by FS_IOC_GETIOCBATTR_CAP.
 */
#ifndef _IOCB_ATTR_CAP_H
#define _IOCB_ATTR_CAP_H

#include <errno.h>
#include <sys/ioctl.h>

#include <linux/fs.h>

/* headers of a kernel with attributes, but without the ioctl */
#ifndef FS_IOC_GETIOCBATTR_CAP
#define FS_IOC_GETIOCBATTR_CAP	_IOR(0x15, 3, struct iocb_attr_cap)
#define IOCB_ATTR_CAP_SIZE_VER0	192

struct iocb_attr_cap {
	__aligned_u64	known;
	__aligned_u64	reads;
	__aligned_u64	writes;
	__aligned_u64	controllers;
	__aligned_u64	schedulers;
	__aligned_u64	caches;
	__aligned_u64	devices;
	__u32	list_flags;
	__u32	hints;
	__u16	sizes[64];
};
#endif

/* Returns 0 or a negative errno: -ENOTTY if the kernel has no such ioctl. */
static inline int cap_get(int fd, struct iocb_attr_cap *cap)
{
	return ioctl(fd, FS_IOC_GETIOCBATTR_CAP, cap) ? -errno : 0;
}

#endif /* _IOCB_ATTR_CAP_H */
