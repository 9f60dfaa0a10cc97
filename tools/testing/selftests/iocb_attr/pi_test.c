// SPDX-License-Identifier: GPL-2.0
/*
 * Protection information on disks of each format, and on device-mapper and md
 * over such disks. Overwrites the disks. Lines of the form
 *	# DEVICE | CASE | RESULT
 * have the result of a case on a device.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mount.h>

#include <linux/fs.h>
#include <linux/loop.h>

#include "lib/bcache.h"
#include "lib/blkdev.h"
#include "lib/fault.h"
#include "lib/identity.h"
#include "lib/md.h"
#include "lib/pi.h"
#include "lib/set.h"
#include "lib/uring.h"
#include "lib/harness.h"

#define MD_NAME		"md_pi"

#define SIZE		(4 << 20)	/* the largest I/O here */
#define MD_SIZE		(SIZE / 512 * 64)
#define DEPTH		32

enum stack { PLAIN, PARTITION, DM_LINEAR, MD_RAID0 };

FIXTURE(pi)
{
	aio_context_t ctx;
	int fd;
	struct format f;
	uint16_t check;		/* all that this format can check */
	char name[64];
	struct dm dm;
	uint8_t *buf;
	uint8_t *md;
};

FIXTURE_VARIANT(pi)
{
	const char *name;
	const char *driver;
	struct format f;
	enum stack stack;
	bool no_app;		/* the device has no check of it */
	bool one_disk;		/* there is only one such disk */
};

FIXTURE_VARIANT_ADD(pi, nvme_type1) {
	.name = "nvme type 1, 512+8", .driver = "nvme",
	.f = { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 },
};

FIXTURE_VARIANT_ADD(pi, nvme_type1_4k) {
	.name = "nvme type 1, 4096+8", .driver = "nvme",
	.f = { 4096, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 },
};

FIXTURE_VARIANT_ADD(pi, nvme_type3) {
	.name = "nvme type 3, 512+8", .driver = "nvme",
	.f = { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 0 },
};

/* the tuple follows 8 opaque bytes */
FIXTURE_VARIANT_ADD(pi, nvme_type1_16) {
	.name = "nvme type 1, 512+16", .driver = "nvme",
	.f = { 512, 16, 8, LBMD_PI_CSUM_CRC16_T10DIF, 4 },
};

FIXTURE_VARIANT_ADD(pi, nvme_type1_16_first) {
	.name = "nvme type 1, 512+16 first", .driver = "nvme",
	.f = { 512, 16, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 },
};

FIXTURE_VARIANT_ADD(pi, nvme_type3_16) {
	.name = "nvme type 3, 512+16", .driver = "nvme",
	.f = { 512, 16, 8, LBMD_PI_CSUM_CRC16_T10DIF, 0 },
};

FIXTURE_VARIANT_ADD(pi, nvme_crc64) {
	.name = "nvme type 1, CRC64", .driver = "nvme",
	.f = { 4096, 16, 0, LBMD_PI_CSUM_CRC64_NVME, 6 },
};

FIXTURE_VARIANT_ADD(pi, nvme_opaque) {
	.name = "nvme 512+8, no PI", .driver = "nvme",
	.f = { 512, 8, 0, LBMD_PI_CSUM_NONE, 0 },
};

FIXTURE_VARIANT_ADD(pi, scsi_crc) {
	.name = "scsi_debug, CRC", .driver = "sd",
	.f = { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 }, .no_app = true,
};

FIXTURE_VARIANT_ADD(pi, scsi_ip) {
	.name = "scsi_debug, IP", .driver = "sd",
	.f = { 512, 8, 0, LBMD_PI_CSUM_IP, 4 }, .no_app = true,
};

FIXTURE_VARIANT_ADD(pi, partition) {
	.name = "partition", .driver = "nvme",
	.f = { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 }, .stack = PARTITION,
};

FIXTURE_VARIANT_ADD(pi, dm_linear) {
	.name = "dm linear", .driver = "nvme",
	.f = { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 }, .stack = DM_LINEAR,
};

FIXTURE_VARIANT_ADD(pi, dm_linear_scsi) {
	.name = "dm linear, scsi_debug", .driver = "sd",
	.f = { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 }, .stack = DM_LINEAR,
	.no_app = true, .one_disk = true,
};

FIXTURE_VARIANT_ADD(pi, md_raid0) {
	.name = "md raid0", .driver = "nvme",
	.f = { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 }, .stack = MD_RAID0,
};

FIXTURE_SETUP(pi)
{
	struct format f;
	char disk[2][64];
	const char *disks[2] = { disk[0], disk[1] };
	int i;

	for (i = 0; i < (variant->stack >= DM_LINEAR ? 2 : 1); i++) {
		if (!find_disk(variant->driver, &variant->f,
			       variant->one_disk ? 0 : i, disk[i],
			       sizeof(disk[i])))
			SKIP(return, "no disk %d of this kind: %s", i,
			     variant->name);
	}
	switch (variant->stack) {
	case PARTITION:
		ASSERT_EQ(0, partition(disk[0], BLKPG_ADD_PARTITION));
		snprintf(self->name, sizeof(self->name), "%.60sp1", disk[0]);
		break;
	case DM_LINEAR:
		/*
		 * So small that large I/Os are on both, and not from the start:
		 * reference tags have to be translated.
		 */
		ASSERT_EQ(0, dm_make(&self->dm, "pi", "0 5000 linear %s 2048\n"
				     "5000 5000 linear %s 8192", disk[0],
				     disk[1]));
		strcpy(self->name, self->dm.dev);
		break;
	case MD_RAID0:
		ASSERT_EQ(0, md_create(MD_NAME, disks, 2));
		strcpy(self->name, "/dev/" MD_NAME);
		break;
	default:
		strcpy(self->name, disk[0]);
	}
	ASSERT_EQ(0, io_setup(2 * DEPTH, &self->ctx));
	self->fd = open(self->name, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	/* a stack has the format of its disks */
	ASSERT_EQ(0, get_format(self->fd, &f));
	ASSERT_EQ(0, memcmp(&f, &variant->f, sizeof(f)));
	self->f = f;
	if (f.guard != LBMD_PI_CSUM_NONE)
		self->check = IO_INTEGRITY_CHK_GUARD | IO_INTEGRITY_CHK_APPTAG;
	if (f.ref)
		self->check |= IO_INTEGRITY_CHK_REFTAG;
	self->buf = block_alloc(SIZE);
	self->md = block_alloc(MD_SIZE);
	ASSERT_NE(NULL, self->buf);
	ASSERT_NE(NULL, self->md);
}

FIXTURE_TEARDOWN(pi)
{
	EXPECT_EQ(0, io_destroy(self->ctx));
	close(self->fd);
	munmap(self->buf, SIZE);
	munmap(self->md, MD_SIZE);
	if (variant->stack == PARTITION) {
		self->name[strlen(self->name) - 2] = 0;
		EXPECT_EQ(0, partition(self->name, BLKPG_DEL_PARTITION));
	}
	EXPECT_EQ(0, dm_remove(&self->dm));
	if (variant->stack == MD_RAID0)
		EXPECT_EQ(0, md_stop(MD_NAME));
}

#define say(device, what, result, ...) do {				\
	printf("# %s | %s | " result "\n", device, what, ##__VA_ARGS__);\
	fflush(stdout);							\
} while (0)

#define SAY(what, ...)	say(variant->name, what, __VA_ARGS__)

/* The error of io_submit(2), or the result and the mask of the I/O. */
struct outcome {
	int submit;
	long long res;
	long long res2;
};

static struct outcome pi_io(aio_context_t ctx, int fd, int opcode, void *buf,
			    size_t len, long long offset, const void *list)
{
	struct iocb iocb = aio_prep(opcode, fd, buf, len, offset, list);
	struct io_event event = {};
	struct outcome o;

	o.submit = aio_run(ctx, &iocb, &event);
	o.res = event.res;
	o.res2 = event.res2;
	return o;
}

/* Transfer @n intervals at interval @at. */
static struct outcome with_pi(FIXTURE_DATA(pi) * self, int opcode,
			      unsigned int at, unsigned int n, const void *md,
			      uint32_t md_len, uint16_t flags, uint16_t app,
			      uint64_t seed)
{
	struct pi_list l = pi_list(md, md_len, flags, app, seed);

	return pi_io(self->ctx, self->fd, opcode, self->buf,
		     (size_t)n * self->f.interval,
		     (long long)at * self->f.interval, &l);
}

/* The same with a metadata buffer of the required size. */
static struct outcome read_at(FIXTURE_DATA(pi) * self, unsigned int at,
			      unsigned int n, const void *md, uint16_t flags,
			      uint16_t app, uint64_t seed)
{
	return with_pi(self, IOCB_CMD_PREAD, at, n, md, n * self->f.size,
		       flags, app, seed);
}

static struct outcome write_at(FIXTURE_DATA(pi) * self, unsigned int at,
			       unsigned int n, const void *md, uint16_t flags,
			       uint16_t app, uint64_t seed)
{
	return with_pi(self, IOCB_CMD_PWRITE, at, n, md, n * self->f.size,
		       flags, app, seed);
}

static void fill(uint8_t *p, size_t len, unsigned int pattern)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = pattern + i + i / 251;
}

