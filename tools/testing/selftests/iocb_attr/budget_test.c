// SPDX-License-Identifier: GPL-2.0
/*
 * I/O for a cgroup waits where blk-iocost or blk-iolatency holds the cgroup back,
 * and nothing else does: not the task that submits it, and not its I/O for anyone
 * else.
 *
 * What has budget for one I/O a second is the clock of these tests. How fast the
 * machine is makes no difference as long as it submits a few I/Os in that time.
 */
#define _GNU_SOURCE
#include <linux/blkzoned.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "disk.h"
#include "engine.h"
#include "harness.h"

#define TRACING	"/sys/kernel/tracing/"
#define QUEUED	TRACING "events/workqueue/workqueue_queue_work/"

#define NR	8	/* I/Os for a cgroup without budget */
#define SOME	4	/* more of them are not done before one that has budget */

#define STARVED	1100
#define BACKLOG	200

FIXTURE(budget)
{
	struct engine e;
	char dev[32];
	int fd;
	char *buf;
	int poor;
};

FIXTURE_VARIANT(budget)
{
	bool uring;
	unsigned int flags;	/* IORING_SETUP_* */
};

FIXTURE_VARIANT_ADD(budget, aio) { };

FIXTURE_VARIANT_ADD(budget, uring) { .uring = true };

FIXTURE_VARIANT_ADD(budget, sqpoll) {
	.uring = true, .flags = IORING_SETUP_SQPOLL,
};

FIXTURE_VARIANT_ADD(budget, iopoll) {
	.uring = true, .flags = IORING_SETUP_IOPOLL,
};

static int open_engine(struct engine *e, bool uring, unsigned int flags)
{
	if (!uring)
		return engine_open(e, false);
	*e = (struct engine) { .uring = true };
	return uring_open(&e->ring, ENGINE_NR, IORING_SETUP_CQE32 | flags);
}

FIXTURE_SETUP(budget)
{
	ASSERT_EQ(0, cgroup_make_parent("life"));
	self->poor = cgroup_make("life/poor");
	ASSERT_LE(0, self->poor);
	ASSERT_EQ(0, disk_make("20000", "none"));
	ASSERT_EQ(0, device_number(DISK, self->dev, sizeof(self->dev)));
	self->fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(ENGINE_NR * BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, open_engine(&self->e, variant->uring, variant->flags));
}

FIXTURE_TEARDOWN(budget)
{
	EXPECT_EQ(0, engine_close(&self->e));
	munmap(self->buf, ENGINE_NR * BLOCK);
	close(self->fd);
	close(self->poor);
	EXPECT_EQ(0, disk_iocost(self->dev, 0));
	EXPECT_EQ(0, disk_remove());
	cgroup_remove("life/poor");
	EXPECT_EQ(0, still_held());
	EXPECT_EQ(0, cgroup_remove("life"));
}

/* As disk_iocost(), for writes. */
static int disk_iocost_writes(const char *dev, int iops)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "%s ctrl=user wbps=1073741824 wseqiops=%d wrandiops=%d", dev,
		 iops, iops);
	return disk_iocost(dev, 100000) ?:
	       write_file(CGROUP "io.cost.model", text);
}

/* @nr reads that do not merge. */
static void reads(struct io *io, int nr, int fd, char *buf, const void *list)
{
	int i;

	for (i = 0; i < nr; i++)
		io[i] = (struct io) {
			.fd = fd, .buf = buf + i * BLOCK, .len = BLOCK,
			.at = i * 16LL * BLOCK, .list = list,
		};
}

/*
 * Wait for I/O number @last, which is submitted. Returns how many of the others
 * were done before it, or a negative errno.
 */
static int done_before(struct engine *e, unsigned int last)
{
	struct io_done done;
	int others = 0, ret;

	for (;;) {
		ret = engine_wait(e, &done);
		if (ret)
			return ret;
		if (done.res != BLOCK)
			return done.res < 0 ? done.res : -EIO;
		if (done.nr == last)
			return others;
		others++;
	}
}

