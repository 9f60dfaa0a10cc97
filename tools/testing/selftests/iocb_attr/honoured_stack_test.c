// SPDX-License-Identifier: GPL-2.0
/*
 * Completions report the honoured attributes correctly through loop and
 * device-mapper: merged, split, mirrored, retried on another path, completed
 * out of order or in part.
 */
#define _GNU_SOURCE
#include <linux/loop.h>

#include "lib/honoured.h"
#include "lib/harness.h"

#define NR_DMS		4
#define FOREVER		"600000"	/* ms, until the table is replaced */

FIXTURE(honoured_stack)
{
	struct reader r;
	struct dm dm[NR_DMS];
	int loop;
};

FIXTURE_VARIANT(honoured_stack)
{
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(honoured_stack, aio) { .engine = AIO };
FIXTURE_VARIANT_ADD(honoured_stack, uring) { .engine = URING };

FIXTURE_SETUP(honoured_stack)
{
	self->loop = -1;
	ASSERT_EQ(0, reader_open(&self->r, variant->engine));
}

FIXTURE_TEARDOWN(honoured_stack)
{
	int i;

	EXPECT_EQ(0, reader_close(&self->r));
	if (self->loop >= 0) {
		EXPECT_EQ(0, ioctl(self->loop, LOOP_CLR_FD));
		close(self->loop);
	}
	for (i = NR_DMS - 1; i >= 0; i--)
		EXPECT_EQ(0, dm_remove(&self->dm[i]));
	EXPECT_EQ(0, reader_exit(&self->r));
}

/*
 * Neighbours share a request of a loop device. A scheduler sorts only the
 * second half. The loop device cannot tell the bios apart.
 */
TEST_F_TIMEOUT(honoured_stack, merged_in_loop, 600)
{
	struct loop_config config = {
		.block_size	= BLOCK,
		.info.lo_flags	= LO_FLAGS_DIRECT_IO,
	};
	long long half = 16 * BLOCK, merged;
	struct io_done done[4];
	struct io io[4];
	char dev[32];
	int control, i;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, disk(1, "mq-deadline"));
	ASSERT_EQ(0, dm_make(&self->dm[0], "hon-concat",
			     "0 %lld linear /dev/%s 0\n%lld %lld linear /dev/%s 0",
			     half / 512, disks[0], half / 512, half / 512,
			     disks[1]));
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, control);
	snprintf(dev, sizeof(dev), "/dev/loop%d",
		 ioctl(control, LOOP_CTL_GET_FREE));
	close(control);
	config.fd = open(self->dm[0].dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, config.fd);
	self->loop = open(dev, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->loop);
	ASSERT_EQ(0, ioctl(self->loop, LOOP_CONFIGURE, &config));
	close(config.fd);
	ASSERT_EQ(0, queue_set(dev, "scheduler", "none"));
	ASSERT_EQ(0, use(&self->r, dev));
	merged = disk_stat(dev, READS_MERGED);
	/* around the middle, two in each half */
	for (i = 0; i < 4; i++)
		io[i] = read_at(&self->r, half + (i - 2) * BLOCK, BLOCK,
				&self->r.both);
	ASSERT_EQ(0, engine_run(&self->r.e, io, 4, done));
	EXPECT_EQ(3, disk_stat(dev, READS_MERGED) - merged);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(BLOCK, done[i].res);
		EXPECT_EQ(ATTR_BIT(cgroup), done[i].mask);
	}
	/* separately, each has its own mask */
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, engine_run(&self->r.e, &io[i], 1, done));
		EXPECT_EQ(ATTR_BIT(cgroup) | (i < 2 ? 0 : ATTR_BIT(ioprio)),
			  done[0].mask);
	}
}

