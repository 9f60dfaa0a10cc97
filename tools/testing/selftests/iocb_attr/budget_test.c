// SPDX-License-Identifier: GPL-2.0
/*
 * blk-iocost and blk-iolatency throttle tagged I/O without blocking the
 * submitter or its other I/O.
 *
 * A cgroup with a budget of one I/O per second is the clock of these tests. The
 * machine only has to be fast enough to submit a few I/Os in that time.
 */
#define _GNU_SOURCE
#include <linux/blkzoned.h>
#include <linux/loop.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "lib/fault.h"
#include "lib/io.h"
#include "lib/slow_disk.h"
#include "lib/harness.h"

#define QUEUED	TRACING "events/workqueue/workqueue_queue_work/"

#define NR	8	/* I/Os for a cgroup without budget */
#define SOME	4	/* at most so many complete before one with budget */

/* cgroups without budget; the long test exceeds the workers of a workqueue */
#define STARVED		100
#define STARVED_LONG	1100
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
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(budget, aio) { .engine = AIO };
FIXTURE_VARIANT_ADD(budget, uring) { .engine = URING };
FIXTURE_VARIANT_ADD(budget, sqpoll) { .engine = SQPOLL };
FIXTURE_VARIANT_ADD(budget, iopoll) { .engine = IOPOLL };