#define EXPECT_DONE(o, n)	do {					\
	struct outcome __o = (o);					\
									\
	EXPECT_EQ(0, __o.submit);					\
	EXPECT_EQ((long long)(n) * self->f.interval, __o.res);		\
	EXPECT_EQ(PI_BIT, __o.res2);					\
} while (0)

/*
 * Write @n intervals of a pattern with their tuples, clear the memory and read
 * them again. Nothing after the tuples may change.
 */
static void round_trip(struct __test_metadata *_metadata,
		       FIXTURE_DATA(pi) * self, unsigned int at, unsigned int n,
		       uint64_t seed)
{
	size_t len = (size_t)n * self->f.interval, md_len = n * self->f.size;
	uint16_t app = seed ^ 0x5a5a;
	uint8_t *data = malloc(len), *md = malloc(md_len);

	ASSERT_NE(NULL, data);
	ASSERT_NE(NULL, md);
	fill(self->buf, len, seed + n);
	set_tuples(&self->f, self->buf, self->md, n, app, seed);
	memcpy(data, self->buf, len);
	memcpy(md, self->md, md_len);
	EXPECT_DONE(write_at(self, at, n, self->md, self->check, app, seed), n);
	/* the kernel must not modify the buffer of the caller */
	EXPECT_EQ(0, memcmp(md, self->md, md_len));

	memset(self->buf, 0xee, len);
	memset(self->md, 0xee, md_len + 64);
	EXPECT_DONE(read_at(self, at, n, self->md, self->check, app, seed), n);
	EXPECT_EQ(0, memcmp(data, self->buf, len));
	EXPECT_EQ(0, memcmp(md, self->md, md_len)) {
		TH_LOG("%u intervals at %u, seed %llx", n, at,
		       (unsigned long long)seed);
	}
	for (n = 0; n < 64; n++)
		EXPECT_EQ(0xee, self->md[md_len + n]);
	free(data);
	free(md);
}

TEST_F(pi, round_trip)
{
	/*
	 * QEMU 7.2 truncates unchecked metadata of more than 512 bytes to a
	 * multiple of 512 bytes, so there is no 127.
	 */
	static const unsigned int counts[] = { 1, 2, 7, 8, 63, 128 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		/* the seed may be, but need not be, the interval number */
		round_trip(_metadata, self, 3 + i, counts[i], 3 + i);
		round_trip(_metadata, self, 300 + i, counts[i], 0x10000 + i);
		round_trip(_metadata, self, 600 + i, counts[i], 0);
		round_trip(_metadata, self, 900 + i, counts[i],
			   0xfffffff0 - counts[i]);
	}
	SAY("round trip", "same bytes");
}

/* The other attributes of the I/O are those of a set. */
TEST_F(pi, beside_set)
{
	const unsigned int n = 8;
	const size_t len = n * self->f.interval, md_len = n * self->f.size;
	int cgroup = cgroup_make("pi");
	struct attr_list of_set = list_one(IOCB_ATTR_cgroup, cgroup);
	int set = set_make(&of_set, 0), op;
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_set	set;
		struct iocb_attr_pi	pi;
	} l = {
		.list	= { .size = sizeof(l) },
		.set	= { { sizeof(l.set), IOCB_ATTR_set, 0 }, set, 0 },
		.pi	= pi_list(self->md, md_len, self->check, 5, 70).pi,
	};
	struct outcome o;
	uint8_t *md;

	ASSERT_LE(0, cgroup);
	ASSERT_LE(0, set);
	md = malloc(md_len);
	ASSERT_NE(NULL, md);
	fill(self->buf, len, 70);
	set_tuples(&self->f, self->buf, self->md, n, 5, 70);
	memcpy(md, self->md, md_len);
	for (op = 0; op < 2; op++) {
		o = pi_io(self->ctx, self->fd, op ? IOCB_CMD_PREAD :
			  IOCB_CMD_PWRITE, self->buf, len,
			  70LL * self->f.interval, &l);
		EXPECT_EQ(0, o.submit);
		EXPECT_EQ((long long)len, o.res);
		EXPECT_EQ(PI_BIT | ATTR_BIT(cgroup), o.res2);
		if (!op)
			memset(self->md, 0xee, md_len);
	}
	EXPECT_EQ(0, memcmp(md, self->md, md_len));
	SAY("beside a set", "same bytes, and charged");
	free(md);
	close(set);
	close(cgroup);
	EXPECT_EQ(0, cgroup_remove("pi"));
}

/* Only the bits that fit in the tag count, and the tag wraps around. */
TEST_F(pi, seed_wraps)
{
	if (!self->f.ref)
		SKIP(return, "no reference tag");
	round_trip(_metadata, self, 40, 8,
		   (1ULL << 8 * self->f.ref) - 4);
	round_trip(_metadata, self, 60, 8, 0x123456789abcdef0);
	SAY("seed of 64 bits, and one that wraps", "same bytes");
}

#define SCSI_DEBUG	"/sys/bus/pseudo/drivers/scsi_debug/"

/* Resize the disk of scsi_debug; "0" is its original size. */
static int scsi_debug_size(const char *name, const char *gib)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/%.32s/device/rescan",
		 name + 5);
	return write_file(SCSI_DEBUG "virtual_gb", gib) ?:
	       write_file(path, "1");
}

/*
 * Reference tags of type 1 are the lower 32 bits of the block number. Only
 * scsi_debug provides such a large disk.
 */
TEST_F(pi, beyond_block_2_32)
{
	const uint64_t wrap = 1ULL << 32, first = wrap - 8;
	const uint64_t places[] = { 0, first, wrap, wrap + 1000 };
	const uint64_t seeds[] = { 5, first, wrap - 5, wrap + 7, wrap + 1000 };
	const unsigned int n = 16, len = n * self->f.interval;
	uint16_t check = self->check & ~IO_INTEGRITY_CHK_APPTAG;
	uint8_t expected[16 * 64];
	unsigned int i, j, one;
	struct outcome o;
	uint64_t size;

	if (strncmp(self->name, "/dev/sd", 7))
		SKIP(return, "no disk that large");
	ASSERT_EQ(0, scsi_debug_size(self->name, "2200"));
	ASSERT_EQ(0, ioctl(self->fd, BLKGETSIZE64, &size));
	ASSERT_LT((wrap + 4096) * self->f.interval, size);

	/* tuples that the kernel generates and verifies */
	fill(self->buf, len, 1);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PWRITE, self->buf, len,
		  first * self->f.interval, NULL);
	EXPECT_EQ(len, o.res);
	memset(self->buf, 0, len);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PREAD, self->buf, len,
		  first * self->f.interval, NULL);
	EXPECT_EQ(len, o.res);
	EXPECT_EQ(1, self->buf[0]);

	/* in one I/O and in one I/O per block */
	for (i = 0; i < ARRAY_SIZE(places) * ARRAY_SIZE(seeds) * 2; i++) {
		uint64_t at = places[i / 2 % ARRAY_SIZE(places)];
		uint64_t seed = seeds[i / 2 / ARRAY_SIZE(places)];
		unsigned int step = i % 2 ? 1 : n;
		int op;

		fill(self->buf, len, i);
		set_tuples(&self->f, self->buf, expected, n, 3, seed);
		memcpy(self->md, expected, n * self->f.size);
		for (op = 0; op < 2; op++) {
			for (j = 0; j < n; j += step) {
				struct pi_list l;

				l = pi_list(self->md + j * self->f.size,
					    step * self->f.size, check, 3,
					    seed + j);
				o = pi_io(self->ctx, self->fd, op ?
					  IOCB_CMD_PREAD : IOCB_CMD_PWRITE,
					  self->buf + j * self->f.interval,
					  step * self->f.interval,
					  (at + j) * self->f.interval, &l);
				EXPECT_EQ(0, o.submit);
				ASSERT_EQ(step * self->f.interval, o.res) {
					TH_LOG("%s, block %#llx + %u, seed %#llx",
					       op ? "read" : "write",
					       (unsigned long long)at, j,
					       (unsigned long long)seed);
				}
			}
			EXPECT_EQ(0, memcmp(expected, self->md,
					    n * self->f.size));
			memset(self->md, 0xee, n * self->f.size);
		}
		/* read without protection information */
		one = i % n;
		o = pi_io(self->ctx, self->fd, IOCB_CMD_PREAD, self->buf, len,
			  at * self->f.interval, NULL);
		EXPECT_EQ(len, o.res);
		EXPECT_EQ((uint8_t)(i + one * self->f.interval +
				    one * self->f.interval / 251),
			  self->buf[one * self->f.interval]);
	}
	SAY("across block 2^32", "tags of 32 bits");
	EXPECT_EQ(0, scsi_debug_size(self->name, "0"));
	/* scsi_debug stored those before 2^32 at its end: restore the tags */
	ASSERT_EQ(0, ioctl(self->fd, BLKGETSIZE64, &size));
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PWRITE, self->buf, len,
		  size - len, NULL);
	EXPECT_EQ(len, o.res);
}

