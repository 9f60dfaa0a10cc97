// SPDX-License-Identifier: GPL-2.0
/*
 * Layers that continue after they have completed an I/O, or whose submitter
 * exits early, must not use its attributes any more. A delayed device at the
 * bottom holds their I/O until the memory of the original I/O has been freed
 * and reused. Its scheduler then reads the attributes. KASAN detects use after
 * free.
 *
 * Needs make-bcache, mdadm and mkfs.vfat.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "lib/bcache.h"
#include "lib/blkdev.h"
#include "lib/fault.h"
#include "lib/identity.h"
#include "lib/io.h"
#include "lib/harness.h"

#define FAST		"/dev/late0"	/* never delayed */
#define SLOW		"/dev/late1"	/* below the delay */
#define OTHER		"/dev/late2"	/* for other I/O */
#define SECTORS		131072
#define SIZE		(2 << 20)	/* more than one bio */
#define DATA		4096		/* sectors of md before its data */
#define MOUNT		"/tmp/late_test"
#define INSERTS		TRACING "events/block/block_rq_insert/enable"

enum { READ_LATE = 1, WRITE_LATE = 2 };

FIXTURE(late)
{
	struct engine e;
	struct attr_list list;
	struct dm dm;		/* SLOW, optionally delayed */
	struct dm lossy;	/* FAST, optionally dropping writes */
	int fd;
	int other;
	uint64_t mask;		/* what do_io() reported */
	char *buf;
	bool bcache;
	bool md;
	bool mounted;
};

FIXTURE_VARIANT(late)
{
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(late, aio) { .engine = AIO };
FIXTURE_VARIANT_ADD(late, uring) { .engine = URING };

/*
 * Delay reads or writes until the next call; no delay ends by itself. The
 * metadata of md is not delayed.
 */
static int set_late(FIXTURE_DATA(late) * self, int what)
{
	int from = self->md ? DATA : 8;

	return dm_swap(&self->dm,
		       "0 %d linear %s 0\n%d %d delay %s %d %d %s %d %d",
		       from, SLOW, from, SECTORS - from,
		       SLOW, from, what & READ_LATE ? 600000 : 0,
		       SLOW, from, what & WRITE_LATE ? 600000 : 0);
}

static int nr_late(FIXTURE_DATA(late) * self)
{
	return dm_delayed(&self->dm, 1);
}

static int wait_late(FIXTURE_DATA(late) * self, int nr)
{
	return dm_wait_delayed(&self->dm, 1, nr);
}

static struct attr_list list_with(uint32_t hints)
{
	struct attr_list l = list_two(list_one(IOCB_ATTR_ioprio, BE | 6),
				      list_one(IOCB_ATTR_ioprio, 0));

	l.r[1].attr.id = IOCB_ATTR_cache;
	l.r[1].words[1] = hints;
	return l;
}

/* AIO drops its reference to the file only after it has reported completion. */
static int stop_mirror(void)
{
	int i;

	for (i = 0; i < 300; i++) {
		if (!system("mdadm -q -S /dev/md0"))
			return 0;
		sleep_ms(100);
	}
	return -EBUSY;
}

FIXTURE_SETUP(late)
{
	self->fd = -1;
	self->list = list_with(IOCB_CACHE_ADMIT);
	self->buf = block_alloc(SIZE);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, nullb_make("late0", 64, "memory_backed=1", "mq-deadline"));
	ASSERT_EQ(0, nullb_make("late1", 64, "memory_backed=1", "mq-deadline"));
	ASSERT_EQ(0, nullb_make("late2", 64, "irqmode=1", "mq-deadline"));
	self->other = open(OTHER, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, dm_make(&self->dm, "late", "0 %d linear " SLOW " 0",
			     SECTORS));
	ASSERT_EQ(0, set_late(self, 0));
	ASSERT_EQ(0, engine_open(&self->e, variant->engine));
}

