// SPDX-License-Identifier: GPL-2.0
/*
 * The report of what was honoured is right whatever becomes of an I/O on its
 * way: merged, split, requeued, timed out, sent along another path, completed
 * out of order, failed half-way.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/uio.h>

#include <linux/loop.h>

#include "engine.h"
#include "stack.h"
#include "who.h"
#include "harness.h"

#define SIZE		(2 << 20)
#define NR_DISKS	4
#define NR_DMS		4
#define BIT(id)		(1ULL << IOCB_ATTR_ ## id)
#define PRIO		(BE | 4)
#define FOREVER		"600000"	/* ms, until another table is loaded */
#define TRACING		"/sys/kernel/tracing/"
#define INSERTS		TRACING "events/block/block_rq_insert/enable"
#define MOUNT		"/tmp/honoured_test"

static const char * const disks[NR_DISKS] = { "hon0", "hon1", "hon2", "hon3" };

/* What a scheduler does with priorities. */
static const struct sched {
	const char *name;
	uint64_t honours;
} scheds[] = {
	{ "none", 0 },
	{ "mq-deadline", BIT(ioprio) },
	{ "bfq", BIT(ioprio) },
};

FIXTURE(honoured)
{
	struct engine e;
	struct who_list both;		/* cgroup and ioprio */
	struct who_list prio;
	struct who_list nothing;
	struct dm dm[NR_DMS];
	int cgroup;
	int fd;
	int loop;
	char *buf;
	bool mounted;
};

FIXTURE_VARIANT(honoured)
{
	bool uring;
};

FIXTURE_VARIANT_ADD(honoured, aio) { .uring = false };
FIXTURE_VARIANT_ADD(honoured, uring) { .uring = true };

FIXTURE_SETUP(honoured)
{
	self->fd = -1;
	self->loop = -1;
	self->cgroup = cgroup_make("honoured");
	ASSERT_LE(0, self->cgroup);
	self->prio = who(IOCB_ATTR_ioprio, PRIO);
	self->both = who_and(who(IOCB_ATTR_cgroup, self->cgroup), self->prio);
	self->nothing.list.size = sizeof(self->nothing.list);
	self->nothing.list.flags = IOCB_ATTR_LIST_REPORT;
	/* that of the list: bios with and without it differ by the list alone */
	ASSERT_EQ(0, syscall(SYS_ioprio_set, 1, 0, PRIO));
	self->buf = block_alloc(SIZE);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, engine_open(&self->e, variant->uring));
}

FIXTURE_TEARDOWN(honoured)
{
	int i;

	EXPECT_EQ(0, engine_close(&self->e));
	close(self->fd);
	if (self->loop >= 0) {
		EXPECT_EQ(0, ioctl(self->loop, LOOP_CLR_FD));
		close(self->loop);
	}
	if (self->mounted)
		EXPECT_EQ(0, umount(MOUNT));
	for (i = NR_DMS - 1; i >= 0; i--)
		EXPECT_EQ(0, dm_remove(&self->dm[i]));
	for (i = 0; i < NR_DISKS; i++)
		nullb_remove(disks[i]);
	munmap(self->buf, SIZE);
	close(self->cgroup);
	EXPECT_EQ(0, cgroup_remove("honoured"));
}

static int disk(int nr, const char *scheduler)
{
	return nullb_make(disks[nr], 64, "irqmode=1", scheduler);
}

