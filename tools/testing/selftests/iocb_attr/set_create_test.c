// SPDX-License-Identifier: GPL-2.0
/*
 * Attribute sets: iocb_attr_create(2), the file that it returns, and what
 * fdinfo shows. set_test.c uses sets.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "lib/permission.h"
#include "lib/set.h"
#include "lib/harness.h"

/* Lists of which no set can be made. */
static const struct {
	const char *what;
	int error;
	uint64_t words[7];
} bad_lists[] = {
	{ "list of 7 bytes", EINVAL, { LIST(7, 0) } },
	{ "list of 12 bytes", EINVAL, { LIST(12, 0) } },
	{ "list of 4104 bytes", E2BIG, { LIST(4104, 0) } },
	{ "list flag", EINVAL, { LIST(8, 2) } },
	{ "record of 4 bytes", EINVAL,
	  { LIST(16, 0), RECORD(4, IOCB_ATTR_cache, 0) } },
	{ "record past the end", EINVAL,
	  { LIST(16, 0), RECORD(24, IOCB_ATTR_cache, 0) } },
	{ "bytes left over", EINVAL, { LIST(32, 0), RECORD_OF(cache), 0, 0 } },
	{ "record flag", EINVAL,
	  { LIST(24, 0), RECORD(16, IOCB_ATTR_cache, 2), 0 } },
	{ "short record", EINVAL,
	  { LIST(16, 0), RECORD(8, IOCB_ATTR_cache, 0) } },
	{ "long record", E2BIG,
	  { LIST(32, 0), RECORD(24, IOCB_ATTR_cache, 0), 0, 1 } },
	{ "reserved field", EINVAL,
	  { LIST(24, 0), RECORD_OF(cache), TWO_U32(0, 1) } },
	{ "hints", EINVAL, { LIST(24, 0), RECORD_OF(cache), TWO_U32(3, 0) } },
	{ "priority", EINVAL,
	  { LIST(24, 0), RECORD_OF(ioprio), TWO_U32(TWO_U16(7 << 13, 0), 0) } },
	{ "record twice", EINVAL,
	  { LIST(40, 0), RECORD_OF(cache), 0, RECORD_OF(cache), 0 } },
	{ "two proxies", EINVAL,
	  { LIST(40, 0), RECORD_OF(proxy_pid), 1, RECORD_OF(proxy_pidfd), 0 } },
	{ "required record of an unknown id", EOPNOTSUPP,
	  { LIST(24, 0), RECORD(16, 1000, IOCB_ATTR_REQUIRED), 0 } },
	{ "no such process", ESRCH,
	  { LIST(24, 0), RECORD_OF(proxy_pid), 1 << 30 } },
	{ "no pidfd", EBADF,
	  { LIST(24, 0), RECORD_OF(proxy_pidfd), TWO_U32(-1, 0) } },
	{ "no cgroup", EBADF,
	  { LIST(24, 0), RECORD_OF(cgroup), TWO_U32(-1, 0) } },
};

TEST(layout)
{
	EXPECT_EQ(6, IOCB_ATTR_set);
	EXPECT_EQ(16, sizeof(struct iocb_attr_set));
	EXPECT_EQ(8, offsetof(struct iocb_attr_set, fd));
	EXPECT_EQ(12, offsetof(struct iocb_attr_set, reserved));
	EXPECT_EQ(8, IOCB_FLAG_ATTR_SET);
	EXPECT_EQ(1, IOCB_ATTR_CREATE_DELEGATE);
}

TEST(create_flags)
{
	struct iocb_attr_list empty = { .size = sizeof(empty) };
	int bit;

	for (bit = 0; bit < 32; bit++) {
		/* IOCB_ATTR_CREATE_DELEGATE needs a target */
		EXPECT_EQ(-EINVAL, set_make(&empty, 1U << bit)) {
			TH_LOG("flag %#x", 1U << bit);
		}
		/* flags are checked before the list */
		EXPECT_EQ(bit ? -EINVAL : -EFAULT, set_make(NULL, 1U << bit));
	}
}

TEST(create_pointer)
{
	EXPECT_EQ(-EFAULT, set_make(NULL, 0));
	EXPECT_EQ(-EFAULT, set_make((void *)1, 0));
	EXPECT_EQ(-EFAULT, set_make((void *)-8L, 0));
	EXPECT_EQ(-EFAULT, set_make((void *)~(~0UL >> 1), 0));
}

TEST(create_errors)
{
	int i, next = next_fd();

	for (i = 0; i < ARRAY_SIZE(bad_lists); i++) {
		EXPECT_EQ(-bad_lists[i].error,
			  set_make(bad_lists[i].words, 0)) {
			TH_LOG("%s", bad_lists[i].what);
		}
	}
	EXPECT_EQ(next, next_fd());
}

/* A set is shared by I/Os that each have their own of these. */
TEST(create_records_of_one_io)
{
	uint64_t pi[] = {
		LIST(48, 0), RECORD(40, IOCB_ATTR_pi, 0), TWO_U32(0, 8),
		0, 0, 0,
	};
	int fd = set_make_empty();
	uint64_t set[] = { LIST(24, 0), RECORD_OF(set), TWO_U32(fd, 0) };

	EXPECT_EQ(-EINVAL, set_make(pi, 0));
	EXPECT_EQ(-EINVAL, set_make(set, 0));
	close(fd);
}

