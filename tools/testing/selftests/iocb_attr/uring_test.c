// SPDX-License-Identifier: GPL-2.0
/*
 * Attribute lists through io_uring: every way to submit and issue a request,
 * the credentials that are checked, and requests that end before they are
 * issued. abi_test.c has the errors of the list itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <linux/fs.h>

#include "lib/slow_disk.h"
#include "lib/uring.h"
#include "lib/harness.h"

#define NR		8	/* requests at a time */
#define MANY		300	/* more than a disk has tags for */
#define SLOW		"1000000000"	/* ns that one takes */
#define CHARGED		ATTR_BIT(cgroup)

/* Each way to submit and to complete. */
FIXTURE(mode)
{
	struct uring ring;
	int fds[2];
	int cgroup[2];
	char dev[16];
	char *buf;
};

#include "lib/uring_modes.h"

FIXTURE_SETUP(mode)
{
	struct iovec iov = { .iov_len = NR * BLOCK };

	ASSERT_EQ(0, uring_open(&self->ring, NR, variant->setup));
	self->fds[0] = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fds[0]) {
		TH_LOG("no " FILE_DIRECT);
	}
	/* supports no attributes */
	self->fds[1] = open("/dev/zero", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fds[1]);
	ASSERT_EQ(0, device_number(FILE_DIRECT, self->dev, sizeof(self->dev)));
	self->buf = block_alloc(NR * BLOCK);
	ASSERT_NE(NULL, self->buf);
	iov.iov_base = self->buf;
	ASSERT_EQ(0, uring_register(&self->ring, IORING_REGISTER_BUFFERS, &iov,
				    1));
	ASSERT_EQ(0, uring_register(&self->ring, IORING_REGISTER_FILES,
				    self->fds, 2));
	ASSERT_EQ(0, clients_make(self->cgroup));
}

FIXTURE_TEARDOWN(mode)
{
	uring_exit(&self->ring);
	munmap(self->buf, NR * BLOCK);
	close(self->fds[0]);
	close(self->fds[1]);
	EXPECT_EQ(0, clients_remove(self->cgroup));
}

/* Requests alternate between two cgroups. */
TEST_F(mode, charged)
{
	struct attr_list l[2] = {
		list_one(IOCB_ATTR_cgroup, self->cgroup[0]),
		list_one(IOCB_ATTR_cgroup, self->cgroup[1]),
	};
	bool fixed = variant->flags & IOSQE_FIXED_FILE;
	unsigned int i, op;

	for (op = 0; op < ARRAY_SIZE(opcodes); op++) {
		const char *key = op < 4 ? "rios" : "wios";
		struct io_uring_sqe sqe[NR];
		struct iovec iov[NR];
		struct uring_done done;
		long long was[2];

		for (i = 0; i < NR; i++) {
			char *buf = self->buf + i * BLOCK;
			bool v = is_vectored(opcodes[op]);

			iov[i] = (struct iovec) { buf, BLOCK };
			sqe[i] = uring_prep(opcodes[op], fixed ? 0 :
					    self->fds[0], v ? (void *)&iov[i] :
					    buf, v ? 1 : BLOCK,
					    i * 16LL * BLOCK, &l[i % 2]);
			sqe[i].flags = variant->flags;
			sqe[i].user_data = i;
		}
		sqe[NR - 1].flags &= ~IOSQE_IO_LINK;
		was[0] = cgroup_io(CLIENTS "/a", self->dev, key);
		was[1] = cgroup_io(CLIENTS "/b", self->dev, key);
		ASSERT_EQ(0, uring_submit(&self->ring, sqe, NR));
		for (i = 0; i < NR; i++) {
			ASSERT_EQ(0, uring_wait(&self->ring, &done));
			EXPECT_EQ(BLOCK, done.res) {
				TH_LOG("opcode %u", opcodes[op]);
			}
			EXPECT_TRUE(done.big);
			EXPECT_EQ(CHARGED, done.extra[0]);
			EXPECT_EQ(0, done.extra[1]);
		}
		EXPECT_EQ(was[0] + NR / 2,
			  cgroup_io(CLIENTS "/a", self->dev, key));
		EXPECT_EQ(was[1] + NR / 2,
			  cgroup_io(CLIENTS "/b", self->dev, key));
	}
}

