// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes on the three direct I/O paths: block devices, iomap (ext4 and xfs)
 * and fs/direct-io.c (vfat). Overwrites the disk DIRECT_DISK (/dev/vda, 400 MiB
 * or more). Needs mkfs.
 */
#define _GNU_SOURCE
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "lib/aio.h"
#include "lib/blkdev.h"
#include "lib/identity.h"
#include "lib/harness.h"

#define MOUNT	"/tmp/direct_test"
#define SIZE	(8 << 20)

FIXTURE(direct)
{
	aio_context_t ctx;
	const char *disk;
	int fd;
	char *buf;
};

FIXTURE_VARIANT(direct)
{
	const char *fs;
	const char *mkfs;
};

FIXTURE_VARIANT_ADD(direct, device) {};
FIXTURE_VARIANT_ADD(direct, ext4) {
	.fs = "ext4", .mkfs = "mkfs.ext4 -q -F",
};

FIXTURE_VARIANT_ADD(direct, xfs) {
	.fs = "xfs", .mkfs = "mkfs.xfs -q -f",
};

FIXTURE_VARIANT_ADD(direct, vfat) {
	.fs = "vfat", .mkfs = "mkfs.vfat >/dev/null",
};

/* True if MOUNT is of type @fs; if it is of another one, it is unmounted. */
static bool is_mounted(const char *fs)
{
	char text[4096], mount[64];

	snprintf(mount, sizeof(mount), " " MOUNT " %s ", fs ?: "?");
	if (read_file("/proc/mounts", text, sizeof(text)) >= 0 &&
	    strstr(text, mount))
		return true;
	umount(MOUNT);
	return false;
}