FIXTURE_TEARDOWN(late)
{
	/* end the delay that a failed test may have left */
	EXPECT_EQ(0, set_late(self, 0));
	EXPECT_EQ(0, engine_close(&self->e));
	close(self->fd);
	close(self->other);
	if (self->bcache)
		EXPECT_EQ(0, bcache_stop(self->lossy.dev[0] ?
					 self->lossy.dev : FAST,
					 self->dm.dev));
	if (self->md)
		EXPECT_EQ(0, stop_mirror());
	if (self->mounted)
		EXPECT_EQ(0, umount(MOUNT));
	EXPECT_EQ(0, dm_remove(&self->dm));
	EXPECT_EQ(0, dm_remove(&self->lossy));
	nullb_remove("late0");
	nullb_remove("late1");
	nullb_remove("late2");
	munmap(self->buf, SIZE);
}

static struct io io(FIXTURE_DATA(late) * self, bool write, long long at)
{
	return (struct io) {
		.write = write, .fd = self->fd, .buf = self->buf, .len = BLOCK,
		.at = at, .list = &self->list,
	};
}

/* Do one I/O. Returns its result and sets self->mask. */
static long long do_one(FIXTURE_DATA(late) * self, const struct io *one)
{
	struct io_done done;
	int ret;

	ret = engine_run(&self->e, one, 1, &done);
	if (ret)
		return ret;
	self->mask = done.mask;
	return done.res;
}

static long long do_io(FIXTURE_DATA(late) * self, bool write, long long at,
		       uint32_t hints)
{
	struct io one = io(self, write, at);
	struct attr_list list = list_with(hints);

	one.list = &list;
	return do_one(self, &one);
}

/* Free the memory of all completed I/Os, with their context, and reuse it. */
static int forget(FIXTURE_DATA(late) * self)
{
	struct attr_list list = list_one(IOCB_ATTR_ioprio, IDLE);
	struct io_done done[ENGINE_NR];
	struct io ios[ENGINE_NR];
	int i, ret;

	ret = engine_close(&self->e) ?:
	      engine_open(&self->e, self->e.type);
	for (i = 0; i < ENGINE_NR; i++)
		ios[i] = (struct io) {
			.fd = self->other, .buf = self->buf + i * BLOCK,
			.len = BLOCK, .at = i * 4LL * BLOCK, .list = &list,
		};
	memset(self->buf, 'x', SIZE);
	for (i = 0; i < 2 && !ret; i++)
		ret = engine_run(&self->e, ios, ENGINE_NR, done);
	return ret;
}

static int make_bcache(FIXTURE_DATA(late) * self)
{
	const char *why = bcache_make(self->lossy.dev[0] ? self->lossy.dev :
				      FAST, self->dm.dev);

	if (why) {
		printf("# %s\n", why);
		return -ENODEV;
	}
	self->bcache = true;
	self->fd = open(BCACHE, O_RDWR | O_DIRECT | O_CLOEXEC);
	return self->fd < 0 ? -errno : 0;
}

/* Write a block through the cache and flush it. */
static int cache_block(FIXTURE_DATA(late) * self, long long at)
{
	if (do_io(self, true, at, IOCB_CACHE_WRITETHROUGH) != BLOCK)
		return -EIO;
	return fsync(self->fd) ? -errno : 0;
}

/* Does a read go to the backing device? It does not fill the cache. */
static int misses(FIXTURE_DATA(late) * self, long long at)
{
	long long before = disk_stat(FAST, READS);

	if (do_io(self, false, at, IOCB_CACHE_BYPASS) != BLOCK)
		return -EIO;
	/* switching waits until all reads are accounted */
	queue_set(FAST, "scheduler", "none");
	queue_set(FAST, "scheduler", "mq-deadline");
	return disk_stat(FAST, READS) != before;
}

