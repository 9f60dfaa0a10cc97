// SPDX-License-Identifier: GPL-2.0
/*
 * Permissions for the proxy_pid and proxy_pidfd records. Runs as root and drops
 * privileges in children.
 */
#define _GNU_SOURCE
#include "lib/permission.h"
#include "lib/harness.h"

FIXTURE(proxy)
{
	struct targets t;
};

FIXTURE_SETUP(proxy)
{
	ASSERT_EQ(0, targets_make(&self->t));
}

FIXTURE_TEARDOWN(proxy)
{
	EXPECT_EQ(0, targets_remove(&self->t));
}

TEST_F(proxy, no_such_fd)
{
	int pidfd = pidfd_open(getpid());

	ASSERT_LE(0, pidfd);
	EXPECT_EQ(-EBADF, PROXY_FD(-1));
	EXPECT_EQ(-EBADF, PROXY_FD(1000));
	EXPECT_EQ(-EBADF, PROXY_FD(self->t.fd));
	EXPECT_EQ(-EBADF, CHARGE(pidfd));
	close(pidfd);
}

/* A process with threads in a threaded cgroup is charged in its domain. */
TEST_F(proxy, threaded)
{
	int threaded = cgroup_make("tenant/client/threaded");
	char text[16];
	pid_t pid;

	ASSERT_LE(0, threaded);
	ASSERT_EQ(0, cgroup_write("tenant/client/threaded", "cgroup.type",
				  "threaded"));
	pid = sleeper(USER, "tenant/client", 0, true);
	ASSERT_LT(0, pid);
	snprintf(text, sizeof(text), "%d", pid);
	EXPECT_EQ(0, cgroup_write("tenant/client/threaded", "cgroup.procs",
				  text));
	EXPECT_EQ(ATTR_BIT(proxy_pid),
		  fresh_mask(&self->t, IOCB_ATTR_proxy_pid, pid));
	end(pid);
	close(threaded);
	EXPECT_EQ(0, cgroup_remove("tenant/client/threaded"));
}

TEST_F(proxy, user_namespace)
{
	pid_t root = sleeper(0, NULL, 0, true);

	ASSERT_LT(0, root);
	EXPECT_EQ(-EPERM, CHILD(userns_root(), PROXY(root)));
	EXPECT_EQ(0, CHILD(userns_root(), PROXY(getpid())));
	end(root);
}

/* Root of a namespace with two users may not act for the second one. */
TEST_F(proxy, user_namespace_two_ids)
{
	pid_t other, root, target;
	int go[2], done[2];
	char path[64], map[64], byte;

	target = sleeper(STRANGER, NULL, 0, true);
	ASSERT_LT(0, target);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(done, O_CLOEXEC));
	root = fork();
	if (!root) {
		if (become(USER, 0) || unshare(CLONE_NEWUSER) ||
		    write(done[1], "", 1) != 1 ||
		    read(go[0], &byte, 1) != 1 || geteuid())
			_exit(255);
		/* a process with the other uid in the namespace */
		other = sleeper(1, NULL, 0, true);
		if (other < 0)
			_exit(254);
		byte = -PROXY(other);
		end(other);
		_exit(byte);
	}
	ASSERT_EQ(1, read(done[0], &byte, 1));
	snprintf(path, sizeof(path), "/proc/%d/uid_map", root);
	snprintf(map, sizeof(map), "0 %d 1\n1 %d 1\n", USER, STRANGER);
	ASSERT_EQ(0, write_file(path, map));
	snprintf(path, sizeof(path), "/proc/%d/gid_map", root);
	ASSERT_EQ(0, write_file(path, map));
	ASSERT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(-EPERM, wait_child(root));
	end(target);
}

/* A thread may name any thread of its own process. */
TEST_F(proxy, self)
{
	EXPECT_EQ(0, PROXY(getpid()));
	EXPECT_EQ(0, AS(USER, PROXY(getpid())));
	EXPECT_EQ(0, AS(USER, PROXY_FD(pidfd_open(getpid()))));
	EXPECT_EQ(0, AS(USER, PROXY_FD(PIDFD_SELF_THREAD)));
	EXPECT_EQ(0, AS(USER, PROXY_FD(PIDFD_SELF_THREAD_GROUP)));
	EXPECT_EQ(-EBADF, PROXY_FD(PIDFD_SELF_THREAD_GROUP - 1));
	/* become() made the child unable to trace its parent */
	EXPECT_EQ(-EPERM, AS(USER, PROXY(getppid())));
}

