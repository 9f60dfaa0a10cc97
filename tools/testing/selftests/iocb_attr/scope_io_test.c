// SPDX-License-Identifier: GPL-2.0
/*
 * What obeys the scope of a thread: each kind of I/O on file systems. Each row of
 * the table "Scopes" in Documentation/userspace-api/iocb_attr.rst is tested here
 * or in scope_memory_test.c. Needs mkfs.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/swap.h>
#include <sys/uio.h>

#include "lib/fuse.h"
#include "lib/honoured.h"
#include "lib/scope.h"
#include "lib/harness.h"

#define LEN		(1024 * 1024)
#define FILE_PATH	SCOPE_MOUNT "/file"
#define DIR_PATH	SCOPE_MOUNT "/directory"
#define NR_FILES	200
/* a file system that passes its I/O on to FILE_PATH, which overlayfs moves */
#define OVER_PATH	"/tmp/scope_over"

enum over { OVER_NONE, OVERLAYFS, PASSTHROUGH };

FIXTURE(kinds)
{
	struct scope_cgroups c;
	char *buf;
	int fd;			/* buffered */
	int direct;
};

FIXTURE_VARIANT(kinds)
{
	const char *fs;
	const char *mkfs;
	enum over over;
};

FIXTURE_VARIANT_ADD(kinds, device) {};
FIXTURE_VARIANT_ADD(kinds, ext4) {
	.fs = "ext4", .mkfs = "mkfs.ext4 -q -F %s",
};

FIXTURE_VARIANT_ADD(kinds, xfs) { .fs = "xfs", .mkfs = "mkfs.xfs -q -f %s" };
FIXTURE_VARIANT_ADD(kinds, btrfs) {
	.fs = "btrfs", .mkfs = "mkfs.btrfs -q -f %s",
};

FIXTURE_VARIANT_ADD(kinds, f2fs) {
	.fs = "f2fs", .mkfs = "mkfs.f2fs -q -f %s >/dev/null",
};

FIXTURE_VARIANT_ADD(kinds, vfat) {
	.fs = "vfat", .mkfs = "mkfs.vfat %s >/dev/null",
};

FIXTURE_VARIANT_ADD(kinds, overlayfs) {
	.fs = "ext4", .mkfs = "mkfs.ext4 -q -F %s", .over = OVERLAYFS,
};

FIXTURE_VARIANT_ADD(kinds, fuse_passthrough) {
	.fs = "ext4", .mkfs = "mkfs.ext4 -q -F %s", .over = PASSTHROUGH,
};

static int make_files(const char *buf)
{
	char path[128];
	int i, fd = open(FILE_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, buf, LEN) != LEN || fsync(fd))
		return -EIO;
	close(fd);
	if (mkdir(DIR_PATH, 0755))
		return -errno;
	for (i = 0; i < NR_FILES; i++) {
		snprintf(path, sizeof(path), DIR_PATH "/a-file-with-a-name-%d",
			 i);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return -errno;
		close(fd);
	}
	sync();
	return 0;
}

static const char *path_of(enum over over)
{
	switch (over) {
	case OVERLAYFS:
		return OVER_PATH "/file";
	case PASSTHROUGH:
		return OVER_PATH;
	default:
		return FILE_PATH;
	}
}

static int mount_over(enum over over)
{
	int fd;

	switch (over) {
	case OVERLAYFS:
		mkdir(OVER_PATH, 0755);
		mkdir(SCOPE_MOUNT "/upper", 0755);
		mkdir(SCOPE_MOUNT "/work", 0755);
		if (rename(FILE_PATH, SCOPE_MOUNT "/upper/file") ||
		    mount("over", OVER_PATH, "overlay", 0,
			  "lowerdir=" DIR_PATH ",upperdir=" SCOPE_MOUNT
			  "/upper,workdir=" SCOPE_MOUNT "/work"))
			return -errno;
		return 0;
	case PASSTHROUGH:
		fd = open(OVER_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		close(fd);
		return fuse_mount(OVER_PATH, FILE_PATH, true);
	default:
		return 0;
	}
}

static void umount_over(enum over over)
{
	if (!over)
		return;
	scope_umount(OVER_PATH);
	remove(OVER_PATH);
}

FIXTURE_SETUP(kinds)
{
	const char *path = variant->fs ? path_of(variant->over) :
					 "/dev/" SCOPE_DISK;

	self->fd = -1;
	self->direct = -1;
	ASSERT_EQ(0, scope_cgroups_make(&self->c));
	ASSERT_EQ(0, scope_disk(&self->c, variant->fs, variant->mkfs));
	self->buf = block_alloc(LEN);
	ASSERT_NE(NULL, self->buf);
	memset(self->buf, 'x', LEN);
	if (variant->fs)
		ASSERT_EQ(0, make_files(self->buf));
	ASSERT_EQ(0, mount_over(variant->over));
	self->fd = open(path, O_RDWR | O_CLOEXEC);
	self->direct = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->direct);
	ASSERT_EQ(0, write_file(INSERTS, "1"));
}

