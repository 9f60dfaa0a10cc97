// SPDX-License-Identifier: GPL-2.0
/*
 * For whom a program may do I/O, each case that the permission checks tell
 * apart, and that a context which remembers what was allowed allows it to
 * nobody else. Runs as root and gives that up in children and threads.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "uring.h"
#include "who.h"
#include "harness.h"

#define USER		1000
#define STRANGER	1001

#define CAP(name)	(1U << (name))

/* linux/pidfd.h of old headers has not got them */
#ifndef PIDFD_SELF_THREAD
#define PIDFD_SELF_THREAD	-10000
#define PIDFD_SELF_THREAD_GROUP	-10001
#endif

static int set_caps(uint32_t caps)
{
	struct __user_cap_header_struct header = {
		_LINUX_CAPABILITY_VERSION_3, 0
	};
	struct __user_cap_data_struct data[2] = { { caps, caps, 0 } };

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/*
 * Be another user with @caps of root's and no more; or stay root. Of the
 * calling thread only.
 */
static int become(int uid, uint32_t caps)
{
	if (!uid)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1) ||
	    syscall(SYS_setgroups, 0, NULL) ||
	    syscall(SYS_setresgid, uid, uid, uid) ||
	    syscall(SYS_setresuid, uid, uid, uid))
		return -errno;
	return set_caps(caps);
}

static int set_ioprio(int ioprio)
{
	return syscall(SYS_ioprio_set, 1, 0, ioprio) ? -errno : 0;
}

/* A child that does nothing, or -1. */
static pid_t sleeper(int uid, const char *cgroup, int ioprio, bool dumpable)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if ((cgroup && cgroup_enter(cgroup)) ||
		    (ioprio && set_ioprio(ioprio)) ||
		    become(uid, 0) ||
		    prctl(PR_SET_DUMPABLE, dumpable))
			_exit(1);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

FIXTURE(who)
{
	int fd;
	void *buf;
	/* who is delegated to USER, with server and client below; other is not */
	int parent;
	int server;
	int client;
	int other;
};

static const char * const cgroups[] = {
	"who", "who/server", "who/client", "who_other"
};

FIXTURE_SETUP(who)
{
	int i;

	self->fd = open("/dev/nullb0", O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	self->parent = cgroup_make("who");
	ASSERT_LE(0, self->parent);
	ASSERT_EQ(0, cgroup_write("who", "cgroup.subtree_control", "+io"));
	self->server = cgroup_make("who/server");
	self->client = cgroup_make("who/client");
	self->other = cgroup_make("who_other");
	ASSERT_LE(0, self->server);
	ASSERT_LE(0, self->client);
	ASSERT_LE(0, self->other);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, cgroup_chown(cgroups[i], ".", USER));
		ASSERT_EQ(0, cgroup_chown(cgroups[i], "cgroup.procs", USER));
		ASSERT_EQ(0, cgroup_chown(cgroups[i], "cgroup.subtree_control",
					  USER));
	}
}

FIXTURE_TEARDOWN(who)
{
	int i;

	EXPECT_EQ(0, write_file(CGROUP "cgroup.procs", "0"));
	for (i = 3; i >= 0; i--)
		EXPECT_EQ(0, cgroup_remove(cgroups[i]));
	munmap(self->buf, BLOCK);
	close(self->fd);
}

/* What a read with a list gives, in a context that remembers nothing. */
static int fresh_list(FIXTURE_DATA(who) * self, struct who_list l)
{
	aio_context_t ctx = 0;
	int ret;

	if (io_setup(1, &ctx))
		return 1;	/* nothing that io_submit(2) says */
	ret = submit_list(ctx, self->fd, self->buf, &l);
	io_destroy(ctx);
	return ret;
}

/* Not required: only the permission matters here. */
static struct who_list optional(uint16_t id, uint64_t value)
{
	struct who_list l = who(id, value);

	l.r[0].attr.flags = 0;
	return l;
}

static int fresh(FIXTURE_DATA(who) * self, uint16_t id, uint64_t value)
{
	return fresh_list(self, optional(id, value));
}

/* Likewise, but what the completion reports, or a negative errno. */
static int fresh_mask(FIXTURE_DATA(who) * self, uint16_t id, uint64_t value)
{
	struct who_list l = optional(id, value);
	struct iocb iocb = prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, 0,
				&l);
	aio_context_t ctx = 0;
	struct io_event event;
	int ret;

	if (io_setup(1, &ctx))
		return -1000;
	ret = run(ctx, &iocb, &event);
	io_destroy(ctx);
	return ret ?: event.res != BLOCK ? -1001 : event.res2;
}

#define CHARGE(cgroup)	fresh(self, IOCB_ATTR_cgroup, cgroup)
#define PROXY(pid)	fresh(self, IOCB_ATTR_proxy_pid, pid)
#define PROXY_FD(pidfd)	fresh(self, IOCB_ATTR_proxy_pidfd, pidfd)
#define IOPRIO(ioprio)	fresh(self, IOCB_ATTR_ioprio, ioprio)

/* What clone3() into a cgroup gives: 0 or a negative errno. */
static int clone_into(int fd)
{
	struct clone_args args = {
		.flags		= CLONE_INTO_CGROUP,
		.exit_signal	= SIGCHLD,
		.cgroup		= fd,
	};
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}

/* The value of an expression in a child, after some preparation that gives 0. */
#define CHILD(prepare, expression) ({					\
	pid_t __child = fork();						\
									\
	if (!__child) {							\
		if (prepare)						\
			_exit(255);					\
		_exit(-(expression));					\
	}								\
	wait_child(__child);						\
})