/* Tuples that the kernel generates can be read, and the reverse. */
TEST_F(pi, kernel_generated_tuples)
{
	unsigned int i, n = 16;
	struct outcome o;
	uint8_t expected[64];

	if (self->f.guard == LBMD_PI_CSUM_NONE)
		SKIP(return, "the kernel makes no tuples for this format");
	fill(self->buf, n * self->f.interval, 1);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PWRITE, self->buf,
		  n * self->f.interval, 0, NULL);
	ASSERT_EQ(n * self->f.interval, o.res);
	EXPECT_DONE(read_at(self, 0, n, self->md, self->check &
			    ~IO_INTEGRITY_CHK_APPTAG, 0, 5), n);
	for (i = 0; i < n; i++) {
		uint8_t *md = self->md + i * self->f.size;

		memcpy(expected, md, self->f.size);
		set_guard(&self->f, self->buf + i * self->f.interval,
			  expected);
		EXPECT_EQ(0, memcmp(expected, md, self->f.size));
		EXPECT_EQ(0, get_be(app_at(&self->f, md), 2));
		if (self->f.ref)
			EXPECT_EQ(5 + i, get_be(ref_at(&self->f, md),
						self->f.ref));
	}

	round_trip(_metadata, self, 0, n, 5);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PREAD, self->buf,
		  n * self->f.interval, 0, NULL);
	EXPECT_EQ(n * self->f.interval, o.res);
	EXPECT_EQ(0, o.res2);
	SAY("plain write, read with pi, and the reverse", "as computed");
}

enum wrong { GUARD, APP, REF };

/* Overwrite eight intervals. One new tuple has a wrong tag. */
static void wrong_tag(struct __test_metadata *_metadata,
		      FIXTURE_DATA(pi) * self,
		      const FIXTURE_VARIANT(pi) * variant, enum wrong wrong,
		      uint16_t flag, const char *what)
{
	size_t len = 8 * self->f.interval, i;
	uint8_t *md = self->md + 5 * self->f.size;
	struct outcome o;

	if (!(self->check & flag) || (wrong == APP && variant->no_app))
		SKIP(return, "%s has no such check", variant->name);
	round_trip(_metadata, self, 0, 8, 77);

	fill(self->buf, len, 200);
	set_tuples(&self->f, self->buf, self->md, 8, 4, 77);
	switch (wrong) {
	case GUARD:
		md[self->f.offset] ^= 1;
		break;
	case APP:
		app_at(&self->f, md)[1] ^= 1;
		break;
	case REF:
		ref_at(&self->f, md)[3] ^= 0x20;
		break;
	}
	o = write_at(self, 0, 8, self->md, self->check, 4, 77);
	SAY(what, "io_submit %d, res %lld, res2 %#llx", o.submit, o.res,
	    o.res2);
	EXPECT_EQ(0, o.submit);
	EXPECT_EQ(-EILSEQ, o.res);
	EXPECT_EQ(PI_BIT, o.res2);

	/* nothing was written */
	EXPECT_DONE(read_at(self, 0, 8, self->md, self->check, 77 ^ 0x5a5a, 77),
		    8);
	for (i = 0; i < len; i++)
		ASSERT_EQ((uint8_t)(77 + 8 + i + i / 251), self->buf[i]);
}

TEST_F(pi, wrong_guard)
{
	wrong_tag(_metadata, self, variant, GUARD, IO_INTEGRITY_CHK_GUARD,
		  "write with a wrong guard");
}

TEST_F(pi, wrong_app_tag)
{
	wrong_tag(_metadata, self, variant, APP, IO_INTEGRITY_CHK_APPTAG,
		  "write with a wrong app tag");
}

TEST_F(pi, wrong_ref_tag)
{
	wrong_tag(_metadata, self, variant, REF, IO_INTEGRITY_CHK_REFTAG,
		  "write with a wrong ref tag");
}

/* A device checks only the tags that are requested. */
TEST_F(pi, unrequested_checks)
{
	static const uint16_t asked[] = {
		0, IO_INTEGRITY_CHK_GUARD, IO_INTEGRITY_CHK_REFTAG,
	};
	unsigned int n = 8, i, j;
	uint8_t saved[8 * 64], *md;
	struct outcome o;

	if (!self->check)
		SKIP(return, "no tags");
	fill(self->buf, n * self->f.interval, 33);
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		if (asked[i] & ~self->check)
			continue;
		set_tuples(&self->f, self->buf, self->md, n, 4, 77);
		for (j = 0; j < n; j++) {
			md = self->md + j * self->f.size;
			if (!(asked[i] & IO_INTEGRITY_CHK_GUARD))
				md[self->f.offset] ^= 1;
			if (self->f.ref &&
			    !(asked[i] & IO_INTEGRITY_CHK_REFTAG))
				ref_at(&self->f, md)[2] ^= 0x40;
		}
		memcpy(saved, self->md, n * self->f.size);
		o = write_at(self, 16, n, self->md, asked[i], 0, 77);
		EXPECT_EQ(n * self->f.interval, o.res) {
			TH_LOG("write, asked for %#x", asked[i]);
		}
		memset(self->md, 0xee, n * self->f.size);
		o = read_at(self, 16, n, self->md, asked[i], 0, 77);
		EXPECT_EQ(n * self->f.interval, o.res) {
			TH_LOG("read, asked for %#x", asked[i]);
		}
		EXPECT_EQ(0, memcmp(saved, self->md, n * self->f.size));
	}
	/* restore correct tuples */
	round_trip(_metadata, self, 16, n, 3);
	SAY("wrong tags that are not to be checked", "same bytes");
}

/* A read requests other tags than those on the disk. */
TEST_F(pi, read_other_tags)
{
	struct outcome o;

	round_trip(_metadata, self, 0, 8, 77);
	if (self->check && !variant->no_app) {
		o = read_at(self, 0, 8, self->md, self->check, 1, 77);
		SAY("read for another app tag", "res %lld", o.res);
		EXPECT_EQ(-EILSEQ, o.res);
	}
	/* without the check the tag is only returned */
	EXPECT_DONE(read_at(self, 0, 8, self->md,
			    self->check & ~IO_INTEGRITY_CHK_APPTAG, 1, 77), 8);
	if (self->check)
		EXPECT_EQ(77 ^ 0x5a5a,
			  get_be(app_at(&self->f, self->md), 2));
	EXPECT_DONE(read_at(self, 0, 8, self->md, 0, 1, 77), 8);
}

/*
 * A check of a tag that the format does not have is rejected before any I/O,
 * for the attribute of io_uring and for lists.
 */
