/* SPDX-License-Identifier: GPL-2.0 */
/* The same I/O by AIO or by io_uring. */
#ifndef _IOCB_ATTR_IO_H
#define _IOCB_ATTR_IO_H

#include "aio.h"
#include "uring.h"

#define ENGINE_NR	64	/* I/Os in flight */

enum engine_type { AIO, URING, SQPOLL, IOPOLL };

struct engine {
	enum engine_type type;
	aio_context_t ctx;
	struct uring ring;
};

struct io {
	bool write;
	bool vector;		/* @buf points to @len vectors */
	int fd;
	void *buf;
	size_t len;
	long long at;
	const void *list;	/* NULL: without attributes */
	bool null_list;		/* with attributes, although @list is NULL */
	bool by_set;		/* with @set instead of @list */
	uint64_t set;		/* its file descriptor */
	bool has_prio;		/* @prio is that of the iocb or of the SQE */
	uint16_t prio;
	int rw_flags;		/* RWF_* */
};

struct io_done {
	unsigned int nr;	/* as numbered by engine_submit() */
	long long res;
	uint64_t mask;
};

static inline int engine_open(struct engine *e, enum engine_type type)
{
	static const unsigned int flags[] = {
		[SQPOLL]	= IORING_SETUP_SQPOLL,
		[IOPOLL]	= IORING_SETUP_IOPOLL,
	};

	*e = (struct engine) { .type = type };
	if (type != AIO)
		return uring_open(&e->ring, ENGINE_NR,
				  IORING_SETUP_CQE32 | flags[type]);
	return io_setup(ENGINE_NR, &e->ctx) ? -errno : 0;
}

/* AIO waits for I/Os in flight; io_uring leaves that to a worker. */
static inline int engine_close(struct engine *e)
{
	if (e->type != AIO) {
		uring_exit(&e->ring);
		return 0;
	}
	return io_destroy(e->ctx) ? -errno : 0;
}

static inline struct iocb io_to_iocb(const struct io *io)
{
	static const uint16_t opcodes[2][2] = {
		{ IOCB_CMD_PREAD, IOCB_CMD_PREADV },
		{ IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV },
	};
	struct iocb iocb = aio_prep(opcodes[io->write][io->vector], io->fd,
				    io->buf, io->len, io->at, io->list);

	if (io->null_list)
		iocb.aio_flags |= IOCB_FLAG_ATTR;
	if (io->by_set) {
		iocb.aio_flags |= IOCB_FLAG_ATTR_SET;
		iocb.aio_attrs = io->set;
	}
	if (io->has_prio) {
		iocb.aio_flags |= IOCB_FLAG_IOPRIO;
		iocb.aio_reqprio = io->prio;
	}
	iocb.aio_rw_flags = io->rw_flags;
	return iocb;
}

static inline struct io_uring_sqe io_to_sqe(const struct io *io)
{
	static const uint8_t opcodes[2][2] = {
		{ IORING_OP_READ, IORING_OP_READV },
		{ IORING_OP_WRITE, IORING_OP_WRITEV },
	};
	struct io_uring_sqe sqe = uring_prep(opcodes[io->write][io->vector],
					     io->fd, io->buf, io->len, io->at,
					     io->list);

	if (io->null_list)
		sqe.attr_type_mask = IORING_RW_ATTR_FLAG_LIST;
	if (io->by_set) {
		sqe.attr_type_mask = IORING_RW_ATTR_FLAG_SET;
		sqe.attr_ptr = io->set;
	}
	if (io->has_prio)
		sqe.ioprio = io->prio;
	sqe.rw_flags = io->rw_flags;
	return sqe;
}

static inline int aio_submit_all(struct engine *e, const struct io *io,
				 unsigned int nr, unsigned int first)
{
	struct iocb iocb[ENGINE_NR], *iocbs[ENGINE_NR];
	unsigned int i;
	int ret;

	for (i = 0; i < nr; i++) {
		iocb[i] = io_to_iocb(&io[i]);
		iocb[i].aio_data = first + i;
		iocbs[i] = &iocb[i];
	}
	ret = io_submit(e->ctx, nr, iocbs);
	return ret < 0 ? -errno : ret == nr ? 0 : -EPROTO;
}

static inline int uring_submit_all(struct engine *e, const struct io *io,
				   unsigned int nr, unsigned int first)
{
	struct io_uring_sqe sqes[ENGINE_NR];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		sqes[i] = io_to_sqe(&io[i]);
		sqes[i].user_data = first + i;
	}
	return uring_submit(&e->ring, sqes, nr);
}

/*
 * Submit all in one system call, numbered from @first. The block layer plugs
 * more than two. Returns 0 or a negative errno.
 */
static inline int engine_submit(struct engine *e, const struct io *io,
				unsigned int nr, unsigned int first)
{
	if (e->type != AIO)
		return uring_submit_all(e, io, nr, first);
	return aio_submit_all(e, io, nr, first);
}

static inline int engine_wait(struct engine *e, struct io_done *done)
{
	struct io_event event;
	int ret;

	*done = (struct io_done) {};
	if (e->type != AIO) {
		struct uring_done cqe = {};

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

/* Submit @nr I/Os and wait for them. @done is in the order of @io. */
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

#endif /* _IOCB_ATTR_IO_H */
