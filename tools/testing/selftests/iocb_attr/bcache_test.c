// SPDX-License-Identifier: GPL-2.0
/*
 * Cache hints in bcache: the effect of each read and write, by the statistics
 * and by the content of the cache, and what the completion reports.
 *
 * Needs make-bcache. Overwrites two disks: BCACHE_BACKING (/dev/vda, 256 MiB or
 * more) and BCACHE_CACHE (/dev/vdb, 64 MiB or more). bcache updates its
 * statistics every 14 seconds, so the test is slow, except with -icount of
 * QEMU.
 */
#define _GNU_SOURCE
#include <sys/ioctl.h>

#include "lib/aio.h"
#include "lib/bcache.h"
#include "lib/cap.h"
#include "lib/set.h"
#include "lib/harness.h"

#define SYSFS		BCACHE_SYSFS
#define HONOURED	ATTR_BIT(cache)
#define STATS_DELAY	14000	/* ms: accounting_delay is 300 / 22 s */

enum {
	HITS, MISSES, BYPASS_HITS, BYPASS_MISSES, BYPASSED, DIRTY,
	HINTS_BYPASSED, HINTS_ADMITTED, HINTS_IGNORED, NR_STATS
};

static const char *const stat_files[NR_STATS] = {
	SYSFS "stats_total/cache_hits",
	SYSFS "stats_total/cache_misses",
	SYSFS "stats_total/cache_bypass_hits",
	SYSFS "stats_total/cache_bypass_misses",
	SYSFS "stats_total/bypassed",
	SYSFS "dirty_data",
	SYSFS "stats_total/hints_bypassed",
	SYSFS "stats_total/hints_admitted",
	SYSFS "stats_total/hints_ignored",
};

static const char *why_not;

/* Parse a size like "12.5k". */
static long long parse_size(const char *text)
{
	static const char units[] = "kMGT";
	char *end;
	double v = strtod(text, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;
	int i;

	for (i = 0; unit && i <= unit - units; i++)
		v *= 1024;
	return v;
}

static int read_stats(long long *stats)
{
	char text[64];
	int i, ret;

	for (i = 0; i < NR_STATS; i++) {
		ret = read_file(stat_files[i], text, sizeof(text));
		if (ret < 0)
			return ret;
		stats[i] = parse_size(text);
	}
	return 0;
}

static const char *backing_disk(void)
{
	return getenv("BCACHE_BACKING") ?: "/dev/vda";
}

static const char *cache_disk(void)
{
	return getenv("BCACHE_CACHE") ?: "/dev/vdb";
}

static const char *set_up(void)
{
	const char *why = bcache_make(backing_disk(), cache_disk());

	if (why)
		return why;
	if (write_file(SYSFS "cache/congested_read_threshold_us", "0") ||
	    write_file(SYSFS "cache/congested_write_threshold_us", "0") ||
	    write_file(SYSFS "writeback_running", "0") ||
	    write_file(SYSFS "sequential_cutoff", "0"))
		return "bcache0 cannot be configured";
	/* wait until the reads of the partition scan are counted */
	sleep_ms(STATS_DELAY);
	return NULL;
}

static void tear_down(void)
{
	write_file(SYSFS "cache_mode", "writethrough");
	if (bcache_stop(backing_disk(), cache_disk()))
		fprintf(stderr, "# bcache was not stopped\n");
}

FIXTURE(bcache)
{
	aio_context_t ctx;
	int fd;
	char *buf;
	char *copy;
	/* the last I/O */
	struct io_event event;
	long long stats[NR_STATS];
	long long dirty;
};

static int mode(const char *name)
{
	return write_file(SYSFS "cache_mode", name);
}

FIXTURE_SETUP(bcache)
{
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, io_setup(64, &self->ctx));
	self->fd = open(BCACHE, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(64 * BLOCK);
	self->copy = block_alloc(64 * BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_NE(NULL, self->copy);
	ASSERT_EQ(0, mode("writethrough"));
	ASSERT_EQ(0, write_file(SYSFS "sequential_cutoff", "0"));
	ASSERT_EQ(0, write_file(SYSFS "cache_hints", "all"));
}

FIXTURE_TEARDOWN(bcache)
{
	if (why_not)
		return;
	munmap(self->buf, 64 * BLOCK);
	munmap(self->copy, 64 * BLOCK);
	close(self->fd);
	io_destroy(self->ctx);
}

/*
 * Do one I/O and compute the change of the statistics. BASE() is an offset that
 * no other test uses.
 */
#define BASE()	((long long)__LINE__ * 256 * 1024)

static int io_with_list(FIXTURE_DATA(bcache) * self, int opcode,
			long long offset, size_t len, const void *list)
{
	struct iocb iocb = aio_prep(opcode, self->fd, self->buf, len, offset,
				    list);
	long long before[NR_STATS];
	int i, ret;

	ret = write_file(SYSFS "clear_stats", "1");
	if (!ret)
		ret = read_stats(before);
	if (ret)
		return ret;
	ret = aio_run(self->ctx, &iocb, &self->event);
	if (ret)
		return ret;
	if (self->event.res != (long long)len)
		return self->event.res < 0 ? self->event.res : -EIO;
	sleep_ms(STATS_DELAY);
	ret = read_stats(self->stats);
	for (i = 0; i < NR_STATS; i++)
		self->stats[i] -= before[i];
	return ret;
}

static int io(FIXTURE_DATA(bcache) * self, int opcode, long long offset,
	      size_t len, uint32_t hints)
{
	struct cache_list list = cache_list(hints, 0);

	return io_with_list(self, opcode, offset, len, &list);
}

#define READ(offset, hints)	io(self, IOCB_CMD_PREAD, offset, BLOCK, hints)
#define WRITE(offset, hints)	io(self, IOCB_CMD_PWRITE, offset, BLOCK, hints)

#define EXPECT_STATS(hits, misses, bypass_hits, bypass_misses) do {	\
	EXPECT_EQ(hits, self->stats[HITS]);				\
	EXPECT_EQ(misses, self->stats[MISSES]);				\
	EXPECT_EQ(bypass_hits, self->stats[BYPASS_HITS]);		\
	EXPECT_EQ(bypass_misses, self->stats[BYPASS_MISSES]);		\
} while (0)

/* Were the hints of the last I/O followed, by sysfs and by the report? */
#define EXPECT_HINTS(bypassed, admitted, ignored) do {			\
	EXPECT_EQ((bypassed) || (admitted) ? HONOURED : 0,		\
		  self->event.res2);					\
	EXPECT_EQ(bypassed, self->stats[HINTS_BYPASSED]);		\
	EXPECT_EQ(admitted, self->stats[HINTS_ADMITTED]);		\
	EXPECT_EQ(ignored, self->stats[HINTS_IGNORED]);			\
} while (0)