#define AS(uid, expression)	CHILD(become(uid, 0), expression)
#define IN(cgroup, uid, expression)					\
	CHILD(cgroup_enter(cgroup) || become(uid, 0), expression)

/* Below the caller's own cgroup; all of them are in the root. */
TEST_F(who, below)
{
	EXPECT_EQ(0, CHARGE(self->client));
	EXPECT_EQ(0, CHARGE(self->other));
	EXPECT_EQ(0, AS(USER, CHARGE(self->client)));
	EXPECT_EQ(-EACCES, AS(USER, CHARGE(self->other)));
	EXPECT_EQ(-EACCES, AS(STRANGER, CHARGE(self->client)));
	/* to have the directory, or to be its group, is not the right */
	ASSERT_EQ(0, cgroup_chown("who/client", "cgroup.procs", 0));
	EXPECT_EQ(-EACCES, AS(USER, CHARGE(self->client)));
	ASSERT_EQ(0, chown(CGROUP "who/client/cgroup.procs", 0, STRANGER));
	EXPECT_EQ(-EACCES, AS(STRANGER, CHARGE(self->client)));
	ASSERT_EQ(0, chmod(CGROUP "who/client/cgroup.procs", 0664));
	EXPECT_EQ(0, AS(STRANGER, CHARGE(self->client)));
	/* even for the owner the mode decides */
	ASSERT_EQ(0, cgroup_chown("who/client", "cgroup.procs", USER));
	ASSERT_EQ(0, chmod(CGROUP "who/client/cgroup.procs", 0444));
	EXPECT_EQ(-EACCES, AS(USER, CHARGE(self->client)));
	ASSERT_EQ(0, chmod(CGROUP "who/client/cgroup.procs", 0644));
	/* unless a capability does */
	EXPECT_EQ(0, CHILD(become(STRANGER, CAP(CAP_DAC_OVERRIDE)),
			   CHARGE(self->client)));
}

