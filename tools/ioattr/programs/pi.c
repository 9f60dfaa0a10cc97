// SPDX-License-Identifier: GPL-2.0
/*
 * Protection information: from the file of --pi to the device, or from the
 * device to the file. In the file the blocks' pieces follow each other, from
 * that of the first block at --offset on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

/* so that the kernel can hand them to the device as they are */
#define ALIGN	64

static int open_file(const struct job *job, int file)
{
	struct stat st, pi;
	int fd;

	if (job->verb == VERB_WRITE) {
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
	ret = ioattr_pi_format(file, &pi->format);
	if (ret)
		return strerror(-ret);
	if (!format->size || !format->interval)
		return "it has no protection information";
	if (job->bs % format->interval || job->offset % format->interval ||
	    (job->length > 0 && job->length % format->interval))
		return "--pi wants an --offset, --length and --bs of whole blocks of the device";
	pi->seed = job->ref_seed >= 0 ? job->ref_seed :
					job->offset / format->interval;
	pi->size = job->bs / format->interval * format->size;
	pi->size += -pi->size % ALIGN;
	pi->buffers = aligned_alloc(ALIGN, pi->size * job->depth);
	if (!pi->buffers)
		return strerror(ENOMEM);
	memset(pi->buffers, 0, pi->size * job->depth);
	*what = job->pi;
	pi->fd = open_file(job, file);
	if (pi->fd == -EEXIST)
		return "that is the file to be read";
	return pi->fd < 0 ? strerror(-pi->fd) : NULL;
}

int pi_end(struct pi *pi)
{
	free(pi->buffers);
	return pi->fd >= 0 && close(pi->fd) ? -errno : 0;
}

static int read_all(int fd, char *buf, long long len, long long offset)
{
	ssize_t ret;

	while (len) {
		ret = pread(fd, buf, len, offset);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return ret ? -errno : -ENODATA;
		buf += ret;
		len -= ret;
		offset += ret;
	}
	return 0;
}

static long long bytes_for(const struct pi *pi, long long len)
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
		.app_tag = job->app_tag,
		.len	 = bytes_for(pi, len),
		.addr	 = (uintptr_t)buf,
		.seed	 = pi->seed + at / pi->format.interval,
	};
	int ret;

	if (job->verb == VERB_WRITE) {
		ret = read_all(pi->fd, buf, attr.len, bytes_for(pi, at));
		if (ret)
			return ret;
	}
	return ioattr_add_pi(list, &attr,
			     job->required ? IOCB_ATTR_REQUIRED : 0);
}

int pi_finish(struct pi *pi, int slot, long long at, long long len)
{
	if (pi->job->verb == VERB_WRITE)
		return 0;
	return write_all(pi->fd, pi->buffers + slot * pi->size,
			 bytes_for(pi, len), bytes_for(pi, at));
}
