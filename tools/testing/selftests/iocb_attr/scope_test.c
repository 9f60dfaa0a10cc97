// SPDX-License-Identifier: GPL-2.0
/*
 * The attribute set of a thread: PR_SET_IOCB_ATTR, PR_GET_IOCB_ATTR,
 * /proc/PID/task/TID/iocb_attr, and who inherits it. The tests run themselves as
 * another program: see child_program().
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "lib/permission.h"
#include "lib/scope.h"
#include "lib/harness.h"

#define PROGRAM		"SCOPE_TEST_PROGRAM"
#define COPY		"/tmp/scope_program"
#define SIZE		(1024 * 1024)

/* exit statuses of the program */
enum { HAS_NONE = 20, HAS_SET };

static void __attribute__((constructor)) child_program(void)
{
	if (getenv(PROGRAM))
		_exit(scope_has() ? HAS_SET : HAS_NONE);
}

/* The exit status of a program. */
static int run(const char *path)
{
	static char * const env[] = { PROGRAM "=1", NULL };
	char * const argv[] = { (char *)path, NULL };
	pid_t pid = fork();

	if (!pid) {
		execve(path, argv, env);
		_exit(127);
	}
	return -wait_child(pid);
}

static int copy_program(int uid, int mode)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "cp /proc/%d/exe " COPY, getpid());
	if (system(cmd) || chown(COPY, uid, uid) || chmod(COPY, mode))
		return -EIO;
	return 0;
}

FIXTURE(scope)
{
	struct scope_cgroups c;
	char *buf;
	int fd;
};

