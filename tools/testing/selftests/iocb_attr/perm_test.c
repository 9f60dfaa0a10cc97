// SPDX-License-Identifier: GPL-2.0
/*
 * Who may name which process, cgroup and priority. Runs as root and gives that
 * up in child processes.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "aio.h"
#include "kselftest_harness.h"

#define CGROUP	"/sys/fs/cgroup/"
#define USER	1000

FIXTURE(perm)
{
	aio_context_t ctx;
	int fd;
	void *buf;
	pid_t sleeper;
	int pidfd;
};

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

FIXTURE_SETUP(perm)
{
	self->fd = open("/dev/nullb0", O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	self->sleeper = start_sleeper();
	ASSERT_LT(0, self->sleeper);
	self->pidfd = syscall(__NR_pidfd_open, self->sleeper, 0);
	ASSERT_LE(0, self->pidfd);
	mkdir(CGROUP "perm", 0755);
	mkdir(CGROUP "perm/mine", 0755);
	mkdir(CGROUP "perm/other", 0755);
}

FIXTURE_TEARDOWN(perm)
{
	kill(self->sleeper, SIGKILL);
	waitpid(self->sleeper, NULL, 0);
	close(self->pidfd);
	close(self->fd);
	munmap(self->buf, BLOCK);
	rmdir(CGROUP "perm/mine");
	rmdir(CGROUP "perm/other");
	rmdir(CGROUP "perm");
}

/* What submitting a list with this record gives, in a context of its own. */
static int submit_record(FIXTURE_DATA(perm) * self, const void *record)
{
	uint64_t list[3];
	aio_context_t ctx = 0;
	int ret;

	list[0] = sizeof(list);
	memcpy(list + 1, record, 16);
	if (io_setup(1, &ctx))
		return -errno;
	ret = submit_list(ctx, self->fd, self->buf, list);
	io_destroy(ctx);
	return ret;
}

static int proxy_pid(FIXTURE_DATA(perm) * self, uint64_t pid)
{
	struct iocb_attr_proxy_pid r = { { 16, IOCB_ATTR_proxy_pid, 0 }, pid };

	return submit_record(self, &r);
}

static int proxy_pidfd(FIXTURE_DATA(perm) * self, int pidfd)
{
	struct iocb_attr_proxy_pidfd r = {
		{ 16, IOCB_ATTR_proxy_pidfd, 0 }, pidfd, 0
	};

	return submit_record(self, &r);
}

static int cgroup(FIXTURE_DATA(perm) * self, int fd)
{
	struct iocb_attr_cgroup r = { { 16, IOCB_ATTR_cgroup, 0 }, fd, 0 };

	return submit_record(self, &r);
}

static int ioprio(FIXTURE_DATA(perm) * self, int value)
{
	struct iocb_attr_ioprio r = {
		{ 16, IOCB_ATTR_ioprio, 0 }, value, { 0 }
	};

	return submit_record(self, &r);
}

/* Run an expression as an unprivileged user, in a child; gives its value. */
#define AS_USER(uid, expression) ({					\
	pid_t child = fork();						\
	int wstatus = 0;						\
									\
	if (!child) {							\
		if (setgid(uid) || setuid(uid))				\
			_exit(255);					\
		_exit(-(expression));					\
	}								\
	waitpid(child, &wstatus, 0);					\
	WIFEXITED(wstatus) ? -WEXITSTATUS(wstatus) : -1000;		\
})

TEST_F(perm, process)
{
	EXPECT_EQ(0, proxy_pid(self, getpid()));
	EXPECT_EQ(0, proxy_pid(self, self->sleeper));
	EXPECT_EQ(0, proxy_pidfd(self, self->pidfd));
	/* of another user */
	EXPECT_EQ(-EPERM, AS_USER(USER, proxy_pid(self, self->sleeper)));
	EXPECT_EQ(-EPERM, AS_USER(USER, proxy_pidfd(self, self->pidfd)));
	/* one may always be oneself */
	EXPECT_EQ(0, AS_USER(USER, proxy_pid(self, getpid())));
}