TEST_F(pi, check_absent_tag)
{
	static const int ops[] = { IORING_OP_WRITE, IORING_OP_READ };
	unsigned int n = 8, len = n * self->f.interval, flag, i;
	struct io_uring_attr_pi own = {
		.len	 = n * self->f.size,
		.addr	 = (uintptr_t)self->md,
		.app_tag = 9 ^ 0x5a5a,
		.seed	 = 9,
	};
	struct pi_list l = pi_list(self->md, own.len, 0, own.app_tag, own.seed);
	struct io_uring_sqe sqe;
	struct uring ring;
	struct outcome o;

	ASSERT_EQ(0, uring_init(&ring));
	round_trip(_metadata, self, 0, n, 9);
	l.list.flags = 0;
	for (flag = 1; flag <= IO_INTEGRITY_CHK_APPTAG; flag <<= 1) {
		bool has = self->check & flag;

		for (i = 0; i < ARRAY_SIZE(ops); i++) {
			memset(self->buf, 0xee, len);
			if (has) {
				fill(self->buf, len, 9 + n);
				set_tuples(&self->f, self->buf, self->md, n,
					   own.app_tag, own.seed);
			}
			l.pi.flags = flag;
			own.flags = flag;
			o = pi_io(self->ctx, self->fd, i ? IOCB_CMD_PREAD :
				  IOCB_CMD_PWRITE, self->buf, len, 0, &l);
			EXPECT_EQ(has ? 0 : -EINVAL, o.submit) {
				TH_LOG("check %#x", flag);
			}
			sqe = uring_prep(ops[i], self->fd, self->buf, len, 0,
					 &l);
			EXPECT_EQ(has ? (int)len : -EINVAL,
				  uring_run(&ring, &sqe)) {
				TH_LOG("check %#x of a list", flag);
			}
			sqe.attr_ptr = (uintptr_t)&own;
			sqe.attr_type_mask = IORING_RW_ATTR_FLAG_PI;
			EXPECT_EQ(has ? (int)len : -EINVAL,
				  uring_run(&ring, &sqe)) {
				TH_LOG("check %#x of io_uring's own", flag);
			}
			/* the same together with valid checks */
			own.flags |= self->check;
			EXPECT_EQ(has ? (int)len : -EINVAL,
				  uring_run(&ring, &sqe));
		}
	}
	SAY("a check of a tag that there is not", "io_submit %d", o.submit);
	EXPECT_DONE(read_at(self, 0, n, self->md, self->check, own.app_tag, 9),
		    n);
	EXPECT_EQ((uint8_t)(9 + n), self->buf[0]);
	uring_exit(&ring);
}

/* A short buffer is rejected. Excess bytes are ignored. */
TEST_F(pi, lengths)
{
	unsigned int n = 8, len = n * self->f.size, i;
	static const int bad[] = { 0, 1, -1, -8 };
	struct outcome o;

	round_trip(_metadata, self, 0, n, 9);
	fill(self->buf, n * self->f.interval, 99);
	set_tuples(&self->f, self->buf, self->md, n, 1, 9);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		uint32_t l = bad[i] < 0 ? len + bad[i] : (uint32_t)bad[i];

		o = with_pi(self, IOCB_CMD_PWRITE, 0, n, self->md, l,
			    self->check, 1, 9);
		EXPECT_EQ(0, o.submit);
		EXPECT_EQ(-EINVAL, o.res);
		EXPECT_EQ(0, o.res2);
		o = with_pi(self, IOCB_CMD_PREAD, 0, n, self->md, l,
			    self->check, 1, 9);
		EXPECT_EQ(0, o.submit);
		EXPECT_EQ(-EINVAL, o.res);
		EXPECT_EQ(0, o.res2);
	}
	SAY("buffer too short", "res %lld", o.res);
	EXPECT_DONE(read_at(self, 0, n, self->md, self->check, 9 ^ 0x5a5a, 9),
		    n);
	EXPECT_EQ((uint8_t)(9 + n), self->buf[0]);

	memset(self->md, 0xee, len + 100);
	EXPECT_DONE(with_pi(self, IOCB_CMD_PREAD, 0, n, self->md, len + 100,
			    self->check, 9 ^ 0x5a5a, 9), n);
	for (i = 0; i < 100; i++)
		EXPECT_EQ(0xee, self->md[len + i]);
	EXPECT_DONE(with_pi(self, IOCB_CMD_PWRITE, 0, n, self->md, len + 1,
			    self->check, 9 ^ 0x5a5a, 9), n);
	SAY("buffer too long", "the rest is left alone");
	/* an empty I/O carries nothing */
	o = with_pi(self, IOCB_CMD_PREAD, 0, 0, NULL, 0, 0, 0, 0);
	EXPECT_EQ(0, o.submit);
	EXPECT_EQ(0, o.res);
	EXPECT_EQ(0, o.res2);
}

/* Unaligned buffers, across pages, directly before another mapping. */
TEST_F(pi, alignment)
{
	static const int shifts[] = { 1, 2, 3, 4, 7, 64, 4092, 4095 };
	uint8_t *md = self->md, *page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		self->md = md + shifts[i];
		round_trip(_metadata, self, 8, 8, 1000 + i);
		round_trip(_metadata, self, 8, 128, 1000 + i);
	}
	SAY("buffer at an odd address", "same bytes");

	/* ends at the end of the mapping */
	page = mmap(NULL, 3 * BLOCK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + 2 * BLOCK, BLOCK));
	self->md = page + 2 * BLOCK - 8 * self->f.size;
	fill(self->buf, 8 * self->f.interval, 3);
	set_tuples(&self->f, self->buf, self->md, 8, 2, 3);
	EXPECT_DONE(write_at(self, 8, 8, self->md, self->check, 2, 3), 8);
	EXPECT_DONE(read_at(self, 8, 8, self->md, self->check, 2, 3), 8);
	munmap(page, 2 * BLOCK);
	self->md = md;
}

TEST_F(pi, not_mapped)
{
	uint8_t *page = mmap(NULL, 2 * BLOCK, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	static const int ops[] = { IOCB_CMD_PWRITE, IOCB_CMD_PREAD };
	unsigned int i, len = 8 * self->f.size;
	struct outcome o;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + BLOCK, BLOCK));
	round_trip(_metadata, self, 0, 8, 9);
	memset(self->buf, 0, 8 * self->f.interval);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		o = with_pi(self, ops[i], 0, 8, page + BLOCK, len, 0, 0, 0);
		EXPECT_EQ(0, o.submit);
		EXPECT_EQ(-EIO, o.res);
		EXPECT_EQ(0, o.res2);
		/* half of the buffer is mapped */
		o = with_pi(self, ops[i], 0, 8, page + BLOCK - len / 2, len,
			    0, 0, 0);
		EXPECT_EQ(0, o.submit);
		EXPECT_EQ(-EIO, o.res);
		EXPECT_EQ(0, o.res2);
		SAY(i ? "read, buffer not mapped" : "write, buffer not mapped",
		    "res %lld", o.res);
		/* addresses outside user space are rejected at submission */
		o = with_pi(self, ops[i], 0, 8, (void *)-BLOCK, len, 0, 0, 0);
		EXPECT_EQ(sizeof(long) == 8 ? -EFAULT : 0, o.submit);
	}
	EXPECT_DONE(read_at(self, 0, 8, self->md, self->check, 9 ^ 0x5a5a, 9),
		    8);
	EXPECT_EQ((uint8_t)(9 + 8), self->buf[0]);
	munmap(page, BLOCK);

	/* a buffer of many pages: only the first one is mapped */
	len = SIZE / self->f.interval * self->f.size;
	page = mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + BLOCK, len - BLOCK));
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		o = with_pi(self, ops[i], 64, SIZE / self->f.interval, page,
			    len, 0, 0, 0);
		EXPECT_EQ(0, o.submit);
		EXPECT_EQ(-EIO, o.res);
	}
	munmap(page, BLOCK);
}

/* An address that does not fit in a pointer must not be truncated. */
TEST_F(pi, address_of_64_bits)
{
	struct pi_list l = pi_list(self->md, 8 * self->f.size, 0, 0, 0);
	struct outcome o;

	l.pi.addr |= 1ULL << 63;
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PREAD, self->buf,
		  8 * self->f.interval, 0, &l);
	EXPECT_EQ(-EFAULT, o.submit);
	SAY("address no program can have", "io_submit %d", o.submit);
}

/*
 * A write takes its tuples from a read-only mapping of a file. The kernel
 * translates reference tags without modifying the file, and does not write tags
 * to the shared zero page.
 */
TEST_F(pi, read_only)
{
	unsigned int i, n = 8, len = n * self->f.size;
	uint8_t *ro, *zero, saved[8 * 64];
	struct outcome o;
	char path[] = "/tmp/pi_test.XXXXXX";
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	fill(self->buf, n * self->f.interval, 50);
	set_tuples(&self->f, self->buf, saved, n, 7, 1000);
	ASSERT_EQ(len, write(fd, saved, len));
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ro = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, ro);

	EXPECT_DONE(write_at(self, 64, n, ro, self->check, 7, 1000), n);
	EXPECT_EQ(0, memcmp(saved, ro, len)) {
		TH_LOG("the kernel wrote to a file open for reading");
	}
	EXPECT_DONE(read_at(self, 64, n, self->md, self->check, 7, 1000), n);
	EXPECT_EQ(0, memcmp(saved, self->md, len));
	o = read_at(self, 64, n, ro, self->check, 7, 1000);
	EXPECT_EQ(0, o.submit);
	EXPECT_EQ(-EIO, o.res);
	EXPECT_EQ(0, memcmp(saved, ro, len));
	SAY("read into a read-only buffer", "res %lld", o.res);

	/* never written: reads see the shared zero page */
	zero = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, zero);
	ASSERT_EQ(0, zero[0]);
	write_at(self, 64, n, zero, 0, 0, 0);
	for (i = 0; i < BLOCK; i++)
		ASSERT_EQ(0, zero[i]) {
			TH_LOG("the kernel wrote to the zero page");
		}
	/* restore correct tuples */
	round_trip(_metadata, self, 64, n, 3);
	SAY("write from a read-only buffer", "written, not modified");
	munmap(zero, BLOCK);
	munmap(ro, BLOCK);
	close(fd);
	unlink(path);
}