/* A missed read has completed while the cache is still being filled. */
TEST_F_TIMEOUT(late, bcache_fill, 600)
{
	int i;

	ASSERT_EQ(0, make_bcache(self));
	ASSERT_EQ(0, cache_block(self, 8 * BLOCK));
	ASSERT_EQ(0, set_late(self, WRITE_LATE));
	EXPECT_EQ(BLOCK, do_io(self, false, BLOCK, IOCB_CACHE_ADMIT));
	EXPECT_EQ(ATTR_BIT(cache) | ATTR_BIT(ioprio), self->mask);
	ASSERT_EQ(0, wait_late(self, 1));
	ASSERT_EQ(0, forget(self));
	EXPECT_EQ(1, misses(self, BLOCK));
	EXPECT_LT(0, nr_late(self));
	ASSERT_EQ(0, set_late(self, 0));
	for (i = 0; i < 600 && misses(self, BLOCK); i++)
		sleep_ms(100);
	EXPECT_EQ(0, misses(self, BLOCK));
}

/* A bypassing write has completed before the cache is invalidated. */
TEST_F_TIMEOUT(late, bcache_invalidation, 600)
{
	ASSERT_EQ(0, make_bcache(self));
	memset(self->buf, 'a', BLOCK);
	ASSERT_EQ(0, cache_block(self, BLOCK));
	EXPECT_EQ(0, misses(self, BLOCK));
	ASSERT_EQ(0, set_late(self, WRITE_LATE));
	memset(self->buf, 'b', BLOCK);
	EXPECT_EQ(BLOCK, do_io(self, true, BLOCK, IOCB_CACHE_BYPASS));
	ASSERT_EQ(0, wait_late(self, 1));
	ASSERT_EQ(0, forget(self));
	EXPECT_LT(0, nr_late(self));
	ASSERT_EQ(0, set_late(self, 0));
	EXPECT_EQ(1, misses(self, BLOCK));
	EXPECT_EQ('b', self->buf[0]);
	EXPECT_EQ('b', self->buf[BLOCK - 1]);
}

/* Wait until a block is in the cache; 0 or a negative errno. */
static int wait_cached(FIXTURE_DATA(late) * self, long long at)
{
	int i, ret;

	for (i = 0; i < 100; i++) {
		ret = misses(self, at);
		if (ret <= 0)
			return ret;
		sleep_ms(100);
	}
	return -ETIMEDOUT;
}

/*
 * Read with ADMIT while the nth allocation fails. The completion must report
 * correctly whether the block is cached. Returns 1 if the read succeeds and the
 * block is not cached, else 0.
 */
static int read_with_fault(struct __test_metadata *_metadata,
			   FIXTURE_DATA(late) * self, long long at, int nth)
{
	enum engine_type type = self->e.type;
	long long res;

	ASSERT_EQ(0, fault_set(nth));
	res = do_io(self, false, at, IOCB_CACHE_ADMIT);
	fault_clear();
	if (res != BLOCK) {
		/* an event may remain that could not be copied */
		ASSERT_EQ(0, engine_close(&self->e));
		ASSERT_EQ(0, engine_open(&self->e, type));
		return 0;
	}
	if (self->mask & ATTR_BIT(cache)) {
		ASSERT_EQ(0, wait_cached(self, at)) {
			TH_LOG("allocation %d", nth);
		}
		return 0;
	}
	EXPECT_EQ(1, misses(self, at));
	return 1;
}

/* Let each allocation of a read fail in turn. */
TEST_F_TIMEOUT(late, bcache_no_memory, 600)
{
	long long at = BLOCK;
	int rounds = variant->engine == AIO ? 10 : 1;
	int nth, ignored = 0;

	if (through_sets())
		SKIP(return, "not through sets: faults would hit those");
	if (!fault_init())
		SKIP(return, "no fault injection");
	ASSERT_EQ(0, write_file(DEBUGFS "fail_page_alloc/min-order", "0"));
	ASSERT_EQ(0, make_bcache(self));
	ASSERT_EQ(0, cache_block(self, 0));
	/*
	 * Workers allocate without faults: those of bcache if a lookup finds a
	 * locked node, those of io_uring always, since bcache has no NOWAIT.
	 */
	while (rounds-- && !ignored) {
		for (nth = 1; nth <= 40; nth++, at += 2 * BLOCK)
			ignored += read_with_fault(_metadata, self, at, nth);
	}
	if (variant->engine == AIO)
		EXPECT_LT(0, ignored);
}