TEST_F(perm, no_such_process)
{
	pid_t gone = start_sleeper();
	int pidfd = syscall(__NR_pidfd_open, gone, 0);

	kill(gone, SIGKILL);
	waitpid(gone, NULL, 0);
	EXPECT_EQ(-ESRCH, proxy_pid(self, gone));
	EXPECT_EQ(-ESRCH, proxy_pidfd(self, pidfd));
	close(pidfd);
	EXPECT_EQ(-ESRCH, proxy_pid(self, 0));
	EXPECT_EQ(-ESRCH, proxy_pid(self, 1ULL << 31));
	/* no truncation to somebody who is there */
	EXPECT_EQ(-ESRCH, proxy_pid(self, (1ULL << 32) + getpid()));
	EXPECT_EQ(-ESRCH, proxy_pid(self, ~0ULL));
}

TEST_F(perm, no_such_fd)
{
	EXPECT_EQ(-EBADF, proxy_pidfd(self, -1));
	EXPECT_EQ(-EBADF, proxy_pidfd(self, 1000));
	EXPECT_EQ(-EBADF, proxy_pidfd(self, self->fd));
	EXPECT_EQ(-EBADF, cgroup(self, -1));
	EXPECT_EQ(-EBADF, cgroup(self, 1000));
	EXPECT_EQ(-EBADF, cgroup(self, self->fd));
	EXPECT_EQ(-EBADF, cgroup(self, self->pidfd));
}

TEST_F(perm, pid_namespace)
{
	pid_t child;
	int wstatus;

	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	child = fork();
	if (!child) {
		/* 1 is this process there, and the sleeper is nobody */
		if (proxy_pid(self, 1))
			_exit(1);
		_exit(proxy_pid(self, self->sleeper) == -ESRCH ? 0 : 2);
	}
	waitpid(child, &wstatus, 0);
	EXPECT_EQ(0, wstatus);
}

TEST_F(perm, priority)
{
	EXPECT_EQ(0, ioprio(self, 1 << 13 | 4));
	EXPECT_EQ(-EPERM, AS_USER(USER, ioprio(self, 1 << 13 | 4)));
	EXPECT_EQ(0, AS_USER(USER, ioprio(self, 2 << 13)));
	EXPECT_EQ(0, AS_USER(USER, ioprio(self, 3 << 13)));
}

/* Each way of opening the directory serves, a file in it does not. */
TEST_F(perm, cgroup_fd)
{
	int fd = open(CGROUP "perm/mine", O_PATH | O_CLOEXEC);

	EXPECT_EQ(0, cgroup(self, fd));
	close(fd);
	fd = open(CGROUP "perm/mine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT_EQ(0, cgroup(self, fd));
	close(fd);
	fd = open(CGROUP "perm/mine/cgroup.procs", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EBADF, cgroup(self, fd));
	close(fd);
}

TEST_F(perm, cgroup_removed)
{
	int fd;

	ASSERT_EQ(0, mkdir(CGROUP "perm/gone", 0755));
	fd = open(CGROUP "perm/gone", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, cgroup(self, fd));
	ASSERT_EQ(0, rmdir(CGROUP "perm/gone"));
	EXPECT_EQ(-ENODEV, cgroup(self, fd));
	close(fd);
}

/* Below the caller's own cgroup, write permission there is enough. */
TEST_F(perm, cgroup_below)
{
	int mine = open(CGROUP "perm/mine", O_PATH | O_CLOEXEC);

	EXPECT_EQ(-EACCES, AS_USER(USER, cgroup(self, mine)));
	ASSERT_EQ(0, chown(CGROUP "perm/mine/cgroup.procs", USER, USER));
	EXPECT_EQ(0, AS_USER(USER, cgroup(self, mine)));
	close(mine);
}

/*
 * A delegated parent with the server and its clients as siblings: the common
 * ancestor has to be writable too. Runs with this process in perm/mine.
 */
TEST_F(perm, cgroup_sibling)
{
	int other = open(CGROUP "perm/other", O_PATH | O_CLOEXEC);

	ASSERT_EQ(0, write_file(CGROUP "perm/mine/cgroup.procs", "0"));
	EXPECT_EQ(0, cgroup(self, other));
	EXPECT_EQ(-EACCES, AS_USER(USER, cgroup(self, other)));
	ASSERT_EQ(0, chown(CGROUP "perm/other/cgroup.procs", USER, USER));
	EXPECT_EQ(-EACCES, AS_USER(USER, cgroup(self, other)));
	ASSERT_EQ(0, chown(CGROUP "perm/cgroup.procs", USER, USER));
	EXPECT_EQ(0, AS_USER(USER, cgroup(self, other)));
	ASSERT_EQ(0, write_file(CGROUP "cgroup.procs", "0"));
	close(other);
}

TEST_HARNESS_MAIN
