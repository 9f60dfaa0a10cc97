// SPDX-License-Identifier: GPL-2.0
/*
 * Whom an I/O is for may go while it is under way, there may be many of them,
 * and many threads that do I/O for them.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "aio.h"
#include "kselftest_harness.h"

#define CGROUP	"/sys/fs/cgroup/"
#define NULLB	"/sys/kernel/config/nullb/"
#define MANY	1000
#define THREADS	8
#define LOOPS	100

/* A list that says for whom. */
struct whom {
	struct iocb_attr_list	list;
	struct iocb_attr_ioprio	ioprio;
	union {
		struct iocb_attr_cgroup		cgroup;
		struct iocb_attr_proxy_pid	pid;
		struct iocb_attr_proxy_pidfd	pidfd;
	};
};

static struct whom whom_cgroup(int fd, int ioprio)
{
	return (struct whom) {
		{ sizeof(struct whom), IOCB_ATTR_LIST_REPORT },
		{ { 16, IOCB_ATTR_ioprio, 0 }, ioprio, { 0 } },
		.cgroup = { { 16, IOCB_ATTR_cgroup, 0 }, fd, 0 },
	};
}

FIXTURE(lifetime)
{
	aio_context_t ctx;
	int fd;
	void *buf;
	char number[16];
};

FIXTURE_VARIANT(lifetime)
{
	const char *scheduler;
	bool iocost;
};

FIXTURE_VARIANT_ADD(lifetime, none) { .scheduler = "none" };
/* with blk-iocost it is a worker that submits for others */
FIXTURE_VARIANT_ADD(lifetime, iocost) { .scheduler = "none", .iocost = true };
FIXTURE_VARIANT_ADD(lifetime, bfq) { .scheduler = "bfq" };
FIXTURE_VARIANT_ADD(lifetime, mq_deadline) { .scheduler = "mq-deadline" };

static int attribute(const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), NULLB "slow/%s", name);
	return write_file(path, value);
}

/* Begin anew with a device that takes so many nanoseconds for each I/O. */
static int power_on(FIXTURE_DATA(lifetime) * self,
		    const FIXTURE_VARIANT(lifetime) * variant, const char *nsec)
{
	char text[64];
	int ret;

	if (self->fd >= 0)
		close(self->fd);
	ret = attribute("power", "0");
	if (!ret)
		ret = attribute("completion_nsec", nsec);
	if (!ret)
		ret = attribute("power", "1");
	if (!ret)
		ret = write_file("/sys/block/slow/queue/scheduler",
				 variant->scheduler);
	if (!ret)
		ret = read_file("/sys/block/slow/dev", self->number,
				sizeof(self->number));
	if (ret < 0)
		return ret;
	self->number[strcspn(self->number, "\n")] = 0;
	snprintf(text, sizeof(text), "%s enable=%d", self->number,
		 variant->iocost);
	ret = write_file(CGROUP "io.cost.qos", text);
	self->fd = open("/dev/slow", O_RDWR | O_DIRECT | O_CLOEXEC);
	return self->fd < 0 ? -errno : ret;
}

/* A device that takes half a second for each I/O. */
FIXTURE_SETUP(lifetime)
{
	mount("none", "/sys/kernel/config", "configfs", 0, NULL);
	ASSERT_EQ(0, mkdir(NULLB "slow", 0755));
	ASSERT_EQ(0, attribute("size", "64"));
	ASSERT_EQ(0, attribute("irqmode", "2"));
	self->fd = -1;
	ASSERT_EQ(0, power_on(self, variant, "500000000"));
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, io_setup(64, &self->ctx));
	ASSERT_EQ(0, mkdir(CGROUP "life", 0755));
	ASSERT_EQ(0, write_file(CGROUP "life/cgroup.subtree_control", "+io"));
}

