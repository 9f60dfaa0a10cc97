// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr read and ioattr write: asynchronous I/O with attributes; see
 * ioattr(1).
 */
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

#include "../common/msg.h"
#include "../include/ioattr-aio.h"
#include "cmd.h"
#include "rw.h"

static const char help_text[] =
"Usage: ioattr read|write [OPTION...] FILE\n"
"\n"
"Read or write FILE asynchronously with attributes on each I/O.\n"
"\n"
"  --cache=HINT[,HINT]  bypass, admit, writethrough, writeback, writearound\n"
"  --cgroup=DIRECTORY   charge the I/O to this cgroup\n"
"  --proxy=PID          do the I/O on behalf of this process\n"
"  --proxy-pidfd=PID    the same, but pass the process as a file descriptor\n"
"  --prio=CLASS[:LEVEL] I/O priority: rt or be, :0 to :7, idle, or none\n"
"  --pi=FILE            protection information; a read writes it to FILE\n"
"  --pi-check=TAG[,TAG] tags that the device checks: guard, ref, app\n"
"  --app-tag=N          expected application tag (0)\n"
"  --seed=N             reference tag of the first block (its number)\n"
"  --required           fail if the kernel would ignore an attribute\n"
"  --report             count the I/Os that were honoured\n"
"  --set[=FD]           put the attributes in a set, or use the open set FD\n"
"  --offset=SIZE        where to start (0)\n"
"  --length=SIZE        how much to transfer (up to the end of FILE)\n"
"  --bs=SIZE            size of each I/O (4K)\n"
"  --depth=N            number of I/Os in flight (1)\n"
"  --random[=SEED]      random order; each block once on average\n"
"  --pattern=BYTE       byte to write (0)\n"
"  --output=FILE        store the data read in FILE; it is discarded otherwise\n"
"  --buffered           no O_DIRECT: few attributes have an effect\n"
"  --help               print this text\n"
"\n"
"SIZE may end in K, M or G.\n";

/**
 * struct transfer - a job in progress
 * @list: The list without a pi record.
 * @set: The attribute set, or -1.
 * @only_set: @list has no other record, and nothing is added to it.
 * @lists: With --pi, the list of each I/O in flight: @list and a pi record.
 * @end: Size of the file; 0 if it has none.
 * @length: Number of bytes to transfer.
 * @blocks: Number of I/Os.
 * @next: Number of I/Os started.
 * @done: Number of I/Os that succeeded.
 * @bytes: Number of bytes that they transferred.
 * @honoured: By attribute id, the number of them that were honoured.
 * @fds: The file descriptors in @list, or -1.
 * @failed: An error has been printed. No more I/O is started.
 */
struct transfer {
	const struct job	*job;
	int			fd, out;
	aio_context_t		ctx;
	struct ioattr_list	list, lists[MAX_DEPTH];
	int			set;
	bool			only_set;
	struct pi		pi;
	struct iocb		iocbs[MAX_DEPTH];
	char			*buffers;
	uint64_t		random;
	long long		end, length, blocks;
	long long		next, done, bytes, honoured[IOCB_ATTR_pi + 1];
	int			fds[2];
	bool			failed;
};

/* Print the first error only: further errors usually result from it. */
__attribute__((format(printf, 3, 4)))
static void fail(struct transfer *t, const char *file, const char *format, ...)
{
	va_list args;

	if (t->failed)
		return;
	t->failed = true;
	va_start(args, format);
	verror_file(file, format, args);
	va_end(args);
}

/* xorshift64* */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static void io_failed(struct transfer *t, const struct iocb *iocb, int error)
{
	const struct job *job = t->job;

	if (error == -EILSEQ)
		fail(t, job->file,
		     "blocks and protection information do not agree in the %lld bytes at %lld",
		     (long long)iocb->aio_nbytes, (long long)iocb->aio_offset);
	else if (error == -EINVAL && !job->buffered)
		fail(t, job->file,
		     "invalid argument: for direct I/O, --offset, --length and --bs must be multiples of the block size");
	else
		fail(t, job->file, "%s", strerror(-error));
}