/* Each way of opening the directory serves, a file in it does not. */
TEST_F(who, cgroup_fd)
{
	int fd = open(CGROUP "who/client", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	EXPECT_EQ(0, CHARGE(fd));
	close(fd);
	fd = open(CGROUP "who/client/cgroup.procs", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EBADF, CHARGE(fd));
	close(fd);
}

TEST_F(who, no_such_fd)
{
	int pidfd = pidfd_open(getpid());

	ASSERT_LE(0, pidfd);
	EXPECT_EQ(-EBADF, PROXY_FD(-1));
	EXPECT_EQ(-EBADF, PROXY_FD(1000));
	EXPECT_EQ(-EBADF, PROXY_FD(self->fd));
	EXPECT_EQ(-EBADF, CHARGE(-1));
	EXPECT_EQ(-EBADF, CHARGE(1000));
	EXPECT_EQ(-EBADF, CHARGE(self->fd));
	EXPECT_EQ(-EBADF, CHARGE(pidfd));
	close(pidfd);
}

/* One's own cgroup is no different, though a process is there. */
TEST_F(who, own)
{
	EXPECT_EQ(0, IN("who/server", USER, CHARGE(self->server)));
	EXPECT_EQ(-EACCES, IN("who/server", STRANGER, CHARGE(self->server)));
	EXPECT_EQ(-EACCES, IN("who_other", USER, CHARGE(self->other)));
}

/*
 * The everyday layout: a parent without processes that has controllers below
 * it, delegated with all that is in it, and in it the server and its clients.
 */
TEST_F(who, delegated)
{
	ASSERT_EQ(0, AS(USER, cgroup_write("who", "cgroup.subtree_control",
					   "-io")));
	ASSERT_EQ(0, AS(USER, cgroup_write("who", "cgroup.subtree_control",
					   "+io")));
	EXPECT_EQ(0, IN("who/server", USER, CHARGE(self->client)));
	EXPECT_EQ(0, IN("who/server", USER, clone_into(self->client)));
	EXPECT_EQ(0, IN("who/server", 0, CHARGE(self->client)));
	EXPECT_EQ(-EACCES, IN("who/server", STRANGER, CHARGE(self->client)));

	/* what the user makes there serves at once */
	ASSERT_EQ(0, AS(USER, cgroup_make("who/client/new") < 0));
	EXPECT_EQ(0, IN("who/server", USER,
			CHARGE(cgroup_make("who/client/new"))));
	EXPECT_EQ(0, cgroup_remove("who/client/new"));

	/* the client's procs alone are not enough: the ancestor's limits bind */
	ASSERT_EQ(0, cgroup_chown("who", "cgroup.procs", 0));
	EXPECT_EQ(-EACCES, IN("who/server", USER, CHARGE(self->client)));
	ASSERT_EQ(0, cgroup_chown("who", "cgroup.procs", USER));

	/* nor the ancestor's alone */
	ASSERT_EQ(0, cgroup_chown("who/client", "cgroup.procs", 0));
	EXPECT_EQ(-EACCES, IN("who/server", USER, CHARGE(self->client)));
}

/* A cgroup of one's own elsewhere would be a way out of the server's limits. */
TEST_F(who, no_way_out)
{
	ASSERT_EQ(0, cgroup_chown("who_other", ".", USER));
	ASSERT_EQ(0, cgroup_chown("who_other", "cgroup.procs", USER));
	EXPECT_EQ(-EACCES, IN("who/server", USER, CHARGE(self->other)));
	EXPECT_EQ(-EACCES, IN("who/server", USER, clone_into(self->other)));
	EXPECT_EQ(0, IN("who/server", 0, CHARGE(self->other)));
	EXPECT_EQ(-EACCES, IN("who/server", USER,
			      CHARGE(open(CGROUP, O_PATH | O_CLOEXEC))));
}

#define BIT(id)	(1 << IOCB_ATTR_ ## id)

/* A container has controllers on for cgroups of its own, and is no less charged. */
TEST_F(who, controllers_below)
{
	int inner = cgroup_make("who/client/inner");
	char dev[32];

	ASSERT_LE(0, inner);
	ASSERT_EQ(0, device_number("/dev/nullb0", dev, sizeof(dev)));
	ASSERT_EQ(0, cgroup_write("who/client", "cgroup.subtree_control",
				  "+io"));
	EXPECT_EQ(-EBUSY, IN("who/server", USER, clone_into(self->client)));
	EXPECT_EQ(0, IN("who/server", USER, CHARGE(self->client)));
	EXPECT_EQ(BLOCK, cgroup_io("who/client", dev, "rbytes"));
	EXPECT_EQ(BIT(cgroup), fresh_mask(self, IOCB_ATTR_cgroup,
					  self->client));
	EXPECT_EQ(0, IN("who/server", USER, CHARGE(self->parent)));
	EXPECT_EQ(0, IN("who_other", 0, CHARGE(self->client)));
	EXPECT_EQ(0, IN("who_other", 0, CHARGE(self->parent)));
	EXPECT_EQ(0, IN("who_other", 0, CHARGE(inner)));
	/* the permissions are the same as ever */
	EXPECT_EQ(-EACCES, IN("who/server", STRANGER, CHARGE(self->client)));
	EXPECT_EQ(-EACCES, IN("who_other", USER, CHARGE(self->client)));
	close(inner);
	EXPECT_EQ(0, cgroup_remove("who/client/inner"));
}

/* Threaded cgroups and those beside them have no I/O of their own: the domain has. */
TEST_F(who, threaded)
{
	int threaded = cgroup_make("who/client/threaded");
	int invalid = cgroup_make("who/client/invalid");
	char dev[32], text[16];
	pid_t pid;

	ASSERT_LE(0, threaded);
	ASSERT_LE(0, invalid);
	ASSERT_EQ(0, device_number("/dev/nullb0", dev, sizeof(dev)));
	ASSERT_EQ(0, cgroup_write("who/client/threaded", "cgroup.type",
				  "threaded"));
	ASSERT_EQ(0, cgroup_chown("who/client/threaded", "cgroup.procs", USER));
	ASSERT_EQ(0, cgroup_chown("who/client/invalid", "cgroup.procs", USER));
	EXPECT_EQ(0, IN("who/server", USER, CHARGE(threaded)));
	EXPECT_EQ(BLOCK, cgroup_io("who/client", dev, "rbytes"));
	/* no process can be in this one */
	EXPECT_EQ(-EOPNOTSUPP, IN("who/server", USER, clone_into(invalid)));
	EXPECT_EQ(0, IN("who/server", USER, CHARGE(invalid)));
	EXPECT_EQ(2 * BLOCK, cgroup_io("who/client", dev, "rbytes"));
	/* not the cgroups that were named */
	EXPECT_EQ(0, fresh_mask(self, IOCB_ATTR_cgroup, threaded));
	EXPECT_EQ(0, fresh_mask(self, IOCB_ATTR_cgroup, invalid));

	/* a process is in its domain, wherever its threads are */
	pid = sleeper(USER, "who/client", 0, true);
	ASSERT_LT(0, pid);
	snprintf(text, sizeof(text), "%d", pid);
	EXPECT_EQ(0, cgroup_write("who/client/threaded", "cgroup.procs", text));
	EXPECT_EQ(BIT(proxy_pid), fresh_mask(self, IOCB_ATTR_proxy_pid, pid));
	end(pid);
	close(threaded);
	close(invalid);
	EXPECT_EQ(0, cgroup_remove("who/client/threaded"));
	EXPECT_EQ(0, cgroup_remove("who/client/invalid"));
}

/* With the file system read-only nobody may write to a cgroup.procs. */
TEST_F(who, read_only)
{
	int below, beside;

	ASSERT_EQ(0, mount("none", CGROUP, "cgroup2", MS_REMOUNT | MS_RDONLY,
			   ""));
	below = CHARGE(self->client);
	EXPECT_EQ(0, mount("none", CGROUP, "cgroup2", MS_REMOUNT, ""));
	EXPECT_EQ(-EROFS, below);
	beside = CHILD(cgroup_enter("who/server") ||
		       mount("none", CGROUP, "cgroup2", MS_REMOUNT | MS_RDONLY,
			     ""), CHARGE(self->client));
	EXPECT_EQ(0, mount("none", CGROUP, "cgroup2", MS_REMOUNT, ""));
	EXPECT_EQ(-EROFS, beside);
}

/*
 * Wherever it is not below: what clone3() refuses is refused, but for what
 * concerns the place of a process.
 */
TEST_F(who, as_clone3)
{
	static const int uids[] = { 0, USER, STRANGER };
	static const char * const from[] = { "who/server", "who_other" };
	int to[] = { self->parent, self->server, self->client, self->other };
	int u, f, t, charged, cloned;

	for (f = 0; f < 2; f++) {
		for (u = 0; u < 3; u++) {
			for (t = 0; t < 4; t++) {
				charged = IN(from[f], uids[u], CHARGE(to[t]));
				cloned = IN(from[f], uids[u],
					    clone_into(to[t]));
				/* its own is below: no ancestor is asked */
				if (to[t] == (f ? self->other : self->server) &&
				    !charged)
					continue;
				EXPECT_EQ(!cloned || cloned == -EBUSY,
					  !charged) {
					TH_LOG("%d: %s to %d", uids[u],
					       from[f], t);
				}
				EXPECT_TRUE(!charged || charged == -EPERM ||
					    charged == -EACCES);
			}
		}
	}
}

static int remount(const char *options)
{
	return mount("none", CGROUP, "cgroup2", MS_REMOUNT, options);
}

/* In a cgroup namespace whose root is that of the server. */
#define IN_NS(uid, expression)						\
	CHILD(cgroup_enter("who/server") || unshare(CLONE_NEWCGROUP) ||	\
	      become(uid, 0), expression)

/* A namespace is what one sees, and no boundary unless it was said to be. */
TEST_F(who, cgroup_namespace)
{
	int below;

	below = cgroup_make("who/server/below");
	ASSERT_LE(0, below);
	EXPECT_EQ(0, IN_NS(0, CHARGE(self->client)));
	EXPECT_EQ(0, IN_NS(USER, CHARGE(self->client)));
	EXPECT_EQ(0, IN_NS(0, CHARGE(below)));
	EXPECT_EQ(-EACCES, IN_NS(USER, CHARGE(self->other)));
	EXPECT_EQ(-EACCES, IN_NS(STRANGER, CHARGE(self->client)));
	EXPECT_EQ(-EACCES, IN_NS(USER, CHARGE(below)));
	close(below);
	EXPECT_EQ(0, cgroup_remove("who/server/below"));
}

TEST_F(who, nsdelegate)
{
	int below, outside[4];

	below = cgroup_make("who/server/below");
	ASSERT_LE(0, below);
	ASSERT_EQ(0, cgroup_chown("who/server/below", "cgroup.procs", USER));
	ASSERT_EQ(0, remount("nsdelegate"));
	outside[0] = IN_NS(0, CHARGE(self->client));
	outside[1] = IN_NS(USER, CHARGE(self->client));
	outside[2] = IN_NS(0, CHARGE(self->other));
	outside[3] = IN_NS(USER, CHARGE(self->parent));
	EXPECT_EQ(0, IN_NS(0, CHARGE(below)));
	EXPECT_EQ(0, IN_NS(USER, CHARGE(below)));
	/* who is in no namespace of its own is not concerned */
	EXPECT_EQ(0, IN("who/server", USER, CHARGE(self->client)));
	EXPECT_EQ(0, remount(""));
	EXPECT_EQ(-EPERM, outside[0]);
	EXPECT_EQ(-EPERM, outside[1]);
	EXPECT_EQ(-EPERM, outside[2]);
	EXPECT_EQ(-EPERM, outside[3]);
	close(below);
	EXPECT_EQ(0, cgroup_remove("who/server/below"));
}

/* Become root of a user namespace that USER makes. */
static int userns_root(void)
{
	char map[32];

	if (become(USER, 0) || unshare(CLONE_NEWUSER))
		return -1;
	prctl(PR_SET_DUMPABLE, 1);
	snprintf(map, sizeof(map), "0 %d 1", USER);
	return write_file("/proc/self/uid_map", map) || geteuid();
}

TEST_F(who, user_namespace)
{
	pid_t root = sleeper(0, NULL, 0, true);
	pid_t user = sleeper(USER, NULL, 0, true);

	ASSERT_LT(0, root);
	ASSERT_LT(0, user);
	EXPECT_EQ(0, CHILD(userns_root(), CHARGE(self->client)));
	EXPECT_EQ(-EACCES, CHILD(userns_root(), CHARGE(self->other)));
	EXPECT_EQ(-EPERM, CHILD(userns_root(), PROXY(root)));
	EXPECT_EQ(0, CHILD(userns_root(), PROXY(getpid())));
	/* its own namespace is not that of a process outside */
	EXPECT_EQ(-EPERM, CHILD(userns_root(), IOPRIO(RT | 4)));
	EXPECT_EQ(0, CHILD(userns_root(), IOPRIO(BE)));
	end(user);
	end(root);
}

/* Root of a namespace with two users has no say over the other one's I/O. */
TEST_F(who, user_namespace_of_two)
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
		/* in here is a process with the other uid */
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

/* A thread may name its siblings, whatever they are. */
TEST_F(who, self)
{
	EXPECT_EQ(0, PROXY(getpid()));
	EXPECT_EQ(0, AS(USER, PROXY(getpid())));
	EXPECT_EQ(0, AS(USER, PROXY_FD(pidfd_open(getpid()))));
	EXPECT_EQ(0, AS(USER, PROXY_FD(PIDFD_SELF_THREAD)));
	EXPECT_EQ(0, AS(USER, PROXY_FD(PIDFD_SELF_THREAD_GROUP)));
	EXPECT_EQ(-EBADF, PROXY_FD(PIDFD_SELF_THREAD_GROUP - 1));
	/* become() left it undumpable: nobody else may look at it */
	EXPECT_EQ(-EPERM, AS(USER, PROXY(getppid())));
}

TEST_F(who, same_user)
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

/* Another's process takes both rights: to look at it, and to rule it. */
TEST_F(who, other_user)
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

/* A process below the caller's own io cgroup is bound by all that binds that. */
TEST_F(who, proxy_below)
{
	pid_t pid = sleeper(USER, "who_other", 0, true);
	char dev[32];

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, device_number("/dev/nullb0", dev, sizeof(dev)));
	EXPECT_EQ(0, cgroup_io("who_other", dev, "rbytes"));
	EXPECT_EQ(0, AS(USER, PROXY(pid)));
	EXPECT_EQ(BLOCK, cgroup_io("who_other", dev, "rbytes"));
	EXPECT_EQ(0, IN("who_other", USER, PROXY(pid)));
	EXPECT_EQ(2 * BLOCK, cgroup_io("who_other", dev, "rbytes"));
	/* without an io controller below, the cgroups share one */
	ASSERT_LE(0, cgroup_make("who_other/below"));
	EXPECT_EQ(0, IN("who_other/below", USER, PROXY(pid)));
	EXPECT_EQ(3 * BLOCK, cgroup_io("who_other", dev, "rbytes"));
	EXPECT_EQ(0, cgroup_remove("who_other/below"));
	end(pid);
}