/* Is it in the cache? A bypassing read does not change that. */
#define EXPECT_CACHED(offset, cached) do {				\
	ASSERT_EQ(0, READ(offset, IOCB_CACHE_BYPASS));			\
	EXPECT_STATS(0, 0, !!(cached), !(cached));			\
} while (0)

TEST_F_TIMEOUT(bcache, read_without_hint, 900)
{
	long long at = BASE();

	ASSERT_EQ(0, READ(at, 0));
	EXPECT_STATS(0, 1, 0, 0);
	EXPECT_EQ(0, self->event.res2);
	ASSERT_EQ(0, READ(at, 0));
	EXPECT_STATS(1, 0, 0, 0);
	EXPECT_HINTS(0, 0, 0);
}

TEST_F_TIMEOUT(bcache, read_bypass_miss, 900)
{
	long long at = BASE();

	ASSERT_EQ(0, READ(at, IOCB_CACHE_BYPASS));
	EXPECT_STATS(0, 0, 0, 1);
	EXPECT_EQ(BLOCK, self->stats[BYPASSED]);
	EXPECT_HINTS(1, 0, 0);
	/* it was not cached */
	EXPECT_CACHED(at, false);
	ASSERT_EQ(0, READ(at, 0));
	EXPECT_STATS(0, 1, 0, 0);
}

TEST_F_TIMEOUT(bcache, read_bypass_hit, 900)
{
	long long at = BASE();

	ASSERT_EQ(0, READ(at, 0));
	EXPECT_STATS(0, 1, 0, 0);
	ASSERT_EQ(0, READ(at, IOCB_CACHE_BYPASS));
	EXPECT_STATS(0, 0, 1, 0);
	EXPECT_EQ(HONOURED, self->event.res2);
	/* and is still there */
	ASSERT_EQ(0, READ(at, 0));
	EXPECT_STATS(1, 0, 0, 0);
}

TEST_F_TIMEOUT(bcache, read_admit, 900)
{
	long long at = BASE();

	ASSERT_EQ(0, READ(at, IOCB_CACHE_ADMIT));
	EXPECT_STATS(0, 1, 0, 0);
	EXPECT_HINTS(0, 1, 0);
	EXPECT_CACHED(at, true);
}