/* Have I/O go to a device from now on. */
static int use(FIXTURE_DATA(honoured) * self, const char *dev)
{
	close(self->fd);
	self->fd = open(dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	return self->fd < 0 ? -errno : 0;
}

static int use_disk(FIXTURE_DATA(honoured) * self, int nr)
{
	char dev[32];

	snprintf(dev, sizeof(dev), "/dev/%s", disks[nr]);
	return use(self, dev);
}

static struct io read_at(FIXTURE_DATA(honoured) * self, long long at,
			 size_t len, const void *list)
{
	return (struct io) {
		.fd = self->fd, .buf = self->buf + at % SIZE, .len = len,
		.at = at, .list = list,
	};
}

/* One read at 0; its mask, or a negative errno of the submission. */
static long long mask_of_read(FIXTURE_DATA(honoured) * self, size_t len,
			      const void *list, long long *res)
{
	struct io io = read_at(self, 0, len, list);
	struct io_done done;
	int ret = engine_run(&self->e, &io, 1, &done);

	if (ret)
		return ret;
	*res = done.res;
	return done.mask;
}

/* Four neighbours in one system call; how many were merged? */
static int neighbours(FIXTURE_DATA(honoured) * self, struct who_list *lists,
		      int nr_lists, struct io_done *done)
{
	struct who_list list[4];
	long long before = disk_stat(disks[0], READS_MERGED);
	struct io io[4];
	int i, ret;

	for (i = 0; i < 4; i++) {
		list[i] = lists[i % nr_lists];
		io[i] = read_at(self, i * BLOCK, BLOCK, &list[i]);
	}
	ret = engine_run(&self->e, io, 4, done);
	return ret ?: disk_stat(disks[0], READS_MERGED) - before;
}

TEST_F_TIMEOUT(honoured, merged, 600)
{
	struct who_list differ[2] = { self->prio, self->nothing };
	struct io_done done[4];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(self, 0));
		EXPECT_EQ(3, neighbours(self, &self->both, 1, done));
		for (j = 0; j < 4; j++) {
			EXPECT_EQ(BLOCK, done[j].res);
			EXPECT_EQ(BIT(cgroup) | scheds[i].honours,
				  done[j].mask);
		}
		EXPECT_EQ(0, neighbours(self, differ, 2, done));
		for (j = 0; j < 4; j++) {
			EXPECT_EQ(BLOCK, done[j].res);
			EXPECT_EQ(j % 2 ? 0 : scheds[i].honours, done[j].mask);
		}
		close(self->fd);
		self->fd = -1;
		nullb_remove(disks[0]);
	}
}

/*
 * Lists that name the same cgroup and priority in other words: the second adds
 * the priority that the submitter has anyway.
 */
TEST_F_TIMEOUT(honoured, merged_by_meaning, 600)
{
	struct who_list lists[2];
	struct io_done done[4];
	int i, go[2], pidfd;
	uint64_t honours;
	char byte, text[16];
	pid_t child;

	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, use_disk(self, 0));
	lists[0] = who(IOCB_ATTR_cgroup, self->cgroup);
	lists[1] = self->both;
	EXPECT_EQ(3, neighbours(self, lists, 2, done));
	for (i = 0; i < 4; i++) {
		honours = i % 2 ? BIT(ioprio) : 0;
		EXPECT_EQ(BLOCK, done[i].res);
		EXPECT_EQ(BIT(cgroup) | honours, done[i].mask);
	}

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	child = fork();
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &byte, 1));
	}
	close(go[0]);
	snprintf(text, sizeof(text), "%d", child);
	ASSERT_EQ(0, cgroup_write("honoured", "cgroup.procs", text));
	pidfd = pidfd_open(child);
	ASSERT_LE(0, pidfd);
	lists[0] = who(IOCB_ATTR_proxy_pid, child);
	lists[1] = who(IOCB_ATTR_proxy_pidfd, pidfd);
	/* the first one gives the process its I/O context */
	EXPECT_LE(0, neighbours(self, lists, 2, done));
	EXPECT_EQ(3, neighbours(self, lists, 2, done));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(BLOCK, done[i].res);
		EXPECT_EQ(i % 2 ? BIT(proxy_pidfd) : BIT(proxy_pid),
			  done[i].mask);
	}
	close(pidfd);
	close(go[1]);
	EXPECT_EQ(0, wait_child(child));
}

/* io.prio.class gives the I/O another priority, or leaves it alone. */
TEST_F_TIMEOUT(honoured, priority_replaced, 600)
{
	static const struct {
		const char *policy;
		uint16_t asked;
		bool replaced;
	} cases[] = {
		{ "restrict-to-be", RT | 0, true },
		{ "restrict-to-be", BE | 7, false },
		{ "restrict-to-be", IDLE, false },
		{ "idle", BE | 0, true },
		{ "promote-to-rt", BE | 0, true },
		{ "promote-to-rt", RT | 7, false },
	};
	uint64_t mask;
	long long res;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(self, 0));
		for (j = 0; j < ARRAY_SIZE(cases); j++) {
			struct who_list l = self->both;

			l.r[1].ioprio.ioprio = cases[j].asked;
			ASSERT_EQ(0, cgroup_write("honoured", "io.prio.class",
						  cases[j].policy));
			mask = BIT(cgroup);
			if (!cases[j].replaced)
				mask |= scheds[i].honours;
			EXPECT_EQ(mask, mask_of_read(self, BLOCK, &l, &res)) {
				TH_LOG("%s, %s, %#x", scheds[i].name,
				       cases[j].policy, cases[j].asked);
			}
			EXPECT_EQ(BLOCK, res);
		}
		ASSERT_EQ(0, cgroup_write("honoured", "io.prio.class",
					  "no-change"));
		close(self->fd);
		self->fd = -1;
		nullb_remove(disks[0]);
	}
}

