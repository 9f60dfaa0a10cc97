// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "../include/ioattr-aio.h"
#include "command.h"
#include "say.h"

/**
 * struct run - a job under way
 * @end: Size of the file, 0 if that means nothing.
 * @length: Bytes of the file that the job is about.
 * @blocks: I/Os in all.
 * @next: I/Os started.
 * @done: I/Os that succeeded; @bytes: what they transferred; @honoured: how
 *	many of them had the attribute with this id honoured.
 * @fds: What the list refers to.
 * @lists: With --pi, the list of each I/O in flight: @list and one more record.
 * @failed: Something went wrong, which has been said. No I/O is started then.
 */
struct run {
	const struct job	*job;
	int			fd, out;
	aio_context_t		ctx;
	struct ioattr_list	list, lists[MAX_DEPTH];
	struct pi		pi;
	struct iocb		iocbs[MAX_DEPTH];
	char			*buffers;
	uint64_t		random;
	long long		end, length, blocks;
	long long		next, done, bytes, honoured[IOCB_ATTR_pi + 1];
	int			fds[2];
	bool			failed;
};

/* Only the first thing that goes wrong is told: the others follow from it. */
__attribute__((format(printf, 3, 4)))
static void fail(struct run *run, const char *file, const char *format, ...)
{
	va_list args;

	if (run->failed)
		return;
	run->failed = true;
	va_start(args, format);
	vcomplain_of(file, format, args);
	va_end(args);
}

/* xorshift64*: the order has to be the same for the same seed only */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* An I/O has ended with an error. */
static void io_failed(struct run *run, const struct iocb *iocb, int error)
{
	const struct job *job = run->job;

	if (error == -EILSEQ)
		fail(run, job->file,
		     "blocks and protection information do not agree in the %lld bytes at %lld",
		     (long long)iocb->aio_nbytes, (long long)iocb->aio_offset);
	else if (error == -EINVAL && !job->buffered)
		fail(run, job->file,
		     "not valid: direct I/O wants an --offset, --length and --bs of whole blocks of the device");
	else
		fail(run, job->file, "%s", strerror(-error));
}

static long long wanted(const struct run *run, long long at)
{
	const long long left = run->length - at;

	return left < run->job->bs ? left : run->job->bs;
}

/* Give the I/O in this slot its attributes. */
static int add_attributes(struct run *run, unsigned int slot, long long at,
			  long long len)
{
	struct ioattr_list *list = &run->list;
	int ret = 0;

	if (run->job->pi) {
		list = &run->lists[slot];
		*list = run->list;
		ret = pi_start(&run->pi, list, slot, at, len);
		if (ret)
			fail(run, run->job->pi, "%s", ret == -ENODATA ?
			     "it ends early" : strerror(-ret));
	}
	return ret ? ret : ioattr_prep_aio(&run->iocbs[slot], list);
}

/* Start the next I/O in this slot; false if there is none. */
static bool start(struct run *run, unsigned int slot)
{
	const struct job *job = run->job;
	struct iocb *iocb = &run->iocbs[slot];
	long long block = run->next, at, len;
	int ret = 0;

	if (run->failed || run->next == run->blocks)
		return false;
	if (job->random)
		block = next_random(&run->random) % (uint64_t)run->blocks;
	at = block * job->bs;
	len = wanted(run, at);
	/*
	 * Direct I/O reads what is left of a file only as a whole block. What
	 * has protection information has whole blocks only.
	 */
	if (job->verb == VERB_READ && job->offset + at + len == run->end &&
	    !job->pi)
		len = job->bs;

	memset(iocb, 0, sizeof(*iocb));
	iocb->aio_lio_opcode = job->verb == VERB_WRITE ? IOCB_CMD_PWRITE :
							 IOCB_CMD_PREAD;
	iocb->aio_fildes = run->fd;
	iocb->aio_buf = (uintptr_t)(run->buffers + slot * job->bs);
	iocb->aio_nbytes = len;
	iocb->aio_offset = job->offset + at;
	iocb->aio_data = slot;
	if (has_attributes(job))
		ret = add_attributes(run, slot, at, len);
	if (!ret)
		ret = ioattr_submit(run->ctx, 1, &iocb);
	if (ret != 1) {
		fail(run, job->file, "%s", refusal(job, ret ? ret : -EAGAIN));
		return false;
	}
	run->next++;
	return true;
}

int write_all(int fd, const char *buf, long long len, long long offset)
{
	ssize_t ret;

	while (len) {
		ret = pwrite(fd, buf, len, offset);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return ret ? -errno : -EIO;
		buf += ret;
		len -= ret;
		offset += ret;
	}
	return 0;
}

static void finish(struct run *run, const struct io_event *event)
{
	const struct job *job = run->job;
	const struct iocb *iocb = &run->iocbs[event->data];
	const long long at = iocb->aio_offset - job->offset;
	const long long len = wanted(run, at);
	/* the file may have grown */
	const long long got = event->res < len ? event->res : len;
	unsigned int id;
	int ret;

	if (event->res < 0) {
		io_failed(run, iocb, event->res);
		return;
	}
	run->done++;
	run->bytes += got;
	for (id = 0; job->report && id <= IOCB_ATTR_pi; id++)
		run->honoured[id] += event->res2 >> id & 1;
	if (run->out >= 0) {
		ret = write_all(run->out, run->buffers +
				event->data * job->bs, got, at);
		if (ret)
			fail(run, job->output, "%s", strerror(-ret));
	}
	if (job->pi) {
		ret = pi_finish(&run->pi, event->data, at, got);
		if (ret)
			fail(run, job->pi, "%s", strerror(-ret));
	}
	if (got < len)
		fail(run, job->file, "ends early: %lld of %lld bytes at %lld",
		     got, len, (long long)iocb->aio_offset);
}

