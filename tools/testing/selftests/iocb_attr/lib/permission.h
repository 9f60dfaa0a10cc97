/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers for tests of permissions: cgroups of several users, and reads by
 * children with other credentials.
 */
#ifndef _IOCB_ATTR_PERMISSION_H
#define _IOCB_ATTR_PERMISSION_H

#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "aio.h"
#include "identity.h"

#define STRANGER	1001

#define CAP(name)	(1U << (name))

/* missing in linux/pidfd.h of old headers */
#ifndef PIDFD_SELF_THREAD
#define PIDFD_SELF_THREAD	-10000
#define PIDFD_SELF_THREAD_GROUP	-10001
#endif

/* The cgroup "tenant" is delegated to USER, with those below it. */
struct targets {
	int fd;
	void *buf;
	int parent;		/* tenant */
	int server;		/* tenant/server */
	int client;		/* tenant/client */
	int other;		/* other */
};

static const char * const targets[] = {
	"tenant", "tenant/server", "tenant/client", "other"
};

static inline int targets_delegate(const char *cgroup)
{
	return cgroup_chown(cgroup, ".", USER) ?:
	       cgroup_chown(cgroup, "cgroup.procs", USER) ?:
	       cgroup_chown(cgroup, "cgroup.subtree_control", USER);
}

/* Returns 0 or a negative errno. */
static inline int targets_make(struct targets *t)
{
	int i, ret;

	t->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	t->buf = block_alloc(BLOCK);
	if (!t->buf)
		return -ENOMEM;
	t->parent = cgroup_make("tenant");
	ret = cgroup_write("tenant", "cgroup.subtree_control", "+io");
	if (ret)
		return ret;
	t->server = cgroup_make("tenant/server");
	t->client = cgroup_make("tenant/client");
	t->other = cgroup_make("other");
	if (t->parent < 0 || t->server < 0 || t->client < 0 || t->other < 0)
		return -EBADF;
	for (i = 0; i < 3 && !ret; i++)
		ret = targets_delegate(targets[i]);
	return ret;
}

/* Returns 0 or a negative errno. */
static inline int targets_remove(struct targets *t)
{
	int i, ret = write_file(CGROUP "cgroup.procs", "0");

	for (i = 3; i >= 0; i--)
		ret = cgroup_remove(targets[i]) ?: ret;
	munmap(t->buf, BLOCK);
	close(t->fd);
	return ret;
}

static inline int set_caps(uint32_t caps)
{
	struct __user_cap_header_struct header = {
		_LINUX_CAPABILITY_VERSION_3, 0
	};
	struct __user_cap_data_struct data[2] = { { caps, caps, 0 } };

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/*
 * Let the calling thread be another user, with @caps and no other capability.
 * User 0 changes nothing.
 */
static inline int become(int uid, uint32_t caps)
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

/* Switch the effective uid; root can be restored. */
static inline int swap_euid(int uid)
{
	return syscall(SYS_setresuid, -1, uid, -1) ? -errno : 0;
}

static inline int set_ioprio(int ioprio)
{
	return syscall(SYS_ioprio_set, 1, 0, ioprio) ? -errno : 0;
}

static inline int set_fifo(void)
{
	struct sched_param param = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &param) ? -errno : 0;
}

/* Start an idle child. Returns its pid or -1. */
static inline pid_t sleeper(int uid, const char *cgroup, int ioprio,
			    bool dumpable)
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

static inline void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Read with a list in a new context, which has no cached permissions. */
static inline int fresh_list(const struct targets *t, struct attr_list l)
{
	aio_context_t ctx = 0;
	int ret;

	if (io_setup(1, &ctx))
		return 1;	/* not an error of io_submit(2) */
	ret = submit_list(ctx, t->fd, t->buf, &l);
	io_destroy(ctx);
	return ret;
}

/* A list whose record is not required, to test only the permission. */
static inline struct attr_list optional(uint16_t id, uint64_t value)
{
	struct attr_list l = list_one(id, value);

	l.r[0].attr.flags = 0;
	return l;
}

static inline int fresh(const struct targets *t, uint16_t id, uint64_t value)
{
	return fresh_list(t, optional(id, value));
}

/* The mask that the completion reports, or a negative errno. */
static inline int fresh_mask(const struct targets *t, uint16_t id,
			     uint64_t value)
{
	struct attr_list l = optional(id, value);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, t->fd, t->buf, BLOCK, 0,
				    &l);
	aio_context_t ctx = 0;
	struct io_event event;
	int ret;

	if (io_setup(1, &ctx))
		return -1000;
	ret = aio_run(ctx, &iocb, &event);
	io_destroy(ctx);
	return ret ?: event.res != BLOCK ? -1001 : event.res2;
}

/* Try clone3() into a cgroup. Returns 0 or a negative errno. */
static inline int clone_into(int fd)
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

#define CHARGE(cgroup)	fresh(&self->t, IOCB_ATTR_cgroup, cgroup)
#define IOPRIO(ioprio)	fresh(&self->t, IOCB_ATTR_ioprio, ioprio)
#define PROXY(pid)	fresh(&self->t, IOCB_ATTR_proxy_pid, pid)
#define PROXY_FD(pidfd)	fresh(&self->t, IOCB_ATTR_proxy_pidfd, pidfd)

/* The value of an expression in a child, after a preparation that returns 0. */
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

/* Become root of a user namespace of USER. */
static inline int userns_root(void)
{
	char map[32];

	if (become(USER, 0) || unshare(CLONE_NEWUSER))
		return -1;
	prctl(PR_SET_DUMPABLE, 1);
	snprintf(map, sizeof(map), "0 %d 1", USER);
	return write_file("/proc/self/uid_map", map) || geteuid();
}

/*
 * A context that caches permissions. CONTEXT() runs its steps in a child, which
 * exits at the first step that fails.
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

#endif /* _IOCB_ATTR_PERMISSION_H */
