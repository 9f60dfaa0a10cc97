// SPDX-License-Identifier: GPL-2.0
/*
 * Attribute sets through io_uring: sets by file descriptor and in the table of
 * registered files, and rings whose attributes are restricted.
 */
#define _GNU_SOURCE
#include "lib/permission.h"
#include "lib/set.h"
#include "lib/slow_disk.h"
#include "lib/uring.h"
#include "lib/harness.h"

#define NR		8	/* requests at a time */
#define SLOTS		16	/* of the table */
#define CHARGED		ATTR_BIT(cgroup)
#define TAG		1000

/* Reads and writes in each mode, with all kinds of requests. */
FIXTURE(mode)
{
	struct uring ring;
	int fd;
	int cgroup[2];
	int set[2];
	char dev[16];
	char *buf;
};

#include "lib/uring_modes.h"

FIXTURE_VARIANT_ADD(mode, sqe128) {
	.setup = IORING_SETUP_CQE32 | IORING_SETUP_SQE128,
};

/* Two sets, each of its own cgroup. */
static int sets_make(const int *cgroup, int *set)
{
	struct attr_list l;
	int i;

	for (i = 0; i < 2; i++) {
		l = list_one(IOCB_ATTR_cgroup, cgroup[i]);
		set[i] = set_make(&l, 0);
		if (set[i] < 0)
			return set[i];
	}
	return 0;
}

FIXTURE_SETUP(mode)
{
	struct iovec iov = { .iov_len = NR * BLOCK };

	ASSERT_EQ(0, uring_open(&self->ring, NR, variant->setup));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd) {
		TH_LOG("no " FILE_DIRECT);
	}
	ASSERT_EQ(0, device_number(FILE_DIRECT, self->dev, sizeof(self->dev)));
	self->buf = block_alloc(NR * BLOCK);
	ASSERT_NE(NULL, self->buf);
	iov.iov_base = self->buf;
	ASSERT_EQ(0, uring_register(&self->ring, IORING_REGISTER_BUFFERS, &iov,
				    1));
	ASSERT_EQ(0, clients_make(self->cgroup));
	ASSERT_EQ(0, sets_make(self->cgroup, self->set));
	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 0, self->fd, 0));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 3, self->set[0], 0));
	ASSERT_EQ(0, uring_set_slot(&self->ring, SLOTS - 1, self->set[1], 0));
}

FIXTURE_TEARDOWN(mode)
{
	uring_exit(&self->ring);
	close(self->set[0]);
	close(self->set[1]);
	munmap(self->buf, NR * BLOCK);
	close(self->fd);
	EXPECT_EQ(0, clients_remove(self->cgroup));
}

/*
 * Requests alternate between the cgroups, and between the sets by file
 * descriptor and those of the table.
 */
