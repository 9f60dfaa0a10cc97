// SPDX-License-Identifier: GPL-2.0
/*
 * The process that an I/O is done for exits, execs, changes its credentials or
 * its cgroup before the I/O completes. KASAN and kmemleak detect use after free
 * and leaks.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "lib/lifetime.h"
#include "lib/harness.h"

/* A child process that runs step by step. */
struct actor {
	pid_t pid;
	int pidfd;
	int to;
	int from;
};

/* In the child: report the end of a step and wait for the next one. */
static void next_step(const struct actor *actor)
{
	char byte;

	if (write(actor->from, "", 1) != 1 || read(actor->to, &byte, 1) != 1)
		_exit(1);
}

/* In the parent: wait for the end of a step. */
static int step_done(const struct actor *actor)
{
	char byte;

	return read(actor->from, &byte, 1) == 1 ? 0 : -EPIPE;
}

static int go(const struct actor *actor)
{
	return write(actor->to, "", 1) == 1 ? 0 : -EPIPE;
}

static int actor_start(struct actor *actor, const char *cgroup, int ioprio,
		       void (*act)(const struct actor *actor))
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return -errno;
	actor->pid = fork();
	if (!actor->pid) {
		actor->to = to[0];
		actor->from = from[1];
		close(to[1]);
		close(from[0]);
		if (cgroup_enter(cgroup) ||
		    (ioprio && syscall(SYS_ioprio_set, 1, 0, ioprio)))
			_exit(1);
		next_step(actor);
		if (act)
			act(actor);
		next_step(actor);
		_exit(0);
	}
	actor->to = to[1];
	actor->from = from[0];
	close(to[0]);
	close(from[1]);
	actor->pidfd = pidfd_open(actor->pid);
	if (actor->pid < 0 || actor->pidfd < 0)
		return -errno;
	return step_done(actor);
}

/* Kill it. Unless @reap is set it remains a zombie. */
static void actor_end(struct actor *actor, bool reap)
{
	siginfo_t info;

	kill(actor->pid, SIGKILL);
	close(actor->to);
	close(actor->from);
	close(actor->pidfd);
	waitid(P_PID, actor->pid, &info, WEXITED | (reap ? 0 : WNOWAIT));
}

/* The process exits before the I/O completes. */
TEST_F(lifetime, target_exits)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 7, NULL));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	actor_end(&actor, true);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(-ESRCH, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	EXPECT_EQ(0, wait_for_css_release());
}

/* A different priority selects another queue than that of the process. */
TEST_F(lifetime, target_exits_other_priority)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 7, NULL));
	ASSERT_EQ(0, SUBMIT(list_two(list_one(IOCB_ATTR_proxy_pid, actor.pid),
				     list_one(IOCB_ATTR_ioprio, BE | 3))));
	actor_end(&actor, true);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(proxy_pid) |
		  (variant->mode.sorts ? ATTR_BIT(ioprio) : 0),
		  reap(self->f.ctx));
	EXPECT_EQ(0, wait_for_css_release());
}

TEST_F(lifetime, target_exits_by_pidfd)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 1, NULL));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pidfd, actor.pidfd)));
	actor_end(&actor, true);
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(proxy_pidfd), reap(self->f.ctx));
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(0, wait_for_css_release());
}

/* A zombie, whose cgroup is then removed. */
TEST_F(lifetime, target_is_zombie)
{
	struct actor actor;
	uint64_t all, any;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 1, NULL));
	actor_end(&actor, false);
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	ASSERT_EQ(0, cgroup_remove(CLIENTS "/a"));
	if (through_sets()) {
		EXPECT_EQ(-ENODEV, SUBMIT(list_one(IOCB_ATTR_proxy_pid,
						   actor.pid)));
		waitpid(actor.pid, NULL, 0);
		EXPECT_EQ(0, wait_for_css_release());
		return;
	}
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	waitpid(actor.pid, NULL, 0);
	/* the cgroup may be released before, during or after the reads */
	ASSERT_EQ(0, reap_masks(self->f.ctx, &all, &any));
	EXPECT_EQ(0, any & ~ATTR_BIT(proxy_pid));
	EXPECT_EQ(0, wait_for_css_release());
}

