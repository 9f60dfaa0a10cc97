/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring by its system calls. */
#ifndef _IOCB_ATTR_URING_H
#define _IOCB_ATTR_URING_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/io_uring.h>
#include <linux/io_uring/query.h>

#include "through_sets.h"

struct uring {
	int fd;
	void *rings;
	size_t rings_size;
	struct io_uring_sqe *sqes;
	size_t sqe_size;
	struct io_uring_params p;
};

/* A completion. Fields that a 16-byte CQE does not have are 0. */
struct uring_done {
	uint64_t data;
	int res;
	unsigned int flags;
	uint64_t extra[2];
	bool big;
};

static inline unsigned int *uring_word(struct uring *r, uint32_t offset)
{
	return r->rings + offset;
}

static inline void uring_exit(struct uring *r)
{
	if (r->sqes)
		munmap(r->sqes, r->p.sq_entries * r->sqe_size);
	if (r->rings)
		munmap(r->rings, r->rings_size);
	close(r->fd);
}

static inline void *uring_map(struct uring *r, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, r->fd, what);

	return p == MAP_FAILED ? NULL : p;
}

/* Set up a ring with @entries entries and IORING_SETUP_* flags. */
static inline int uring_open(struct uring *r, unsigned int entries,
			     unsigned int flags)
{
	size_t cqe = sizeof(struct io_uring_cqe);

	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->fd = syscall(SYS_io_uring_setup, entries, &r->p);
	if (r->fd < 0)
		return -errno;
	if (flags & IORING_SETUP_CQE32)
		cqe *= 2;
	r->sqe_size = sizeof(*r->sqes) << !!(flags & IORING_SETUP_SQE128);
	/* both rings are one mapping since 5.4 */
	r->rings_size = r->p.cq_off.cqes + r->p.cq_entries * cqe;
	if (r->rings_size < r->p.sq_off.array + r->p.sq_entries * 4)
		r->rings_size = r->p.sq_off.array + r->p.sq_entries * 4;
	r->rings = uring_map(r, r->rings_size, IORING_OFF_SQ_RING);
	r->sqes = uring_map(r, r->p.sq_entries * r->sqe_size, IORING_OFF_SQES);
	if (r->rings && r->sqes)
		return 0;
	uring_exit(r);
	return -ENOMEM;
}

static inline int uring_init(struct uring *r)
{
	return uring_open(r, 1, 0);
}

static inline int uring_enter(struct uring *r, unsigned int submit,
			      unsigned int wait, unsigned int flags)
{
	int ret = syscall(SYS_io_uring_enter, r->fd, submit, wait, flags, NULL,
			  0);

	return ret < 0 ? -errno : ret;
}

static inline int uring_register(struct uring *r, unsigned int opcode,
				 const void *arg, unsigned int nr)
{
	int ret = syscall(SYS_io_uring_register, r->fd, opcode, arg, nr);

	return ret < 0 ? -errno : ret;
}

static inline int uring_submit_sqes(struct uring *r, const void *sqes,
				    unsigned int nr)
{
	unsigned int *tail = uring_word(r, r->p.sq_off.tail);
	unsigned int *array = uring_word(r, r->p.sq_off.array);
	unsigned int mask = *uring_word(r, r->p.sq_off.ring_mask);
	unsigned int i, at;
	int ret;

	for (i = 0; i < nr; i++) {
		at = (*tail + i) & mask;
		memcpy((void *)r->sqes + at * r->sqe_size,
		       sqes + i * r->sqe_size, r->sqe_size);
		array[at] = at;
	}
	__atomic_store_n(tail, *tail + nr, __ATOMIC_SEQ_CST);
	if (r->p.flags & IORING_SETUP_SQPOLL) {
		/* wait until the thread, which may sleep, has consumed them */
		ret = uring_enter(r, nr, 0, IORING_ENTER_SQ_WAKEUP);
		while (ret >= 0 &&
		       __atomic_load_n(uring_word(r, r->p.sq_off.head),
				       __ATOMIC_ACQUIRE) != *tail)
			usleep(100);
		return ret < 0 ? ret : 0;
	}
	ret = uring_enter(r, nr, 0, 0);
	return ret < 0 ? ret : ret == (int)nr ? 0 : -EPROTO;
}

/*
 * Turn the list of an SQE into a set. Returns its file descriptor, or -1. An
 * error becomes the result of the request, as that of a list would.
 */
static inline int sqe_to_set(struct io_uring_sqe *sqe)
{
	int set;

	if (sqe->attr_type_mask != IORING_RW_ATTR_FLAG_LIST ||
	    !list_fits_set(sqe->attr_ptr))
		return -1;
	set = list_to_set(sqe->attr_ptr);
	if (set >= 0) {
		sqe->attr_type_mask = IORING_RW_ATTR_FLAG_SET;
		sqe->attr_ptr = set;
		return set;
	}
	*sqe = (struct io_uring_sqe) {
		.opcode		= IORING_OP_NOP,
		.flags		= sqe->flags,
		.len		= set,
		.nop_flags	= IORING_NOP_INJECT_RESULT,
		.user_data	= sqe->user_data,
	};
	return -1;
}

static inline int uring_submit_sets(struct uring *r, const void *sqes,
				    unsigned int nr)
{
	int *sets = calloc(nr, sizeof(*sets)), ret = -ENOMEM;
	void *copy = calloc(nr, r->sqe_size);
	unsigned int i;

	if (!sets || !copy)
		goto out;
	memcpy(copy, sqes, nr * r->sqe_size);
	for (i = 0; i < nr; i++)
		sets[i] = sqe_to_set(copy + i * r->sqe_size);
	ret = uring_submit_sqes(r, copy, nr);
	for (i = 0; i < nr; i++)
		if (sets[i] >= 0)
			close(sets[i]);
out:
	free(sets);
	free(copy);
	return ret;
}