TEST_F(mode, charged)
{
	const uint64_t sets[4][2] = {
		{ IORING_RW_ATTR_FLAG_SET, self->set[0] },
		{ IORING_RW_ATTR_FLAG_SET, self->set[1] },
		{ IORING_RW_ATTR_FLAG_SET_FIXED, 3 },
		{ IORING_RW_ATTR_FLAG_SET_FIXED, SLOTS - 1 },
	};
	unsigned int words = variant->setup & IORING_SETUP_SQE128 ? 2 : 1;
	bool fixed = variant->flags & IOSQE_FIXED_FILE;
	unsigned int i, op;

	for (op = 0; op < ARRAY_SIZE(opcodes); op++) {
		const char *key = op < 4 ? "rios" : "wios";
		bool v = is_vectored(opcodes[op]);
		struct io_uring_sqe sqes[2 * NR];
		struct iovec iov[NR];
		struct uring_done done;
		long long was[2];

		memset(sqes, 0, sizeof(sqes));
		for (i = 0; i < NR; i++) {
			char *buf = self->buf + i * BLOCK;
			struct io_uring_sqe *sqe = &sqes[i * words];

			iov[i] = (struct iovec) { buf, BLOCK };
			*sqe = uring_prep_set(opcodes[op], fixed ? 0 : self->fd,
					      v ? (void *)&iov[i] : buf,
					      v ? 1 : BLOCK, i * 16LL * BLOCK,
					      sets[i % 4][0], sets[i % 4][1]);
			sqe->flags = variant->flags;
			if (i == NR - 1)
				sqe->flags &= ~IOSQE_IO_LINK;
		}
		was[0] = cgroup_io(CLIENTS "/a", self->dev, key);
		was[1] = cgroup_io(CLIENTS "/b", self->dev, key);
		ASSERT_EQ(0, uring_submit(&self->ring, sqes, NR));
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

TEST_F(mode, no_set)
{
	const uint64_t sets[][2] = {
		{ IORING_RW_ATTR_FLAG_SET, self->fd },
		{ IORING_RW_ATTR_FLAG_SET, next_fd() },
		{ IORING_RW_ATTR_FLAG_SET_FIXED, 0 },
		{ IORING_RW_ATTR_FLAG_SET_FIXED, 1 },
		{ IORING_RW_ATTR_FLAG_SET_FIXED, SLOTS },
		{ IORING_RW_ATTR_FLAG_SET_FIXED, INT32_MAX },
		/* must not be truncated */
		{ IORING_RW_ATTR_FLAG_SET_FIXED, 3 | 1ULL << 32 },
		{ IORING_RW_ATTR_FLAG_SET_FIXED, -1ULL },
	};
	struct io_uring_sqe sqe[2] = {};
	struct uring_done done;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		sqe[0] = uring_prep_set(IORING_OP_READ, self->fd, self->buf,
					BLOCK, 0, sets[i][0], sets[i][1]);
		sqe[0].flags = variant->flags &
			       ~(IOSQE_IO_LINK | IOSQE_FIXED_FILE);
		ASSERT_EQ(0, uring_do(&self->ring, sqe, &done));
		EXPECT_EQ(-EBADF, done.res) {
			TH_LOG("case %u", i);
		}
		EXPECT_EQ(0, done.extra[0]);
	}
}

FIXTURE(ring)
{
	struct uring ring;
	int fd;
	int cgroup[2];
	int set[2];
	char dev[16];
	void *buf;
};

FIXTURE_SETUP(ring)
{
	ASSERT_EQ(0, uring_open(&self->ring, NR, IORING_SETUP_CQE32));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd) {
		TH_LOG("no " FILE_DIRECT);
	}
	ASSERT_EQ(0, device_number(FILE_DIRECT, self->dev, sizeof(self->dev)));
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, clients_make(self->cgroup));
	ASSERT_EQ(0, sets_make(self->cgroup, self->set));
}

FIXTURE_TEARDOWN(ring)
{
	uring_exit(&self->ring);
	close(self->set[0]);
	close(self->set[1]);
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, clients_remove(self->cgroup));
}

#define SQE(mode, set)							\
	uring_prep_set(IORING_OP_READ, self->fd, self->buf, BLOCK, 0,	\
		       IORING_RW_ATTR_FLAG_ ## mode, set)

/* The result of one read. */
#define READ_ON(ring, mode, set) ({					\
	struct io_uring_sqe __sqe = SQE(mode, set);			\
									\
	uring_run(ring, &__sqe);					\
})
#define READ(mode, set)	READ_ON(&self->ring, mode, set)

/* The number of reads for the first or the second cgroup. */
#define READS_FOR(nr)							\
	cgroup_io((nr) ? CLIENTS "/b" : CLIENTS "/a", self->dev, "rios")

/* Read by the table, for a cgroup. Its io.stat is exact. */
#define EXPECT_FOR(nr, slot) do {					\
	const int __nr = (nr);						\
	long long __was = READS_FOR(__nr);				\
									\
	EXPECT_EQ(BLOCK, READ(SET_FIXED, slot));			\
	EXPECT_EQ(__was + 1, READS_FOR(__nr));				\
} while (0)