FIXTURE_TEARDOWN(kinds)
{
	EXPECT_EQ(0, write_file(INSERTS, "0"));
	scope_set(-1, 0);
	close(self->fd);
	close(self->direct);
	umount_over(variant->over);
	EXPECT_EQ(0, scope_disk_remove());
	EXPECT_EQ(0, scope_cgroups_remove(&self->c));
}

#define BYTES(cgroup, key)	scope_bytes(&self->c, cgroup, key)
#define OF_CLIENT		"be,0,6"

struct files {
	int fd;
	int direct;
	char *buf;
};

/* Each returns the number of bytes, or a negative errno. */
static long long by_pread(const struct files *f)
{
	return pread(f->fd, f->buf, LEN, 0);
}

static long long by_pread_direct(const struct files *f)
{
	return pread(f->direct, f->buf, LEN, 0);
}

static long long by_preadv2(const struct files *f)
{
	struct iovec iov = { f->buf, LEN };

	return preadv2(f->fd, &iov, 1, 0, 0);
}

#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE	0x80
#endif

/* not every file system has it: those read as without */
static long long by_dontcache(const struct files *f)
{
	struct iovec iov = { f->buf, LEN };
	ssize_t ret = preadv2(f->fd, &iov, 1, 0, RWF_DONTCACHE);

	return ret < 0 && errno == EOPNOTSUPP ? by_pread(f) : ret;
}

static long long by_noreuse(const struct files *f)
{
	posix_fadvise(f->fd, 0, 0, POSIX_FADV_NOREUSE);
	return by_pread(f);
}

static long long by_mmap(const struct files *f)
{
	char *map = mmap(NULL, LEN, PROT_READ, MAP_SHARED, f->fd, 0);
	int i;

	if (map == MAP_FAILED)
		return -errno;
	for (i = 0; i < LEN; i += BLOCK)
		__atomic_load_n(&map[i], __ATOMIC_RELAXED);
	munmap(map, LEN);
	return LEN;
}

static long long by_mmap_write(const struct files *f)
{
	char *map = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
				  MAP_SHARED, f->fd, 0);
	int i;

	if (map == MAP_FAILED)
		return -errno;
	for (i = 0; i < LEN; i += BLOCK)
		__atomic_store_n(&map[i], 'y', __ATOMIC_RELAXED);
	munmap(map, LEN);
	return LEN;
}

static long long by_sendfile(const struct files *f)
{
	int out = memfd_create("out", MFD_CLOEXEC);
	off_t at = 0;
	long long n;

	n = sendfile(out, f->fd, &at, LEN);
	close(out);
	return n;
}

