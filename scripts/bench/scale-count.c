// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one direct read while the number of some objects
 * grows. For a guest of scripts/vm/run --icount, like aio-count.
 *
 *	scale-count aio|uring DEVICE none|list CGROUPS CONTEXTS BLOCKS
 *
 * Each read has BLOCKS blocks. All of them are read to the same page, so that
 * no two are adjacent in memory and a bio has as many segments. CONTEXTS
 * contexts of io_setup(2), or rings, are used in turn, for one read at a time.
 * The process is in a cgroup of its own. Reads with a list (a cgroup and an
 * ioprio record) use CGROUPS other cgroups in turn. The cgroups are used with
 * this DEVICE only, because the kernel caches the device that a cgroup used
 * last.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/ioattr/include/ioattr-aio.h"
#include "../../tools/testing/selftests/iocb_attr/lib/uring.h"
#include "count.h"

#define CGROUP		"/sys/fs/cgroup/scale"
#define MAX_CGROUPS	1000
#define MAX_CONTEXTS	64
/* number of batches: whole rounds over the cgroups, more if reads are few */
#define ROUNDS		125
#define MAX_ROUNDS	(4 * ROUNDS)
/* minimum number of instructions */
#define INTERRUPT	1000

struct reads {
	const char *disk;
	int fd;
	unsigned int cgroups, contexts, blocks, rounds;
	unsigned int cgroup, context, next;
	bool uring, with_list;
	struct ioattr_list lists[MAX_CGROUPS];
	aio_context_t aios[MAX_CONTEXTS];
	struct uring rings[MAX_CONTEXTS];
	struct iovec iov[BATCH];
	struct iocb iocb;
};

static unsigned int in_turn(unsigned int *at, unsigned int nr)
{
	unsigned int now = *at;

	*at = now + 1 == nr ? 0 : now + 1;
	return now;
}

static int64_t next_place(struct reads *r)
{
	int64_t place = (int64_t)r->next * BLOCK;

	r->next = (r->next + STRIDE) % SPAN;
	return place;
}

static int read_by_aio(struct reads *r)
{
	unsigned int context = in_turn(&r->context, r->contexts);
	unsigned int cgroup = in_turn(&r->cgroup, r->cgroups);
	struct iocb *iocb = &r->iocb;
	struct io_event event;

	iocb->aio_offset = next_place(r);
	if (r->with_list)
		iocb->aio_attrs = (uintptr_t)&r->lists[cgroup].head;
	if (syscall(SYS_io_submit, r->aios[context], 1L, &iocb) != 1)
		return -errno;
	if (syscall(SYS_io_getevents, r->aios[context], 1L, 1L, &event,
		    NULL) != 1)
		return -errno;
	return event.res;
}

static int read_by_uring(struct reads *r)
{
	unsigned int context = in_turn(&r->context, r->contexts);
	unsigned int cgroup = in_turn(&r->cgroup, r->cgroups);
	struct io_uring_sqe sqe;

	sqe = uring_prep(IORING_OP_READV, r->fd, r->iov, r->blocks,
			 next_place(r), r->with_list ?
			 &r->lists[cgroup].head : NULL);
	return uring_run(&r->rings[context], &sqe);
}

static int read_once(struct reads *r)
{
	int ret = r->uring ? read_by_uring(r) : read_by_aio(r);

	if (ret == (int)r->blocks * BLOCK)
		return 0;
	return ret < 0 ? ret : -EIO;
}

/* A clock that only a tick advances. */
static struct timespec last_tick(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now;
}

/* Read BATCH blocks. *@count is 0 if a tick occurred. */
static int one_batch(struct reads *r, uint64_t *count)
{
	struct timespec before = last_tick(), after;
	uint64_t start = __rdtsc();
	unsigned int i;
	int err;

	for (i = 0; i < BATCH; i += r->blocks) {
		err = read_once(r);
		if (err)
			return err;
	}
	*count = __rdtsc() - start;
	after = last_tick();
	if (after.tv_sec != before.tv_sec || after.tv_nsec != before.tv_nsec)
		*count = 0;
	return 0;
}

