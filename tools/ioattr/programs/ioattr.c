// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr - read and write with per-I/O attributes; see ioattr(1).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "../lib/ioattr.h"

#define MAX_DEPTH	256

static const char help[] =
"Usage: ioattr read|write [OPTION...] FILE\n"
"       ioattr probe [FILE]\n"
"\n"
"Read or write FILE asynchronously with attributes on each I/O, or say what\n"
"this kernel knows of attributes.\n"
"\n"
"  --cache=HINT[,HINT]  bypass, admit, writethrough, writeback, writearound\n"
"  --required           refuse the I/O where nothing can honour the hints\n"
"  --report             count how many I/Os were honoured\n"
"  --offset=SIZE        where to begin (0)\n"
"  --length=SIZE        how much in all (to the end of FILE)\n"
"  --bs=SIZE            bytes of one I/O (4K)\n"
"  --depth=N            I/Os in flight (1)\n"
"  --random[=SEED]      in random order, each block on average once\n"
"  --pattern=BYTE       write this byte (0)\n"
"  --output=FILE        write what is read to FILE; it is dropped otherwise\n"
"  --buffered           without O_DIRECT: attributes have no effect then\n"
"  --help               this text\n"
"\n"
"SIZE may end in K, M or G.\n";

struct job {
	bool		write, report, required, buffered, random;
	uint32_t	hints;
	long long	offset, length, bs;
	int		depth;
	uint64_t	seed;
	int		pattern;
	const char	*output;
	const char	*file;
};

static int fail(const char *what, int error)
{
	fprintf(stderr, "ioattr: %s: %s\n", what, strerror(-error));
	return 1;
}

static long long parse_size(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 0);
	if (errno || end == text || v < 0)
		return -EINVAL;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1] || v >> (62 - 10 * (unit - units + 1)))
			return -EINVAL;
		v <<= 10 * (unit - units + 1);
	}
	return v;
}

static int parse_hints(char *text, uint32_t *hints)
{
	static const struct {
		const char *name;
		uint32_t hint;
	} table[] = {
		{ "bypass", IOCB_CACHE_BYPASS },
		{ "admit", IOCB_CACHE_ADMIT },
		{ "writethrough", IOCB_CACHE_WRITETHROUGH },
		{ "writeback", IOCB_CACHE_WRITEBACK },
		{ "writearound", IOCB_CACHE_WRITEAROUND },
	};
	const size_t n = sizeof(table) / sizeof(table[0]);
	char *word, *save;
	size_t i;

	for (word = strtok_r(text, ",", &save); word;
	     word = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < n && strcmp(word, table[i].name); i++)
			;
		if (i == n) {
			fprintf(stderr, "ioattr: no hint \"%s\": there are bypass, admit, writethrough, writeback, writearound\n",
				word);
			return -EINVAL;
		}
		*hints |= table[i].hint;
	}
	return 0;
}

/* What an error of io_submit() means to somebody who asked for attributes. */
static const char *advice(int error)
{
	switch (error) {
	case -EINVAL:
		return "the I/O or its hints are not valid, or this kernel has no per-I/O attributes: ioattr probe tells";
	case -EOPNOTSUPP:
		return "what is required cannot be honoured here: is it direct I/O?";
	default:
		return strerror(-error);
	}
}

static long long file_size(int fd)
{
	struct stat st;
	uint64_t size;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return st.st_size;
	if (ioctl(fd, BLKGETSIZE64, &size))
		return -errno;
	return size;
}

/* xorshift64*: the order has to be the same for the same seed only */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static long long pick(uint64_t *state, long long blocks)
{
	return next_random(state) % (uint64_t)blocks;
}

struct run {
	aio_context_t		ctx;
	struct ioattr_list	list;
	struct iocb		iocb[MAX_DEPTH];
	char			*buffers;
	long long		done, bytes, honoured;
};

static int start(const struct job *job, struct run *run, int fd, int slot,
		 long long block)
{
	struct iocb *iocb = &run->iocb[slot];
	long long at = block * job->bs, len = job->length - at;
	int ret;

	memset(iocb, 0, sizeof(*iocb));
	iocb->aio_lio_opcode = job->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	iocb->aio_fildes = fd;
	iocb->aio_buf = (uintptr_t)(run->buffers + slot * job->bs);
	iocb->aio_nbytes = len < job->bs ? len : job->bs;
	iocb->aio_offset = job->offset + at;
	iocb->aio_data = slot;
	if (job->hints || job->report) {
		ret = ioattr_prep_aio(iocb, &run->list);
		if (ret)
			return ret;
	}
	ret = ioattr_submit(run->ctx, 1, &iocb);
	return ret == 1 ? 0 : ret ? ret : -EAGAIN;
}