static long long io_length(const struct transfer *t, long long at)
{
	const long long left = t->length - at;

	return left < t->job->bs ? left : t->job->bs;
}

/* Attach the attribute list or set to the I/O in this slot. */
static int add_attributes(struct transfer *t, unsigned int slot, long long at,
			  long long len)
{
	struct ioattr_list *list = &t->list;
	int ret = 0;

	if (t->only_set)
		return ioattr_prep_aio_set(&t->iocbs[slot], t->set);
	if (t->job->pi) {
		list = &t->lists[slot];
		*list = t->list;
		ret = pi_start(&t->pi, list, slot, at, len);
		if (ret)
			fail(t, t->job->pi, "%s", ret == -ENODATA ?
			     "unexpected end of file" : strerror(-ret));
	}
	return ret ? ret : ioattr_prep_aio(&t->iocbs[slot], list);
}

/* Start the next I/O in this slot; false if there is none. */
static bool start(struct transfer *t, unsigned int slot)
{
	const struct job *job = t->job;
	struct iocb *iocb = &t->iocbs[slot];
	long long block = t->next, at, len;
	int ret = 0;

	if (t->failed || t->next == t->blocks)
		return false;
	if (job->random)
		block = next_random(&t->random) % (uint64_t)t->blocks;
	at = block * job->bs;
	len = io_length(t, at);
	/*
	 * Direct I/O reads the end of a file as a whole block. A file with
	 * protection information ends with a whole block anyway.
	 */
	if (!job->write && job->offset + at + len == t->end &&
	    !job->pi)
		len = job->bs;

	memset(iocb, 0, sizeof(*iocb));
	iocb->aio_lio_opcode = job->write ? IOCB_CMD_PWRITE :
							 IOCB_CMD_PREAD;
	iocb->aio_fildes = t->fd;
	iocb->aio_buf = (uintptr_t)(t->buffers + slot * job->bs);
	iocb->aio_nbytes = len;
	iocb->aio_offset = job->offset + at;
	iocb->aio_data = slot;
	if (has_attributes(job))
		ret = add_attributes(t, slot, at, len);
	if (!ret)
		ret = ioattr_aio_submit(t->ctx, 1, &iocb);
	if (ret != 1) {
		fail(t, job->file, "%s", explain_rejection(job, ret ? ret : -EAGAIN));
		return false;
	}
	t->next++;
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

static void finish(struct transfer *t, const struct io_event *event)
{
	const struct job *job = t->job;
	const struct iocb *iocb = &t->iocbs[event->data];
	const long long at = iocb->aio_offset - job->offset;
	const long long len = io_length(t, at);
	/* the file may have grown */
	const long long got = event->res < len ? event->res : len;
	unsigned int id;
	int ret;

	if (event->res < 0) {
		io_failed(t, iocb, event->res);
		return;
	}
	t->done++;
	t->bytes += got;
	for (id = 0; job->attrs.report && id <= IOCB_ATTR_pi; id++)
		t->honoured[id] += event->res2 >> id & 1;
	if (t->out >= 0) {
		ret = write_all(t->out, t->buffers +
				event->data * job->bs, got, at);
		if (ret)
			fail(t, job->output, "%s", strerror(-ret));
	}
	if (job->pi) {
		ret = pi_finish(&t->pi, event->data, at, got);
		if (ret)
			fail(t, job->pi, "%s", strerror(-ret));
	}
	if (got < len)
		fail(t, job->file, "unexpected end: %lld of %lld bytes at %lld",
		     got, len, (long long)iocb->aio_offset);
}

static void run_loop(struct transfer *t)
{
	struct io_event events[MAX_DEPTH];
	int i, n, in_flight = 0;

	for (i = 0; i < t->job->depth; i++)
		in_flight += start(t, i);
	while (in_flight) {
		n = ioattr_aio_getevents(t->ctx, 1, in_flight, events, -1);
		if (n == -EINTR)
			continue;
		if (n < 0) {
			/* ioattr_aio_destroy() waits for the I/Os in flight */
			fail(t, "io_getevents", "%s", strerror(-n));
			return;
		}
		for (i = 0; i < n; i++) {
			finish(t, &events[i]);
			in_flight--;
			in_flight += start(t, events[i].data);
		}
	}
}

static int open_file(struct transfer *t, struct stat *st)
{
	const struct job *job = t->job;
	const int mode = job->write ? O_WRONLY : O_RDONLY;
	uint64_t size;

	/* open() with O_DIRECT would fail with EINVAL on a directory */
	if (stat(job->file, st))
		return -errno;
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	t->fd = open(job->file, mode | O_CLOEXEC |
		       (job->buffered ? 0 : O_DIRECT));
	if (t->fd < 0)
		return -errno;
	if (fstat(t->fd, st))
		return -errno;
	t->end = st->st_size;
	if (S_ISBLK(st->st_mode)) {
		if (ioctl(t->fd, BLKGETSIZE64, &size))
			return -errno;
		t->end = size;
	}
	return 0;
}

static int open_output(struct transfer *t, const struct stat *file)
{
	const struct job *job = t->job;
	struct stat st;

	if (!job->output)
		return 0;
	/* O_TRUNC would destroy the input */
	if (!stat(job->output, &st) && st.st_dev == file->st_dev &&
	    st.st_ino == file->st_ino)
		return -EEXIST;
	t->out = open(job->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0666);
	return t->out < 0 ? -errno : 0;
}

/*
 * With --set, make a set of the list or use the given one. Returns the set or a
 * negative errno.
 */
static int get_set(struct transfer *t)
{
	struct ioattr_cap cap;
	int ret;

	if (t->job->set_fd < 0)
		return ioattr_set_create(&t->list, 0);
	ret = ioattr_probe(t->fd, &cap);
	if (!ret && !(cap.features & IOCB_ATTR_CAP_SETS))
		ret = -EOPNOTSUPP;
	return ret ? ret : t->job->set_fd;
}

/*
 * Build the list. With --set a set record replaces the attributes that are in
 * the set. Prints an error and returns false if it fails.
 */
static bool prepare_attributes(struct transfer *t)
{
	const struct job *job = t->job;
	const struct attrs *attrs = &job->attrs;
	const char *error, *what;

	error = build_list(attrs, &t->list, t->fds, &what);
	if (error) {
		fail(t, what, "%s", error);
		return false;
	}
	if (!job->set)
		return true;
	t->set = get_set(t);
	if (t->set < 0) {
		fail(t, job->file, "%s", explain_set(attrs, false, t->set));
		return false;
	}
	t->only_set = !job->pi;
	if (job->set_fd < 0)
		ioattr_init(&t->list, t->list.head.flags);
	else if (has_attrs(attrs) || attrs->report)
		t->only_set = false;
	return !ioattr_add_set(&t->list, t->set, 0);
}

/* Prints an error and returns false if it fails. */
static bool prepare(struct transfer *t)
{
	const struct job *job = t->job;
	const size_t size = job->bs * job->depth;
	const char *error, *what;
	struct stat st;
	int ret;

	ret = open_file(t, &st);
	if (ret == -EINVAL && !job->buffered)
		fail(t, job->file, "no direct I/O; see --buffered");
	else if (ret)
		fail(t, job->file, "%s", strerror(-ret));
	if (t->failed)
		return false;

	t->length = job->length >= 0 ? job->length : t->end - job->offset;
	if (t->length <= 0) {
		fail(t, job->file,
		     "nothing to %s at %lld: the file ends at %lld; see --length",
		     job->write ? "write" : "read", job->offset,
		     t->end);
		return false;
	}
	t->blocks = t->length / job->bs + !!(t->length % job->bs);

	t->buffers = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->buffers == MAP_FAILED) {
		t->buffers = NULL;
		fail(t, "memory", "%s", strerror(errno));
		return false;
	}
	if (job->write)
		memset(t->buffers, job->pattern < 0 ? 0 : job->pattern, size);
	ret = ioattr_aio_setup(job->depth, &t->ctx);
	if (ret) {
		fail(t, "io_setup", "%s", strerror(-ret));
		return false;
	}
	if (!prepare_attributes(t))
		return false;
	error = pi_begin(&t->pi, job, t->fd, &what);
	if (error) {
		fail(t, what, "%s", error);
		return false;
	}
	t->random = job->seed;

	ret = open_output(t, &st);
	if (ret)
		fail(t, job->output, "%s", ret == -EEXIST ?
		     "same file as the input" : strerror(-ret));
	return !t->failed;
}

