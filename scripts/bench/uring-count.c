// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one direct read or write by io_uring, like
 * aio-count for AIO: one system call submits DEPTH of them and waits.
 *
 *	uring-count [-w] [-i] [-g] [-s] [-c] FILE DEPTH [WHAT [N [forever]]]
 *
 * -w: write. -i: count as described in waits.h. -g: enter a child cgroup first.
 * -s: use 128-byte SQEs and put the list into them. -c: use 32-byte CQEs. WHAT
 * is the attributes of each I/O: none, pi (the attribute of io_uring), a list
 * of lists.h, or a set of such a list: set+ and the list for its file
 * descriptor, fixed+ for its index in the files of the ring.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"
#include "lists.h"
#include "waits.h"

/* missing in the headers of older kernels */
#define ATTR_PI		(1U << 0)	/* IORING_RW_ATTR_FLAG_PI */
#define ATTR_LIST	(1ULL << 62)	/* IORING_RW_ATTR_FLAG_LIST */
#define ATTR_LIST_SQE	(1ULL << 61)	/* IORING_RW_ATTR_FLAG_LIST_SQE */
#define ATTR_SET	(1ULL << 60)	/* IORING_RW_ATTR_FLAG_SET */
#define ATTR_SET_FIXED	(1ULL << 59)	/* IORING_RW_ATTR_FLAG_SET_FIXED */
#define CHECK		3		/* the guard and the reference tag */

/* struct io_uring_attr_pi */
struct pi {
	uint16_t	flags, app_tag;
	uint32_t	len;
	uint64_t	addr, seed, reserved;
};

struct reads {
	int fd, ring, depth, batch, opcode;
	unsigned int next, span;
	/* attr_type_mask: one of the above, or 0 */
	uint64_t mode;
	/* binary logarithm of how much larger the entries are */
	int sqe_shift, cqe_shift;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned int *sq_tail, *sq_array, *cq_head, *cq_tail;
	unsigned int sq_mask, cq_mask;
	char *buf;
	struct lists lists;
	struct pi pi[BATCH];
	uint64_t tuples[BATCH];
};

/* A ring of BATCH entries, mapped once. */
static int set_up(struct reads *r)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_COOP_TASKRUN |
			 (r->sqe_shift ? IORING_SETUP_SQE128 : 0) |
			 (r->cqe_shift ? IORING_SETUP_CQE32 : 0),
	};
	size_t size;
	char *rings;

	r->ring = syscall(SYS_io_uring_setup, BATCH, &p);
	if (r->ring < 0)
		return -errno;
	if (!(p.features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	size = p.cq_off.cqes +
	       (p.cq_entries * sizeof(*r->cqes) << r->cqe_shift);
	rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->ring,
		     IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes) << r->sqe_shift,
		       PROT_READ | PROT_WRITE, MAP_SHARED, r->ring,
		       IORING_OFF_SQES);
	if (rings == MAP_FAILED || r->sqes == MAP_FAILED)
		return -errno;
	r->sq_tail = (unsigned int *)(rings + p.sq_off.tail);
	r->sq_array = (unsigned int *)(rings + p.sq_off.array);
	r->sq_mask = p.sq_entries - 1;
	r->cq_head = (unsigned int *)(rings + p.cq_off.head);
	r->cq_tail = (unsigned int *)(rings + p.cq_off.tail);
	r->cq_mask = p.cq_entries - 1;
	r->cqes = (struct io_uring_cqe *)(rings + p.cq_off.cqes);
	return 0;
}

/* Register the sets as the files of the ring. */
static int register_sets(struct reads *r)
{
	static int32_t fds[MAX_LISTS];
	unsigned int i;

	for (i = 0; i < r->lists.nr; i++) {
		fds[i] = r->lists.attrs[i];
		r->lists.attrs[i] = i;
	}
	return syscall(SYS_io_uring_register, r->ring, IORING_REGISTER_FILES,
		       fds, r->lists.nr) < 0 ? -errno : 0;
}

/* addr3 and __pad2[0] are attr_ptr and attr_type_mask. */
static void give_attrs(struct reads *r, struct io_uring_sqe *sqe, int j)
{
	const struct iocb_attr_list *list;

	sqe->__pad2[0] = r->mode;
	if (r->mode == ATTR_PI) {
		r->pi[j].seed = sqe->off / BLOCK;
		sqe->addr3 = (uintptr_t)&r->pi[j];
		return;
	}
	sqe->addr3 = next_attrs(&r->lists);
	if (r->mode == ATTR_LIST_SQE) {
		list = (const struct iocb_attr_list *)(uintptr_t)sqe->addr3;
		memcpy(sqe + 1, list, list->size);
		sqe->addr3 = 0;
	}
}

