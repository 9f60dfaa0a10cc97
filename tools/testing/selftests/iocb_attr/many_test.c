// SPDX-License-Identifier: GPL-2.0
/*
 * One context does I/O for many cgroups, in turn and by many threads at once,
 * and each of them is charged what is its own to the byte.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "disk.h"
#include "harness.h"

#define IOSCHED	"/sys/block/life/queue/iosched/"
#define MANY	1000
#define THREADS	8
#define LOOPS	100

FIXTURE(many)
{
	aio_context_t ctx;
	char dev[32];
	int fd;
	void *buf;
};

FIXTURE_VARIANT(many)
{
	struct disk_mode mode;
};

FIXTURE_VARIANT_ADD(many, none) { .mode = { "none", false, false } };
FIXTURE_VARIANT_ADD(many, iocost) { .mode = { "none", false, true } };
FIXTURE_VARIANT_ADD(many, deadline) { .mode = { "mq-deadline", true, false } };
FIXTURE_VARIANT_ADD(many, bfq) { .mode = { "bfq", true, false } };

FIXTURE_SETUP(many)
{
	ASSERT_EQ(0, cgroup_make_parent("life"));
	ASSERT_EQ(0, disk_make("10000", variant->mode.scheduler));
	/* bfq would wait for more from each of them */
	if (!strcmp(variant->mode.scheduler, "bfq"))
		ASSERT_EQ(0, write_file(IOSCHED "slice_idle", "0"));
	ASSERT_EQ(0, device_number(DISK, self->dev, sizeof(self->dev)));
	if (variant->mode.iocost)
		ASSERT_EQ(0, disk_iocost(self->dev, 100000));
	self->fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, io_setup(64, &self->ctx));
}

FIXTURE_TEARDOWN(many)
{
	EXPECT_EQ(0, io_destroy(self->ctx));
	munmap(self->buf, BLOCK);
	close(self->fd);
	if (variant->mode.iocost)
		EXPECT_EQ(0, disk_iocost(self->dev, 0));
	EXPECT_EQ(0, disk_remove());
	EXPECT_EQ(0, still_held());
	EXPECT_EQ(0, cgroup_remove("life"));
}

/* A read for a cgroup: whether it was done, as said. */
static bool good_read(FIXTURE_DATA(many) * self, int cgroup, int nr)
{
	struct who_list list = who_and(who(IOCB_ATTR_cgroup, cgroup),
				       who(IOCB_ATTR_ioprio, BE | (nr & 7)));
	struct iocb iocb = prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				nr * 16LL * BLOCK % DISK_SIZE, &list);
	struct io_event event;

	/* the event may be that of another thread's: it is as good */
	return !run(self->ctx, &iocb, &event) && event.res == BLOCK &&
	       event.res2 & 1 << IOCB_ATTR_cgroup;
}

/* Not for threads. */
static const char *name(int nr)
{
	static char text[32];

	snprintf(text, sizeof(text), "life/%d", nr);
	return text;
}

TEST_F(many, a_thousand_cgroups)
{
	int fds[MANY];
	int i, round;

	for (i = 0; i < MANY; i++) {
		fds[i] = cgroup_make(name(i));
		ASSERT_LE(0, fds[i]);
	}
	for (round = 0; round < 2; round++) {
		for (i = 0; i < MANY; i++)
			ASSERT_TRUE(good_read(self, fds[i], i));
	}
	for (i = 0; i < MANY; i++) {
		EXPECT_EQ(2 * BLOCK, cgroup_io(name(i), self->dev, "rbytes"));
		close(fds[i]);
		EXPECT_EQ(0, cgroup_remove(name(i)));
	}
}

struct worker {
	FIXTURE_DATA(many) * self;
	pthread_t thread;
	int fd, nr, good;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	int i;

	for (i = 0; i < LOOPS; i++)
		w->good += good_read(w->self, w->fd, w->nr * LOOPS + i);
	return NULL;
}

TEST_F(many, threads_share_a_context)
{
	struct worker workers[THREADS];
	int i, good = 0;

	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker) {
			.self = self, .fd = cgroup_make(name(i)), .nr = i,
		};
		ASSERT_LE(0, workers[i].fd);
	}
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work,
					    &workers[i]));
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		good += workers[i].good;
	}
	EXPECT_EQ(THREADS * LOOPS, good);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(LOOPS * BLOCK, cgroup_io(name(i), self->dev,
						   "rbytes"));
		close(workers[i].fd);
		EXPECT_EQ(0, cgroup_remove(name(i)));
	}
}

TEST_HARNESS_MAIN
