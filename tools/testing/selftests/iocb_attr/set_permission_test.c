// SPDX-License-Identifier: GPL-2.0
/*
 * Who may use an attribute set: sets are passed to processes in other cgroups,
 * and makers, users and cgroups change. Runs as root and drops privileges in
 * children.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>

#include "lib/io.h"
#include "lib/permission.h"
#include "lib/set.h"
#include "lib/slow_disk.h"
#include "lib/harness.h"

#define DELEGATE	IOCB_ATTR_CREATE_DELEGATE
#define SETS		1000
#define CGROUPS		100
#define CGROUPS_LONG	1000	/* with LONG in the environment */

/*
 * Besides the usual targets there is tenant/third, which belongs to USER, too.
 * Sets are usually made in tenant/server, of tenant/client.
 */
FIXTURE(set_permission)
{
	struct targets t;
	int third;
};

FIXTURE_SETUP(set_permission)
{
	ASSERT_EQ(0, targets_make(&self->t));
	self->third = cgroup_make("tenant/third");
	ASSERT_LE(0, self->third);
	ASSERT_EQ(0, targets_delegate("tenant/third"));
}

FIXTURE_TEARDOWN(set_permission)
{
	close(self->third);
	EXPECT_EQ(0, cgroup_enter(""));
	EXPECT_EQ(0, cgroup_remove("tenant/third"));
	EXPECT_EQ(0, targets_remove(&self->t));
}

static int read_with(const struct targets *t, enum engine_type type, int set,
		     const void *list)
{
	struct io io = {
		.fd = t->fd, .buf = t->buf, .len = BLOCK, .list = list,
		.by_set = !list, .set = set,
	};
	struct io_done done;
	struct engine e;
	int ret = engine_open(&e, type);

	if (ret)
		return -ENOTRECOVERABLE;
	ret = engine_run(&e, &io, 1, &done);
	engine_close(&e);
	return ret ?: done.res == BLOCK ? 0 : done.res < 0 ? done.res : -EIO;
}

/*
 * Read with a set by AIO, by io_uring and by a list. Returns 0 or the error,
 * which must always be the same.
 */
static int use(const struct targets *t, int set)
{
	struct attr_list l = list_one(IOCB_ATTR_set, set);
	int ret = read_with(t, AIO, set, NULL);

	if (read_with(t, URING, set, NULL) != ret ||
	    read_with(t, AIO, set, &l) != ret ||
	    read_with(t, URING, set, &l) != ret)
		return -EBADMSG;
	return ret;
}

/* Pass a set to a process of another user in a cgroup, which uses it. */
static int use_in(const struct targets *t, const char *cgroup, int set)
{
	int sock[2], ret;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock))
		return -errno;
	pid = fork();
	if (!pid) {
		close(set);
		if (cgroup_enter(cgroup) || become(STRANGER, 0))
			_exit(255);
		_exit(-use(t, fd_receive(sock[1])));
	}
	close(sock[1]);
	ret = fd_send(sock[0], set);
	close(sock[0]);
	return wait_child(pid) ?: ret;
}

#define USE_IN(cgroup, set)	use_in(&self->t, cgroup, set)

/*
 * A set that a child makes after a preparation that returns 0. The child has
 * exited. The value is a file descriptor or a negative errno.
 */
#define MAKE(prepare, list, flags) ({					\
	struct attr_list __list = (list);				\
	int __sock[2], __set, __error;					\
	pid_t __maker;							\
									\
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, __sock)) \
		abort();						\
	__maker = fork();						\
	if (!__maker) {							\
		if (prepare)						\
			_exit(255);					\
		__set = set_make(&__list, flags);			\
		_exit(__set < 0 ? -__set : -fd_send(__sock[1], __set));	\
	}								\
	close(__sock[1]);						\
	__set = fd_receive(__sock[0]);					\
	close(__sock[0]);						\
	__error = wait_child(__maker);					\
	__error ?: __set;						\
})