FIXTURE_SETUP(direct)
{
	struct stat st;
	char cmd[128];

	self->disk = getenv("DIRECT_DISK") ?: "/dev/vda";
	if (access(self->disk, W_OK))
		SKIP(return, "no disk %s", self->disk);
	ASSERT_EQ(0, io_setup(64, &self->ctx));
	self->buf = block_alloc(SIZE);
	ASSERT_NE(NULL, self->buf);
	if (!variant->fs) {
		is_mounted(NULL);
		self->fd = open(self->disk, O_RDWR | O_DIRECT | O_CLOEXEC);
		ASSERT_LE(0, self->fd);
		return;
	}
	mkdir(MOUNT, 0755);
	/* reuse the mount or file system of the previous test if possible */
	if (!is_mounted(variant->fs) &&
	    mount(self->disk, MOUNT, variant->fs, 0, NULL)) {
		snprintf(cmd, sizeof(cmd), "%s %s 2>&1", variant->mkfs,
			 self->disk);
		ASSERT_EQ(0, system(cmd));
		ASSERT_EQ(0, mount(self->disk, MOUNT, variant->fs, 0, NULL)) {
			TH_LOG("mount: %s", strerror(errno));
		}
	}
	/* written and flushed, so that no I/O falls back to the page cache */
	if (stat(MOUNT "/file", &st) || st.st_size != SIZE) {
		self->fd = open(MOUNT "/file",
				O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(SIZE, write(self->fd, self->buf, SIZE));
		ASSERT_EQ(0, fsync(self->fd));
		close(self->fd);
	}
	self->fd = open(MOUNT "/file", O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(direct)
{
	close(self->fd);
	io_destroy(self->ctx);
	munmap(self->buf, SIZE);
}

static int io(FIXTURE_DATA(direct) * self, int opcode, long long offset,
	      size_t len, uint32_t hints, struct io_event *event)
{
	struct cache_list list = cache_list(hints, IOCB_ATTR_REQUIRED);
	struct iocb iocb = aio_prep(opcode, self->fd, self->buf, len, offset,
				    &list);

	return aio_run(self->ctx, &iocb, event);
}

/* Reads return the data that was written, and nothing is reported. */
TEST_F(direct, sizes)
{
	static const size_t sizes[] = { 4096, 8192, 65536, 1 << 20, 4 << 20 };
	struct io_event event;
	unsigned int i;
	size_t j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (j = 0; j < sizes[i]; j++)
			self->buf[j] = j / 512 + i;
		ASSERT_EQ(0, io(self, IOCB_CMD_PWRITE, 65536, sizes[i],
				IOCB_CACHE_WRITEAROUND, &event));
		EXPECT_EQ((long long)sizes[i], event.res);
		EXPECT_EQ(0, event.res2);
		memset(self->buf, 0, sizes[i]);
		ASSERT_EQ(0, io(self, IOCB_CMD_PREAD, 65536, sizes[i],
				IOCB_CACHE_BYPASS, &event));
		EXPECT_EQ((long long)sizes[i], event.res);
		EXPECT_EQ(0, event.res2);
		for (j = 0; j < sizes[i]; j++)
			ASSERT_EQ((char)(j / 512 + i), self->buf[j]);
	}
}

TEST_F(direct, vectors)
{
	struct cache_list list = cache_list(IOCB_CACHE_ADMIT,
					    IOCB_ATTR_REQUIRED);
	struct iovec iov[2] = {
		{ self->buf, BLOCK }, { self->buf + 3 * BLOCK, 2 * BLOCK },
	};
	struct iocb iocb = aio_prep(IOCB_CMD_PWRITEV, self->fd, iov, 2, 0,
				    &list);
	struct io_event event;

	memset(self->buf, 'v', 8 * BLOCK);
	ASSERT_EQ(0, aio_run(self->ctx, &iocb, &event));
	EXPECT_EQ(3 * BLOCK, event.res);
	memset(self->buf, 0, 8 * BLOCK);
	iocb.aio_lio_opcode = IOCB_CMD_PREADV;
	ASSERT_EQ(0, aio_run(self->ctx, &iocb, &event));
	EXPECT_EQ(3 * BLOCK, event.res);
	EXPECT_EQ('v', self->buf[0]);
	EXPECT_EQ(0, self->buf[BLOCK]);
	EXPECT_EQ('v', self->buf[5 * BLOCK - 1]);
}

/* O_DIRECT can be cleared on an open file. */
TEST_F(direct, toggled)
{
	struct io_event event;
	int flags = fcntl(self->fd, F_GETFL);

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, flags & ~O_DIRECT));
	EXPECT_EQ(-EOPNOTSUPP, io(self, IOCB_CMD_PREAD, 0, BLOCK,
				  IOCB_CACHE_BYPASS, &event));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, flags));
	EXPECT_EQ(0, io(self, IOCB_CMD_PREAD, 0, BLOCK, IOCB_CACHE_BYPASS,
			&event));
}

TEST_F(direct, end_of_file)
{
	struct io_event event;

	if (!variant->fs)
		return;
	ASSERT_EQ(0, io(self, IOCB_CMD_PREAD, SIZE - BLOCK, 4 * BLOCK,
			IOCB_CACHE_BYPASS, &event));
	EXPECT_EQ(BLOCK, event.res);
	ASSERT_EQ(0, io(self, IOCB_CMD_PREAD, SIZE, BLOCK, IOCB_CACHE_BYPASS,
			&event));
	EXPECT_EQ(0, event.res);
}

/* Run an iocb and check that its request was issued with a priority. */
static int traced(FIXTURE_DATA(direct) * self, struct iocb *iocb,
		  struct io_event *event, const char *prio)
{
	static char text[1 << 16];
	int ret;

	ret = write_file(TRACING "trace", "") ?:
	      write_file(TRACING "events/block/block_rq_issue/enable", "1") ?:
	      aio_run(self->ctx, iocb, event);
	write_file(TRACING "events/block/block_rq_issue/enable", "0");
	if (ret)
		return ret;
	ret = read_file(TRACING "trace", text, sizeof(text));
	if (ret < 0)
		return ret;
	if (!strstr(text, prio)) {
		printf("# no %s in: %s\n", prio, text);
		return -ENOMSG;
	}
	return 0;
}

