/* SPDX-License-Identifier: GPL-2.0 */
/* A fixture: reads in flight while their tasks and cgroups change. */
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

/* Submit reads that do not merge. Returns 0 or a negative errno. */
static inline int submit_reads(aio_context_t ctx, int fd, char *buf,
			       struct attr_list l)
{
	struct iocb iocb[NR], *iocbs[NR];
	int i, ret;

	for (i = 0; i < NR; i++) {
		iocb[i] = aio_prep(IOCB_CMD_PREAD, fd, buf + i * BLOCK, BLOCK,
				   i * 16LL * BLOCK, &l);
		iocbs[i] = &iocb[i];
	}
	ret = io_submit(ctx, NR, iocbs);
	return ret == NR ? 0 : ret < 0 ? -errno : -EPROTO;
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

FIXTURE(lifetime)
{
	struct flight f;
};

FIXTURE_VARIANT(lifetime)
{
	struct disk_mode mode;
};

FIXTURE_VARIANT_ADD(lifetime, none) { .mode = { "none", false, false } };
FIXTURE_VARIANT_ADD(lifetime, iocost) { .mode = { "none", false, true } };
FIXTURE_VARIANT_ADD(lifetime, deadline)
{
	.mode = { "mq-deadline", true, false }
};

FIXTURE_VARIANT_ADD(lifetime, bfq) { .mode = { "bfq", true, false } };

FIXTURE_SETUP(lifetime)
{
	ASSERT_EQ(0, flight_open(&self->f, &variant->mode));
}

FIXTURE_TEARDOWN(lifetime)
{
	EXPECT_EQ(0, flight_close(&self->f, &variant->mode));
}

#define SUBMIT(list)	flight_submit(&self->f, list)

/*
 * A child submits reads with each of the lists, which charge CLIENTS/a. Then it
 * executes another program (@exec) or is killed, with the reads in flight.
 */
static inline void submitter_ends(struct __test_metadata *_metadata,
				  FIXTURE_DATA(lifetime) * self, bool exec,
				  const struct attr_list *lists, int nr)
{
	aio_context_t ctx = 0;
	pid_t child;
	int i, wstatus;

	child = fork();
	if (!child) {
		if (io_setup(64, &ctx))
			_exit(1);
		for (i = 0; i < nr; i++) {
			if (submit_reads(ctx, self->f.fd, self->f.buf,
					 lists[i]))
				_exit(1);
		}
		if (exec)
			execl("/bin/busybox", "true", NULL);
		else
			kill(getpid(), SIGKILL);
		_exit(2);
	}
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(exec ? 0 : SIGKILL, wstatus);
	EXPECT_EQ(nr * NR * BLOCK,
		  cgroup_io(CLIENTS "/a", self->f.dev, "rbytes"));
}

/*
 * Replace the scheduler, and then select the first one again, with reads in
 * flight each time. The first reads, which were submitted, report @expected.
 */
static inline void scheduler_switched(struct __test_metadata *_metadata,
				      FIXTURE_DATA(lifetime) * self,
				      const FIXTURE_VARIANT(lifetime) * variant,
				      long long expected)
{
	const char *scheduler = variant->mode.sorts ? "none" : "bfq";
	int i;

	for (i = 0; i < 2; i++) {
		/* waits for the reads */
		ASSERT_EQ(0, queue_set(SLOW_DISK, "scheduler", scheduler));
		scheduler = variant->mode.scheduler;
		EXPECT_EQ(expected, reap(self->f.ctx));
		expected = ATTR_BIT(cgroup);
		ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_cgroup, self->f.a)));
	}
	EXPECT_EQ(expected, reap(self->f.ctx));
}

#endif /* _IOCB_ATTR_FLIGHT_H */