/* Support by the file is checked once the file is known. */
TEST_F(mode, reject_file)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	bool fixed = variant->flags & IOSQE_FIXED_FILE;
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, fixed ? 1 :
					     self->fds[1], self->buf, BLOCK, 0,
					     &l);
	struct uring_done done;

	sqe.flags = variant->flags & ~IOSQE_IO_LINK;
	ASSERT_EQ(0, uring_do(&self->ring, &sqe, &done));
	EXPECT_EQ(-EOPNOTSUPP, done.res);
	EXPECT_EQ(0, done.extra[0]);
	if (variant->setup & IORING_SETUP_IOPOLL)
		return;
	/* dropped if it is not required */
	l.r[0].attr.flags = 0;
	ASSERT_EQ(0, uring_do(&self->ring, &sqe, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(0, done.extra[0]);
}

/* Errors of the list itself, independent of the file. */
TEST_F(mode, reject_list)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, -1);
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, self->fds[0],
					     self->buf, BLOCK, 0, &l);

	sqe.flags = variant->flags & ~(IOSQE_IO_LINK | IOSQE_FIXED_FILE);
	EXPECT_EQ(-EBADF, uring_run(&self->ring, &sqe));
	l.list.size = 20;
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, &sqe));
	sqe.attr_ptr = 8;
	EXPECT_EQ(-EFAULT, uring_run(&self->ring, &sqe));
}

FIXTURE(ring)
{
	struct uring ring;
	int fd;
	int cgroup[2];
	void *buf;
};

FIXTURE_SETUP(ring)
{
	ASSERT_EQ(0, uring_open(&self->ring, NR, IORING_SETUP_CQE32));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd) {
		TH_LOG("no " FILE_DIRECT);
	}
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, clients_make(self->cgroup));
}

FIXTURE_TEARDOWN(ring)
{
	uring_exit(&self->ring);
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, clients_remove(self->cgroup));
}

#define READ(list)							\
	uring_prep(IORING_OP_READ, self->fd, self->buf, BLOCK, 0, list)

/* These numbers are ABI, and have 64 bits. */
TEST(mode_numbers)
{
	EXPECT_EQ(8, sizeof(IORING_RW_ATTR_FLAG_LIST));
	EXPECT_EQ(0x4000000000000000ULL, IORING_RW_ATTR_FLAG_LIST);
	EXPECT_EQ(0x2000000000000000ULL, IORING_RW_ATTR_FLAG_LIST_SQE);
	EXPECT_EQ(48, offsetof(struct io_uring_query_opcode, rw_attr_flags));
	EXPECT_EQ(56, sizeof(struct io_uring_query_opcode));
}

/* An older program queries, and gets, a smaller structure. */
TEST(query_old_size)
{
	struct {
		uint8_t told[48];
		uint64_t more;
	} op = { .more = 0 };
	struct io_uring_query_hdr hdr = {
		.query_data	= (uintptr_t)&op,
		.query_op	= IO_URING_QUERY_OPCODES,
		.size		= sizeof(op.told),
	};

	ASSERT_EQ(0, syscall(SYS_io_uring_register, -1, IORING_REGISTER_QUERY,
			     &hdr, 0));
	EXPECT_EQ(0, hdr.result);
	EXPECT_EQ(48, hdr.size);
	EXPECT_EQ(0, op.more);
}

TEST_F(ring, query)
{
	EXPECT_EQ(IORING_RW_ATTR_FLAG_PI | IORING_RW_ATTR_FLAG_LIST |
		  IORING_RW_ATTR_FLAG_LIST_SQE | IORING_RW_ATTR_FLAG_SET |
		  IORING_RW_ATTR_FLAG_SET_FIXED, uring_attr_flags());
}

TEST_F(ring, attr_type_mask)
{
	struct cache_list l = cache_list(0, 0);
	struct io_uring_sqe sqe = READ(&l);
	bool set;
	int bit;

	for (bit = 0; bit < 64; bit++) {
		sqe.attr_type_mask = IORING_RW_ATTR_FLAG_LIST | 1ULL << bit;
		EXPECT_EQ(bit == 62 ? BLOCK : -EINVAL,
			  uring_run(&self->ring, &sqe)) {
			TH_LOG("bit %d", bit);
		}
		if (bit == 0 || bit == 62)
			continue;
		/* a list in the SQE requires 128 bytes */
		sqe.attr_type_mask = 1ULL << bit;
		set = sqe.attr_type_mask & (IORING_RW_ATTR_FLAG_SET |
					    IORING_RW_ATTR_FLAG_SET_FIXED);
		EXPECT_EQ(set ? -EBADF : -EINVAL,
			  uring_run(&self->ring, &sqe));
	}
}

