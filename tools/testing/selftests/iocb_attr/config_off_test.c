// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel without CONFIG_IOCB_ATTR rejects every list and otherwise behaves
 * like older kernels.
 */
#define _GNU_SOURCE
#include "lib/aio.h"
#include "lib/set.h"
#include "lib/uring.h"
#include "lib/harness.h"

FIXTURE(config_off)
{
	aio_context_t ctx;
	int fd;
	void *buf;
};

FIXTURE_SETUP(config_off)
{
	struct iocb_attr_list empty = { .size = sizeof(empty) };

	if (through_sets())
		SKIP(return, "not through sets: this kernel cannot make any");
	ASSERT_EQ(0, io_setup(4, &self->ctx));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd) {
		TH_LOG("no /dev/nullb0");
	}
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	if (!submit_list(self->ctx, self->fd, self->buf, &empty))
		SKIP(return, "this kernel has per-I/O attributes");
}

FIXTURE_TEARDOWN(config_off)
{
	io_destroy(self->ctx);
	munmap(self->buf, BLOCK);
	close(self->fd);
}

TEST_F(config_off, reject_lists)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    0, &list);
	struct io_event event;

	EXPECT_EQ(-EOPNOTSUPP, aio_run(self->ctx, &iocb, &event));
	iocb.aio_lio_opcode = IOCB_CMD_PWRITE;
	EXPECT_EQ(-EOPNOTSUPP, aio_run(self->ctx, &iocb, &event));
	/* the list is not read */
	list.list.size = 3;
	EXPECT_EQ(-EOPNOTSUPP, aio_run(self->ctx, &iocb, &event));
	iocb.aio_attrs = 1;
	EXPECT_EQ(-EOPNOTSUPP, aio_run(self->ctx, &iocb, &event));
	iocb.aio_attrs = 1ULL << 63;
	EXPECT_EQ(-EOPNOTSUPP, aio_run(self->ctx, &iocb, &event));
}

TEST_F(config_off, reject_sets)
{
	struct iocb iocb = aio_prep_set(IOCB_CMD_PREAD, self->fd, self->buf,
					BLOCK, 0, self->fd);
	struct io_event event;

	EXPECT_EQ(-ENOSYS, set_make_empty());
	EXPECT_EQ(-ENOSYS, set_make(NULL, ~0U));
	EXPECT_EQ(-EOPNOTSUPP, aio_run(self->ctx, &iocb, &event));
}

TEST_F(config_off, pointer_without_flag)
{
	struct cache_list list = cache_list(0, 0);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    0, &list);
	struct io_event event;

	iocb.aio_flags = 0;
	EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
}

TEST_F(config_off, no_attributes)
{
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    0, NULL);
	struct io_event event;

	ASSERT_EQ(0, aio_run(self->ctx, &iocb, &event));
	EXPECT_EQ(BLOCK, event.res);
	EXPECT_EQ(0, event.res2);
	iocb.aio_lio_opcode = IOCB_CMD_PWRITE;
	ASSERT_EQ(0, aio_run(self->ctx, &iocb, &event));
	EXPECT_EQ(BLOCK, event.res);
	EXPECT_EQ(0, event.res2);
}

/* io_uring rejects the mask like older kernels. */
TEST_F(config_off, uring)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, self->fd,
					     self->buf, BLOCK, 0, &list);
	struct uring ring;

	ASSERT_EQ(0, uring_open(&ring, 1, IORING_SETUP_CQE32));
	EXPECT_EQ(-EINVAL, uring_run(&ring, &sqe));
	sqe.attr_ptr = 0;
	EXPECT_EQ(-EINVAL, uring_run(&ring, &sqe));
	sqe.attr_type_mask = IORING_RW_ATTR_FLAG_SET;
	EXPECT_EQ(-EINVAL, uring_run(&ring, &sqe));
	sqe.attr_type_mask = IORING_RW_ATTR_FLAG_SET_FIXED;
	EXPECT_EQ(-EINVAL, uring_run(&ring, &sqe));
	sqe.attr_type_mask = 0;
	EXPECT_EQ(BLOCK, uring_run(&ring, &sqe));
	EXPECT_EQ(IORING_RW_ATTR_FLAG_PI, uring_attr_flags());
	uring_exit(&ring);
}

TEST_F(config_off, no_tracepoints)
{
	if (access("/sys/kernel/tracing/events", F_OK))
		SKIP(return, "no tracefs");
	EXPECT_NE(0, access("/sys/kernel/tracing/events/iocb_attr", F_OK));
}

TEST_HARNESS_MAIN