/* Class none asks for the priority that the submitter has. */
TEST_F_TIMEOUT(honoured, priority_none, 600)
{
	struct who_list l = self->both;
	long long res;
	int i;

	l.r[1].ioprio.ioprio = 0;
	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(self, 0));
		EXPECT_EQ(BIT(cgroup) | scheds[i].honours,
			  mask_of_read(self, BLOCK, &l, &res));
		EXPECT_EQ(BLOCK, res);
		close(self->fd);
		self->fd = -1;
		nullb_remove(disks[0]);
	}
}

/*
 * I/O that may not wait for a request fails. A scheduler has looked for a
 * request that it could join, but did not sort it.
 */
TEST_F_TIMEOUT(honoured, nowait, 600)
{
	struct io_done done;
	struct io io;
	int i, j, failed;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		/* it takes its time, so that there is none left soon */
		ASSERT_EQ(0, nullb_make(disks[0], 64,
					"irqmode=2 completion_nsec=1000000000 hw_queue_depth=4",
					scheds[i].name));
		ASSERT_EQ(0, use_disk(self, 0));
		for (j = 0; j < ENGINE_NR; j++) {
			io = read_at(self, j * 2 * BLOCK, BLOCK, &self->both);
			io.rw_flags = RWF_NOWAIT;
			ASSERT_EQ(0, engine_submit(&self->e, &io, 1, j));
		}
		for (j = failed = 0; j < ENGINE_NR; j++) {
			ASSERT_EQ(0, engine_wait(&self->e, &done));
			if (done.res == -EAGAIN) {
				EXPECT_EQ(0, done.mask & BIT(ioprio));
				failed++;
			} else {
				EXPECT_EQ(BLOCK, done.res);
				EXPECT_EQ(BIT(cgroup) | scheds[i].honours,
					  done.mask);
			}
		}
		EXPECT_LT(0, failed);
		close(self->fd);
		self->fd = -1;
		nullb_remove(disks[0]);
	}
}

/*
 * Two neighbours share a request of a loop device. Only the second is where
 * priorities count, and the loop device cannot tell them apart.
 */
TEST_F_TIMEOUT(honoured, merged_in_loop, 600)
{
	struct loop_config config = {
		.block_size	= 512,
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
	ASSERT_EQ(0, use(self, dev));
	merged = disk_stat(dev, READS_MERGED);
	/* those in the middle, of which each is in one half */
	for (i = 0; i < 4; i++)
		io[i] = read_at(self, half + (i - 2) * BLOCK, BLOCK,
				&self->both);
	ASSERT_EQ(0, engine_run(&self->e, io, 4, done));
	EXPECT_EQ(3, disk_stat(dev, READS_MERGED) - merged);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(BLOCK, done[i].res);
		EXPECT_EQ(BIT(cgroup), done[i].mask);
	}
	/* apart from one another, each has its own */
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, engine_run(&self->e, &io[i], 1, done));
		EXPECT_EQ(BIT(cgroup) | (i < 2 ? 0 : BIT(ioprio)),
			  done[0].mask);
	}
}

/* How many sectors were sorted with a priority, as in "be,0,6"? */
static long long sectors_inserted(const char *prio)
{
	static char text[1 << 16];
	long long sum = 0;
	char *at, *line;
	int n;

	if (read_file(TRACING "trace", text, sizeof(text)) < 0)
		return -EIO;
	for (at = text; (at = strstr(at, "_rq_insert:")); at++) {
		char p[16];

		line = strstr(at, " + ");
		if (line && sscanf(line, " + %d %15s", &n, p) == 2 &&
		    !strcmp(p, prio))
			sum += n;
	}
	return sum;
}

