// SPDX-License-Identifier: GPL-2.0
/*
 * FS_IOC_GETIOCBATTR_CAP: the ioctl itself, and answers that change with the
 * devices below a file. layers.sh compares the answers with reality for many
 * stacks.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "lib/blkdev.h"
#include "lib/cap.h"
#include "lib/identity.h"
#include "lib/md.h"
#include "lib/harness.h"

#define CHARGE		(ATTR_BIT(proxy_pid) | ATTR_BIT(proxy_pidfd) | \
			 ATTR_BIT(cgroup))
/* any disk carries these */
#define CARRIED		(CHARGE | ATTR_BIT(ioprio) | ATTR_BIT(cache))
#define ALL		(CARRIED | ATTR_BIT(pi) | ATTR_BIT(set))
#define DISKS		2
#define DEBUGFS		"/sys/kernel/debug/block/cap0/"

FIXTURE(cap)
{
	struct dm dm;
	int fd;
};

FIXTURE_SETUP(cap)
{
	struct iocb_attr_cap cap;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	self->fd = -1;
	ASSERT_LE(0, null);
	if (cap_get(null, &cap) == -ENOTTY)
		SKIP(return, "this kernel does not tell");
	close(null);
	ASSERT_EQ(0, nullb_make("cap0", 64, "irqmode=1", "none"));
	ASSERT_EQ(0, nullb_make("cap1", 64, "irqmode=1", "none"));
}

FIXTURE_TEARDOWN(cap)
{
	close(self->fd);
	EXPECT_EQ(0, dm_remove(&self->dm));
	nullb_remove("cap0");
	nullb_remove("cap1");
}

/* Open a file and query it. */
static struct iocb_attr_cap ask(FIXTURE_DATA(cap) * self, const char *file)
{
	struct iocb_attr_cap cap;

	close(self->fd);
	self->fd = open(file, O_RDONLY | O_DIRECT | O_CLOEXEC);
	memset(&cap, 0xff, sizeof(cap));
	if (self->fd < 0 || cap_get(self->fd, &cap))
		printf("# %s: %s\n", file, strerror(errno));
	return cap;
}

/* The attributes of reads and writes, or an invalid mask if they differ. */
static uint64_t carries(struct iocb_attr_cap cap)
{
	return cap.reads == cap.writes ? cap.reads : ~0ULL;
}

TEST_F(cap, probe_any_file)
{
	static const uint16_t sizes[64] = { 16, 16, 16, 16, 16, 40, 16 };
	int fds[5], pair[2], i, j;

	ASSERT_EQ(0, pipe(pair));
	fds[0] = open("/dev/null", O_RDONLY);
	fds[1] = pair[0];
	fds[2] = eventfd(0, 0);
	fds[3] = open("/", O_RDONLY | O_DIRECTORY);
	fds[4] = socket(AF_UNIX, SOCK_STREAM, 0);
	for (i = 0; i < 5; i++) {
		struct iocb_attr_cap cap;

		memset(&cap, 0xff, sizeof(cap));
		ASSERT_EQ(0, cap_get(fds[i], &cap));
		EXPECT_EQ(ALL, cap.known);
		EXPECT_EQ(IOCB_ATTR_LIST_REPORT, cap.list_flags);
		EXPECT_EQ(0x1f, cap.hints);
		EXPECT_EQ(0, memcmp(sizes, cap.sizes, sizeof(sizes)));
		EXPECT_EQ(IOCB_ATTR_CAP_SETS | IOCB_ATTR_CAP_SCOPE,
			  cap.features);
		for (j = 0; j < ARRAY_SIZE(cap.reserved); j++)
			EXPECT_EQ(0, cap.reserved[j]);
		EXPECT_EQ(0, carries(cap));
		EXPECT_EQ(0, cap.controllers | cap.schedulers | cap.caches |
			     cap.devices);
		close(fds[i]);
	}
	close(pair[1]);
}

