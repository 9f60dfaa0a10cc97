// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../include/ioattr-aio.h"

static int result(long ret)
{
	return ret < 0 ? -errno : (int)ret;
}

int ioattr_aio_setup(unsigned int nr, aio_context_t *ctx)
{
	*ctx = 0;
	return result(syscall(__NR_io_setup, nr, ctx));
}

int ioattr_aio_destroy(aio_context_t ctx)
{
	return result(syscall(__NR_io_destroy, ctx));
}

int ioattr_aio_submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
	return result(syscall(__NR_io_submit, ctx, nr, iocbs));
}

/* The struct timespec of a program may be larger than that of the kernel. */
int ioattr_aio_getevents(aio_context_t ctx, long min, long nr,
			 struct io_event *events, int timeout)
{
	struct {
		__kernel_long_t	sec, nsec;
	} time = { timeout / 1000, timeout % 1000 * 1000000L };

	return result(syscall(__NR_io_getevents, ctx, min, nr, events,
			      timeout < 0 ? NULL : &time));
}

int ioattr_prep_aio(struct iocb *iocb, const struct ioattr_list *list)
{
	if (list && list->error)
		return list->error;
	iocb->aio_flags &= ~(IOCB_FLAG_ATTR | IOCB_FLAG_ATTR_SET);
	if (list)
		iocb->aio_flags |= IOCB_FLAG_ATTR;
	iocb->aio_attrs = list ? (uintptr_t)&list->head : 0;
	return 0;
}

int ioattr_prep_aio_set(struct iocb *iocb, int fd)
{
	if (fd <= 0)
		return -EBADF;
	iocb->aio_flags &= ~IOCB_FLAG_ATTR;
	iocb->aio_flags |= IOCB_FLAG_ATTR_SET;
	iocb->aio_attrs = fd;
	return 0;
}