/* Several processes exit in turn, each with I/O in flight. */
TEST_F(lifetime, many_targets_exit)
{
	struct actor actor;
	int i;

	for (i = 0; i < 7; i++) {
		ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | i, NULL));
		ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
		actor_end(&actor, true);
	}
	for (i = 0; i < 7; i++)
		EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	EXPECT_EQ(7 * NR * BLOCK,
		  cgroup_io(CLIENTS "/a", self->f.dev, "rbytes"));
}

static void do_exec(const struct actor *actor)
{
	/* the shell writes the byte that ends the step */
	dup2(actor->from, 1);
	execl("/bin/busybox", "sh", "-c", "printf x; exec sleep 1000", NULL);
	_exit(1);
}

TEST_F(lifetime, target_execs)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 7, do_exec));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, go(&actor));
	ASSERT_EQ(0, step_done(&actor));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	EXPECT_EQ(2 * NR * BLOCK,
		  cgroup_io(CLIENTS "/a", self->f.dev, "rbytes"));
	actor_end(&actor, true);
}

static void do_setuid(const struct actor *actor)
{
	(void)actor;
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(1);
}

TEST_F(lifetime, target_changes_user)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", 0, do_setuid));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, go(&actor));
	ASSERT_EQ(0, step_done(&actor));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	actor_end(&actor, true);
}

static void do_move(const struct actor *actor)
{
	(void)actor;
	if (cgroup_enter(CLIENTS "/b"))
		_exit(1);
}

/* The I/O remains charged to the old cgroup, which can be removed. */
TEST_F(lifetime, target_moves)
{
	int b = cgroup_make(CLIENTS "/b");
	struct actor actor;

	ASSERT_LE(0, b);
	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 3, do_move));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, go(&actor));
	ASSERT_EQ(0, step_done(&actor));
	EXPECT_GT(NR, nr_events(self->f.ctx));
	EXPECT_EQ(NR * BLOCK, cgroup_io(CLIENTS "/a", self->f.dev, "rbytes"));
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_EQ(ATTR_BIT(proxy_pid), reap(self->f.ctx));
	EXPECT_EQ(NR * BLOCK, cgroup_io(CLIENTS "/b", self->f.dev, "rbytes"));
	EXPECT_EQ(0, wait_for_css_release());
	actor_end(&actor, true);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/b"));
	close(b);
}

static void proxy_submitter_ends(struct __test_metadata *_metadata,
				 FIXTURE_DATA(lifetime) * self, bool exec)
{
	struct attr_list lists[2];
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 6, NULL));
	lists[0] = list_one(IOCB_ATTR_cgroup, self->f.a);
	lists[1] = list_one(IOCB_ATTR_proxy_pid, actor.pid);
	submitter_ends(_metadata, self, exec, lists, 2);
	actor_end(&actor, true);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/a"));
	EXPECT_EQ(0, wait_for_css_release());
}

TEST_F(lifetime, submitter_execs)
{
	proxy_submitter_ends(_metadata, self, true);
}

TEST_F(lifetime, submitter_killed)
{
	proxy_submitter_ends(_metadata, self, false);
}

/* The scheduler that has the queues of the process is replaced. */
TEST_F(lifetime, scheduler_switched)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, CLIENTS "/a", BE | 5, NULL));
	ASSERT_EQ(0, SUBMIT(list_one(IOCB_ATTR_proxy_pid, actor.pid)));
	actor_end(&actor, true);
	scheduler_switched(_metadata, self, variant, ATTR_BIT(proxy_pid));
}

TEST_HARNESS_MAIN