/* Become USER, or root (0), in a cgroup. */
#define FROM(cgroup, uid)	(cgroup_enter(cgroup) || become(uid, 0))

#define CGROUP_LIST(fd)		list_one(IOCB_ATTR_cgroup, fd)

/* A set serves the cgroup that it was made in, and the root. */
TEST_F(set_permission, not_delegated)
{
	int below = cgroup_make("tenant/server/below"), set;

	ASSERT_LE(0, below);
	set = MAKE(FROM("tenant/server", USER), CGROUP_LIST(self->t.client), 0);
	ASSERT_LE(0, set);
	EXPECT_EQ(0, USE_IN("tenant/server", set));
	EXPECT_EQ(-EPERM, USE_IN("tenant/third", set));
	EXPECT_EQ(-EPERM, USE_IN("other", set));
	/* an ancestor of the target: its limits apply to the target as well */
	EXPECT_EQ(0, USE_IN("", set));
	/* without an io controller below, the cgroups share one */
	EXPECT_EQ(0, USE_IN("tenant/server/below", set));
	close(set);
	close(below);
	EXPECT_EQ(0, cgroup_remove("tenant/server/below"));
}

/* An unprivileged broker serves those that it could move to the target. */
TEST_F(set_permission, delegated)
{
	int set = MAKE(FROM("tenant/server", USER),
		       CGROUP_LIST(self->t.client), DELEGATE);
	char dev[32];

	ASSERT_LE(0, set);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	EXPECT_STREQ("cgroup=/tenant/client required=cgroup report delegate=/tenant",
		     set_info(set, "iocb_attr"));
	EXPECT_EQ(0, USE_IN("tenant/server", set));
	EXPECT_EQ(0, USE_IN("tenant/third", set));
	EXPECT_EQ(0, USE_IN("tenant/client", set));
	EXPECT_EQ(0, USE_IN("", set));
	EXPECT_EQ(-EPERM, USE_IN("other", set));
	/* four reads of each that it served */
	EXPECT_EQ(16 * BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	/* what its maker could do then is what counts */
	ASSERT_EQ(0, cgroup_chown("tenant", "cgroup.procs", 0));
	EXPECT_EQ(0, USE_IN("tenant/third", set));
	close(set);
}

/* Sets that nobody loses by serve everybody. */
TEST_F(set_permission, no_target)
{
	struct attr_list lists[] = {
		list_one(IOCB_ATTR_cache, IOCB_CACHE_BYPASS),
		list_one(IOCB_ATTR_ioprio, BE | 0),
		list_one(IOCB_ATTR_ioprio, IDLE),
	};
	int i, set;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		set = MAKE(FROM("tenant/server", USER), lists[i], 0);
		ASSERT_LE(0, set);
		EXPECT_EQ(0, USE_IN("tenant/server", set));
		EXPECT_EQ(0, USE_IN("tenant/third", set));
		EXPECT_EQ(0, USE_IN("other", set));
		EXPECT_EQ(0, USE_IN("", set));
		close(set);
		/* there is nothing to delegate */
		EXPECT_EQ(-EINVAL, MAKE(FROM("tenant/server", USER), lists[i],
					DELEGATE));
	}
}

/* The real-time class is not for strangers. */
TEST_F(set_permission, realtime)
{
	struct attr_list rt = list_one(IOCB_ATTR_ioprio, RT | 4);
	int set = MAKE(FROM("tenant/server", 0), rt, 0);

	ASSERT_LE(0, set);
	/* possession is the right to use it, in the cgroup of its maker */
	EXPECT_EQ(0, USE_IN("tenant/server", set));
	EXPECT_EQ(-EPERM, USE_IN("tenant/third", set));
	EXPECT_EQ(-EPERM, USE_IN("other", set));
	close(set);
	EXPECT_EQ(-EPERM, MAKE(FROM("tenant/server", USER), rt, 0));
	EXPECT_EQ(-EINVAL, MAKE(FROM("tenant/server", 0), rt, DELEGATE));
}