/* Services of one uid cannot get around their limits, or use up others'. */
TEST_F(who, proxy_beside)
{
	pid_t beside = sleeper(USER, "who/client", 0, true);
	pid_t above = sleeper(USER, NULL, 0, true);
	struct who_list l;
	char dev[32];

	ASSERT_LT(0, beside);
	ASSERT_LT(0, above);
	ASSERT_EQ(0, device_number("/dev/nullb0", dev, sizeof(dev)));
	EXPECT_EQ(-EPERM, IN("who/server", USER, PROXY(beside)));
	EXPECT_EQ(-EPERM, IN("who/server", USER, PROXY_FD(pidfd_open(beside))));
	EXPECT_EQ(-EPERM, IN("who/server", USER, PROXY(above)));
	EXPECT_EQ(-EPERM, IN("who_other", USER, PROXY(beside)));
	EXPECT_EQ(0, cgroup_io("who/client", dev, "rbytes"));
	EXPECT_EQ(-EPERM, CHILD(cgroup_enter("who/server") ||
				become(USER, CAP(CAP_SYS_NICE)),
				PROXY(beside)));
	EXPECT_EQ(0, CHILD(cgroup_enter("who/server") ||
			   become(USER, CAP(CAP_SYS_ADMIN)), PROXY(beside)));
	EXPECT_EQ(BLOCK, cgroup_io("who/client", dev, "rbytes"));

	/* what may be charged by its cgroup may be so beside a proxy */
	l = who_and(who(IOCB_ATTR_proxy_pid, beside),
		    who(IOCB_ATTR_cgroup, self->client));
	EXPECT_EQ(0, IN("who/server", USER, fresh_list(self, l)));
	EXPECT_EQ(-EACCES, IN("who/server", STRANGER,
			      CHARGE(self->client)));
	EXPECT_EQ(2 * BLOCK, cgroup_io("who/client", dev, "rbytes"));
	l = who_and(who(IOCB_ATTR_proxy_pid, above),
		    who(IOCB_ATTR_cgroup, self->other));
	EXPECT_EQ(-EACCES, IN("who/server", USER, fresh_list(self, l)));
	end(above);
	end(beside);
}