TEST(mode_numbers)
{
	EXPECT_EQ(8, sizeof(IORING_RW_ATTR_FLAG_SET));
	EXPECT_EQ(0x1000000000000000ULL, IORING_RW_ATTR_FLAG_SET);
	EXPECT_EQ(0x0800000000000000ULL, IORING_RW_ATTR_FLAG_SET_FIXED);
	EXPECT_EQ(4, IORING_RESTRICTION_RW_ATTR);
	EXPECT_EQ(16, sizeof(struct io_uring_restriction));
	EXPECT_EQ(2, offsetof(struct io_uring_restriction, rw_attr));
}

/* Exactly one mode. */
TEST_F(ring, attr_type_mask)
{
	const int bits[] = { 60, 59 };
	struct io_uring_sqe sqe;
	int bit, i;

	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[0], 0));
	for (i = 0; i < 2; i++) {
		sqe = SQE(SET, i ? 1 : self->set[0]);
		for (bit = 0; bit < 64; bit++) {
			sqe.attr_type_mask = 1ULL << bits[i] | 1ULL << bit;
			EXPECT_EQ(bit == bits[i] ? BLOCK : -EINVAL,
				  uring_run(&self->ring, &sqe)) {
				TH_LOG("bits %d and %d", bits[i], bit);
			}
		}
	}
}

TEST_F(ring, no_table)
{
	EXPECT_EQ(-EBADF, READ(SET_FIXED, 0));
	ASSERT_EQ(0, uring_register_table(&self->ring, 1));
	EXPECT_EQ(-EBADF, READ(SET_FIXED, 0));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 0, self->set[0], 0));
	EXPECT_FOR(0, 0);
	ASSERT_EQ(0, uring_register(&self->ring, IORING_UNREGISTER_FILES, NULL,
				    0));
	EXPECT_EQ(-EBADF, READ(SET_FIXED, 0));
}

/* The table holds the set, which may be closed. */
TEST_F(ring, table_updated)
{
	int copy = fcntl(self->set[0], F_DUPFD_CLOEXEC, 0);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, copy, 0));
	close(copy);
	EXPECT_FOR(0, 1);
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[1], 0));
	EXPECT_FOR(1, 1);
	/* another file, none, and the first set again */
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->fd, 0));
	EXPECT_EQ(-EBADF, READ(SET_FIXED, 1));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, -1, 0));
	EXPECT_EQ(-EBADF, READ(SET_FIXED, 1));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[0], 0));
	EXPECT_FOR(0, 1);
}

/* Requests that change the table, or take a file from it. */
TEST_F(ring, table_requests)
{
	struct io_uring_sqe update = {
		.opcode	= IORING_OP_FILES_UPDATE,
		.addr	= (uintptr_t)self->set,
		.len	= 2,
		.off	= 4,
	};
	struct io_uring_sqe install = {
		.opcode	= IORING_OP_FIXED_FD_INSTALL,
		.flags	= IOSQE_FIXED_FILE,
		.fd	= 5,
	};
	struct io_uring_sqe remove = {
		.opcode		= IORING_OP_CLOSE,
		.file_index	= 5,	/* slot 4 */
	};
	long long was;
	int copy;

	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(2, uring_run(&self->ring, &update));
	EXPECT_FOR(0, 4);
	EXPECT_FOR(1, 5);
	ASSERT_EQ(0, uring_run(&self->ring, &remove));
	EXPECT_EQ(-EBADF, READ(SET_FIXED, 4));
	copy = uring_run(&self->ring, &install);
	ASSERT_LT(0, copy);
	was = READS_FOR(1);
	EXPECT_EQ(BLOCK, READ(SET, copy));
	EXPECT_EQ(was + 1, READS_FOR(1));
	close(copy);
}

