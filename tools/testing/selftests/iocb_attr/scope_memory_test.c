// SPDX-License-Identifier: GPL-2.0
/*
 * Memory and writeback under a scope: who is charged for page cache, who owns
 * inodes, and who waits for dirty pages. Needs mkfs.ext4 and mkfs.xfs.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <linux/fs.h>

#include "lib/scope.h"
#include "lib/harness.h"

#define LEN		(8 * 1024 * 1024)
#define FILE_PATH	SCOPE_MOUNT "/file"
#define NEW_PATH	SCOPE_MOUNT "/new"
#define THROTTLED	TRACING "events/writeback/balance_dirty_pages/enable"

FIXTURE(memory)
{
	struct scope_cgroups c;
	char *buf;
	int fd;
};

FIXTURE_VARIANT(memory)
{
	const char *fs;
	const char *mkfs;
};

FIXTURE_VARIANT_ADD(memory, ext4) {
	.fs = "ext4", .mkfs = "mkfs.ext4 -q -F %s",
};

FIXTURE_VARIANT_ADD(memory, xfs) { .fs = "xfs", .mkfs = "mkfs.xfs -q -f %s" };

/* The file belongs to the server, and nothing of it is in the page cache. */
FIXTURE_SETUP(memory)
{
	self->fd = -1;
	ASSERT_EQ(0, scope_cgroups_make(&self->c));
	ASSERT_EQ(0, scope_disk(&self->c, variant->fs, variant->mkfs));
	self->buf = block_alloc(LEN);
	ASSERT_NE(NULL, self->buf);
	memset(self->buf, 'x', LEN);
	self->fd = open(FILE_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(LEN, write(self->fd, self->buf, LEN));
	ASSERT_EQ(0, fsync(self->fd));
	ASSERT_EQ(0, forget_cache());
}

FIXTURE_TEARDOWN(memory)
{
	scope_set(-1, 0);
	close(self->fd);
	EXPECT_EQ(0, scope_disk_remove());
	EXPECT_EQ(0, scope_cgroups_remove(&self->c));
}

#define BYTES(cgroup, key)	scope_bytes(&self->c, cgroup, key)
#define STAT(cgroup, key)						\
	cgroup_key("scope/" cgroup, "memory.stat", "\n" key)
#define EVENTS(cgroup, key)						\
	cgroup_key("scope/" cgroup, "memory.events", "\n" key)

/*
 * The kernel updates memory.stat every two seconds, and earlier only after more
 * changes than one test may cause (memcg_vmstats_needs_flush()).
 */
#define wait_until(condition)						\
do {									\
	int _i;								\
									\
	for (_i = 0; _i < 300 && !(condition); _i++)			\
		sleep_ms(100);						\
} while (0)

static int client_limit(const char *file, const char *limit)
{
	return cgroup_write("scope/client", file, limit);
}

TEST_F(memory, read)
{
	long long server = STAT("server", "file");

	ASSERT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(LEN, pread(self->fd, self->buf, LEN, 0));
	wait_until(STAT("client", "file") >= LEN);
	EXPECT_LE(LEN, STAT("client", "file"));
	EXPECT_GT(server + LEN / 8, STAT("server", "file"));
}

TEST_F(memory, read_of_fault)
{
	char *map = mmap(NULL, LEN, PROT_READ, MAP_SHARED, self->fd,
				  0);
	int i;

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, scope_set(self->c.set, 0));
	for (i = 0; i < LEN; i += BLOCK)
		__atomic_load_n(&map[i], __ATOMIC_RELAXED);
	wait_until(STAT("client", "file") >= LEN);
	EXPECT_LE(LEN, STAT("client", "file"));
	munmap(map, LEN);
}

/* What does not fit is the thread's own. No call fails, and nobody is killed. */
TEST_F(memory, max)
{
	char *map = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
				  MAP_SHARED, self->fd, 0);
	static const char * const limits[] = { "1M", "0" };
	long long ooms;
	int i, n;

	ASSERT_NE(MAP_FAILED, map);
	for (n = 0; n < ARRAY_SIZE(limits); n++) {
		ASSERT_EQ(0, forget_cache());
		/* this alone may report one */
		ASSERT_EQ(0, client_limit("memory.max", limits[n]));
		ooms = EVENTS("client", "oom");
		ASSERT_EQ(0, scope_set(self->c.set, 0));
		EXPECT_EQ(LEN, pread(self->fd, self->buf, LEN, 0));
		EXPECT_GE(1 << 20, STAT("client", "file"));
		/* with some room, there is always something to reclaim */
		if (n) {
			wait_until(STAT("server", "file") >= LEN / 2);
			EXPECT_LE(LEN / 2, STAT("server", "file"));
		}
		ASSERT_EQ(0, forget_cache());
		for (i = 0; i < LEN; i += BLOCK)
			__atomic_store_n(&map[i], 'y', __ATOMIC_RELAXED);
		EXPECT_EQ(LEN, pwrite(self->fd, self->buf, LEN, 0));
		ASSERT_EQ(0, scope_set(-1, 0));
		ASSERT_EQ(0, fsync(self->fd));
		EXPECT_EQ(ooms, EVENTS("client", "oom"));
	}
	EXPECT_EQ(0, EVENTS("client", "oom_kill"));
	munmap(map, LEN);
}

