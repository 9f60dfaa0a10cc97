// SPDX-License-Identifier: GPL-2.0
/*
 * Whom an I/O is for may be gone before it is done: processes that exit, exec
 * or change, cgroups that are removed, the submitter itself. Memory that is used
 * too late or not freed is for KASAN and kmemleak to find.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "disk.h"
#include "harness.h"

#define NR		8	/* I/Os in flight at a time, of one kind */
#define SLOW		"2000000000"	/* ns that one takes */
#define QUICK		"20000"

/* Submit reads that do not merge. Returns 0 or a negative errno. */
static int submit(aio_context_t ctx, int fd, char *buf, struct who_list l)
{
	struct iocb iocb[NR], *iocbs[NR];
	int i, ret;

	for (i = 0; i < NR; i++) {
		iocb[i] = prep(IOCB_CMD_PREAD, fd, buf + i * BLOCK, BLOCK,
			       i * 16LL * BLOCK, &l);
		iocbs[i] = &iocb[i];
	}
	ret = io_submit(ctx, NR, iocbs);
	return ret == NR ? 0 : ret < 0 ? -errno : -EPROTO;
}

/* How many are done and not reaped, from the ring that the kernel maps. */
static int done(aio_context_t ctx)
{
	const struct {
		unsigned int id;
		unsigned int nr;
		unsigned int head;
		unsigned int tail;
	} *ring = (void *)ctx;
	unsigned int tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);

	return (tail + ring->nr - ring->head) % ring->nr;
}

/*
 * Wait for what submit() submitted. Returns the union of the masks of what was
 * honoured if all have the same, or a negative errno.
 */
static long long reap(aio_context_t ctx)
{
	struct io_event events[NR];
	int i;

	if (io_getevents(ctx, NR, NR, events) != NR)
		return -EPROTO;
	for (i = 0; i < NR; i++) {
		if (events[i].res != BLOCK)
			return events[i].res < 0 ? events[i].res : -EIO;
		if (events[i].res2 != events[0].res2)
			return -EBADMSG;
	}
	return events[0].res2;
}

/* A process that another one can have do things, step by step. */
struct actor {
	pid_t pid;
	int pidfd;
	int to;
	int from;
};

/* In the child: say that the last step is done, and wait for the next one. */
static void next_step(const struct actor *actor)
{
	char byte;

	if (write(actor->from, "", 1) != 1 || read(actor->to, &byte, 1) != 1)
		_exit(1);
}

/* In the parent: wait for the end of the step. */
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

/* Kill it, and if told so wait for it: until then it is a zombie. */
static void actor_end(struct actor *actor, bool reap)
{
	siginfo_t info;

	kill(actor->pid, SIGKILL);
	close(actor->to);
	close(actor->from);
	close(actor->pidfd);
	waitid(P_PID, actor->pid, &info, WEXITED | (reap ? 0 : WNOWAIT));
}

FIXTURE(flight)
{
	aio_context_t ctx;
	char dev[32];
	int fd;
	char *buf;
	int a;
};

FIXTURE_VARIANT(flight)
{
	struct disk_mode mode;
};

FIXTURE_VARIANT_ADD(flight, none) { .mode = { "none", false, false } };
FIXTURE_VARIANT_ADD(flight, iocost) { .mode = { "none", false, true } };
FIXTURE_VARIANT_ADD(flight, deadline) { .mode = { "mq-deadline", true, false } };
FIXTURE_VARIANT_ADD(flight, bfq) { .mode = { "bfq", true, false } };

FIXTURE_SETUP(flight)
{
	ASSERT_EQ(0, cgroup_make_parent("life"));
	self->a = cgroup_make("life/a");
	ASSERT_LE(0, self->a);
	ASSERT_EQ(0, disk_make(variant->mode.iocost ? QUICK : SLOW,
			       variant->mode.scheduler));
	ASSERT_EQ(0, device_number(DISK, self->dev, sizeof(self->dev)));
	if (variant->mode.iocost)
		ASSERT_EQ(0, disk_iocost(self->dev, 4));
	self->fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(NR * BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, io_setup(64, &self->ctx));
}