static int finish(const struct job *job, struct run *run, int out,
		  const struct io_event *event)
{
	const struct iocb *iocb = &run->iocb[event->data];
	const char *buf = run->buffers + event->data * job->bs;

	if (event->res < 0)
		return event->res;
	run->done++;
	run->bytes += event->res;
	run->honoured += !!(event->res2 & (1 << IOCB_ATTR_cache));
	if (out >= 0 && pwrite(out, buf, event->res, iocb->aio_offset -
			       job->offset) != event->res)
		return errno ? -errno : -EIO;
	return 0;
}

static int transfer(const struct job *job, struct run *run, int fd, int out)
{
	const long long blocks = (job->length + job->bs - 1) / job->bs;
	uint64_t state = job->seed ? job->seed : 1;
	struct io_event events[MAX_DEPTH];
	long long next = 0, flying = 0, block;
	int i, n, slot, ret = 0;

	while ((next < blocks && !ret) || flying) {
		/* the first free slots are used in turn, then those that end */
		while (next < blocks && flying < job->depth && !ret &&
		       next < job->depth) {
			block = job->random ? pick(&state, blocks) : next;
			ret = start(job, run, fd, next, block);
			if (!ret) {
				next++;
				flying++;
			}
		}
		if (!flying)
			break;
		n = ioattr_getevents(run->ctx, 1, job->depth, events);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++) {
			int err = finish(job, run, out, &events[i]);

			flying--;
			if (err && !ret)
				ret = err;
			if (ret || next >= blocks)
				continue;
			slot = events[i].data;
			block = job->random ? pick(&state, blocks) : next;
			ret = start(job, run, fd, slot, block);
			if (!ret) {
				next++;
				flying++;
			}
		}
	}
	return ret;
}

static int run_job(struct job *job)
{
	struct run *run = calloc(1, sizeof(*run));
	int fd, ret, out = -1;
	long long size;

	if (!run)
		return fail("memory", -ENOMEM);
	fd = open(job->file, (job->write ? O_WRONLY : O_RDONLY) | O_CLOEXEC |
		  (job->buffered ? 0 : O_DIRECT));
	if (fd < 0)
		return fail(job->file, -errno);
	size = file_size(fd);
	if (size < 0)
		return fail(job->file, size);
	if (!job->length)
		job->length = size > job->offset ? size - job->offset : 0;
	if (job->output) {
		out = open(job->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			   0666);
		if (out < 0)
			return fail(job->output, -errno);
	}
	run->buffers = mmap(NULL, job->bs * job->depth, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run->buffers == MAP_FAILED)
		return fail("memory", -errno);
	memset(run->buffers, job->pattern, job->bs * job->depth);
	ret = ioattr_setup(job->depth, &run->ctx);
	if (ret)
		return fail("io_setup", ret);

	ioattr_init(&run->list, job->report ? IOCB_ATTR_LIST_REPORT : 0);
	if (job->hints)
		ioattr_add_cache(&run->list, job->hints,
				 job->required ? IOCB_ATTR_REQUIRED : 0);
	ret = transfer(job, run, fd, out);
	fprintf(stderr, "%lld bytes in %lld I/Os", run->bytes, run->done);
	if (job->report)
		fprintf(stderr, ", cache honoured for %lld", run->honoured);
	fputc('\n', stderr);
	ioattr_destroy(run->ctx);
	munmap(run->buffers, job->bs * job->depth);
	if (out >= 0 && close(out))
		return fail(job->output, -errno);
	close(fd);
	free(run);
	if (ret) {
		fprintf(stderr, "ioattr: %s: %s\n", job->file, advice(ret));
		return 1;
	}
	return 0;
}

/* Submit a read of nothing with this list; 0 or the error. */
static int ask(aio_context_t ctx, int fd, const struct ioattr_list *list)
{
	struct iocb iocb = {
		.aio_lio_opcode	= IOCB_CMD_PREAD,
		.aio_fildes	= fd,
	}, *iocbs = &iocb;
	struct io_event event;
	int ret = ioattr_prep_aio(&iocb, list);

	if (!ret)
		ret = ioattr_submit(ctx, 1, &iocbs);
	if (ret == 1)
		ret = ioattr_getevents(ctx, 1, 1, &event);
	return ret < 0 ? ret : 0;
}