TEST_F(cap, struct_size)
{
	struct {
		struct iocb_attr_cap cap;
		unsigned char more[72];
	} big;
	const size_t nr = 3, ver0 = IOCB_ATTR_CAP_SIZE_VER0;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int path = open("/dev/null", O_PATH | O_CLOEXEC);
	size_t i;

	EXPECT_EQ(224, sizeof(struct iocb_attr_cap));
	EXPECT_EQ(192, ver0);
	EXPECT_EQ(ver0, offsetof(struct iocb_attr_cap, features));
	memset(&big, 0xff, sizeof(big));
	ASSERT_EQ(0, ioctl(fd, _IOC(_IOC_READ, 0x15, nr, sizeof(big)), &big));
	EXPECT_EQ(ALL, big.cap.known);
	for (i = 0; i < sizeof(big.more); i++)
		EXPECT_EQ(0, big.more[i]);

	/* that of a program that was built before there were features */
	memset(&big, 0xff, sizeof(big));
	ASSERT_EQ(0, ioctl(fd, _IOC(_IOC_READ, 0x15, nr, ver0), &big));
	EXPECT_EQ(ALL, big.cap.known);
	EXPECT_EQ(-1ULL, big.cap.features);

	/* a size that never existed, and another ioctl */
	EXPECT_EQ(-1, ioctl(fd, _IOC(_IOC_READ, 0x15, nr, ver0 - 8), &big));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(fd, _IOC(_IOC_WRITE, 0x15, nr, ver0), &big));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(fd, FS_IOC_GETIOCBATTR_CAP, (void *)8));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(path, FS_IOC_GETIOCBATTR_CAP, &big));
	EXPECT_EQ(EBADF, errno);
	close(fd);
	close(path);
}