static void do_all(struct run *run)
{
	struct io_event events[MAX_DEPTH];
	int i, n, flying = 0;

	for (i = 0; i < run->job->depth; i++)
		flying += start(run, i);
	while (flying) {
		n = ioattr_getevents(run->ctx, 1, flying, events);
		if (n < 0) {
			/* destroying the context waits for what is in flight */
			fail(run, "io_getevents", "%s", strerror(-n));
			return;
		}
		for (i = 0; i < n; i++) {
			finish(run, &events[i]);
			flying--;
			flying += start(run, events[i].data);
		}
	}
}

static int open_file(struct run *run, struct stat *st)
{
	const struct job *job = run->job;
	const int mode = job->verb == VERB_WRITE ? O_WRONLY : O_RDONLY;
	uint64_t size;

	/* opened for direct I/O, a directory would be a bad argument */
	if (stat(job->file, st))
		return -errno;
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	run->fd = open(job->file, mode | O_CLOEXEC |
		       (job->buffered ? 0 : O_DIRECT));
	if (run->fd < 0)
		return -errno;
	if (fstat(run->fd, st))
		return -errno;
	run->end = st->st_size;
	if (S_ISBLK(st->st_mode)) {
		if (ioctl(run->fd, BLKGETSIZE64, &size))
			return -errno;
		run->end = size;
	}
	return 0;
}

static int open_output(struct run *run, const struct stat *file)
{
	const struct job *job = run->job;
	struct stat st;

	if (!job->output)
		return 0;
	/* it would be emptied before it is read */
	if (!stat(job->output, &st) && st.st_dev == file->st_dev &&
	    st.st_ino == file->st_ino)
		return -EEXIST;
	run->out = open(job->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0666);
	return run->out < 0 ? -errno : 0;
}

/* Say it and return false if something is missing. */
static bool prepare(struct run *run)
{
	const struct job *job = run->job;
	const size_t size = job->bs * job->depth;
	const char *wrong, *what;
	struct stat st;
	int ret;

	ret = open_file(run, &st);
	if (ret == -EINVAL && !job->buffered)
		fail(run, job->file, "it has no direct I/O; see --buffered");
	else if (ret)
		fail(run, job->file, "%s", strerror(-ret));
	if (run->failed)
		return false;

	run->length = job->length >= 0 ? job->length : run->end - job->offset;
	if (run->length <= 0) {
		fail(run, job->file,
		     "nothing to %s from %lld on: it ends at %lld, and there is no --length",
		     job->verb == VERB_WRITE ? "write" : "read", job->offset,
		     run->end);
		return false;
	}
	run->blocks = run->length / job->bs + !!(run->length % job->bs);

	run->buffers = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run->buffers == MAP_FAILED) {
		run->buffers = NULL;
		fail(run, "memory", "%s", strerror(errno));
		return false;
	}
	if (job->verb == VERB_WRITE)
		memset(run->buffers, job->pattern, size);
	ret = ioattr_setup(job->depth, &run->ctx);
	if (ret) {
		fail(run, "io_setup", "%s", strerror(-ret));
		return false;
	}
	wrong = build_list(job, &run->list, run->fds, &what);
	if (wrong) {
		fail(run, what, "%s", wrong);
		return false;
	}
	wrong = pi_begin(&run->pi, job, run->fd, &what);
	if (wrong) {
		fail(run, what, "%s", wrong);
		return false;
	}
	run->random = job->seed;

	ret = open_output(run, &st);
	if (ret)
		fail(run, job->output, "%s", ret == -EEXIST ?
		     "that is the file to be read" : strerror(-ret));
	return !run->failed;
}

/* Of each attribute that was given, how many I/Os had it honoured. */
static void print_report(const struct run *run)
{
	const struct job *job = run->job;
	const bool given[] = {
		[IOCB_ATTR_proxy_pid]	= job->proxy && !job->pidfd,
		[IOCB_ATTR_proxy_pidfd]	= job->proxy && job->pidfd,
		[IOCB_ATTR_cgroup]	= job->cgroup,
		[IOCB_ATTR_ioprio]	= job->prio >= 0,
		[IOCB_ATTR_cache]	= job->hints,
		[IOCB_ATTR_pi]		= job->pi,
	};
	unsigned int id;

	for (id = 0; id < sizeof(given) / sizeof(given[0]); id++) {
		if (given[id])
			fprintf(stderr, ", %s honoured for %lld",
				ioattr_name(id), run->honoured[id]);
	}
}

int transfer(const struct job *job)
{
	struct run *run = calloc(1, sizeof(*run));
	bool failed;
	int ret;

	if (!run) {
		complain("no memory");
		return 1;
	}
	run->job = job;
	run->fd = -1;
	run->out = -1;
	run->pi.fd = -1;
	run->fds[0] = -1;
	run->fds[1] = -1;
	if (prepare(run)) {
		do_all(run);
		if (run->done || !run->failed) {
			fprintf(stderr, "%lld bytes in %lld I/Os", run->bytes,
				run->done);
			if (job->report)
				print_report(run);
			fputc('\n', stderr);
		}
	}
	if (run->ctx)
		ioattr_destroy(run->ctx);
	if (run->buffers)
		munmap(run->buffers, job->bs * job->depth);
	if (run->out >= 0 && close(run->out))
		fail(run, job->output, "%s", strerror(errno));
	ret = pi_end(&run->pi);
	if (ret)
		fail(run, job->pi, "%s", strerror(-ret));
	if (run->fd >= 0)
		close(run->fd);
	if (run->fds[0] >= 0)
		close(run->fds[0]);
	if (run->fds[1] >= 0)
		close(run->fds[1]);
	failed = run->failed;
	free(run);
	return failed;
}