/* A process names its cgroup, and the set a snapshot of it. */
TEST_F(set_permission, proxy)
{
	pid_t pid = sleeper(USER, "tenant/client", BE | 3, true);
	struct attr_list l = list_one(IOCB_ATTR_proxy_pid, pid);
	char text[16], dev[32];
	int set[2];

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	/* a process beside its own cgroup is not for an unprivileged maker */
	EXPECT_EQ(-EPERM, MAKE(FROM("tenant/server", USER), l, 0));
	/* modes are checked in the file system of a cgroup */
	EXPECT_EQ(-EINVAL, MAKE(FROM("tenant/server", 0), l, DELEGATE));
	set[0] = MAKE(FROM("tenant/server", 0), l, 0);
	set[1] = MAKE(FROM("tenant/server", 0), list_two(l, CGROUP_LIST(self->t.client)),
		      DELEGATE);
	ASSERT_LE(0, set[0]);
	ASSERT_LE(0, set[1]);
	EXPECT_EQ(0, USE_IN("tenant/server", set[0]));
	EXPECT_EQ(-EPERM, USE_IN("tenant/third", set[0]));
	EXPECT_EQ(-EPERM, USE_IN("other", set[0]));
	/* root can move any process there */
	EXPECT_EQ(0, USE_IN("tenant/third", set[1]));
	EXPECT_EQ(0, USE_IN("other", set[1]));
	EXPECT_EQ(12 * BLOCK, cgroup_io("tenant/client", dev, "rbytes"));

	/* the process moves, and exits */
	snprintf(text, sizeof(text), "%d", pid);
	ASSERT_EQ(0, cgroup_write("other", "cgroup.procs", text));
	EXPECT_EQ(0, USE_IN("tenant/server", set[0]));
	end(pid);
	EXPECT_EQ(0, USE_IN("tenant/server", set[0]));
	EXPECT_EQ(20 * BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	EXPECT_EQ(0, cgroup_io("other", dev, "rbytes"));
	close(set[0]);
	close(set[1]);
}

/* The maker has to be able to write cgroup.procs of the target's parent. */
TEST_F(set_permission, delegate_parent)
{
	int target = cgroup_make("tenant/server/target");
	struct attr_list l = optional(IOCB_ATTR_cgroup, target);

	ASSERT_LE(0, target);
	ASSERT_EQ(0, targets_delegate("tenant/server/target"));
	ASSERT_EQ(0, cgroup_chown("tenant/server", "cgroup.procs", 0));
	/* it is below the cgroup of the maker, who may name it */
	EXPECT_LE(0, MAKE(FROM("tenant/server", USER), l, 0));
	EXPECT_EQ(-EPERM, MAKE(FROM("tenant/server", USER), l, DELEGATE));
	/* this capability does not help */
	EXPECT_EQ(-EPERM, MAKE(cgroup_enter("tenant/server") ||
			       become(USER, CAP(CAP_SYS_ADMIN)), l, DELEGATE));
	EXPECT_LE(0, MAKE(FROM("tenant/server", 0), l, DELEGATE));
	ASSERT_EQ(0, cgroup_chown("tenant/server", "cgroup.procs", USER));
	EXPECT_LE(0, MAKE(FROM("tenant/server", USER), l, DELEGATE));
	close(target);
	EXPECT_EQ(0, cgroup_remove("tenant/server/target"));
}

/* USER may write cgroup.procs of box and of low, but not of mid in between. */
#define LOW	"/box/mid/low"

static const char * const levels[] = {
	"box", "box/there", "box/mid", "box/mid/low", "box/mid/low/target",
	"box/mid/low/there",
};

TEST_F(set_permission, delegate_no_further)
{
	int i, target, set;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		close(cgroup_make(levels[i]));
		ASSERT_EQ(0, targets_delegate(levels[i]));
		if (i != 1 && i < 4)
			ASSERT_EQ(0, cgroup_write(levels[i],
						  "cgroup.subtree_control",
						  "+io"));
	}
	ASSERT_EQ(0, cgroup_chown("box/mid", "cgroup.procs", 0));
	target = cgroup_make("box/mid/low/target");
	ASSERT_LE(0, target);
	for (i = 0; i < 2; i++) {
		set = MAKE(FROM("", 0) || become(USER, i ? CAP(CAP_SYS_ADMIN) :
						     0),
			   CGROUP_LIST(target), DELEGATE);
		ASSERT_LE(0, set);
		EXPECT_STREQ("cgroup=" LOW "/target required=cgroup report delegate=" LOW,
			     set_info(set, "iocb_attr"));
		EXPECT_EQ(0, USE_IN("box/mid/low/there", set));
		EXPECT_EQ(-EPERM, USE_IN("box/there", set));
		EXPECT_EQ(-EPERM, USE_IN("tenant/server", set));
		close(set);
	}
	close(target);
	for (i = ARRAY_SIZE(levels) - 1; i >= 0; i--)
		EXPECT_EQ(0, cgroup_remove(levels[i]));
}

