/* SPDX-License-Identifier: GPL-2.0 */
/* md by its ioctls, for systems without mdadm(8). */
#ifndef _IOCB_ATTR_MD_H
#define _IOCB_ATTR_MD_H

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/major.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>

#include "common.h"

/* An array without disks, or -errno. */
static inline int md_open(const char *name)
{
	char path[64];
	int fd;

	/* an array that was stopped still exists and can be set up again */
	fd = write_file("/sys/module/md_mod/parameters/new_array", name);
	if (fd && fd != -EEXIST)
		return fd;
	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Make it a raid0 of @n disks, and run it. */
static inline int md_run(int fd, const char * const *disk, int n)
{
	mdu_array_info_t array = {
		.level		= 0,
		.raid_disks	= n,
		.nr_disks	= n,
		.not_persistent	= 1,
		.chunk_size	= 65536,
	};
	struct stat st;
	int i;

	if (ioctl(fd, SET_ARRAY_INFO, &array))
		return -errno;
	for (i = 0; i < n; i++) {
		mdu_disk_info_t info = { .number = i, .raid_disk = i,
					 .state = 1 << MD_DISK_SYNC };

		if (stat(disk[i], &st))
			return -errno;
		info.major = major(st.st_rdev);
		info.minor = minor(st.st_rdev);
		if (ioctl(fd, ADD_NEW_DISK, &info))
			return -errno;
	}
	return ioctl(fd, RUN_ARRAY, NULL) ? -errno : 0;
}

static inline int md_create(const char *name, const char * const *disk, int n)
{
	int fd = md_open(name), ret;

	if (fd < 0)
		return fd;
	ret = md_run(fd, disk, n);
	close(fd);
	return ret;
}

static inline int md_stop(const char *name)
{
	int fd = md_open(name), ret;

	if (fd < 0)
		return fd;
	ret = ioctl(fd, STOP_ARRAY, NULL) ? -errno : 0;
	close(fd);
	return ret;
}

#endif /* _IOCB_ATTR_MD_H */