/* Each copy of a write has the priority, and a read has it. */
TEST_F_TIMEOUT(honoured, mirror, 600)
{
	struct who_list l = self->both;
	struct io_done done;
	struct io io;
	int i;

	l.r[1].ioprio.ioprio = BE | 6;
	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, disk(1, "mq-deadline"));
	ASSERT_EQ(0, dm_make(&self->dm[0], "hon-mirror",
			     "0 131072 mirror core 2 1024 nosync 2 /dev/%s 0 /dev/%s 0",
			     disks[0], disks[1]));
	ASSERT_EQ(0, use(self, self->dm[0].dev));
	for (i = 0; i < 2; i++) {
		io = read_at(self, 0, 8 * BLOCK, &l);
		io.write = !i;
		ASSERT_EQ(0, write_file(TRACING "trace", ""));
		ASSERT_EQ(0, write_file(INSERTS, "1"));
		EXPECT_EQ(0, engine_run(&self->e, &io, 1, &done));
		ASSERT_EQ(0, write_file(INSERTS, "0"));
		EXPECT_EQ(8 * BLOCK, done.res);
		EXPECT_EQ(BIT(cgroup) | BIT(ioprio), done.mask);
		EXPECT_EQ(8 * BLOCK / 512 * (io.write ? 2 : 1),
			  sectors_inserted("be,0,6"));
	}
}

/* A write of less than a block of ext4: the rest of it is filled with zeroes. */
TEST_F_TIMEOUT(honoured, zeroes, 600)
{
	struct who_list l = self->both;
	struct io_done done;
	struct io io;
	char cmd[80];

	ASSERT_EQ(0, nullb_make(disks[0], 64,
				"irqmode=1 blocksize=512 memory_backed=1",
				"mq-deadline"));
	snprintf(cmd, sizeof(cmd), "mkfs.ext4 -q -b 4096 /dev/%s", disks[0]);
	ASSERT_EQ(0, system(cmd));
	mkdir(MOUNT, 0755);
	snprintf(cmd, sizeof(cmd), "/dev/%s", disks[0]);
	ASSERT_EQ(0, mount(cmd, MOUNT, "ext4", 0, NULL));
	self->mounted = true;
	self->fd = open(MOUNT "/file", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC,
			0600);
	ASSERT_LE(0, self->fd);
	sync();

	l.r[1].ioprio.ioprio = BE | 6;
	io = read_at(self, 512, 512, &l);
	io.write = true;
	ASSERT_EQ(0, write_file(TRACING "trace", ""));
	ASSERT_EQ(0, write_file(INSERTS, "1"));
	EXPECT_EQ(0, engine_run(&self->e, &io, 1, &done));
	ASSERT_EQ(0, write_file(INSERTS, "0"));
	EXPECT_EQ(512, done.res);
	EXPECT_EQ(BIT(cgroup) | BIT(ioprio), done.mask);
	EXPECT_EQ(BLOCK / 512, sectors_inserted("be,0,6"));
}

/* One path, the only one of its group. */
#define PATH		"round-robin 0 1 1 /dev/%s 1"

/* To disks[0], and if that fails to disks[1]. */
static int two_paths(struct dm *dm, const char *mode)
{
	return dm_make(dm, "hon-path",
		       "0 131072 multipath 2 queue_mode %s 0 2 1 "
		       PATH " " PATH, mode, disks[0], disks[1]);
}

/* Wait until schedulers have been given so many requests. */
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
 * While what is suspended holds them, requests merge in its scheduler. It may
 * be a worker that submits them.
 */
