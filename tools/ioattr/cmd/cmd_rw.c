// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr read and ioattr write: asynchronous I/O with attributes; see
 * ioattr(1).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

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
"  --length=SIZE        how much to transfer; a read ends at the end of FILE\n"
"  --bs=SIZE            size of each I/O (4K)\n"
"  --depth=N            number of I/Os in flight (1)\n"
"  --random[=SEED]      random order; each block once on average\n"
"  --pattern=BYTE       write this byte everywhere\n"
"  --input=FILE         write the data of FILE; - is standard input\n"
"  --output=FILE        store the data read in FILE; - is standard output\n"
"  --force              write to a block device even if it is in use\n"
"  --buffered           no O_DIRECT: few attributes have an effect\n"
"  --help               print this text\n"
"\n"
"write needs --length, and --pattern or --input. The data read is discarded\n"
"without --output. SIZE may end in K, M, G or T.\n";

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
 * @finished: With @out, the number of I/Os whose data was stored in it.
 * @events: With @out, the completions of the others, which wait for their turn.
 * @ready: Which of @events are there.
 * @done: Number of I/Os that succeeded.
 * @bytes: Number of bytes that they transferred.
 * @honoured: By attribute id, the number of them that were honoured.
 * @fds: The file descriptors in @list, or -1.
 * @failed: An error has been printed. No more I/O is started.
 */
struct transfer {
	const struct job	*job;
	int			fd, in, out;
	aio_context_t		ctx;
	struct ioattr_list	list, lists[MAX_DEPTH];
	int			set;
	bool			only_set;
	struct pi		pi;
	struct iocb		iocbs[MAX_DEPTH];
	char			*buffers;
	uint64_t		random;
	long long		end, length, blocks;
	long long		next, finished;
	struct io_event		events[MAX_DEPTH];
	bool			ready[MAX_DEPTH];
	long long		done, bytes, honoured[IOCB_ATTR_pi + 1];
	int			fds[2];
	struct timespec		began, ended;
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
			fail(t, t->job->pi, "%s", read_error(ret));
	}
	return ret ? ret : ioattr_prep_aio(&t->iocbs[slot], list);
}

/* Read the data of the next I/O; there is none if --pattern is given. */
static bool fill_buffer(struct transfer *t, unsigned int slot, long long len)
{
	int ret = 0;

	if (t->in >= 0)
		ret = read_all(t->in, t->buffers + slot * t->job->bs, len, -1);
	if (ret)
		fail(t, t->job->input, "%s", read_error(ret));
	return !ret;
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
	if (!fill_buffer(t, slot, len))
		return false;
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
	if (t->out >= 0 && !t->failed) {
		ret = write_all(t->out, t->buffers + event->data * job->bs,
				got, -1);
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

/*
 * An I/O has completed. The output may be a pipe, so data is stored in order.
 * Returns the number of I/Os that were started in its place.
 */
static int complete(struct transfer *t, const struct io_event *event)
{
	unsigned int slot = event->data;
	int started = 0;

	if (t->out < 0) {
		finish(t, event);
		return start(t, slot);
	}
	t->events[slot] = *event;
	t->ready[slot] = true;
	for (;;) {
		slot = t->finished % t->job->depth;
		if (!t->ready[slot])
			return started;
		t->ready[slot] = false;
		t->finished++;
		finish(t, &t->events[slot]);
		started += start(t, slot);
	}
}

static void run_loop(struct transfer *t)
{
	struct io_event events[MAX_DEPTH];
	int i, n, in_flight = 0;

	for (i = 0; i < t->job->depth; i++)
		in_flight += start(t, i);
	while (in_flight) {
		n = ioattr_aio_getevents(t->ctx, 1, in_flight, events, -1);
		/* by SIGSTOP and SIGCONT */
		if (n == -EINTR)
			continue;
		if (n < 0) {
			/* ioattr_aio_destroy() waits for the I/Os in flight */
			fail(t, "io_getevents", "%s", strerror(-n));
			return;
		}
		in_flight -= n;
		for (i = 0; i < n; i++)
			in_flight += complete(t, &events[i]);
	}
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

	error = open_file(job, &t->fd, &st, &t->end);
	if (error) {
		fail(t, job->file, "%s", error);
		return false;
	}

	t->length = job->length >= 0 ? job->length : t->end - job->offset;
	if (t->length <= 0) {
		fail(t, job->file,
		     "nothing to read at %lld: the file ends at %lld; see --length",
		     job->offset, t->end);
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
	if (job->write && job->pattern >= 0)
		memset(t->buffers, job->pattern, size);
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

	error = open_input(job, &t->in);
	if (error)
		fail(t, job->input, "%s", error);
	error = open_output(job, &st, &t->out);
	if (error)
		fail(t, job->output, "%s", error);
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

static void print_summary(const struct transfer *t)
{
	const double s = t->ended.tv_sec - t->began.tv_sec +
			 (t->ended.tv_nsec - t->began.tv_nsec) / 1e9;

	fprintf(stderr, "%lld bytes in %lld I/Os", t->bytes, t->done);
	if (t->job->attrs.report)
		print_honoured(t);
	fprintf(stderr, ", %.3f s, %.1f MiB/s\n", s,
		s > 0 ? t->bytes / s / (1 << 20) : 0);
}

/* Transfer all data and store it. */
static void run(struct transfer *t)
{
	int ret = 0;

	clock_gettime(CLOCK_MONOTONIC, &t->began);
	run_loop(t);
	if (t->out >= 0 && !t->failed)
		ret = sync_output(t->out);
	if (ret)
		fail(t, t->job->output, "%s", strerror(-ret));
	clock_gettime(CLOCK_MONOTONIC, &t->ended);
	if (t->done || !t->failed)
		print_summary(t);
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
	t->in = -1;
	t->out = -1;
	t->set = -1;
	t->pi.fd = -1;
	t->fds[0] = -1;
	t->fds[1] = -1;
	if (prepare(t))
		run(t);
	if (t->ctx)
		ioattr_aio_destroy(t->ctx);
	if (t->buffers)
		munmap(t->buffers, job->bs * job->depth);
	if (t->in >= 0)
		close(t->in);
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