FIXTURE_SETUP(scope)
{
	ASSERT_EQ(0, scope_cgroups_make(&self->c));
	ASSERT_EQ(0, scope_disk(&self->c, NULL, NULL));
	self->fd = open("/dev/" SCOPE_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(SIZE);
	ASSERT_NE(NULL, self->buf);
}

FIXTURE_TEARDOWN(scope)
{
	close(self->fd);
	unlink(COPY);
	EXPECT_EQ(0, scope_cgroups_remove(&self->c));
	EXPECT_EQ(0, scope_disk_remove());
}

#define BYTES(cgroup)	scope_bytes(&self->c, cgroup, "rbytes")

/* The number of bytes that a cgroup is charged for a direct read, or -1. */
static long long charged(const struct scope_cgroups *c, const char *cgroup,
			 int fd, char *buf)
{
	long long before = scope_bytes(c, cgroup, "rbytes");

	if (pread(fd, buf, BLOCK, 0) != BLOCK)
		return -1;
	return scope_bytes(c, cgroup, "rbytes") - before;
}

#define CHARGED(cgroup)	charged(&self->c, cgroup, self->fd, self->buf)

TEST_F(scope, arguments)
{
	const struct {
		unsigned long set;
		unsigned long args[3];
		int error;
	} bad[] = {
		{ self->c.set, { 2 }, EINVAL },
		{ self->c.set, { ~0UL }, EINVAL },
		{ self->c.set, { 0, 1 }, EINVAL },
		{ self->c.set, { 0, 0, 1 }, EINVAL },
		{ -1, { 0, 0, 1 }, EINVAL },
		/* arguments are checked before the file descriptor */
		{ 12345, { 2 }, EINVAL },
		{ 12345, { 0 }, EBADF },
		{ -2, { 0 }, EBADF },
		{ self->fd, { 0 }, EBADF },
		{ self->c.client, { 0 }, EBADF },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		errno = 0;
		EXPECT_EQ(-1, prctl(PR_SET_IOCB_ATTR, bad[i].set,
				    bad[i].args[0], bad[i].args[1],
				    bad[i].args[2]));
		EXPECT_EQ(bad[i].error, errno) {
			TH_LOG("case %d", i);
		}
	}
	EXPECT_EQ(-ENOENT, scope_get());
	for (i = 0; i < 4; i++) {
		errno = 0;
		EXPECT_EQ(-1, prctl(PR_GET_IOCB_ATTR, i == 0, i == 1, i == 2,
				    i == 3));
		EXPECT_EQ(EINVAL, errno);
	}
	/* the high half of a 32-bit program's -1 may be anything */
	EXPECT_EQ(0, prctl(PR_SET_IOCB_ATTR, 0xffffffffUL, 0, 0, 0));
	EXPECT_EQ(0, scope_set(-1, PR_IOCB_ATTR_THREAD));
}

TEST_F(scope, new_descriptor)
{
	char text[4096], own[4096];
	int set;

	EXPECT_EQ(-ENOENT, scope_get());
	EXPECT_EQ(0, scope_set(self->c.set, 0));
	close(STDIN_FILENO);
	set = scope_get();
	EXPECT_LT(0, set);
	EXPECT_NE(self->c.set, set);
	EXPECT_EQ(FD_CLOEXEC, fcntl(set, F_GETFD));
	strcpy(own, set_info(self->c.set, "iocb_attr"));
	EXPECT_STREQ(own, set_info(set, "iocb_attr"));
	close(set);
	EXPECT_LT(0, read_file("/proc/thread-self/iocb_attr", text,
			       sizeof(text)));
	EXPECT_EQ(0, strncmp("iocb_attr: ", text, 11));
	EXPECT_EQ(0, strncmp(own, text + 11, strlen(own)));
	EXPECT_EQ(0, scope_set(-1, 0));
	EXPECT_EQ(-ENOENT, scope_get());
	EXPECT_EQ(0, read_file("/proc/thread-self/iocb_attr", text,
			       sizeof(text)));
}

/* The set stays when its file descriptor has been closed. */
TEST_F(scope, closed)
{
	int set = dup(self->c.set);

	EXPECT_EQ(0, scope_set(set, 0));
	close(set);
	close(self->c.set);
	EXPECT_EQ(BLOCK, CHARGED("client"));
	self->c.set = scope_get();
	EXPECT_LT(0, self->c.set);
}

TEST_F(scope, replaced)
{
	int i, empty = set_make_empty();

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, scope_set(self->c.set, 0));
		EXPECT_EQ(BLOCK, CHARGED("client"));
		EXPECT_EQ(0, scope_set(empty, 0));
		EXPECT_EQ(BLOCK, CHARGED("server"));
		EXPECT_EQ(0, scope_set(-1, 0));
		EXPECT_EQ(BLOCK, CHARGED("server"));
	}
	close(empty);
}

/* There is no error for the I/O, so nothing can be required. */
TEST_F(scope, required)
{
	struct attr_list l = list_one(IOCB_ATTR_cache, IOCB_CACHE_BYPASS);
	int set = set_make(&l, 0);

	ASSERT_LE(0, set);
	EXPECT_EQ(-EINVAL, scope_set(set, 0));
	close(set);
	set = set_of(l, IOCB_ATTR_LIST_REPORT);
	EXPECT_EQ(0, scope_set(set, 0));
	EXPECT_EQ(BLOCK, CHARGED("server"));
	close(set);
}

static void *thread_has(void *arg)
{
	*(bool *)arg = scope_has();
	return NULL;
}

static bool inherited_by_thread(void)
{
	pthread_t thread;
	bool has;

	if (pthread_create(&thread, NULL, thread_has, &has))
		return false;
	pthread_join(thread, NULL);
	return has;
}

static bool inherited_by_child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(scope_has());
	return wait_child(pid) == -1;
}

TEST_F(scope, inherited)
{
	EXPECT_FALSE(inherited_by_thread());
	EXPECT_FALSE(inherited_by_child());
	EXPECT_EQ(HAS_NONE, run("/proc/self/exe"));

	EXPECT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_TRUE(inherited_by_thread());
	EXPECT_TRUE(inherited_by_child());
	EXPECT_EQ(HAS_SET, run("/proc/self/exe"));

	EXPECT_EQ(0, scope_set(self->c.set, PR_IOCB_ATTR_THREAD));
	EXPECT_TRUE(scope_has());
	EXPECT_FALSE(inherited_by_thread());
	EXPECT_FALSE(inherited_by_child());
	EXPECT_EQ(HAS_NONE, run("/proc/self/exe"));
	EXPECT_EQ(BLOCK, CHARGED("client"));
}

