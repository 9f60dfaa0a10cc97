/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Block devices: null_blk by configfs, and device-mapper by ioctls with the
 * tables of dmsetup(8).
 */
#ifndef _IOCB_ATTR_BLKDEV_H
#define _IOCB_ATTR_BLKDEV_H

#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <linux/dm-ioctl.h>

#include "common.h"

#define NULLBS		"/sys/kernel/config/nullb"
#define DM_BUFFER	8192

/* Write to a file of a null_blk disk; it may be in a group: "group/file". */
static inline int nullb_set(const char *name, const char *file,
			    const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), NULLBS "/%s/%s", name, file);
	return write_file(path, text);
}

static inline int nullb_remove(const char *name)
{
	char path[128];

	nullb_set(name, "power", "0");
	snprintf(path, sizeof(path), NULLBS "/%s", name);
	return rmdir(path) ? -errno : 0;
}

/* Write to a file in the queue directory of a disk: "name" or "/dev/name". */
static inline int queue_set(const char *disk, const char *file,
			    const char *text)
{
	char path[320];

	if (!strncmp(disk, "/dev/", 5))
		disk += 5;
	snprintf(path, sizeof(path), "/sys/block/%s/queue/%s", disk, file);
	return write_file(path, text);
}

/*
 * Create the null_blk disk /dev/name of @mib MiB, with settings like
 * "memory_backed=1 irqmode=2" and a scheduler.
 */
static inline int nullb_make(const char *name, int mib, const char *settings,
			     const char *scheduler)
{
	char text[256], path[128], size[16], *set, *save, *value;
	int ret;

	mkdir("/sys/kernel/config", 0755);
	if (access(NULLBS, F_OK) &&
	    mount("none", "/sys/kernel/config", "configfs", 0, NULL))
		return -errno;
	/* left behind by a test that failed */
	nullb_remove(name);
	snprintf(path, sizeof(path), NULLBS "/%s", name);
	if (mkdir(path, 0755))
		return -errno;
	snprintf(size, sizeof(size), "%d", mib);
	ret = nullb_set(name, "size", size) ?:
	      nullb_set(name, "blocksize", "4096");
	snprintf(text, sizeof(text), "%s", settings);
	for (set = strtok_r(text, " ", &save); set && !ret;
	     set = strtok_r(NULL, " ", &save)) {
		value = strchr(set, '=');
		*value++ = 0;
		ret = nullb_set(name, set, value);
	}
	return ret ?: nullb_set(name, "power", "1") ?:
	       queue_set(name, "scheduler", scheduler);
}

/* A field of the "stat" file of a disk; see Documentation/block/stat.rst. */
enum { READS, READS_MERGED };

static inline long long disk_stat(const char *disk, int which)
{
	char path[320], text[256], *at = text;
	long long value = -1;

	if (!strncmp(disk, "/dev/", 5))
		disk += 5;
	snprintf(path, sizeof(path), "/sys/block/%s/stat", disk);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	for (; which >= 0; which--)
		value = strtoll(at, &at, 10);
	return value;
}

struct dm {
	char name[32];
	char dev[32];		/* "/dev/dm-0", or "" */
};

struct dm_buffer {
	struct dm_ioctl io;
	char data[DM_BUFFER];
};

/* Returns 0 or a negative errno. @b may have a payload after the header. */
static inline int dm_ioctl(struct dm_buffer *b, unsigned long request,
			   const char *name, uint32_t flags)
{
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	b->io.version[0] = DM_VERSION_MAJOR;
	b->io.data_size = sizeof(*b);
	b->io.data_start = offsetof(struct dm_buffer, data);
	b->io.flags = flags;
	snprintf(b->io.name, sizeof(b->io.name), "%s", name);
	ret = ioctl(fd, request, b) ? -errno : 0;
	close(fd);
	return ret;
}

/* An ioctl with a name and flags. */
static inline int dm_do(struct dm *dm, unsigned long request, uint32_t flags)
{
	struct dm_buffer b = {};

	return dm_ioctl(&b, request, dm->name, flags);
}

static inline int dm_suspend(struct dm *dm)
{
	return dm_do(dm, DM_DEV_SUSPEND, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG);
}

static inline int dm_resume(struct dm *dm)
{
	return dm_do(dm, DM_DEV_SUSPEND, 0);
}