TEST(create_unknown_record)
{
	uint64_t list[] = { LIST(24, 0), RECORD(16, 1000, 0), ~0ULL };
	int set = set_make(list, 0);

	EXPECT_LE(0, set);
	EXPECT_STREQ("none", set_info(set, "iocb_attr"));
	close(set);
}

/* In a child: 0 is the lowest file descriptor that is not open. */
static int without_fd_0(void)
{
	struct rlimit limit;
	int set;

	close(0);
	set = set_make_empty();
	if (set <= 0)
		return -EBADF;
	close(set);
	/* or the only one that the limit leaves */
	limit = (struct rlimit) { set, set };
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	set = set_make_empty();
	if (set != -EMFILE)
		return -EPROTO;
	return next_fd() ? -EBUSY : 0;
}

TEST(create_never_fd_0)
{
	EXPECT_EQ(0, CHILD(0, without_fd_0()));
}

/* Run a program that finds @set closed. */
static int exec_without(int set)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "test ! -e /proc/self/fd/%d", set);
	execl("/bin/sh", "sh", "-c", cmd, NULL);
	return -errno;
}

TEST(closed_by_exec)
{
	int set = set_make_empty();

	ASSERT_LE(0, set);
	EXPECT_EQ(FD_CLOEXEC, fcntl(set, F_GETFD));
	EXPECT_EQ(0, CHILD(0, exec_without(set)));
	/* the program does find one that exec does not close */
	ASSERT_EQ(0, fcntl(set, F_SETFD, 0));
	EXPECT_EQ(-1, CHILD(0, exec_without(set)));
	close(set);
}

/* Each set has its own inode. The file cannot be opened, read or mapped. */
TEST(file)
{
	int set[2] = { set_make_empty(), set_make_empty() };
	char path[64], link[64] = "";
	struct stat st[2];
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, set[i]);
		ASSERT_EQ(0, fstat(set[i], &st[i]));
	}
	EXPECT_NE(st[0].st_ino, st[1].st_ino);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", set[0]);
	ASSERT_LT(0, readlink(path, link, sizeof(link) - 1));
	EXPECT_STREQ("anon_inode:[iocb_attr]", link);
	EXPECT_EQ(-1, open(path, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-1, read(set[0], link, 1));
	EXPECT_EQ(-1, write(set[0], link, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, set[0],
				   0));
	close(set[0]);
	close(set[1]);
}

/* What fdinfo shows. */
FIXTURE(info)
{
	struct targets t;
};

FIXTURE_SETUP(info)
{
	ASSERT_EQ(0, targets_make(&self->t));
}

FIXTURE_TEARDOWN(info)
{
	EXPECT_EQ(0, targets_remove(&self->t));
}

#define CLIENT	"cgroup=/tenant/client "

/* Make a set, compare what it shows, and close it. */
#define EXPECT_INFO(expected, list, flags) do {				\
	const void *__list = (list);					\
	int __set = set_make(__list, flags);				\
									\
	EXPECT_LE(0, __set);						\
	EXPECT_STREQ(expected, set_info(__set, "iocb_attr"));		\
	close(__set);							\
} while (0)

#define EXPECT_ONE(expected, id, value) do {				\
	struct attr_list __one = optional(IOCB_ATTR_ ## id, value);	\
									\
	__one.list.flags = 0;						\
	EXPECT_INFO(expected, &__one, 0);				\
} while (0)

TEST_F(info, whole)
{
	int set = set_make_empty();
	char text[4096], *flags;

	ASSERT_LE(0, set);
	ASSERT_LT(0, set_read_info(set, text, sizeof(text)));
	EXPECT_EQ(0, strncmp(text, "pos:\t", 5));
	flags = strstr(text, "\nflags:\t");
	ASSERT_NE(NULL, flags);
	EXPECT_NE(0, strtol(flags + 8, NULL, 8) & O_CLOEXEC);
	EXPECT_NE(NULL, strstr(text, "\niocb_attr: none\n"));
	close(set);
}

TEST_F(info, hints)
{
	EXPECT_ONE("cache=bypass", cache, IOCB_CACHE_BYPASS);
	EXPECT_ONE("cache=admit", cache, IOCB_CACHE_ADMIT);
	EXPECT_ONE("cache=writethrough", cache, IOCB_CACHE_WRITETHROUGH);
	EXPECT_ONE("cache=writeback", cache, IOCB_CACHE_WRITEBACK);
	EXPECT_ONE("cache=writearound", cache, IOCB_CACHE_WRITEAROUND);
	EXPECT_ONE("cache=admit,writearound", cache,
		   IOCB_CACHE_WRITEAROUND | IOCB_CACHE_ADMIT);
}

TEST_F(info, priorities)
{
	EXPECT_ONE("ioprio=rt:0", ioprio, RT);
	EXPECT_ONE("ioprio=be:7", ioprio, BE | 7);
	/* this class has no levels */
	EXPECT_ONE("ioprio=idle", ioprio, IDLE);
	EXPECT_ONE("ioprio=idle", ioprio, IDLE | 3);
}

