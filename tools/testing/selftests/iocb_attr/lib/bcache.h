/* SPDX-License-Identifier: GPL-2.0 */
/* A bcache device on two disks, which are overwritten. Needs make-bcache. */
#ifndef _IOCB_ATTR_BCACHE_H
#define _IOCB_ATTR_BCACHE_H

#include <sys/stat.h>

#include "common.h"

#define BCACHE		"/dev/bcache0"
#define BCACHE_SYSFS	"/sys/block/bcache0/bcache/"

/* make-bcache refuses a disk with a file system. */
static inline int bcache_wipe(const char *disk)
{
	static const char zeroes[16 * BLOCK];
	int fd = open(disk, O_RDWR | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, zeroes, sizeof(zeroes)) != sizeof(zeroes) || fsync(fd))
		ret = -EIO;
	close(fd);
	return ret;
}

/* Register formatted disks and wait for BCACHE. */
static inline int bcache_register(const char *backing, const char *cache)
{
	int i;

	if (write_file("/sys/fs/bcache/register", cache) ||
	    write_file("/sys/fs/bcache/register", backing))
		return -ENODEV;
	for (i = 0; i < 600 && access(BCACHE, R_OK); i++)
		sleep_ms(100);
	return i < 600 ? 0 : -ETIMEDOUT;
}

/* Returns NULL when BCACHE exists, or the reason why it does not. */
static inline const char *bcache_make(const char *backing, const char *cache)
{
	char cmd[256];
	struct stat st;

	if (access("/sys/fs/bcache/register", W_OK))
		return "no bcache in this kernel";
	if (stat(backing, &st) || stat(cache, &st))
		return "no disks for it";
	if (system("make-bcache --help >/dev/null 2>&1") / 256 == 127)
		return "no make-bcache";
	if (bcache_wipe(backing) || bcache_wipe(cache))
		return "the disks cannot be written to";
	snprintf(cmd, sizeof(cmd),
		 "make-bcache --wipe-bcache --block 4k --bucket 64k -B %s -C %s >/dev/null 2>&1",
		 backing, cache);
	if (system(cmd))
		return "make-bcache failed";
	switch (bcache_register(backing, cache)) {
	case 0:
		return NULL;
	case -ENODEV:
		return "the disks could not be registered";
	default:
		return "the device did not come";
	}
}

/* Returns 0 when both disks can be used again. */
static inline int bcache_stop(const char *backing, const char *cache)
{
	const char *disk[2] = { backing, cache };
	int i, n, fd;

	write_file(BCACHE_SYSFS "stop", "1");
	if (system("echo 1 | tee /sys/fs/bcache/*-*/stop >/dev/null 2>&1"))
		fprintf(stderr, "# the cache set was not stopped\n");
	for (i = n = 0; i < 600 && n < 2; i++) {
		fd = open(disk[n], O_RDWR | O_EXCL | O_CLOEXEC);
		if (fd < 0) {
			sleep_ms(100);
			continue;
		}
		close(fd);
		n++;
	}
	return n < 2 ? -EBUSY : 0;
}

#endif /* _IOCB_ATTR_BCACHE_H */
