// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../include/ioattr.h"

/* FS_IOC_GETLBMD_CAP, which linux/fs.h has since 6.17 */
#define GET_FORMAT	_IOWR(0x15, 2, struct ioattr_pi_format)

static_assert(sizeof(struct ioattr_pi_format) == 16,
	      "the size is a part of the ioctl's number");

int ioattr_get_pi_format(int fd, struct ioattr_pi_format *format)
{
	memset(format, 0, sizeof(*format));
	if (!ioctl(fd, GET_FORMAT, format))
		return 0;
	/* drivers return either error for an unknown request */
	return errno == EINVAL ? -ENOTTY : -errno;
}