/* AIO drops its reference to the file only after it has reported completion. */
static inline int dm_remove(struct dm *dm)
{
	int ret = 0, i;

	if (!dm->dev[0])
		return 0;
	for (i = 0; i < 300; i++) {
		ret = dm_do(dm, DM_DEV_REMOVE, 0);
		if (ret != -EBUSY)
			break;
		sleep_ms(100);
	}
	if (!ret)
		dm->dev[0] = 0;
	return ret;
}

/* Load a table: one line per target, "start length type parameters". */
static inline int dm_load(struct dm *dm, const char *table)
{
	struct dm_buffer b = {};
	struct dm_target_spec *spec;
	unsigned long long start, len;
	size_t at = 0;
	int params, size;

	while (*table) {
		spec = (void *)(b.data + at);
		if (sscanf(table, "%llu %llu %15s%n", &start, &len,
			   spec->target_type, &params) < 3)
			return -EINVAL;
		table += params;
		table += *table == ' ';
		size = strcspn(table, "\n");
		spec->sector_start = start;
		spec->length = len;
		/* with the terminating 0; the next one is aligned */
		spec->next = (sizeof(*spec) + size + 8) & ~7;
		if (at + spec->next + sizeof(*spec) > sizeof(b.data))
			return -E2BIG;
		memcpy(spec + 1, table, size);
		at += spec->next;
		table += size;
		table += *table == '\n';
		b.io.target_count++;
	}
	return dm_ioctl(&b, DM_TABLE_LOAD, dm->name, 0);
}

/* Create a device from a printf() format. Returns 0 or a negative errno. */
static inline int dm_make(struct dm *dm, const char *name, const char *table,
			  ...)
{
	struct dm_buffer b = {};
	char text[2048];
	va_list args;
	int ret;

	va_start(args, table);
	vsnprintf(text, sizeof(text), table, args);
	va_end(args);
	snprintf(dm->name, sizeof(dm->name), "%s", name);
	ret = dm_ioctl(&b, DM_DEV_CREATE, name, 0);
	if (ret)
		return ret;
	snprintf(dm->dev, sizeof(dm->dev), "/dev/dm-%u",
		 (unsigned int)((b.io.dev & 0xff) | (b.io.dev >> 12 & ~0xff)));
	ret = dm_load(dm, text) ?: dm_resume(dm);
	if (ret)
		dm_remove(dm);
	return ret;
}

/* Replace the table. Suspending the device flushes the old one. */
static inline int dm_swap(struct dm *dm, const char *table, ...)
{
	char text[2048];
	va_list args;

	va_start(args, table);
	vsnprintf(text, sizeof(text), table, args);
	va_end(args);
	return dm_load(dm, text) ?: dm_suspend(dm) ?: dm_resume(dm);
}

/* The status of its nth target, as dmsetup(8) prints it after the type. */
static inline int dm_status(struct dm *dm, int nth, char *text, size_t size)
{
	struct dm_buffer b = {};
	struct dm_target_spec *spec = (void *)b.data;
	int ret = dm_ioctl(&b, DM_TABLE_STATUS, dm->name, DM_NOFLUSH_FLAG);

	if (ret)
		return ret;
	if (nth >= b.io.target_count)
		return -ENOENT;
	while (nth--)
		spec = (void *)(b.data + spec->next);
	return snprintf(text, size, "%s", (char *)(spec + 1)) < size ?
	       0 : -E2BIG;
}

/*
 * The number of I/Os that the nth target, of type delay, is holding. The
 * inflight file of the device does not count them.
 */
static inline int dm_delayed(struct dm *dm, int nth)
{
	int reads, writes, flushes;
	char text[128];

	if (dm_status(dm, nth, text, sizeof(text)) ||
	    sscanf(text, "%d %d %d", &reads, &writes, &flushes) != 3)
		return -1;
	return reads + writes + flushes;
}

/* Wait until it holds at least @nr. */
static inline int dm_wait_delayed(struct dm *dm, int nth, int nr)
{
	int i;

	for (i = 0; i < 3000; i++) {
		if (dm_delayed(dm, nth) >= nr)
			return 0;
		sleep_ms(10);
	}
	return -ETIMEDOUT;
}

#endif /* _IOCB_ATTR_BLKDEV_H */
