// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one direct read with AIO, both system calls
 * included. For a guest of scripts/vm/run --icount, where the time stamp
 * counter counts instructions.
 *
 * The reads are done in batches of 64 and the median batch is printed: a batch
 * lasts about a fifteenth of a timer tick, so most of them have none, and the
 * median none of its cost.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/iocb_attr.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#ifndef IOCB_FLAG_ATTR
#define IOCB_FLAG_ATTR	(1 << 2)
#endif

#define BLOCK		4096
#define BATCH		64
#define BATCHES		301
#define WARM_UP		20

/* reads lie this many blocks apart, so that no two of them ever merge */
#define STRIDE		37
#define SPAN		(1 << 16)

struct cache_list {
	struct iocb_attr_list head;
	struct iocb_attr_cache cache;
};

struct reads {
	aio_context_t ctx;
	int depth;
	unsigned int next;
	struct iocb iocbs[BATCH];
	struct iocb *submit[BATCH];
	struct io_event events[BATCH];
};

static int one_batch(struct reads *r, uint64_t *count)
{
	uint64_t start;
	int i, j, n;

	start = __rdtsc();
	for (i = 0; i < BATCH; i += r->depth) {
		for (j = 0; j < r->depth; j++) {
			r->iocbs[j].aio_offset = (int64_t)r->next * BLOCK;
			r->next = (r->next + STRIDE) % SPAN;
		}
		n = syscall(SYS_io_submit, r->ctx, r->depth, r->submit);
		if (n != r->depth)
			return n < 0 ? -errno : -EAGAIN;
		n = syscall(SYS_io_getevents, r->ctx, r->depth, r->depth,
			    r->events, NULL);
		if (n != r->depth)
			return n < 0 ? -errno : -EAGAIN;
	}
	*count = __rdtsc() - start;

	for (j = 0; j < r->depth; j++) {
		if (r->events[j].res != BLOCK)
			return r->events[j].res < 0 ? r->events[j].res : -EIO;
		if (r->events[j].res2)
			return -EPROTO;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Does the counter count instructions? Two each time round, and a few more. */
static int check_counter(void)
{
	uint64_t start, count, n = 100000;

	start = __rdtsc();
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n));
	count = __rdtsc() - start;
	return count >= 200000 && count < 200100 ? 0 : -ENODEV;
}

int main(int argc, char **argv)
{
	struct cache_list list = {
		.head = { .size = sizeof(list) },
		.cache = { { sizeof(list.cache), IOCB_ATTR_cache, 0 },
			   IOCB_CACHE_BYPASS, 0 },
	};
	static struct reads r;
	uint64_t counts[BATCHES];
	int i, fd, err;
	char *buf;

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "cache"))) {
		fprintf(stderr, "usage: aio-count DEVICE DEPTH [cache]\n");
		return 2;
	}
	r.depth = atoi(argv[2]);
	if (r.depth < 1 || r.depth > BATCH || BATCH % r.depth) {
		fprintf(stderr, "aio-count: the depth divides %d\n", BATCH);
		return 2;
	}
	/* a tick may fall into it, but not into all of three */
	for (i = 0; check_counter(); i++) {
		if (i == 2) {
			fprintf(stderr, "aio-count: the time stamp counter "
				"does not count instructions: --icount?\n");
			return 1;
		}
	}
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	buf = aligned_alloc(BLOCK, BATCH * BLOCK);
	if (!buf || syscall(SYS_io_setup, BATCH, &r.ctx)) {
		perror("aio-count");
		return 1;
	}
	memset(buf, 0, BATCH * BLOCK);
	for (i = 0; i < r.depth; i++) {
		r.iocbs[i].aio_lio_opcode = IOCB_CMD_PREAD;
		r.iocbs[i].aio_fildes = fd;
		r.iocbs[i].aio_buf = (uintptr_t)(buf + i * BLOCK);
		r.iocbs[i].aio_nbytes = BLOCK;
		if (argc == 4) {
			r.iocbs[i].aio_flags = IOCB_FLAG_ATTR;
			r.iocbs[i].aio_reserved2 = (uintptr_t)&list;
		}
		r.submit[i] = &r.iocbs[i];
	}
	for (i = -WARM_UP; i < BATCHES; i++) {
		err = one_batch(&r, &counts[i < 0 ? 0 : i]);
		if (err) {
			fprintf(stderr, "aio-count: %s\n", strerror(-err));
			return 1;
		}
	}
	qsort(counts, BATCHES, sizeof(*counts), compare);
	printf("%.1f\n", (double)counts[BATCHES / 2] / BATCH);
	return 0;
}
