// SPDX-License-Identifier: GPL-2.0
/*
 * The files of ioattr read and ioattr write: FILE itself, --input and --output.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/fs.h>

#include "rw.h"

/* Without O_CREAT, O_EXCL fails for a block device that is in use. */
static int exclusive(const struct job *job, const struct stat *st)
{
	return S_ISBLK(st->st_mode) && !job->force ? O_EXCL : 0;
}

const char *open_file(const struct job *job, int *fd, struct stat *st,
		      long long *end)
{
	int mode = O_CLOEXEC | (job->write ? O_WRONLY : O_RDONLY);
	uint64_t size;

	if (stat(job->file, st))
		return strerror(errno);
	/* open() with O_DIRECT would fail with EINVAL */
	if (S_ISDIR(st->st_mode))
		return strerror(EISDIR);
	if (job->write)
		mode |= exclusive(job, st);
	if (!job->buffered)
		mode |= O_DIRECT;
	*fd = open(job->file, mode);
	if (*fd < 0) {
		if (errno == EINVAL && !job->buffered)
			return "no direct I/O; see --buffered";
		if (errno == EACCES)
			return job->write ? "write permission is required" :
					    "read permission is required";
		return errno == EBUSY ? IN_USE : strerror(errno);
	}
	if (fstat(*fd, st))
		return strerror(errno);
	*end = st->st_size;
	if (S_ISBLK(st->st_mode)) {
		if (ioctl(*fd, BLKGETSIZE64, &size))
			return strerror(errno);
		*end = size;
	}
	return NULL;
}

static bool is_standard(const char *name)
{
	return !strcmp(name, "-");
}

const char *open_input(const struct job *job, int *fd)
{
	if (!job->input)
		return NULL;
	if (is_standard(job->input))
		*fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		*fd = open(job->input, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? strerror(errno) : NULL;
}

const char *open_output(const struct job *job, const struct stat *file,
			int *fd)
{
	struct stat st;
	int error;

	if (!job->output)
		return NULL;
	error = is_standard(job->output) ? fstat(STDOUT_FILENO, &st) :
					   stat(job->output, &st);
	if (error && (errno != ENOENT || is_standard(job->output)))
		return strerror(errno);
	/* O_TRUNC would destroy the input */
	if (!error && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
		return "same file as the input";
	if (is_standard(job->output))
		*fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		*fd = open(job->output, O_WRONLY | O_CLOEXEC |
			   (!error && S_ISBLK(st.st_mode) ?
			    exclusive(job, &st) : O_CREAT | O_TRUNC), 0666);
	if (*fd < 0)
		return errno == EBUSY ? IN_USE : strerror(errno);
	return NULL;
}

int sync_output(int fd)
{
	/* fsync() fails with one of these for a pipe or a terminal */
	if (!fsync(fd) || errno == EINVAL || errno == EROFS)
		return 0;
	return -errno;
}

int write_all(int fd, const char *buf, long long len, long long offset)
{
	ssize_t ret;

	while (len) {
		ret = offset < 0 ? write(fd, buf, len) :
				   pwrite(fd, buf, len, offset);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return ret ? -errno : -EIO;
		buf += ret;
		len -= ret;
		offset += offset < 0 ? 0 : ret;
	}
	return 0;
}

int read_all(int fd, char *buf, long long len, long long offset)
{
	ssize_t ret;

	while (len) {
		ret = offset < 0 ? read(fd, buf, len) :
				   pread(fd, buf, len, offset);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return ret ? -errno : -ENODATA;
		buf += ret;
		len -= ret;
		offset += offset < 0 ? 0 : ret;
	}
	return 0;
}

const char *read_error(int error)
{
	return error == -ENODATA ? "unexpected end of file" : strerror(-error);
}
