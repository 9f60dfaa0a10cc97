// SPDX-License-Identifier: GPL-2.0
/*
 * A set is closed or replaced, its target is removed, or its user exits, before
 * its I/Os complete. KASAN and kmemleak detect use after free and leaks.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "lib/flight.h"
#include "lib/permission.h"
#include "lib/set.h"
#include "lib/uring.h"
#include "lib/harness.h"

#define CHARGED		ATTR_BIT(cgroup)
#define TAG		1000

FIXTURE(set_lifetime)
{
	struct flight f;
	struct uring ring;
	int set;		/* of the cgroup CLIENTS/a */
};

FIXTURE_VARIANT(set_lifetime)
{
	struct disk_mode mode;
};

FIXTURE_VARIANT_ADD(set_lifetime, none) { .mode = { "none", false, false } };
FIXTURE_VARIANT_ADD(set_lifetime, iocost) { .mode = { "none", false, true } };
FIXTURE_VARIANT_ADD(set_lifetime, deadline) {
	.mode = { "mq-deadline", true, false },
};

FIXTURE_VARIANT_ADD(set_lifetime, bfq) { .mode = { "bfq", true, false } };

FIXTURE_SETUP(set_lifetime)
{
	struct attr_list l;

	ASSERT_EQ(0, flight_open(&self->f, &variant->mode));
	l = list_one(IOCB_ATTR_cgroup, self->f.a);
	self->set = set_make(&l, 0);
	ASSERT_LE(0, self->set);
	ASSERT_EQ(0, uring_open(&self->ring, NR, IORING_SETUP_CQE32));
	ASSERT_EQ(0, uring_register_table(&self->ring, 2));
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, self->set, TAG));
}

FIXTURE_TEARDOWN(set_lifetime)
{
	if (self->ring.fd >= 0)
		uring_exit(&self->ring);
	close(self->set);
	EXPECT_EQ(0, flight_close(&self->f, &variant->mode));
}

/* Submit NR reads, by AIO or by io_uring. Returns 0 or a negative errno. */
static int submit(const struct flight *f, aio_context_t ctx, int set)
{
	return submit_reads_by_set(ctx, f->fd, f->buf, set);
}

static int submit_on(struct uring *ring, const struct flight *f, uint64_t mode,
		     uint64_t set)
{
	struct io_uring_sqe sqe[NR];
	int i;

	for (i = 0; i < NR; i++)
		sqe[i] = uring_prep_set(IORING_OP_READ, f->fd,
					f->buf + i * BLOCK, BLOCK,
					i * 16LL * BLOCK, mode, set);
	return uring_submit(ring, sqe, NR);
}

#define SUBMIT()	submit(&self->f, self->f.ctx, self->set)
#define SUBMIT_SET()							\
	submit_on(&self->ring, &self->f, IORING_RW_ATTR_FLAG_SET, self->set)
#define SUBMIT_FIXED()							\
	submit_on(&self->ring, &self->f, IORING_RW_ATTR_FLAG_SET_FIXED, 1)

/*
 * Wait for @nr reads, all of which were charged, and for @tags tags. Returns 0
 * or a negative errno.
 */
static int reap_ring(struct uring *ring, int nr, int tags)
{
	struct uring_done done;
	int i, ret;

	for (i = nr + tags; i; i--) {
		ret = uring_wait(ring, &done);
		if (ret)
			return ret;
		if (done.data == TAG)
			tags--;
		else if (done.res != BLOCK)
			return done.res < 0 ? done.res : -EIO;
		else if (done.extra[0] != CHARGED)
			return -EBADMSG;
	}
	return tags ? -EPROTO : 0;
}

/* Remove the cgroup. It is released while the set is still open. */
#define EXPECT_RELEASE() do {						\
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));			\
	EXPECT_EQ(0, wait_for_css_release());				\
} while (0)

TEST_F(set_lifetime, closed)
{
	int copy = fcntl(self->set, F_DUPFD_CLOEXEC, 0);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, submit(&self->f, self->f.ctx, copy));
	ASSERT_EQ(0, submit_on(&self->ring, &self->f, IORING_RW_ATTR_FLAG_SET,
			       copy));
	/* the last reference to the file, besides that of each I/O */
	close(copy);
	close(self->set);
	self->set = -1;
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, -1, 0));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(CHARGED, reap(self->f.ctx));
	/* requests by file descriptor do not use the table */
	EXPECT_EQ(0, reap_ring(&self->ring, NR, 1));
	EXPECT_RELEASE();
}