TEST_F_TIMEOUT(honoured, merged_in_scheduler, 600)
{
	struct dm *dm = &self->dm[0];
	struct io_done done;
	struct io io[3];
	long long merged;
	int i, j;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, disk(1, "none"));
	ASSERT_EQ(0, two_paths(dm, "rq"));
	ASSERT_EQ(0, use(self, dm->dev));
	io[0] = read_at(self, 0, BLOCK, &self->both);
	io[1] = read_at(self, BLOCK, BLOCK, &self->both);
	io[2] = read_at(self, 2 * BLOCK, BLOCK, &self->nothing);
	for (i = 1; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, queue_set(dm->dev, "scheduler", scheds[i].name));
		ASSERT_EQ(0, dm_suspend(dm));
		ASSERT_EQ(0, write_file(TRACING "trace", ""));
		ASSERT_EQ(0, write_file(INSERTS, "1"));
		merged = disk_stat(dm->dev, READS_MERGED);
		ASSERT_EQ(0, engine_submit(&self->e, &io[0], 1, 0));
		EXPECT_EQ(0, wait_inserted(1));
		ASSERT_EQ(0, engine_submit(&self->e, &io[1], 1, 1));
		EXPECT_EQ(0, wait_merged(dm->dev, merged + 1));
		ASSERT_EQ(0, engine_submit(&self->e, &io[2], 1, 2));
		EXPECT_EQ(0, wait_inserted(2));
		EXPECT_EQ(merged + 1, disk_stat(dm->dev, READS_MERGED));
		ASSERT_EQ(0, write_file(INSERTS, "0"));
		ASSERT_EQ(0, dm_resume(dm));
		for (j = 0; j < 3; j++) {
			ASSERT_EQ(0, engine_wait(&self->e, &done));
			EXPECT_EQ(BLOCK, done.res);
			EXPECT_EQ(done.nr == 2 ? 0 : BIT(cgroup) | BIT(ioprio),
				  done.mask);
		}
	}
}

/* Of 64 parts a quarter goes where priorities count. */
TEST_F_TIMEOUT(honoured, split, 600)
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
	ASSERT_EQ(0, use(self, self->dm[0].dev));
	EXPECT_EQ(BIT(cgroup),
		  mask_of_read(self, 64 * BLOCK, &self->both, &res));
	EXPECT_EQ(64 * BLOCK, res);
	for (i = 0; i < NR_DISKS; i++) {
		ASSERT_EQ(0, queue_set(disks[i], "scheduler", "mq-deadline"));
		for (j = 0; j < NR_DISKS; j++)
			before[j] = disk_stat(disks[j], READS);
		EXPECT_EQ(BIT(cgroup) | BIT(ioprio),
			  mask_of_read(self, 64 * BLOCK, &self->both, &res));
		EXPECT_EQ(64 * BLOCK, res);
		ASSERT_EQ(0, queue_set(disks[i], "scheduler", "none"));
		/* switching has waited for all to be accounted */
		EXPECT_EQ(16, disk_stat(disks[i], READS) - before[i]);
	}
}

static int fault(const char *group, const char *times)
{
	char path[64];

	/* a trace of each on the console takes its time */
	snprintf(path, sizeof(path), "%s/verbose", group);
	if (nullb_set(disks[0], path, "0"))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/times", group);
	if (nullb_set(disks[0], path, times))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/probability", group);
	return nullb_set(disks[0], path, "100");
}

/* How many of them are still to come? */
static int faults_left(const char *group)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), NULLBS "/%s/%s/times", disks[0], group);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	return atoi(text);
}

TEST_F_TIMEOUT(honoured, requeued, 600)
{
	long long res;
	int i;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(self, 0));
		ASSERT_EQ(0, fault("requeue_inject", "6"));
		EXPECT_EQ(BIT(cgroup) | scheds[i].honours,
			  mask_of_read(self, BLOCK, &self->both, &res));
		EXPECT_EQ(BLOCK, res);
		EXPECT_EQ(0, faults_left("requeue_inject"));
		close(self->fd);
		self->fd = -1;
		nullb_remove(disks[0]);
	}
}

/* The device says nothing of it any more. */
TEST_F_TIMEOUT(honoured, timed_out, 600)
{
	long long res;
	int i;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, queue_set(disks[0], "io_timeout", "500"));
		ASSERT_EQ(0, use_disk(self, 0));
		ASSERT_EQ(0, fault("timeout_inject", "1"));
		EXPECT_EQ(BIT(cgroup) | scheds[i].honours,
			  mask_of_read(self, BLOCK, &self->both, &res));
		EXPECT_EQ(-ETIMEDOUT, res);
		EXPECT_EQ(0, faults_left("timeout_inject"));
		close(self->fd);
		self->fd = -1;
		nullb_remove(disks[0]);
	}
}