/* PR_IOCB_ATTR_THREAD in the process that calls execve(2) itself. */
TEST_F(scope, thread_over_exec)
{
	static char * const argv[] = { "scope_test", NULL };
	static char * const env[] = { PROGRAM "=1", NULL };
	pid_t pid = fork();

	if (!pid) {
		scope_set(self->c.set, PR_IOCB_ATTR_THREAD);
		execve("/proc/self/exe", argv, env);
		_exit(127);
	}
	EXPECT_EQ(-HAS_NONE, wait_child(pid));
}

TEST_F(scope, privileged_exec)
{
	EXPECT_EQ(0, copy_program(0, 04755));
	EXPECT_EQ(0, scope_set(self->c.set, 0));
	/* root gains nothing */
	EXPECT_EQ(HAS_SET, run(COPY));
	EXPECT_EQ(0, copy_program(USER, 04755));
	EXPECT_EQ(HAS_NONE, run(COPY));
	EXPECT_EQ(0, copy_program(USER, 0755));
	EXPECT_EQ(HAS_SET, run(COPY));
	EXPECT_TRUE(scope_has());
}

/* It is kept like a file descriptor. */
TEST_F(scope, setuid)
{
	EXPECT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(0, swap_euid(USER));
	EXPECT_EQ(BLOCK, CHARGED("client"));
	EXPECT_EQ(0, swap_euid(0));
}

/* The target is removed and made again. */
TEST_F(scope, target_removed)
{
	EXPECT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(BLOCK, CHARGED("client"));
	EXPECT_EQ(0, cgroup_remove("scope/client"));
	EXPECT_EQ(BLOCK, CHARGED("server"));
	EXPECT_EQ(HAS_SET, run("/proc/self/exe"));
	EXPECT_NE(NULL, strstr(set_info(self->c.set, "iocb_attr"),
			       "(deleted)"));
	close(cgroup_make("scope/client"));
	EXPECT_EQ(BLOCK, CHARGED("server"));
	EXPECT_EQ(0, CHARGED("client"));
}

/* The set serves the cgroup of its maker. */
TEST_F(scope, moved)
{
	close(cgroup_make("scope/other"));
	EXPECT_EQ(0, scope_set(self->c.set, 0));
	EXPECT_EQ(0, cgroup_enter("scope/other"));
	EXPECT_EQ(BLOCK, CHARGED("other"));
	EXPECT_EQ(0, CHARGED("client"));
	EXPECT_EQ(0, cgroup_enter("scope/server"));
	EXPECT_EQ(BLOCK, CHARGED("client"));
	EXPECT_EQ(0, cgroup_remove("scope/other"));
}

struct tid {
	int tid;
	int set;
	pthread_barrier_t barrier;
};

static void *scoped_thread(void *arg)
{
	struct tid *t = arg;

	t->tid = gettid();
	scope_set(t->set, PR_IOCB_ATTR_THREAD);
	pthread_barrier_wait(&t->barrier);
	pthread_barrier_wait(&t->barrier);
	return NULL;
}

static int read_proc(int tid, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/iocb_attr", tid);
	return read_file(path, text, size);
}

TEST_F(scope, proc)
{
	struct tid t = { .set = self->c.set };
	pthread_t thread;
	char text[4096];
	pid_t pid;

	pthread_barrier_init(&t.barrier, NULL, 2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, scoped_thread, &t));
	pthread_barrier_wait(&t.barrier);
	EXPECT_LT(0, read_proc(t.tid, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "cgroup=/scope/client ioprio=be:6"));
	EXPECT_EQ(0, read_proc(getpid(), text, sizeof(text)));
	pid = fork();
	if (!pid) {
		snprintf(text, sizeof(text), "/proc/%d/task/%d/iocb_attr",
			 getppid(), t.tid);
		if (become(USER, 0))
			_exit(1);
		_exit(-read_file(text, text, sizeof(text)));
	}
	EXPECT_EQ(-EACCES, wait_child(pid));
	pthread_barrier_wait(&t.barrier);
	pthread_join(thread, NULL);
}