/*
 * In a child: become root of a user namespace of USER, and of a cgroup
 * namespace with the root tenant/server if @ns is set, and enable io there.
 */
static int contained(bool ns)
{
	if (cgroup_enter("tenant/server") || userns_root() ||
	    (ns && unshare(CLONE_NEWCGROUP)))
		return -1;
	return cgroup_enter("tenant/server/maker") ?:
	       cgroup_write("tenant/server", "cgroup.subtree_control", "+io");
}

/*
 * Anybody can be root of a cgroup namespace. That does not let processes
 * outside of it leave their limits.
 */
TEST_F(set_permission, delegate_in_namespace)
{
	static const char * const below[] = {
		"tenant/server/maker", "tenant/server/target",
		"tenant/server/there",
	};
	int i, ns, set, target;

	for (i = 0; i < 3; i++) {
		close(cgroup_make(below[i]));
		ASSERT_EQ(0, targets_delegate(below[i]));
	}
	target = cgroup_make("tenant/server/target");
	ASSERT_LE(0, target);
	for (ns = 0; ns < 2; ns++) {
		set = MAKE(contained(ns), CGROUP_LIST(target), DELEGATE);
		ASSERT_LE(0, set);
		EXPECT_EQ(0, USE_IN("tenant/server/there", set));
		/* outside of the namespace, and USER could move processes */
		EXPECT_EQ(ns ? -EPERM : 0, USE_IN("tenant/third", set));
		EXPECT_EQ(-EPERM, USE_IN("other", set));
		close(set);
		ASSERT_EQ(0, cgroup_write("tenant/server",
					  "cgroup.subtree_control", "-io"));
	}
	close(target);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, cgroup_remove(below[i]));
}

/* The right to make a set is that to name its targets in a list. */
TEST_F(set_permission, make)
{
	EXPECT_EQ(-EACCES, MAKE(FROM("tenant/server", USER),
				CGROUP_LIST(self->t.other), 0));
	EXPECT_EQ(-EACCES, MAKE(FROM("tenant/server", STRANGER),
				CGROUP_LIST(self->t.client), 0));
	EXPECT_EQ(-EACCES, MAKE(FROM("tenant/server", STRANGER),
				CGROUP_LIST(self->t.client), DELEGATE));
}

#define USE(set)	use(&self->t, set)

