// SPDX-License-Identifier: GPL-2.0
/*
 * With the blkio controller of cgroup v1, the v1 cgroup limits the I/O of a
 * process. Naming a v2 cgroup, which has no limits then, must not escape it.
 */
#define _GNU_SOURCE
#include <sys/mount.h>

#include "lib/cap.h"
#include "lib/identity.h"
#include "lib/harness.h"

#define V1	"/tmp/blkio"

FIXTURE(v1)
{
	aio_context_t ctx;
	char dev[32];
	void *buf;
	bool mounted;
	int cgroup;
	int fd;
};

/* The controller is free when no v2 cgroup has it any more. */
static int mount_v1(void)
{
	int i;

	if (mkdir(V1, 0755) && errno != EEXIST)
		return -errno;
	for (i = 0; i < 600; i++) {
		if (!mount("none", V1, "cgroup", 0, "blkio"))
			return 0;
		if (errno != EBUSY)
			break;
		sleep_ms(100);
	}
	return -errno;
}

FIXTURE_SETUP(v1)
{
	char rule[64];
	int ret;

	ASSERT_EQ(0, cgroup_write(".", "cgroup.subtree_control", "-io"));
	ret = mount_v1();
	if (ret)
		SKIP(return, "no blkio controller of cgroup v1: %d", ret);
	self->mounted = true;
	ASSERT_EQ(0, device_number(FILE_DIRECT, self->dev,
				   sizeof(self->dev)));
	ASSERT_EQ(0, mkdir(V1 "/limited", 0755));
	/* accounting requires a rule */
	snprintf(rule, sizeof(rule), "%s 1073741824", self->dev);
	ASSERT_EQ(0, write_file(V1 "/limited/blkio.throttle.read_bps_device",
				rule));
	ASSERT_EQ(0, write_file(V1 "/limited/cgroup.procs", "0"));
	self->cgroup = cgroup_make("v2");
	ASSERT_LE(0, self->cgroup);
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	ASSERT_EQ(0, io_setup(8, &self->ctx));
}

FIXTURE_TEARDOWN(v1)
{
	if (self->mounted) {
		EXPECT_EQ(0, io_destroy(self->ctx));
		munmap(self->buf, BLOCK);
		close(self->fd);
		close(self->cgroup);
		EXPECT_EQ(0, cgroup_remove("v2"));
		EXPECT_EQ(0, write_file(V1 "/cgroup.procs", "0"));
		EXPECT_EQ(0, rmdir(V1 "/limited"));
		EXPECT_EQ(0, umount(V1));
	}
	/* it returns to v2 when the last v1 cgroup is gone */
	cgroup_write(".", "cgroup.subtree_control", "+io");
}

/* Bytes read that were charged to the v1 cgroup, or -1. */
static long long charged(FIXTURE_DATA(v1) * self)
{
	char text[4096], key[64], *at;

	if (read_file(V1 "/limited/blkio.throttle.io_service_bytes", text,
		      sizeof(text)) < 0)
		return -1;
	snprintf(key, sizeof(key), "%s Read ", self->dev);
	at = strstr(text, key);
	return at ? atoll(at + strlen(key)) : 0;
}

/* A read with a list that has no required record; its mask or -errno. */
static int read_mask(FIXTURE_DATA(v1) * self, struct attr_list l)
{
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    0, &l);
	struct io_event event;
	int ret;

	l.r[0].attr.flags = 0;
	ret = aio_run(self->ctx, &iocb, &event);
	return ret ?: event.res != BLOCK ? -1000 : event.res2;
}

/* I/O is charged to the submitter, and no attribute is reported. */
TEST_F(v1, charged_to_submitter)
{
	struct attr_list lists[] = {
		list_one(IOCB_ATTR_cgroup, self->cgroup),
		list_one(IOCB_ATTR_cgroup, open(CGROUP, O_PATH | O_CLOEXEC)),
		list_one(IOCB_ATTR_proxy_pid, 1),
		list_one(IOCB_ATTR_proxy_pid, getpid()),
		list_one(IOCB_ATTR_proxy_pidfd, pidfd_open(1)),
	};
	long long before;
	int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		before = charged(self);
		ASSERT_LE(0, before);
		EXPECT_EQ(0, read_mask(self, lists[i])) {
			TH_LOG("%d", i);
		}
		EXPECT_EQ(before + BLOCK, charged(self)) {
			TH_LOG("%d", i);
		}
	}
}

/* A required attribute without effect is rejected. */
TEST_F(v1, required)
{
	struct attr_list l;

	EXPECT_EQ(-EOPNOTSUPP, read_for(self->ctx, self->fd, self->buf,
					IOCB_ATTR_cgroup, self->cgroup));
	EXPECT_EQ(-EOPNOTSUPP, read_for(self->ctx, self->fd, self->buf,
					IOCB_ATTR_proxy_pid, getpid()));
	EXPECT_EQ(-EOPNOTSUPP, read_for(self->ctx, self->fd, self->buf,
					IOCB_ATTR_proxy_pidfd,
					pidfd_open(getpid())));
	/* priorities still work */
	l = list_one(IOCB_ATTR_ioprio, BE | 5);
	EXPECT_EQ(0, submit_list(self->ctx, self->fd, self->buf, &l));
}

TEST_F(v1, capability)
{
	struct iocb_attr_cap cap;

	ASSERT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(0, cap.controllers &
		  (ATTR_BIT(proxy_pid) | ATTR_BIT(proxy_pidfd) |
		   ATTR_BIT(cgroup)));
}

TEST_HARNESS_MAIN