static long long by_splice(const struct files *f)
{
	int pipes[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	loff_t at = 0;
	ssize_t n;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	while (at < LEN) {
		n = splice(f->fd, &at, pipes[1], NULL, 1 << 16, 0);
		if (n <= 0 || splice(pipes[0], NULL, null, NULL, n, 0) != n)
			break;
	}
	close(pipes[0]);
	close(pipes[1]);
	close(null);
	return at;
}

/* one call reads at most the readahead of the device */
static long long by_readahead(const struct files *f)
{
	off_t at;

	for (at = 0; at < LEN; at += 1 << 16)
		posix_fadvise(f->fd, at, 1 << 16, POSIX_FADV_WILLNEED);
	/* now in the page cache, or on its way there */
	scope_set(-1, 0);
	return by_pread(f);
}

static long long by_engine(enum engine_type type, int fd, char *buf)
{
	struct io io = { .fd = fd, .buf = buf, .len = LEN };
	struct engine e;
	struct io_done done;
	int ret = engine_open(&e, type);

	if (ret)
		return ret;
	ret = engine_run(&e, &io, 1, &done);
	engine_close(&e);
	return ret ?: done.res;
}

static long long by_aio(const struct files *f)
{
	return by_engine(AIO, f->fd, f->buf);
}

static long long by_aio_direct(const struct files *f)
{
	return by_engine(AIO, f->direct, f->buf);
}

static long long by_uring(const struct files *f)
{
	return by_engine(URING, f->fd, f->buf);
}

static long long by_uring_direct(const struct files *f)
{
	return by_engine(URING, f->direct, f->buf);
}

/* the scope of the thread that makes the ring */
static long long by_sqpoll(const struct files *f)
{
	return by_engine(SQPOLL, f->fd, f->buf);
}

static long long by_sqpoll_direct(const struct files *f)
{
	return by_engine(SQPOLL, f->direct, f->buf);
}

/* The scope is dropped after submission, and io_uring has its own thread. */
static long long by_worker(int fd, char *buf, unsigned int flags)
{
	struct io_uring_sqe sqes[2];
	struct uring_done done;
	struct uring ring;
	long long ret;

	ret = uring_open(&ring, 4, 0);
	if (ret)
		return ret;
	sqes[0] = (struct io_uring_sqe) {
		.opcode = IORING_OP_NOP, .flags = flags & IOSQE_IO_LINK,
	};
	sqes[1] = uring_prep(IORING_OP_READ, fd, buf, LEN, 0, NULL);
	sqes[1].flags = flags & IOSQE_ASYNC;
	ret = uring_submit(&ring, sqes, 2);
	scope_set(-1, 0);
	if (!ret)
		ret = uring_wait(&ring, &done) ?: uring_wait(&ring, &done);
	uring_exit(&ring);
	return ret ?: done.res;
}

static long long by_uring_worker(const struct files *f)
{
	return by_worker(f->fd, f->buf, IOSQE_ASYNC);
}

static long long by_uring_worker_direct(const struct files *f)
{
	return by_worker(f->direct, f->buf, IOSQE_ASYNC);
}

static long long by_uring_link(const struct files *f)
{
	return by_worker(f->fd, f->buf, IOSQE_IO_LINK);
}

static long long by_uring_link_direct(const struct files *f)
{
	return by_worker(f->direct, f->buf, IOSQE_IO_LINK);
}

static const struct kind {
	const char *name;
	long long (*read)(const struct files *f);
} kinds[] = {
	{ "read(2)", by_pread },
	{ "read(2), O_DIRECT", by_pread_direct },
	{ "preadv2(2)", by_preadv2 },
	{ "RWF_DONTCACHE", by_dontcache },
	{ "POSIX_FADV_NOREUSE", by_noreuse },
	{ "mmap(2), read", by_mmap },
	{ "mmap(2), write", by_mmap_write },
	{ "sendfile(2)", by_sendfile },
	{ "splice(2)", by_splice },
	{ "POSIX_FADV_WILLNEED", by_readahead },
	{ "AIO", by_aio },
	{ "AIO, O_DIRECT", by_aio_direct },
	{ "io_uring", by_uring },
	{ "io_uring, O_DIRECT", by_uring_direct },
	{ "SQPOLL", by_sqpoll },
	{ "SQPOLL, O_DIRECT", by_sqpoll_direct },
	{ "IOSQE_ASYNC", by_uring_worker },
	{ "IOSQE_ASYNC, O_DIRECT", by_uring_worker_direct },
	{ "IOSQE_IO_LINK", by_uring_link },
	{ "IOSQE_IO_LINK, O_DIRECT", by_uring_link_direct },
};

/* All bytes are charged to the client, and read with its priority. */
TEST_F(kinds, reads)
{
	const struct files f = { self->fd, self->direct, self->buf };
	long long client, server;
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		/* FUSE asks the server */
		if (kinds[i].read == by_readahead &&
		    variant->over == PASSTHROUGH)
			continue;
		sync();
		ASSERT_EQ(0, forget_cache());
		ASSERT_EQ(0, write_file(TRACING "trace", ""));
		client = BYTES("client", "rbytes");
		server = BYTES("server", "rbytes");
		ASSERT_EQ(0, scope_set(self->c.set, 0));
		EXPECT_EQ(LEN, kinds[i].read(&f)) {
			TH_LOG("%s", kinds[i].name);
		}
		ASSERT_EQ(0, scope_set(-1, 0));
		EXPECT_LE(client + LEN, BYTES("client", "rbytes")) {
			TH_LOG("%s: %lld", kinds[i].name,
			       BYTES("client", "rbytes") - client);
		}
		EXPECT_EQ(server, BYTES("server", "rbytes")) {
			TH_LOG("%s: %lld", kinds[i].name,
			       BYTES("server", "rbytes") - server);
		}
		EXPECT_LE(LEN / 512, sectors_inserted(OF_CLIENT)) {
			TH_LOG("%s: %lld", kinds[i].name,
			       sectors_inserted(OF_CLIENT));
		}
	}
}

