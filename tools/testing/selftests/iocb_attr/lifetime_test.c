// SPDX-License-Identifier: GPL-2.0
/*
 * The cgroup of an I/O is removed, or its submitter exits, before the I/O
 * completes. KASAN and kmemleak detect use after free and leaks.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "lib/flight.h"
#include "lib/harness.h"

FIXTURE(lifetime)
{
	struct flight f;
};

FIXTURE_VARIANT(lifetime)
{
	struct disk_mode mode;
};

FIXTURE_VARIANT_ADD(lifetime, none) { .mode = { "none", false, false } };
FIXTURE_VARIANT_ADD(lifetime, iocost) { .mode = { "none", false, true } };
FIXTURE_VARIANT_ADD(lifetime, deadline) { .mode = { "mq-deadline", true, false } };
FIXTURE_VARIANT_ADD(lifetime, bfq) { .mode = { "bfq", true, false } };

FIXTURE_SETUP(lifetime)
{
	ASSERT_EQ(0, flight_open(&self->f, &variant->mode));
}

FIXTURE_TEARDOWN(lifetime)
{
	EXPECT_EQ(0, flight_close(&self->f, &variant->mode));
}

#define SUBMIT(list)	flight_submit(&self->f, list)

TEST_F(lifetime, cgroup_removed)
{
	struct attr_list l = list_two(list_one(IOCB_ATTR_cgroup, self->f.a),
				      list_one(IOCB_ATTR_ioprio, BE | 2));
	long long expected = ATTR_BIT(cgroup);

	if (variant->mode.sorts)
		expected |= ATTR_BIT(ioprio);
	/* twice: the second finds the queues of the first */
	ASSERT_EQ(0, SUBMIT(l));
	ASSERT_EQ(0, SUBMIT(l));
	ASSERT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(-ENODEV, SUBMIT(l));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_LT(0, cgroup_key(CLIENTS, "cgroup.stat",
				"nr_dying_descendants"));
	EXPECT_EQ(expected, reap(self->f.ctx));
	EXPECT_EQ(expected, reap(self->f.ctx));
	EXPECT_EQ(0, wait_for_css_release());
}

/* The submitter drops privileges. I/O that was permitted completes. */
TEST_F(lifetime, submitter_changes_user)
{
	struct attr_list l = list_two(list_one(IOCB_ATTR_cgroup, self->f.a),
				      list_one(IOCB_ATTR_ioprio, RT | 2));

	ASSERT_EQ(0, SUBMIT(l));
	ASSERT_EQ(0, setresuid(-1, 1000, -1));
	EXPECT_EQ(-EACCES, SUBMIT(l));
	EXPECT_EQ(-EPERM, SUBMIT(list_one(IOCB_ATTR_ioprio, RT | 2)));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(cgroup) |
		  (variant->mode.sorts ? ATTR_BIT(ioprio) : 0),
		  reap(self->f.ctx));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
}

/* The submitter and its context go away with reads in flight. */
static void submitter_ends(struct __test_metadata *_metadata,
			   FIXTURE_DATA(lifetime) * self, bool exec)
{
	aio_context_t ctx = 0;
	pid_t child;
	int wstatus;

	child = fork();
	if (!child) {
		if (io_setup(64, &ctx) ||
		    submit_reads(ctx, self->f.fd, self->f.buf,
				 list_one(IOCB_ATTR_cgroup, self->f.a)))
			_exit(1);
		if (exec)
			execl("/bin/busybox", "true", NULL);
		else
			kill(getpid(), SIGKILL);
		_exit(2);
	}
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(exec ? 0 : SIGKILL, wstatus);
	EXPECT_EQ(NR * BLOCK, cgroup_io(CLIENTS "/a", self->f.dev, "rbytes"));
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(0, wait_for_css_release());
}

TEST_F(lifetime, submitter_execs)
{
	submitter_ends(_metadata, self, true);
}

TEST_F(lifetime, submitter_killed)
{
	submitter_ends(_metadata, self, false);
}

/* The scheduler that has the queues of the cgroup is replaced. */
TEST_F(lifetime, scheduler_switched)
{
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_cgroup, self->f.a)));
	/* waits for the reads */
	ASSERT_EQ(0, queue_set(SLOW_DISK, "scheduler",
			       variant->mode.sorts ? "none" : "bfq"));
	EXPECT_EQ(ATTR_BIT(cgroup), reap(self->f.ctx));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_cgroup, self->f.a)));
	EXPECT_EQ(ATTR_BIT(cgroup), reap(self->f.ctx));
	ASSERT_EQ(0, queue_set(SLOW_DISK, "scheduler",
			       variant->mode.scheduler));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_cgroup, self->f.a)));
	EXPECT_EQ(ATTR_BIT(cgroup), reap(self->f.ctx));
}

TEST_HARNESS_MAIN