static int wait_for(struct engine *e, int nr)
{
	struct io_done done;
	int ret;

	while (nr-- > 0) {
		ret = engine_wait(e, &done);
		if (ret)
			return ret;
		if (done.res != BLOCK)
			return done.res < 0 ? done.res : -EIO;
	}
	return 0;
}

/* The submitter goes on, and I/O of its own is done before that of the client. */
TEST_F_TIMEOUT(budget, submitter_goes_on, 120)
{
	struct who_list list = who(IOCB_ATTR_cgroup, self->poor);
	struct io io[NR], own;
	int before;

	ASSERT_EQ(0, disk_iocost(self->dev, 1));
	reads(io, NR, self->fd, self->buf, &list);
	reads(&own, 1, self->fd, self->buf + NR * BLOCK, NULL);
	ASSERT_EQ(0, engine_submit(&self->e, io, NR, 0));
	ASSERT_EQ(0, engine_submit(&self->e, &own, 1, NR));
	before = done_before(&self->e, NR);
	ASSERT_LE(0, before);
	EXPECT_GE(SOME, before);
	/* the first one still waits for the budget of before */
	ASSERT_EQ(0, disk_iocost(self->dev, 100000));
	EXPECT_EQ(0, wait_for(&self->e, NR - before));
	EXPECT_EQ(NR * BLOCK, cgroup_io("life/poor", self->dev, "rbytes"));
}

/* How often bios were left to a worker since the last call, or -errno. */
static int punted(void)
{
	static char text[1 << 16];
	const char *at = text;
	int nr = 0, ret;

	ret = read_file(TRACING "trace", text, sizeof(text));
	if (ret < 0)
		return ret;
	while ((at = strstr(at, "workqueue_queue_work:"))) {
		at++;
		nr++;
	}
	ret = write_file(TRACING "trace", "");
	return ret ?: nr;
}

/* Count for punted(). */
static int count_punted(const char *on)
{
	return write_file(QUEUED "filter", "workqueue == \"blkcg_punt_bio\"") ?:
	       write_file(QUEUED "enable", on);
}

/* What does not have to wait is not left to a worker. */
TEST_F_TIMEOUT(budget, worker_only_for_what_waits, 120)
{
	struct who_list list = who(IOCB_ATTR_cgroup, self->poor);
	struct io_done done[NR];
	struct io io[NR];

	if (access(QUEUED, R_OK))
		SKIP(return, "no event tracing");
	reads(io, NR, self->fd, self->buf, &list);
	ASSERT_EQ(0, count_punted("1"));
	ASSERT_LE(0, punted());

	ASSERT_EQ(0, disk_iocost(self->dev, 1000000));
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	EXPECT_EQ(0, punted());

	ASSERT_EQ(0, disk_iocost(self->dev, 4));
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	EXPECT_LT(0, punted());

	ASSERT_EQ(0, disk_iocost(self->dev, 0));
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	EXPECT_EQ(0, punted());
	ASSERT_EQ(0, count_punted("0"));
}

/* Make a second cgroup. Returns a file descriptor or a negative errno. */
static int make_rich(const char *weight)
{
	int rich = cgroup_make("life/rich");
	int ret = rich;

	if (rich >= 0)
		ret = cgroup_write("life/rich", "io.weight", weight);
	return ret < 0 ? ret : rich;
}

/* Two cgroups whose reads one task submits, the first NR for "life/poor". */
struct contest {
	int rich;
	struct who_list lists[2];
	struct io io[2 * NR];
};

static int contest_open(FIXTURE_DATA(budget) * self, struct contest *c,
			const char *weight)
{
	c->rich = make_rich(weight);
	if (c->rich < 0)
		return c->rich;
	c->lists[0] = who(IOCB_ATTR_cgroup, self->poor);
	c->lists[1] = who(IOCB_ATTR_cgroup, c->rich);
	reads(c->io, NR, self->fd, self->buf, &c->lists[0]);
	reads(c->io + NR, NR, self->fd, self->buf + NR * BLOCK, &c->lists[1]);
	return 0;
}

static int contest_close(struct contest *c)
{
	close(c->rich);
	return cgroup_remove("life/rich");
}

/*
 * Keep all reads in flight until @nr of the second cgroup are done. Returns how
 * many of the first cgroup were done by then, or a negative errno.
 */