/* A record beside a set replaces the hints of the set. */
TEST_F_TIMEOUT(bcache, read_beside_set, 900)
{
	struct cache_list bypass = cache_list(IOCB_CACHE_BYPASS, 0);
	int set = set_make(&bypass, 0);
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_set	set;
		struct iocb_attr_cache	cache;
	} l = {
		.list	= { sizeof(l), IOCB_ATTR_LIST_REPORT },
		.set	= { { sizeof(l.set), IOCB_ATTR_set, 0 }, set, 0 },
		.cache	= { { sizeof(l.cache), IOCB_ATTR_cache, 0 },
			    IOCB_CACHE_ADMIT, 0 },
	};
	long long at = BASE();

	ASSERT_LE(0, set);
	ASSERT_EQ(0, io_with_list(self, IOCB_CMD_PREAD, at, BLOCK, &l));
	EXPECT_STATS(0, 1, 0, 0);
	EXPECT_HINTS(0, 1, 0);
	EXPECT_CACHED(at, true);

	/* without that record */
	l.list.size = offsetof(typeof(l), cache);
	ASSERT_EQ(0, io_with_list(self, IOCB_CMD_PREAD, at + BLOCK, BLOCK, &l));
	EXPECT_STATS(0, 0, 0, 1);
	EXPECT_HINTS(1, 0, 0);
	EXPECT_CACHED(at + BLOCK, false);
	close(set);
}

/* Write policies do not affect reads. */
TEST_F_TIMEOUT(bcache, read_with_write_policy, 900)
{
	static const uint32_t hints[] = {
		IOCB_CACHE_WRITETHROUGH, IOCB_CACHE_WRITEBACK,
		IOCB_CACHE_WRITEAROUND,
	};
	long long at = BASE();
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, READ(at + i * BLOCK, hints[i]));
		EXPECT_STATS(0, 1, 0, 0);
		EXPECT_EQ(0, self->event.res2);
	}
}

TEST_F_TIMEOUT(bcache, read_with_both, 900)
{
	long long at = BASE();

	ASSERT_EQ(0, READ(at, IOCB_CACHE_BYPASS | IOCB_CACHE_WRITEBACK));
	EXPECT_STATS(0, 0, 0, 1);
	EXPECT_EQ(HONOURED, self->event.res2);
	ASSERT_EQ(0, READ(at, IOCB_CACHE_ADMIT | IOCB_CACHE_WRITEAROUND));
	EXPECT_STATS(0, 1, 0, 0);
	EXPECT_EQ(HONOURED, self->event.res2);
	EXPECT_CACHED(at, true);
}

/* Read 16 consecutive blocks. Returns how many reads report the hint. */
static int stream(FIXTURE_DATA(bcache) * self, long long at, uint32_t hints)
{
	struct cache_list list = cache_list(hints, 0);
	int i, honoured = 0;

	if (write_file(SYSFS "clear_stats", "1"))
		return -1;
	for (i = 0; i < 16; i++) {
		struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf,
					    BLOCK, at + i * BLOCK, &list);

		if (aio_run(self->ctx, &iocb, &self->event) ||
		    self->event.res != BLOCK)
			return -1;
		honoured += self->event.res2 == HONOURED;
	}
	sleep_ms(STATS_DELAY);
	return read_stats(self->stats) ? -1 : honoured;
}

/* A stream longer than sequential_cutoff bypasses; ADMIT overrides that. */
TEST_F_TIMEOUT(bcache, read_sequential, 900)
{
	long long at = BASE();

	ASSERT_EQ(0, write_file(SYSFS "sequential_cutoff", "16384"));
	EXPECT_EQ(0, stream(self, at, 0));
	EXPECT_LT(8, self->stats[BYPASS_MISSES]);
	EXPECT_EQ(16, stream(self, at + 64 * BLOCK, IOCB_CACHE_ADMIT));
	EXPECT_STATS(0, 16, 0, 0);
}

TEST_F_TIMEOUT(bcache, read_mode_none, 900)
{
	long long at = BASE();

	ASSERT_EQ(0, mode("none"));
	ASSERT_EQ(0, READ(at, 0));
	EXPECT_STATS(0, 0, 0, 1);
	EXPECT_EQ(0, self->event.res2);
	/* hints do not override the cache mode */
	ASSERT_EQ(0, READ(at, IOCB_CACHE_ADMIT));
	EXPECT_STATS(0, 0, 0, 1);
	EXPECT_HINTS(0, 0, 1);
	ASSERT_EQ(0, READ(at, IOCB_CACHE_BYPASS));
	EXPECT_STATS(0, 0, 0, 1);
	EXPECT_EQ(HONOURED, self->event.res2);
}