TEST_F(ring, without_list)
{
	struct io_uring_sqe sqe = READ(NULL);
	struct uring_done done;

	sqe.user_data = 0x1122334455667788;
	/* ignored without a mask */
	sqe.attr_ptr = 1;
	ASSERT_EQ(0, uring_do(&self->ring, &sqe, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(0, done.flags);
	EXPECT_EQ(0, done.extra[0]);
	EXPECT_EQ(0x1122334455667788, done.data);
}

/* A ring with 16-byte CQEs has no room for a report. */
TEST_F(ring, report_needs_room)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe = READ(&l);
	struct uring_done done;
	struct uring small;

	ASSERT_EQ(0, uring_init(&small));
	EXPECT_EQ(-EINVAL, uring_run(&small, &sqe));
	l.list.flags = 0;
	EXPECT_EQ(BLOCK, uring_run(&small, &sqe));
	uring_exit(&small);

	/* no report is requested */
	ASSERT_EQ(0, uring_do(&self->ring, &sqe, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(0, done.extra[0]);
}

/* On a mixed ring only reports use 32-byte CQEs. */
TEST_F(ring, mixed_sizes)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe;
	struct uring_done done;
	struct uring mixed;
	int i;

	ASSERT_EQ(0, uring_open(&mixed, 2, IORING_SETUP_CQE_MIXED));
	for (i = 0; i < 60; i++) {
		bool report = i % 3 == 1;

		l.list.flags = report ? IOCB_ATTR_LIST_REPORT : 0;
		sqe = READ(i % 3 ? &l : NULL);
		sqe.user_data = i;
		ASSERT_EQ(0, uring_do(&mixed, &sqe, &done));
		ASSERT_EQ(BLOCK, done.res);
		EXPECT_EQ(i, done.data);
		EXPECT_EQ(report, done.big);
		EXPECT_EQ(report ? CHARGED : 0, done.extra[0]);
	}
	uring_exit(&mixed);
}

/* A skipped report must not appear in the next completion. */
TEST_F(ring, report_skipped_cqe)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe[2] = { READ(&l), READ(NULL) };
	struct uring_done done;
	int i;

	sqe[0].flags = IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_LINK;
	sqe[1].user_data = 1;
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(0, uring_submit(&self->ring, sqe, 2));
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		EXPECT_EQ(1, done.data);
		EXPECT_EQ(BLOCK, done.res);
		ASSERT_EQ(0, done.extra[0]);
	}
}

TEST_F(ring, multishot)
{
	struct cache_list l = cache_list(0, 0);
	struct io_uring_sqe sqe = {
		.opcode	= IORING_OP_READ_MULTISHOT,
		.flags	= IOSQE_BUFFER_SELECT,
	};
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(1, write(fds[1], "", 1));
	sqe.fd = fds[0];
	/* accepted, but there is no buffer */
	EXPECT_EQ(-ENOBUFS, uring_run(&self->ring, &sqe));
	sqe.attr_ptr = (uintptr_t)&l;
	sqe.attr_type_mask = IORING_RW_ATTR_FLAG_LIST;
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, &sqe));
	close(fds[0]);
	close(fds[1]);
}

static struct io_uring_sqe timeout(const struct __kernel_timespec *ts)
{
	return (struct io_uring_sqe) {
		.opcode		= IORING_OP_TIMEOUT,
		.flags		= IOSQE_IO_LINK,
		.addr		= (uintptr_t)ts,
		.len		= 1,
		.timeout_flags	= IORING_TIMEOUT_ETIME_SUCCESS,
		.user_data	= 1000,
	};
}