/* Reads without a scope are the thread's own while others have one. */
TEST_F(kinds, none)
{
	const struct files f = { self->fd, self->direct, self->buf };
	long long client;
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		sync();
		ASSERT_EQ(0, forget_cache());
		client = BYTES("client", "rbytes");
		EXPECT_EQ(LEN, kinds[i].read(&f));
		EXPECT_EQ(client, BYTES("client", "rbytes")) {
			TH_LOG("%s", kinds[i].name);
		}
	}
}

TEST_F(kinds, direct_write)
{
	long long client = BYTES("client", "wbytes");
	long long server = BYTES("server", "wbytes");

	ASSERT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(LEN, pwrite(self->direct, self->buf, LEN, 0));
	EXPECT_LE(client + LEN, BYTES("client", "wbytes"));
	EXPECT_EQ(server, BYTES("server", "wbytes"));
	EXPECT_LE(LEN / 512, sectors_inserted(OF_CLIENT));
}

/* Directories, inodes and what a file system reads to find them. */
TEST_F(kinds, metadata)
{
	long long client, server;
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (!variant->fs || variant->over)
		return;
	/* otherwise the journal keeps some of it in memory */
	close(self->fd);
	close(self->direct);
	self->fd = -1;
	self->direct = -1;
	ASSERT_EQ(0, umount(SCOPE_MOUNT));
	ASSERT_EQ(0, mount("/dev/" SCOPE_DISK, SCOPE_MOUNT, variant->fs, 0,
			   NULL));
	ASSERT_EQ(0, forget_cache());
	client = BYTES("client", "rbytes");
	server = BYTES("server", "rbytes");
	ASSERT_EQ(0, scope_set(self->c.set, 0));
	dir = opendir(DIR_PATH);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)))
		fstatat(dirfd(dir), entry->d_name, &st, 0);
	closedir(dir);
	EXPECT_LT(client, BYTES("client", "rbytes"));
	EXPECT_EQ(server, BYTES("server", "rbytes"));
}

/* Buffered reads with attributes of their own, by AIO and io_uring. */
TEST_F(kinds, own_attributes)
{
	static const enum engine_type types[] = { AIO, URING, SQPOLL };
	struct attr_list l =
		list_two(list_one(IOCB_ATTR_cgroup, self->c.client),
			 list_one(IOCB_ATTR_ioprio, CLIENT_PRIO));
	struct io io = { .fd = self->fd, .buf = self->buf, .len = LEN };
	long long client, server;
	struct io_done done;
	struct engine e;
	int i, by_set;

	l.r[0].attr.flags = 0;
	l.r[1].attr.flags = 0;
	io.set = set_of(l, IOCB_ATTR_LIST_REPORT);
	for (i = 0; i < 2 * ARRAY_SIZE(types); i++) {
		by_set = i % 2;
		io.by_set = by_set;
		io.list = by_set ? NULL : &l;
		ASSERT_EQ(0, engine_open(&e, types[i / 2]));
		ASSERT_EQ(0, forget_cache());
		ASSERT_EQ(0, write_file(TRACING "trace", ""));
		client = BYTES("client", "rbytes");
		server = BYTES("server", "rbytes");
		EXPECT_EQ(0, engine_run(&e, &io, 1, &done));
		EXPECT_EQ(LEN, done.res);
		EXPECT_EQ(ATTR_BIT(cgroup), done.mask);
		EXPECT_LE(client + LEN, BYTES("client", "rbytes"));
		EXPECT_EQ(server, BYTES("server", "rbytes"));
		EXPECT_LE(LEN / 512, sectors_inserted(OF_CLIENT));
		/* nothing is left to read, and nothing to report */
		EXPECT_EQ(0, engine_run(&e, &io, 1, &done));
		EXPECT_EQ(LEN, done.res);
		EXPECT_EQ(0, done.mask);
		EXPECT_EQ(0, engine_close(&e));
	}
	close(io.set);
}