/* A read and each copy of a write have the priority. */
TEST_F_TIMEOUT(honoured_stack, mirror, 600)
{
	struct attr_list l = self->r.both;
	struct io_done done;
	struct io io;
	int i;

	l.r[1].ioprio.ioprio = BE | 6;
	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, disk(1, "mq-deadline"));
	ASSERT_EQ(0, dm_make(&self->dm[0], "hon-mirror",
			     "0 131072 mirror core 2 1024 nosync 2 /dev/%s 0 /dev/%s 0",
			     disks[0], disks[1]));
	ASSERT_EQ(0, use(&self->r, self->dm[0].dev));
	for (i = 0; i < 2; i++) {
		io = read_at(&self->r, 0, 8 * BLOCK, &l);
		io.write = !i;
		ASSERT_EQ(0, write_file(TRACING "trace", ""));
		ASSERT_EQ(0, write_file(INSERTS, "1"));
		EXPECT_EQ(0, engine_run(&self->r.e, &io, 1, &done));
		ASSERT_EQ(0, write_file(INSERTS, "0"));
		EXPECT_EQ(8 * BLOCK, done.res);
		EXPECT_EQ(ATTR_BIT(cgroup) | ATTR_BIT(ioprio), done.mask);
		EXPECT_EQ(8 * BLOCK / 512 * (io.write ? 2 : 1),
			  sectors_inserted("be,0,6"));
	}
}

/* One path, the only one of its group. */
#define PATH		"round-robin 0 1 1 /dev/%s 1"

/* Use disks[0] and, if that fails, disks[1]. */
static int two_paths(struct dm *dm, const char *mode)
{
	return dm_make(dm, "hon-path",
		       "0 131072 multipath 2 queue_mode %s 0 2 1 "
		       PATH " " PATH, mode, disks[0], disks[1]);
}

/* Wait until @nr requests were inserted into schedulers. */
static int wait_inserted(int nr)
{
	static char text[1 << 16];
	char *at;
	int i, n;

	for (i = 0; i < 600; i++) {
		if (read_file(TRACING "trace", text, sizeof(text)) < 0)
			return -EIO;
		for (n = 0, at = text; (at = strstr(at, "_rq_insert:")); at++)
			n++;
		if (n >= nr)
			return 0;
		sleep_ms(100);
	}
	return -ETIMEDOUT;
}

static int wait_merged(const char *dev, long long nr)
{
	int i;

	for (i = 0; i < 600 && disk_stat(dev, READS_MERGED) != nr; i++)
		sleep_ms(100);
	return i < 600 ? 0 : -ETIMEDOUT;
}

/*
 * Requests of a suspended device merge in its scheduler. A worker may submit
 * them.
 */
TEST_F_TIMEOUT(honoured_stack, merged_in_scheduler, 600)
{
	struct dm *dm = &self->dm[0];
	struct io_done done;
	struct io io[3];
	long long merged;
	int i, j;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, disk(1, "none"));
	ASSERT_EQ(0, two_paths(dm, "rq"));
	ASSERT_EQ(0, use(&self->r, dm->dev));
	io[0] = read_at(&self->r, 0, BLOCK, &self->r.both);
	io[1] = read_at(&self->r, BLOCK, BLOCK, &self->r.both);
	io[2] = read_at(&self->r, 2 * BLOCK, BLOCK, &self->r.nothing);
	for (i = 1; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, queue_set(dm->dev, "scheduler", scheds[i].name));
		ASSERT_EQ(0, dm_suspend(dm));
		ASSERT_EQ(0, write_file(TRACING "trace", ""));
		ASSERT_EQ(0, write_file(INSERTS, "1"));
		merged = disk_stat(dm->dev, READS_MERGED);
		ASSERT_EQ(0, engine_submit(&self->r.e, &io[0], 1, 0));
		EXPECT_EQ(0, wait_inserted(1));
		ASSERT_EQ(0, engine_submit(&self->r.e, &io[1], 1, 1));
		EXPECT_EQ(0, wait_merged(dm->dev, merged + 1));
		ASSERT_EQ(0, engine_submit(&self->r.e, &io[2], 1, 2));
		EXPECT_EQ(0, wait_inserted(2));
		EXPECT_EQ(merged + 1, disk_stat(dm->dev, READS_MERGED));
		ASSERT_EQ(0, write_file(INSERTS, "0"));
		ASSERT_EQ(0, dm_resume(dm));
		for (j = 0; j < 3; j++) {
			ASSERT_EQ(0, engine_wait(&self->r.e, &done));
			EXPECT_EQ(BLOCK, done.res);
			EXPECT_EQ(done.nr == 2 ? 0 :
				  ATTR_BIT(cgroup) | ATTR_BIT(ioprio),
				  done.mask);
		}
	}
}

