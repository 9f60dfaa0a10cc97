/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of per-I/O attributes share: raw AIO system calls, and lists
 * that are right until a test spoils them.
 */
#ifndef _IOCB_ATTR_AIO_H
#define _IOCB_ATTR_AIO_H

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

#include <linux/aio_abi.h>
#include <linux/iocb_attr.h>

#define BLOCK	4096

static inline int io_setup(unsigned int nr, aio_context_t *ctx)
{
	return syscall(__NR_io_setup, nr, ctx);
}

static inline int io_destroy(aio_context_t ctx)
{
	return syscall(__NR_io_destroy, ctx);
}

static inline int io_submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
	return syscall(__NR_io_submit, ctx, nr, iocbs);
}

static inline int io_getevents(aio_context_t ctx, long min, long nr,
			       struct io_event *events)
{
	return syscall(__NR_io_getevents, ctx, min, nr, events, NULL);
}

/* The record that a list begins with. */
static inline struct iocb_attr *first_record(struct iocb_attr_list *list)
{
	return (struct iocb_attr *)(list + 1);
}

/* A list with one record of each kind that tests ask for. */
struct cache_list {
	struct iocb_attr_list	list;
	struct iocb_attr_cache	cache;
};

static inline struct cache_list cache_list(uint32_t hints, uint16_t flags)
{
	return (struct cache_list) {
		.list	= {
			.size	= sizeof(struct cache_list),
			.flags	= IOCB_ATTR_LIST_REPORT,
		},
		.cache	= {
			.attr	= {
				.size	= sizeof(struct iocb_attr_cache),
				.id	= IOCB_ATTR_cache,
				.flags	= flags,
			},
			.hints	= hints,
		},
	};
}

static inline struct iocb prep(int opcode, int fd, void *buf, size_t len,
			       long long offset, const void *list)
{
	return (struct iocb) {
		.aio_lio_opcode	= opcode,
		.aio_fildes	= fd,
		.aio_buf	= (uintptr_t)buf,
		.aio_nbytes	= len,
		.aio_offset	= offset,
		.aio_flags	= list ? IOCB_FLAG_ATTR : 0,
		.aio_attrs	= (uintptr_t)list,
	};
}

/*
 * Submit one iocb and wait for it. Returns 0 with the event filled in, or the
 * negative errno of io_submit().
 */
static inline int run(aio_context_t ctx, struct iocb *iocb,
		      struct io_event *event)
{
	int ret = io_submit(ctx, 1, &iocb);

	if (ret < 0)
		return -errno;
	if (ret != 1)
		return -EPROTO;
	do {
		ret = io_getevents(ctx, 1, 1, event);
	} while (ret < 0 && errno == EINTR);
	return ret == 1 ? 0 : -EPROTO;
}

/* The same, for a list around a 4 KiB read at 0; the event is thrown away. */
static inline int submit_list(aio_context_t ctx, int fd, void *buf,
			      const void *list)
{
	struct iocb iocb = prep(IOCB_CMD_PREAD, fd, buf, BLOCK, 0, list);
	struct io_event event;
	int ret;

	iocb.aio_flags = IOCB_FLAG_ATTR;
	ret = run(ctx, &iocb, &event);
	if (ret)
		return ret;
	return event.res < 0 ? -EIO : 0;
}

static inline void *block_alloc(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/*
 * Write a string to a file, as to sysfs; returns 0 or a negative errno. A trace
 * is emptied as it is opened.
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

/* Read a small file whole, as from sysfs; returns its length or -errno. */
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

#endif /* _IOCB_ATTR_AIO_H */
