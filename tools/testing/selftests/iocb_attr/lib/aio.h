/* SPDX-License-Identifier: GPL-2.0 */
/* AIO by its system calls. */
#ifndef _IOCB_ATTR_AIO_H
#define _IOCB_ATTR_AIO_H

#include <linux/aio_abi.h>

#include "through_sets.h"
#include "common.h"
#include "list.h"

static inline int io_setup(unsigned int nr, aio_context_t *ctx)
{
	return syscall(__NR_io_setup, nr, ctx);
}

static inline int io_destroy(aio_context_t ctx)
{
	return syscall(__NR_io_destroy, ctx);
}

/* Turn the list of an iocb into a set. Returns 0 or a negative errno. */
static inline int iocb_to_set(struct iocb *iocb)
{
	const uint32_t flags = IOCB_FLAG_ATTR | IOCB_FLAG_ATTR_SET;
	int set;

	if ((iocb->aio_flags & flags) != IOCB_FLAG_ATTR ||
	    !list_fits_set(iocb->aio_attrs))
		return 0;
	set = list_to_set(iocb->aio_attrs);
	if (set < 0)
		return set;
	iocb->aio_flags ^= flags;
	iocb->aio_attrs = set;
	return 0;
}

/* Those before the first bad one are submitted, as by io_submit(2). */
static inline int io_submit_sets(aio_context_t ctx, long nr,
				 struct iocb **iocbs)
{
	struct iocb *lists = calloc(nr, sizeof(*lists));
	int ret, error = 0;
	long i, good;

	if (!lists)
		return -1;
	for (good = 0; good < nr; good++) {
		lists[good] = *iocbs[good];
		ret = iocb_to_set(iocbs[good]);
		if (ret) {
			error = -ret;
			break;
		}
	}
	ret = -1;
	if (good || !error) {
		ret = syscall(__NR_io_submit, ctx, good, iocbs);
		error = errno;
	}
	for (i = 0; i < good; i++) {
		if (iocbs[i]->aio_flags != lists[i].aio_flags)
			close(iocbs[i]->aio_attrs);
		iocbs[i]->aio_flags = lists[i].aio_flags;
		iocbs[i]->aio_attrs = lists[i].aio_attrs;
	}
	free(lists);
	errno = error;
	return ret;
}

static inline int io_submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
	if (through_sets())
		return io_submit_sets(ctx, nr, iocbs);
	return syscall(__NR_io_submit, ctx, nr, iocbs);
}

static inline int io_getevents(aio_context_t ctx, long min, long nr,
			       struct io_event *events)
{
	return syscall(__NR_io_getevents, ctx, min, nr, events, NULL);
}

static inline struct iocb aio_prep(int opcode, int fd, void *buf, size_t len,
				   long long offset, const void *list)
{
	return (struct iocb) {
		.aio_lio_opcode	= opcode,
		.aio_fildes	= fd,
		.aio_buf	= (uintptr_t)buf,
		.aio_nbytes	= len,
		.aio_offset	= offset,
		.aio_flags	= list ? IOCB_FLAG_ATTR : 0,
		.aio_attrs	= (uintptr_t)list,
	};
}

/* The same with an attribute set. */
static inline struct iocb aio_prep_set(int opcode, int fd, void *buf,
				       size_t len, long long offset, int set)
{
	struct iocb iocb = aio_prep(opcode, fd, buf, len, offset, NULL);

	iocb.aio_flags = IOCB_FLAG_ATTR_SET;
	iocb.aio_attrs = set;
	return iocb;
}

/*
 * Submit one iocb and wait for it. Returns 0 with the event filled in, or the
 * negative errno of io_submit().
 */
static inline int aio_run(aio_context_t ctx, struct iocb *iocb,
			  struct io_event *event)
{
	int ret = io_submit(ctx, 1, &iocb);

	if (ret < 0)
		return -errno;
	if (ret != 1)
		return -EPROTO;
	do {
		ret = io_getevents(ctx, 1, 1, event);
	} while (ret < 0 && errno == EINTR);
	return ret == 1 ? 0 : -EPROTO;
}

/* Read one block at offset 0 with a list. Returns 0 or a negative errno. */
static inline int submit_list(aio_context_t ctx, int fd, void *buf,
			      const void *list)
{
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, fd, buf, BLOCK, 0, list);
	struct io_event event;
	int ret;

	iocb.aio_flags = IOCB_FLAG_ATTR;
	ret = aio_run(ctx, &iocb, &event);
	if (ret)
		return ret;
	return event.res < 0 ? -EIO : 0;
}

#endif /* _IOCB_ATTR_AIO_H */
