// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * One thread with two workloads on one device: a database that reads its hot
 * set at random, and a backup that reads the whole device once. With "bypass"
 * only the reads of the backup carry a hint to bypass the cache.
 *
 *	hot-and-backup DEVICE HOT_MIB [bypass]
 *
 * Prints the start of each phase in seconds since boot: the hot set alone, both
 * workloads, the hot set alone again. The last line gives the number of reads
 * of each workload and of backup reads whose hint was honoured.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "../include/ioattr-aio.h"

#define HOT_BLOCK	4096
#define HOT_DEPTH	2
#define HOT_ALONE	30000
#define BACKUP_BLOCK	(64 * 1024)
#define BACKUP_DEPTH	16
#define DEPTH		(HOT_DEPTH + BACKUP_DEPTH)

struct clients {
	aio_context_t		ctx;
	int			fd;
	uint64_t		random;
	long long		hot_blocks, device_bytes;
	long long		hot, backup, honoured;
	struct ioattr_list	list;
	/* of the hot set, then of the backup */
	struct iocb		iocbs[DEPTH];
	bool			busy[DEPTH];
	int			flying;
};

static void part(const char *name)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	printf("%lld.%02ld %s\n", (long long)now.tv_sec,
	       now.tv_nsec / 10000000, name);
	fflush(stdout);
}

static int start(struct clients *c, int slot)
{
	struct iocb *iocb = &c->iocbs[slot];
	int ret;

	if (slot < HOT_DEPTH) {
		/* Knuth's MMIX: its upper bits are random enough */
		c->random = c->random * 6364136223846793005ULL +
			    1442695040888963407ULL;
		iocb->aio_offset = (long long)((c->random >> 33) %
					       c->hot_blocks) * HOT_BLOCK;
		c->hot++;
	} else {
		iocb->aio_offset = c->backup * BACKUP_BLOCK;
		c->backup++;
	}
	ret = ioattr_aio_submit(c->ctx, 1, &iocb);
	if (ret != 1)
		return ret ? ret : -EAGAIN;
	c->busy[slot] = true;
	c->flying++;
	return 0;
}

/* Wait for at least one read in flight. */
static int reap(struct clients *c)
{
	struct io_event events[DEPTH];
	int i, n;

	n = ioattr_aio_getevents(c->ctx, 1, DEPTH, events, -1);
	if (n < 0)
		return n;
	for (i = 0; i < n; i++) {
		const struct iocb *iocb = &c->iocbs[events[i].data];

		if (events[i].res < 0)
			return events[i].res;
		if (events[i].res != (long long)iocb->aio_nbytes)
			return -EIO;
		c->busy[events[i].data] = false;
		c->flying--;
		c->honoured += !!(events[i].res2 & 1 << IOCB_ATTR_cache);
	}
	return 0;
}

/* Read the hot set up to @hot reads, or both until the backup is complete. */
static int run(struct clients *c, long long hot, bool backup)
{
	const long long blocks = c->device_bytes / BACKUP_BLOCK;
	int i, ret;

	for (;;) {
		for (i = 0; i < DEPTH; i++) {
			if (c->busy[i])
				continue;
			if (backup ? c->backup == blocks :
				     i >= HOT_DEPTH || c->hot == hot)
				continue;
			ret = start(c, i);
			if (ret)
				return ret;
		}
		if (!c->flying)
			return 0;
		ret = reap(c);
		if (ret)
			return ret;
	}
}

static int prepare(struct clients *c, bool bypass)
{
	char *buffers = aligned_alloc(HOT_BLOCK, HOT_DEPTH * HOT_BLOCK +
				      BACKUP_DEPTH * BACKUP_BLOCK);
	int i, ret;

	if (!buffers)
		return -ENOMEM;
	ioattr_init(&c->list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_cache(&c->list, IOCB_CACHE_BYPASS, 0);
	for (i = 0; i < DEPTH; i++) {
		bool hot = i < HOT_DEPTH;

		c->iocbs[i].aio_lio_opcode = IOCB_CMD_PREAD;
		c->iocbs[i].aio_fildes = c->fd;
		c->iocbs[i].aio_data = i;
		c->iocbs[i].aio_buf = (uintptr_t)buffers;
		c->iocbs[i].aio_nbytes = hot ? HOT_BLOCK : BACKUP_BLOCK;
		buffers += c->iocbs[i].aio_nbytes;
		if (hot || !bypass)
			continue;
		ret = ioattr_prep_aio(&c->iocbs[i], &c->list);
		if (ret)
			return ret;
	}
	return ioattr_aio_setup(DEPTH, &c->ctx);
}

int main(int argc, char **argv)
{
	struct clients c = { .random = 1 };
	uint64_t size = 0;
	int ret;

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "bypass"))) {
		fprintf(stderr, "usage: hot-and-backup DEVICE HOT_MIB [bypass]\n");
		return 2;
	}
	c.hot_blocks = atoll(argv[2]) * (1 << 20) / HOT_BLOCK;
	c.fd = open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (c.fd < 0 || ioctl(c.fd, BLKGETSIZE64, &size)) {
		perror(argv[1]);
		return 1;
	}
	c.device_bytes = size;
	if (c.hot_blocks < 1 || c.hot_blocks > c.device_bytes / HOT_BLOCK) {
		fprintf(stderr, "hot-and-backup: the hot set is part of the device\n");
		return 2;
	}
	ret = prepare(&c, argc == 4);
	if (!ret) {
		part("alone");
		ret = run(&c, HOT_ALONE, false);
	}
	if (!ret) {
		part("backup");
		ret = run(&c, 0, true);
	}
	if (!ret) {
		part("after");
		ret = run(&c, c.hot + HOT_ALONE, false);
	}
	if (ret) {
		fprintf(stderr, "hot-and-backup: %s\n", strerror(-ret));
		return 1;
	}
	part("end");
	printf("hot %lld backup %lld honoured %lld\n", c.hot, c.backup,
	       c.honoured);
	return 0;
}