FIXTURE_TEARDOWN(flight)
{
	EXPECT_EQ(0, io_destroy(self->ctx));
	munmap(self->buf, NR * BLOCK);
	close(self->fd);
	if (variant->mode.iocost)
		EXPECT_EQ(0, disk_iocost(self->dev, 0));
	/* what a cgroup keeps for a disk goes with either */
	EXPECT_EQ(0, disk_remove());
	cgroup_remove("life/a");
	EXPECT_EQ(0, still_held());
	EXPECT_EQ(0, cgroup_remove("life"));
}

#define SUBMIT(list)	submit(self->ctx, self->fd, self->buf, list)
#define BIT(id)		(1LL << IOCB_ATTR_ ## id)

/* The processes that the I/O is for are gone before it is done. */
TEST_F(flight, target_exits)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 7, NULL));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	actor_end(&actor, true);
	EXPECT_EQ(0, cgroup_remove("life/a"));
	EXPECT_EQ(-ESRCH, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	EXPECT_EQ(0, still_held());
}

/* With a priority of its own the I/O is not in the queue of the process. */
TEST_F(flight, target_exits_other_priority)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 7, NULL));
	ASSERT_EQ(0, SUBMIT(who_and(who(IOCB_ATTR_proxy_pid, actor.pid),
				    who(IOCB_ATTR_ioprio, BE | 3))));
	actor_end(&actor, true);
	EXPECT_EQ(0, cgroup_remove("life/a"));
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_EQ(BIT(proxy_pid) | (variant->mode.sorts ? BIT(ioprio) : 0),
		  reap(self->ctx));
	EXPECT_EQ(0, still_held());
}

TEST_F(flight, target_exits_by_pidfd)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 1, NULL));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pidfd, actor.pidfd)));
	actor_end(&actor, true);
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_EQ(BIT(proxy_pidfd), reap(self->ctx));
	EXPECT_EQ(0, cgroup_remove("life/a"));
	EXPECT_EQ(0, still_held());
}

/* A zombie whose cgroup is gone as well: nobody is left to be charged. */
TEST_F(flight, target_is_zombie)
{
	struct actor actor;
	long long honoured;

	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 1, NULL));
	actor_end(&actor, false);
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	ASSERT_EQ(0, cgroup_remove("life/a"));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	waitpid(actor.pid, NULL, 0);
	/* honoured or not goes by what is left of the cgroup */
	honoured = reap(self->ctx);
	EXPECT_TRUE(!honoured || honoured == BIT(proxy_pid)) {
		TH_LOG("%lld", honoured);
	}
	EXPECT_EQ(0, still_held());
}

/* One after the other, all in flight: nobody's queue is another one's. */
TEST_F(flight, many_targets_exit)
{
	struct actor actor;
	int i;

	for (i = 0; i < 7; i++) {
		ASSERT_EQ(0, actor_start(&actor, "life/a", BE | i, NULL));
		ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
		actor_end(&actor, true);
	}
	for (i = 0; i < 7; i++)
		EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	EXPECT_EQ(7 * NR * BLOCK, cgroup_io("life/a", self->dev, "rbytes"));
}

TEST_F(flight, cgroup_removed)
{
	struct who_list l = who_and(who(IOCB_ATTR_cgroup, self->a),
				    who(IOCB_ATTR_ioprio, BE | 2));
	long long expected = BIT(cgroup) | (variant->mode.sorts ? BIT(ioprio) : 0);

	/* twice: what a scheduler made for the first is there */
	ASSERT_EQ(0, SUBMIT(l));
	ASSERT_EQ(0, SUBMIT(l));
	ASSERT_EQ(0, cgroup_remove("life/a"));
	EXPECT_EQ(-ENODEV, SUBMIT(l));
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_LT(0, cgroup_key("life", "cgroup.stat",
				"nr_dying_descendants"));
	EXPECT_EQ(expected, reap(self->ctx));
	EXPECT_EQ(expected, reap(self->ctx));
	EXPECT_EQ(0, still_held());
}

static void do_exec(const struct actor *actor)
{
	/* the byte that is printed ends the step */
	dup2(actor->from, 1);
	execl("/bin/busybox", "sh", "-c", "printf x; exec sleep 1000", NULL);
	_exit(1);
}

TEST_F(flight, target_execs)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 7, do_exec));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, go(&actor));
	ASSERT_EQ(0, step_done(&actor));
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	/* who it is now is who it was */
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	EXPECT_EQ(2 * NR * BLOCK, cgroup_io("life/a", self->dev, "rbytes"));
	actor_end(&actor, true);
}