FIXTURE_SETUP(budget)
{
	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	self->poor = cgroup_make(CLIENTS "/poor");
	ASSERT_LE(0, self->poor);
	ASSERT_EQ(0, slow_disk_make("20000", "none"));
	ASSERT_EQ(0, device_number(SLOW_DISK, self->dev, sizeof(self->dev)));
	self->fd = open(SLOW_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(ENGINE_NR * BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, engine_open(&self->e, variant->engine));
}

FIXTURE_TEARDOWN(budget)
{
	EXPECT_EQ(0, engine_close(&self->e));
	munmap(self->buf, ENGINE_NR * BLOCK);
	close(self->fd);
	close(self->poor);
	EXPECT_EQ(0, disk_iocost(self->dev, 0));
	EXPECT_EQ(0, slow_disk_remove());
	cgroup_remove(CLIENTS "/poor");
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* The same as disk_iocost(), for writes. */
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
 * Wait for I/O number @last. Returns how many others completed before it, or a
 * negative errno.
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

/* I/O of the submitter itself completes before that of the client. */
TEST_F_TIMEOUT(budget, submitter_not_blocked, 120)
{
	struct attr_list list = list_one(IOCB_ATTR_cgroup, self->poor);
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
	/* the first one still waits with the old budget */
	ASSERT_EQ(0, disk_iocost(self->dev, 100000));
	EXPECT_EQ(0, wait_for(&self->e, NR - before));
	EXPECT_EQ(NR * BLOCK, cgroup_io(CLIENTS "/poor", self->dev, "rbytes"));
}

/* The number of punted bios since the last call, or a negative errno. */
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

/* Enable or disable counting for punted(). */
static int count_punted(const char *on)
{
	return write_file(QUEUED "filter", "workqueue == \"blkcg_punt_bio\"") ?:
	       write_file(QUEUED "enable", on);
}

/* Only throttled bios are punted to a worker. */
TEST_F_TIMEOUT(budget, worker_only_if_throttled, 120)
{
	struct attr_list list = list_one(IOCB_ATTR_cgroup, self->poor);
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

/*
 * Make the loop device number *@nr for a file. Returns its file descriptor or
 * -errno.
 */
static int loop_make(int fd, int *nr)
{
	struct loop_config config = {
		.fd		= fd,
		.block_size	= BLOCK,
		.info.lo_flags	= LO_FLAGS_DIRECT_IO,
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop;
	char dev[32];

	if (control < 0)
		return -errno;
	*nr = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	snprintf(dev, sizeof(dev), "/dev/loop%d", *nr);
	loop = open(dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config))
		return -errno;
	return loop;
}

/*
 * Idle workers of a loop device keep their cgroup for a minute, unless the
 * device is removed. AIO drops its reference to the file only after it has
 * reported completion.
 */
static int loop_remove(int loop, int nr)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), ret, i;

	ret = ioctl(loop, LOOP_CLR_FD) ? -errno : 0;
	close(loop);
	for (i = 0; i < 100 && !ret; i++) {
		if (!ioctl(control, LOOP_CTL_REMOVE, nr))
			break;
		if (errno != EBUSY)
			ret = -errno;
		sleep_ms(100);
	}
	close(control);
	return ret;
}

/*
 * The worker of a loop device that works for the cgroup of a bio waits for its
 * budget: no other cgroup uses this worker.
 */
TEST_F_TIMEOUT(budget, loop_worker_waits, 120)
{
	struct attr_list list = list_one(IOCB_ATTR_cgroup, self->poor);
	struct io_done done[NR];
	struct io io[NR];
	int loop, nr = -1, i;

	if (variant->engine != AIO)
		SKIP(return, "the worker submits in the same way");
	if (access(QUEUED, R_OK))
		SKIP(return, "no event tracing");
	loop = loop_make(self->fd, &nr);
	ASSERT_LE(0, loop);
	reads(io, NR, loop, self->buf, &list);
	ASSERT_EQ(0, disk_iocost(self->dev, 4));
	ASSERT_EQ(0, count_punted("1"));
	ASSERT_LE(0, punted());
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	EXPECT_EQ(0, punted());
	ASSERT_EQ(0, count_punted("0"));
	for (i = 0; i < NR; i++)
		EXPECT_EQ(BLOCK, done[i].res);
	EXPECT_EQ(NR * BLOCK, cgroup_io(CLIENTS "/poor", self->dev, "rbytes"));
	EXPECT_EQ(0, loop_remove(loop, nr));
}

/* Make a second cgroup. Returns a file descriptor or a negative errno. */
static int make_rich(const char *weight)
{
	int rich = cgroup_make(CLIENTS "/rich");
	int ret = rich;

	if (rich >= 0)
		ret = cgroup_write(CLIENTS "/rich", "io.weight", weight);
	return ret < 0 ? ret : rich;
}

/* Reads for two cgroups by one task, the first NR for CLIENTS/poor. */
struct contest {
	int rich;
	struct attr_list lists[2];
	struct io io[2 * NR];
};

static int contest_open(FIXTURE_DATA(budget) * self, struct contest *c,
			const char *weight)
{
	c->rich = make_rich(weight);
	if (c->rich < 0)
		return c->rich;
	c->lists[0] = list_one(IOCB_ATTR_cgroup, self->poor);
	c->lists[1] = list_one(IOCB_ATTR_cgroup, c->rich);
	reads(c->io, NR, self->fd, self->buf, &c->lists[0]);
	reads(c->io + NR, NR, self->fd, self->buf + NR * BLOCK, &c->lists[1]);
	return 0;
}

static int contest_close(struct contest *c)
{
	close(c->rich);
	return cgroup_remove(CLIENTS "/rich");
}

/*
 * Resubmit each read until @nr of the second cgroup have completed. Returns how
 * many of the first cgroup have completed by then, or a negative errno.
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

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * Each cgroup gets its share of the disk. Both are throttled most of the time.
 * A cgroup may look idle in one of the short periods of blk-iocost.
 */
TEST_F_TIMEOUT(budget, shares_by_weight, 300)
{
	struct contest c;
	char text[64];
	int i, nr[3];

	if (through_sets())
		SKIP(return, "not through sets: making them takes too long");
	ASSERT_EQ(0, contest_open(self, &c, "300"));
	ASSERT_EQ(0, disk_iocost(self->dev, 200));
	snprintf(text, sizeof(text), "%s rlat=1 wlat=1", self->dev);
	ASSERT_EQ(0, write_file(CGROUP "io.cost.qos", text));
	/* ideally 100; on a busy machine both also wait for the CPU */
	for (i = 0; i < 3; i++) {
		nr[i] = contest_run(&self->e, &c, 300);
		EXPECT_EQ(0, wait_for(&self->e, 2 * NR));
	}
	qsort(nr, 3, sizeof(nr[0]), compare_ints);
	EXPECT_LE(60, nr[1]);
	EXPECT_GT(300, nr[1]);
	ASSERT_EQ(0, disk_iocost(self->dev, 100000));
	EXPECT_EQ(0, contest_close(&c));
}

/*
 * The disk cannot reach the latency target of one cgroup, so blk-iolatency
 * throttles the other one. The task that submits for both does not block.
 */
TEST_F_TIMEOUT(budget, latency_target, 300)
{
	struct contest c;
	char text[64];

	if (access(QUEUED, R_OK))
		SKIP(return, "no event tracing");
	ASSERT_EQ(0, contest_open(self, &c, "100"));
	snprintf(text, sizeof(text), "%s target=1", self->dev);
	ASSERT_EQ(0, cgroup_write(CLIENTS "/rich", "io.latency", text));
	ASSERT_EQ(0, count_punted("1"));
	ASSERT_LE(0, punted());
	/* blk-iolatency reduces the depth step by step until a read waits */
	do {
		ASSERT_LE(0, contest_run(&self->e, &c, 100));
		EXPECT_EQ(0, wait_for(&self->e, 2 * NR));
	} while (!punted());
	ASSERT_EQ(0, count_punted("0"));
	snprintf(text, sizeof(text), "%s target=max", self->dev);
	EXPECT_EQ(0, cgroup_write(CLIENTS "/rich", "io.latency", text));
	EXPECT_EQ(0, contest_close(&c));
}

/* A server with a backlog for a cgroup, which is then killed. */
static void serve(int ready, enum engine_type type, int fd, char *buf,
		  int cgroup)
{
	struct attr_list list = list_one(IOCB_ATTR_cgroup, cgroup);
	struct io io[NR];
	struct engine e;
	int i;

	reads(io, NR, fd, buf, &list);
	/* more than fit in one context or ring */
	for (i = 0; i < BACKLOG / NR; i++) {
		if (i % (ENGINE_NR / NR) == 0 && engine_open(&e, type))
			_exit(1);
		if (engine_submit(&e, io, NR, 0))
			_exit(1);
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(1);
}

/* A killed server exits without waiting for the budget of its clients. */
TEST_F_TIMEOUT(budget, server_killed, 600)
{
	int clock = cgroup_make(CLIENTS "/clock");
	struct attr_list list = list_one(IOCB_ATTR_cgroup, clock);
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
		serve(ready[1], variant->engine, self->fd, self->buf,
		      self->poor);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	close(ready[0]);

	/* two seconds per read while both cgroups have I/O */
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
	/* all reads completed and were charged */
	EXPECT_EQ(BACKLOG * BLOCK, cgroup_io(CLIENTS "/poor", self->dev, "rbytes"));
	close(clock);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/clock"));
}

/* A thread that reads once for a cgroup, after a while. */
struct reader {
	pthread_t thread;
	enum engine_type engine;
	struct io io;
	int wait_ms;
	long long res;
};

static void *read_once(void *arg)
{
	struct reader *r = arg;
	struct io_done done;
	struct engine e;

	sleep_ms(r->wait_ms);
	r->res = engine_open(&e, r->engine);
	if (r->res)
		return NULL;
	r->res = engine_run(&e, &r->io, 1, &done) ?: done.res;
	engine_close(&e);
	return NULL;
}

/*
 * A cgroup is removed as soon as its throttled reads have completed. The threads
 * that submitted them may still be in the kernel: a worker that runs for one
 * read also takes the other one.
 */
TEST_F_TIMEOUT(budget, cgroup_removed, 120)
{
	int gone = cgroup_make(CLIENTS "/gone"), i;
	struct attr_list list = list_one(IOCB_ATTR_cgroup, gone);
	struct reader readers[2] = {};
	long long before;

	ASSERT_LE(0, gone);
	ASSERT_EQ(0, disk_iocost(self->dev, 4));
	before = disk_stat(SLOW_DISK, READS);
	ASSERT_LE(0, before);
	for (i = 0; i < 2; i++) {
		struct reader *r = &readers[i];

		r->engine = variant->engine;
		r->wait_ms = i * 2000;
		reads(&r->io, 1, self->fd, self->buf + i * BLOCK, &list);
		r->io.at = i * 16LL * BLOCK;
		ASSERT_EQ(0, pthread_create(&r->thread, NULL, read_once, r));
	}
	for (i = 0; i < 1000 && disk_stat(SLOW_DISK, READS) < before + 2; i++)
		sleep_ms(10);
	close(gone);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/gone"));
	EXPECT_EQ(0, wait_for_css_release());
	for (i = 0; i < 2; i++) {
		pthread_join(readers[i].thread, NULL);
		EXPECT_EQ(BLOCK, readers[i].res);
	}
}

/* Not for threads. */
static const char *name(int nr)
{
	static char text[32];

	snprintf(text, sizeof(text), CLIENTS "/%d", nr);
	return text;
}

FIXTURE(starved)
{
	aio_context_t ctx;
	char dev[32];
	int fd;
	char *buf;
	int fds[STARVED_LONG];
	int nr;
};

FIXTURE_SETUP(starved)
{
	struct rlimit files = { 2 * STARVED_LONG, 2 * STARVED_LONG };
	int i;

	self->nr = getenv("LONG") ? STARVED_LONG : STARVED;
	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	for (i = 0; i < self->nr; i++) {
		self->fds[i] = cgroup_make(name(i));
		ASSERT_LE(0, self->fds[i]);
		ASSERT_EQ(0, cgroup_write(name(i), "io.weight", "1"));
	}
	ASSERT_EQ(0, slow_disk_make("20000", "none"));
	ASSERT_EQ(0, device_number(SLOW_DISK, self->dev, sizeof(self->dev)));
	ASSERT_EQ(0, disk_iocost(self->dev, 1));
	self->fd = open(SLOW_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
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
	EXPECT_EQ(0, slow_disk_remove());
	for (i = 0; i < self->nr; i++) {
		close(self->fds[i]);
		cgroup_remove(name(i));
	}
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* In a child: submit one read per cgroup and wait. */
static void starve(FIXTURE_DATA(starved) * self, int ready)
{
	aio_context_t ctx = 0;
	struct attr_list list;
	struct iocb iocb, *p = &iocb;
	int i;

	if (io_setup(self->nr, &ctx))
		_exit(1);
	for (i = 0; i < self->nr; i++) {
		list = list_one(IOCB_ATTR_cgroup, self->fds[i]);
		iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				i * 4LL * BLOCK, &list);
		if (io_submit(ctx, 1, &p) != 1)
			_exit(1);
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(1);
}

/* Cgroups without budget do not delay one that has nearly all of it. */
TEST_F_TIMEOUT(starved, one_has_budget, 600)
{
	int rich = make_rich("10000"), wstatus, ready[2], i;
	struct attr_list list = list_one(IOCB_ATTR_cgroup, rich);
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

	before = disk_stat(SLOW_DISK, READS);
	ASSERT_LE(0, before);
	for (i = 0; i < SOME; i++) {
		iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				i * 4LL * BLOCK, &list);
		ASSERT_EQ(0, aio_run(self->ctx, &iocb, &event));
		EXPECT_EQ(BLOCK, event.res);
	}
	/* all others together have a tenth */
	EXPECT_GE(before + 2 * SOME, disk_stat(SLOW_DISK, READS));
	/* except those that completed while there were fewer cgroups */
	EXPECT_GT(self->nr / 2, disk_stat(SLOW_DISK, READS));

	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(SIGKILL, wstatus);
	close(rich);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/rich"));
}

/* True if lockdep is disabled or has not found a problem. */
static bool locks_are_fine(void)
{
	char text[8192], *at;

	if (read_file("/proc/lockdep_stats", text, sizeof(text)) < 0)
		return true;
	at = strstr(text, "debug_locks:");
	return !at || atoi(at + strlen("debug_locks:"));
}

/*
 * Controllers may be set up in any order without a lock inversion. The groups of
 * a disk are inserted into radix trees. If the allocation of a node fails, a
 * preloaded one is used, so that the next preload has to allocate.
 */
TEST(controller_lock_order)
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
	bool faults = fault_init();
	char dev[32], text[64];
	cpu_set_t cpus;
	int i, first;

	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	close(cgroup_make(CLIENTS "/inner"));
	ASSERT_TRUE(locks_are_fine());
	/* nodes are preloaded per CPU */
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	if (faults)
		ASSERT_EQ(0, fault_cache("radix_tree_node", true));
	for (first = 0; first < 4; first++) {
		ASSERT_EQ(0, slow_disk_make("20000", "none"));
		ASSERT_EQ(0, device_number(SLOW_DISK, dev, sizeof(dev)));
		for (i = 0; i < 8; i++) {
			const char **file = files[i < 4 ? (first + i) % 4 : i];

			snprintf(text, sizeof(text), "%s %s", dev, file[1]);
			/* the files of the root start with io.c */
			EXPECT_EQ(0, cgroup_write(file[0][3] == 'c' ? "." :
						  CLIENTS "/inner", file[0],
						  text));
		}
		EXPECT_EQ(0, slow_disk_remove());
		EXPECT_TRUE(locks_are_fine());
	}
	if (faults)
		EXPECT_EQ(0, fault_cache("radix_tree_node", false));
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/inner"));
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* Throttled writes to a zone keep their order. */
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
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(zone, aio) { .engine = AIO };
FIXTURE_VARIANT_ADD(zone, uring) { .engine = URING };

FIXTURE_SETUP(zone)
{
	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	self->a = cgroup_make(CLIENTS "/a");
	self->b = cgroup_make(CLIENTS "/b");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->b);
	if (slow_disk_make_with("20000", "none", " zoned=1 zone_size=4"))
		SKIP(return, "no zoned disk");
	ASSERT_EQ(0, device_number(SLOW_DISK, self->dev, sizeof(self->dev)));
	self->fd = open(SLOW_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(ENGINE_NR * BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, engine_open(&self->e, variant->engine));
}

FIXTURE_TEARDOWN(zone)
{
	EXPECT_EQ(0, engine_close(&self->e));
	munmap(self->buf, ENGINE_NR * BLOCK);
	close(self->fd);
	EXPECT_EQ(0, slow_disk_remove());
	close(self->a);
	close(self->b);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/b"));
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* Sequential writes from the start of the first zone. */
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

/* The number of bytes in the first zone, or a negative errno. */
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

/* A throttled zone write does not block the submitter either. */
TEST_F_TIMEOUT(zone, submitter_not_blocked, 120)
{
	struct attr_list list = list_one(IOCB_ATTR_cgroup, self->a);
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
	EXPECT_EQ(NR * BLOCK, cgroup_io(CLIENTS "/a", self->dev, "wbytes"));
	EXPECT_EQ(0, disk_iocost(self->dev, 0));
}

/* Two cgroups write to one zone, one of them without budget. */
TEST_F_TIMEOUT(zone, two_cgroups_iocost, 120)
{
	struct attr_list a = list_one(IOCB_ATTR_cgroup, self->a);
	struct attr_list b = list_one(IOCB_ATTR_cgroup, self->b);
	struct io_done done[ENGINE_NR / 2];
	struct io io[ENGINE_NR / 2];
	int i;

	ASSERT_EQ(0, cgroup_write(CLIENTS "/a", "io.weight", "1"));
	ASSERT_EQ(0, cgroup_write(CLIENTS "/b", "io.weight", "1000"));
	ASSERT_EQ(0, disk_iocost_writes(self->dev, 10000));
	writes(io, ENGINE_NR / 2, self->fd, self->buf, &a, &b);
	ASSERT_EQ(0, engine_run(&self->e, io, ENGINE_NR / 2, done));
	for (i = 0; i < ENGINE_NR / 2; i++)
		EXPECT_EQ(BLOCK, done[i].res);
	EXPECT_EQ(0, disk_iocost(self->dev, 0));
}

/*
 * io.max throttles bios before zone write plugging orders them. Writes that
 * overtake a throttled one fail without writing.
 */
TEST_F_TIMEOUT(zone, two_cgroups_io_max, 120)
{
	struct attr_list a = list_one(IOCB_ATTR_cgroup, self->a);
	struct attr_list b = list_one(IOCB_ATTR_cgroup, self->b);
	struct io_done done[NR];
	struct io io[NR];
	char text[64];
	int i, good;

	snprintf(text, sizeof(text), "%s wiops=20", self->dev);
	ASSERT_EQ(0, cgroup_write(CLIENTS "/a", "io.max", text));
	writes(io, NR, self->fd, self->buf, &a, &b);
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	for (good = 0; good < NR && done[good].res == BLOCK; good++)
		;
	for (i = good; i < NR; i++)
		EXPECT_EQ(-EIO, done[i].res);
	/* the write pointer is where the first write failed */
	EXPECT_EQ(good * BLOCK, zone_written(self->fd));

	/* the writes of one cgroup keep their order */
	for (i = 0; i < NR; i++) {
		io[i].at += 4 << 20;
		io[i].list = &a;
	}
	ASSERT_EQ(0, engine_run(&self->e, io, NR, done));
	for (i = 0; i < NR; i++)
		EXPECT_EQ(BLOCK, done[i].res);
}

TEST_HARNESS_MAIN