/* Requests hold the attributes, not the file, so the tag does not wait. */
TEST_F(set_lifetime, replaced_in_table)
{
	int other = set_make_empty();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, SUBMIT_FIXED());
	close(self->set);
	self->set = -1;
	ASSERT_EQ(0, uring_set_slot(&self->ring, 1, other, 0));
	EXPECT_TRUE(uring_ready(&self->ring));
	EXPECT_EQ(0, reap_ring(&self->ring, NR, 1));
	EXPECT_RELEASE();
	close(other);
}

TEST_F(set_lifetime, table_unregistered)
{
	ASSERT_EQ(0, SUBMIT_FIXED());
	close(self->set);
	self->set = -1;
	ASSERT_EQ(0, uring_register(&self->ring, IORING_UNREGISTER_FILES, NULL,
				    0));
	EXPECT_TRUE(uring_ready(&self->ring));
	EXPECT_EQ(0, reap_ring(&self->ring, NR, 1));
	EXPECT_RELEASE();
}

TEST_F(set_lifetime, cgroup_removed)
{
	struct io_uring_sqe sqe = uring_prep_set(IORING_OP_READ, self->f.fd,
						 self->f.buf, BLOCK, 0,
						 IORING_RW_ATTR_FLAG_SET_FIXED,
						 1);

	/* twice: the second finds the queues of the first */
	ASSERT_EQ(0, SUBMIT());
	ASSERT_EQ(0, SUBMIT());
	ASSERT_EQ(0, SUBMIT_FIXED());
	ASSERT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(-ENODEV, SUBMIT());
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_LT(0, cgroup_key(CLIENTS, "cgroup.stat",
				"nr_dying_descendants"));
	EXPECT_EQ(CHARGED, reap(self->f.ctx));
	EXPECT_EQ(CHARGED, reap(self->f.ctx));
	EXPECT_EQ(0, reap_ring(&self->ring, NR, 0));
	EXPECT_EQ(-ENODEV, uring_run(&self->ring, &sqe));
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(-ENODEV, SUBMIT());
}

/* The process that a set is a snapshot of exits. */
TEST_F(set_lifetime, process_exits)
{
	pid_t pid = sleeper(0, CLIENTS "/a", BE | 6, true);
	struct attr_list l = list_one(IOCB_ATTR_proxy_pid, pid);
	int set;

	ASSERT_LT(0, pid);
	set = set_make(&l, 0);
	ASSERT_LE(0, set);
	ASSERT_EQ(0, submit(&self->f, self->f.ctx, set));
	end(pid);
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	ASSERT_EQ(0, submit(&self->f, self->f.ctx, set));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	EXPECT_RELEASE();
	EXPECT_EQ(-ENODEV, submit(&self->f, self->f.ctx, set));
	close(set);
}

TEST_F(set_lifetime, context_destroyed)
{
	aio_context_t ctx = 0;

	ASSERT_EQ(0, io_setup(NR, &ctx));
	ASSERT_EQ(0, submit(&self->f, ctx, self->set));
	EXPECT_EQ(0, io_destroy(ctx));
	EXPECT_RELEASE();
}

TEST_F(set_lifetime, ring_closed)
{
	ASSERT_EQ(0, SUBMIT_SET());
	ASSERT_EQ(0, SUBMIT_FIXED());
	close(self->set);
	self->set = -1;
	uring_exit(&self->ring);
	self->ring.fd = -1;
	EXPECT_RELEASE();
}

