/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE server whose file system is one regular file. The server forwards I/O
 * to a backing file, or the kernel passes it through.
 */
#ifndef _IOCB_ATTR_FUSE_H
#define _IOCB_ATTR_FUSE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <linux/fuse.h>

#define FUSE_ROOM	(1 << 20)

struct fuse_server {
	int dev;
	int file;
	bool backing;	/* the kernel passes it through */
	int backing_id;	/* the same for all who open it, or the kernel refuses */
};

/* Send a reply: data or a negative error. */
static inline void fuse_answer(struct fuse_server *s, uint64_t unique,
			       int error, const void *data, size_t size)
{
	struct fuse_out_header out = {
		.len	= sizeof(out) + size,
		.error	= error,
		.unique	= unique,
	};
	struct iovec iov[2] = {
		{ &out, sizeof(out) }, { (void *)data, size },
	};

	if (writev(s->dev, iov, size ? 2 : 1) < 0 && errno != ENOENT)
		perror("# FUSE");
}

static inline void fuse_init(struct fuse_server *s, uint64_t unique,
			     const struct fuse_init_in *in)
{
	struct fuse_init_out out = {
		.major		= FUSE_KERNEL_VERSION,
		.minor		= FUSE_KERNEL_MINOR_VERSION,
		.flags		= FUSE_BIG_WRITES | FUSE_MAX_PAGES,
		.max_write	= 1 << 16,
		.max_pages	= 16,
	};

	if (s->backing) {
		out.flags |= FUSE_INIT_EXT;
		out.flags2 = FUSE_PASSTHROUGH >> 32;
		out.max_stack_depth = 1;
	}
	out.flags &= in->flags;
	fuse_answer(s, unique, 0, &out, sizeof(out));
}

static inline int fuse_attr(struct fuse_server *s, uint64_t unique)
{
	struct fuse_attr_out out = {};
	struct stat st;

	if (fstat(s->file, &st))
		return -errno;
	out.attr.ino = FUSE_ROOT_ID;
	out.attr.mode = S_IFREG | 0600;
	out.attr.nlink = 1;
	out.attr.size = st.st_size;
	out.attr.blksize = 4096;
	fuse_answer(s, unique, 0, &out, sizeof(out));
	return 0;
}

static inline int fuse_open(struct fuse_server *s, uint64_t unique)
{
	struct fuse_open_out out = {};

	if (s->backing && !s->backing_id) {
		struct fuse_backing_map map = { .fd = s->file };
		int id = ioctl(s->dev, FUSE_DEV_IOC_BACKING_OPEN, &map);

		if (id < 0)
			return -errno;
		s->backing_id = id;
	}
	if (s->backing) {
		out.open_flags = FOPEN_PASSTHROUGH;
		out.backing_id = s->backing_id;
	}
	/* not closed: the kernel looks the id up after the reply */
	fuse_answer(s, unique, 0, &out, sizeof(out));
	return 0;
}

static inline int fuse_read(struct fuse_server *s, uint64_t unique,
			    const struct fuse_read_in *in)
{
	static char data[FUSE_ROOM];
	ssize_t ret = pread(s->file, data, in->size, in->offset);

	if (ret < 0)
		return -errno;
	fuse_answer(s, unique, 0, data, ret);
	return 0;
}

static inline int fuse_write(struct fuse_server *s, uint64_t unique,
			     const struct fuse_write_in *in)
{
	struct fuse_write_out out = {};
	ssize_t ret = pwrite(s->file, in + 1, in->size, in->offset);

	if (ret < 0)
		return -errno;
	out.size = ret;
	fuse_answer(s, unique, 0, &out, sizeof(out));
	return 0;
}

static inline void fuse_serve(struct fuse_server *s)
{
	static uint64_t in[FUSE_ROOM / sizeof(uint64_t)];
	const struct fuse_in_header *h = (void *)in;
	int ret;

	while (read(s->dev, in, sizeof(in)) > 0) {
		switch (h->opcode) {
		case FUSE_INIT:
			fuse_init(s, h->unique, (void *)(h + 1));
			continue;
		case FUSE_GETATTR:
			ret = fuse_attr(s, h->unique);
			break;
		case FUSE_OPEN:
			ret = fuse_open(s, h->unique);
			break;
		case FUSE_READ:
			ret = fuse_read(s, h->unique, (void *)(h + 1));
			break;
		case FUSE_WRITE:
			ret = fuse_write(s, h->unique, (void *)(h + 1));
			break;
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
		case FUSE_INTERRUPT:
			continue;
		case FUSE_RELEASE:
		case FUSE_FLUSH:
		case FUSE_FSYNC:
		case FUSE_DESTROY:
			fuse_answer(s, h->unique, 0, NULL, 0);
			continue;
		default:
			ret = -ENOSYS;
		}
		if (ret)
			fuse_answer(s, h->unique, ret, NULL, 0);
	}
}

/*
 * Mount @file on the regular file @mountpoint. The server is a child process,
 * which exits when the file system is unmounted. Returns 0 or a negative errno.
 */
static inline int fuse_mount(const char *mountpoint, const char *file,
			     bool passthrough)
{
	struct fuse_server s = { .backing = passthrough };
	char options[80];
	int ret;

	s.dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	s.file = open(file, O_RDWR | O_CLOEXEC);
	if (s.dev < 0 || s.file < 0)
		return -errno;
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=100600,user_id=0,group_id=0", s.dev);
	if (mount("layers", mountpoint, "fuse", 0, options))
		return -errno;
	ret = fork();
	if (ret) {
		ret = ret < 0 ? -errno : 0;
		close(s.dev);
		close(s.file);
		return ret;
	}
	setsid();
	fuse_serve(&s);
	_exit(0);
}

#endif /* _IOCB_ATTR_FUSE_H */