/* A ring sends a set to the table of another ring. */
TEST_F(ring, table_of_other_ring)
{
	struct io_uring_sqe send = {
		.opcode		= IORING_OP_MSG_RING,
		.addr		= IORING_MSG_SEND_FD,
		.addr3		= 1,
		.file_index	= 3,	/* slot 2 */
		.msg_ring_flags	= IORING_MSG_RING_CQE_SKIP,
	};
	struct uring other;
	long long was;

	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[1], 0));
	ASSERT_EQ(0, uring_open(&other, NR, IORING_SETUP_CQE32));
	ASSERT_EQ(0, uring_register_table(&other, SLOTS));
	send.fd = other.fd;
	ASSERT_EQ(0, uring_run(&self->ring, &send));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, -1, 0));
	was = READS_FOR(1);
	EXPECT_EQ(BLOCK, READ_ON(&other, SET_FIXED, 2));
	EXPECT_EQ(was + 1, READS_FOR(1));
	uring_exit(&other);
}

/* The tag of a set without I/O comes at once. */
TEST_F(ring, tag_of_idle_set)
{
	struct uring_done done;

	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[0], TAG));
	EXPECT_EQ(BLOCK, READ(SET_FIXED, 1));
	EXPECT_FALSE(uring_ready(&self->ring));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[1], 0));
	ASSERT_EQ(0, uring_wait(&self->ring, &done));
	EXPECT_EQ(TAG, done.data);
	EXPECT_EQ(0, done.res);
}

/* A set is not a file that can be read. */
TEST_F(ring, read_set)
{
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, self->set[0],
					     self->buf, 8, 0, NULL);

	EXPECT_GT(0, uring_run(&self->ring, &sqe));
	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[0], 0));
	sqe.fd = 1;
	sqe.flags = IOSQE_FIXED_FILE;
	EXPECT_GT(0, uring_run(&self->ring, &sqe));
}

/*
 * Sets are looked up when requests are submitted. This one then waits for a
 * timeout.
 */
TEST_F(ring, looked_up_once)
{
	const struct __kernel_timespec ts = { .tv_nsec = 50000000 };
	struct io_uring_sqe sqe[2] = {
		{
			.opcode		= IORING_OP_TIMEOUT,
			.flags		= IOSQE_IO_LINK,
			.addr		= (uintptr_t)&ts,
			.len		= 1,
			.timeout_flags	= IORING_TIMEOUT_ETIME_SUCCESS,
		},
	};
	int copy = fcntl(self->set[0], F_DUPFD_CLOEXEC, 0), i;
	long long was = READS_FOR(0);
	struct uring_done done;

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[0], 0));
	for (i = 0; i < 2; i++) {
		sqe[1] = i ? SQE(SET_FIXED, 1) : SQE(SET, copy);
		ASSERT_EQ(0, uring_submit(&self->ring, sqe, 2));
		if (i) {
			ASSERT_EQ(0, uring_set_slot(&self->ring, 1,
						    self->set[1], 0));
		} else {
			ASSERT_EQ(copy, dup2(self->set[1], copy));
		}
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		ASSERT_EQ(0, uring_wait(&self->ring, &done));
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(CHARGED, done.extra[0]);
		EXPECT_EQ(was + 1 + i, READS_FOR(0));
	}
	close(copy);
}

/* A link fails with a request that has no set. */
TEST_F(ring, linked_failure)
{
	struct io_uring_sqe sqe[3];
	struct uring_done done;
	int bad, i;

	for (bad = 0; bad < 3; bad++) {
		for (i = 0; i < 3; i++) {
			sqe[i] = SQE(SET, i == bad ? self->fd : self->set[0]);
			sqe[i].flags = i < 2 ? IOSQE_IO_LINK : 0;
			sqe[i].user_data = i;
		}
		ASSERT_EQ(0, uring_submit(&self->ring, sqe, 3));
		for (i = 0; i < 3; i++) {
			ASSERT_EQ(0, uring_wait(&self->ring, &done));
			EXPECT_EQ(done.data == bad ? -EBADF : -ECANCELED,
				  done.res);
			EXPECT_EQ(0, done.extra[0]);
		}
	}
}