/* The value that a line "NAME VALUE" of life/cgroup.stat has, or -1. */
static long life_stat(const char *name)
{
	char text[1024];
	char *at;

	if (read_file(CGROUP "life/cgroup.stat", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -1;
}

FIXTURE_TEARDOWN(lifetime)
{
	int i;

	EXPECT_EQ(0, io_destroy(self->ctx));
	munmap(self->buf, BLOCK);
	close(self->fd);
	/* what is gone is gone for good: nothing holds a cgroup */
	for (i = 0; i < 100; i++) {
		if (!life_stat("nr_dying_descendants ") &&
		    !life_stat("nr_dying_subsys_io "))
			break;
		sleep_ms(100);
	}
	EXPECT_EQ(0, life_stat("nr_dying_descendants "));
	EXPECT_EQ(0, life_stat("nr_dying_subsys_io "));
	EXPECT_EQ(0, rmdir(CGROUP "life"));
	EXPECT_EQ(0, attribute("power", "0"));
	EXPECT_EQ(0, rmdir(NULLB "slow"));
}

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Start a read; what it names may go then. */
static int start(FIXTURE_DATA(lifetime) * self, const void *list, int offset)
{
	struct iocb iocb = prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				offset, list);
	struct iocb *iocbs = &iocb;

	return io_submit(self->ctx, 1, &iocbs) == 1 ? 0 : -errno;
}

/* How many of @nr I/Os were done and have all of these bits of res2. */
static int finished(FIXTURE_DATA(lifetime) * self, int nr, uint64_t bits)
{
	struct io_event event;
	int good = 0;

	while (nr--) {
		if (io_getevents(self->ctx, 1, 1, &event) != 1)
			break;
		good += event.res == BLOCK && (event.res2 & bits) == bits;
	}
	return good;
}

TEST_F(lifetime, process_exits)
{
	struct whom list = {
		.list	= { sizeof(list), IOCB_ATTR_LIST_REPORT },
		.ioprio	= { { 16, IOCB_ATTR_ioprio, 0 }, 2 << 13 | 3, { 0 } },
		.pid	= { { 16, IOCB_ATTR_proxy_pid, 0 }, 0 },
	};
	pid_t pid = start_sleeper();
	int i, pidfd;

	/* with a priority of its own it is not in the process's queue ... */
	list.pid.pid = pid;
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, start(self, &list, i * 64 * BLOCK));
	/* ... and without one it is */
	list.ioprio.attr.id = 500;
	for (; i < 8; i++)
		EXPECT_EQ(0, start(self, &list, i * 64 * BLOCK));
	pidfd = syscall(__NR_pidfd_open, pid, 0);
	list.pidfd = (struct iocb_attr_proxy_pidfd) {
		{ 16, IOCB_ATTR_proxy_pidfd, 0 }, pidfd, 0
	};
	for (; i < 12; i++)
		EXPECT_EQ(0, start(self, &list, i * 64 * BLOCK));
	stop(pid);
	EXPECT_EQ(-ESRCH, start(self, &list, 0));
	EXPECT_EQ(12, finished(self, 12, 0));
	close(pidfd);
}

/* More I/O for a process that is there no more: nobody's queue grows back. */
TEST_F(lifetime, process_exits_between)
{
	struct whom list = {
		.list	= { sizeof(list), IOCB_ATTR_LIST_REPORT },
		.ioprio	= { { 16, 500, 0 }, 0, { 0 } },
		.pid	= { { 16, IOCB_ATTR_proxy_pid, 0 }, 0 },
	};
	int i;

	for (i = 0; i < 10; i++) {
		pid_t pid = start_sleeper();

		list.pid.pid = pid;
		EXPECT_EQ(0, start(self, &list, i * 64 * BLOCK));
		stop(pid);
		EXPECT_EQ(-ESRCH, start(self, &list, i * 64 * BLOCK));
	}
	EXPECT_EQ(10, finished(self, 10, 1 << IOCB_ATTR_proxy_pid));
}

TEST_F(lifetime, cgroup_is_removed)
{
	struct whom list;
	int i, fd;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, mkdir(CGROUP "life/short", 0755));
		fd = open(CGROUP "life/short", O_PATH | O_CLOEXEC);
		list = whom_cgroup(fd, 2 << 13 | (i & 7));
		EXPECT_EQ(0, start(self, &list, i * 64 * BLOCK));
		EXPECT_EQ(0, rmdir(CGROUP "life/short"));
		EXPECT_EQ(-ENODEV, start(self, &list, i * 64 * BLOCK));
		close(fd);
	}
	EXPECT_EQ(10, finished(self, 10, 1 << IOCB_ATTR_cgroup));
}

