/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device-mapper devices of one target, by their ioctls.
 */
#ifndef _IOCB_ATTR_SOAK_DM_H
#define _IOCB_ATTR_SOAK_DM_H

#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <linux/dm-ioctl.h>

#include "aio.h"

struct dm_call {
	struct dm_ioctl ioctl;
	struct dm_target_spec spec;
	char params[512];
};

/* Returns 0 or a negative errno. */
static int dm_call(struct dm_call *c, const char *name, unsigned long cmd)
{
	int fd, ret;

	c->ioctl.version[0] = DM_VERSION_MAJOR;
	c->ioctl.data_size = sizeof(*c);
	c->ioctl.data_start = offsetof(struct dm_call, spec);
	snprintf(c->ioctl.name, sizeof(c->ioctl.name), "%s", name);
	fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = ioctl(fd, cmd, c) ? -errno : 0;
	close(fd);
	return ret;
}

/* Give it another table and go on with that; what is in flight is done first. */
static int dm_table(const char *name, const char *target, uint64_t sectors,
		    const char *params)
{
	struct dm_call load = {
		.ioctl.target_count	= 1,
		.spec.length		= sectors,
	};
	struct dm_call suspend = { .ioctl.flags = DM_SUSPEND_FLAG };
	struct dm_call resume = {};

	snprintf(load.spec.target_type, sizeof(load.spec.target_type), "%s",
		 target);
	snprintf(load.params, sizeof(load.params), "%s", params);
	return dm_call(&load, name, DM_TABLE_LOAD) ?:
	       dm_call(&suspend, name, DM_DEV_SUSPEND) ?:
	       dm_call(&resume, name, DM_DEV_SUSPEND);
}

static int dm_remove(const char *name)
{
	struct dm_call remove = {};

	return dm_call(&remove, name, DM_DEV_REMOVE);
}

/* Its path comes back in @path. Returns 0 or a negative errno. */
static int dm_make(const char *name, const char *target, uint64_t sectors,
		   const char *params, char *path, size_t size)
{
	struct dm_call create = {};
	int ret;

	ret = dm_call(&create, name, DM_DEV_CREATE);
	if (ret)
		return ret;
	snprintf(path, size, "/dev/dm-%u", minor(create.ioctl.dev));
	ret = dm_table(name, target, sectors, params);
	if (ret)
		dm_remove(name);
	return ret;
}

#endif /* _IOCB_ATTR_SOAK_DM_H */