static int contest_run(struct engine *e, struct contest *c, int nr)
{
	int done[2] = {}, ret = engine_submit(e, c->io, 2 * NR, 0);
	struct io_done one;

	while (!ret && done[1] < nr) {
		ret = engine_wait(e, &one);
		if (ret || one.res != BLOCK)
			return ret ?: -EIO;
		done[one.nr / NR]++;
		ret = engine_submit(e, &c->io[one.nr], 1, one.nr);
	}
	return ret ?: done[0];
}

/*
 * Each cgroup gets its share of the disk. Both wait for budget most of the time.
 * The periods of blk-iocost are so short that a cgroup may look idle in one.
 */
TEST_F_TIMEOUT(budget, shares_by_weight, 300)
{
	struct contest c;
	char text[64];
	int nr;

	ASSERT_EQ(0, contest_open(self, &c, "300"));
	ASSERT_EQ(0, disk_iocost(self->dev, 200));
	snprintf(text, sizeof(text), "%s rlat=1 wlat=1", self->dev);
	ASSERT_EQ(0, write_file(CGROUP "io.cost.qos", text));
	nr = contest_run(&self->e, &c, 300);
	/* 100, but on a slow machine both cgroups also wait for the CPU */
	EXPECT_LE(60, nr);
	EXPECT_GT(300, nr);
	ASSERT_EQ(0, disk_iocost(self->dev, 100000));
	EXPECT_EQ(0, wait_for(&self->e, 2 * NR));
	EXPECT_EQ(0, contest_close(&c));
}

/*
 * The disk cannot reach the latency target of one cgroup, so blk-iolatency holds
 * the other one back. The task that submits for both does not wait.
 */
TEST_F_TIMEOUT(budget, latency_target, 300)
{
	struct contest c;
	char text[64];

	if (access(QUEUED, R_OK))
		SKIP(return, "no event tracing");
	ASSERT_EQ(0, contest_open(self, &c, "100"));
	snprintf(text, sizeof(text), "%s target=1", self->dev);
	ASSERT_EQ(0, cgroup_write("life/rich", "io.latency", text));
	ASSERT_EQ(0, count_punted("1"));
	ASSERT_LE(0, punted());
	/* blk-iolatency lowers the depth step by step, until a read waits */
	do {
		ASSERT_LE(0, contest_run(&self->e, &c, 100));
		EXPECT_EQ(0, wait_for(&self->e, 2 * NR));
	} while (!punted());
	ASSERT_EQ(0, count_punted("0"));
	snprintf(text, sizeof(text), "%s target=max", self->dev);
	EXPECT_EQ(0, cgroup_write("life/rich", "io.latency", text));
	EXPECT_EQ(0, contest_close(&c));
}