/* The submitter becomes another program, or another user. */
TEST_F(lifetime, submitter_changes)
{
	int wstatus = -1;
	struct whom list;
	pid_t child;
	int fd;

	ASSERT_EQ(0, mkdir(CGROUP "life/long", 0755));
	fd = open(CGROUP "life/long", O_PATH | O_CLOEXEC);
	list = whom_cgroup(fd, 2 << 13 | 1);
	child = fork();
	if (!child) {
		self->ctx = 0;
		if (io_setup(8, &self->ctx) || start(self, &list, 0))
			_exit(1);
		if (setgid(1000) || setuid(1000))
			_exit(2);
		if (finished(self, 1, 1 << IOCB_ATTR_cgroup) != 1)
			_exit(3);
		/* the right of then is no right of now */
		if (start(self, &list, 0) != -EACCES)
			_exit(4);
		_exit(0);
	}
	waitpid(child, &wstatus, 0);
	EXPECT_EQ(0, wstatus);
	child = fork();
	if (!child) {
		self->ctx = 0;
		if (io_setup(8, &self->ctx) || start(self, &list, 0))
			_exit(1);
		execl("/bin/busybox", "true", NULL);
		_exit(2);
	}
	waitpid(child, &wstatus, 0);
	EXPECT_EQ(0, wstatus);
	close(fd);
	EXPECT_EQ(0, rmdir(CGROUP "life/long"));
}

/* The bytes read that io.stat of life/@name has for the device, or -1. */
static long long read_bytes(FIXTURE_DATA(lifetime) * self, int nr)
{
	char path[64], text[1024];
	char *at;

	snprintf(path, sizeof(path), CGROUP "life/%d/io.stat", nr);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, self->number);
	at = at ? strstr(at, "rbytes=") : NULL;
	return at ? atoll(at + 7) : 0;
}

static int open_cgroup(int nr)
{
	char path[64];

	snprintf(path, sizeof(path), CGROUP "life/%d", nr);
	if (mkdir(path, 0755))
		return -errno;
	return open(path, O_PATH | O_CLOEXEC);
}

static int remove_cgroup(int nr)
{
	char path[64];

	snprintf(path, sizeof(path), CGROUP "life/%d", nr);
	return rmdir(path);
}

TEST_F_TIMEOUT(lifetime, a_thousand_cgroups, 180)
{
	struct whom list;
	int fds[MANY];
	int i, round;

	ASSERT_EQ(0, power_on(self, variant, "10000"));
	/* bfq would wait for more from each of them */
	write_file("/sys/block/slow/queue/iosched/slice_idle", "0");

	for (i = 0; i < MANY; i++) {
		fds[i] = open_cgroup(i);
		ASSERT_LE(0, fds[i]);
	}
	for (round = 0; round < 2; round++) {
		for (i = 0; i < MANY; i++) {
			list = whom_cgroup(fds[i], 2 << 13 | (i & 7));
			ASSERT_EQ(0, start(self, &list, (i * 64 + round) *
					   BLOCK % (32 << 20)));
			ASSERT_EQ(1, finished(self, 1, 1 << IOCB_ATTR_cgroup));
		}
	}
	for (i = 0; i < MANY; i++) {
		EXPECT_EQ(2 * BLOCK, read_bytes(self, i));
		close(fds[i]);
		EXPECT_EQ(0, remove_cgroup(i));
	}
}

struct worker {
	FIXTURE_DATA(lifetime) * self;
	pthread_t thread;
	int fd, nr, good;
};

/* Each event may be that of another thread's I/O: it is as good. */
static void *work(void *arg)
{
	struct worker *w = arg;
	struct whom list;
	int i;

	for (i = 0; i < LOOPS; i++) {
		list = whom_cgroup(w->fd, 2 << 13 | (i & 7));
		if (start(w->self, &list, (w->nr * LOOPS + i) * 16 * BLOCK %
			  (32 << 20)))
			break;
		w->good += finished(w->self, 1, 1 << IOCB_ATTR_cgroup);
	}
	return NULL;
}

TEST_F_TIMEOUT(lifetime, threads_share_a_context, 180)
{
	struct worker workers[THREADS];
	int i, good = 0;

	ASSERT_EQ(0, power_on(self, variant, "100000"));
	write_file("/sys/block/slow/queue/iosched/slice_idle", "0");

	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker) {
			.self = self, .fd = open_cgroup(i), .nr = i,
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
		EXPECT_EQ(LOOPS * BLOCK, read_bytes(self, i));
		close(workers[i].fd);
		EXPECT_EQ(0, remove_cgroup(i));
	}
}

TEST_HARNESS_MAIN