/* A process ends with reads in flight. Its set is that of its parent. */
static void user_ends(struct __test_metadata *_metadata,
		      FIXTURE_DATA(set_lifetime) * self, bool exec)
{
	aio_context_t ctx = 0;
	struct uring ring;
	pid_t child;
	int wstatus;

	child = fork();
	if (!child) {
		if (io_setup(64, &ctx) || submit(&self->f, ctx, self->set) ||
		    uring_open(&ring, NR, IORING_SETUP_CQE32) ||
		    uring_register_table(&ring, 2) ||
		    uring_set_slot(&ring, 1, self->set, 0) ||
		    submit_on(&ring, &self->f, IORING_RW_ATTR_FLAG_SET,
			      self->set) ||
		    submit_on(&ring, &self->f, IORING_RW_ATTR_FLAG_SET_FIXED,
			      1))
			_exit(1);
		if (exec)
			execl("/bin/busybox", "true", NULL);
		else
			kill(getpid(), SIGKILL);
		_exit(2);
	}
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(exec ? 0 : SIGKILL, wstatus);
	/* the set still works */
	ASSERT_EQ(0, SUBMIT());
	EXPECT_EQ(CHARGED, reap(self->f.ctx));
	EXPECT_RELEASE();
}

TEST_F(set_lifetime, user_execs)
{
	user_ends(_metadata, self, true);
}

TEST_F(set_lifetime, user_killed)
{
	user_ends(_metadata, self, false);
}

#define MANY		10000
#define BATCH		500
#define LONG_TIME	"10000000000"	/* ns per read */

FIXTURE(many)
{
	int fd;
	int cgroup[2];
	int set;
	void *buf;
};

/* The disk has a request for each read. */
FIXTURE_SETUP(many)
{
	const char *deep = " submit_queues=1 hw_queue_depth=10000";
	struct attr_list l;

	ASSERT_EQ(0, slow_disk_make_with(LONG_TIME, "none", deep));
	/* in ms: however long it takes to submit them all */
	ASSERT_EQ(0, queue_set(SLOW_DISK, "io_timeout", "3600000"));
	self->fd = open(SLOW_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, clients_make(self->cgroup));
	l = list_one(IOCB_ATTR_cgroup, self->cgroup[0]);
	self->set = set_make(&l, 0);
	ASSERT_LE(0, self->set);
}

FIXTURE_TEARDOWN(many)
{
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, slow_disk_remove());
	EXPECT_EQ(0, clients_remove(self->cgroup));
}

/* Where read number @nr is. Reads that follow one another do not merge. */
static long long place(int nr)
{
	return nr * 2LL * BLOCK % SLOW_DISK_SIZE;
}

TEST_F(many, closed)
{
	struct iocb iocb[BATCH], *iocbs[BATCH];
	struct io_event events[BATCH];
	aio_context_t ctx = 0;
	int i, j, ret;

	ASSERT_EQ(0, io_setup(MANY, &ctx));
	for (i = 0; i < MANY; i += BATCH) {
		for (j = 0; j < BATCH; j++) {
			iocb[j] = aio_prep_set(IOCB_CMD_PREAD, self->fd,
					       self->buf, BLOCK, place(i + j),
					       self->set);
			iocbs[j] = &iocb[j];
		}
		ASSERT_EQ(BATCH, io_submit(ctx, BATCH, iocbs));
	}
	close(self->set);
	EXPECT_GT(MANY, nr_events(ctx));
	for (i = 0; i < MANY; i += ret) {
		ret = io_getevents(ctx, 1, BATCH, events);
		ASSERT_LT(0, ret);
		for (j = 0; j < ret; j++) {
			ASSERT_EQ(BLOCK, events[j].res);
			ASSERT_EQ(CHARGED, events[j].res2);
		}
	}
	EXPECT_EQ(0, io_destroy(ctx));
}

TEST_F(many, replaced_in_table)
{
	struct io_uring_sqe sqe[BATCH];
	struct uring ring;
	int i, j;

	ASSERT_EQ(0, uring_open(&ring, BATCH, IORING_SETUP_CQE32));
	ASSERT_EQ(0, uring_register_table(&ring, 1));
	ASSERT_EQ(0, uring_set_slot(&ring, 0, self->set, TAG));
	close(self->set);
	for (i = 0; i < MANY; i += BATCH) {
		for (j = 0; j < BATCH; j++)
			sqe[j] = uring_prep_set(IORING_OP_READ, self->fd,
						self->buf, BLOCK, place(i + j),
						IORING_RW_ATTR_FLAG_SET_FIXED,
						0);
		ASSERT_EQ(0, uring_submit(&ring, sqe, BATCH));
	}
	ASSERT_EQ(0, uring_set_slot(&ring, 0, -1, 0));
	EXPECT_EQ(0, reap_ring(&ring, MANY, 1));
	uring_exit(&ring);
}

TEST_HARNESS_MAIN