/*
 * How the first path fails, who goes by priorities, and what is reported. A
 * device by requests sorts them itself, and no path does again.
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
	{ "bio", false, NULL, "none", "mq-deadline", BIT(ioprio) },
	{ "bio", false, NULL, "none", "bfq", BIT(ioprio) },
	{ "bio", false, NULL, "bfq", "none", BIT(ioprio) },
	{ "bio", true, NULL, "none", "mq-deadline", BIT(ioprio) },
	{ "bio", true, NULL, "mq-deadline", "none", BIT(ioprio) },
	{ "rq", false, "none", "none", "none", 0 },
	{ "rq", false, "none", "mq-deadline", "bfq", 0 },
	{ "rq", false, "mq-deadline", "none", "none", BIT(ioprio) },
	{ "rq", false, "bfq", "none", "none", BIT(ioprio) },
	{ "rq", true, "none", "none", "none", 0 },
	{ "rq", true, "mq-deadline", "none", "none", BIT(ioprio) },
};

/* Returns what went wrong, or "". */
static const char *path_fails(FIXTURE_DATA(honoured) * self,
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
	if (use(self, self->dm[0].dev))
		return "open";
	*mask = mask_of_read(self, 2 * BLOCK, &self->both, &res);
	if (res != 2 * BLOCK)
		return "read";
	if (dm_status(&self->dm[0], 0, text, sizeof(text)) ||
	    !strstr(text, " F 1"))
		return "no path failed";
	close(self->fd);
	self->fd = -1;
	return dm_remove(&self->dm[0]) ? "remove" : "";
}

TEST_F_TIMEOUT(honoured, other_path, 600)
{
	uint64_t mask;
	int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		mask = 0;
		ASSERT_STREQ("", path_fails(self, &paths[i], &mask)) {
			TH_LOG("paths[%d]", i);
		}
		EXPECT_EQ(BIT(cgroup) | paths[i].honoured, mask) {
			TH_LOG("paths[%d]", i);
		}
	}
}

/* The first to be submitted is neither the first nor the last to be done. */
TEST_F_TIMEOUT(honoured, out_of_order, 600)
{
	static const int order[] = { 2, 0, 1 };
	const uint64_t masks[] = { BIT(ioprio), BIT(cgroup), 0 };
	struct who_list lists[] = {
		self->prio, who(IOCB_ATTR_cgroup, self->cgroup), self->nothing,
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
	ASSERT_EQ(0, use(self, self->dm[3].dev));
	for (i = 0; i < 3; i++)
		io[i] = read_at(self, i * 1024 * 512, BLOCK, &lists[i]);
	ASSERT_EQ(0, engine_submit(&self->e, io, 3, 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, dm_wait_delayed(&self->dm[i], 0, 1));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, dm_swap(&self->dm[order[i]],
				     "0 1024 delay /dev/%s %d 0", disks[0],
				     order[i] * 1024));
		ASSERT_EQ(0, engine_wait(&self->e, &done));
		EXPECT_EQ(order[i], done.nr);
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(masks[done.nr], done.mask);
	}
}

/* The half that was done was done for whom it was said. */
TEST_F_TIMEOUT(honoured, fails_half_way, 600)
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
			ASSERT_EQ(0, use(self, self->dm[0].dev));
			EXPECT_EQ(BIT(cgroup) | scheds[i].honours,
				  mask_of_read(self, sizes[j], &self->both,
					       &res));
			EXPECT_GT(sizes[j], res);
			close(self->fd);
			self->fd = -1;
			ASSERT_EQ(0, dm_remove(&self->dm[0]));
		}
	}
}

/* What comes of a read that ends before its first bio. */
static int no_bio(FIXTURE_DATA(honoured) * self, void *buf, size_t len,
		  bool nowait, struct io_done *done)
{
	struct io io = { .fd = self->fd, .buf = buf, .len = len,
			 .list = &self->both, .rw_flags = nowait ? RWF_NOWAIT : 0 };

	return engine_run(&self->e, &io, 1, done);
}