/* The sector on SLOW of the last data block written to the cache. */
static long long data_sector(void)
{
	static char text[1 << 16];
	unsigned int major, minor, len;
	long long sector, found = -ENOENT;
	char *at, number[32], seen[32], op[16];

	if (device_number(SLOW, number, sizeof(number)) ||
	    read_file(TRACING "trace", text, sizeof(text)) < 0)
		return -EIO;
	for (at = text; (at = strstr(at, "_rq_insert: ")); at++) {
		if (sscanf(at, "_rq_insert: %u,%u %15s %*u () %lld + %u",
			   &major, &minor, op, &sector, &len) != 5)
			continue;
		snprintf(seen, sizeof(seen), "%u:%u", major, minor);
		/* the journal and the index are metadata */
		if (!strcmp(seen, number) && !strcmp(op, "W") &&
		    len == BLOCK / 512)
			found = sector;
	}
	return found;
}

/* A write to the cache fails: only the backing device has the data. */
TEST_F_TIMEOUT(late, bcache_insert_fails, 600)
{
	char bad[64];
	long long at;

	ASSERT_EQ(0, make_bcache(self));
	ASSERT_EQ(0, write_file(TRACING "trace", ""));
	ASSERT_EQ(0, write_file(INSERTS, "1"));
	EXPECT_EQ(BLOCK, do_io(self, true, BLOCK, IOCB_CACHE_WRITETHROUGH));
	ASSERT_EQ(0, write_file(INSERTS, "0"));
	EXPECT_EQ(ATTR_BIT(cache), self->mask & ATTR_BIT(cache));
	at = data_sector();
	ASSERT_LT(0, at);
	/* the next write goes to the same bucket */
	snprintf(bad, sizeof(bad), "+%lld-%lld", at + 8, at + 15);
	ASSERT_EQ(0, nullb_set("late1", "badblocks", bad));
	memset(self->buf, 'c', BLOCK);
	EXPECT_EQ(BLOCK, do_io(self, true, 3 * BLOCK, IOCB_CACHE_WRITETHROUGH));
	EXPECT_EQ(0, self->mask & ATTR_BIT(cache));
	memset(self->buf, 0, BLOCK);
	EXPECT_EQ(1, misses(self, 3 * BLOCK));
	EXPECT_EQ('c', self->buf[0]);
	EXPECT_EQ('c', self->buf[BLOCK - 1]);
	EXPECT_EQ(0, misses(self, BLOCK));
}

/* Drop further writes to FAST, as a volatile cache without power would. */
static int lossy(FIXTURE_DATA(late) * self, bool loses)
{
	return loses ? dm_swap(&self->lossy,
			       "0 %d flakey " FAST " 0 0 600000 1 drop_writes",
			       SECTORS) :
		       dm_swap(&self->lossy, "0 %d linear " FAST " 0", SECTORS);
}