/* A scheduler sorts a quarter of the 64 parts. */
TEST_F_TIMEOUT(honoured_stack, split, 600)
{
	long long before[NR_DISKS], res;
	int i, j;

	for (i = 0; i < NR_DISKS; i++) {
		ASSERT_EQ(0, disk(i, "none"));
		ASSERT_EQ(0, queue_set(disks[i], "max_sectors_kb", "4"));
	}
	ASSERT_EQ(0, dm_make(&self->dm[0], "hon-stripe",
			     "0 131072 striped 4 8 /dev/%s 0 /dev/%s 0 /dev/%s 0 /dev/%s 0",
			     disks[0], disks[1], disks[2], disks[3]));
	ASSERT_EQ(0, use(&self->r, self->dm[0].dev));
	EXPECT_EQ(ATTR_BIT(cgroup),
		  mask_of_read(&self->r, 64 * BLOCK, &self->r.both, &res));
	EXPECT_EQ(64 * BLOCK, res);
	for (i = 0; i < NR_DISKS; i++) {
		ASSERT_EQ(0, queue_set(disks[i], "scheduler", "mq-deadline"));
		for (j = 0; j < NR_DISKS; j++)
			before[j] = disk_stat(disks[j], READS);
		EXPECT_EQ(ATTR_BIT(cgroup) | ATTR_BIT(ioprio),
			  mask_of_read(&self->r, 64 * BLOCK, &self->r.both,
				       &res));
		EXPECT_EQ(64 * BLOCK, res);
		ASSERT_EQ(0, queue_set(disks[i], "scheduler", "none"));
		/* switching waited until all were accounted */
		EXPECT_EQ(16, disk_stat(disks[i], READS) - before[i]);
	}
}

/*
 * For each case: how the first path fails, the schedulers, and the expected
 * mask. A request-based device sorts requests itself, and its paths do not.
 */
static const struct paths {
	const char *mode;
	bool times_out;
	const char *dm;
	const char *first;
	const char *second;
	uint64_t honoured;
} paths[] = {
	{ "bio", false, NULL, "none", "none", 0 },
	{ "bio", false, NULL, "none", "mq-deadline", ATTR_BIT(ioprio) },
	{ "bio", false, NULL, "none", "bfq", ATTR_BIT(ioprio) },
	{ "bio", false, NULL, "bfq", "none", ATTR_BIT(ioprio) },
	{ "bio", true, NULL, "none", "mq-deadline", ATTR_BIT(ioprio) },
	{ "bio", true, NULL, "mq-deadline", "none", ATTR_BIT(ioprio) },
	{ "rq", false, "none", "none", "none", 0 },
	{ "rq", false, "none", "mq-deadline", "bfq", 0 },
	{ "rq", false, "mq-deadline", "none", "none", ATTR_BIT(ioprio) },
	{ "rq", false, "bfq", "none", "none", ATTR_BIT(ioprio) },
	{ "rq", true, "none", "none", "none", 0 },
	{ "rq", true, "mq-deadline", "none", "none", ATTR_BIT(ioprio) },
};