/* A number says whom in the caller's pid namespace, and nowhere else. */
TEST_F(who, pid_namespace)
{
	pid_t outside = sleeper(0, "who_other", 0, true);
	pid_t child;
	char dev[32];

	ASSERT_LT(0, outside);
	ASSERT_EQ(0, device_number("/dev/nullb0", dev, sizeof(dev)));
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	child = fork();
	if (!child) {
		pid_t inside = sleeper(0, "who/client", 0, true);

		if (getpid() != 1 || inside != 2)
			_exit(255);
		if (PROXY(2) || PROXY(1))
			_exit(254);
		_exit(-PROXY(outside));
	}
	EXPECT_EQ(-ESRCH, wait_child(child));
	EXPECT_EQ(BLOCK, cgroup_io("who/client", dev, "rbytes"));
	EXPECT_EQ(0, cgroup_io("who_other", dev, "rbytes"));
	end(outside);
}

TEST_F(who, exited)
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

TEST_F(who, no_such_pid)
{
	EXPECT_EQ(-ESRCH, PROXY(0));
	EXPECT_EQ(-ESRCH, PROXY(1ULL << 31));
	/* no truncation to somebody who is there */
	EXPECT_EQ(-ESRCH, PROXY((1ULL << 32) + getpid()));
	EXPECT_EQ(-ESRCH, PROXY(~0ULL));
}

TEST_F(who, ioprio)
{
	static const int rights[] = { CAP_SYS_NICE, CAP_SYS_ADMIN };
	int i;

	EXPECT_EQ(0, IOPRIO(RT));
	EXPECT_EQ(-EPERM, AS(USER, IOPRIO(RT)));
	EXPECT_EQ(-EPERM, AS(USER, IOPRIO(RT | 7)));
	EXPECT_EQ(0, AS(USER, IOPRIO(BE)));
	EXPECT_EQ(0, AS(USER, IOPRIO(BE | 7)));
	EXPECT_EQ(0, AS(USER, IOPRIO(IDLE)));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, CHILD(become(USER, CAP(rights[i])), IOPRIO(RT)));
}

static int set_fifo(void)
{
	struct sched_param param = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &param) ? -errno : 0;
}