TEST_F(pi, vectors)
{
	unsigned int n = 16, half = n / 2 * self->f.interval;
	struct iovec iov[2] = {
		{ self->buf, half }, { self->buf + SIZE / 2, half },
	};
	struct pi_list l = pi_list(self->md, n * self->f.size, self->check, 6,
				   123);
	uint8_t saved[16 * 64];
	struct outcome o;

	fill(self->buf, half, 1);
	fill(self->buf + SIZE / 2, half, 2);
	set_tuples(&self->f, self->buf, self->md, n / 2, 6, 123);
	set_tuples(&self->f, self->buf + SIZE / 2,
		   self->md + n / 2 * self->f.size, n / 2, 6, 123 + n / 2);
	memcpy(saved, self->md, n * self->f.size);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PWRITEV, iov, 2, 0, &l);
	EXPECT_DONE(o, n);
	memset(self->buf, 0, SIZE);
	memset(self->md, 0, n * self->f.size);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PREADV, iov, 2, 0, &l);
	EXPECT_DONE(o, n);
	EXPECT_EQ(0, memcmp(saved, self->md, n * self->f.size));
	EXPECT_EQ(1, self->buf[0]);
	EXPECT_EQ(2, self->buf[SIZE / 2]);
	SAY("PREADV and PWRITEV", "same bytes");
}

/* Three attributes on one I/O. */
TEST_F(pi, cache_and_cgroup)
{
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_cache	cache;
		struct iocb_attr_pi	pi;
		struct iocb_attr_cgroup	cgroup;
	} l = {
		.list	= { sizeof(l), IOCB_ATTR_LIST_REPORT },
		.cache	= { { 16, IOCB_ATTR_cache, IOCB_ATTR_REQUIRED },
			    IOCB_CACHE_BYPASS, 0 },
		.cgroup	= { { 16, IOCB_ATTR_cgroup, IOCB_ATTR_REQUIRED },
			    -1, 0 },
	};
	unsigned int n = 8;
	struct outcome o;

	l.pi = pi_list(self->md, n * self->f.size, self->check, 6, 55).pi;
	l.pi.attr.flags = IOCB_ATTR_REQUIRED;
	l.cgroup.fd = open("/sys/fs/cgroup", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, l.cgroup.fd);
	fill(self->buf, n * self->f.interval, 1);
	set_tuples(&self->f, self->buf, self->md, n, 6, 55);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PWRITE, self->buf,
		  n * self->f.interval, 0, &l);
	EXPECT_EQ(0, o.submit);
	EXPECT_EQ(n * self->f.interval, o.res);
	EXPECT_EQ(PI_BIT | ATTR_BIT(cgroup), o.res2);
	EXPECT_DONE(read_at(self, 0, n, self->md, self->check, 6, 55), n);
	SAY("cache, cgroup and pi in one list", "res2 %#llx", o.res2);
	/* without REPORT nothing is reported */
	l.list.flags = 0;
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PREAD, self->buf,
		  n * self->f.interval, 0, &l);
	EXPECT_EQ(n * self->f.interval, o.res);
	EXPECT_EQ(0, o.res2);
	close(l.cgroup.fd);
}

/*
 * One I/O is split into many bios and, with a small queue limit, many requests.
 * Reading each interval separately verifies its tag.
 */
TEST_F(pi, splits)
{
	unsigned int n = SIZE / self->f.interval, i;
	char path[128], old[32];

	round_trip(_metadata, self, 11, n, 0x2000);
	i = strlen(self->name) - (variant->stack == PARTITION ? 2 : 0);
	snprintf(path, sizeof(path), "/sys/block/%.*s/queue/max_sectors_kb",
		 i - 5, self->name + 5);
	ASSERT_LT(0, read_file(path, old, sizeof(old)));
	ASSERT_EQ(0, write_file(path, "4"));
	round_trip(_metadata, self, 11, n / 8, 0x3000);
	round_trip(_metadata, self, 11, 33, 0x4000);
	EXPECT_EQ(0, write_file(path, old));
	for (i = 0; i < 33; i++)
		EXPECT_DONE(read_at(self, 11 + i, 1, self->md, self->check,
				    0x4000 ^ 0x5a5a, 0x4000 + i), 1);
	SAY("4 MiB, and 512 KiB with max_sectors_kb 4", "same bytes");
}

/* Concurrent neighbours, which may merge into one request. */
TEST_F(pi, merges)
{
	struct pi_list l[DEPTH];
	struct iocb iocb[DEPTH], *iocbs[DEPTH];
	struct io_event event[DEPTH];
	int i, op, done;

	fill(self->buf, DEPTH * self->f.interval, 9);
	for (op = 0; op < 2; op++) {
		for (i = 0; i < DEPTH; i++) {
			uint8_t *data = self->buf + i * self->f.interval;
			uint8_t *md = self->md + i * self->f.size;

			/* unrelated seeds */
			if (!op)
				set_tuples(&self->f, data, md, 1, 5,
					   i * 1000 + 7);
			l[i] = pi_list(md, self->f.size, self->check, 5,
				       i * 1000 + 7);
			iocb[i] = aio_prep(op ? IOCB_CMD_PREAD :
					   IOCB_CMD_PWRITE,
					   self->fd, data, self->f.interval,
					   i * self->f.interval, &l[i]);
			iocbs[i] = &iocb[i];
		}
		if (op) {
			memset(self->buf, 0, DEPTH * self->f.interval);
			memset(self->md, 0, DEPTH * self->f.size);
		}
		ASSERT_EQ(DEPTH, io_submit(self->ctx, DEPTH, iocbs));
		for (done = 0; done < DEPTH; done += i) {
			i = io_getevents(self->ctx, 1, DEPTH - done,
					 event + done);
			ASSERT_LT(0, i);
		}
		for (i = 0; i < DEPTH; i++) {
			EXPECT_EQ(self->f.interval, event[i].res);
			EXPECT_EQ(PI_BIT, event[i].res2);
		}
	}
	for (i = 0; i < DEPTH; i++) {
		uint8_t expected[64];

		set_tuples(&self->f, self->buf + i * self->f.interval,
			   expected, 1, 5, i * 1000 + 7);
		EXPECT_EQ(0, memcmp(expected, self->md + i * self->f.size,
				    self->f.size));
	}
	SAY("32 neighbours at once", "same bytes");
}

/* Buffered I/O is rejected even if the attribute is not required. */
TEST_F(pi, reject_buffered)
{
	struct pi_list l = pi_list(self->md, 8 * self->f.size, 0, 0, 0);
	size_t len = 8 * self->f.interval;
	int fd = open(self->name, O_RDWR | O_CLOEXEC), i;
	int flags = fcntl(self->fd, F_GETFL);
	struct outcome o;

	ASSERT_LE(0, fd);
	for (i = 0; i < 2; i++) {
		l.pi.attr.flags = i ? IOCB_ATTR_REQUIRED : 0;
		o = pi_io(self->ctx, fd, IOCB_CMD_PREAD, self->buf, len, 0, &l);
		EXPECT_EQ(-EOPNOTSUPP, o.submit);
		o = pi_io(self->ctx, fd, IOCB_CMD_PWRITE, self->buf, len, 0,
			  &l);
		EXPECT_EQ(-EOPNOTSUPP, o.submit);
	}
	SAY("buffered", "io_submit %d", o.submit);
	close(fd);
	/* O_DIRECT cleared later */
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, flags & ~O_DIRECT));
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PREAD, self->buf, len, 0, &l);
	EXPECT_EQ(-EOPNOTSUPP, o.submit);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, flags));
}

/*
 * io_uring reissues requests that need more bios than NOWAIT permits, here
 * because of scattered pages. It must keep all 64 bits of the seed, for its own
 * attribute and for lists.
 */