TEST_F(proxy, same_user)
{
	pid_t open_pid = sleeper(USER, NULL, 0, true);
	pid_t closed_pid = sleeper(USER, NULL, 0, false);

	ASSERT_LT(0, open_pid);
	ASSERT_LT(0, closed_pid);
	EXPECT_EQ(0, AS(USER, PROXY(open_pid)));
	EXPECT_EQ(0, AS(USER, PROXY_FD(pidfd_open(open_pid))));
	EXPECT_EQ(-EPERM, AS(USER, PROXY(closed_pid)));
	EXPECT_EQ(-EPERM, AS(USER, PROXY_FD(pidfd_open(closed_pid))));
	EXPECT_EQ(0, PROXY(closed_pid));
	end(open_pid);
	end(closed_pid);
}

/* A process of another user requires CAP_SYS_PTRACE and CAP_SYS_NICE. */
TEST_F(proxy, other_user)
{
	pid_t pid = sleeper(STRANGER, NULL, 0, true);
	int pidfd = pidfd_open(pid);

	ASSERT_LT(0, pid);
	ASSERT_LE(0, pidfd);
	EXPECT_EQ(-EPERM, AS(USER, PROXY(pid)));
	EXPECT_EQ(-EPERM, AS(USER, PROXY_FD(pidfd)));
	EXPECT_EQ(-EPERM, CHILD(become(USER, CAP(CAP_SYS_NICE)), PROXY(pid)));
	EXPECT_EQ(-EPERM, CHILD(become(USER, CAP(CAP_SYS_PTRACE)), PROXY(pid)));
	EXPECT_EQ(-EPERM, CHILD(become(USER, CAP(CAP_SYS_PTRACE)),
				PROXY_FD(pidfd)));
	EXPECT_EQ(0, CHILD(become(USER, CAP(CAP_SYS_PTRACE) |
				  CAP(CAP_SYS_NICE)), PROXY(pid)));
	EXPECT_EQ(0, CHILD(become(USER, CAP(CAP_SYS_PTRACE) |
				  CAP(CAP_SYS_NICE)), PROXY_FD(pidfd)));
	close(pidfd);
	end(pid);
}

/* A process below the io cgroup of the caller has the same limits. */
TEST_F(proxy, cgroup_below)
{
	pid_t pid = sleeper(USER, "other", 0, true);
	char dev[32];

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	EXPECT_EQ(0, cgroup_io("other", dev, "rbytes"));
	EXPECT_EQ(0, AS(USER, PROXY(pid)));
	EXPECT_EQ(BLOCK, cgroup_io("other", dev, "rbytes"));
	EXPECT_EQ(0, IN("other", USER, PROXY(pid)));
	EXPECT_EQ(2 * BLOCK, cgroup_io("other", dev, "rbytes"));
	/* without an io controller below, the cgroups share one */
	ASSERT_LE(0, cgroup_make("other/below"));
	EXPECT_EQ(0, IN("other/below", USER, PROXY(pid)));
	EXPECT_EQ(3 * BLOCK, cgroup_io("other", dev, "rbytes"));
	EXPECT_EQ(0, cgroup_remove("other/below"));
	end(pid);
}