static int probe(const char *file)
{
	const char *name = file ? file : "/dev/null";
	struct ioattr_list list;
	aio_context_t ctx;
	unsigned int bit;
	int fd, ret;

	fd = open(name, O_RDONLY | O_CLOEXEC | (file ? O_DIRECT : 0));
	if (fd < 0)
		return fail(name, -errno);
	ret = ioattr_setup(1, &ctx);
	if (ret)
		return fail("io_setup", ret);

	ioattr_init(&list, 0);
	ret = ask(ctx, fd, &list);
	if (ret == -EINVAL) {
		puts("this kernel has no per-I/O attributes");
		return 2;
	}
	if (ret == -EOPNOTSUPP) {
		puts("this kernel was built without per-I/O attributes (CONFIG_IOCB_ATTR)");
		return 2;
	}
	if (ret)
		return fail(name, ret);
	puts("this kernel has per-I/O attributes");

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	printf("report: %s\n", ask(ctx, fd, &list) ? "no" : "yes");
	for (bit = 0; bit < 5; bit++) {
		static const char *const hints[] = {
			"bypass", "admit", "writethrough", "writeback",
			"writearound",
		};

		ioattr_init(&list, 0);
		ioattr_add_cache(&list, 1U << bit, 0);
		printf("cache %s: %s\n", hints[bit],
		       ask(ctx, fd, &list) ? "unknown" : "known");
	}
	if (file) {
		ioattr_init(&list, 0);
		ioattr_add_cache(&list, 0, IOCB_ATTR_REQUIRED);
		printf("cache hints on %s: %s\n", file,
		       ask(ctx, fd, &list) ? "cannot be honoured" :
		       "are handed down; a cache below may honour them");
	}
	ioattr_destroy(ctx);
	close(fd);
	return 0;
}

static int usage_error(const char *what)
{
	fprintf(stderr, "ioattr: %s; ioattr --help tells more\n", what);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cache", required_argument, NULL, 'c' },
		{ "required", no_argument, NULL, 'q' },
		{ "report", no_argument, NULL, 'r' },
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'l' },
		{ "bs", required_argument, NULL, 'b' },
		{ "depth", required_argument, NULL, 'd' },
		{ "random", optional_argument, NULL, 'R' },
		{ "pattern", required_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'O' },
		{ "buffered", no_argument, NULL, 'B' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct job job = { .bs = 4096, .depth = 1, .seed = 1 };
	long long v;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		v = optarg && strchr("olbdRp", c) ? parse_size(optarg) : 0;
		if (v < 0)
			return usage_error("that is no number or size");
		switch (c) {
		case 'c':
			if (parse_hints(optarg, &job.hints))
				return 1;
			break;
		case 'q': job.required = true; break;
		case 'r': job.report = true; break;
		case 'o': job.offset = v; break;
		case 'l': job.length = v; break;
		case 'b': job.bs = v; break;
		case 'd': job.depth = v > MAX_DEPTH ? 0 : v; break;
		case 'R': job.random = true; job.seed = optarg ? v : 1; break;
		case 'p': job.pattern = v > 255 ? -1 : v; break;
		case 'O': job.output = optarg; break;
		case 'B': job.buffered = true; break;
		case 'h': fputs(help, stdout); return 0;
		default: return usage_error("that is not understood");
		}
	}
	if (optind >= argc)
		return usage_error("read, write or probe?");
	if (!strcmp(argv[optind], "probe")) {
		if (argc - optind > 2)
			return usage_error("probe takes one file at most");
		return probe(argv[optind + 1]);
	}
	job.write = !strcmp(argv[optind], "write");
	if (!job.write && strcmp(argv[optind], "read"))
		return usage_error("the first word is read, write or probe");
	if (argc - optind != 2)
		return usage_error("one file, please");
	if (job.bs < 1 || job.bs > 1 << 30)
		return usage_error("--bs is 1 to 1G");
	if (job.depth < 1)
		return usage_error("--depth is 1 to 256");
	if (job.pattern < 0)
		return usage_error("--pattern is a byte, 0 to 255");
	if (job.required && !job.hints)
		return usage_error("--required needs --cache");
	if (job.write && job.output)
		return usage_error("--output is for read");
	job.file = argv[optind + 1];
	return run_job(&job);
}
