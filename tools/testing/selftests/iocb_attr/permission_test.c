// SPDX-License-Identifier: GPL-2.0
/*
 * Permissions for the cgroup and ioprio records: each case that the checks
 * distinguish, and that permissions which a context caches apply to no other
 * credentials. Runs as root and drops privileges in children and threads.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/fsuid.h>
#include <sys/mount.h>

#include "lib/permission.h"
#include "lib/uring.h"
#include "lib/harness.h"

FIXTURE(permission)
{
	struct targets t;
};

FIXTURE_SETUP(permission)
{
	ASSERT_EQ(0, targets_make(&self->t));
}

FIXTURE_TEARDOWN(permission)
{
	EXPECT_EQ(0, targets_remove(&self->t));
}

/* All targets are below the cgroup of the caller, the root. */
TEST_F(permission, below)
{
	EXPECT_EQ(0, CHARGE(self->t.client));
	EXPECT_EQ(0, CHARGE(self->t.other));
	EXPECT_EQ(0, AS(USER, CHARGE(self->t.client)));
	EXPECT_EQ(-EACCES, AS(USER, CHARGE(self->t.other)));
	EXPECT_EQ(-EACCES, AS(STRANGER, CHARGE(self->t.client)));
	/* owning the directory, or being in its group, is not sufficient */
	ASSERT_EQ(0, cgroup_chown("tenant/client", "cgroup.procs", 0));
	EXPECT_EQ(-EACCES, AS(USER, CHARGE(self->t.client)));
	ASSERT_EQ(0, chown(CGROUP "tenant/client/cgroup.procs", 0, STRANGER));
	EXPECT_EQ(-EACCES, AS(STRANGER, CHARGE(self->t.client)));
	ASSERT_EQ(0, chmod(CGROUP "tenant/client/cgroup.procs", 0664));
	EXPECT_EQ(0, AS(STRANGER, CHARGE(self->t.client)));
	/* the mode applies to the owner, too */
	ASSERT_EQ(0, cgroup_chown("tenant/client", "cgroup.procs", USER));
	ASSERT_EQ(0, chmod(CGROUP "tenant/client/cgroup.procs", 0444));
	EXPECT_EQ(-EACCES, AS(USER, CHARGE(self->t.client)));
	ASSERT_EQ(0, chmod(CGROUP "tenant/client/cgroup.procs", 0644));
	/* CAP_DAC_OVERRIDE overrides it */
	EXPECT_EQ(0, CHILD(become(STRANGER, CAP(CAP_DAC_OVERRIDE)),
			   CHARGE(self->t.client)));
}