/* bcache splits a large read. It is bypassed and reported as a whole. */
TEST_F_TIMEOUT(bcache, read_large, 900)
{
	long long at = BASE();
	int i;

	for (i = 0; i < 64; i += 16)
		ASSERT_EQ(0, READ(at + i * BLOCK, 0));
	ASSERT_EQ(0, io(self, IOCB_CMD_PREAD, at, 64 * BLOCK,
			IOCB_CACHE_BYPASS));
	EXPECT_EQ(HONOURED, self->event.res2);
	EXPECT_EQ(64 * BLOCK, self->stats[BYPASSED]);
	EXPECT_CACHED(at + 16 * BLOCK, true);
	EXPECT_CACHED(at + 17 * BLOCK, false);
}

/* The statistics count 65536 sectors and more within one period. */
TEST_F_TIMEOUT(bcache, bypassed_64_mib, 900)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	const size_t size = 64 * BLOCK;
	long long at;

	ASSERT_EQ(0, write_file(SYSFS "clear_stats", "1"));
	for (at = 0; at < 64 << 20; at += size) {
		struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf,
					    size, at, &list);

		ASSERT_EQ(0, aio_run(self->ctx, &iocb, &self->event));
		ASSERT_EQ(size, self->event.res);
	}
	sleep_ms(STATS_DELAY);
	ASSERT_EQ(0, read_stats(self->stats));
	EXPECT_EQ(64 << 20, self->stats[BYPASSED]);
}

enum way { THROUGH, BACK, AROUND };

FIXTURE(bcache_write)
{
	FIXTURE_DATA(bcache) b;
};

FIXTURE_VARIANT(bcache_write)
{
	const char *mode;
	uint32_t hints;
	enum way way;
	int honoured;
	long long place;	/* offset on the device */
};

#define WRITE_CASE(_mode, _name, _hints, _way, _honoured)		\
FIXTURE_VARIANT_ADD(bcache_write, _mode ## _ ## _name) {		\
	.mode		= #_mode,					\
	.hints		= _hints,					\
	.way		= _way,						\
	.honoured	= _honoured,					\
	.place		= BASE(),					\
}

#define BY	IOCB_CACHE_BYPASS
#define AD	IOCB_CACHE_ADMIT
#define WT	IOCB_CACHE_WRITETHROUGH
#define WB	IOCB_CACHE_WRITEBACK
#define WA	IOCB_CACHE_WRITEAROUND

WRITE_CASE(writethrough, no_hint, 0, THROUGH, 0);
WRITE_CASE(writethrough, bypass, BY, AROUND, HONOURED);
WRITE_CASE(writethrough, admit, AD, THROUGH, HONOURED);
WRITE_CASE(writethrough, through, WT, THROUGH, HONOURED);
WRITE_CASE(writethrough, back, WB, THROUGH, 0);
WRITE_CASE(writethrough, around, WA, AROUND, HONOURED);
WRITE_CASE(writeback, no_hint, 0, BACK, 0);
WRITE_CASE(writeback, bypass, BY, AROUND, HONOURED);
WRITE_CASE(writeback, admit, AD, BACK, HONOURED);
WRITE_CASE(writeback, through, WT, THROUGH, HONOURED);
WRITE_CASE(writeback, back, WB, BACK, HONOURED);
WRITE_CASE(writeback, around, WA, AROUND, HONOURED);
WRITE_CASE(writeback, bypass_back, BY | WB, AROUND, HONOURED);
WRITE_CASE(writeback, admit_around, AD | WA, AROUND, HONOURED);
WRITE_CASE(writearound, no_hint, 0, AROUND, 0);
WRITE_CASE(writearound, bypass, BY, AROUND, HONOURED);
WRITE_CASE(writearound, admit, AD, AROUND, 0);
WRITE_CASE(writearound, through, WT, AROUND, 0);
WRITE_CASE(writearound, back, WB, AROUND, 0);
WRITE_CASE(writearound, around, WA, AROUND, HONOURED);
WRITE_CASE(none, no_hint, 0, AROUND, 0);
WRITE_CASE(none, bypass, BY, AROUND, HONOURED);
WRITE_CASE(none, admit, AD, AROUND, 0);
WRITE_CASE(none, through, WT, AROUND, 0);
WRITE_CASE(none, back, WB, AROUND, 0);
WRITE_CASE(none, around, WA, AROUND, HONOURED);