/* Returns the step that failed, or "". */
static const char *path_fails(FIXTURE_DATA(honoured_stack) * self,
			      const struct paths *p, uint64_t *mask)
{
	char text[256];
	long long res;

	if (disk(0, p->first) || disk(1, p->second))
		return "disks";
	if (p->times_out ? queue_set(disks[0], "io_timeout", "500") ?:
			   fault("timeout_inject", "1") :
			   nullb_set(disks[0], "badblocks", "+0-1023"))
		return "faults";
	if (two_paths(&self->dm[0], p->mode))
		return "multipath";
	if (p->dm && queue_set(self->dm[0].dev, "scheduler", p->dm))
		return "scheduler";
	if (use(&self->r, self->dm[0].dev))
		return "open";
	*mask = mask_of_read(&self->r, 2 * BLOCK, &self->r.both, &res);
	if (res != 2 * BLOCK)
		return "read";
	if (dm_status(&self->dm[0], 0, text, sizeof(text)) ||
	    !strstr(text, " F 1"))
		return "no path failed";
	close(self->r.fd);
	self->r.fd = -1;
	return dm_remove(&self->dm[0]) ? "remove" : "";
}

TEST_F_TIMEOUT(honoured_stack, path_failover, 600)
{
	uint64_t mask;
	int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		mask = 0;
		ASSERT_STREQ("", path_fails(self, &paths[i], &mask)) {
			TH_LOG("paths[%d]", i);
		}
		EXPECT_EQ(ATTR_BIT(cgroup) | paths[i].honoured, mask) {
			TH_LOG("paths[%d]", i);
		}
	}
}

/* The read that is submitted first completes second. */
TEST_F_TIMEOUT(honoured_stack, out_of_order, 600)
{
	static const int order[] = { 2, 0, 1 };
	const uint64_t masks[] = { ATTR_BIT(ioprio), ATTR_BIT(cgroup), 0 };
	struct attr_list lists[] = {
		self->r.prio, list_one(IOCB_ATTR_cgroup, self->r.cgroup),
		self->r.nothing,
	};
	struct io_done done;
	char name[32];
	struct io io[3];
	int i;

	ASSERT_EQ(0, disk(0, "mq-deadline"));
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "hon-late%d", i);
		ASSERT_EQ(0, dm_make(&self->dm[i], name,
				     "0 1024 delay /dev/%s %d " FOREVER,
				     disks[0], i * 1024));
	}
	ASSERT_EQ(0, dm_make(&self->dm[3], "hon-concat",
			     "0 1024 linear %s 0\n1024 1024 linear %s 0\n2048 1024 linear %s 0",
			     self->dm[0].dev, self->dm[1].dev,
			     self->dm[2].dev));
	ASSERT_EQ(0, use(&self->r, self->dm[3].dev));
	for (i = 0; i < 3; i++)
		io[i] = read_at(&self->r, i * 1024 * 512, BLOCK, &lists[i]);
	ASSERT_EQ(0, engine_submit(&self->r.e, io, 3, 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, dm_wait_delayed(&self->dm[i], 0, 1));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, dm_swap(&self->dm[order[i]],
				     "0 1024 delay /dev/%s %d 0", disks[0],
				     order[i] * 1024));
		ASSERT_EQ(0, engine_wait(&self->r.e, &done));
		EXPECT_EQ(order[i], done.nr);
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(masks[done.nr], done.mask);
	}
}

/* The half that succeeds is reported. */
TEST_F_TIMEOUT(honoured_stack, partial_failure, 600)
{
	static const long long sizes[] = { 8 * BLOCK, SIZE };
	long long half, res;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			half = sizes[j] / 1024;
			ASSERT_EQ(0, disk(0, scheds[i].name));
			ASSERT_EQ(0, dm_make(&self->dm[0], "hon-half",
					     "0 %lld linear /dev/%s 0\n%lld %lld error",
					     half, disks[0], half, half));
			ASSERT_EQ(0, use(&self->r, self->dm[0].dev));
			EXPECT_EQ(ATTR_BIT(cgroup) | scheds[i].honours,
				  mask_of_read(&self->r, sizes[j],
					       &self->r.both, &res));
			EXPECT_GT(sizes[j], res);
			close(self->r.fd);
			self->r.fd = -1;
			ASSERT_EQ(0, dm_remove(&self->dm[0]));
		}
	}
}

TEST_HARNESS_MAIN
