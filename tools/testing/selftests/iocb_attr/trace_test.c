// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints: accepted lists, rejected lists with the reason and the
 * offset of the bad record, layers that honoured an attribute.
 */
#define _GNU_SOURCE
#include "lib/aio.h"
#include "lib/blkdev.h"
#include "lib/identity.h"
#include "lib/harness.h"

FIXTURE(trace)
{
	aio_context_t ctx;
	int fd;
	int buffered;
	void *buf;
	char *text;
};

FIXTURE_SETUP(trace)
{
	if (through_sets())
		SKIP(return, "not through sets: the events are those of lists");
	if (access(TRACING "events/iocb_attr", R_OK))
		SKIP(return, "no event tracing");
	ASSERT_EQ(0, io_setup(8, &self->ctx));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buffered = open(FILE_DIRECT, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->buffered);
	self->buf = block_alloc(BLOCK);
	self->text = malloc(1 << 16);
	ASSERT_NE(NULL, self->text);
	ASSERT_EQ(0, write_file(TRACING "trace", ""));
	ASSERT_EQ(0, write_file(TRACING "events/iocb_attr/enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	write_file(TRACING "events/iocb_attr/enable", "0");
	free(self->text);
	munmap(self->buf, BLOCK);
	close(self->buffered);
	close(self->fd);
	io_destroy(self->ctx);
}

#define EXPECT_TRACE(line) do {						\
	ASSERT_LT(0, read_file(TRACING "trace", self->text, 1 << 16));	\
	EXPECT_NE(NULL, strstr(self->text, line)) {			\
		TH_LOG("no \"%s\" in:\n%s", line, self->text);		\
	}								\
	ASSERT_EQ(0, write_file(TRACING "trace", ""));			\
} while (0)

TEST_F(trace, accepted)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);

	ASSERT_EQ(0, submit_list(self->ctx, self->fd, self->buf, &list));
	EXPECT_TRACE("iocb_attr_accepted: dev=");
	ASSERT_EQ(0, submit_list(self->ctx, self->fd, self->buf, &list));
	EXPECT_TRACE("pos=0 size=24 flags=0x1 given=0x10");
}

/* The event of a scheduler has the pid of the submitter. */
TEST_F(trace, honoured)
{
	struct attr_list list = list_one(IOCB_ATTR_ioprio, BE | 6);
	char line[64];

	ASSERT_EQ(0, queue_set("nullb0", "scheduler", "mq-deadline"));
	snprintf(line, sizeof(line), " pid=%d\n", getpid());
	EXPECT_EQ(0, submit_list(self->ctx, self->fd, self->buf, &list));
	EXPECT_TRACE("iocb_attr_honoured: id=ioprio layer=mq-deadline dev=");
	EXPECT_EQ(0, submit_list(self->ctx, self->fd, self->buf, &list));
	EXPECT_TRACE(line);

	/* the pid is recorded only if the other event is enabled */
	ASSERT_EQ(0, write_file(TRACING "events/iocb_attr/iocb_attr_accepted/enable",
				"0"));
	EXPECT_EQ(0, submit_list(self->ctx, self->fd, self->buf, &list));
	EXPECT_TRACE(" pid=0\n");
	ASSERT_EQ(0, queue_set("nullb0", "scheduler", "none"));
}

/* @l is a copy of @good, which @corrupt then changes. */
#define EXPECT_REJECTED(corrupt, line) do {				\
	l = good;							\
	corrupt;							\
	EXPECT_GT(0, submit_list(self->ctx, fd, self->buf, &l));	\
	EXPECT_TRACE("iocb_attr_refused: " line);			\
} while (0)