/* The list and its file descriptors are not used after submission. */
TEST_F(ring, list_read_once)
{
	const struct __kernel_timespec ts = { .tv_nsec = 50000000 };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe[2] = { timeout(&ts), READ(&l) };
	struct uring_done done;

	ASSERT_EQ(0, uring_submit(&self->ring, sqe, 2));
	memset(&l, 0xff, sizeof(l));
	ASSERT_EQ(self->cgroup[0], dup2(self->fd, self->cgroup[0]));
	ASSERT_EQ(0, uring_wait(&self->ring, &done));
	EXPECT_EQ(1000, done.data);
	ASSERT_EQ(0, uring_wait(&self->ring, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(CHARGED, done.extra[0]);
}

/* The previous request opens the file after the list was read. */
TEST_F(ring, linked_open)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe[2] = {
		{
			.opcode		= IORING_OP_OPENAT,
			.flags		= IOSQE_IO_LINK,
			.fd		= AT_FDCWD,
			.file_index	= 1,
		}, READ(&l),
	};
	int i, none = -1;
	struct uring_done done;

	ASSERT_EQ(0, uring_register(&self->ring, IORING_REGISTER_FILES, &none,
				    1));
	sqe[1].flags = IOSQE_FIXED_FILE;
	sqe[1].fd = 0;
	for (i = 0; i < 2; i++) {
		sqe[0].addr = (uintptr_t)(i ? "/dev/zero" : FILE_DIRECT);
		sqe[0].open_flags = i ? O_RDONLY : O_RDONLY | O_DIRECT;
		ASSERT_EQ(0, uring_submit(&self->ring, sqe, 2));
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		ASSERT_EQ(0, done.res);
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		EXPECT_EQ(i ? -EOPNOTSUPP : BLOCK, done.res);
		EXPECT_EQ(i ? 0 : CHARGED, done.extra[0]);
	}
}

/* Linked requests with lists after one that fails. */
TEST_F(ring, linked_failure)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe[3] = { READ(&l), READ(&l), READ(&l) };
	struct uring_done done;
	int i, way;

	/* a set cannot be made from a bad list, and so does not get here */
	for (way = 0; way < (through_sets() ? 1 : 3); way++) {
		for (i = 0; i < 3; i++) {
			sqe[i].flags = i < 2 ? IOSQE_IO_LINK : 0;
			sqe[i].user_data = i;
			sqe[i].fd = self->fd;
			sqe[i].attr_ptr = (uintptr_t)&l;
		}
		/* at issue, at submission, by the last request */
		if (way == 0)
			sqe[0].fd = -1;
		else
			sqe[way].attr_ptr = 8;
		ASSERT_EQ(0, uring_submit(&self->ring, sqe, 3));
		for (i = 0; i < 3; i++) {
			ASSERT_EQ(0, uring_wait(&self->ring, &done));
			EXPECT_EQ(done.data != way ? -ECANCELED :
				  way ? -EFAULT : -EBADF, done.res) {
				TH_LOG("way %d request %d", way,
				       (int)done.data);
			}
			EXPECT_EQ(0, done.extra[0]);
		}
	}
}

/* Cancel the timeout that a request waits for. */
TEST_F(ring, cancelled)
{
	const struct __kernel_timespec ts = { .tv_sec = 600 };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe[2] = { timeout(&ts), READ(&l) };
	struct io_uring_sqe cancel = {
		.opcode		= IORING_OP_ASYNC_CANCEL,
		.addr		= 1000,
		.user_data	= 1,
	};
	struct uring_done done;
	int i;

	ASSERT_EQ(0, uring_submit(&self->ring, sqe, 2));
	ASSERT_EQ(0, uring_submit(&self->ring, &cancel, 1));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		EXPECT_EQ(done.data == 1 ? 0 : -ECANCELED, done.res);
		EXPECT_EQ(0, done.extra[0]);
	}
}

/* Switch the effective uid; root can be restored. */
static int be(int uid)
{
	return syscall(SYS_setresuid, -1, uid, -1) ? -errno : 0;
}

#define AS(id, flags_, list)						\
({									\
	struct io_uring_sqe __sqe = READ(list);				\
									\
	__sqe.personality = (id);					\
	__sqe.flags = (flags_);						\
	uring_run(&self->ring, &__sqe);					\
})

