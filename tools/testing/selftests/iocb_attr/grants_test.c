// SPDX-License-Identifier: GPL-2.0
/*
 * One context does I/O for many cgroups, sequentially and from several threads.
 * Each cgroup is charged exactly its own bytes.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mount.h>

#include "lib/fault.h"
#include "lib/slow_disk.h"
#include "lib/harness.h"

#define IOSCHED	"/sys/block/slow0/queue/iosched/"
#define MANY	100
#define MANY_LONG	1000	/* with LONG in the environment */
#define THREADS	8
#define LOOPS	100

FIXTURE(grants)
{
	aio_context_t ctx;
	char dev[32];
	int fd;
	void *buf;
};

FIXTURE_VARIANT(grants)
{
	struct disk_mode mode;
};

FIXTURE_VARIANT_ADD(grants, none) { .mode = { "none", false, false } };
FIXTURE_VARIANT_ADD(grants, iocost) { .mode = { "none", false, true } };
FIXTURE_VARIANT_ADD(grants, deadline) { .mode = { "mq-deadline", true, false } };
FIXTURE_VARIANT_ADD(grants, bfq) { .mode = { "bfq", true, false } };

FIXTURE_SETUP(grants)
{
	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	ASSERT_EQ(0, slow_disk_make("10000", variant->mode.scheduler));
	/* bfq would idle for each cgroup */
	if (!strcmp(variant->mode.scheduler, "bfq"))
		ASSERT_EQ(0, write_file(IOSCHED "slice_idle", "0"));
	ASSERT_EQ(0, device_number(SLOW_DISK, self->dev, sizeof(self->dev)));
	if (variant->mode.iocost)
		ASSERT_EQ(0, disk_iocost(self->dev, 100000));
	self->fd = open(SLOW_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, io_setup(64, &self->ctx));
}

FIXTURE_TEARDOWN(grants)
{
	EXPECT_EQ(0, io_destroy(self->ctx));
	munmap(self->buf, BLOCK);
	close(self->fd);
	if (variant->mode.iocost)
		EXPECT_EQ(0, disk_iocost(self->dev, 0));
	EXPECT_EQ(0, slow_disk_remove());
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* Read for a cgroup. Returns true if it was charged. */
static bool good_read(FIXTURE_DATA(grants) * self, int cgroup, int nr)
{
	struct attr_list list = list_two(list_one(IOCB_ATTR_cgroup, cgroup),
					 list_one(IOCB_ATTR_ioprio,
						  BE | (nr & 7)));
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    nr * 16LL * BLOCK % SLOW_DISK_SIZE, &list);
	struct io_event event;

	/* the event may be that of another thread */
	return !aio_run(self->ctx, &iocb, &event) && event.res == BLOCK &&
	       event.res2 & ATTR_BIT(cgroup);
}

/* Not for threads. */
static const char *name(int nr)
{
	static char text[32];

	snprintf(text, sizeof(text), CLIENTS "/%d", nr);
	return text;
}

TEST_F_TIMEOUT(grants, sequential, 600)
{
	int nr = getenv("LONG") ? MANY_LONG : MANY;
	int fds[MANY_LONG];
	int i, round;

	for (i = 0; i < nr; i++) {
		fds[i] = cgroup_make(name(i));
		ASSERT_LE(0, fds[i]);
	}
	for (round = 0; round < 2; round++) {
		for (i = 0; i < nr; i++)
			ASSERT_TRUE(good_read(self, fds[i], i));
	}
	for (i = 0; i < nr; i++) {
		EXPECT_EQ(2 * BLOCK, cgroup_io(name(i), self->dev, "rbytes"));
		close(fds[i]);
		EXPECT_EQ(0, cgroup_remove(name(i)));
	}
}

struct worker {
	FIXTURE_DATA(grants) * self;
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

TEST_F(grants, threads_share_context)
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

static int remount(unsigned long flags)
{
	return mount("none", CGROUP, "cgroup2", MS_REMOUNT | flags, "") ?
	       -errno : 0;
}

/*
 * Let the Nth allocation or copy of a read fail, for each N. Each read is in a
 * new context. Returns 0, a negative errno if a fault causes another error, or
 * N if the read succeeds without caching the permission: it then fails while
 * cgroup2 is mounted read-only.
 */
static int fail_checks(int fd, void *buf, int cgroup)
{
	int nth, ret = 0;

	for (nth = 1; nth <= 40 && !ret; nth++) {
		aio_context_t ctx = 0;

		if (io_setup(1, &ctx))
			return -errno;
		ret = fault_set(nth) ?:
		      read_for(ctx, fd, buf, IOCB_ATTR_cgroup, cgroup);
		fault_clear();
		if (!ret) {
			ret = remount(MS_RDONLY);
			if (!ret && read_for(ctx, fd, buf, IOCB_ATTR_cgroup,
					     cgroup))
				ret = nth;
			ret = remount(0) ?: ret;
		} else if (fault_error(-ret)) {
			ret = 0;
		}
		io_destroy(ctx);
	}
	return ret;
}

/*
 * If memory is short, a permission check fails with the allocation's error, or
 * its result is cached: otherwise each I/O would check again, and wait for
 * cgroup_mutex.
 */
TEST(check_without_memory)
{
	void *buf = block_alloc(BLOCK);
	int fd, cgroups[2], i;

	if (!fault_init())
		SKIP(return, "no fault injection");
	fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	for (i = 0; i < 2; i++) {
		cgroups[i] = cgroup_make(name(i));
		ASSERT_LE(0, cgroups[i]);
	}
	/* a cgroup beside that of the submitter: two files are checked */
	ASSERT_EQ(0, cgroup_enter(name(0)));
	EXPECT_EQ(0, fail_checks(fd, buf, cgroups[1]));
	ASSERT_EQ(0, cgroup_enter(""));
	for (i = 0; i < 2; i++) {
		close(cgroups[i]);
		EXPECT_EQ(0, cgroup_remove(name(i)));
	}
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
	close(fd);
	munmap(buf, BLOCK);
}

TEST_HARNESS_MAIN