TEST_F(pi, uring_keeps_seed)
{
	const unsigned int pages = 2 * 256;
	const unsigned int n = pages * BLOCK / self->f.interval;
	const uint64_t seed = 0x123456789ULL;
	struct io_uring_attr_pi pi = {
		.flags	= self->check & ~IO_INTEGRITY_CHK_APPTAG,
		.len	= n * self->f.size,
		.addr	= (uintptr_t)self->md,
		.seed	= seed,
	};
	struct io_uring_sqe sqe = {
		.opcode		= IORING_OP_WRITEV,
		.fd		= self->fd,
		.len		= pages,
		.attr_type_mask	= IORING_RW_ATTR_FLAG_PI,
		.attr_ptr	= (uintptr_t)&pi,
	};
	struct pi_list l = pi_list(self->md, pi.len, pi.flags, 0, seed);
	struct iovec *iov = calloc(pages, sizeof(*iov));
	uint8_t *in_order = malloc(pages * BLOCK);
	struct uring_done done;
	struct uring ring;
	unsigned int i;
	int list;
	uint64_t mask;

	if (!self->f.ref)
		SKIP(return, "no reference tag");
	/* the bits that fit in the tag */
	mask = ~0ULL >> (64 - 8 * self->f.ref);
	ASSERT_NE(NULL, iov);
	ASSERT_NE(NULL, in_order);
	ASSERT_EQ(0, uring_open(&ring, 1, IORING_SETUP_CQE32));
	fill(self->buf, pages * BLOCK, 99);
	for (i = 0; i < pages; i++) {
		iov[i].iov_base = self->buf + (pages - 1 - i) * BLOCK;
		iov[i].iov_len = BLOCK;
		memcpy(in_order + i * BLOCK, iov[i].iov_base, BLOCK);
	}
	sqe.addr = (uintptr_t)iov;
	for (list = 0; list < 2; list++) {
		if (list) {
			sqe.attr_type_mask = IORING_RW_ATTR_FLAG_LIST;
			sqe.attr_ptr = (uintptr_t)&l;
		}
		set_tuples(&self->f, in_order, self->md, n, 0, seed);
		sqe.opcode = IORING_OP_WRITEV;
		ASSERT_EQ(0, uring_do(&ring, &sqe, &done));
		EXPECT_EQ((int)(pages * BLOCK), done.res);
		EXPECT_EQ(list ? PI_BIT : 0, done.extra[0]);

		memset(self->md, 0xee, n * self->f.size);
		sqe.opcode = IORING_OP_READV;
		ASSERT_EQ(0, uring_do(&ring, &sqe, &done));
		EXPECT_EQ((int)(pages * BLOCK), done.res);
		EXPECT_EQ(list ? PI_BIT : 0, done.extra[0]);
		for (i = 0; i < n; i++)
			ASSERT_EQ((seed + i) & mask,
				  get_be(ref_at(&self->f, self->md +
						i * self->f.size),
					 self->f.ref));
	}
	SAY("io_uring issues it again", "seed of 64 bits kept");
	uring_exit(&ring);
	free(in_order);
	free(iov);
}

/* Polled I/O with tuples is rejected. */
TEST_F(pi, uring_rejects_iopoll)
{
	struct pi_list l = pi_list(self->md, self->f.size, 0, 0, 0);
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, self->fd,
					     self->buf, self->f.interval, 0,
					     &l);
	struct uring ring;

	ASSERT_EQ(0, uring_open(&ring, 1, IORING_SETUP_CQE32 |
				IORING_SETUP_IOPOLL));
	EXPECT_EQ(-EOPNOTSUPP, uring_run(&ring, &sqe));
	uring_exit(&ring);
}

struct dirtier {
	void *page;
	atomic_bool stop;
};

/*
 * A store could end in SIGBUS: QEMU writes data and metadata separately, and a
 * read in between gets a wrong guard. madvise(2) can be repeated.
 */
static void *keep_dirty(void *arg)
{
	struct dirtier *d = arg;

	while (!d->stop)
		madvise(d->page, BLOCK, MADV_POPULATE_WRITE);
	return NULL;
}

/*
 * A dirty page in the page cache can make a direct write fall back to buffered
 * I/O. With tuples, which would be lost, it must not.
 */
TEST_F(pi, page_cache_conflict)
{
	struct dirtier d = {};
	int fd = open(self->name, O_RDWR | O_CLOEXEC), i, failed = 0;
	unsigned int n = BLOCK / self->f.interval;
	struct outcome o;
	pthread_t thread;

	ASSERT_LE(0, fd);
	d.page = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, d.page);
	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_dirty, &d));
	fill(self->buf, BLOCK, 1);
	set_tuples(&self->f, self->buf, self->md, n, 3, 0);
	for (i = 0; i < 100; i++) {
		o = write_at(self, 0, n, self->md, self->check, 3, 0);
		ASSERT_EQ(0, o.submit);
		if (o.res < 0) {
			EXPECT_EQ(-EOPNOTSUPP, o.res);
			failed++;
			continue;
		}
		if (o.res2 != PI_BIT)
			break;
	}
	EXPECT_EQ(100, i) {
		TH_LOG("write %d went through the page cache", i);
	}
	d.stop = true;
	pthread_join(thread, NULL);
	munmap(d.page, BLOCK);
	close(fd);
	SAY("page cache in the way", "%d of %d writes failed, none without pi",
	    failed, i);
	/* or the page was not in the cache */
	EXPECT_LT(0, failed);
}

/* The expected content of the device, for the test with random I/O. */
struct model {
	uint32_t	seed;	/* of the data */
	uint16_t	app;
	uint32_t	ref;
	uint8_t		rest;	/* first byte outside of the tuple */
};

struct slot {
	struct iocb	iocb;
	struct pi_list	l;
	uint8_t		*data;
	uint8_t		*md;
	unsigned int	at, n;
	uint32_t	base;
	struct model	*model;
};

#define SLOT_BLOCKS	48
#define SLOT_MAX	16

/* Data that identifies its interval. */
static void stamp(uint8_t *p, size_t len, uint32_t seed)
{
	uint32_t *w = (uint32_t *)p;
	size_t i;

	for (i = 0; i < len / 4; i++)
		w[i] = seed * 2654435761u + i;
}

static void start_one(FIXTURE_DATA(pi) * self, struct slot *s,
		      unsigned int first, unsigned int *rng)
{
	bool write;
	unsigned int i;
	uint32_t seed = rand_r(rng);

	s->n = 1 + rand_r(rng) % SLOT_MAX;
	s->at = rand_r(rng) % (SLOT_BLOCKS - s->n);
	write = rand_r(rng) & 1;
	s->base = seed;
	if (write) {
		uint16_t app = rand_r(rng) % 0xfffe;

		for (i = 0; i < s->n; i++) {
			struct model *m = &s->model[s->at + i];

			*m = (struct model){ rand_r(rng), app, seed + i,
					     seed + i * 7 };
			stamp(s->data + i * self->f.interval,
			      self->f.interval, m->seed);
		}
		set_tuples(&self->f, s->data, s->md, s->n, app, seed);
	} else {
		memset(s->data, 0xee, s->n * self->f.interval);
		memset(s->md, 0xee, s->n * self->f.size);
	}
	s->l = pi_list(s->md, s->n * self->f.size,
		       write ? self->check :
		       self->check & ~IO_INTEGRITY_CHK_APPTAG,
		       s->model[s->at].app, seed);
	s->iocb = aio_prep(write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD, self->fd,
			   s->data, s->n * self->f.interval,
			   (long long)(first + s->at) * self->f.interval,
			   &s->l);
	s->iocb.aio_data = (uintptr_t)s;
}

/* Did the read return the data and tags that were written last? */
static bool right(FIXTURE_DATA(pi) * self, struct slot *s)
{
	uint8_t md[64], data[4096];
	unsigned int i, j;

	for (i = 0; i < s->n; i++) {
		struct model *m = &s->model[s->at + i];

		stamp(data, self->f.interval, m->seed);
		for (j = 0; j < self->f.size; j++)
			md[j] = m->rest + j;
		if (self->f.guard != LBMD_PI_CSUM_NONE) {
			put_be(app_at(&self->f, md), m->app, 2);
			/* an unchecked tag is opaque */
			put_be(ref_at(&self->f, md),
			       self->f.ref ? s->base + i : m->ref,
			       ref_bytes(&self->f));
			set_guard(&self->f, data, md);
		}
		if (memcmp(data, s->data + i * self->f.interval,
			   self->f.interval) ||
		    memcmp(md, s->md + i * self->f.size, self->f.size))
			return false;
	}
	return true;
}

