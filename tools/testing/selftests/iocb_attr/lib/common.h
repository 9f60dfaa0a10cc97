/* SPDX-License-Identifier: GPL-2.0 */
/* Constants and helpers that most of the tests use. */
#ifndef _IOCB_ATTR_COMMON_H
#define _IOCB_ATTR_COMMON_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/iocb_attr.h>

#define BIT(nr)		(1ULL << (nr))
#define ATTR_BIT(name)	BIT(IOCB_ATTR_ ## name)

#define BLOCK		4096
#define FILE_DIRECT	"/dev/nullb0"
#define TRACING		"/sys/kernel/tracing/"

/* an unprivileged user */
#define USER		1000

/* I/O priorities: a class, to which a level can be added */
#define RT		(1 << 13)
#define BE		(2 << 13)
#define IDLE		(3 << 13)

static inline void *block_alloc(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/*
 * Write a string to a file, for example in sysfs. Opening the trace file
 * empties it. Returns 0 or a negative errno.
 */
static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text));
	ret = ret < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* Read a whole small file. Returns its length or a negative errno. */
static inline int read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += n;
	n = n < 0 ? -errno : len;
	text[len] = 0;
	close(fd);
	return n;
}

static inline void sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

#endif /* _IOCB_ATTR_COMMON_H */
