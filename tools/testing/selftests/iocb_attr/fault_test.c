// SPDX-License-Identifier: GPL-2.0
/* Failing allocations, copies and limits. kmemleak detects leaks. */
#define _GNU_SOURCE
#include "lib/aio.h"
#include "lib/fault.h"
#include "lib/harness.h"

static int aio_nr(void)
{
	char text[32];

	if (read_file("/proc/sys/fs/aio-nr", text, sizeof(text)) < 0)
		return -1;
	return atoi(text);
}

FIXTURE(fault)
{
	aio_context_t ctx;
	int fd;
	void *buf;
	int nr;
	uint64_t *list;
};

FIXTURE_SETUP(fault)
{
	self->nr = aio_nr();
	ASSERT_EQ(0, io_setup(8, &self->ctx));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	self->list = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->list);
}

FIXTURE_TEARDOWN(fault)
{
	int i;

	EXPECT_EQ(0, io_destroy(self->ctx));
	/* contexts are freed after a grace period */
	for (i = 0; i < 600 && aio_nr() != self->nr; i++)
		sleep_ms(100);
	EXPECT_EQ(self->nr, aio_nr());
	munmap(self->list, BLOCK);
	munmap(self->buf, BLOCK);
	close(self->fd);
}

#define SUBMIT()	submit_list(self->ctx, self->fd, self->buf, self->list)

static void long_list(uint64_t *list, uint32_t size)
{
	list[0] = LIST(size, 0);
	list[1] = RECORD_OF(cache);
	list[2] = TWO_U32(IOCB_CACHE_BYPASS, 0);
	if (size > 24)
		list[3] = RECORD(size - 24, 500, 0);
}

/*
 * Let the Nth allocation or user copy fail, for N from 1 to 60. Each I/O
 * succeeds or fails with an error that matches the fault.
 */
static void fail_nth(struct __test_metadata *_metadata,
		     FIXTURE_DATA(fault) * self)
{
	struct io_event events[8];
	int nth, ret, failed = 0;

	if (!fault_init())
		SKIP(return, "no fault injection");

	for (nth = 1; nth <= 60; nth++) {
		ASSERT_EQ(0, fault_set(nth));
		ret = SUBMIT();
		fault_clear();
		if (ret) {
			failed++;
			EXPECT_TRUE(fault_error(-ret)) {
				TH_LOG("failure %d gave %d", nth, ret);
			}
			io_getevents(self->ctx, 0, 8, events);
		}
	}
	EXPECT_LT(0, failed);
	/* works again without faults */
	EXPECT_EQ(0, SUBMIT());
}

TEST_F(fault, short_list)
{
	long_list(self->list, 24);
	fail_nth(_metadata, self);
}

TEST_F(fault, long_list)
{
	long_list(self->list, 4096);
	fail_nth(_metadata, self);
}

/* A rejected list must not use up slots of the context (about 126). */
TEST_F(fault, rejected_lists_free_slots)
{
	int i;

	long_list(self->list, 24);
	self->list[2] = TWO_U32(IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT, 0);
	for (i = 0; i < 2000; i++)
		ASSERT_EQ(-EINVAL, SUBMIT());
	self->list[2] = TWO_U32(IOCB_CACHE_BYPASS, 0);
	for (i = 0; i < 200; i++)
		ASSERT_EQ(0, SUBMIT());
}

TEST_F(fault, context_limit)
{
	char text[32];
	aio_context_t ctx = 0;

	ASSERT_LT(0, read_file("/proc/sys/fs/aio-max-nr", text, sizeof(text)));
	ASSERT_EQ(0, write_file("/proc/sys/fs/aio-max-nr", "1"));
	EXPECT_EQ(-1, io_setup(64, &ctx));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, write_file("/proc/sys/fs/aio-max-nr", text));
}

TEST_HARNESS_MAIN