/*
 * Submit @nr SQEs, which must fit in the ring. If its SQEs have 128 bytes, each
 * is two elements of @sqes. Returns 0 or a negative errno.
 */
static inline int uring_submit(struct uring *r, const struct io_uring_sqe *sqes,
			       unsigned int nr)
{
	if (through_sets())
		return uring_submit_sets(r, sqes, nr);
	return uring_submit_sqes(r, sqes, nr);
}

/* Wait for one completion. Returns 0 or a negative errno. */
static inline int uring_wait(struct uring *r, struct uring_done *done)
{
	unsigned int *tail = uring_word(r, r->p.cq_off.tail);
	unsigned int *head = uring_word(r, r->p.cq_off.head);
	unsigned int mask = *uring_word(r, r->p.cq_off.ring_mask);
	bool all_big = r->p.flags & IORING_SETUP_CQE32;
	const struct io_uring_cqe *cqe;
	int ret;

	for (;;) {
		if (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE)) {
			ret = uring_enter(r, 0, 1, IORING_ENTER_GETEVENTS);
			if (ret < 0 && ret != -EINTR)
				return ret;
			continue;
		}
		cqe = r->rings + r->p.cq_off.cqes +
		      ((*head & mask) * sizeof(*cqe) << all_big);
		if (!(cqe->flags & IORING_CQE_F_SKIP))
			break;
		/* filler before the end of the ring */
		__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	}
	*done = (struct uring_done) {
		.data	= cqe->user_data,
		.res	= cqe->res,
		.flags	= cqe->flags,
		.big	= all_big || (cqe->flags & IORING_CQE_F_32),
	};
	if (done->big)
		memcpy(done->extra, cqe->big_cqe, sizeof(done->extra));
	__atomic_store_n(head, *head + 1 + (done->big && !all_big),
			 __ATOMIC_RELEASE);
	return 0;
}

/* Submit @sqe and wait for it. Returns 0 or a negative errno. */
static inline int uring_do(struct uring *r, const struct io_uring_sqe *sqe,
			   struct uring_done *done)
{
	return uring_submit(r, sqe, 1) ?: uring_wait(r, done);
}

/* Submit @sqe and wait for it. Returns its result or a negative errno. */
static inline int uring_run(struct uring *r, const struct io_uring_sqe *sqe)
{
	struct uring_done done;

	return uring_do(r, sqe, &done) ?: done.res;
}

/* A read or write, with a list unless that is NULL. */
static inline struct io_uring_sqe uring_prep(int opcode, int fd,
					     const void *buf, unsigned int len,
					     long long offset, const void *list)
{
	return (struct io_uring_sqe) {
		.opcode		= opcode,
		.fd		= fd,
		.addr		= (uintptr_t)buf,
		.len		= len,
		.off		= offset,
		.attr_ptr	= (uintptr_t)list,
		.attr_type_mask	= list ? IORING_RW_ATTR_FLAG_LIST : 0,
	};
}

/*
 * A read or write with an attribute set: the file descriptor of the set for
 * IORING_RW_ATTR_FLAG_SET, its index for IORING_RW_ATTR_FLAG_SET_FIXED.
 */
static inline struct io_uring_sqe uring_prep_set(int opcode, int fd,
						 const void *buf,
						 unsigned int len,
						 long long offset,
						 uint64_t mode, uint64_t set)
{
	struct io_uring_sqe sqe = uring_prep(opcode, fd, buf, len, offset,
					     NULL);

	sqe.attr_type_mask = mode;
	sqe.attr_ptr = set;
	return sqe;
}

/* Register a table of @nr files, all of them empty. */
static inline int uring_register_table(struct uring *r, unsigned int nr)
{
	struct io_uring_rsrc_register reg = {
		.nr	= nr,
		.flags	= IORING_RSRC_REGISTER_SPARSE,
	};

	return uring_register(r, IORING_REGISTER_FILES2, &reg, sizeof(reg));
}

/*
 * Replace a file of the table; -1 removes it. A tag other than 0 is posted as a
 * completion when the new file, replaced in turn, is no longer in use. Returns
 * 0 or a negative errno.
 */
static inline int uring_set_slot(struct uring *r, unsigned int slot, int fd,
				 uint64_t tag)
{
	struct io_uring_rsrc_update2 update = {
		.offset	= slot,
		.data	= (uintptr_t)&fd,
		.tags	= (uintptr_t)&tag,
		.nr	= 1,
	};
	int ret = uring_register(r, IORING_REGISTER_FILES_UPDATE2, &update,
				 sizeof(update));

	return ret < 0 ? ret : ret == 1 ? 0 : -EPROTO;
}

/* True if a completion can be read. */
static inline bool uring_ready(struct uring *r)
{
	return *uring_word(r, r->p.cq_off.head) !=
	       __atomic_load_n(uring_word(r, r->p.cq_off.tail),
			       __ATOMIC_ACQUIRE);
}

/* The bits of attr_type_mask that the kernel supports, or 0. */
static inline uint64_t uring_attr_flags(void)
{
	struct io_uring_query_opcode op = {};
	struct io_uring_query_hdr hdr = {
		.query_data	= (uintptr_t)&op,
		.query_op	= IO_URING_QUERY_OPCODES,
		.size		= sizeof(op),
	};

	if (syscall(SYS_io_uring_register, -1, IORING_REGISTER_QUERY, &hdr, 0))
		return 0;
	return hdr.result ? 0 : op.rw_attr_flags;
}

#endif /* _IOCB_ATTR_URING_H */