FIXTURE_SETUP(bcache_write)
{
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, io_setup(64, &self->b.ctx));
	self->b.fd = open(BCACHE, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->b.fd);
	self->b.buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->b.buf);
	ASSERT_EQ(0, write_file(SYSFS "sequential_cutoff", "0"));
	ASSERT_EQ(0, mode(variant->mode));
}

FIXTURE_TEARDOWN(bcache_write)
{
	if (why_not)
		return;
	munmap(self->b.buf, BLOCK);
	close(self->b.fd);
	io_destroy(self->b.ctx);
}

/* Write to blocks that are not cached, and to cached ones. */
TEST_F_TIMEOUT(bcache_write, write_policy, 900)
{
	FIXTURE_DATA(bcache) * b = &self->b;
	long long at = variant->place;
	int cached, i;

	for (cached = 0; cached < 2; cached++, at += 16 * BLOCK) {
		if (cached) {
			ASSERT_EQ(0, mode("writethrough"));
			memset(b->buf, 0x11, BLOCK);
			ASSERT_EQ(0, io(b, IOCB_CMD_PWRITE, at, BLOCK, AD));
			ASSERT_EQ(0, mode(variant->mode));
		}
		memset(b->buf, 0x55 + cached, BLOCK);
		ASSERT_EQ(0, io(b, IOCB_CMD_PWRITE, at, BLOCK,
				variant->hints));
		EXPECT_EQ(variant->honoured, b->event.res2);
		EXPECT_EQ(variant->way == AROUND ? BLOCK : 0,
			  b->stats[BYPASSED]);
		EXPECT_EQ(variant->way == BACK ? BLOCK : 0, b->stats[DIRTY]);

		/* cached or dropped; the data is correct */
		memset(b->buf, 0, BLOCK);
		ASSERT_EQ(0, io(b, IOCB_CMD_PREAD, at, BLOCK, BY));
		EXPECT_EQ(variant->way != AROUND, b->stats[BYPASS_HITS]);
		EXPECT_EQ(variant->way == AROUND, b->stats[BYPASS_MISSES]);
		for (i = 0; i < BLOCK; i++)
			ASSERT_EQ(0x55 + cached, b->buf[i]);
	}
}

/*
 * A hint to write to the backing device is not followed for blocks that are
 * dirty in the cache. It is followed for blocks next to them.
 */
TEST_F_TIMEOUT(bcache, write_over_dirty, 900)
{
	static const uint32_t hints[] = { BY, WA, WT };
	long long at = BASE();
	int i;

	ASSERT_EQ(0, mode("writeback"));
	for (i = 0; i < 3; i++, at += 4 * BLOCK) {
		memset(self->buf, 'a', BLOCK);
		ASSERT_EQ(0, WRITE(at + BLOCK, 0));
		EXPECT_EQ(BLOCK, self->stats[DIRTY]);
		memset(self->buf, 'b' + i, 2 * BLOCK);
		ASSERT_EQ(0, WRITE(at + BLOCK, hints[i]));
		EXPECT_HINTS(0, 0, 1);
		EXPECT_EQ(0, self->stats[DIRTY]);
		/* overlapping in part */
		ASSERT_EQ(0, io(self, IOCB_CMD_PWRITE, at, 2 * BLOCK,
				hints[i]));
		EXPECT_HINTS(0, 0, 1);
		EXPECT_EQ(BLOCK, self->stats[DIRTY]);
		memset(self->buf, 0, 2 * BLOCK);
		ASSERT_EQ(0, io(self, IOCB_CMD_PREAD, at, 2 * BLOCK, BY));
		EXPECT_EQ('b' + i, self->buf[0]);
		EXPECT_EQ('b' + i, self->buf[2 * BLOCK - 1]);

		ASSERT_EQ(0, WRITE(at + 2 * BLOCK, hints[i]));
		EXPECT_HINTS(hints[i] != WT, hints[i] == WT, 0);
		EXPECT_EQ(0, self->stats[DIRTY]);
	}
}

