// SPDX-License-Identifier: GPL-2.0
/*
 * Protection information. A write takes it from the file of --pi, a read stores
 * it there. The file begins with that of the block at --offset.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rw.h"

/* aligned, so that the kernel need not copy the buffers */
#define ALIGN	64

static int open_pi(const struct job *job, int file)
{
	struct stat st, pi;
	int fd;

	if (job->write) {
		fd = open(job->pi, O_RDONLY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	if (fstat(file, &st))
		return -errno;
	if (!stat(job->pi, &pi) && pi.st_dev == st.st_dev &&
	    pi.st_ino == st.st_ino)
		return -EEXIST;
	fd = open(job->pi, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : fd;
}

const char *pi_begin(struct pi *pi, const struct job *job, int file,
		     const char **what)
{
	const struct ioattr_pi_format *format = &pi->format;
	int ret;

	*pi = (struct pi){ .job = job, .fd = -1 };
	if (!job->pi)
		return NULL;
	*what = job->file;
	ret = ioattr_get_pi_format(file, &pi->format);
	if (ret && ret != -ENOTTY)
		return strerror(-ret);
	if (ret || !format->size || !format->interval)
		return "no protection information";
	if (job->bs % format->interval || job->offset % format->interval ||
	    (job->length > 0 && job->length % format->interval))
		return "for --pi, --offset, --length and --bs must be multiples of the block size";
	pi->seed = job->ref_seed >= 0 ? job->ref_seed :
					job->offset / format->interval;
	pi->size = job->bs / format->interval * format->size;
	pi->size += -pi->size % ALIGN;
	pi->buffers = aligned_alloc(ALIGN, pi->size * job->depth);
	if (!pi->buffers)
		return strerror(ENOMEM);
	memset(pi->buffers, 0, pi->size * job->depth);
	*what = job->pi;
	pi->fd = open_pi(job, file);
	if (pi->fd == -EEXIST)
		return "same file as the input";
	return pi->fd < 0 ? strerror(-pi->fd) : NULL;
}

int pi_end(struct pi *pi)
{
	free(pi->buffers);
	return pi->fd >= 0 && close(pi->fd) ? -errno : 0;
}

static long long pi_bytes(const struct pi *pi, long long len)
{
	return len / pi->format.interval * pi->format.size;
}

int pi_start(struct pi *pi, struct ioattr_list *list, int slot, long long at,
	     long long len)
{
	const struct job *job = pi->job;
	char *buf = pi->buffers + slot * pi->size;
	const struct iocb_attr_pi attr = {
		.flags	 = job->pi_check,
		.app_tag = job->app_tag < 0 ? 0 : job->app_tag,
		.len	 = pi_bytes(pi, len),
		.addr	 = (uintptr_t)buf,
		.seed	 = pi->seed + at / pi->format.interval,
	};
	int ret;

	if (job->write) {
		ret = read_all(pi->fd, buf, attr.len, pi_bytes(pi, at));
		if (ret)
			return ret;
	}
	return ioattr_add_pi(list, &attr,
			     job->attrs.required ? IOCB_ATTR_REQUIRED : 0);
}

int pi_finish(struct pi *pi, int slot, long long at, long long len)
{
	if (pi->job->write)
		return 0;
	return write_all(pi->fd, pi->buffers + slot * pi->size,
			 pi_bytes(pi, len), pi_bytes(pi, at));
}