/* IOCB_FLAG_IOPRIO reaches the request on every path. */
TEST_F(direct, ioprio_reaches_request)
{
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    1 << 20, NULL);
	struct io_event event;

	if (access(TRACING "events/block/block_rq_issue", R_OK))
		SKIP(return, "no block tracing");
	iocb.aio_flags = IOCB_FLAG_IOPRIO;
	iocb.aio_reqprio = IDLE;
	EXPECT_EQ(0, traced(self, &iocb, &event, "idle,0,0"));
	EXPECT_EQ(BLOCK, event.res);
}

/* So does the attribute. Without it the default priority applies. */
TEST_F(direct, ioprio_attr_reaches_request)
{
	struct attr_list rt = list_one(IOCB_ATTR_ioprio, RT | 3);
	struct attr_list idle = list_one(IOCB_ATTR_ioprio, IDLE);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    1 << 20, &rt);
	struct io_event event;

	if (access(TRACING "events/block/block_rq_issue", R_OK))
		SKIP(return, "no block tracing");
	EXPECT_EQ(0, traced(self, &iocb, &event, "rt,0,3"));
	EXPECT_EQ(BLOCK, event.res);
	iocb.aio_lio_opcode = IOCB_CMD_PWRITE;
	iocb.aio_attrs = (uintptr_t)&idle;
	EXPECT_EQ(0, traced(self, &iocb, &event, "idle,0,0"));
	EXPECT_EQ(BLOCK, event.res);
	iocb.aio_flags = 0;
	iocb.aio_attrs = 0;
	EXPECT_EQ(0, traced(self, &iocb, &event, "be,0,4"));
	EXPECT_EQ(BLOCK, event.res);
}

/* Schedulers report the priority of reads and writes. */
TEST_F(direct, ioprio_honoured)
{
	static const char * const schedulers[] = { "mq-deadline", "bfq" };
	struct attr_list list = list_one(IOCB_ATTR_ioprio, BE | 6);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf,
				    16 * BLOCK, 1 << 20, &list);
	struct io_event event;
	int i;

	for (i = 0; i < ARRAY_SIZE(schedulers); i++) {
		ASSERT_EQ(0, queue_set(self->disk, "scheduler", schedulers[i]));
		iocb.aio_lio_opcode = IOCB_CMD_PREAD;
		EXPECT_EQ(0, aio_run(self->ctx, &iocb, &event));
		EXPECT_EQ(16 * BLOCK, event.res);
		EXPECT_EQ(ATTR_BIT(ioprio), event.res2);
		iocb.aio_lio_opcode = IOCB_CMD_PWRITE;
		EXPECT_EQ(0, aio_run(self->ctx, &iocb, &event));
		EXPECT_EQ(16 * BLOCK, event.res);
		EXPECT_EQ(ATTR_BIT(ioprio), event.res2);
	}
	ASSERT_EQ(0, queue_set(self->disk, "scheduler", "none"));
	EXPECT_EQ(0, aio_run(self->ctx, &iocb, &event));
	EXPECT_EQ(0, event.res2);
}