/* A real-time thread gets the class unasked: it may ask for it, or less. */
TEST_F(who, ioprio_of_real_time)
{
#define FIFO(expression)						\
	CHILD(set_fifo() || become(USER, 0), expression)
	EXPECT_EQ(0, FIFO(PROXY(getpid())));
	EXPECT_EQ(0, FIFO(PROXY_FD(PIDFD_SELF_THREAD)));
	EXPECT_EQ(0, FIFO(IOPRIO(RT | 4)));
	EXPECT_EQ(0, FIFO(IOPRIO(RT | 7)));
	EXPECT_EQ(-EPERM, FIFO(IOPRIO(RT | 3)));
	EXPECT_EQ(0, CHILD(set_ioprio(RT | 2) || become(USER, 0),
			   IOPRIO(RT | 2)));
	EXPECT_EQ(-EPERM, CHILD(set_ioprio(RT | 2) || become(USER, 0),
				IOPRIO(RT | 1)));
	EXPECT_EQ(-EPERM, CHILD(set_ioprio(BE | 0) || become(USER, 0),
				IOPRIO(RT | 7)));
}

/* A priority that one may not have cannot be had from another process. */
TEST_F(who, ioprio_by_proxy)
{
	pid_t pid = sleeper(USER, NULL, RT | 4, true);
	struct who_list l;

	ASSERT_LT(0, pid);
	EXPECT_EQ(0, PROXY(pid));
	EXPECT_EQ(-EPERM, AS(USER, PROXY(pid)));
	EXPECT_EQ(0, CHILD(become(USER, CAP(CAP_SYS_NICE)), PROXY(pid)));
	/* with one's own it is not taken over */
	l = who_and(who(IOCB_ATTR_proxy_pid, pid), who(IOCB_ATTR_ioprio, BE));
	EXPECT_EQ(0, AS(USER, fresh_list(self, l)));
	end(pid);
}

/* With both, the cgroup decides, and both have to be allowed. */
TEST_F(who, cgroup_and_proxy)
{
	pid_t mine = sleeper(USER, "who_other", 0, true);
	pid_t theirs = sleeper(STRANGER, "who_other", 0, true);
	char dev[32];

	ASSERT_LT(0, mine);
	ASSERT_LT(0, theirs);
	ASSERT_EQ(0, device_number("/dev/nullb0", dev, sizeof(dev)));
#define BOTH(pid, cgroup)						\
	AS(USER, fresh_list(self, who_and(				\
		who(IOCB_ATTR_proxy_pid, pid),				\
		who(IOCB_ATTR_cgroup, cgroup))))
	EXPECT_EQ(0, BOTH(mine, self->client));
	EXPECT_EQ(-EPERM, BOTH(theirs, self->client));
	EXPECT_EQ(-EACCES, BOTH(mine, self->other));
	EXPECT_EQ(BLOCK, cgroup_io("who/client", dev, "rbytes"));
	EXPECT_EQ(0, cgroup_io("who_other", dev, "rbytes"));
	end(mine);
	end(theirs);
}

/*
 * From here on: one context that remembers. Each step is run in a child, whose
 * first failed step is its exit status.
 */
#define STEP(expected, expression) do {					\
	int __ret = (expression);					\
									\
	if (__ret != (expected)) {					\
		printf("# line %d: %s is %d, not %d\n", __LINE__,	\
		       #expression, __ret, expected);			\
		fflush(stdout);						\
		_exit(1);						\
	}								\
} while (0)

#define CONTEXT(steps) do {						\
	pid_t __child = fork();						\
									\
	if (!__child) {							\
		aio_context_t ctx = 0;					\
									\
		STEP(0, io_setup(64, &ctx));				\
		steps;							\
		_exit(0);						\
	}								\
	EXPECT_EQ(0, wait_child(__child));				\
} while (0)

#define AGAIN(cgroup)							\
	read_for(ctx, self->fd, self->buf, IOCB_ATTR_cgroup, cgroup)

TEST_F(who, fd_reused)
{
	CONTEXT({
		STEP(0, become(USER, 0));
		STEP(0, AGAIN(self->client));
		STEP(self->client, dup2(self->other, self->client));
		STEP(-EACCES, AGAIN(self->client));
		STEP(0, close(self->client));
		STEP(-EBADF, AGAIN(self->client));
		STEP(self->client, dup2(self->server, self->client));
		STEP(0, AGAIN(self->client));
	});
}

static int swap_euid(int uid)
{
	return syscall(SYS_setresuid, -1, uid, -1) ? -errno : 0;
}

TEST_F(who, credentials_changed)
{
	CONTEXT({
		STEP(0, AGAIN(self->other));
		STEP(0, AGAIN(self->client));
		STEP(0, swap_euid(USER));
		STEP(-EACCES, AGAIN(self->other));
		STEP(0, AGAIN(self->client));
		STEP(0, swap_euid(0));
		STEP(0, AGAIN(self->other));
		STEP(0, swap_euid(STRANGER));
		STEP(-EACCES, AGAIN(self->other));
		STEP(-EACCES, AGAIN(self->client));
		STEP(0, swap_euid(0));
		STEP(0, become(USER, 0));
		STEP(-EACCES, AGAIN(self->other));
		STEP(0, AGAIN(self->client));
	});
	/* the right to a priority and to a process is not remembered at all */
	CONTEXT({
		STEP(0, read_for(ctx, self->fd, self->buf, IOCB_ATTR_ioprio,
				 RT));
		STEP(0, read_for(ctx, self->fd, self->buf, IOCB_ATTR_proxy_pid,
				 getppid()));
		STEP(0, become(USER, 0));
		STEP(-EPERM, read_for(ctx, self->fd, self->buf,
				      IOCB_ATTR_ioprio, RT));
		STEP(-EPERM, read_for(ctx, self->fd, self->buf,
				      IOCB_ATTR_proxy_pid, getppid()));
	});
}