/* Allocate and free memory concurrently, to reveal early freed pages. */
static void *map_and_unmap(void *arg)
{
	atomic_bool *stop = arg;
	size_t len = 64 * BLOCK;
	char *p;
	size_t i;

	while (!*stop) {
		p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			continue;
		for (i = 0; i < len; i += BLOCK)
			p[i] = i;
		munmap(p, len);
		/* leave CPU time for the I/O */
		usleep(1000);
	}
	return NULL;
}

TEST_F_TIMEOUT(pi, mixed, 600)
{
	struct slot *slots = calloc(DEPTH, sizeof(*slots));
	struct iocb *iocbs[DEPTH];
	struct io_event events[DEPTH];
	unsigned int rng = 1, reads = 0;
	int ios = getenv("LONG") ? 20000 : 250;
	atomic_bool stop = false;
	int i, k, started = 0, done = 0;
	pthread_t thread;

	ASSERT_NE(NULL, slots);
	ASSERT_EQ(0, pthread_create(&thread, NULL, map_and_unmap, &stop));
	for (i = 0; i < DEPTH; i++) {
		struct slot *s = &slots[i];

		s->data = self->buf + i * SLOT_BLOCKS * 4096 / 2;
		s->md = self->md + i * SLOT_BLOCKS * 64;
		s->model = calloc(SLOT_BLOCKS, sizeof(*s->model));
		ASSERT_NE(NULL, s->model);
	}
	/* write every block once */
	for (i = 0; i < DEPTH; i++) {
		struct slot *s = &slots[i];

		struct outcome o;

		for (k = 0; k < SLOT_BLOCKS; k++) {
			s->model[k] = (struct model){ k, 1, k, k * 7 };
			stamp(self->buf + k * self->f.interval,
			      self->f.interval, k);
		}
		set_tuples(&self->f, self->buf, self->md, SLOT_BLOCKS, 1, 0);
		o = write_at(self, i * SLOT_BLOCKS, SLOT_BLOCKS, self->md,
			     self->check, 1, 0);
		ASSERT_EQ(SLOT_BLOCKS * self->f.interval, o.res);
	}
	for (i = 0; i < DEPTH; i++) {
		start_one(self, &slots[i], i * SLOT_BLOCKS, &rng);
		iocbs[i] = &slots[i].iocb;
	}
	ASSERT_EQ(DEPTH, io_submit(self->ctx, DEPTH, iocbs));
	started = DEPTH;
	while (done < started) {
		int n = io_getevents(self->ctx, 1, DEPTH, events), again = 0;

		ASSERT_LT(0, n);
		for (i = 0; i < n; i++) {
			struct slot *s = (void *)(uintptr_t)events[i].data;

			done++;
			ASSERT_EQ(s->n * self->f.interval, events[i].res);
			ASSERT_EQ(PI_BIT, events[i].res2);
			if (s->iocb.aio_lio_opcode == IOCB_CMD_PREAD) {
				reads++;
				ASSERT_TRUE(right(self, s)) {
					TH_LOG("I/O %d: %u at %u", done, s->n,
					       s->at);
				}
			}
			if (started + again < ios) {
				start_one(self, s,
					  (s - slots) * SLOT_BLOCKS, &rng);
				iocbs[again++] = &s->iocb;
			}
		}
		if (again)
			ASSERT_EQ(again, io_submit(self->ctx, again, iocbs));
		started += again;
	}
	stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(ios, done);
	SAY("mixed at depth 32", "%d I/Os, %u reads verified", done, reads);
	for (i = 0; i < DEPTH; i++)
		free(slots[i].model);
	free(slots);
}

/*
 * Let the Nth allocation or copy fail. The I/O either fails without effect or
 * succeeds.
 */
TEST_F(pi, fail_nth)
{
	unsigned int n = 64, nth, failed = 0;
	uint32_t now = 0x100, next;
	struct io_event events[8];
	struct outcome o;

	if (!fault_init())
		SKIP(return, "no fault injection");

	round_trip(_metadata, self, 0, n, now);
	for (nth = 1; nth <= 80; nth++) {
		/* an unaligned buffer is copied to allocated memory */
		uint8_t *md = self->md + nth % 2;
		bool write = nth % 4 < 2;

		next = now + 0x1000;
		if (write) {
			fill(self->buf, n * self->f.interval, next + n);
			set_tuples(&self->f, self->buf, md, n, next ^ 0x5a5a,
				   next);
		}
		ASSERT_EQ(0, fault_set(nth / 4 + 1));
		if (write)
			o = write_at(self, 0, n, md, self->check,
				     (uint16_t)(next ^ 0x5a5a), next);
		else
			o = read_at(self, 0, n, md, self->check,
				    (uint16_t)(now ^ 0x5a5a), now);
		fault_clear();
		if (o.submit || o.res < 0) {
			int error = o.submit ? -o.submit : -o.res;

			failed++;
			EXPECT_TRUE(fault_error(error)) {
				TH_LOG("failure %d gave %d", nth, error);
			}
			io_getevents(self->ctx, 0, 8, events);
			/* the event was lost: the I/O was done */
			if (write && o.submit == -EPROTO)
				now = next;
		} else if (write) {
			now = next;
		}
		o = read_at(self, 0, n, self->md, self->check,
			    (uint16_t)(now ^ 0x5a5a), now);
		ASSERT_EQ(n * self->f.interval, o.res) {
			TH_LOG("after failure %d", nth);
		}
		ASSERT_EQ((uint8_t)(now + n), self->buf[0]);
	}
	EXPECT_LT(0, failed);
	round_trip(_metadata, self, 0, n, 5);
	SAY("allocations that fail", "%u of %u I/Os refused, none in part",
	    failed, nth - 1);
}

/* A device-mapper device, which can be suspended, on a disk with tuples. */
FIXTURE(waiting)
{
	aio_context_t ctx;
	struct format f;
	struct dm dm;
	int fd;
	uint8_t *buf;
	uint8_t *md;
};

FIXTURE_SETUP(waiting)
{
	char disk[64];

	self->f = (struct format) { 512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4 };
	if (!find_disk("nvme", &self->f, 0, disk, sizeof(disk)))
		SKIP(return, "no disk nvme type 1, 512+8");
	ASSERT_EQ(0, dm_make(&self->dm, "pi", "0 16384 linear %s 2048", disk));
	self->fd = open(self->dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, io_setup(8, &self->ctx));
	self->buf = block_alloc(BLOCK);
	self->md = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_NE(NULL, self->md);
}

FIXTURE_TEARDOWN(waiting)
{
	io_destroy(self->ctx);
	close(self->fd);
	munmap(self->buf, BLOCK);
	munmap(self->md, BLOCK);
	EXPECT_EQ(0, dm_remove(&self->dm));
}

/*
 * Tuples are read into a shared file mapping. Its page is written back, and
 * clean, before the read completes. The tuples must still reach the file,
 * whether the device or the kernel writes them to the page.
 */
TEST_F(waiting, read_into_file_mapping)
{
	static const int shifts[] = { 0, 1 };
	const uint16_t check = IO_INTEGRITY_CHK_GUARD | IO_INTEGRITY_CHK_REFTAG;
	unsigned int i, n = BLOCK / self->f.interval, len = n * self->f.size;
	int file = open("/dev/ram0", O_RDWR | O_CLOEXEC);
	int disk = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);
	struct pi_list l = pi_list(self->md, len, check, 0, 77);
	struct iocb iocb, *p = &iocb;
	uint8_t *page, *on_disk;
	struct outcome o;

	ASSERT_LE(0, file);
	ASSERT_LE(0, disk);
	page = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, page);
	on_disk = block_alloc(BLOCK);
	ASSERT_NE(NULL, on_disk);
	fill(self->buf, BLOCK, 1);
	set_tuples(&self->f, self->buf, self->md, n, 5, 77);
	o = pi_io(self->ctx, self->fd, IOCB_CMD_PWRITE, self->buf, BLOCK, 0,
		  &l);
	ASSERT_EQ(BLOCK, o.res);
	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		struct io_event event = {};

		memset(page, 0xee, BLOCK);
		l = pi_list(page + shifts[i], len, check, 0, 77);
		iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, 0,
				&l);
		ASSERT_EQ(0, dm_suspend(&self->dm));
		ASSERT_EQ(1, io_submit(self->ctx, 1, &p));
		ASSERT_EQ(0, fsync(file));
		ASSERT_EQ(0, dm_resume(&self->dm));
		ASSERT_EQ(1, io_getevents(self->ctx, 1, 1, &event));
		EXPECT_EQ(BLOCK, event.res);
		EXPECT_EQ(0, memcmp(page + shifts[i], self->md, len));
		/* a direct read flushes dirty pages first */
		ASSERT_EQ(BLOCK, pread(disk, on_disk, BLOCK, 0));
		EXPECT_EQ(0, memcmp(on_disk, page, BLOCK)) {
			TH_LOG("%s: the tuples did not get to the file",
			       shifts[i] ? "copied" : "read into the page");
		}
	}
	say("dm linear", "read into a file that is written back",
	    "same bytes on its disk");
	munmap(page, BLOCK);
	munmap(on_disk, BLOCK);
	close(disk);
	close(file);
}