/* The user is where it is when it submits. */
TEST_F(set_permission, user_moves)
{
	CONTEXT({
		struct attr_list l = CGROUP_LIST(self->t.client);
		int set;

		STEP(0, cgroup_enter("tenant/server"));
		set = set_make(&l, 0);
		STEP(0, USE(set));
		STEP(0, cgroup_enter("tenant/third"));
		STEP(-EPERM, USE(set));
		STEP(0, cgroup_enter("other"));
		STEP(-EPERM, USE(set));
		STEP(0, cgroup_enter(""));
		STEP(0, USE(set));
		STEP(0, cgroup_enter("tenant/server"));
		STEP(0, USE(set));
		/* neither do its credentials matter */
		STEP(0, become(STRANGER, 0));
		STEP(0, USE(set));
	});
}

struct threaded {
	const struct targets *t;
	int set;	/* of the process; then of the thread */
	int ret;
};

static void *in_threaded_cgroup(void *arg)
{
	struct threaded *thread = arg;
	struct attr_list l = CGROUP_LIST(thread->t->client);

	thread->ret = cgroup_write("tenant/server/threads", "cgroup.threads",
				   "0") ?: use(thread->t, thread->set);
	thread->set = set_make(&l, 0);
	return NULL;
}

/* Threads in threaded cgroups have the io controller of their domain. */
TEST_F(set_permission, threaded)
{
	struct attr_list l = CGROUP_LIST(self->t.client);
	struct threaded thread = { .t = &self->t };
	pthread_t id;
	int set;

	close(cgroup_make("tenant/server/threads"));
	ASSERT_EQ(0, cgroup_write("tenant/server/threads", "cgroup.type",
				  "threaded"));
	ASSERT_EQ(0, cgroup_enter("tenant/server"));
	set = set_make(&l, 0);
	ASSERT_LE(0, set);
	thread.set = set;
	ASSERT_EQ(0, pthread_create(&id, NULL, in_threaded_cgroup, &thread));
	pthread_join(id, NULL);
	EXPECT_EQ(0, thread.ret);
	ASSERT_LE(0, thread.set);
	EXPECT_EQ(0, USE(thread.set));
	EXPECT_EQ(-EPERM, USE_IN("tenant/third", thread.set));
	close(thread.set);
	close(set);
	EXPECT_EQ(0, cgroup_enter(""));
	EXPECT_EQ(0, cgroup_remove("tenant/server/threads"));
}

/*
 * A set does not hold a cgroup that is removed. A cgroup with the same name is
 * another one.
 */
static void target_removed(struct __test_metadata *_metadata,
			   FIXTURE_DATA(set_permission) * self, int set)
{
	ASSERT_LE(0, set);
	EXPECT_EQ(0, USE(set));
	ASSERT_EQ(0, cgroup_remove(CLIENTS "/gone"));
	EXPECT_EQ(-ENODEV, USE(set));
	EXPECT_EQ(-ENODEV, USE_IN("", set));
	/* no dying cgroup is left */
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(-ENODEV, USE(set));
	close(cgroup_make(CLIENTS "/gone"));
	EXPECT_EQ(-ENODEV, USE(set));
	close(set);
}