/* The uid is the same, what it may do is not. */
TEST_F(who, capability_dropped)
{
	CONTEXT({
		STEP(0, become(STRANGER, CAP(CAP_DAC_OVERRIDE)));
		STEP(0, AGAIN(self->other));
		STEP(0, set_caps(0));
		STEP(-EACCES, AGAIN(self->other));
	});
}

TEST_F(who, submitter_migrated)
{
	/* below the root it was, but who_other is beside it */
	CONTEXT({
		int procs = open(CGROUP "who_other/cgroup.procs", O_WRONLY);

		STEP(0, become(USER, 0));
		STEP(0, AGAIN(self->client));
		/* opened by root, whose right counts */
		STEP(1, write(procs, "0", 1));
		STEP(-EACCES, AGAIN(self->client));
	});
	/* and back: what it was allowed from there it is again */
	CONTEXT({
		int there = open(CGROUP "who_other/cgroup.procs", O_WRONLY);
		int back = open(CGROUP "cgroup.procs", O_WRONLY);

		STEP(0, become(USER, 0));
		STEP(1, write(there, "0", 1));
		STEP(-EACCES, AGAIN(self->client));
		STEP(1, write(back, "0", 1));
		STEP(0, AGAIN(self->client));
		STEP(1, write(there, "0", 1));
		STEP(-EACCES, AGAIN(self->client));
	});
}

TEST_F(who, namespace_changed)
{
	ASSERT_EQ(0, remount("nsdelegate"));
	CONTEXT({
		STEP(0, cgroup_enter("who/server"));
		STEP(0, AGAIN(self->client));
		STEP(0, unshare(CLONE_NEWCGROUP));
		STEP(true, AGAIN(self->client) < 0);
		STEP(0, AGAIN(self->server));
	});
	ASSERT_EQ(0, remount(""));
}

/* As with an open file, a mode that changes later takes nothing back. */
TEST_F(who, mode_changed)
{
	CONTEXT({
		STEP(0, swap_euid(USER));
		STEP(0, AGAIN(self->client));
		STEP(0, swap_euid(0));
		STEP(0, cgroup_chown("who/client", "cgroup.procs", 0));
		STEP(0, swap_euid(STRANGER));
		STEP(-EACCES, AGAIN(self->client));
		STEP(0, swap_euid(0));
		STEP(0, swap_euid(USER));
		STEP(-EACCES, CHARGE(self->client));
	});
	ASSERT_EQ(0, cgroup_chown("who/client", "cgroup.procs", USER));
	CONTEXT({
		STEP(0, become(USER, 0));
		STEP(0, AGAIN(self->client));
		STEP(0, chmod(CGROUP "who/client/cgroup.procs", 0444));
		STEP(0, AGAIN(self->client));
		STEP(-EACCES, CHARGE(self->client));
		STEP(0, chmod(CGROUP "who/client/cgroup.procs", 0644));
	});
}

/* A container starts: it enables controllers for cgroups of its own. */
TEST_F(who, controllers_enabled)
{
	CONTEXT({
		STEP(0, cgroup_enter("who_other"));
		STEP(0, AGAIN(self->client));
		STEP(0, cgroup_make("who/client/inner") < 0);
		STEP(0, cgroup_write("who/client", "cgroup.subtree_control",
				     "+io"));
		STEP(0, AGAIN(self->client));
		STEP(0, cgroup_enter("who/server"));
		STEP(0, AGAIN(self->client));
	});
	EXPECT_EQ(0, cgroup_remove("who/client/inner"));
}

/* How many struct cred there are, or -1. */
static long creds(void)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[256];
	long nr = -1;

	if (!file)
		return -1;
	while (nr < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "cred %ld", &nr) != 1 &&
		    sscanf(line, "cred_jar %ld", &nr) != 1)
			nr = -1;
	}
	fclose(file);
	return nr;
}

/*
 * setfsuid(2) makes new credentials each time, as file servers do for each
 * request. A context keeps those of one grant for a cgroup.
 */
TEST_F(who, fsuid_changed_each_time)
{
	long before = creds();
	aio_context_t ctx = 0;
	int i;

	if (before < 0)
		SKIP(return, "no /proc/slabinfo");
	ASSERT_EQ(0, io_setup(64, &ctx));
	for (i = 0; i < 4000; i++) {
		setfsuid(i % 4 ? USER : 0);
		ASSERT_EQ(0, AGAIN(self->client));
		setfsuid(0);
	}
	/* they are freed after a grace period */
	for (i = 0; i < 600 && creds() > before + 1000; i++)
		sleep_ms(100);
	EXPECT_GE(before + 1000, creds());
	EXPECT_EQ(0, io_destroy(ctx));
}

struct holder {
	bool stop;
};

/* Keep cgroup_mutex busy. */
static void *hold(void *arg)
{
	struct holder *h = arg;

	while (!__atomic_load_n(&h->stop, __ATOMIC_RELAXED)) {
		cgroup_write("who", "cgroup.subtree_control", "-io");
		cgroup_write("who", "cgroup.subtree_control", "+io");
	}
	return NULL;
}

/*
 * I/O that must not wait does not wait for cgroup_mutex: it ends with EAGAIN.
 * The fsuid is another one each time, so that no grant serves.
 */
