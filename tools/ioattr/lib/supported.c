// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * The version of the library, and whether the kernel supports attributes.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../include/ioattr-aio.h"

unsigned int ioattr_version(void)
{
	return IOATTR_VERSION;
}

/*
 * Submit a read of 0 bytes with an empty list. A kernel without attributes
 * rejects it, and the error differs from that of CONFIG_IOCB_ATTR=n.
 */
static int try_empty_list(int fd)
{
	struct iocb iocb = {
		.aio_lio_opcode	= IOCB_CMD_PREAD,
		.aio_fildes	= fd,
	}, *iocbs = &iocb;
	struct ioattr_list list;
	aio_context_t ctx;
	int ret;

	ioattr_init(&list, 0);
	ioattr_prep_aio(&iocb, &list);
	ret = ioattr_aio_setup(1, &ctx);
	if (ret)
		return ret;
	ret = ioattr_aio_submit(ctx, 1, &iocbs);
	ioattr_aio_destroy(ctx);
	return ret;
}

/* Any open file can be queried. */
int ioattr_supported(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), ret;
	struct ioattr_cap cap;

	if (fd < 0)
		return -errno;
	/* filters of system calls allow this more often than AIO */
	ret = ioattr_probe(fd, &cap) ? try_empty_list(fd) : 1;
	close(fd);
	return ret == -EINVAL ? -ENOSYS : ret;
}