TEST_F(set_permission, target_removed)
{
	int i, cgroup, set;
	struct attr_list l;

	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	for (i = 0; i < 2; i++) {
		cgroup = cgroup_make(CLIENTS "/gone");
		ASSERT_LE(0, cgroup);
		l = CGROUP_LIST(cgroup);
		set = set_make(&l, i ? DELEGATE : 0);
		close(cgroup);
		target_removed(_metadata, self, set);
		EXPECT_EQ(0, cgroup_remove(CLIENTS "/gone"));
	}
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* The same for the cgroup that a process was in. */
TEST_F(set_permission, target_of_process_removed)
{
	struct attr_list l;
	char text[16];
	pid_t pid;
	int set;

	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	close(cgroup_make(CLIENTS "/gone"));
	pid = sleeper(0, CLIENTS "/gone", BE | 3, true);
	ASSERT_LT(0, pid);
	l = list_one(IOCB_ATTR_proxy_pid, pid);
	set = set_make(&l, 0);
	snprintf(text, sizeof(text), "%d", pid);
	ASSERT_EQ(0, cgroup_write("other", "cgroup.procs", text));
	target_removed(_metadata, self, set);
	end(pid);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/gone"));
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* The maker exits, and its cgroup is removed. */
TEST_F(set_permission, maker_gone)
{
	int target, set;

	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	target = cgroup_make(CLIENTS "/target");
	ASSERT_LE(0, target);
	close(cgroup_make(CLIENTS "/maker"));
	set = MAKE(FROM(CLIENTS "/maker", 0), CGROUP_LIST(target), 0);
	ASSERT_LE(0, set);
	EXPECT_EQ(0, USE_IN(CLIENTS "/maker", set));
	ASSERT_EQ(0, cgroup_remove(CLIENTS "/maker"));
	EXPECT_EQ(0, USE(set));
	/* not the cgroup of the maker, although it has the name */
	close(cgroup_make(CLIENTS "/maker"));
	EXPECT_EQ(-EPERM, USE_IN(CLIENTS "/maker", set));
	EXPECT_EQ(0, USE(set));
	close(set);
	close(target);
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/maker"));
	EXPECT_EQ(0, cgroup_remove(CLIENTS "/target"));
	EXPECT_EQ(0, wait_for_css_release());
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

/* In a child with a ring: read once, by a set of its table. */
static int read_fixed(struct uring *ring, const struct targets *t,
		      unsigned int flags, int personality)
{
	struct io_uring_sqe sqe;
	int ret;

	sqe = uring_prep_set(IORING_OP_READ, t->fd, t->buf, BLOCK, 0,
			     IORING_RW_ATTR_FLAG_SET_FIXED, 0);
	sqe.flags = flags;
	sqe.personality = personality;
	ret = uring_run(ring, &sqe);
	return ret == BLOCK ? 0 : ret < 0 ? ret : -EIO;
}

static int ring_open(struct uring *ring, unsigned int flags,
		     const struct targets *t)
{
	struct attr_list l = CGROUP_LIST(t->client);
	int set = set_make(&l, 0);

	if (set < 0)
		return set;
	return uring_open(ring, 4, IORING_SETUP_CQE32 | flags) ?:
	       uring_register_table(ring, 1) ?:
	       uring_set_slot(ring, 0, set, 0) ?: close(set);
}

#define READ_FIXED(flags)	read_fixed(&ring, &self->t, flags, 0)

/* A forked child submits to the ring of its parent from another cgroup. */
TEST_F(set_permission, ring_forked)
{
	CONTEXT({
		struct uring ring;

		STEP(0, cgroup_enter("tenant/server"));
		STEP(0, ring_open(&ring, 0, &self->t));
		STEP(0, READ_FIXED(0));
		STEP(0, READ_FIXED(IOSQE_ASYNC));
		STEP(0, IN("tenant/server", STRANGER, READ_FIXED(0)));
		STEP(-EPERM, IN("tenant/third", 0, READ_FIXED(0)));
		STEP(-EPERM, IN("tenant/third", 0, READ_FIXED(IOSQE_ASYNC)));
		STEP(-EPERM, IN("other", 0, READ_FIXED(0)));
		STEP(0, IN("", 0, READ_FIXED(0)));
		STEP(0, READ_FIXED(0));
		STEP(0, cgroup_enter("tenant/third"));
		STEP(-EPERM, READ_FIXED(0));
		STEP(-EPERM, READ_FIXED(IOSQE_ASYNC));
	});
}

/* With SQPOLL the submitter is a thread of the process that made the ring. */
TEST_F(set_permission, ring_sqpoll)
{
	CONTEXT({
		struct uring ring;

		STEP(0, cgroup_enter("tenant/server"));
		STEP(0, ring_open(&ring, IORING_SETUP_SQPOLL, &self->t));
		STEP(0, READ_FIXED(0));
		STEP(0, IN("tenant/third", 0, READ_FIXED(0)));
		STEP(0, IN("other", STRANGER, READ_FIXED(0)));
		STEP(0, cgroup_enter("tenant/third"));
		STEP(-EPERM, READ_FIXED(0));
		STEP(-EPERM, IN("tenant/server", 0, READ_FIXED(0)));
	});
}

/* Credentials, such as those of a personality, do not matter. */
TEST_F(set_permission, ring_personality)
{
	CONTEXT({
		struct uring ring;
		int user;

		STEP(0, cgroup_enter("tenant/server"));
		STEP(0, ring_open(&ring, 0, &self->t));
		STEP(0, swap_euid(STRANGER));
		user = uring_register(&ring, IORING_REGISTER_PERSONALITY, NULL,
				      0);
		STEP(0, read_fixed(&ring, &self->t, 0, 0));
		STEP(0, swap_euid(0));
		STEP(true, user > 0);
		STEP(0, read_fixed(&ring, &self->t, 0, user));
		STEP(0, read_fixed(&ring, &self->t, IOSQE_ASYNC, user));
		/* nor do those of root */
		STEP(0, cgroup_enter("tenant/third"));
		STEP(-EPERM, read_fixed(&ring, &self->t, 0, 0));
		STEP(-EPERM, read_fixed(&ring, &self->t, 0, user));
	});
}

/* Not for threads. */
static const char *client(int nr)
{
	static char text[32];

	snprintf(text, sizeof(text), CLIENTS "/%d", nr);
	return text;
}

/* Many sets, each used by AIO and from the table of a ring. */
TEST_F_TIMEOUT(set_permission, many, 900)
{
	const struct rlimit limit = { 2 * SETS, 2 * SETS };
	int nr = getenv("LONG") ? CGROUPS_LONG : CGROUPS;
	int i, round, cgroup, sets[SETS];
	struct io_uring_sqe sqe;
	struct attr_list l;
	struct uring ring;
	char dev[32];

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	ASSERT_EQ(0, cgroup_make_parent(CLIENTS));
	ASSERT_EQ(0, uring_open(&ring, 1, IORING_SETUP_CQE32));
	ASSERT_EQ(0, uring_register_table(&ring, SETS));
	for (i = 0; i < SETS; i++) {
		cgroup = cgroup_make(client(i % nr));
		ASSERT_LE(0, cgroup);
		l = CGROUP_LIST(cgroup);
		sets[i] = set_make(&l, 0);
		ASSERT_LE(0, sets[i]);
		close(cgroup);
		ASSERT_EQ(0, uring_set_slot(&ring, i, sets[i], 0));
	}
	for (round = 0; round < 2; round++) {
		for (i = 0; i < SETS; i++) {
			sqe = uring_prep_set(IORING_OP_READ, self->t.fd,
					     self->t.buf, BLOCK, 0,
					     IORING_RW_ATTR_FLAG_SET_FIXED, i);
			ASSERT_EQ(BLOCK, uring_run(&ring, &sqe));
			sqe.attr_type_mask = IORING_RW_ATTR_FLAG_SET;
			sqe.attr_ptr = sets[i];
			ASSERT_EQ(BLOCK, uring_run(&ring, &sqe));
		}
	}
	for (i = 0; i < nr; i++)
		EXPECT_EQ(4 * BLOCK * (SETS / nr),
			  cgroup_io(client(i), dev, "rbytes"));
	for (i = 0; i < SETS; i++) {
		EXPECT_STREQ("cgroup=4",
			     set_info(sets[i], "iocb_attr_honoured"));
		close(sets[i]);
	}
	/* the table has them still */
	for (i = 0; i < nr; i++)
		EXPECT_EQ(0, cgroup_remove(client(i)));
	EXPECT_EQ(0, wait_for_css_release());
	uring_exit(&ring);
	EXPECT_EQ(0, cgroup_remove(CLIENTS));
}

TEST_HARNESS_MAIN
