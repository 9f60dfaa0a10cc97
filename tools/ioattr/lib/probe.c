// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../include/ioattr.h"
#include "feature.h"

/* FS_IOC_GETIOCBATTR_CAP */
#define GET_CAP		_IOR(0x15, 3, struct ioattr_cap)
/* The same without features and what follows. */
#define GET_CAP_VER0	_IOC(_IOC_READ, 0x15, 3, 192)

static_assert(sizeof(struct ioattr_cap) == 224 &&
	      offsetof(struct ioattr_cap, features) == 192,
	      "the size is a part of the ioctl's number");

int ioattr_probe_sized(int fd, struct ioattr_cap *cap, size_t size)
{
	struct ioattr_cap known;

	memset(cap, 0, size);
	memset(&known, 0, sizeof(known));
	if (ioctl(fd, GET_CAP, &known) && ioctl(fd, GET_CAP_VER0, &known)) {
		/* drivers return either error for an unknown request */
		return errno == ENOTTY || errno == EINVAL ? -ENOSYS : -errno;
	}
	memcpy(cap, &known, size < sizeof(known) ? size : sizeof(known));
	return 0;
}

/* Any open file can be queried. */
int ioattr_check_feature(uint64_t feature)
{
	int fd = eventfd(0, EFD_CLOEXEC), ret;
	struct ioattr_cap cap;

	if (fd < 0)
		return -errno;
	ret = ioattr_probe(fd, &cap);
	close(fd);
	if (ret)
		return ret;
	return cap.features & feature ? 0 : -EOPNOTSUPP;
}