/* The personality of a request overrides the credentials of its submitter. */
TEST_F(ring, personality)
{
	struct attr_list charge = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct attr_list rt = list_one(IOCB_ATTR_ioprio, RT);
	struct attr_list init = list_one(IOCB_ATTR_proxy_pid, 1);
	int root, user, i;

	if (through_sets())
		SKIP(return, "not through sets: they have no personality");
	root = uring_register(&self->ring, IORING_REGISTER_PERSONALITY, NULL,
			      0);
	ASSERT_LT(0, root);
	ASSERT_EQ(0, be(USER));
	user = uring_register(&self->ring, IORING_REGISTER_PERSONALITY, NULL,
			      0);
	ASSERT_EQ(0, be(0));
	ASSERT_LT(0, user);

	/* twice: permissions of root are cached, but not for the user */
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(BLOCK, AS(0, 0, &charge));
		EXPECT_EQ(BLOCK, AS(root, 0, &charge));
		EXPECT_EQ(-EACCES, AS(user, 0, &charge));
		EXPECT_EQ(-EACCES, AS(user, IOSQE_ASYNC, &charge));
	}
	EXPECT_EQ(BLOCK, AS(0, 0, &rt));
	EXPECT_EQ(-EPERM, AS(user, 0, &rt));
	EXPECT_EQ(BLOCK, AS(0, 0, &init));
	EXPECT_EQ(-EPERM, AS(user, 0, &init));

	ASSERT_EQ(0, be(USER));
	EXPECT_EQ(-EACCES, AS(0, 0, &charge));
	EXPECT_EQ(-EACCES, AS(user, 0, &charge));
	EXPECT_EQ(BLOCK, AS(root, 0, &charge));
	EXPECT_EQ(BLOCK, AS(root, IOSQE_ASYNC, &charge));
	EXPECT_EQ(-EPERM, AS(0, 0, &init));
	EXPECT_EQ(BLOCK, AS(root, 0, &init));
	EXPECT_EQ(BLOCK, AS(root, 0, &rt));
	ASSERT_EQ(0, be(0));

	ASSERT_EQ(0, cgroup_chown(CLIENTS "/a", "cgroup.procs", USER));
	EXPECT_EQ(BLOCK, AS(user, 0, &charge));
}

/* The SQPOLL thread uses the credentials of the creator of the ring. */
TEST_F(ring, sqpoll_credentials)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe = READ(&l);
	struct uring ring;
	int ret, root;

	if (through_sets())
		SKIP(return, "not through sets: the SQPOLL thread makes none");
	ASSERT_EQ(0, be(USER));
	ret = uring_open(&ring, NR, IORING_SETUP_CQE32 | IORING_SETUP_SQPOLL);
	ASSERT_EQ(0, be(0));
	ASSERT_EQ(0, ret);
	root = uring_register(&ring, IORING_REGISTER_PERSONALITY, NULL, 0);
	ASSERT_LT(0, root);

	EXPECT_EQ(-EACCES, uring_run(&ring, &sqe));
	sqe.personality = root;
	EXPECT_EQ(BLOCK, uring_run(&ring, &sqe));
	sqe.personality = 0;
	EXPECT_EQ(-EACCES, uring_run(&ring, &sqe));
	uring_exit(&ring);
}

/* A list inside the SQE. */
FIXTURE(sqe_list)
{
	struct uring ring;
	int fd;
	int cgroup[2];
	void *buf;
	struct io_uring_sqe sqe[2];
};

FIXTURE_SETUP(sqe_list)
{
	ASSERT_EQ(0, uring_open(&self->ring, NR, IORING_SETUP_CQE32 |
				IORING_SETUP_SQE128));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, clients_make(self->cgroup));
	self->sqe[0] = READ(NULL);
	self->sqe[0].attr_type_mask = IORING_RW_ATTR_FLAG_LIST_SQE;
	/* zeroes must follow the list */
	memset(&self->sqe[1], 0, sizeof(self->sqe[1]));
}

FIXTURE_TEARDOWN(sqe_list)
{
	uring_exit(&self->ring);
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, clients_remove(self->cgroup));
}