static int open_cgroup(struct reads *r, const char *name, const char *file,
		       int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), CGROUP "-%s-%s", r->disk, name);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), CGROUP "-%s-%s/%s", r->disk, name, file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int set_up_cgroups(struct reads *r)
{
	const int prio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3);
	int procs = open_cgroup(r, "own", "cgroup.procs", O_WRONLY);
	struct rlimit files = { 2048, 2048 };
	unsigned int i;
	char name[16];
	int fd;

	if (procs < 0)
		return procs;
	if (write(procs, "0", 1) != 1 || setrlimit(RLIMIT_NOFILE, &files))
		return -errno;
	close(procs);
	for (i = 0; i < r->cgroups; i++) {
		snprintf(name, sizeof(name), "%u", i);
		fd = open_cgroup(r, name, "", O_PATH);
		if (fd < 0)
			return fd;
		ioattr_init(&r->lists[i], 0);
		ioattr_add_cgroup(&r->lists[i], fd, 0);
		ioattr_add_ioprio(&r->lists[i], prio, 0);
		if (r->lists[i].error)
			return r->lists[i].error;
	}
	return 0;
}

static int set_up(struct reads *r)
{
	void *page = aligned_alloc(BLOCK, BLOCK);
	unsigned int i;
	int err;

	if (!page)
		return -ENOMEM;
	memset(page, 0, BLOCK);
	err = set_up_cgroups(r);
	for (i = 0; i < r->contexts && !err; i++)
		err = r->uring ? uring_open(&r->rings[i], BATCH,
					    IORING_SETUP_SINGLE_ISSUER |
					    IORING_SETUP_COOP_TASKRUN) :
				 ioattr_aio_setup(BATCH, &r->aios[i]);
	for (i = 0; i < r->blocks; i++)
		r->iov[i] = (struct iovec){ page, BLOCK };
	r->iocb.aio_lio_opcode = IOCB_CMD_PREADV;
	r->iocb.aio_fildes = r->fd;
	r->iocb.aio_buf = (uintptr_t)r->iov;
	r->iocb.aio_nbytes = r->blocks;
	if (r->with_list)
		ioattr_prep_aio(&r->iocb, &r->lists[0]);
	return err;
}

/*
 * The mean of all batches without a tick, which most of them are. A few include
 * another interrupt, which takes more than the variation of batches.
 */
static int print_mean(struct reads *r, uint64_t counts[MAX_ROUNDS])
{
	unsigned int i, nr = 0;
	uint64_t most, sum = 0;

	qsort(counts, r->rounds, sizeof(*counts), compare_counts);
	most = counts[r->rounds / 2] + INTERRUPT;
	for (i = 0; i < r->rounds && counts[i] < most; i++) {
		sum += counts[i];
		nr += counts[i] != 0;
	}
	if (nr < r->rounds / 2)
		return -EAGAIN;
	printf("%.2f\n", (double)sum / nr / (BATCH / r->blocks));
	return 0;
}

int main(int argc, char **argv)
{
	static struct reads r;
	uint64_t counts[MAX_ROUNDS];
	unsigned int i, warm_up;
	int err;

	if (argc != 7) {
		fprintf(stderr, "usage: see the head of scale-count.c\n");
		return 2;
	}
	r.uring = !strcmp(argv[1], "uring");
	r.with_list = !strcmp(argv[3], "list");
	r.cgroups = atoi(argv[4]);
	r.contexts = atoi(argv[5]);
	r.blocks = atoi(argv[6]);
	if (!r.cgroups || r.cgroups > MAX_CGROUPS || !r.contexts ||
	    r.contexts > MAX_CONTEXTS || !r.blocks || BATCH % r.blocks) {
		fprintf(stderr, "scale-count: a number that cannot be\n");
		return 2;
	}
	if (check_counter())
		return 1;
	r.disk = basename(argv[2]);
	r.fd = open(argv[2], O_RDONLY | O_DIRECT);
	if (r.fd < 0) {
		perror(argv[2]);
		return 1;
	}
	err = set_up(&r);
	/* warming up uses everything once */
	warm_up = 2 * r.cgroups + 10 * BATCH;
	for (i = 0; i < warm_up && !err; i++)
		err = read_once(&r);
	r.rounds = r.blocks > 1 ? MAX_ROUNDS : ROUNDS;
	for (i = 0; i < r.rounds && !err; i++)
		err = one_batch(&r, &counts[i]);
	if (!err)
		err = print_mean(&r, counts);
	if (err) {
		fprintf(stderr, "scale-count: %s\n", strerror(-err));
		return 1;
	}
	return 0;
}