TEST_F(cap, scheduler)
{
	struct iocb_attr_cap cap = ask(self, "/dev/cap0");

	EXPECT_EQ(CARRIED, carries(cap));
	EXPECT_EQ(CHARGE, cap.controllers);
	EXPECT_EQ(0, cap.schedulers);
	EXPECT_EQ(0, cap.caches);
	EXPECT_EQ(0, cap.devices);

	/* the file stays open */
	ASSERT_EQ(0, queue_set("cap0", "scheduler", "mq-deadline"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(ATTR_BIT(ioprio), cap.schedulers);
	ASSERT_EQ(0, queue_set("cap0", "scheduler", "bfq"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(ATTR_BIT(ioprio), cap.schedulers);
	ASSERT_EQ(0, queue_set("cap0", "scheduler", "none"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(0, cap.schedulers);
}

TEST_F(cap, dm_table)
{
	struct iocb_attr_cap cap;

	ASSERT_EQ(0, dm_make(&self->dm, "cap",
			     "0 1000 linear /dev/cap0 0\n"
			     "1000 1000 linear /dev/cap1 0"));
	cap = ask(self, self->dm.dev);
	EXPECT_EQ(CARRIED, carries(cap));
	EXPECT_EQ(0, cap.schedulers);
	/* a scheduler on one of the disks */
	ASSERT_EQ(0, queue_set("cap1", "scheduler", "mq-deadline"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(ATTR_BIT(ioprio), cap.schedulers);
	EXPECT_EQ(CHARGE, cap.controllers);

	/* a suspended device reports the same */
	ASSERT_EQ(0, dm_suspend(&self->dm));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(CARRIED, carries(cap));
	ASSERT_EQ(0, dm_resume(&self->dm));

	/* a target that does not pass attributes on hides those below */
	ASSERT_EQ(0, dm_swap(&self->dm, "0 1000 linear /dev/cap0 0\n"
					"1000 1000 ebs /dev/cap0 1000 8"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(0, carries(cap));
	/* the device itself is charged */
	EXPECT_EQ(CHARGE, cap.controllers);
	EXPECT_EQ(0, cap.schedulers);

	/* a target without a device does not matter */
	ASSERT_EQ(0, dm_swap(&self->dm, "0 1000 linear /dev/cap0 0\n"
					"1000 1000 error"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(CARRIED, carries(cap));

	ASSERT_EQ(0, dm_swap(&self->dm, "0 2000 linear /dev/cap1 0"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(CARRIED, carries(cap));
	EXPECT_EQ(ATTR_BIT(ioprio), cap.schedulers);
}

/* Metadata devices do not matter. */
TEST_F(cap, metadata_devices)
{
	static const char * const tables[] = {
		"0 8192 thin-pool /dev/%s /dev/cap1 128 0",
		"0 8192 era /dev/%s /dev/cap1 128",
	};
	/* ram0 supports nothing; cap0 has a scheduler that honours ioprio */
	static const char * const metadata[] = { "ram0", "cap0" };
	char zeroes[BLOCK] = {}, path[32];
	struct iocb_attr_cap cap;
	int i;

	ASSERT_EQ(0, nullb_make("cap0", 64, "memory_backed=1 irqmode=1",
				"mq-deadline"));
	for (i = 0; i < 4; i++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/%s", metadata[i % 2]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		ASSERT_EQ(BLOCK, write(fd, zeroes, BLOCK));
		ASSERT_EQ(0, close(fd));
		ASSERT_EQ(0, dm_make(&self->dm, "cap", tables[i / 2],
				     metadata[i % 2]));
		cap = ask(self, self->dm.dev);
		EXPECT_EQ(CARRIED, carries(cap));
		EXPECT_EQ(0, cap.schedulers);
		close(self->fd);
		self->fd = -1;
		ASSERT_EQ(0, dm_remove(&self->dm));
	}
}

/* The kernel reports nothing for stacks deeper than its limit. */
TEST_F(cap, deep_stack)
{
	struct dm dm[20] = {};
	struct iocb_attr_cap cap;
	char name[16];
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		ASSERT_EQ(0, dm_make(&dm[i], name, "0 1000 linear %s 0",
				     i ? dm[i - 1].dev : "/dev/cap0"));
		cap = ask(self, dm[i].dev);
		EXPECT_EQ(i < 15 ? CARRIED : 0, carries(cap));
	}
	close(self->fd);
	self->fd = -1;
	while (i--)
		EXPECT_EQ(0, dm_remove(&dm[i]));
}

TEST_F(cap, unsupported_files)
{
	struct iocb_attr_cap cap = ask(self, "/dev/ram0");
	int fd;

	/* a bio-based driver without the method: only charged */
	EXPECT_EQ(0, carries(cap));
	EXPECT_EQ(CHARGE, cap.controllers);

	/* no direct I/O, or none to a device */
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, cap_get(fd, &cap));
	EXPECT_EQ(0, carries(cap));
	EXPECT_EQ(0, cap.controllers);
	close(fd);
	cap = ask(self, "/proc/self/stat");
}

/*
 * The first NVMe disk with more than one path, and the names of two of them.
 * The paths are hidden disks: nvme0c1n1 is one of nvme0n1.
 */
static int find_paths(char *head, char paths[2][32])
{
	unsigned int subsys, ctrl, ns, nr = 0;
	struct dirent *e;
	DIR *dir = opendir("/sys/block");

	while (dir && nr < 2 && (e = readdir(dir))) {
		if (sscanf(e->d_name, "nvme%uc%un%u", &subsys, &ctrl, &ns) != 3)
			continue;
		snprintf(paths[nr++], 32, "%.31s", e->d_name);
		snprintf(head, 32, "/dev/nvme%un%u", subsys, ns);
	}
	if (dir)
		closedir(dir);
	return nr == 2 ? 0 : -ENOENT;
}

/* Read with a priority. Returns the mask or -1. */
static long long report_ioprio(aio_context_t ctx, int fd, void *buf)
{
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_ioprio	ioprio;
	} list = {
		.list	= { sizeof(list), IOCB_ATTR_LIST_REPORT },
		.ioprio	= { { 16, IOCB_ATTR_ioprio, 0 }, BE | 6, { 0 } },
	};
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, fd, buf, BLOCK, 0, &list);
	struct io_event event;

	if (aio_run(ctx, &iocb, &event) || event.res != BLOCK)
		return -1;
	return event.res2;
}

/* All paths to an NVMe namespace are queried and get the attributes. */
TEST_F(cap, nvme_multipath)
{
	void *buf = block_alloc(BLOCK);
	struct iocb_attr_cap cap;
	aio_context_t ctx = 0;
	char head[32], paths[2][32];

	if (find_paths(head, paths))
		SKIP(return, "no NVMe namespace with two paths");
	ASSERT_EQ(0, io_setup(1, &ctx));
	ASSERT_EQ(0, queue_set(paths[0], "scheduler", "none"));
	ASSERT_EQ(0, queue_set(paths[1], "scheduler", "none"));
	cap = ask(self, head);
	EXPECT_EQ(CARRIED, carries(cap));
	EXPECT_EQ(CHARGE, cap.controllers);
	EXPECT_EQ(0, cap.schedulers);
	EXPECT_EQ(0, report_ioprio(ctx, self->fd, buf));

	ASSERT_EQ(0, queue_set(paths[1], "scheduler", "mq-deadline"));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(ATTR_BIT(ioprio), cap.schedulers);
	/* for any path */
	ASSERT_EQ(0, queue_set(paths[0], "scheduler", "mq-deadline"));
	EXPECT_EQ(ATTR_BIT(ioprio), report_ioprio(ctx, self->fd, buf));
	io_destroy(ctx);
	munmap(buf, BLOCK);
}

/* A required attribute is rejected where it would be dropped. */
TEST_F(cap, required)
{
	struct cache_list required = cache_list(IOCB_CACHE_BYPASS,
						IOCB_ATTR_REQUIRED);
	struct cache_list advice = cache_list(IOCB_CACHE_BYPASS, 0);
	void *buf = block_alloc(BLOCK);
	struct iocb_attr_cap cap;
	aio_context_t ctx = 0;

	ASSERT_EQ(0, io_setup(1, &ctx));
	/* there is no cache, but the hint is not dropped on the way either */
	cap = ask(self, "/dev/cap0");
	EXPECT_NE(0, cap.reads & ATTR_BIT(cache));
	EXPECT_EQ(0, submit_list(ctx, self->fd, buf, &required));

	/* direct I/O, but no bios */
	mkdir("/tmp/cap", 0755);
	ASSERT_EQ(0, mount("none", "/tmp/cap", "tmpfs", 0, NULL));
	close(self->fd);
	self->fd = open("/tmp/cap/file",
			O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(BLOCK, write(self->fd, buf, BLOCK));
	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(0, carries(cap));
	EXPECT_EQ(-EOPNOTSUPP, submit_list(ctx, self->fd, buf, &required));
	EXPECT_EQ(0, submit_list(ctx, self->fd, buf, &advice));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, umount("/tmp/cap"));
	io_destroy(ctx);
	munmap(buf, BLOCK);
}

static int cgroup_put(const char *name, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return cgroup_write(name, "cgroup.procs", text);
}

/* Read with a cgroup record, and with one for a process in it. */
static void read_for_both(int *ret, aio_context_t ctx, int fd, void *buf,
			  int cgroup, pid_t pid, bool required)
{
	struct attr_list of_cgroup = list_one(IOCB_ATTR_cgroup, cgroup);
	struct attr_list of_pid = list_one(IOCB_ATTR_proxy_pid, pid);

	if (!required) {
		of_cgroup.r[0].attr.flags = 0;
		of_pid.r[0].attr.flags = 0;
	}
	ret[0] = submit_list(ctx, fd, buf, &of_cgroup);
	ret[1] = submit_list(ctx, fd, buf, &of_pid);
}

/* The parent enables the io controller for a cgroup. */
TEST_F(cap, required_io_controller)
{
	void *buf = block_alloc(BLOCK);
	aio_context_t ctx = 0;
	int cgroup, ret[2];
	pid_t pid;

	ASSERT_EQ(0, io_setup(1, &ctx));
	ask(self, "/dev/cap0");
	close(cgroup_make("cap"));
	cgroup = cgroup_make("cap/inner");
	ASSERT_LE(0, cgroup);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		pause();
		_exit(0);
	}
	ASSERT_EQ(0, cgroup_put("cap/inner", pid));

	read_for_both(ret, ctx, self->fd, buf, cgroup, pid, true);
	EXPECT_EQ(-EOPNOTSUPP, ret[0]);
	EXPECT_EQ(-EOPNOTSUPP, ret[1]);
	read_for_both(ret, ctx, self->fd, buf, cgroup, pid, false);
	EXPECT_EQ(0, ret[0]);
	EXPECT_EQ(0, ret[1]);
	ASSERT_EQ(0, cgroup_write("cap", "cgroup.subtree_control", "+io"));
	read_for_both(ret, ctx, self->fd, buf, cgroup, pid, true);
	EXPECT_EQ(0, ret[0]);
	EXPECT_EQ(0, ret[1]);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(cgroup);
	EXPECT_EQ(0, cgroup_remove("cap/inner"));
	EXPECT_EQ(0, cgroup_remove("cap"));
	io_destroy(ctx);
	munmap(buf, BLOCK);
}

TEST_F(cap, unprivileged)
{
	struct iocb_attr_cap cap = ask(self, "/dev/cap0"), mine = {};

	ASSERT_EQ(0, setresuid(1000, 1000, 1000));
	EXPECT_EQ(0, cap_get(self->fd, &mine));
	EXPECT_EQ(0, memcmp(&cap, &mine, sizeof(cap)));
	ASSERT_EQ(0, setresuid(-1, 0, -1) ? errno != EPERM : 1);
}

struct change {
	struct dm *dm;
	bool stop;
	int failed;
};

static void *change(void *arg)
{
	static const char * const scheds[] = { "none", "mq-deadline", "bfq" };
	struct change *c = arg;
	int i;

	for (i = 0; !__atomic_load_n(&c->stop, __ATOMIC_RELAXED); i++) {
		c->failed |= queue_set("cap0", "scheduler", scheds[i % 3]);
		c->failed |= dm_swap(c->dm, i % 2 ?
				     "0 1000 linear /dev/cap0 0" :
				     "0 1000 linear /dev/cap1 0");
	}
	return NULL;
}

/* Each answer was true at some time. */
TEST_F(cap, concurrent_changes)
{
	struct change c = { .dm = &self->dm };
	struct iocb_attr_cap cap;
	int i, seen = 0;
	pthread_t t;

	ASSERT_EQ(0, dm_make(&self->dm, "cap", "0 1000 linear /dev/cap0 0"));
	cap = ask(self, self->dm.dev);
	ASSERT_EQ(0, pthread_create(&t, NULL, change, &c));
	/* until both answers were seen */
	for (i = 0; i < 1000 || seen != 3; i++) {
		if (cap_get(self->fd, &cap) || cap.reads != CARRIED ||
		    cap.writes != CARRIED || cap.schedulers & ~ATTR_BIT(ioprio))
			break;
		seen |= cap.schedulers ? 1 : 2;
	}
	EXPECT_EQ(CARRIED, cap.reads);
	EXPECT_EQ(3, seen);
	__atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	EXPECT_EQ(0, c.failed);
}

/* A list of cgroup, ioprio and cache. */
struct waiting_list {
	struct iocb_attr_list	list;
	struct iocb_attr_cgroup	cgroup;
	struct iocb_attr_ioprio	ioprio;
	struct iocb_attr_cache	cache;
};

/* Wait until a file in debugfs shows a request with attributes. */
static void look_at(const char *file, char *text, size_t size)
{
	char path[80];
	int i;

	snprintf(path, sizeof(path), DEBUGFS "%s", file);
	text[0] = 0;
	for (i = 0; i < 6000 && !strstr(text, ".attrs="); i++) {
		if (read_file(path, text, size) < 0)
			break;
		sleep_ms(10);
	}
}

struct asker {
	pthread_t thread;
	int fd;
	bool stop;
	int told, wrong;
};

static void *ask_again(void *arg)
{
	struct asker *a = arg;
	struct iocb_attr_cap cap;

	while (!__atomic_load_n(&a->stop, __ATOMIC_RELAXED)) {
		if (cap_get(a->fd, &cap) ||
		    (carries(cap) && carries(cap) != CARRIED))
			a->wrong++;
		else if (carries(cap))
			a->told++;
	}
	return NULL;
}

/* Queries take the lock that this thread holds. */
static void *switch_again(void *arg)
{
	struct asker *a = arg;
	int i;

	for (i = 0; !__atomic_load_n(&a->stop, __ATOMIC_RELAXED); i++)
		a->wrong |= queue_set("cap0", "scheduler",
				      i % 2 ? "none" : "mq-deadline");
	return NULL;
}

/*
 * The file that is queried stops the array, so stopping does not wait for the
 * queries. They must not use a disk that was removed from the array.
 */
TEST_F(cap, concurrent_md_stop)
{
	static const char * const disks[2] = { "/dev/cap0", "/dev/cap1" };
	struct asker askers[4] = {};
	int rounds = getenv("LONG") ? 30 : 10;
	int i, fd = md_open("md_cap");

	ASSERT_LE(0, fd);
	for (i = 0; i < 4; i++) {
		askers[i].fd = fd;
		ASSERT_EQ(0, pthread_create(&askers[i].thread, NULL,
					    i ? ask_again : switch_again,
					    &askers[i]));
	}
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, md_run(fd, disks, 2));
		usleep(1000);
		ASSERT_EQ(0, ioctl(fd, STOP_ARRAY, NULL));
	}
	for (i = 0; i < 4; i++) {
		askers[i].stop = true;
		pthread_join(askers[i].thread, NULL);
		EXPECT_EQ(0, askers[i].wrong);
		if (i)
			EXPECT_LT(0, askers[i].told);
	}
	close(fd);
}

/* debugfs shows the attributes of queued requests. */
TEST_F(cap, debugfs_shows_attrs)
{
	struct waiting_list list = {
		.list	= { .size = sizeof(list) },
		.cgroup	= { { 16, IOCB_ATTR_cgroup, 0 }, -1, 0 },
		.ioprio	= { { 16, IOCB_ATTR_ioprio, 0 }, BE | 6, { 0 } },
		.cache	= { { 16, IOCB_ATTR_cache, 0 },
			    IOCB_CACHE_BYPASS | IOCB_CACHE_WRITEAROUND, 0 },
	};
	/* the second one was dispatched; read1: best-effort */
	static const char * const files[2] = {
		"hctx0/dispatch", "sched/read1_fifo_list",
	};
	struct iocb iocbs[3], *ptrs[3] = { &iocbs[0], &iocbs[1], &iocbs[2] };
	char text[2][8192], expected[160];
	struct io_event events[3];
	aio_context_t ctx = 0;
	struct stat st;
	void *buf;
	int i;

	if (access("/sys/kernel/debug/block", F_OK))
		SKIP(return, "no debugfs of block devices");
	/* one request at a time, five seconds each */
	ASSERT_EQ(0, nullb_make("cap0", 64,
				"irqmode=2 completion_nsec=5000000000 hw_queue_depth=1",
				"mq-deadline"));
	ASSERT_EQ(0, queue_set("cap0", "nr_requests", "8"));
	list.cgroup.fd = cgroup_make("cap");
	ASSERT_LE(0, list.cgroup.fd);
	ASSERT_EQ(0, fstat(list.cgroup.fd, &st));
	self->fd = open("/dev/cap0", O_RDONLY | O_DIRECT | O_CLOEXEC);
	buf = block_alloc(BLOCK);
	ASSERT_EQ(0, io_setup(3, &ctx));
	for (i = 0; i < 3; i++)
		iocbs[i] = aio_prep(IOCB_CMD_PREAD, self->fd, buf, BLOCK,
				    i << 20, &list);
	ASSERT_EQ(3, io_submit(ctx, 3, ptrs));

	snprintf(expected, sizeof(expected),
		 ", .attrs=cgroup|ioprio|cache, .cgroup=%llu, .ioprio=0x4006, .hints=BYPASS|WRITEAROUND}",
		 (unsigned long long)st.st_ino);
	for (i = 0; i < 2; i++)
		look_at(files[i], text[i], sizeof(text[i]));
	EXPECT_EQ(3, io_getevents(ctx, 3, 3, events));
	for (i = 0; i < 2; i++) {
		EXPECT_NE(NULL, strstr(text[i], expected)) {
			TH_LOG("%s: %s\nnot: %s", files[i], text[i], expected);
		}
	}
	io_destroy(ctx);
	munmap(buf, BLOCK);
	close(list.cgroup.fd);
	EXPECT_EQ(0, cgroup_remove("cap"));
}

TEST_HARNESS_MAIN