static void prepare_io(struct reads *r, int j)
{
	const unsigned int tail = *r->sq_tail;
	const unsigned int at = tail & r->sq_mask;
	struct io_uring_sqe *sqe = &r->sqes[at << r->sqe_shift];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = r->opcode;
	sqe->fd = r->fd;
	sqe->off = offset_of(r->next);
	sqe->addr = (uintptr_t)(r->buf + j * BLOCK);
	sqe->len = BLOCK;
	give_attrs(r, sqe, j);
	r->next = (r->next + STRIDE) & (r->span - 1);
	r->sq_array[at] = at;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static int take_result(struct reads *r)
{
	const unsigned int head = *r->cq_head;
	const struct io_uring_cqe *cqe =
		&r->cqes[(head & r->cq_mask) << r->cqe_shift];
	int err = 0;

	if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	if (cqe->res != BLOCK)
		err = cqe->res < 0 ? cqe->res : -EIO;
	/* big_cqe */
	else if (r->cqe_shift &&
		 !is_report(&r->lists, *(uint64_t *)(cqe + 1)))
		err = -EPROTO;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return err;
}

static int one_batch(void *arg, uint64_t *count)
{
	struct reads *r = arg;
	uint64_t start;
	int i, j, n, err = 0;

	start = __rdtsc();
	for (i = 0; i < r->batch; i += r->depth) {
		for (j = 0; j < r->depth; j++)
			prepare_io(r, j);
		n = syscall(SYS_io_uring_enter, r->ring, r->depth, r->depth,
			    IORING_ENTER_GETEVENTS, NULL, 0);
		if (n != r->depth)
			return n < 0 ? -errno : -EAGAIN;
		for (j = 0; j < r->depth; j++) {
			n = take_result(r);
			if (n)
				err = n;
		}
	}
	*count = __rdtsc() - start;
	return err;
}

static int prepare_sets(struct reads *r, const char *what, unsigned int n)
{
	int err = build_lists(&r->lists, what, n);

	return err ?: make_sets(&r->lists);
}

static int prepare(struct reads *r, const char *what, unsigned int n)
{
	int i;

	if (!strcmp(what, "none"))
		return 0;
	if (!strncmp(what, "set+", 4)) {
		r->mode = ATTR_SET;
		return prepare_sets(r, what + 4, n);
	}
	if (!strncmp(what, "fixed+", 6)) {
		r->mode = ATTR_SET_FIXED;
		return prepare_sets(r, what + 6, n);
	}
	if (strcmp(what, "pi")) {
		r->mode = r->sqe_shift ? ATTR_LIST_SQE : ATTR_LIST;
		return build_lists(&r->lists, what, n);
	}
	r->mode = ATTR_PI;
	for (i = 0; i < r->depth; i++)
		r->pi[i] = (struct pi){
			.flags	= CHECK,
			.len	= sizeof(r->tuples[i]),
			.addr	= (uintptr_t)&r->tuples[i],
		};
	return 0;
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "uring-count: %s: %s\n", what, strerror(-err));
	return 1;
}

int main(int argc, char **argv)
{
	static struct counter counter;
	static struct reads r = {
		.batch = BATCH, .opcode = IORING_OP_READ, .lists.nr = 1,
	};
	bool forever, waits = false, child = false;
	const char *what;
	int i, err;

	while ((i = getopt(argc, argv, "+wigsc")) != -1) {
		if (i == 'w')
			r.opcode = IORING_OP_WRITE;
		else if (i == 'i')
			waits = true;
		else if (i == 'g')
			child = true;
		else if (i == 's')
			r.sqe_shift = 1;
		else if (i == 'c')
			r.cqe_shift = 1;
		else
			return 2;
	}
	argv += optind;
	argc -= optind;
	forever = argc > 4 && !strcmp(argv[4], "forever");
	if (argc < 2 || argc > 5 || (argc > 4 && !forever)) {
		fputs("usage: uring-count [-w] [-i] [-g] [-s] [-c] FILE DEPTH [WHAT [N [forever]]]\n",
		      stderr);
		return 2;
	}
	what = argc > 2 ? argv[2] : "none";
	r.depth = atoi(argv[1]);
	if (r.depth < 1 || r.depth > BATCH || BATCH % r.depth) {
		fprintf(stderr, "uring-count: the depth divides %d\n", BATCH);
		return 2;
	}
	if (check_counter())
		return 1;
	err = child ? enter_cgroup() : 0;
	if (err)
		return fail("cgroup", err);
	r.fd = open(argv[0], O_RDWR | O_DIRECT);
	if (r.fd < 0)
		return fail(argv[0], -errno);
	r.span = span_of(r.fd);
	if (!r.span)
		return fail(argv[0], -EFBIG);
	r.buf = aligned_alloc(BLOCK, BATCH * BLOCK);
	if (!r.buf)
		return 1;
	memset(r.buf, 0, BATCH * BLOCK);
	err = prepare(&r, what, argc > 3 ? atoi(argv[3]) : 1);
	if (!err)
		err = set_up(&r);
	if (!err && r.mode == ATTR_SET_FIXED)
		err = register_sets(&r);
	if (!err && forever)
		do_forever(one_batch, &r);
	if (waits)
		r.batch = r.depth;
	if (!err)
		err = waits ? count_waits(&counter, one_batch, &r, r.depth) :
			      count_batches(&counter, one_batch, &r);
	if (err)
		return fail(what, err);
	print_counter(&counter);
	return 0;
}