/* A server, which is killed with a backlog for a cgroup. */
static void serve(int ready, bool uring, unsigned int flags, int fd,
		  char *buf, int cgroup)
{
	struct who_list list = who(IOCB_ATTR_cgroup, cgroup);
	struct io io[NR];
	struct engine e;
	int i;

	reads(io, NR, fd, buf, &list);
	/* so many that they do not fit in one context or ring */
	for (i = 0; i < BACKLOG / NR; i++) {
		if (i % (ENGINE_NR / NR) == 0 && open_engine(&e, uring, flags))
			_exit(1);
		if (engine_submit(&e, io, NR, 0))
			_exit(1);
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(1);
}

/* A server that is killed does not wait for the budget of its clients. */
TEST_F_TIMEOUT(budget, server_killed, 600)
{
	int clock = cgroup_make("life/clock");
	struct who_list list = who(IOCB_ATTR_cgroup, clock);
	struct io io[NR], own;
	int before, wstatus;
	int ready[2];
	pid_t child;
	char byte;

	ASSERT_LE(0, clock);
	ASSERT_EQ(0, disk_iocost(self->dev, 1));
	ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
	child = fork();
	if (!child)
		serve(ready[1], variant->uring, variant->flags, self->fd,
		      self->buf, self->poor);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	close(ready[0]);

	/* each takes two seconds, as long as both cgroups have I/O */
	reads(io, NR, self->fd, self->buf, &list);
	reads(&own, 1, self->fd, self->buf + NR * BLOCK, NULL);
	ASSERT_EQ(0, engine_submit(&self->e, io, NR, 0));
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(SIGKILL, wstatus);
	ASSERT_EQ(0, engine_submit(&self->e, &own, 1, NR));
	before = done_before(&self->e, NR);
	ASSERT_LE(0, before);
	EXPECT_GE(SOME, before);

	ASSERT_EQ(0, disk_iocost(self->dev, 100000));
	EXPECT_EQ(0, wait_for(&self->e, NR - before));
	/* all of it was done, and charged */
	EXPECT_EQ(BACKLOG * BLOCK, cgroup_io("life/poor", self->dev, "rbytes"));
	close(clock);
	EXPECT_EQ(0, cgroup_remove("life/clock"));
}

/* Not for threads. */
static const char *name(int nr)
{
	static char text[32];

	snprintf(text, sizeof(text), "life/%d", nr);
	return text;
}

FIXTURE(starved)
{
	aio_context_t ctx;
	char dev[32];
	int fd;
	char *buf;
	int fds[STARVED];
};

FIXTURE_SETUP(starved)
{
	struct rlimit files = { 2 * STARVED, 2 * STARVED };
	int i;

	ASSERT_EQ(0, cgroup_make_parent("life"));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	for (i = 0; i < STARVED; i++) {
		self->fds[i] = cgroup_make(name(i));
		ASSERT_LE(0, self->fds[i]);
		ASSERT_EQ(0, cgroup_write(name(i), "io.weight", "1"));
	}
	ASSERT_EQ(0, disk_make("20000", "none"));
	ASSERT_EQ(0, device_number(DISK, self->dev, sizeof(self->dev)));
	ASSERT_EQ(0, disk_iocost(self->dev, 1));
	self->fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, io_setup(64, &self->ctx));
}

FIXTURE_TEARDOWN(starved)
{
	int i;

	EXPECT_EQ(0, io_destroy(self->ctx));
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, disk_iocost(self->dev, 0));
	EXPECT_EQ(0, disk_remove());
	for (i = 0; i < STARVED; i++) {
		close(self->fds[i]);
		cgroup_remove(name(i));
	}
	EXPECT_EQ(0, still_held());
	EXPECT_EQ(0, cgroup_remove("life"));
}

/* How many reads the disk has done. */
static long long disk_reads(void)
{
	char text[256];

	if (read_file("/sys/block/life/stat", text, sizeof(text)) < 0)
		return -1;
	return atoll(text);
}

/* In a child: a read for each of the cgroups, and then nothing. */
static void starve(FIXTURE_DATA(starved) * self, int ready)
{
	aio_context_t ctx = 0;
	struct who_list list;
	struct iocb iocb, *p = &iocb;
	int i;

	if (io_setup(STARVED, &ctx))
		_exit(1);
	for (i = 0; i < STARVED; i++) {
		list = who(IOCB_ATTR_cgroup, self->fds[i]);
		iocb = prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
			    i * 4LL * BLOCK, &list);
		if (io_submit(ctx, 1, &p) != 1)
			_exit(1);
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(1);
}

/*
 * Cgroups without budget, more than a workqueue has workers, keep nothing from
 * one that has nearly all of the budget.
 */
TEST_F_TIMEOUT(starved, one_has_budget, 600)
{
	int rich = make_rich("10000"), wstatus, ready[2], i;
	struct who_list list = who(IOCB_ATTR_cgroup, rich);
	struct io_event event;
	long long before;
	struct iocb iocb;
	pid_t child;
	char byte;

	ASSERT_LE(0, rich);
	ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
	child = fork();
	if (!child)
		starve(self, ready[1]);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	close(ready[0]);

	before = disk_reads();
	ASSERT_LE(0, before);
	for (i = 0; i < SOME; i++) {
		iocb = prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
			    i * 4LL * BLOCK, &list);
		ASSERT_EQ(0, run(self->ctx, &iocb, &event));
		EXPECT_EQ(BLOCK, event.res);
	}
	/* a tenth is for all the others */
	EXPECT_GE(before + 2 * SOME, disk_reads());
	/* all but what was done while there were fewer of them */
	EXPECT_GT(STARVED / 2, disk_reads());

	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(SIGKILL, wstatus);
	close(rich);
	EXPECT_EQ(0, cgroup_remove("life/rich"));
}

