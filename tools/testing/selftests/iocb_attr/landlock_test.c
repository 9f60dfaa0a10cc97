// SPDX-License-Identifier: GPL-2.0
/*
 * In a Landlock sandbox without ioctl() on devices, a program can still query
 * the attributes that a device supports.
 */
#define _GNU_SOURCE
#include <linux/landlock.h>
#include <linux/fs.h>
#include <sys/prctl.h>

#include "lib/blkdev.h"
#include "lib/cap.h"
#include "lib/harness.h"

#define DISK	"/dev/landlock0"

FIXTURE(landlock)
{
	struct iocb_attr_cap free;	/* outside of the sandbox */
	int fd;
};

static int restrict_self(uint64_t rights)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = rights };
	int fd, ret;

	fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return -errno;
	ret = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	      syscall(SYS_landlock_restrict_self, fd, 0) ? -errno : 0;
	close(fd);
	return ret;
}

FIXTURE_SETUP(landlock)
{
	int abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			  LANDLOCK_CREATE_RULESET_VERSION);
	int fd;

	self->fd = -1;
	/* LANDLOCK_ACCESS_FS_IOCTL_DEV */
	if (abi < 5)
		SKIP(return, "no Landlock, or one without ioctl()");
	ASSERT_EQ(0, nullb_make("landlock0", 64, "irqmode=1", "none"));
	fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, cap_get(fd, &self->free));
	close(fd);
}

FIXTURE_TEARDOWN(landlock)
{
	close(self->fd);
	nullb_remove("landlock0");
}

TEST_F(landlock, query)
{
	struct iocb_attr_cap cap;
	struct {
		struct iocb_attr_cap cap;
		unsigned char more[64];
	} big;
	uint64_t size;

	ASSERT_EQ(0, restrict_self(LANDLOCK_ACCESS_FS_IOCTL_DEV));
	/* the right goes with the open file */
	self->fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);

	EXPECT_EQ(0, cap_get(self->fd, &cap));
	EXPECT_EQ(0, memcmp(&cap, &self->free, sizeof(cap)));
	/* a structure that has grown */
	EXPECT_EQ(0, ioctl(self->fd, _IOC(_IOC_READ, 0x15, 3, sizeof(big)),
			   &big));
	EXPECT_EQ(0, memcmp(&big.cap, &self->free, sizeof(big.cap)));

	/* other ioctls, and similar numbers */
	EXPECT_EQ(-1, ioctl(self->fd, BLKGETSIZE64, &size));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IOC(_IOC_READ, 0x15, 3, 8), &big));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IOC(_IOC_WRITE, 0x15, 3, sizeof(cap)),
			    &cap));
	EXPECT_EQ(EACCES, errno);
}

TEST_HARNESS_MAIN