static void do_setuid(const struct actor *actor)
{
	(void)actor;
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(1);
}

TEST_F(flight, target_changes_user)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, "life/a", 0, do_setuid));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, go(&actor));
	ASSERT_EQ(0, step_done(&actor));
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	actor_end(&actor, true);
}

static void do_move(const struct actor *actor)
{
	(void)actor;
	if (cgroup_enter("life/b"))
		_exit(1);
}

/* The I/O stays where it was begun, and that can be removed. */
TEST_F(flight, target_moves)
{
	int b = cgroup_make("life/b");
	struct actor actor;

	ASSERT_LE(0, b);
	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 3, do_move));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	ASSERT_EQ(0, go(&actor));
	ASSERT_EQ(0, step_done(&actor));
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_EQ(NR * BLOCK, cgroup_io("life/a", self->dev, "rbytes"));
	EXPECT_EQ(0, cgroup_remove("life/a"));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	EXPECT_EQ(NR * BLOCK, cgroup_io("life/b", self->dev, "rbytes"));
	EXPECT_EQ(0, still_held());
	actor_end(&actor, true);
	EXPECT_EQ(0, cgroup_remove("life/b"));
	close(b);
}

/* The submitter becomes somebody else: what was allowed is done. */
TEST_F(flight, submitter_changes_user)
{
	struct who_list l = who_and(who(IOCB_ATTR_cgroup, self->a),
				    who(IOCB_ATTR_ioprio, RT | 2));

	ASSERT_EQ(0, SUBMIT(l));
	ASSERT_EQ(0, setresuid(-1, 1000, -1));
	EXPECT_EQ(-EACCES, SUBMIT(l));
	EXPECT_EQ(-EPERM, SUBMIT(who(IOCB_ATTR_ioprio, RT | 2)));
	EXPECT_GT(NR, done(self->ctx));
	EXPECT_EQ(BIT(cgroup) | (variant->mode.sorts ? BIT(ioprio) : 0),
		  reap(self->ctx));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
}

/* How the submitter of I/O for others may end, its context with it. */
static void submit_and(struct __test_metadata *_metadata,
		       FIXTURE_DATA(flight) * self, bool exec)
{
	struct actor actor;
	aio_context_t ctx = 0;
	pid_t child;
	int wstatus;

	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 6, NULL));
	child = fork();
	if (!child) {
		if (io_setup(64, &ctx) ||
		    submit(ctx, self->fd, self->buf,
			   who(IOCB_ATTR_cgroup, self->a)) ||
		    submit(ctx, self->fd, self->buf,
			   who(IOCB_ATTR_proxy_pid, actor.pid)))
			_exit(1);
		if (exec)
			execl("/bin/busybox", "true", NULL);
		else
			kill(getpid(), SIGKILL);
		_exit(2);
	}
	ASSERT_EQ(child, waitpid(child, &wstatus, 0));
	EXPECT_EQ(exec ? 0 : SIGKILL, wstatus);
	actor_end(&actor, true);
	EXPECT_EQ(2 * NR * BLOCK, cgroup_io("life/a", self->dev, "rbytes"));
	EXPECT_EQ(0, cgroup_remove("life/a"));
	EXPECT_EQ(0, still_held());
}

TEST_F(flight, submitter_execs)
{
	submit_and(_metadata, self, true);
}

TEST_F(flight, submitter_killed)
{
	submit_and(_metadata, self, false);
}

/* The scheduler that has the queues of the target is taken away. */
TEST_F(flight, scheduler_switched)
{
	struct actor actor;

	ASSERT_EQ(0, actor_start(&actor, "life/a", BE | 5, NULL));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_proxy_pid, actor.pid)));
	actor_end(&actor, true);
	/* waits for it */
	ASSERT_EQ(0, write_file("/sys/block/life/queue/scheduler",
				variant->mode.sorts ? "none" : "bfq"));
	EXPECT_EQ(BIT(proxy_pid), reap(self->ctx));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_cgroup, self->a)));
	EXPECT_EQ(BIT(cgroup), reap(self->ctx));
	ASSERT_EQ(0, write_file("/sys/block/life/queue/scheduler",
				variant->mode.scheduler));
	ASSERT_EQ(0, SUBMIT(who(IOCB_ATTR_cgroup, self->a)));
	EXPECT_EQ(BIT(cgroup), reap(self->ctx));
}

TEST_HARNESS_MAIN