/* cache_hints in sysfs selects which hints are followed. */
TEST_F_TIMEOUT(bcache, cache_hints_setting, 900)
{
	static const struct {
		const char *obeyed;
		bool bypass;
		bool admit;
	} cases[] = {
		{ "off", false, false },
		{ "bypass", true, false },
		{ "all", true, true },
	};
	long long at = BASE();
	char text[64], word[16];
	int i;

	EXPECT_EQ(-EINVAL, write_file(SYSFS "cache_hints", "some"));
	for (i = 0; i < 3; i++, at += 8 * BLOCK) {
		ASSERT_EQ(0, write_file(SYSFS "cache_hints", cases[i].obeyed));
		ASSERT_LT(0, read_file(SYSFS "cache_hints", text,
				       sizeof(text)));
		snprintf(word, sizeof(word), "[%s]", cases[i].obeyed);
		EXPECT_NE(NULL, strstr(text, word));

		ASSERT_EQ(0, READ(at, BY));
		EXPECT_STATS(0, !cases[i].bypass, 0, cases[i].bypass);
		EXPECT_HINTS(cases[i].bypass, 0, 0);
		ASSERT_EQ(0, WRITE(at + BLOCK, WA));
		EXPECT_EQ(cases[i].bypass * BLOCK, self->stats[BYPASSED]);
		EXPECT_HINTS(cases[i].bypass, 0, 0);
		ASSERT_EQ(0, READ(at + 2 * BLOCK, AD));
		EXPECT_HINTS(0, cases[i].admit, 0);
		ASSERT_EQ(0, WRITE(at + 3 * BLOCK, WT));
		EXPECT_HINTS(0, cases[i].admit, 0);
	}
}

/* The query follows the setting. */
TEST_F_TIMEOUT(bcache, cache_hints_query, 900)
{
	static const char * const settings[] = { "off", "bypass", "all" };
	struct iocb_attr_cap cap;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, write_file(SYSFS "cache_hints", settings[i]));
		ASSERT_EQ(0, cap_get(self->fd, &cap));
		EXPECT_EQ(i ? HONOURED : 0, cap.caches & HONOURED);
	}
}

TEST_F_TIMEOUT(bcache, tracepoint, 900)
{
	static const char enable[] =
		TRACING "events/iocb_attr/iocb_attr_honoured/enable";
	char *text = malloc(65536);

	ASSERT_NE(NULL, text);
	ASSERT_EQ(0, write_file(TRACING "trace", ""));
	ASSERT_EQ(0, write_file(enable, "1"));
	ASSERT_EQ(0, READ(BASE(), IOCB_CACHE_BYPASS));
	ASSERT_EQ(0, write_file(enable, "0"));
	ASSERT_LT(0, read_file(TRACING "trace", text, 65536));
	EXPECT_NE(NULL, strstr(text, "iocb_attr_honoured: id=cache layer=bcache dev=")) {
		TH_LOG("%s", text);
	}
	free(text);
}

/* Without a cache no hint is honoured. */
FIXTURE(bcache_detached)
{
	FIXTURE_DATA(bcache) b;
};

FIXTURE_SETUP(bcache_detached)
{
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, io_setup(64, &self->b.ctx));
	self->b.fd = open(BCACHE, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->b.fd);
	self->b.buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->b.buf);
}

FIXTURE_TEARDOWN(bcache_detached)
{
	if (why_not)
		return;
	munmap(self->b.buf, BLOCK);
	close(self->b.fd);
	io_destroy(self->b.ctx);
}

/* Must be the last test: it leaves the cache detached. */
TEST_F_TIMEOUT(bcache_detached, not_honoured, 900)
{
	FIXTURE_DATA(bcache) * b = &self->b;
	char text[64];
	int i;

	ASSERT_EQ(0, mode("writethrough"));
	ASSERT_EQ(0, write_file(SYSFS "writeback_running", "1"));
	ASSERT_EQ(0, write_file(SYSFS "detach", "1"));
	for (i = 0; i < 600; i++) {
		ASSERT_LT(0, read_file(SYSFS "state", text, sizeof(text)));
		if (!strcmp(text, "no cache\n"))
			break;
		sleep_ms(100);
	}
	ASSERT_EQ(0, strcmp(text, "no cache\n"));
	ASSERT_EQ(0, io(b, IOCB_CMD_PREAD, 0, BLOCK, BY));
	EXPECT_EQ(0, b->event.res2);
	ASSERT_EQ(0, io(b, IOCB_CMD_PWRITE, 0, BLOCK, WA));
	EXPECT_EQ(0, b->event.res2);
}

int main(int argc, char **argv)
{
	int ret;

	why_not = set_up();
	ret = test_harness_run(argc, argv);
	if (!why_not)
		tear_down();
	return ret;
}