TEST_F(sqe_list, charged)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct uring_done done;

	memcpy(&self->sqe[1], &l, l.list.size);
	ASSERT_EQ(0, uring_do(&self->ring, self->sqe, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(CHARGED, done.extra[0]);
	l.list.flags = 0;
	memcpy(&self->sqe[1], &l, l.list.size);
	ASSERT_EQ(0, uring_do(&self->ring, self->sqe, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(0, done.extra[0]);
}

TEST_F(sqe_list, errors)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, -1);
	struct iocb_attr_list *list = (void *)&self->sqe[1];
	struct uring small;
	uint32_t size;

	memcpy(list, &l, l.list.size);
	EXPECT_EQ(-EBADF, uring_run(&self->ring, self->sqe));
	/* one record of an unknown id that fills the list */
	memset(list, 0, sizeof(self->sqe[1]));
	first_record(list)->id = 1000;
	for (size = 0; size <= 80; size++) {
		int expected = BLOCK;

		list->size = size;
		first_record(list)->size = size - sizeof(*list);
		if (size < 16)
			first_record(list)->size = 0;
		if (size < 8 || size % 8)
			expected = -EINVAL;
		else if (size > 64)
			expected = -E2BIG;
		else if (size < 16)
			/* no room for a record */
			expected = -EINVAL;
		EXPECT_EQ(expected, uring_run(&self->ring, self->sqe)) {
			TH_LOG("list of %u bytes", size);
		}
	}
	list->size = 64;
	first_record(list)->size = 64;
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, self->sqe));
	memset(list, 0, sizeof(self->sqe[1]));
	list->size = 8;
	EXPECT_EQ(BLOCK, uring_run(&self->ring, self->sqe));
	list->flags = 2;
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, self->sqe));
	list->flags = 0;

	/* both in the SQE and by pointer */
	self->sqe[0].attr_ptr = (uintptr_t)&l;
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, self->sqe));
	self->sqe[0].attr_ptr = 0;
	self->sqe[0].attr_type_mask |= IORING_RW_ATTR_FLAG_LIST;
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, self->sqe));
	self->sqe[0].attr_type_mask = IORING_RW_ATTR_FLAG_LIST_SQE;

	/* rings without 128-byte SQEs */
	ASSERT_EQ(0, uring_open(&small, 1, IORING_SETUP_CQE32));
	EXPECT_EQ(-EINVAL, uring_run(&small, self->sqe));
	uring_exit(&small);
	ASSERT_EQ(0, uring_open(&small, 2, IORING_SETUP_CQE32 |
				IORING_SETUP_SQE_MIXED));
	EXPECT_EQ(-EINVAL, uring_run(&small, self->sqe));
	uring_exit(&small);
}

/* The bytes after the list are reserved and must be 0. */
TEST_F(sqe_list, trailing_bytes)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct cache_list cache = cache_list(IOCB_CACHE_BYPASS, 0);
	struct iocb_attr_list empty = { .size = sizeof(empty) };
	const struct {
		const void *list;
		unsigned int size;
	} lists[] = {
		{ &empty, sizeof(empty) },
		{ &cache, sizeof(cache) },
		{ &l, l.list.size },
	};
	uint8_t *bytes = (uint8_t *)&self->sqe[1];
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		memset(bytes, 0, sizeof(self->sqe[1]));
		memcpy(bytes, lists[i].list, lists[i].size);
		EXPECT_EQ(BLOCK, uring_run(&self->ring, self->sqe));
		for (bit = 8 * lists[i].size; bit < 8 * 64; bit++) {
			bytes[bit / 8] = 1 << bit % 8;
			EXPECT_EQ(-EINVAL, uring_run(&self->ring, self->sqe)) {
				TH_LOG("list of %u bytes, bit %u of byte %u",
				       lists[i].size, bit % 8, bit / 8);
			}
			bytes[bit / 8] = 0;
		}
		EXPECT_EQ(BLOCK, uring_run(&self->ring, self->sqe));
	}
	/* checked before file descriptors are looked up */
	l = list_one(IOCB_ATTR_cgroup, -1);
	memset(bytes, 0, sizeof(self->sqe[1]));
	memcpy(bytes, &l, l.list.size);
	EXPECT_EQ(-EBADF, uring_run(&self->ring, self->sqe));
	bytes[63] = 1;
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, self->sqe));
}

/* The SQE is not used after submission. */
TEST_F(sqe_list, read_once)
{
	const struct __kernel_timespec ts = { .tv_nsec = 50000000 };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe[4] = {
		timeout(&ts), {}, self->sqe[0], {}
	};
	struct uring_done done;

	memcpy(&sqe[3], &l, l.list.size);
	ASSERT_EQ(0, uring_submit(&self->ring, sqe, 2));
	memset(self->ring.sqes, 0xff, NR * self->ring.sqe_size);
	ASSERT_EQ(0, uring_wait(&self->ring, &done));
	ASSERT_EQ(0, uring_wait(&self->ring, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(CHARGED, done.extra[0]);
}

FIXTURE(disk)
{
	struct uring ring;
	int fd;
	int cgroup[2];
	char dev[16];
	char *buf;
};

FIXTURE_VARIANT(disk)
{
	const char *ns;
};

FIXTURE_VARIANT_ADD(disk, slow) {
	.ns = SLOW,
};

FIXTURE_SETUP(disk)
{
	ASSERT_EQ(0, slow_disk_make(variant->ns, "none"));
	self->fd = open(SLOW_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, device_number(SLOW_DISK, self->dev, sizeof(self->dev)));
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, clients_make(self->cgroup));
	ASSERT_EQ(0, uring_open(&self->ring, 512, IORING_SETUP_CQE32));
}

FIXTURE_TEARDOWN(disk)
{
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, clients_remove(self->cgroup));
	EXPECT_EQ(0, slow_disk_remove());
}

