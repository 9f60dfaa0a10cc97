/* SPDX-License-Identifier: GPL-2.0 */
/* Reads in flight on a slow disk. */
#ifndef _IOCB_ATTR_FLIGHT_H
#define _IOCB_ATTR_FLIGHT_H

#include <signal.h>

#include "aio.h"
#include "harness.h"
#include "slow_disk.h"

#define NR		8	/* reads of one flight_submit() */
#define SLOW		"2000000000"	/* ns per read */
#define QUICK		"20000"

struct flight {
	aio_context_t ctx;
	char dev[32];
	int fd;
	char *buf;
	int a;			/* the cgroup CLIENTS/a */
};

/* Returns 0 or a negative errno. */
static inline int flight_open(struct flight *f, const struct disk_mode *mode)
{
	int ret = cgroup_make_parent(CLIENTS);

	if (ret)
		return ret;
	f->a = cgroup_make(CLIENTS "/a");
	if (f->a < 0)
		return f->a;
	ret = slow_disk_make(mode->iocost ? QUICK : SLOW, mode->scheduler) ?:
	      device_number(SLOW_DISK, f->dev, sizeof(f->dev));
	if (!ret && mode->iocost)
		ret = disk_iocost(f->dev, 4);
	if (ret)
		return ret;
	f->fd = open(SLOW_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (f->fd < 0)
		return -errno;
	f->buf = block_alloc(NR * BLOCK);
	if (!f->buf)
		return -ENOMEM;
	return io_setup(64, &f->ctx) ? -errno : 0;
}

/* Returns 0 or a negative errno. */
static inline int flight_close(struct flight *f, const struct disk_mode *mode)
{
	int ret = io_destroy(f->ctx) ? -errno : 0;

	munmap(f->buf, NR * BLOCK);
	close(f->fd);
	close(f->a);
	if (mode->iocost)
		ret = disk_iocost(f->dev, 0) ?: ret;
	ret = slow_disk_remove() ?: ret;
	cgroup_remove(CLIENTS "/a");
	return wait_for_css_release() ?: cgroup_remove(CLIENTS) ?: ret;
}

/* Submit copies of a read that do not merge. Returns 0 or a negative errno. */
static inline int submit_copies(aio_context_t ctx, const struct iocb *read)
{
	struct iocb iocb[NR], *iocbs[NR];
	int i, ret;

	for (i = 0; i < NR; i++) {
		iocb[i] = *read;
		iocb[i].aio_buf += i * BLOCK;
		iocb[i].aio_offset += i * 16LL * BLOCK;
		iocbs[i] = &iocb[i];
	}
	ret = io_submit(ctx, NR, iocbs);
	return ret == NR ? 0 : ret < 0 ? -errno : -EPROTO;
}

static inline int submit_reads(aio_context_t ctx, int fd, char *buf,
			       struct attr_list l)
{
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, fd, buf, BLOCK, 0, &l);

	return submit_copies(ctx, &iocb);
}

static inline int submit_reads_by_set(aio_context_t ctx, int fd, char *buf,
				      int set)
{
	struct iocb iocb = aio_prep_set(IOCB_CMD_PREAD, fd, buf, BLOCK, 0, set);

	return submit_copies(ctx, &iocb);
}

static inline int flight_submit(struct flight *f, struct attr_list l)
{
	return submit_reads(f->ctx, f->fd, f->buf, l);
}

/* The number of events that were not reaped, from the ring of the context. */
static inline int nr_events(aio_context_t ctx)
{
	const struct {
		unsigned int id;
		unsigned int nr;
		unsigned int head;
		unsigned int tail;
	} *ring = (void *)ctx;
	unsigned int tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);

	return (tail + ring->nr - ring->head) % ring->nr;
}

/*
 * Wait for the reads of one flight_submit(). @all gets the attributes that all
 * reads report, @any those that at least one reports. Returns 0 or a negative
 * errno.
 */
static inline int reap_masks(aio_context_t ctx, uint64_t *all, uint64_t *any)
{
	struct io_event events[NR];
	int i;

	if (io_getevents(ctx, NR, NR, events) != NR)
		return -EPROTO;
	*all = events[0].res2;
	*any = 0;
	for (i = 0; i < NR; i++) {
		if (events[i].res != BLOCK)
			return events[i].res < 0 ? events[i].res : -EIO;
		*all &= events[i].res2;
		*any |= events[i].res2;
	}
	return 0;
}

/* Wait for reads that all report the same mask. Returns it or -errno. */
static inline long long reap(aio_context_t ctx)
{
	uint64_t all, any;

	return reap_masks(ctx, &all, &any) ?: all == any ? any : -EBADMSG;
}

#endif /* _IOCB_ATTR_FLIGHT_H */
