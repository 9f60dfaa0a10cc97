// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../include/ioattr.h"

/* FS_IOC_GETIOCBATTR_CAP */
#define GET_CAP	_IOR(0x15, 3, struct ioattr_cap)

static_assert(sizeof(struct ioattr_cap) == 192,
	      "the size is a part of the ioctl's number");

int ioattr_probe(int fd, struct ioattr_cap *cap)
{
	memset(cap, 0, sizeof(*cap));
	if (!ioctl(fd, GET_CAP, cap))
		return 0;
	/* drivers return one of these for an unknown ioctl */
	return errno == ENOTTY || errno == EINVAL ? -ENOSYS : -errno;
}