/* A ring with 16-byte CQEs has no room for a report. */
TEST_F(ring, report_needs_room)
{
	struct attr_list l = list_one(IOCB_ATTR_set, self->set[0]);
	struct io_uring_sqe sqe;
	struct uring small;
	int quiet;

	ASSERT_EQ(0, uring_init(&small));
	ASSERT_EQ(0, uring_register_table(&small, 2));
	ASSERT_EQ(0, uring_set_slot(&small, 0, self->set[0], 0));
	EXPECT_EQ(-EINVAL, READ_ON(&small, SET, self->set[0]));
	EXPECT_EQ(-EINVAL, READ_ON(&small, SET_FIXED, 0));
	/* the list asks for nothing, but its set does */
	l.list.flags = 0;
	sqe = uring_prep(IORING_OP_READ, self->fd, self->buf, BLOCK, 0, &l);
	EXPECT_EQ(-EINVAL, uring_run(&small, &sqe));

	l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	l.list.flags = 0;
	quiet = set_make(&l, 0);
	ASSERT_LE(0, quiet);
	ASSERT_EQ(0, uring_set_slot(&small, 1, quiet, 0));
	EXPECT_EQ(BLOCK, READ_ON(&small, SET, quiet));
	EXPECT_EQ(BLOCK, READ_ON(&small, SET_FIXED, 1));
	close(quiet);
	uring_exit(&small);
}

TEST_F(ring, multishot)
{
	struct io_uring_sqe sqe = {
		.opcode		= IORING_OP_READ_MULTISHOT,
		.flags		= IOSQE_BUFFER_SELECT,
		.attr_type_mask	= IORING_RW_ATTR_FLAG_SET,
		.attr_ptr	= self->set[0],
	};
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(1, write(fds[1], "", 1));
	sqe.fd = fds[0];
	EXPECT_EQ(-EINVAL, uring_run(&self->ring, &sqe));
	close(fds[0]);
	close(fds[1]);
}

/* A ring that may read, with the given bits of attr_type_mask. */
static int restricted_open(struct uring *r, int set, int nr_bits,
			   const uint8_t *bits)
{
	struct io_uring_restriction res[4] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP,
		  .sqe_op = IORING_OP_READ },
	};
	int i, ret;

	for (i = 0; i < nr_bits; i++) {
		res[i + 1].opcode = IORING_RESTRICTION_RW_ATTR;
		res[i + 1].rw_attr = bits[i];
	}
	ret = uring_open(r, NR, IORING_SETUP_CQE32 | IORING_SETUP_R_DISABLED);
	if (ret)
		return ret;
	return uring_register_table(r, 1) ?: uring_set_slot(r, 0, set, 0) ?:
	       uring_register(r, IORING_REGISTER_RESTRICTIONS, res,
			      1 + nr_bits) ?:
	       uring_register(r, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static int if_allowed(bool allowed)
{
	return allowed ? BLOCK : -EACCES;
}

TEST_F(ring, restrictions)
{
	static const struct {
		int nr_bits;
		uint8_t bits[2];
		bool list, set, fixed;
	} cases[] = {
		/* without a restriction of attributes, as before there were modes */
		{ 0, { 0 }, false, false, false },
		{ 1, { 59 }, false, false, true },
		{ 1, { 60 }, false, true, false },
		{ 1, { 62 }, true, false, false },
		{ 2, { 60, 59 }, false, true, true },
		{ 1, { 0 }, false, false, false },
		{ 1, { 63 }, false, false, false },
	};
	struct attr_list l = list_one(IOCB_ATTR_set, self->set[0]);
	struct io_uring_sqe by_list = uring_prep(IORING_OP_READ, self->fd,
						 self->buf, BLOCK, 0, &l);
	struct io_uring_sqe plain = uring_prep(IORING_OP_READ, self->fd,
					       self->buf, BLOCK, 0, NULL);
	struct uring ring;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, restricted_open(&ring, self->set[0],
					     cases[i].nr_bits, cases[i].bits));
		EXPECT_EQ(if_allowed(cases[i].list),
			  uring_run(&ring, &by_list)) {
			TH_LOG("case %d", i);
		}
		EXPECT_EQ(if_allowed(cases[i].set),
			  READ_ON(&ring, SET, self->set[0])) {
			TH_LOG("case %d", i);
		}
		EXPECT_EQ(if_allowed(cases[i].fixed),
			  READ_ON(&ring, SET_FIXED, 0)) {
			TH_LOG("case %d", i);
		}
		EXPECT_EQ(BLOCK, uring_run(&ring, &plain));
		/* opcodes are restricted as before */
		plain.opcode = IORING_OP_WRITE;
		EXPECT_EQ(-EACCES, uring_run(&ring, &plain));
		plain.opcode = IORING_OP_READ;
		uring_exit(&ring);
	}
}