/* An I/O that never got to a device was done for nobody. */
TEST_F(honoured, fails_before_a_bio)
{
	struct io_done done;
	char *buf;

	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, use_disk(self, 0));
	/* no memory is there */
	buf = mmap(NULL, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, buf);
	ASSERT_EQ(0, no_bio(self, buf, BLOCK, false, &done));
	EXPECT_EQ(-EFAULT, done.res);
	EXPECT_EQ(0, done.mask);
	munmap(buf, BLOCK);
	/* more than a bio holds cannot be started without waiting */
	buf = block_alloc(8 << 20);
	ASSERT_NE(NULL, buf);
	ASSERT_EQ(0, madvise(buf, 8 << 20, MADV_NOHUGEPAGE));
	ASSERT_EQ(0, no_bio(self, buf, 8 << 20, true, &done));
	EXPECT_EQ(-EAGAIN, done.res);
	EXPECT_EQ(0, done.mask);
	/* and the same again, if it may wait */
	ASSERT_EQ(0, no_bio(self, buf, 8 << 20, false, &done));
	EXPECT_EQ(8 << 20, done.res);
	EXPECT_EQ(BIT(cgroup) | BIT(ioprio), done.mask);
	munmap(buf, 8 << 20);
}

/* Charged to an ancestor is not charged to the cgroup that was named. */
TEST_F(honoured, no_io_controller)
{
	struct who_list list;
	long long res;
	char dev[32];
	int below, go[2];
	pid_t pid;
	char byte;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, use_disk(self, 0));
	ASSERT_EQ(0, device_number("/dev/hon0", dev, sizeof(dev)));
	below = cgroup_make("honoured/below");
	ASSERT_LE(0, below);
	list = who(IOCB_ATTR_cgroup, below);
	list.r[0].attr.flags = 0;
	EXPECT_EQ(0, mask_of_read(self, BLOCK, &list, &res));
	EXPECT_EQ(BLOCK, res);
	EXPECT_EQ(BLOCK, cgroup_io("honoured", dev, "rbytes"));

	/* the same of a process that is there */
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid)
		_exit(cgroup_enter("honoured/below") ||
		      write(go[1], "", 1) != 1 || pause());
	ASSERT_EQ(1, read(go[0], &byte, 1));
	list = who(IOCB_ATTR_proxy_pid, pid);
	list.r[0].attr.flags = 0;
	EXPECT_EQ(0, mask_of_read(self, BLOCK, &list, &res));
	EXPECT_EQ(BLOCK, res);
	EXPECT_EQ(2 * BLOCK, cgroup_io("honoured", dev, "rbytes"));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));

	/* with the controller it is */
	ASSERT_EQ(0, cgroup_write("honoured", "cgroup.subtree_control", "+io"));
	list = who(IOCB_ATTR_cgroup, below);
	EXPECT_EQ(BIT(cgroup), mask_of_read(self, BLOCK, &list, &res));
	EXPECT_EQ(BLOCK, cgroup_io("honoured/below", dev, "rbytes"));
	close(go[0]);
	close(go[1]);
	close(below);
	EXPECT_EQ(0, cgroup_remove("honoured/below"));
}

/* The root cgroup counts by other means. */
TEST_F(honoured, root)
{
	struct who_list list;
	long long res;
	int fd;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, use_disk(self, 0));
	fd = open(CGROUP, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	list = who(IOCB_ATTR_cgroup, fd);
	EXPECT_EQ(BIT(cgroup), mask_of_read(self, BLOCK, &list, &res));
	list = who(IOCB_ATTR_proxy_pid, getpid());
	EXPECT_EQ(BIT(proxy_pid), mask_of_read(self, BLOCK, &list, &res));
	close(fd);
}

/* Honoured as ever, but nobody wants to know. */
TEST_F_TIMEOUT(honoured, not_asked, 600)
{
	struct who_list list = self->both;
	long long res;
	int i;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(self, 0));
		EXPECT_EQ(BIT(cgroup) | scheds[i].honours,
			  mask_of_read(self, BLOCK, &self->both, &res));
		EXPECT_EQ(BLOCK, res);
		list.list.flags = 0;
		EXPECT_EQ(0, mask_of_read(self, BLOCK, &list, &res));
		EXPECT_EQ(BLOCK, res);
		EXPECT_EQ(0, mask_of_read(self, BLOCK, NULL, &res));
		EXPECT_EQ(BLOCK, res);
		close(self->fd);
		self->fd = -1;
		nullb_remove(disks[0]);
	}
}

TEST_HARNESS_MAIN