/* All words, in an order that does not depend on that of the records. */
TEST_F(info, all_words)
{
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_cache	cache;
		struct iocb_attr_ioprio	ioprio;
		struct iocb_attr_cgroup	cgroup;
	} l = {
		.list	= { sizeof(l), IOCB_ATTR_LIST_REPORT },
		.cache	= { { 16, IOCB_ATTR_cache, IOCB_ATTR_REQUIRED },
			    IOCB_CACHE_BYPASS | IOCB_CACHE_WRITEBACK, 0 },
		.ioprio	= { { 16, IOCB_ATTR_ioprio, 0 }, BE | 6, { 0 } },
		.cgroup	= { { 16, IOCB_ATTR_cgroup, IOCB_ATTR_REQUIRED },
			    self->t.client, 0 },
	};

	EXPECT_INFO(CLIENT "ioprio=be:6 cache=bypass,writeback required=cgroup,cache report",
		    &l, 0);
	/* root may move processes from anywhere */
	l.cache.attr.flags = 0;
	EXPECT_INFO(CLIENT "ioprio=be:6 cache=bypass,writeback required=cgroup report delegate=/",
		    &l, IOCB_ATTR_CREATE_DELEGATE);
	l.list.flags = 0;
	l.cgroup.attr.flags = 0;
	l.ioprio.attr.flags = IOCB_ATTR_REQUIRED;
	EXPECT_INFO(CLIENT "ioprio=be:6 cache=bypass,writeback required=ioprio",
		    &l, 0);
}

/* The snapshot of a process, but not which process it was. */
TEST_F(info, proxies)
{
	pid_t pid = sleeper(0, "tenant/client", BE | 3, true);
	struct attr_list pid_list = list_one(IOCB_ATTR_proxy_pid, pid);
	struct attr_list fd_list = list_one(IOCB_ATTR_proxy_pidfd,
					    pidfd_open(pid));
	struct attr_list l;

	ASSERT_LT(0, pid);
	EXPECT_INFO("proxy " CLIENT "ioprio=be:3 required=proxy_pid report",
		    &pid_list, 0);
	EXPECT_INFO("proxy " CLIENT "ioprio=be:3 required=proxy_pidfd report",
		    &fd_list, 0);
	pid_list.r[0].attr.flags = 0;
	l = list_two(pid_list, optional(IOCB_ATTR_cgroup, self->t.other));
	EXPECT_INFO("proxy cgroup=/other ioprio=be:3 report", &l, 0);
	l = list_two(pid_list, optional(IOCB_ATTR_ioprio, IDLE));
	EXPECT_INFO("proxy " CLIENT "ioprio=idle report", &l, 0);
	end(pid);
}

TEST_F(info, removed_cgroup)
{
	int cgroup = cgroup_make("tenant/gone"), set, again;
	struct attr_list l = list_one(IOCB_ATTR_cgroup, cgroup);

	ASSERT_LE(0, cgroup);
	set = set_make(&l, 0);
	ASSERT_LE(0, set);
	EXPECT_STREQ("cgroup=/tenant/gone required=cgroup report",
		     set_info(set, "iocb_attr"));
	ASSERT_EQ(0, cgroup_remove("tenant/gone"));
	EXPECT_STREQ("cgroup=/tenant/gone (deleted) required=cgroup report",
		     set_info(set, "iocb_attr"));
	/* another cgroup with the same name */
	again = cgroup_make("tenant/gone");
	ASSERT_LE(0, again);
	EXPECT_STREQ("cgroup=/tenant/gone (deleted) required=cgroup report",
		     set_info(set, "iocb_attr"));
	l.r[0].cgroup.fd = again;
	EXPECT_INFO("cgroup=/tenant/gone required=cgroup report", &l, 0);
	close(again);
	close(cgroup);
	close(set);
	EXPECT_EQ(0, cgroup_remove("tenant/gone"));
}

/* In a child: enter a cgroup namespace with this root. */
static int cgroup_ns(const char *root)
{
	return cgroup_enter(root) ?: unshare(CLONE_NEWCGROUP) ? -errno : 0;
}

/* Paths are those of the reader's cgroup namespace. */
TEST_F(info, cgroup_namespace)
{
	struct attr_list l = optional(IOCB_ATTR_cgroup, self->t.client);
	int set = set_make(&l, IOCB_ATTR_CREATE_DELEGATE);

	ASSERT_LE(0, set);
	EXPECT_STREQ(CLIENT "report delegate=/",
		     set_info(set, "iocb_attr"));
	EXPECT_EQ(0, CHILD(cgroup_ns("tenant/client"),
			   strcmp("cgroup=/ report delegate=/../..",
				  set_info(set, "iocb_attr")) ? -1 : 0));
	EXPECT_EQ(0, CHILD(cgroup_ns("other"),
			   strcmp("cgroup=/../tenant/client report delegate=/..",
				  set_info(set, "iocb_attr")) ? -1 : 0));
	close(set);
}

TEST_HARNESS_MAIN