/* The mask has 64 bits. */
TEST_F(ring, restriction_of_no_bit)
{
	static const uint8_t bits[] = { 64, 255 };
	struct uring ring;
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EINVAL, restricted_open(&ring, self->set[0], 1,
						   &bits[i]));
		uring_exit(&ring);
	}
}

/* Let all rings that this process opens use sets of their table only. */
static int restrict_task(void)
{
	struct {
		struct io_uring_task_restriction head;
		struct io_uring_restriction res[2];
	} task = {
		.head	= { .nr_res = 2 },
		.res	= {
			{ .opcode = IORING_RESTRICTION_SQE_OP,
			  .sqe_op = IORING_OP_READ },
			{ .opcode = IORING_RESTRICTION_RW_ATTR, .rw_attr = 59 },
		},
	};

	return syscall(SYS_io_uring_register, -1, IORING_REGISTER_RESTRICTIONS,
		       &task, 1) ? -errno : 0;
}

TEST_F(ring, restricted_task)
{
	struct uring ring;

	ASSERT_EQ(0, restrict_task());
	ASSERT_EQ(0, uring_open(&ring, NR, IORING_SETUP_CQE32));
	ASSERT_EQ(0, uring_register_table(&ring, 1));
	ASSERT_EQ(0, uring_set_slot(&ring, 0, self->set[0], 0));
	EXPECT_EQ(BLOCK, READ_ON(&ring, SET_FIXED, 0));
	EXPECT_EQ(-EACCES, READ_ON(&ring, SET, self->set[0]));
	uring_exit(&ring);
	/* one that was there before */
	EXPECT_EQ(BLOCK, READ(SET, self->set[0]));
}

/* In a child: submit to the ring of the parent. Returns 0 or an error. */
static int read_in_child(struct uring *ring, const struct io_uring_sqe *sqe)
{
	int ret = uring_run(ring, sqe);

	return ret == BLOCK ? 0 : ret < 0 ? ret : -EIO;
}

/* A forked child has no set by that number, but it does have the ring. */
TEST_F(ring, forked)
{
	struct io_uring_sqe by_fd = SQE(SET, self->set[0]);
	struct io_uring_sqe fixed = SQE(SET_FIXED, 1);

	ASSERT_EQ(0, uring_register_table(&self->ring, SLOTS));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set[0], 0));
	EXPECT_EQ(0, CHILD(0, read_in_child(&self->ring, &by_fd)));
	EXPECT_EQ(-EBADF, CHILD(close(self->set[0]),
				read_in_child(&self->ring, &by_fd)));
	EXPECT_EQ(0, CHILD(close(self->set[0]),
			   read_in_child(&self->ring, &fixed)));
}

TEST_HARNESS_MAIN