/*
 * For each attribute that was given, print how many I/Os were honoured. What a
 * set of --set=FD gives is not known.
 */
static void print_honoured(const struct transfer *t)
{
	const struct job *job = t->job;
	const struct attrs *attrs = &job->attrs;
	const bool given[] = {
		[IOCB_ATTR_proxy_pid]	= attrs->proxy && !attrs->pidfd,
		[IOCB_ATTR_proxy_pidfd]	= attrs->proxy && attrs->pidfd,
		[IOCB_ATTR_cgroup]	= attrs->cgroup,
		[IOCB_ATTR_ioprio]	= attrs->prio >= 0,
		[IOCB_ATTR_cache]	= attrs->hints,
		[IOCB_ATTR_pi]		= job->pi,
	};
	unsigned int id;

	for (id = 0; id < sizeof(given) / sizeof(given[0]); id++) {
		if (given[id] || (job->set_fd >= 0 && t->honoured[id]))
			fprintf(stderr, ", %s honoured for %lld",
				ioattr_name(id), t->honoured[id]);
	}
}

static int transfer(const struct job *job)
{
	struct transfer *t = calloc(1, sizeof(*t));
	bool failed;
	int ret;

	if (!t) {
		error_msg("no memory");
		return 1;
	}
	t->job = job;
	t->fd = -1;
	t->out = -1;
	t->set = -1;
	t->pi.fd = -1;
	t->fds[0] = -1;
	t->fds[1] = -1;
	if (prepare(t)) {
		run_loop(t);
		if (t->done || !t->failed) {
			fprintf(stderr, "%lld bytes in %lld I/Os", t->bytes,
				t->done);
			if (job->attrs.report)
				print_honoured(t);
			fputc('\n', stderr);
		}
	}
	if (t->ctx)
		ioattr_aio_destroy(t->ctx);
	if (t->buffers)
		munmap(t->buffers, job->bs * job->depth);
	if (t->out >= 0 && close(t->out))
		fail(t, job->output, "%s", strerror(errno));
	ret = pi_end(&t->pi);
	if (ret)
		fail(t, job->pi, "%s", strerror(-ret));
	if (t->fd >= 0)
		close(t->fd);
	if (t->fds[0] >= 0)
		close(t->fds[0]);
	if (t->fds[1] >= 0)
		close(t->fds[1]);
	if (t->set >= 0 && job->set_fd < 0)
		close(t->set);
	failed = t->failed;
	free(t);
	return failed;
}

static int read_or_write(int argc, char **argv, bool write)
{
	struct job job = {
		.write = write,
		.attrs = { .command = write ? "write" : "read", .prio = -1 },
		.set_fd = -1,
		.bs = 4096, .depth = 1, .length = -1, .app_tag = -1,
		.ref_seed = -1, .seed = 1, .pattern = -1,
	};

	if (parse_options(argc, argv, &job))
		return 1;
	if (job.help) {
		fputs(help_text, stdout);
		return 0;
	}
	return transfer(&job);
}

int cmd_read(int argc, char **argv)
{
	return read_or_write(argc, argv, false);
}

int cmd_write(int argc, char **argv)
{
	return read_or_write(argc, argv, true);
}
