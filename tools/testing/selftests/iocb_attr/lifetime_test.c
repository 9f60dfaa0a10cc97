// SPDX-License-Identifier: GPL-2.0
/*
 * The cgroup of an I/O is removed, or its submitter exits, before the I/O
 * completes. KASAN and kmemleak detect use after free and leaks.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "lib/lifetime.h"
#include "lib/harness.h"

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

static void cgroup_submitter_ends(struct __test_metadata *_metadata,
				  FIXTURE_DATA(lifetime) * self, bool exec)
{
	struct attr_list l = list_one(IOCB_ATTR_cgroup, self->f.a);

	submitter_ends(_metadata, self, exec, &l, 1);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(0, wait_for_css_release());
}

TEST_F(lifetime, submitter_execs)
{
	cgroup_submitter_ends(_metadata, self, true);
}

TEST_F(lifetime, submitter_killed)
{
	cgroup_submitter_ends(_metadata, self, false);
}

/* The scheduler that has the queues of the cgroup is replaced. */
TEST_F(lifetime, scheduler_switched)
{
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_cgroup, self->f.a)));
	scheduler_switched(_metadata, self, variant, ATTR_BIT(cgroup));
}

TEST_HARNESS_MAIN