/* Whether lockdep has found nothing so far; true if there is no lockdep. */
static bool locks_are_fine(void)
{
	char text[8192], *at;

	if (read_file("/proc/lockdep_stats", text, sizeof(text)) < 0)
		return true;
	at = strstr(text, "debug_locks:");
	return !at || atoi(at + strlen("debug_locks:"));
}

/* Any order in which a disk's controllers are set up takes locks in one order. */
TEST(controllers_in_any_order)
{
	const char *files[][2] = {
		{ "io.cost.model", "ctrl=user rbps=1000000000" },
		{ "io.latency", "target=100000" },
		{ "io.max", "riops=1000000" },
		{ "io.cost.qos", "enable=1" },
		{ "io.cost.qos", "enable=0" },
		{ "io.max", "riops=max" },
		{ "io.latency", "target=max" },
		{ "io.cost.model", "ctrl=auto" },
	};
	char dev[32], text[64];
	int i, first;

	ASSERT_EQ(0, cgroup_make_parent("life"));
	ASSERT_TRUE(locks_are_fine());
	for (first = 0; first < 4; first++) {
		ASSERT_EQ(0, disk_make("20000", "none"));
		ASSERT_EQ(0, device_number(DISK, dev, sizeof(dev)));
		for (i = 0; i < 8; i++) {
			const char **file = files[i < 4 ? (first + i) % 4 : i];

			snprintf(text, sizeof(text), "%s %s", dev, file[1]);
			/* the files of the root start with io.c */
			EXPECT_EQ(0, cgroup_write(file[0][3] == 'c' ? "." :
						  "life", file[0], text));
		}
		EXPECT_EQ(0, disk_remove());
		EXPECT_TRUE(locks_are_fine());
	}
	EXPECT_EQ(0, cgroup_remove("life"));
}

/*
 * Zones: what writes to one keeps its order, whatever holds it back.
 */
FIXTURE(zone)
{
	struct engine e;
	char dev[32];
	int fd;
	char *buf;
	int a, b;
};

FIXTURE_VARIANT(zone)
{
	bool uring;
};

FIXTURE_VARIANT_ADD(zone, aio) { };

FIXTURE_VARIANT_ADD(zone, uring) { .uring = true };

static int zoned_disk_make(void)
{
	if (disk_make("20000", "none"))
		return -EIO;
	return write_file(NULLB "/power", "0") ?:
	       write_file(NULLB "/zoned", "1") ?:
	       write_file(NULLB "/zone_size", "4") ?:
	       write_file(NULLB "/power", "1") ?:
	       write_file("/sys/block/life/queue/scheduler", "none");
}

FIXTURE_SETUP(zone)
{
	ASSERT_EQ(0, cgroup_make_parent("life"));
	self->a = cgroup_make("life/a");
	self->b = cgroup_make("life/b");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->b);
	if (zoned_disk_make())
		SKIP(return, "no zoned disk");
	ASSERT_EQ(0, device_number(DISK, self->dev, sizeof(self->dev)));
	self->fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(ENGINE_NR * BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, engine_open(&self->e, variant->uring));
}

FIXTURE_TEARDOWN(zone)
{
	EXPECT_EQ(0, engine_close(&self->e));
	munmap(self->buf, ENGINE_NR * BLOCK);
	close(self->fd);
	EXPECT_EQ(0, disk_remove());
	close(self->a);
	close(self->b);
	EXPECT_EQ(0, cgroup_remove("life/a"));
	EXPECT_EQ(0, cgroup_remove("life/b"));
	EXPECT_EQ(0, still_held());
	EXPECT_EQ(0, cgroup_remove("life"));
}