/* Any file descriptor of the directory is accepted, one of a file is not. */
TEST_F(permission, cgroup_fd)
{
	int fd = open(CGROUP "tenant/client",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	EXPECT_EQ(0, CHARGE(fd));
	close(fd);
	fd = open(CGROUP "tenant/client/cgroup.procs", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EBADF, CHARGE(fd));
	close(fd);
}

TEST_F(permission, no_such_fd)
{
	EXPECT_EQ(-EBADF, CHARGE(-1));
	EXPECT_EQ(-EBADF, CHARGE(1000));
	EXPECT_EQ(-EBADF, CHARGE(self->t.fd));
}

/* The cgroup of the caller itself, which has a process. */
TEST_F(permission, own)
{
	EXPECT_EQ(0, IN("tenant/server", USER, CHARGE(self->t.server)));
	EXPECT_EQ(-EACCES,
		  IN("tenant/server", STRANGER, CHARGE(self->t.server)));
	EXPECT_EQ(-EACCES, IN("other", USER, CHARGE(self->t.other)));
}

/*
 * The usual layout: a delegated parent that has controllers enabled and no
 * processes, with the server and its clients below it.
 */
TEST_F(permission, delegated)
{
	ASSERT_EQ(0, AS(USER, cgroup_write("tenant", "cgroup.subtree_control",
					   "-io")));
	ASSERT_EQ(0, AS(USER, cgroup_write("tenant", "cgroup.subtree_control",
					   "+io")));
	EXPECT_EQ(0, IN("tenant/server", USER, CHARGE(self->t.client)));
	EXPECT_EQ(0, IN("tenant/server", USER, clone_into(self->t.client)));
	EXPECT_EQ(0, IN("tenant/server", 0, CHARGE(self->t.client)));
	EXPECT_EQ(-EACCES,
		  IN("tenant/server", STRANGER, CHARGE(self->t.client)));

	/* new cgroups of the user can be charged at once */
	ASSERT_EQ(0, AS(USER, cgroup_make("tenant/client/new") < 0));
	EXPECT_EQ(0, IN("tenant/server", USER,
			CHARGE(cgroup_make("tenant/client/new"))));
	EXPECT_EQ(0, cgroup_remove("tenant/client/new"));

	/* cgroup.procs of the client is not sufficient */
	ASSERT_EQ(0, cgroup_chown("tenant", "cgroup.procs", 0));
	EXPECT_EQ(-EACCES, IN("tenant/server", USER, CHARGE(self->t.client)));
	ASSERT_EQ(0, cgroup_chown("tenant", "cgroup.procs", USER));

	/* that of the ancestor alone is not sufficient either */
	ASSERT_EQ(0, cgroup_chown("tenant/client", "cgroup.procs", 0));
	EXPECT_EQ(-EACCES, IN("tenant/server", USER, CHARGE(self->t.client)));
}

/* A cgroup elsewhere would let the server escape its limits. */
TEST_F(permission, outside_own_subtree)
{
	ASSERT_EQ(0, cgroup_chown("other", ".", USER));
	ASSERT_EQ(0, cgroup_chown("other", "cgroup.procs", USER));
	EXPECT_EQ(-EACCES, IN("tenant/server", USER, CHARGE(self->t.other)));
	EXPECT_EQ(-EACCES,
		  IN("tenant/server", USER, clone_into(self->t.other)));
	EXPECT_EQ(0, IN("tenant/server", 0, CHARGE(self->t.other)));
	EXPECT_EQ(-EACCES, IN("tenant/server", USER,
			      CHARGE(open(CGROUP, O_PATH | O_CLOEXEC))));
}

/* A container that enables controllers for its own cgroups can be charged. */
TEST_F(permission, controllers_below)
{
	int inner = cgroup_make("tenant/client/inner");
	char dev[32];

	ASSERT_LE(0, inner);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	ASSERT_EQ(0, cgroup_write("tenant/client", "cgroup.subtree_control",
				  "+io"));
	EXPECT_EQ(-EBUSY,
		  IN("tenant/server", USER, clone_into(self->t.client)));
	EXPECT_EQ(0, IN("tenant/server", USER, CHARGE(self->t.client)));
	EXPECT_EQ(BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	EXPECT_EQ(ATTR_BIT(cgroup), fresh_mask(&self->t, IOCB_ATTR_cgroup,
					       self->t.client));
	EXPECT_EQ(0, IN("tenant/server", USER, CHARGE(self->t.parent)));
	EXPECT_EQ(0, IN("other", 0, CHARGE(self->t.client)));
	EXPECT_EQ(0, IN("other", 0, CHARGE(self->t.parent)));
	EXPECT_EQ(0, IN("other", 0, CHARGE(inner)));
	/* permissions are checked as for other cgroups */
	EXPECT_EQ(-EACCES,
		  IN("tenant/server", STRANGER, CHARGE(self->t.client)));
	EXPECT_EQ(-EACCES, IN("other", USER, CHARGE(self->t.client)));
	close(inner);
	EXPECT_EQ(0, cgroup_remove("tenant/client/inner"));
}

/* I/O for a threaded cgroup, or an invalid one, is charged to its domain. */
TEST_F(permission, threaded)
{
	int threaded = cgroup_make("tenant/client/threaded");
	int invalid = cgroup_make("tenant/client/invalid");
	char dev[32];

	ASSERT_LE(0, threaded);
	ASSERT_LE(0, invalid);
	ASSERT_EQ(0, device_number(FILE_DIRECT, dev, sizeof(dev)));
	ASSERT_EQ(0, cgroup_write("tenant/client/threaded", "cgroup.type",
				  "threaded"));
	ASSERT_EQ(0, cgroup_chown("tenant/client/threaded", "cgroup.procs",
				  USER));
	ASSERT_EQ(0, cgroup_chown("tenant/client/invalid", "cgroup.procs",
				  USER));
	EXPECT_EQ(0, IN("tenant/server", USER, CHARGE(threaded)));
	EXPECT_EQ(BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	/* no process can be in this one */
	EXPECT_EQ(-EOPNOTSUPP, IN("tenant/server", USER, clone_into(invalid)));
	EXPECT_EQ(0, IN("tenant/server", USER, CHARGE(invalid)));
	EXPECT_EQ(2 * BLOCK, cgroup_io("tenant/client", dev, "rbytes"));
	/* the charged cgroup is not the named one */
	EXPECT_EQ(0, fresh_mask(&self->t, IOCB_ATTR_cgroup, threaded));
	EXPECT_EQ(0, fresh_mask(&self->t, IOCB_ATTR_cgroup, invalid));

	close(threaded);
	close(invalid);
	EXPECT_EQ(0, cgroup_remove("tenant/client/threaded"));
	EXPECT_EQ(0, cgroup_remove("tenant/client/invalid"));
}

/* cgroup.procs cannot be written if cgroup2 is mounted read-only. */
TEST_F(permission, read_only)
{
	int below, beside;

	ASSERT_EQ(0, mount("none", CGROUP, "cgroup2", MS_REMOUNT | MS_RDONLY,
			   ""));
	below = CHARGE(self->t.client);
	EXPECT_EQ(0, mount("none", CGROUP, "cgroup2", MS_REMOUNT, ""));
	EXPECT_EQ(-EROFS, below);
	beside = CHILD(cgroup_enter("tenant/server") ||
		       mount("none", CGROUP, "cgroup2", MS_REMOUNT | MS_RDONLY,
			     ""), CHARGE(self->t.client));
	EXPECT_EQ(0, mount("none", CGROUP, "cgroup2", MS_REMOUNT, ""));
	EXPECT_EQ(-EROFS, beside);
}

/*
 * The rule for targets that are not below the caller is that of clone3(2),
 * except for errors about the placement of processes.
 */
TEST_F(permission, as_clone3)
{
	static const int uids[] = { 0, USER, STRANGER };
	static const char * const from[] = { "tenant/server", "other" };
	int to[] = {
		self->t.parent, self->t.server, self->t.client, self->t.other
	};
	int u, f, t, charged, cloned;

	for (f = 0; f < 2; f++) {
		for (u = 0; u < 3; u++) {
			for (t = 0; t < 4; t++) {
				charged = IN(from[f], uids[u], CHARGE(to[t]));
				cloned = IN(from[f], uids[u],
					    clone_into(to[t]));
				/* no ancestor is checked for its own cgroup */
				if (to[t] == (f ? self->t.other :
					      self->t.server) &&
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
	CHILD(cgroup_enter("tenant/server") || unshare(CLONE_NEWCGROUP) ||	\
	      become(uid, 0), expression)

/* A cgroup namespace is not a boundary without nsdelegate. */
TEST_F(permission, cgroup_namespace)
{
	int below;

	below = cgroup_make("tenant/server/below");
	ASSERT_LE(0, below);
	EXPECT_EQ(0, IN_NS(0, CHARGE(self->t.client)));
	EXPECT_EQ(0, IN_NS(USER, CHARGE(self->t.client)));
	EXPECT_EQ(0, IN_NS(0, CHARGE(below)));
	EXPECT_EQ(-EACCES, IN_NS(USER, CHARGE(self->t.other)));
	EXPECT_EQ(-EACCES, IN_NS(STRANGER, CHARGE(self->t.client)));
	EXPECT_EQ(-EACCES, IN_NS(USER, CHARGE(below)));
	close(below);
	EXPECT_EQ(0, cgroup_remove("tenant/server/below"));
}

TEST_F(permission, nsdelegate)
{
	int below, outside[4];

	below = cgroup_make("tenant/server/below");
	ASSERT_LE(0, below);
	ASSERT_EQ(0, cgroup_chown("tenant/server/below", "cgroup.procs", USER));
	ASSERT_EQ(0, remount("nsdelegate"));
	outside[0] = IN_NS(0, CHARGE(self->t.client));
	outside[1] = IN_NS(USER, CHARGE(self->t.client));
	outside[2] = IN_NS(0, CHARGE(self->t.other));
	outside[3] = IN_NS(USER, CHARGE(self->t.parent));
	EXPECT_EQ(0, IN_NS(0, CHARGE(below)));
	EXPECT_EQ(0, IN_NS(USER, CHARGE(below)));
	/* does not apply without a namespace */
	EXPECT_EQ(0, IN("tenant/server", USER, CHARGE(self->t.client)));
	EXPECT_EQ(0, remount(""));
	EXPECT_EQ(-EPERM, outside[0]);
	EXPECT_EQ(-EPERM, outside[1]);
	EXPECT_EQ(-EPERM, outside[2]);
	EXPECT_EQ(-EPERM, outside[3]);
	close(below);
	EXPECT_EQ(0, cgroup_remove("tenant/server/below"));
}

TEST_F(permission, user_namespace)
{
	EXPECT_EQ(0, CHILD(userns_root(), CHARGE(self->t.client)));
	EXPECT_EQ(-EACCES, CHILD(userns_root(), CHARGE(self->t.other)));
	EXPECT_EQ(-EPERM, CHILD(userns_root(), IOPRIO(RT | 4)));
	EXPECT_EQ(0, CHILD(userns_root(), IOPRIO(BE)));
}

TEST_F(permission, ioprio)
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

/* A real-time thread has that class by default and may request it. */
TEST_F(permission, ioprio_realtime_thread)
{
#define FIFO(expression)						\
	CHILD(set_fifo() || become(USER, 0), expression)
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

#define AGAIN(cgroup)							\
	read_for(ctx, self->t.fd, self->t.buf, IOCB_ATTR_cgroup, cgroup)

TEST_F(permission, fd_reused)
{
	CONTEXT({
		STEP(0, become(USER, 0));
		STEP(0, AGAIN(self->t.client));
		STEP(self->t.client, dup2(self->t.other, self->t.client));
		STEP(-EACCES, AGAIN(self->t.client));
		STEP(0, close(self->t.client));
		STEP(-EBADF, AGAIN(self->t.client));
		STEP(self->t.client, dup2(self->t.server, self->t.client));
		STEP(0, AGAIN(self->t.client));
	});
}

TEST_F(permission, credentials_changed)
{
	CONTEXT({
		STEP(0, AGAIN(self->t.other));
		STEP(0, AGAIN(self->t.client));
		STEP(0, swap_euid(USER));
		STEP(-EACCES, AGAIN(self->t.other));
		STEP(0, AGAIN(self->t.client));
		STEP(0, swap_euid(0));
		STEP(0, AGAIN(self->t.other));
		STEP(0, swap_euid(STRANGER));
		STEP(-EACCES, AGAIN(self->t.other));
		STEP(-EACCES, AGAIN(self->t.client));
		STEP(0, swap_euid(0));
		STEP(0, become(USER, 0));
		STEP(-EACCES, AGAIN(self->t.other));
		STEP(0, AGAIN(self->t.client));
	});
	/* the permission for a priority is not cached */
	CONTEXT({
		STEP(0, read_for(ctx, self->t.fd, self->t.buf, IOCB_ATTR_ioprio,
				 RT));
		STEP(0, become(USER, 0));
		STEP(-EPERM, read_for(ctx, self->t.fd, self->t.buf,
				      IOCB_ATTR_ioprio, RT));
	});
}

/* Same uid, fewer capabilities. */
TEST_F(permission, capability_dropped)
{
	CONTEXT({
		STEP(0, become(STRANGER, CAP(CAP_DAC_OVERRIDE)));
		STEP(0, AGAIN(self->t.other));
		STEP(0, set_caps(0));
		STEP(-EACCES, AGAIN(self->t.other));
	});
}

TEST_F(permission, submitter_migrated)
{
	/* the client is below the root cgroup, but not below "other" */
	CONTEXT({
		int procs = open(CGROUP "other/cgroup.procs", O_WRONLY);

		STEP(0, become(USER, 0));
		STEP(0, AGAIN(self->t.client));
		/* opened by root, whose credentials apply */
		STEP(1, write(procs, "0", 1));
		STEP(-EACCES, AGAIN(self->t.client));
	});
	/* moved back, it has the permission again */
	CONTEXT({
		int there = open(CGROUP "other/cgroup.procs", O_WRONLY);
		int back = open(CGROUP "cgroup.procs", O_WRONLY);

		STEP(0, become(USER, 0));
		STEP(1, write(there, "0", 1));
		STEP(-EACCES, AGAIN(self->t.client));
		STEP(1, write(back, "0", 1));
		STEP(0, AGAIN(self->t.client));
		STEP(1, write(there, "0", 1));
		STEP(-EACCES, AGAIN(self->t.client));
	});
}

TEST_F(permission, namespace_changed)
{
	ASSERT_EQ(0, remount("nsdelegate"));
	CONTEXT({
		STEP(0, cgroup_enter("tenant/server"));
		STEP(0, AGAIN(self->t.client));
		STEP(0, unshare(CLONE_NEWCGROUP));
		STEP(true, AGAIN(self->t.client) < 0);
		STEP(0, AGAIN(self->t.server));
	});
	ASSERT_EQ(0, remount(""));
}

/* As for open files, a later change of the mode does not revoke access. */
TEST_F(permission, mode_changed)
{
	CONTEXT({
		STEP(0, swap_euid(USER));
		STEP(0, AGAIN(self->t.client));
		STEP(0, swap_euid(0));
		STEP(0, cgroup_chown("tenant/client", "cgroup.procs", 0));
		STEP(0, swap_euid(STRANGER));
		STEP(-EACCES, AGAIN(self->t.client));
		STEP(0, swap_euid(0));
		STEP(0, swap_euid(USER));
		STEP(-EACCES, CHARGE(self->t.client));
	});
	ASSERT_EQ(0, cgroup_chown("tenant/client", "cgroup.procs", USER));
	/* a new set needs the permission again */
	if (through_sets())
		return;
	CONTEXT({
		STEP(0, become(USER, 0));
		STEP(0, AGAIN(self->t.client));
		STEP(0, chmod(CGROUP "tenant/client/cgroup.procs", 0444));
		STEP(0, AGAIN(self->t.client));
		STEP(-EACCES, CHARGE(self->t.client));
		STEP(0, chmod(CGROUP "tenant/client/cgroup.procs", 0644));
	});
}

/* A container starts and enables controllers for its own cgroups. */
TEST_F(permission, controllers_enabled)
{
	CONTEXT({
		STEP(0, cgroup_enter("other"));
		STEP(0, AGAIN(self->t.client));
		STEP(0, cgroup_make("tenant/client/inner") < 0);
		STEP(0, cgroup_write("tenant/client", "cgroup.subtree_control",
				     "+io"));
		STEP(0, AGAIN(self->t.client));
		STEP(0, cgroup_enter("tenant/server"));
		STEP(0, AGAIN(self->t.client));
	});
	EXPECT_EQ(0, cgroup_remove("tenant/client/inner"));
}

/* The number of struct cred objects, or -1. */
static long creds(void)
{
	FILE *file;
	char line[256];
	long nr = -1;

	/* free those in the quarantine of KASAN */
	write_file("/sys/kernel/slab/cred/shrink", "1");
	file = fopen("/proc/slabinfo", "r");
	if (!file)
		return -1;
	while (nr < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "cred %ld", &nr) != 1)
			nr = -1;
	}
	fclose(file);
	return nr;
}

/*
 * File servers call setfsuid(2) for each request, which allocates new
 * credentials. A context holds those of one grant per cgroup.
 */
TEST_F_TIMEOUT(permission, fsuid_changes, 120)
{
	long before = creds(), last;
	aio_context_t ctx = 0;
	int i;

	if (before < 0)
		SKIP(return, "no /proc/slabinfo");
	/* those of earlier tests are freed after a grace period */
	do {
		last = before;
		sleep_ms(500);
		before = creds();
	} while (before < last);
	ASSERT_EQ(0, io_setup(64, &ctx));
	for (i = 0; i < 1500; i++) {
		setfsuid(i % 4 ? USER : 0);
		ASSERT_EQ(0, AGAIN(self->t.client));
		setfsuid(0);
	}
	for (i = 0; i < 50 && creds() > before + 1000; i++)
		sleep_ms(100);
	EXPECT_GE(before + 1000, creds());
	EXPECT_EQ(0, io_destroy(ctx));
}

struct holder {
	bool stop;
};

/* Keep cgroup_mutex contended. */
static void *hold(void *arg)
{
	struct holder *h = arg;

	while (!__atomic_load_n(&h->stop, __ATOMIC_RELAXED)) {
		cgroup_write("tenant", "cgroup.subtree_control", "-io");
		cgroup_write("tenant", "cgroup.subtree_control", "+io");
	}
	return NULL;
}

/*
 * NOWAIT I/O completes with EAGAIN instead of waiting for cgroup_mutex. The
 * fsuid changes each time, so that no cached permission applies.
 */
TEST_F_TIMEOUT(permission, nowait, 900)
{
	struct attr_list l = optional(IOCB_ATTR_cgroup, self->t.client);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->t.fd, self->t.buf,
				    BLOCK, 0, &l);
	struct holder h = { false };
	aio_context_t ctx = 0;
	struct io_event event;
	int i, ret, waits = 0;
	pthread_t thread;

	if (through_sets())
		SKIP(return, "not through sets: making one may wait");
	l.list.flags = 0;
	iocb.aio_rw_flags = 1 << 3;	/* RWF_NOWAIT */
	ASSERT_EQ(0, io_setup(64, &ctx));
	ASSERT_EQ(0, pthread_create(&thread, NULL, hold, &h));
	for (i = 0; i < 20000 && !waits; i++) {
		setfsuid(i & 1 ? USER : 0);
		/* an event, and not an error of io_submit(2) */
		ret = aio_run(ctx, &iocb, &event);
		if (ret)
			break;
		ret = event.res;
		if (ret == -EAGAIN)
			waits++;
		else if (ret != BLOCK)
			break;
	}
	setfsuid(0);
	__atomic_store_n(&h.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_TRUE(ret == BLOCK || ret == -EAGAIN) {
		TH_LOG("%d", ret);
	}
	EXPECT_LT(0, waits);
	/* a cached permission needs no lock */
	EXPECT_EQ(0, aio_run(ctx, &iocb, &event));
	EXPECT_EQ(0, io_destroy(ctx));
}

/* A new cgroup with the same name is another cgroup. */
TEST_F(permission, target_removed)
{
	CONTEXT({
		int fd = cgroup_make("tenant/gone");

		STEP(0, fd < 0);
		STEP(0, AGAIN(fd));
		STEP(0, cgroup_remove("tenant/gone"));
		STEP(-ENODEV, AGAIN(fd));
		STEP(0, cgroup_make("tenant/gone") < 0);
		STEP(-ENODEV, AGAIN(fd));
		STEP(0, become(USER, 0));
		STEP(-ENODEV, AGAIN(fd));
		STEP(-EACCES, AGAIN(open(CGROUP "tenant/gone", O_PATH)));
	});
	EXPECT_EQ(0, cgroup_remove("tenant/gone"));
}

struct reader {
	FIXTURE_DATA(permission) * self;
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
	int nr = getenv("LONG") ? 2000 : 500;
	int i, ret;

	r->first = become(r->uid, 0);
	if (r->first)
		return NULL;
	for (i = 0; i < nr; i++) {
		ret = read_for(r->ctx, r->self->t.fd, r->self->t.buf,
			       IOCB_ATTR_cgroup, r->target);
		if (ret != r->expected) {
			r->first = ret;
			r->wrong++;
		}
	}
	return NULL;
}

/* One thread after the other. */
TEST_F(permission, thread_other_credentials)
{
	struct reader r = {
		.self = self, .uid = USER, .target = self->t.other,
		.expected = -EACCES,
	};
	pthread_t thread;

	ASSERT_EQ(0, io_setup(64, &r.ctx));
	EXPECT_EQ(0, read_for(r.ctx, self->t.fd, self->t.buf, IOCB_ATTR_cgroup,
			      self->t.other));
	ASSERT_EQ(0, pthread_create(&thread, NULL, reads, &r));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.wrong) {
		TH_LOG("%d", r.first);
	}
	EXPECT_EQ(0, read_for(r.ctx, self->t.fd, self->t.buf, IOCB_ATTR_cgroup,
			      self->t.other));
	EXPECT_EQ(0, io_destroy(r.ctx));
}

/* Concurrent threads keep replacing the cached permissions. */
TEST_F(permission, concurrent_threads)
{
	struct reader r[3] = {
		{ .uid = 0, .target = self->t.other, .expected = 0 },
		{ .uid = USER, .target = self->t.other, .expected = -EACCES },
		{ .uid = STRANGER, .target = self->t.client,
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

static int change_fsuid(int i)
{
	setfsuid(i & 1 ? USER : 0);
	return 0;
}

static int change_cgroup(int i)
{
	return cgroup_enter(i & 1 ? "other" : ".");
}

/*
 * The same as nowait, by io_uring: submit reads until one completes with
 * EAGAIN. change() is called before each read, to invalidate cached permissions.
 */
static void uring_eagain(struct __test_metadata *_metadata,
			 FIXTURE_DATA(permission) * self, int setup_flags,
			 int rw_flags, int (*change)(int i))
{
	struct attr_list l = optional(IOCB_ATTR_cgroup, self->t.client);
	struct io_uring_sqe sqe = uring_prep(IORING_OP_READ, self->t.fd,
					     self->t.buf, BLOCK, 0, &l);
	struct holder h = { false };
	pthread_t thread;
	struct uring ring;
	int i, ret = BLOCK;

	if (through_sets())
		SKIP(return, "not through sets: making one may wait");
	l.list.flags = 0;
	sqe.rw_flags = rw_flags;
	ASSERT_EQ(0, uring_open(&ring, 1, setup_flags));
	ASSERT_EQ(0, pthread_create(&thread, NULL, hold, &h));
	for (i = 0; i < 200000 && ret == BLOCK; i++)
		ret = change(i) ?: uring_run(&ring, &sqe);
	__atomic_store_n(&h.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(-EAGAIN, ret);
	uring_exit(&ring);
}

TEST_F_TIMEOUT(permission, uring_nowait, 900)
{
	uring_eagain(_metadata, self, 0, 1 << 3 /* RWF_NOWAIT */, change_fsuid);
	setfsuid(0);
}

/* The SQPOLL thread does not wait for cgroup_mutex either. */
TEST_F_TIMEOUT(permission, sqpoll_nowait, 900)
{
	uring_eagain(_metadata, self, IORING_SETUP_SQPOLL, 0, change_cgroup);
}

TEST_HARNESS_MAIN