/* The cgroup is charged exactly the tagged bytes. */
TEST_F(direct, cgroup_charged)
{
	static const size_t sizes[] = { 4096, 65536, 1 << 20, 4 << 20 };
	int cgroup = cgroup_make("direct");
	struct attr_list list = list_one(IOCB_ATTR_cgroup, cgroup);
	long long bytes = 0;
	struct io_event event;
	struct iocb iocb;
	char dev[32];
	int i;

	ASSERT_LE(0, cgroup);
	ASSERT_EQ(0, device_number(self->disk, dev, sizeof(dev)));
	EXPECT_EQ(0, cgroup_io("direct", dev, "rbytes"));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, sizes[i],
				65536, &list);
		EXPECT_EQ(0, aio_run(self->ctx, &iocb, &event));
		EXPECT_EQ((long long)sizes[i], event.res);
		EXPECT_EQ(ATTR_BIT(cgroup), event.res2);
		iocb.aio_lio_opcode = IOCB_CMD_PWRITE;
		EXPECT_EQ(0, aio_run(self->ctx, &iocb, &event));
		EXPECT_EQ((long long)sizes[i], event.res);
		EXPECT_EQ(ATTR_BIT(cgroup), event.res2);
		bytes += sizes[i];
		/* untagged I/O is not charged to it */
		iocb.aio_flags = 0;
		iocb.aio_attrs = 0;
		EXPECT_EQ(0, aio_run(self->ctx, &iocb, &event));
	}
	EXPECT_EQ(bytes, cgroup_io("direct", dev, "rbytes"));
	EXPECT_EQ(bytes, cgroup_io("direct", dev, "wbytes"));
	close(cgroup);
	EXPECT_EQ(0, cgroup_remove("direct"));
}

/* Submit 16 neighbours in one call. Returns how many were merged. */
static int neighbours(FIXTURE_DATA(direct) * self, const uint32_t *hints)
{
	struct cache_list list[16];
	struct iocb iocb[16], *iocbs[16];
	struct io_event events[16];
	long long before = disk_stat(self->disk, READS_MERGED);
	int i;

	for (i = 0; i < 16; i++) {
		list[i] = cache_list(hints[i % 2], 0);
		iocb[i] = aio_prep(IOCB_CMD_PREAD, self->fd,
				   self->buf + i * BLOCK, BLOCK,
				   (4 << 20) + i * BLOCK, &list[i]);
		iocbs[i] = &iocb[i];
	}
	if (io_submit(self->ctx, 16, iocbs) != 16 ||
	    io_getevents(self->ctx, 16, 16, events) != 16)
		return -1;
	for (i = 0; i < 16; i++)
		if (events[i].res != BLOCK)
			return -1;
	return disk_stat(self->disk, READS_MERGED) - before;
}

/* Lists with the same meaning do not prevent merging. */
TEST_F(direct, merges)
{
	static const uint32_t same[] = { IOCB_CACHE_BYPASS, IOCB_CACHE_BYPASS };
	static const uint32_t none[] = { 0, 0 };
	static const uint32_t differ[] = { IOCB_CACHE_BYPASS, 0 };

	EXPECT_EQ(15, neighbours(self, same));
	EXPECT_EQ(15, neighbours(self, none));
	EXPECT_EQ(0, neighbours(self, differ));
}

TEST_F(direct, splits)
{
	char path[64], before[32];
	struct io_event event;
	int i;

	snprintf(path, sizeof(path), "/sys/block/%s/queue/max_sectors_kb",
		 self->disk + 5);
	ASSERT_LT(0, read_file(path, before, sizeof(before)));
	ASSERT_EQ(0, write_file(path, "4"));
	for (i = 0; i < 64 * BLOCK; i++)
		self->buf[i] = i / 512;
	EXPECT_EQ(0, io(self, IOCB_CMD_PWRITE, 0, 64 * BLOCK,
			IOCB_CACHE_ADMIT, &event));
	EXPECT_EQ(64 * BLOCK, event.res);
	memset(self->buf, 0, 64 * BLOCK);
	EXPECT_EQ(0, io(self, IOCB_CMD_PREAD, 0, 64 * BLOCK,
			IOCB_CACHE_ADMIT, &event));
	EXPECT_EQ(64 * BLOCK, event.res);
	EXPECT_EQ(0, event.res2);
	for (i = 0; i < 64 * BLOCK; i++)
		ASSERT_EQ((char)(i / 512), self->buf[i]);
	ASSERT_EQ(0, write_file(path, before));
}

TEST_HARNESS_MAIN