/* Writes from the start of the first zone on, one after the other. */
static void writes(struct io *io, int nr, int fd, char *buf,
		   const void *even, const void *odd)
{
	int i;

	for (i = 0; i < nr; i++)
		io[i] = (struct io) {
			.write = true, .fd = fd, .buf = buf + i * BLOCK,
			.len = BLOCK, .at = i * BLOCK,
			.list = i % 2 ? odd : even,
		};
}

/* How many bytes the first zone has, or a negative errno. */
static long long zone_written(int fd)
{
	struct {
		struct blk_zone_report report;
		struct blk_zone zone;
	} r = { .report.nr_zones = 1 };

	if (ioctl(fd, BLKREPORTZONE, &r))
		return -errno;
	return (r.zone.wp - r.zone.start) * 512;
}

/* The submitter does not wait for the budget of a write to a zone either. */
TEST_F_TIMEOUT(zone, submitter_goes_on, 120)
{
	struct who_list list = who(IOCB_ATTR_cgroup, self->a);
	struct io io[NR], own;
	int before;

	ASSERT_EQ(0, disk_iocost_writes(self->dev, 1));
	writes(io, NR, self->fd, self->buf, &list, &list);
	reads(&own, 1, self->fd, self->buf + NR * BLOCK, NULL);
	ASSERT_EQ(0, engine_submit(&self->e, io, NR, 0));
	ASSERT_EQ(0, engine_submit(&self->e, &own, 1, NR));
	before = done_before(&self->e, NR);
	ASSERT_LE(0, before);
	EXPECT_GE(SOME, before);
	ASSERT_EQ(0, disk_iocost_writes(self->dev, 100000));
	EXPECT_EQ(0, wait_for(&self->e, NR - before));
	EXPECT_EQ(NR * BLOCK, cgroup_io("life/a", self->dev, "wbytes"));
	EXPECT_EQ(0, disk_iocost(self->dev, 0));
}

/* Two cgroups write to one zone, and only one of them has no budget. */
TEST_F_TIMEOUT(zone, two_cgroups_iocost, 120)
{
	struct who_list a = who(IOCB_ATTR_cgroup, self->a);
	struct who_list b = who(IOCB_ATTR_cgroup, self->b);
	struct io_done done[ENGINE_NR / 2];
	struct io io[ENGINE_NR / 2];
	int i;

	ASSERT_EQ(0, cgroup_write("life/a", "io.weight", "1"));
	ASSERT_EQ(0, cgroup_write("life/b", "io.weight", "1000"));
	ASSERT_EQ(0, disk_iocost_writes(self->dev, 10000));
	writes(io, ENGINE_NR / 2, self->fd, self->buf, &a, &b);
	ASSERT_EQ(0, engine_run(&self->e, io, ENGINE_NR / 2, done));
	for (i = 0; i < ENGINE_NR / 2; i++)
		EXPECT_EQ(BLOCK, done[i].res);
	EXPECT_EQ(0, disk_iocost(self->dev, 0));
}

/*
 * io.max comes before the order of a zone is looked after. What overtakes what it
 * holds back fails, and does not write.
 */
TEST_F_TIMEOUT(zone, two_cgroups_io_max, 120)
{
	struct who_list a = who(IOCB_ATTR_cgroup, self->a);
	struct who_list b = who(IOCB_ATTR_cgroup, self->b);
	struct io_done done[NR];
	struct io io[NR];
	char text[64];
	int i, good;

	snprintf(text, sizeof(text), "%s wiops=20", self->dev);
	ASSERT_EQ(0, cgroup_write("life/a", "io.max", text));
	writes(io, NR, self->fd, self->buf, &a, &b);
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	for (good = 0; good < NR && done[good].res == BLOCK; good++)
		;
	for (i = good; i < NR; i++)
		EXPECT_EQ(-EIO, done[i].res);
	/* what is next to be written is where the first one failed */
	EXPECT_EQ(good * BLOCK, zone_written(self->fd));

	/* for one cgroup alone the order is kept */
	for (i = 0; i < NR; i++) {
		io[i].at += 4 << 20;
		io[i].list = &a;
	}
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	for (i = 0; i < NR; i++)
		EXPECT_EQ(BLOCK, done[i].res);
}

TEST_HARNESS_MAIN