/* Copy the content of a device to or from memory. */
static int copy_disk(const char *dev, char *image, bool restore)
{
	size_t size = SECTORS * 512ULL, done;
	int fd = open(dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ssize_t n = -1;

	for (done = 0; fd >= 0 && done < size; done += n) {
		n = restore ? pwrite(fd, image + done, SIZE, done) :
			      pread(fd, image + done, SIZE, done);
		if (n <= 0)
			break;
	}
	close(fd);
	return n > 0 ? 0 : -EIO;
}

/*
 * A write with a hint overwrites dirty data that fsync(2) made durable. After a
 * power failure the disk has either version, but no older data. The cache
 * device kept all writes, and the backing device lost the last one.
 */
static void power_failure(struct __test_metadata *_metadata,
			  FIXTURE_DATA(late) * self, long long at,
			  uint32_t hint)
{
	char *image;
	int i;

	ASSERT_EQ(0, write_file(BCACHE_SYSFS "cache_mode", "writeback"));
	ASSERT_EQ(0, write_file(BCACHE_SYSFS "writeback_running", "0"));
	memset(self->buf, 'x', BLOCK);
	ASSERT_EQ(BLOCK, do_io(self, true, at, IOCB_CACHE_BYPASS));
	ASSERT_EQ(0, fsync(self->fd));
	memset(self->buf, 'a', BLOCK);
	ASSERT_EQ(BLOCK, do_io(self, true, at, IOCB_CACHE_WRITEBACK));
	EXPECT_EQ(ATTR_BIT(cache), self->mask & ATTR_BIT(cache));
	ASSERT_EQ(0, fsync(self->fd));

	ASSERT_EQ(0, lossy(self, true));
	memset(self->buf, 'b', BLOCK);
	ASSERT_EQ(BLOCK, do_io(self, true, at, hint));
	/* the journal is written later, without a flush */
	sleep_ms(1000);
	image = mmap(NULL, SECTORS * 512ULL, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, image);
	ASSERT_EQ(0, copy_disk(SLOW, image, false));

	/* writes of the orderly shutdown are lost, too */
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, bcache_stop(self->lossy.dev, self->dm.dev));
	ASSERT_EQ(0, lossy(self, false));
	ASSERT_EQ(0, copy_disk(self->dm.dev, image, true));
	munmap(image, SECTORS * 512ULL);

	ASSERT_EQ(0, bcache_register(self->lossy.dev, self->dm.dev));
	self->fd = open(BCACHE, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(BLOCK, do_io(self, false, at, 0));
	EXPECT_TRUE(self->buf[0] == 'a' || self->buf[0] == 'b') {
		TH_LOG("hint %#x: there is '%c'", hint, self->buf[0]);
	}
	for (i = 1; i < BLOCK; i++)
		ASSERT_EQ(self->buf[0], self->buf[i]);
}

TEST_F_TIMEOUT(late, bcache_power_failure, 600)
{
	ASSERT_EQ(0, dm_make(&self->lossy, "lossy", "0 %d linear " FAST " 0",
			     SECTORS));
	ASSERT_EQ(0, make_bcache(self));
	power_failure(_metadata, self, BLOCK, IOCB_CACHE_BYPASS);
	/* the same branch, and the path without hints */
	if (getenv("LONG")) {
		power_failure(_metadata, self, 3 * BLOCK,
			      IOCB_CACHE_WRITEAROUND);
		power_failure(_metadata, self, 5 * BLOCK, 0);
	}
}

/* A mirror of FAST and the delayed device, which is write-mostly. */
static int make_mirror(FIXTURE_DATA(late) * self)
{
	static const char mirror[] = "--assume-clean -l 1 -n 2 -b internal";
	char cmd[512];

	snprintf(cmd, sizeof(cmd),
		 "mdadm -q -C /dev/md0 -R %s --write-behind=64 --data-offset=%dK %s -W %s",
		 mirror, DATA / 2, FAST, self->dm.dev);
	if (system(cmd))
		return -ENODEV;
	self->md = true;
	self->fd = open("/dev/md0", O_RDWR | O_DIRECT | O_CLOEXEC);
	return self->fd < 0 ? -errno : 0;
}

/*
 * A write has completed while its copy for the other leg is in flight. More
 * than one bio is plugged. Otherwise the first leg may complete before md
 * submits to the other one, and the write then waits for both.
 */
static void write_behind(struct __test_metadata *_metadata,
			 FIXTURE_DATA(late) * self)
{
	struct io all = io(self, true, 0);

	all.len = SIZE;
	ASSERT_EQ(0, set_late(self, WRITE_LATE));
	memset(self->buf, 'a', SIZE);
	EXPECT_EQ(SIZE, do_one(self, &all));
	ASSERT_EQ(0, wait_late(self, 2));
	ASSERT_EQ(0, forget(self));
	EXPECT_LE(2, nr_late(self));
	ASSERT_EQ(0, set_late(self, 0));
}

TEST_F_TIMEOUT(late, md_write_behind, 600)
{
	struct io all;

	ASSERT_EQ(0, make_mirror(self));
	write_behind(_metadata, self);
	close(self->fd);
	self->fd = open(self->dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	all = io(self, false, DATA * 512);
	all.len = SIZE;
	EXPECT_EQ(SIZE, do_one(self, &all));
	EXPECT_EQ('a', self->buf[0]);
	EXPECT_EQ(0, memcmp(self->buf, self->buf + 1, SIZE - 1));
}

/* Writing the copy fails, and md retries it block by block. */
TEST_F_TIMEOUT(late, md_write_behind_fails, 600)
{
	char path[64], text[64];
	int i;

	ASSERT_EQ(0, make_mirror(self));
	snprintf(path, sizeof(path), "/sys/block/md0/md/dev-%s/bad_blocks",
		 self->dm.dev + strlen("/dev/"));
	ASSERT_EQ(0, read_file(path, text, sizeof(text)));
	ASSERT_EQ(0, nullb_set("late1", "badblocks", "+4104-4111"));
	write_behind(_metadata, self);
	for (i = 0; i < 600 && !read_file(path, text, sizeof(text)); i++)
		sleep_ms(100);
	EXPECT_LT(0, read_file(path, text, sizeof(text)));
}

/* A child that does I/O. */
struct child {
	pid_t pid;
	int go;
};

/* It submits up to two I/Os and, when told, closes their context or exits. */
static int child_start(FIXTURE_DATA(late) * self, struct child *child,
		       const struct io *ios, int nr, bool close_it)
{
	struct engine e;
	int go[2];
	char byte;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	child->pid = fork();
	child->go = go[1];
	if (child->pid) {
		close(go[0]);
		return child->pid < 0 ? -errno : 0;
	}
	close(go[1]);
	if (engine_open(&e, self->e.type) || engine_submit(&e, ios, nr, 0) ||
	    read(go[0], &byte, 1) || (close_it && engine_close(&e)))
		_exit(1);
	_exit(0);
}

/*
 * Let it exit, and wait until it is gone or waits for its I/O. Reading its
 * "stat" instead could make this task the last one to drop its memory, and
 * block here.
 */
static int child_end(struct child *child)
{
	char path[64], text[64];
	siginfo_t info;
	int i;

	close(child->go);
	snprintf(path, sizeof(path), "/proc/%d/wchan", child->pid);
	for (i = 0; i < 3000; i++) {
		info.si_pid = 0;
		if (waitid(P_PID, child->pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) ||
		    read_file(path, text, sizeof(text)) < 0)
			return -EIO;
		if (info.si_pid || strstr(text, "exit_aio") ||
		    strstr(text, "io_destroy"))
			return 0;
		sleep_ms(10);
	}
	printf("# it waits in %s\n", text);
	return -ETIMEDOUT;
}

/* The submitter exits, as far as possible, while its I/O is in flight. */
static void exits(struct __test_metadata *_metadata, FIXTURE_DATA(late) * self,
		  bool write, long long at)
{
	struct io one = io(self, write, at);
	struct child child;

	ASSERT_EQ(0, set_late(self, READ_LATE | WRITE_LATE));
	ASSERT_EQ(0, child_start(self, &child, &one, 1, false));
	ASSERT_EQ(0, wait_late(self, 1));
	ASSERT_EQ(0, child_end(&child));
	ASSERT_EQ(0, forget(self));
	EXPECT_LT(0, nr_late(self));
	ASSERT_EQ(0, set_late(self, 0));
	EXPECT_EQ(0, wait_child(child.pid));
}

TEST_F_TIMEOUT(late, reader_exits, 600)
{
	self->fd = open(self->dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	exits(_metadata, self, false, DATA * 512);
}

TEST_F_TIMEOUT(late, writer_exits, 600)
{
	self->fd = open(self->dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	exits(_metadata, self, true, DATA * 512);
}

/* The first leg fails. The submitter exits before the second one answers. */
TEST_F_TIMEOUT(late, md_read_retried, 600)
{
	long long reads;

	ASSERT_EQ(0, make_mirror(self));
	/* two bad blocks, one for each read below */
	ASSERT_EQ(0, nullb_set("late0", "badblocks", "+4104-4119"));
	exits(_metadata, self, false, BLOCK);
	/* now only the second leg sorts by priority */
	ASSERT_EQ(0, queue_set(FAST, "scheduler", "none"));
	reads = disk_stat(FAST, READS);
	EXPECT_EQ(BLOCK, do_io(self, false, 2 * BLOCK, 0));
	EXPECT_EQ(ATTR_BIT(ioprio), self->mask);
	EXPECT_LT(reads, disk_stat(FAST, READS));
}

/* The submitter of a hit exits before the cache device answers. */
TEST_F_TIMEOUT(late, bcache_read_exits, 600)
{
	ASSERT_EQ(0, make_bcache(self));
	ASSERT_EQ(0, cache_block(self, BLOCK));
	EXPECT_EQ(0, misses(self, BLOCK));
	exits(_metadata, self, false, BLOCK);
}

/* The context is destroyed: a ring at once, that of AIO after its I/O. */
TEST_F_TIMEOUT(late, context_destroyed, 600)
{
	struct child child;
	struct io ios[2];

	self->fd = open(self->dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ios[0] = io(self, false, DATA * 512);
	ios[1] = io(self, true, DATA * 512 + BLOCK);
	ASSERT_EQ(0, set_late(self, READ_LATE | WRITE_LATE));
	ASSERT_EQ(0, child_start(self, &child, ios, 2, true));
	ASSERT_EQ(0, wait_late(self, 2));
	ASSERT_EQ(0, child_end(&child));
	ASSERT_EQ(0, forget(self));
	EXPECT_EQ(2, nr_late(self));
	ASSERT_EQ(0, set_late(self, 0));
	EXPECT_EQ(0, wait_child(child.pid));
}

/* Is the page at @addr dirty, according to the kernel? */
static int page_dirty(void *addr)
{
	int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t entry, bits;
	int ret = -EIO;

	if (pread(map, &entry, 8, (uintptr_t)addr / BLOCK * 8) == 8 &&
	    entry >> 63 &&
	    pread(flags, &bits, 8, (entry & ((1ULL << 55) - 1)) * 8) == 8)
		ret = bits >> 4 & 1;
	close(map);
	close(flags);
	return ret;
}

/*
 * A read into a file mapping that is written back meanwhile. A worker makes the
 * page dirty again and frees the bio after the I/O has completed.
 */
TEST_F_TIMEOUT(late, pages_cleaned, 600)
{
	struct io_done done;
	struct io one;
	char *page;
	int file, i;

	ASSERT_EQ(0, system("mkfs.vfat " FAST " >/dev/null 2>&1"));
	mkdir(MOUNT, 0755);
	ASSERT_EQ(0, mount(FAST, MOUNT, "vfat", 0, NULL));
	self->mounted = true;
	file = open(MOUNT "/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, file);
	ASSERT_EQ(BLOCK, write(file, self->buf, BLOCK));
	page = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, page);
	close(file);
	self->fd = open(self->dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	memset(self->buf, 'd', BLOCK);
	ASSERT_EQ(BLOCK, do_io(self, true, DATA * 512, 0));

	ASSERT_EQ(0, set_late(self, READ_LATE));
	one = io(self, false, DATA * 512);
	one.buf = page;
	ASSERT_EQ(0, engine_submit(&self->e, &one, 1, 0));
	ASSERT_EQ(0, wait_late(self, 1));
	ASSERT_EQ(0, msync(page, BLOCK, MS_SYNC));
	/* map it again without a store */
	EXPECT_EQ(0, page[0]);
	EXPECT_EQ(0, page_dirty(page));
	ASSERT_EQ(0, set_late(self, 0));
	ASSERT_EQ(0, engine_wait(&self->e, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(ATTR_BIT(ioprio), done.mask);
	ASSERT_EQ(0, forget(self));
	for (i = 0; i < 600 && !page_dirty(page); i++)
		sleep_ms(100);
	EXPECT_EQ(1, page_dirty(page));
	EXPECT_EQ('d', page[0]);
	munmap(page, BLOCK);
}

TEST_HARNESS_MAIN
