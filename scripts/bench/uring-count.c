// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one direct read with io_uring, as aio-count does
 * with AIO: one system call submits DEPTH reads and waits for them.
 *
 *	uring-count DEVICE DEPTH [none|pi]
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

/* Headers of older kernels have none of this. */
#define ATTR_PI		(1U << 0)	/* IORING_RW_ATTR_FLAG_PI */
#define CHECK		3		/* the guard and the reference tag */

/* struct io_uring_attr_pi */
struct pi {
	uint16_t	flags, app_tag;
	uint32_t	len;
	uint64_t	addr, seed, reserved;
};

struct reads {
	int fd, ring, depth;
	unsigned int next;
	bool with_pi;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned int *sq_tail, *sq_array, *cq_head, *cq_tail;
	unsigned int sq_mask, cq_mask;
	char *buf;
	struct pi pi[BATCH];
	uint64_t tuples[BATCH];
};

/* One ring of BATCH entries; what it needs is mapped once. */
static int set_up(struct reads *r)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
	};
	size_t size;
	char *rings;

	r->ring = syscall(SYS_io_uring_setup, BATCH, &p);
	if (r->ring < 0)
		return -errno;
	if (!(p.features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	size = p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes);
	rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->ring,
		     IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes),
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

static void prepare_read(struct reads *r, int j)
{
	const unsigned int tail = *r->sq_tail;
	const unsigned int at = tail & r->sq_mask;
	struct io_uring_sqe *sqe = &r->sqes[at];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_READ;
	sqe->fd = r->fd;
	sqe->off = (uint64_t)r->next * BLOCK;
	sqe->addr = (uintptr_t)(r->buf + j * BLOCK);
	sqe->len = BLOCK;
	if (r->with_pi) {
		r->pi[j].seed = r->next;
		/* attr_ptr and attr_type_mask */
		sqe->addr3 = (uintptr_t)&r->pi[j];
		sqe->__pad2[0] = ATTR_PI;
	}
	r->next = (r->next + STRIDE) % SPAN;
	r->sq_array[at] = at;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static int one_batch(struct reads *r, uint64_t *count)
{
	uint64_t start;
	int i, j, n, res = BLOCK;

	start = __rdtsc();
	for (i = 0; i < BATCH; i += r->depth) {
		for (j = 0; j < r->depth; j++)
			prepare_read(r, j);
		n = syscall(SYS_io_uring_enter, r->ring, r->depth, r->depth,
			    IORING_ENTER_GETEVENTS, NULL, 0);
		if (n != r->depth)
			return n < 0 ? -errno : -EAGAIN;
		for (j = 0; j < r->depth; j++) {
			const unsigned int head = *r->cq_head;

			if (head == __atomic_load_n(r->cq_tail,
						    __ATOMIC_ACQUIRE))
				return -EAGAIN;
			n = r->cqes[head & r->cq_mask].res;
			if (n != BLOCK)
				res = n;
			__atomic_store_n(r->cq_head, head + 1,
					 __ATOMIC_RELEASE);
		}
	}
	*count = __rdtsc() - start;
	return res == BLOCK ? 0 : res < 0 ? res : -EIO;
}

int main(int argc, char **argv)
{
	static struct reads r;
	uint64_t counts[BATCHES];
	int i, err;

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "none") &&
				     strcmp(argv[3], "pi"))) {
		fprintf(stderr, "usage: uring-count DEVICE DEPTH [none|pi]\n");
		return 2;
	}
	r.with_pi = argc == 4 && argv[3][0] == 'p';
	r.depth = atoi(argv[2]);
	if (r.depth < 1 || r.depth > BATCH || BATCH % r.depth) {
		fprintf(stderr, "uring-count: the depth divides %d\n", BATCH);
		return 2;
	}
	if (check_counter())
		return 1;
	r.fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (r.fd < 0) {
		perror(argv[1]);
		return 1;
	}
	r.buf = aligned_alloc(BLOCK, BATCH * BLOCK);
	if (!r.buf)
		return 1;
	memset(r.buf, 0, BATCH * BLOCK);
	for (i = 0; i < r.depth; i++)
		r.pi[i] = (struct pi){
			.flags	= CHECK,
			.len	= sizeof(r.tuples[i]),
			.addr	= (uintptr_t)&r.tuples[i],
		};
	err = set_up(&r);
	for (i = -WARM_UP; i < BATCHES && !err; i++)
		err = one_batch(&r, &counts[i < 0 ? 0 : i]);
	if (err) {
		fprintf(stderr, "uring-count: %s\n", strerror(-err));
		return 1;
	}
	print_median(counts);
	return 0;
}