TEST_F(trace, rejected)
{
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr	unknown;
		uint64_t		value;
		struct iocb_attr_cache	cache;
	} good = {
		.list		= { .size = sizeof(good) },
		.unknown	= { 16, 98, 0 },
		.cache		= { { 16, IOCB_ATTR_cache, 0 }, 0, 0 },
	}, l;
	int fd = self->fd;

	EXPECT_REJECTED(l.list.size = 12,
			"error=-22 reason=list-size offset=0 id=0");
	EXPECT_REJECTED(l.list.size = 8192,
			"error=-7 reason=list-size offset=0 id=0");
	EXPECT_REJECTED(l.list.flags = 2,
			"error=-22 reason=list-flags offset=0 id=0");
	EXPECT_REJECTED(l.cache.attr.size = 12,
			"error=-22 reason=size offset=24 id=4");
	EXPECT_REJECTED(l.cache.attr.flags = 2,
			"error=-22 reason=flags offset=24 id=4");
	EXPECT_REJECTED((l.unknown.id = IOCB_ATTR_cache, l.value = 0),
			"error=-22 reason=duplicate offset=24 id=4");
	EXPECT_REJECTED(l.cache.reserved = 1,
			"error=-22 reason=reserved offset=24 id=4");
	EXPECT_REJECTED(l.cache.hints = 3,
			"error=-22 reason=value offset=24 id=4");
	EXPECT_REJECTED((l.cache.attr.flags = IOCB_ATTR_REQUIRED,
			 l.cache.attr.id = 99),
			"error=-95 reason=unsupported offset=24 id=99");
	fd = self->buffered;
	EXPECT_REJECTED(l.cache.attr.flags = IOCB_ATTR_REQUIRED,
			"error=-95 reason=unsupported offset=24 id=4");
}

TEST_F(trace, rejected_pointer)
{
	EXPECT_EQ(-EFAULT, submit_list(self->ctx, self->fd, self->buf, NULL));
	EXPECT_TRACE("iocb_attr_refused: error=-14 reason=pointer offset=0 id=0");
}

TEST_F(trace, rejected_short_long)
{
	uint64_t l[8] = { LIST(16, 0), RECORD(8, IOCB_ATTR_cache, 0) };

	EXPECT_EQ(-EINVAL, submit_list(self->ctx, self->fd, self->buf, l));
	EXPECT_TRACE("error=-22 reason=short offset=8 id=4");
	l[0] = LIST(32, 0);
	l[1] = RECORD(24, IOCB_ATTR_cache, 0);
	l[3] = 1;
	EXPECT_EQ(-E2BIG, submit_list(self->ctx, self->fd, self->buf, l));
	EXPECT_TRACE("error=-7 reason=long offset=8 id=4");
	l[0] = LIST(16, 0);
	l[1] = RECORD(8, IOCB_ATTR_pi, 0);
	EXPECT_EQ(-EINVAL, submit_list(self->ctx, self->fd, self->buf, l));
	EXPECT_TRACE("error=-22 reason=short offset=8 id=5");
}

TEST_F(trace, rejected_ioprio)
{
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_ioprio	ioprio;
		struct iocb_attr_cache	cache;
	} good = {
		.list	= { .size = sizeof(good) },
		.ioprio	= { { 16, IOCB_ATTR_ioprio, 0 }, 0, { 0 } },
		.cache	= { { 16, IOCB_ATTR_cache, 0 }, 0, 0 },
	}, l;
	int fd = self->fd;

	EXPECT_REJECTED(l.cache.attr.id = IOCB_ATTR_ioprio,
			"error=-22 reason=duplicate offset=24 id=3");
	EXPECT_REJECTED(l.ioprio.ioprio = 7 << 13,
			"error=-22 reason=target offset=8 id=3");
	fd = self->buffered;
	EXPECT_REJECTED(l.ioprio.attr.flags = IOCB_ATTR_REQUIRED,
			"error=-95 reason=unsupported offset=8 id=3");
}

TEST_F(trace, rejected_conflict)
{
	uint64_t l[5] = {
		LIST(40, 0),
		RECORD_OF(proxy_pidfd), 0,
		RECORD_OF(proxy_pid), getpid(),
	};

	EXPECT_EQ(-EINVAL, submit_list(self->ctx, self->fd, self->buf, l));
	EXPECT_TRACE("error=-22 reason=conflict offset=24 id=0");
}

TEST_HARNESS_MAIN
