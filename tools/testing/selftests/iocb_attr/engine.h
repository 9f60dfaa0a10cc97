/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same I/O through AIO or through io_uring.
 */
#ifndef _IOCB_ATTR_ENGINE_H
#define _IOCB_ATTR_ENGINE_H

#include "aio.h"
#include "uring.h"

#define ENGINE_NR	64	/* I/Os in flight */

struct engine {
	bool uring;
	aio_context_t ctx;
	struct uring ring;
};

struct io {
	bool write;
	int fd;
	void *buf;
	size_t len;
	long long at;
	const void *list;	/* NULL: without attributes */
	int rw_flags;		/* RWF_* */
};

struct io_done {
	unsigned int nr;	/* as numbered by engine_submit() */
	long long res;
	uint64_t mask;
};

static inline int engine_open(struct engine *e, bool uring)
{
	*e = (struct engine) { .uring = uring };
	if (uring)
		return uring_open(&e->ring, ENGINE_NR, IORING_SETUP_CQE32);
	return io_setup(ENGINE_NR, &e->ctx) ? -errno : 0;
}

/* AIO waits here for what is in flight; a ring is left to a worker. */
static inline int engine_close(struct engine *e)
{
	if (!e->uring)
		return io_destroy(e->ctx) ? -errno : 0;
	uring_exit(&e->ring);
	return 0;
}

/*
 * Submit all in one system call, numbered from @first: more than two are
 * plugged. Returns 0 or a negative errno.
 */
static inline int engine_submit(struct engine *e, const struct io *io,
				unsigned int nr, unsigned int first)
{
	struct io_uring_sqe sqes[ENGINE_NR];
	struct iocb iocb[ENGINE_NR], *iocbs[ENGINE_NR];
	unsigned int i;
	int ret;

	for (i = 0; i < nr; i++, io++) {
		iocb[i] = prep(io->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
			       io->fd, io->buf, io->len, io->at, io->list);
		iocb[i].aio_data = first + i;
		iocb[i].aio_rw_flags = io->rw_flags;
		iocbs[i] = &iocb[i];
		sqes[i] = uring_prep(io->write ? IORING_OP_WRITE :
						 IORING_OP_READ, io->fd,
				     io->buf, io->len, io->at, io->list);
		sqes[i].user_data = first + i;
		sqes[i].rw_flags = io->rw_flags;
	}
	if (e->uring)
		return uring_submit(&e->ring, sqes, nr);
	ret = io_submit(e->ctx, nr, iocbs);
	return ret < 0 ? -errno : ret == nr ? 0 : -EPROTO;
}

static inline int engine_wait(struct engine *e, struct io_done *done)
{
	struct uring_done cqe = {};
	struct io_event event;
	int ret;

	if (e->uring) {
		ret = uring_wait(&e->ring, &cqe);
		*done = (struct io_done) { cqe.data, cqe.res, cqe.extra[0] };
		return ret;
	}
	do {
		ret = io_getevents(e->ctx, 1, 1, &event);
	} while (ret < 0 && errno == EINTR);
	if (ret != 1)
		return ret < 0 ? -errno : -EPROTO;
	*done = (struct io_done) { event.data, event.res, event.res2 };
	return 0;
}

/* Submit some and wait for all; @done is in the order of @io. */
static inline int engine_run(struct engine *e, const struct io *io,
			     unsigned int nr, struct io_done *done)
{
	struct io_done one;
	unsigned int i;
	int ret = engine_submit(e, io, nr, 0);

	for (i = 0; i < nr && !ret; i++) {
		ret = engine_wait(e, &one);
		if (!ret)
			done[one.nr] = one;
	}
	return ret;
}

#endif /* _IOCB_ATTR_ENGINE_H */