/* A process of the client is not killed for what the server does. */
TEST_F(memory, max_with_process)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		cgroup_enter("scope/client");
		for (;;)
			pause();
	}
	sleep_ms(100);
	ASSERT_EQ(0, client_limit("memory.max", "2M"));
	ASSERT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(LEN, pread(self->fd, self->buf, LEN, 0));
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_EQ(0, EVENTS("client", "oom_kill"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The thread does not work off the client's excess. */
TEST_F(memory, high)
{
	ASSERT_EQ(0, client_limit("memory.high", "1M"));
	ASSERT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(LEN, pread(self->fd, self->buf, LEN, 0));
	EXPECT_EQ(0, EVENTS("server", "high"));
	EXPECT_EQ(0, EVENTS("client", "oom_kill"));
}

/* A file that is created under a scope belongs to the client. */
TEST_F(memory, new_file)
{
	long long server;
	int fd;

	ASSERT_EQ(0, scope_set(self->c.set, 0));
	fd = open(NEW_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ASSERT_LE(0, fd);
	EXPECT_EQ(LEN, write(fd, self->buf, LEN));
	wait_until(STAT("client", "file_dirty") +
		   STAT("client", "file_writeback") +
		   BYTES("client", "wbytes") >= LEN * 95 / 100);
	EXPECT_LE(LEN * 95 / 100, STAT("client", "file_dirty") +
				  STAT("client", "file_writeback") +
				  BYTES("client", "wbytes"));
	ASSERT_EQ(0, scope_set(-1, 0));
	server = BYTES("server", "wbytes");
	ASSERT_EQ(0, fsync(fd));
	sync();
	EXPECT_LE(LEN * 95LL / 100, BYTES("client", "wbytes"));
	EXPECT_GT(server + LEN / 20, BYTES("server", "wbytes"));
	close(fd);
}

/* One that belongs to the server is still written back for the server. */
TEST_F(memory, file_of_server)
{
	long long server = BYTES("server", "wbytes");

	ASSERT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(1 << 20, pwrite(self->fd, self->buf, 1 << 20, 0));
	wait_until(STAT("client", "file") >= 1 << 20);
	EXPECT_LE(1 << 20, STAT("client", "file"));
	ASSERT_EQ(0, scope_set(-1, 0));
	ASSERT_EQ(0, fsync(self->fd));
	EXPECT_LE(server + (1 << 20), BYTES("server", "wbytes"));
}

/* The data of an fsync(2) under a scope has an owner already. */
TEST_F(memory, fsync)
{
	long long client = BYTES("client", "wbytes");

	EXPECT_EQ(LEN, pwrite(self->fd, self->buf, LEN, 0));
	ASSERT_EQ(0, scope_set(self->c.set, 0));
	ASSERT_EQ(0, fsync(self->fd));
	EXPECT_GT(client + LEN / 20, BYTES("client", "wbytes"));
}

#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"

/* A process with a scope dumps its core, which the client then owns. */
TEST_F(memory, core_dump)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	char pattern[256];
	long long client;
	int status;
	pid_t pid;

	ASSERT_LT(0, read_file(CORE_PATTERN, pattern, sizeof(pattern)));
	ASSERT_EQ(0, write_file(CORE_PATTERN, SCOPE_MOUNT "/core"));
	client = BYTES("client", "wbytes");
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &unlimited);
		if (scope_set(self->c.set, 0))
			_exit(1);
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	sync();
	/* which has the buffer of this test */
	EXPECT_LE(client + LEN * 95LL / 100, BYTES("client", "wbytes"));
	EXPECT_EQ(0, write_file(CORE_PATTERN, pattern));
}

/* Buffered writes with a list, by AIO and io_uring. */
TEST_F(memory, own_attributes)
{
	static const enum engine_type types[] = { AIO, URING };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->c.client);
	struct io io = {
		.write = true, .fd = self->fd, .buf = self->buf,
		.len = 1 << 20, .list = &l,
	};
	struct io_done done;
	struct engine e;
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(0, forget_cache());
		ASSERT_EQ(0, engine_open(&e, types[i]));
		/* the server's file is written back for the server */
		l.r[0].attr.flags = IOCB_ATTR_REQUIRED;
		done = (struct io_done) {};
		EXPECT_EQ(-EOPNOTSUPP,
			  engine_run(&e, &io, 1, &done) ?: done.res);
		l.r[0].attr.flags = 0;
		EXPECT_EQ(0, engine_run(&e, &io, 1, &done));
		EXPECT_EQ(1 << 20, done.res);
		wait_until(STAT("client", "file") >= 1 << 20);
		EXPECT_LE(1 << 20, STAT("client", "file"));
		EXPECT_EQ(0, engine_close(&e));
		ASSERT_EQ(0, fsync(self->fd));
	}
}

