/* SPDX-License-Identifier: GPL-2.0 */
/* A fixture: reads in flight while their tasks and schedulers change. */
#ifndef _IOCB_ATTR_LIFETIME_H
#define _IOCB_ATTR_LIFETIME_H

#include <signal.h>

#include "flight.h"

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
FIXTURE_VARIANT_ADD(lifetime, deadline)
{
	.mode = { "mq-deadline", true, false }
};

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

/*
 * A child submits reads with each of the lists, which charge CLIENTS/a. Then it
 * executes another program (@exec) or is killed, with the reads in flight.
 */
static inline void submitter_ends(struct __test_metadata *_metadata,
				  FIXTURE_DATA(lifetime) * self, bool exec,
				  const struct attr_list *lists, int nr)
{
	aio_context_t ctx = 0;
	pid_t child;
	int i, wstatus;

	child = fork();
	if (!child) {
		if (io_setup(64, &ctx))
			_exit(1);
		for (i = 0; i < nr; i++) {
			if (submit_reads(ctx, self->f.fd, self->f.buf,
					 lists[i]))
				_exit(1);
		}
		if (exec)
			execl("/bin/busybox", "true", NULL);
		else
			kill(getpid(), SIGKILL);
		_exit(2);
	}
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(exec ? 0 : SIGKILL, wstatus);
	EXPECT_EQ(nr * NR * BLOCK,
		  cgroup_io(CLIENTS "/a", self->f.dev, "rbytes"));
}

/*
 * Replace the scheduler, and then select the first one again, with reads in
 * flight each time. The first reads, which were submitted, report @expected.
 */
static inline void scheduler_switched(struct __test_metadata *_metadata,
				      FIXTURE_DATA(lifetime) * self,
				      const FIXTURE_VARIANT(lifetime) * variant,
				      long long expected)
{
	const char *scheduler = variant->mode.sorts ? "none" : "bfq";
	int i;

	for (i = 0; i < 2; i++) {
		/* waits for the reads */
		ASSERT_EQ(0, queue_set(SLOW_DISK, "scheduler", scheduler));
		scheduler = variant->mode.scheduler;
		EXPECT_EQ(expected, reap(self->f.ctx));
		expected = ATTR_BIT(cgroup);
		ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_cgroup, self->f.a)));
	}
	EXPECT_EQ(expected, reap(self->f.ctx));
}

#endif /* _IOCB_ATTR_LIFETIME_H */
