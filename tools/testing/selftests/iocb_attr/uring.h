/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring by its system calls, one I/O at a time. */
#ifndef _IOCB_ATTR_URING_H
#define _IOCB_ATTR_URING_H

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/io_uring.h>

struct uring {
	int fd;
	void *rings;
	size_t rings_size;
	struct io_uring_sqe *sqe;
	struct io_uring_params p;
};

static inline void uring_exit(struct uring *r)
{
	if (r->sqe)
		munmap(r->sqe, r->p.sq_entries * sizeof(*r->sqe));
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

static inline int uring_init(struct uring *r)
{
	memset(r, 0, sizeof(*r));
	r->fd = syscall(SYS_io_uring_setup, 1, &r->p);
	if (r->fd < 0)
		return -errno;
	/* both rings are one mapping since 5.4 */
	r->rings_size = r->p.cq_off.cqes +
			r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->rings = uring_map(r, r->rings_size, IORING_OFF_SQ_RING);
	r->sqe = uring_map(r, r->p.sq_entries * sizeof(*r->sqe),
			   IORING_OFF_SQES);
	if (r->rings && r->sqe)
		return 0;
	uring_exit(r);
	return -ENOMEM;
}

/* Do what @sqe says; return what came of it. */
static inline int uring_run(struct uring *r, const struct io_uring_sqe *sqe)
{
	unsigned int *tail = r->rings + r->p.sq_off.tail;
	unsigned int *array = r->rings + r->p.sq_off.array;
	unsigned int *head = r->rings + r->p.cq_off.head;
	unsigned int *mask = r->rings + r->p.cq_off.ring_mask;
	struct io_uring_cqe *cqes = r->rings + r->p.cq_off.cqes;
	int res;

	*r->sqe = *sqe;
	array[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) != 1)
		return -errno;
	res = cqes[*head & *mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}

#endif /* _IOCB_ATTR_URING_H */