/* Files that cannot carry protection information. */
FIXTURE(no_pi)
{
	aio_context_t ctx;
	char disk[64];
	uint8_t *buf;
};

FIXTURE_SETUP(no_pi)
{
	/*
	 * With smaller blocks mkfs would read unwritten blocks next to written
	 * ones, for which QEMU has no valid tuples.
	 */
	static const struct format f = {
		4096, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4
	};

	if (!find_disk("nvme", &f, 0, self->disk, sizeof(self->disk)))
		SKIP(return, "no disk nvme type 1, 4096+8");
	ASSERT_EQ(0, io_setup(8, &self->ctx));
	self->buf = block_alloc(4 * BLOCK);
	ASSERT_NE(NULL, self->buf);
}

FIXTURE_TEARDOWN(no_pi)
{
	io_destroy(self->ctx);
	munmap(self->buf, 4 * BLOCK);
}

/* Reads and writes, required or not, are rejected without any I/O. */
static void refused(struct __test_metadata *_metadata,
		    FIXTURE_DATA(no_pi) * self, int fd, const char *name)
{
	uint8_t *before = self->buf + 2 * BLOCK, *after = before + BLOCK;
	struct pi_list l = pi_list(self->buf + BLOCK, BLOCK, 0, 0, 0);
	struct outcome o;
	ssize_t len;
	int i;

	ASSERT_LE(0, fd);
	memset(before, 0, 2 * BLOCK);
	len = pread(fd, before, BLOCK, 0);
	ASSERT_TRUE(len >= 0 || errno == ESPIPE);
	memset(self->buf, 0xee, 2 * BLOCK);
	ASSERT_NE(0, memcmp(self->buf, before, BLOCK));
	for (i = 0; i < 4; i++) {
		l.pi.attr.flags = i & 1 ? IOCB_ATTR_REQUIRED : 0;
		o = pi_io(self->ctx, fd,
			  i & 2 ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD, self->buf,
			  BLOCK, 0, &l);
		EXPECT_EQ(-EOPNOTSUPP, o.submit);
	}
	for (i = 0; i < 2 * BLOCK; i++)
		ASSERT_EQ(0xee, self->buf[i]);
	EXPECT_EQ(len, pread(fd, after, BLOCK, 0));
	EXPECT_EQ(0, memcmp(before, after, BLOCK));
	say(name, "refused", "io_submit %d", o.submit);
	close(fd);
}

TEST_F(no_pi, other_files)
{
	refused(_metadata, self, open(FILE_DIRECT, O_RDWR | O_DIRECT),
		"null_blk");
	refused(_metadata, self, open("/dev/ram0", O_RDWR | O_DIRECT), "ram");
	refused(_metadata, self, open("/dev/zero", O_RDWR), "/dev/zero");
	refused(_metadata, self,
		open("/tmp/pi_test", O_RDWR | O_CREAT | O_DIRECT, 0600),
		"tmpfs");
	unlink("/tmp/pi_test");
	ASSERT_EQ(0, mkfifo("/tmp/pi_test", 0600));
	refused(_metadata, self, open("/tmp/pi_test", O_RDWR), "a pipe");
	unlink("/tmp/pi_test");
}

/* Write a block, so that the file is not empty. */
static void put_block(struct __test_metadata *_metadata,
		      FIXTURE_DATA(no_pi) * self, int fd)
{
	ASSERT_LE(0, fd);
	fill(self->buf, BLOCK, 1);
	ASSERT_EQ(BLOCK, pwrite(fd, self->buf, BLOCK, 0));
}

/* File systems do not pass tuples on. */
TEST_F(no_pi, file_systems)
{
	static const char * const fs[][2] = {
		{ "ext4", "mkfs.ext4 -q -F" },
		{ "vfat", "mkfs.vfat >/dev/null" },
		{ "xfs", "mkfs.xfs -q -f" },
	};
	char cmd[128];
	unsigned int i;
	int fd;

	mkdir("/tmp/pi_mnt", 0755);
	for (i = 0; i < ARRAY_SIZE(fs); i++) {
		snprintf(cmd, sizeof(cmd), "%s %s 2>&1", fs[i][1], self->disk);
		ASSERT_EQ(0, system(cmd));
		ASSERT_EQ(0, mount(self->disk, "/tmp/pi_mnt", fs[i][0], 0,
				   NULL));
		fd = open("/tmp/pi_mnt/file",
			  O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
		put_block(_metadata, self, fd);
		refused(_metadata, self, fd, fs[i][0]);
		EXPECT_EQ(0, umount("/tmp/pi_mnt"));
	}
}

/* bcache does not pass them on either, whatever its cache supports. */
TEST_F(no_pi, bcache)
{
	static const struct format f = {
		512, 8, 0, LBMD_PI_CSUM_CRC16_T10DIF, 4
	};
	static const char * const names[] = {
		"bcache, cache with pi", "bcache, cache without",
	};
	char pi_disk[64];
	const char * const cache[] = { pi_disk, "/dev/ram0" };
	const char *why;
	int i, fd;

	ASSERT_TRUE(find_disk("nvme", &f, 0, pi_disk, sizeof(pi_disk)));
	for (i = 0; i < ARRAY_SIZE(cache); i++) {
		why = bcache_make(self->disk, cache[i]);
		ASSERT_EQ(NULL, why) {
			TH_LOG("%s: %s", names[i], why);
		}
		fd = open(BCACHE, O_RDWR | O_DIRECT | O_CLOEXEC);
		put_block(_metadata, self, fd);
		refused(_metadata, self, fd, names[i]);
		EXPECT_EQ(0, bcache_stop(self->disk, cache[i]));
	}
}

TEST_F(no_pi, loop)
{
	struct loop_config config = {
		.info	= { .lo_flags = LO_FLAGS_DIRECT_IO },
	};
	int fd = open("/dev/loop0", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	config.fd = open(self->disk, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, (int)config.fd);
	ASSERT_EQ(0, ioctl(fd, LOOP_CONFIGURE, &config));
	refused(_metadata, self,
		open("/dev/loop0", O_RDWR | O_DIRECT | O_CLOEXEC), "loop");
	EXPECT_EQ(0, ioctl(fd, LOOP_CLR_FD));
	close(config.fd);
	close(fd);
}

/* One of two disks has no tuples, so the device has none. */
TEST_F(no_pi, dm_disk_without_pi)
{
	struct dm dm;

	ASSERT_EQ(0, dm_make(&dm, "pi", "0 16384 linear %s 2048\n"
			     "16384 16384 linear /dev/ram0 2048", self->disk));
	refused(_metadata, self, open(dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC),
		"dm linear, one disk without");
	EXPECT_EQ(0, dm_remove(&dm));
}

/* A write with tuples waits for a table that does not support them. */
TEST_F(no_pi, dm_table_swapped)
{
	struct pi_list l = pi_list(self->buf + BLOCK, BLOCK, 0, 0, 0);
	struct io_event event = {};
	struct iocb iocb, *p = &iocb;
	struct dm dm;
	int fd;

	ASSERT_EQ(0, dm_make(&dm, "pi", "0 16384 linear %s 2048", self->disk));
	fd = open(dm.dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, fd);
	iocb = aio_prep(IOCB_CMD_PWRITE, fd, self->buf, BLOCK, 0, &l);
	ASSERT_EQ(0, dm_suspend(&dm));
	ASSERT_EQ(1, io_submit(self->ctx, 1, &p));
	ASSERT_EQ(0, dm_load(&dm, "0 16384 linear /dev/ram0 2048"));
	ASSERT_EQ(0, dm_resume(&dm));
	ASSERT_EQ(1, io_getevents(self->ctx, 1, 1, &event));
	EXPECT_EQ(-EOPNOTSUPP, (long long)event.res);
	close(fd);
	EXPECT_EQ(0, dm_remove(&dm));
}

TEST_HARNESS_MAIN