/* A required write can be frozen out afterwards: it protects itself once. */
TEST_F(memory, required_write)
{
	static const enum engine_type types[] = { AIO, URING };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->c.client);
	struct io io = {
		.write = true, .buf = self->buf, .len = 1 << 20, .list = &l,
	};
	long long client = BYTES("client", "wbytes");
	struct io_done done;
	struct engine e;
	int i, dir;

	ASSERT_EQ(0, scope_set(self->c.set, 0));
	io.fd = open(NEW_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ASSERT_LE(0, io.fd);
	ASSERT_EQ(0, scope_set(-1, 0));
	for (i = 0; i < 2 * ARRAY_SIZE(types); i++) {
		ASSERT_EQ(0, engine_open(&e, types[i / 2]));
		EXPECT_EQ(0, engine_run(&e, &io, 1, &done));
		EXPECT_EQ(1 << 20, done.res);
		EXPECT_EQ(0, engine_close(&e));
		ASSERT_EQ(0, fsync(io.fd));
	}
	EXPECT_LE(client + (1 << 20), BYTES("client", "wbytes"));
	close(io.fd);
	dir = open(SCOPE_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	EXPECT_EQ(0, ioctl(dir, FIFREEZE, 0));
	EXPECT_EQ(0, ioctl(dir, FITHAW, 0));
	close(dir);
}

TEST_F(memory, required)
{
	static const uint16_t ids[] = { IOCB_ATTR_ioprio, IOCB_ATTR_cache };
	static const enum engine_type types[] = { AIO, URING };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->c.client);
	struct io io = {
		.fd = self->fd, .buf = self->buf, .len = BLOCK, .list = &l,
	};
	struct io_done done;
	struct engine e;
	int i, n;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(0, engine_open(&e, types[i]));
		ASSERT_EQ(0, forget_cache());
		l = list_one(IOCB_ATTR_cgroup, self->c.client);
		EXPECT_EQ(0, engine_run(&e, &io, 1, &done));
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(ATTR_BIT(cgroup), done.mask);
		for (n = 0; n < ARRAY_SIZE(ids); n++) {
			l = list_one(ids[n], n ? IOCB_CACHE_BYPASS : BE | 5);
			done = (struct io_done) {};
			EXPECT_EQ(-EOPNOTSUPP,
				  engine_run(&e, &io, 1, &done) ?: done.res);
		}
		EXPECT_EQ(0, engine_close(&e));
	}
}

/* The number of times that a thread waited for the dirty pages of a cgroup. */
static int throttled_for(const char *name)
{
	static char text[1 << 20];
	char path[128], key[64], *at;
	struct stat st;
	int n = 0;

	snprintf(path, sizeof(path), CGROUP "scope/%s", name);
	if (stat(path, &st) ||
	    read_file(TRACING "trace", text, sizeof(text)) < 0)
		return -1;
	snprintf(key, sizeof(key), "cgroup_ino=%llu\n",
		 (unsigned long long)st.st_ino);
	for (at = text; (at = strstr(at, key)); at++)
		n++;
	return n;
}

#define DIRTY_LEN	(64 * 1024 * 1024)

static int write_much(const char *path, const char *buf)
{
	int i, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	for (i = 0; i < DIRTY_LEN / LEN; i++)
		if (pwrite(fd, buf, LEN, (off_t)i * LEN) != LEN)
			return -EIO;
	close(fd);
	return 0;
}

static int write_much_by_aio(const char *path, char *buf)
{
	int i, ret, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct io io = { .write = true, .fd = fd, .buf = buf, .len = LEN };
	struct io_done done;
	struct engine e;

	if (fd < 0)
		return -errno;
	ret = engine_open(&e, AIO);
	for (i = 0; !ret && i < DIRTY_LEN / LEN; i++) {
		io.at = (long long)i * LEN;
		ret = engine_run(&e, &io, 1, &done);
		if (!ret && done.res != LEN)
			ret = -EIO;
	}
	engine_close(&e);
	close(fd);
	return ret;
}

/* Who waits: the client's share is small, the server's is not. */
TEST_F(memory, dirty_throttling)
{
	ASSERT_EQ(0, client_limit("memory.max", "16M"));
	ASSERT_EQ(0, write_file(TRACING "trace", ""));
	ASSERT_EQ(0, write_file(THROTTLED, "1"));
	EXPECT_EQ(0, write_much(NEW_PATH "1", self->buf));
	EXPECT_EQ(0, throttled_for("client"));

	/* a thread that cleans the pages of others waits for its own only */
	ASSERT_EQ(0, scope_set(self->c.set, 0));
	ASSERT_EQ(0, prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	EXPECT_EQ(0, write_much(NEW_PATH "2", self->buf));
	EXPECT_EQ(0, throttled_for("client"));
	ASSERT_EQ(0, prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0));

	/* AIO must not block its submitter for another */
	EXPECT_EQ(0, write_much_by_aio(NEW_PATH "4", self->buf));
	EXPECT_EQ(0, throttled_for("client"));

	EXPECT_EQ(0, write_much(NEW_PATH "3", self->buf));
	EXPECT_LT(0, throttled_for("client"));
	ASSERT_EQ(0, scope_set(-1, 0));
	EXPECT_EQ(0, write_file(THROTTLED, "0"));
}

TEST_HARNESS_MAIN