/* A layer passes on the values of a bio, whatever the scope of the thread. */
TEST(through_dm)
{
	static const enum engine_type types[] = { AIO, URING, SQPOLL };
	struct attr_list l = list_one(IOCB_ATTR_ioprio, BE | 5);
	struct io io = { .len = LEN, .list = &l };
	long long client, server;
	struct scope_cgroups c;
	struct io_done done;
	struct engine e;
	struct dm dm;
	int i, fd;

	ASSERT_EQ(0, scope_cgroups_make(&c));
	ASSERT_EQ(0, scope_disk(&c, NULL, NULL));
	ASSERT_EQ(0, dm_make(&dm, "scope-linear", "0 %d linear /dev/%s 0",
			     LEN / 512, SCOPE_DISK));
	io.buf = block_alloc(LEN);
	ASSERT_NE(NULL, io.buf);
	ASSERT_EQ(0, write_file(INSERTS, "1"));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		io.fd = open(dm.dev, O_RDONLY | O_DIRECT | O_CLOEXEC);
		ASSERT_LE(0, io.fd);
		ASSERT_EQ(0, write_file(TRACING "trace", ""));
		client = scope_bytes(&c, "client", "rbytes");
		server = scope_bytes(&c, "server", "rbytes");
		ASSERT_EQ(0, scope_set(c.set, 0));
		ASSERT_EQ(0, engine_open(&e, types[i]));
		EXPECT_EQ(0, engine_run(&e, &io, 1, &done));
		ASSERT_EQ(0, scope_set(-1, 0));
		EXPECT_EQ(0, engine_close(&e));
		EXPECT_EQ(LEN, done.res);
		EXPECT_EQ(ATTR_BIT(ioprio), done.mask);
		EXPECT_EQ(client, scope_bytes(&c, "client", "rbytes"));
		EXPECT_LE(server + LEN, scope_bytes(&c, "server", "rbytes"));
		EXPECT_EQ(LEN / 512, sectors_inserted("be,0,5"));
		close(io.fd);
	}

	fd = open(dm.dev, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	client = scope_bytes(&c, "client", "rbytes");
	server = scope_bytes(&c, "server", "rbytes");
	ASSERT_EQ(0, write_file(TRACING "trace", ""));
	ASSERT_EQ(0, scope_set(c.set, 0));
	EXPECT_EQ(LEN, pread(fd, io.buf, LEN, 0));
	ASSERT_EQ(0, scope_set(-1, 0));
	EXPECT_EQ(client + LEN, scope_bytes(&c, "client", "rbytes"));
	EXPECT_EQ(server, scope_bytes(&c, "server", "rbytes"));
	EXPECT_EQ(LEN / 512, sectors_inserted(OF_CLIENT));
	close(fd);
	EXPECT_EQ(0, write_file(INSERTS, "0"));
	EXPECT_EQ(0, dm_remove(&dm));
	EXPECT_EQ(0, scope_disk_remove());
	EXPECT_EQ(0, scope_cgroups_remove(&c));
}

/* The thread's own memory is not the client's. */
TEST(swap_in)
{
	struct scope_cgroups c;
	const size_t len = 8 << 20;
	long long client;
	char *mem;
	size_t i;

	ASSERT_EQ(0, scope_cgroups_make(&c));
	ASSERT_EQ(0, scope_disk(&c, NULL, NULL));
	ASSERT_EQ(0, system("mkswap /dev/" SCOPE_DISK " >/dev/null"));
	ASSERT_EQ(0, swapon("/dev/" SCOPE_DISK, 0));
	mem = block_alloc(len);
	ASSERT_NE(NULL, mem);
	memset(mem, 'x', len);
	ASSERT_EQ(0, madvise(mem, len, MADV_PAGEOUT));
	client = scope_bytes(&c, "client", "rbytes");
	ASSERT_EQ(0, scope_set(c.set, 0));
	for (i = 0; i < len; i += BLOCK)
		__atomic_load_n(&mem[i], __ATOMIC_RELAXED);
	ASSERT_EQ(0, scope_set(-1, 0));
	EXPECT_EQ(client, scope_bytes(&c, "client", "rbytes"));
	/* it was swapped in */
	EXPECT_LT(0, scope_bytes(&c, "server", "rbytes"));
	EXPECT_EQ(0, swapoff("/dev/" SCOPE_DISK));
	EXPECT_EQ(0, scope_cgroups_remove(&c));
	EXPECT_EQ(0, scope_disk_remove());
}

TEST_HARNESS_MAIN