static int submit_many(struct uring *ring, int fd, void *buf, void *list,
		       int nr)
{
	struct io_uring_sqe sqe[MANY];
	int i;

	for (i = 0; i < nr; i++)
		sqe[i] = uring_prep(IORING_OP_READ, fd, buf, BLOCK,
				    i * 16LL * BLOCK, list);
	return uring_submit(ring, sqe, nr);
}

/*
 * More requests than the disk has tags. io_uring does not wait for a tag and
 * lets a worker reissue them.
 */
TEST_F(disk, reissue)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct uring_done done;
	int i;

	ASSERT_EQ(0, submit_many(&self->ring, self->fd, self->buf, &l, MANY));
	memset(&l, 0xff, sizeof(l));
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(CHARGED, done.extra[0]);
	}
	EXPECT_LE(MANY, cgroup_io(CLIENTS "/a", self->dev, "rios"));
	uring_exit(&self->ring);
}

/* The number of io_uring workers of this process. */
static int count_workers(void)
{
	char path[300], comm[32];
	struct dirent *e;
	DIR *dir = opendir("/proc/self/task");
	int nr = 0;

	while (dir && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 e->d_name);
		if (read_file(path, comm, sizeof(comm)) > 0 &&
		    !strncmp(comm, "iou-wrk", 7))
			nr++;
	}
	if (dir)
		closedir(dir);
	return nr;
}

/*
 * A buffered read that waits for its pages. The iocb shares a field between the
 * waiter and the attributes, which buffered I/O does not refer to. It must wait
 * without a worker, as it does without attributes.
 */
TEST_F(disk, buffered_uncached)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	int i, fd = open(SLOW_DISK, O_RDONLY | O_CLOEXEC);
	struct io_uring_sqe sqe;
	struct uring_done done;

	ASSERT_LE(0, fd);
	for (i = 0; i < 2; i++) {
		l.r[0].attr.flags = i ? 0 : IOCB_ATTR_REQUIRED;
		ASSERT_EQ(0, ioctl(fd, BLKFLSBUF, 0));
		sqe = uring_prep(IORING_OP_READ, fd, self->buf, BLOCK, 0, &l);
		ASSERT_EQ(0, uring_submit(&self->ring, &sqe, 1));
		EXPECT_EQ(0, count_workers());
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(CHARGED, done.extra[0]);
	}
	close(fd);
	uring_exit(&self->ring);
}

/* The ring exits with requests in flight and requests not yet issued. */
TEST_F(disk, ring_exit)
{
	const struct __kernel_timespec ts = { .tv_sec = 600 };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	struct io_uring_sqe sqe[2] = {
		timeout(&ts),
		uring_prep(IORING_OP_READ, self->fd, self->buf, BLOCK, 0, &l),
	};

	ASSERT_EQ(0, uring_submit(&self->ring, sqe, 2));
	ASSERT_EQ(0, submit_many(&self->ring, self->fd, self->buf, &l, MANY));
	uring_exit(&self->ring);
}

/* The same, but the process exits. */
TEST_F(disk, process_exit)
{
	const struct __kernel_timespec ts = { .tv_sec = 600 };
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->cgroup[1]);
	struct uring ring;
	pid_t pid;

	uring_exit(&self->ring);
	pid = fork();
	if (!pid) {
		struct io_uring_sqe sqe[2] = {
			timeout(&ts),
			uring_prep(IORING_OP_READ, self->fd, self->buf, BLOCK,
				   0, &l),
		};
		int ret;

		ret = uring_open(&ring, 512, IORING_SETUP_CQE32) ?:
		      uring_submit(&ring, sqe, 2) ?:
		      submit_many(&ring, self->fd, self->buf, &l, MANY);
		_exit(-ret);
	}
	EXPECT_EQ(0, wait_child(pid));
}

TEST_HARNESS_MAIN