TEST_F_TIMEOUT(who, must_not_wait, 900)
{
	struct who_list l = optional(IOCB_ATTR_cgroup, self->client);
	struct iocb iocb = prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, 0,
				&l);
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, self->fd,
					     self->buf, BLOCK, 0, &l);
	int i, ret, waits[2] = { 0, 0 };
	struct holder h = { false };
	aio_context_t ctx = 0;
	struct io_event event;
	pthread_t thread;
	struct uring ring;

	l.list.flags = 0;
	iocb.aio_rw_flags = 1 << 3;	/* RWF_NOWAIT */
	sqe.rw_flags = 1 << 3;
	ASSERT_EQ(0, io_setup(64, &ctx));
	ASSERT_EQ(0, uring_init(&ring));
	ASSERT_EQ(0, pthread_create(&thread, NULL, hold, &h));
	for (i = 0; i < 200000 && (!waits[0] || !waits[1]); i++) {
		setfsuid(i & 1 ? USER : 0);
		/* an event, and not an error of io_submit(2) */
		ret = run(ctx, &iocb, &event);
		if (ret)
			break;
		ret = event.res;
		if (ret == -EAGAIN)
			waits[0]++;
		else if (ret != BLOCK)
			break;
		ret = uring_run(&ring, &sqe);
		if (ret == -EAGAIN)
			waits[1]++;
		else if (ret != BLOCK)
			break;
	}
	setfsuid(0);
	__atomic_store_n(&h.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_TRUE(ret == BLOCK || ret == -EAGAIN) {
		TH_LOG("%d", ret);
	}
	EXPECT_LT(0, waits[0]);
	EXPECT_LT(0, waits[1]);
	/* a grant needs no lock */
	EXPECT_EQ(0, run(ctx, &iocb, &event));
	uring_exit(&ring);
	EXPECT_EQ(0, io_destroy(ctx));
}

/*
 * The thread of a ring waits for no request. What moves the submitter makes each
 * grant void.
 */
TEST_F_TIMEOUT(who, sqpoll_must_not_wait, 900)
{
	struct who_list l = optional(IOCB_ATTR_cgroup, self->client);
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, self->fd,
					     self->buf, BLOCK, 0, &l);
	struct holder h = { false };
	pthread_t thread;
	struct uring ring;
	int i, ret = 0;

	l.list.flags = 0;
	ASSERT_EQ(0, uring_open(&ring, 1, IORING_SETUP_SQPOLL));
	ASSERT_EQ(0, pthread_create(&thread, NULL, hold, &h));
	for (i = 0; i < 100000 && ret != -EAGAIN; i++) {
		if (cgroup_enter(i & 1 ? "who_other" : "."))
			break;
		ret = uring_run(&ring, &sqe);
		if (ret != BLOCK)
			break;
	}
	__atomic_store_n(&h.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(-EAGAIN, ret);
	uring_exit(&ring);
}

/* The name may be there again: that is another cgroup. */
TEST_F(who, target_removed)
{
	CONTEXT({
		int fd = cgroup_make("who/gone");

		STEP(0, fd < 0);
		STEP(0, AGAIN(fd));
		STEP(0, cgroup_remove("who/gone"));
		STEP(-ENODEV, AGAIN(fd));
		STEP(0, cgroup_make("who/gone") < 0);
		STEP(-ENODEV, AGAIN(fd));
		STEP(0, become(USER, 0));
		STEP(-ENODEV, AGAIN(fd));
		STEP(-EACCES, AGAIN(open(CGROUP "who/gone", O_PATH)));
	});
	EXPECT_EQ(0, cgroup_remove("who/gone"));
}

struct reader {
	FIXTURE_DATA(who) * self;
	aio_context_t ctx;
	int uid;
	int target;
	int expected;
	int first;
	int wrong;
};

static void *reads(void *arg)
{
	struct reader *r = arg;
	int i, ret;

	r->first = become(r->uid, 0);
	if (r->first)
		return NULL;
	for (i = 0; i < 2000; i++) {
		ret = read_for(r->ctx, r->self->fd, r->self->buf,
			       IOCB_ATTR_cgroup, r->target);
		if (ret != r->expected) {
			r->first = ret;
			r->wrong++;
		}
	}
	return NULL;
}

/* One asks after the other. */
TEST_F(who, thread_with_other_credentials)
{
	struct reader r = {
		.self = self, .uid = USER, .target = self->other,
		.expected = -EACCES,
	};
	pthread_t thread;

	ASSERT_EQ(0, io_setup(64, &r.ctx));
	EXPECT_EQ(0, read_for(r.ctx, self->fd, self->buf, IOCB_ATTR_cgroup,
			      self->other));
	ASSERT_EQ(0, pthread_create(&thread, NULL, reads, &r));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.wrong) {
		TH_LOG("%d", r.first);
	}
	EXPECT_EQ(0, read_for(r.ctx, self->fd, self->buf, IOCB_ATTR_cgroup,
			      self->other));
	EXPECT_EQ(0, io_destroy(r.ctx));
}

/* Both at once, so that what is remembered changes all the time. */
TEST_F(who, threads_at_once)
{
	struct reader r[3] = {
		{ .uid = 0, .target = self->other, .expected = 0 },
		{ .uid = USER, .target = self->other, .expected = -EACCES },
		{ .uid = STRANGER, .target = self->client,
		  .expected = -EACCES },
	};
	aio_context_t ctx = 0;
	pthread_t thread[3];
	int i;

	ASSERT_EQ(0, io_setup(64, &ctx));
	for (i = 0; i < 3; i++) {
		r[i].self = self;
		r[i].ctx = ctx;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, reads, &r[i]));
	}
	for (i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		EXPECT_EQ(0, r[i].first);
		EXPECT_EQ(0, r[i].wrong) {
			TH_LOG("%d: %d", r[i].uid, r[i].first);
		}
	}
	EXPECT_EQ(0, io_destroy(ctx));
}

TEST_HARNESS_MAIN