static void *proc_reader(void *arg)
{
	struct tid *t = arg;
	char text[4096];

	while (__atomic_load_n(&t->set, __ATOMIC_RELAXED) >= 0)
		read_proc(t->tid, text, sizeof(text));
	return NULL;
}

/* Read while the set is replaced, and while the thread exits. */
TEST_F(scope, proc_race)
{
	struct tid t = { .tid = gettid(), .set = 0 };
	int i, empty = set_make_empty();
	pthread_t thread, other;
	struct tid o;

	ASSERT_EQ(0, pthread_create(&thread, NULL, proc_reader, &t));
	for (i = 0; i < 20000; i++)
		scope_set(i % 3 ? i % 2 ? empty : self->c.set : -1, 0);
	for (i = 0; i < 100; i++) {
		o = (struct tid) { .set = self->c.set };
		pthread_barrier_init(&o.barrier, NULL, 2);
		ASSERT_EQ(0, pthread_create(&other, NULL, scoped_thread, &o));
		pthread_barrier_wait(&o.barrier);
		__atomic_store_n(&t.tid, o.tid, __ATOMIC_RELAXED);
		pthread_barrier_wait(&o.barrier);
		pthread_join(other, NULL);
	}
	__atomic_store_n(&t.set, -1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	close(empty);
}

/* A list or a set of an I/O replaces the scope as a whole. */
TEST_F(scope, own_attributes)
{
	struct attr_list hint = list_one(IOCB_ATTR_cache, IOCB_CACHE_BYPASS);
	struct io io = {
		.fd = self->fd, .buf = self->buf, .len = BLOCK, .list = &hint,
	};
	static const enum engine_type types[] = { AIO, URING };
	struct engine e;
	struct io_done done;
	long long client, server;
	int i;

	hint.r[0].attr.flags = 0;
	EXPECT_EQ(0, scope_set(self->c.set, 0));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(0, engine_open(&e, types[i]));
		client = BYTES("client");
		server = BYTES("server");
		EXPECT_EQ(0, engine_run(&e, &io, 1, &done));
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(client, BYTES("client"));
		EXPECT_EQ(server + BLOCK, BYTES("server"));
		EXPECT_EQ(0, engine_close(&e));
	}
}

/* 10^5 forks and execs take minutes: LONG=1 */
TEST_F_TIMEOUT(scope, forks, 3600)
{
	int i, nr = getenv("LONG") ? 100000 : 100;
	pid_t pid;

	EXPECT_EQ(0, scope_set(self->c.set, 0));
	for (i = 0; i < nr; i++) {
		pid = fork();
		if (!pid) {
			if (i % 3 == 0)
				scope_set(-1, 0);
			if (i % 3 == 1)
				scope_set(self->c.set, PR_IOCB_ATTR_THREAD);
			_exit(0);
		}
		ASSERT_EQ(0, wait_child(pid));
	}
	for (i = 0; i < nr / 10; i++)
		ASSERT_EQ(HAS_SET, run("/proc/self/exe"));
	EXPECT_EQ(0, scope_set(-1, 0));
	/* if a reference were left, the set would keep the cgroup */
	close(self->c.set);
	EXPECT_EQ(0, cgroup_remove("scope/client"));
	for (i = 0; i < 500; i++) {
		if (!cgroup_key("scope", "cgroup.stat",
				"nr_dying_descendants"))
			break;
		sleep_ms(10);
	}
	EXPECT_EQ(0, cgroup_key("scope", "cgroup.stat",
				"nr_dying_descendants"));
}

TEST_HARNESS_MAIN