/* Services of one uid cannot use the limits of each other. */
TEST_F(proxy, cgroup_beside)
{
	pid_t beside = sleeper(USER, "tenant/client", 0, true);
	pid_t above = sleeper(USER, NULL, 0, true);
	struct attr_list l;
	char dev[32];

	ASSERT_LT(0, beside);
	ASSERT_LT(0, above);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	EXPECT_EQ(-EPERM, IN("tenant/server", USER, PROXY(beside)));
	EXPECT_EQ(-EPERM, IN("tenant/server", USER, PROXY_FD(pidfd_open(beside))));
	EXPECT_EQ(-EPERM, IN("tenant/server", USER, PROXY(above)));
	EXPECT_EQ(-EPERM, IN("other", USER, PROXY(beside)));
	EXPECT_EQ(0, cgroup_io("tenant/client", dev, "rbytes"));
	EXPECT_EQ(-EPERM, CHILD(cgroup_enter("tenant/server") ||
				become(USER, CAP(CAP_SYS_NICE)),
				PROXY(beside)));
	EXPECT_EQ(0, CHILD(cgroup_enter("tenant/server") ||
			   become(USER, CAP(CAP_SYS_ADMIN)), PROXY(beside)));
	EXPECT_EQ(BLOCK, cgroup_io("tenant/client", dev, "rbytes"));

	/* unless the cgroup record permits it */
	l = list_two(list_one(IOCB_ATTR_proxy_pid, beside),
		     list_one(IOCB_ATTR_cgroup, self->t.client));
	EXPECT_EQ(0, IN("tenant/server", USER, fresh_list(&self->t, l)));
	EXPECT_EQ(-EACCES, IN("tenant/server", STRANGER,
			      CHARGE(self->t.client)));
	EXPECT_EQ(2 * BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	l = list_two(list_one(IOCB_ATTR_proxy_pid, above),
		     list_one(IOCB_ATTR_cgroup, self->t.other));
	EXPECT_EQ(-EACCES, IN("tenant/server", USER, fresh_list(&self->t, l)));
	end(above);
	end(beside);
}

/* A pid is looked up in the pid namespace of the caller. */
TEST_F(proxy, pid_namespace)
{
	pid_t outside = sleeper(0, "other", 0, true);
	pid_t child;
	char dev[32];

	ASSERT_LT(0, outside);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	child = fork();
	if (!child) {
		pid_t inside = sleeper(0, "tenant/client", 0, true);

		if (getpid() != 1 || inside != 2)
			_exit(255);
		if (PROXY(2) || PROXY(1))
			_exit(254);
		_exit(-PROXY(outside));
	}
	EXPECT_EQ(-ESRCH, wait_child(child));
	EXPECT_EQ(BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	EXPECT_EQ(0, cgroup_io("other", dev, "rbytes"));
	end(outside);
}

TEST_F(proxy, exited)
{
	pid_t pid = sleeper(0, NULL, 0, true);
	int pidfd = pidfd_open(pid);

	ASSERT_LT(0, pid);
	ASSERT_LE(0, pidfd);
	EXPECT_EQ(0, PROXY_FD(pidfd));
	end(pid);
	EXPECT_EQ(-ESRCH, PROXY_FD(pidfd));
	EXPECT_EQ(-ESRCH, PROXY(pid));
	EXPECT_EQ(-ESRCH, AS(USER, PROXY_FD(pidfd)));
	close(pidfd);
}

TEST_F(proxy, no_such_pid)
{
	EXPECT_EQ(-ESRCH, PROXY(0));
	EXPECT_EQ(-ESRCH, PROXY(1ULL << 31));
	/* must not be truncated to an existing pid */
	EXPECT_EQ(-ESRCH, PROXY((1ULL << 32) + getpid()));
	EXPECT_EQ(-ESRCH, PROXY(~0ULL));
}

/* A proxy does not give a priority that the caller may not have. */
TEST_F(proxy, ioprio)
{
	pid_t pid = sleeper(USER, NULL, RT | 4, true);
	struct attr_list l;

	ASSERT_LT(0, pid);
	EXPECT_EQ(0, PROXY(pid));
	EXPECT_EQ(-EPERM, AS(USER, PROXY(pid)));
	EXPECT_EQ(0, CHILD(become(USER, CAP(CAP_SYS_NICE)), PROXY(pid)));
	/* an ioprio record overrides that of the process */
	l = list_two(list_one(IOCB_ATTR_proxy_pid, pid),
		     list_one(IOCB_ATTR_ioprio, BE));
	EXPECT_EQ(0, AS(USER, fresh_list(&self->t, l)));
	end(pid);
}

/* With both, the cgroup is charged, and both must be permitted. */
TEST_F(proxy, with_cgroup)
{
	pid_t mine = sleeper(USER, "other", 0, true);
	pid_t theirs = sleeper(STRANGER, "other", 0, true);
	char dev[32];

	ASSERT_LT(0, mine);
	ASSERT_LT(0, theirs);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
#define BOTH(pid, cgroup)						\
	AS(USER, fresh_list(&self->t, list_two(				\
		list_one(IOCB_ATTR_proxy_pid, pid),			\
		list_one(IOCB_ATTR_cgroup, cgroup))))
	EXPECT_EQ(0, BOTH(mine, self->t.client));
	EXPECT_EQ(-EPERM, BOTH(theirs, self->t.client));
	EXPECT_EQ(-EACCES, BOTH(mine, self->t.other));
	EXPECT_EQ(BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	EXPECT_EQ(0, cgroup_io("other", dev, "rbytes"));
	end(mine);
	end(theirs);
}

/* A real-time thread may name itself. */
TEST_F(proxy, realtime_thread)
{
	EXPECT_EQ(0, CHILD(set_fifo() || become(USER, 0), PROXY(getpid())));
	EXPECT_EQ(0, CHILD(set_fifo() || become(USER, 0),
			   PROXY_FD(PIDFD_SELF_THREAD)));
}

/* The permission to act for a process is not cached. */
TEST_F(proxy, credentials_changed)
{
	CONTEXT({
		STEP(0, read_for(ctx, self->t.fd, self->t.buf,
				 IOCB_ATTR_proxy_pid, getppid()));
		STEP(0, become(USER, 0));
		STEP(-EPERM, read_for(ctx, self->t.fd, self->t.buf,
				      IOCB_ATTR_proxy_pid, getppid()));
	});
}

TEST_HARNESS_MAIN
