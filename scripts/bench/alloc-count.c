// SPDX-License-Identifier: GPL-2.0
/*
 * Trace the allocations of the kernel for this process while it reads, by the
 * tracepoints of all allocators. For a guest of scripts/vm/run.
 *
 *	alloc-count aio|uring|sets DEVICE LIST
 *
 * LIST is none, empty, cache, ioprio, proxy, cgroup or both (cgroup and
 * ioprio), or set+ and one of these, for a set of that list. Prints a line
 * "INTERFACE LIST WHEN SITE ASKED BYTES TIMES" for each function in the kernel
 * that allocated ASKED bytes, and got BYTES, that many times. WHEN is setup (of
 * the context or ring), first (the first read), other (the first read with
 * another cgroup), or reads (their number is in a line READS). With the
 * interface sets nothing is read: WHEN is made, for making sets of LIST (their
 * number is in a line SETS).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../tools/ioattr/include/ioattr-aio.h"
#include "../../tools/testing/selftests/iocb_attr/lib/uring.h"

#define CGROUP		"/sys/fs/cgroup/alloc"
#define TRACING		"/sys/kernel/tracing/"
#define BLOCK		4096
#define READS		1000
#define WARM_UP		100
#define SITES		64
#define SETS		100

/* A ring fills its caches with a bulk allocation, which has no tracepoint. */
static const char * const events[] = {
	"kmem/kmalloc", "kmem/kmem_cache_alloc", "kmem/mm_page_alloc",
	"percpu/percpu_alloc_percpu",
};

struct site {
	char name[80];
	unsigned long asked, bytes, times;
};

struct reads {
	const char *with, *what;
	int fd;
	unsigned int cgroup;
	struct ioattr_list lists[2];
	/* of the lists, or 0 */
	int sets[2];
	aio_context_t ctx;
	struct uring ring;
	void *buf;
};

static int set_file(const char *path, const char *text)
{
	int ret = write_file(path, text);

	if (ret)
		fprintf(stderr, "%s: %s\n", path, strerror(-ret));
	return ret;
}

/* Kept open, because opening it would be traced. */
static int tracing_on;

static int trace(const char *on)
{
	return pwrite(tracing_on, on, 1, 0) == 1 ? 0 : -errno;
}

static int set_up_tracing(void)
{
	char text[128];
	unsigned int i;
	int err;

	snprintf(text, sizeof(text), "%d", getpid());
	tracing_on = open(TRACING "tracing_on", O_WRONLY);
	if (tracing_on < 0)
		return -errno;
	err = trace("0") ?:
	      set_file(TRACING "buffer_size_kb", "8192") ?:
	      set_file(TRACING "set_event_pid", text);
	for (i = 0; i < sizeof(events) / sizeof(*events) && !err; i++) {
		snprintf(text, sizeof(text), TRACING "events/%s/enable",
			 events[i]);
		err = set_file(text, "1");
	}
	return err;
}

/* The number after @key= in a line of the trace; 0 if it has none. */
static unsigned long value(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoul(at + strlen(key), NULL, 0) : 0;
}

/* Parse an event: the allocating function, the requested and allocated size. */
static int take_line(const char *line, struct site *site)
{
	const char *at = strstr(line, "call_site=");

	memset(site, 0, sizeof(*site));
	site->times = 1;
	if (strstr(line, " mm_page_alloc: ")) {
		strcpy(site->name, "pages");
		site->asked = BLOCK << value(line, " order=");
		site->bytes = site->asked;
		return 0;
	}
	if (!at)
		return -EPROTO;
	/* the name of a function, without the offset */
	if (sscanf(at + 10, "%79[^+ ]", site->name) != 1)
		return -EPROTO;
	site->bytes = value(line, "bytes_alloc=");
	site->asked = value(line, strstr(line, " percpu_alloc_percpu: ") ?
			    " size=" : "bytes_req=");
	return site->bytes ? 0 : -EPROTO;
}

/* Print the events; fail if any was lost. */
static int print_events(struct reads *r, const char *when)
{
	static struct site sites[SITES];
	FILE *trace = fopen(TRACING "trace", "r");
	unsigned long kept, written, nr = 0;
	unsigned int i, used = 0;
	struct site site;
	char line[512];
	int err = -EPROTO;

	if (!trace)
		return -errno;
	while (fgets(line, sizeof(line), trace)) {
		if (sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu",
			   &kept, &written) == 2)
			err = kept == written ? 0 : -EOVERFLOW;
		if (*line == '#' || err)
			continue;
		err = take_line(line, &site);
		nr++;
		for (i = 0; i < used; i++)
			if (!strcmp(sites[i].name, site.name) &&
			    sites[i].bytes == site.bytes)
				break;
		if (i == SITES)
			err = -E2BIG;
		else if (i == used)
			sites[used++] = site;
		else
			sites[i].times++;
	}
	fclose(trace);
	if (!err && nr != kept)
		err = -EPROTO;
	for (i = 0; i < used && !err; i++)
		printf("%s %s %s %s %lu %lu %lu\n", r->with, r->what, when,
		       sites[i].name, sites[i].asked, sites[i].bytes,
		       sites[i].times);
	return err;
}

static int read_once(struct reads *r)
{
	struct ioattr_list *list = &r->lists[r->cgroup];
	const int set = r->sets[r->cgroup];
	struct iocb iocb = {
		.aio_lio_opcode	= IOCB_CMD_PREAD,
		.aio_fildes	= r->fd,
		.aio_buf	= (uintptr_t)r->buf,
		.aio_nbytes	= BLOCK,
	}, *iocbs = &iocb;
	struct io_event event;
	struct io_uring_sqe sqe;
	int ret;

	if (set || !strcmp(r->what, "none"))
		list = NULL;
	if (!strcmp(r->with, "uring")) {
		sqe = uring_prep(IORING_OP_READ, r->fd, r->buf, BLOCK, 0,
				 list ? &list->head : NULL);
		if (set) {
			sqe.attr_ptr = set;
			sqe.attr_type_mask = IORING_RW_ATTR_FLAG_SET;
		}
		ret = uring_run(&r->ring, &sqe);
	} else {
		if (list)
			ioattr_prep_aio(&iocb, list);
		else if (set)
			ioattr_prep_aio_set(&iocb, set);
		ret = ioattr_aio_submit(r->ctx, 1, &iocbs);
		if (ret == 1)
			ret = ioattr_aio_getevents(r->ctx, 1, 1, &event,
						   -1);
		if (ret == 1)
			ret = event.res;
	}
	return ret == BLOCK ? 0 : ret < 0 ? ret : -EIO;
}

static int read_many(struct reads *r)
{
	int i, err = 0;

	for (i = 0; i < READS && !err; i++)
		err = read_once(r);
	return err;
}

static int set_up(struct reads *r)
{
	return strcmp(r->with, "uring") ? ioattr_aio_setup(8, &r->ctx) :
		uring_open(&r->ring, 8, 0);
}

/* Do something and print what was allocated for it. */
static int measure(struct reads *r, const char *when,
		   int (*what)(struct reads *r))
{
	int err = set_file(TRACING "trace", "") ?: trace("1");

	return err ?: what(r) ?: trace("0") ?: print_events(r, when);
}

static int open_cgroup(int nr)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), CGROUP "%d", nr);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int fill_lists(struct reads *r, const char *what)
{
	const int prio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3);
	int i, both = !strcmp(what, "both");

	for (i = 0; i < 2; i++) {
		struct ioattr_list *list = &r->lists[i];

		ioattr_init(list, 0);
		if (!strcmp(what, "cache"))
			ioattr_add_cache(list, IOCB_CACHE_BYPASS, 0);
		else if (!strcmp(what, "proxy"))
			ioattr_add_proxy_pid(list, getppid(), 0);
		if (both || !strcmp(what, "cgroup"))
			ioattr_add_cgroup(list, open_cgroup(i), 0);
		if (both || !strcmp(what, "ioprio"))
			ioattr_add_ioprio(list, prio, 0);
		if (list->error)
			return list->error;
		if (strcmp(what, "none") && strcmp(what, "empty") &&
		    list->head.size == sizeof(struct iocb_attr_list))
			return -EINVAL;
	}
	return 0;
}

/* Build the lists of @r->what, and sets of them if it begins with set+. */
static int prepare(struct reads *r)
{
	const bool with_sets = !strncmp(r->what, "set+", 4);
	int i, err = fill_lists(r, with_sets ? r->what + 4 : r->what);

	for (i = 0; i < 2 && !err && with_sets; i++) {
		r->sets[i] = ioattr_set_create(&r->lists[i], 0);
		if (r->sets[i] < 0)
			err = r->sets[i];
	}
	return err;
}

/* ioattr_set_create() would query the kernel each time. */
static int make_sets(struct reads *r)
{
	int i;

	for (i = 0; i < SETS; i++)
		if (syscall(__NR_iocb_attr_create, &r->lists[0].head,
			    0) < 0)
			return -errno;
	return 0;
}

static int measure_sets(struct reads *r)
{
	int err;

	/* check the number of the system call, and enlarge the file table */
	if (r->sets[0] <= 0)
		return -EINVAL;
	if (dup2(r->sets[0], 2 * SETS) < 0)
		return -errno;
	err = measure(r, "made", make_sets);
	if (!err)
		printf("%s %s SETS - 0 0 %d\n", r->with, r->what, SETS);
	return err;
}

static int measure_all(struct reads *r)
{
	int i, err;

	err = measure(r, "setup", set_up) ?: measure(r, "first", read_once);
	r->cgroup = 1;
	err = err ?: measure(r, "other", read_once);
	for (i = 0; i < WARM_UP && !err; i++) {
		r->cgroup = i & 1;
		err = read_once(r);
	}
	err = err ?: measure(r, "reads", read_many);
	if (!err)
		printf("%s %s READS - 0 0 %d\n", r->with, r->what, READS);
	return err;
}

int main(int argc, char **argv)
{
	static struct reads r;
	int err;

	if (argc != 4) {
		fprintf(stderr, "usage: alloc-count aio|uring|sets DEVICE LIST\n");
		return 2;
	}
	r.with = argv[1];
	r.what = argv[3];
	r.fd = open(argv[2], O_RDONLY | O_DIRECT);
	r.buf = aligned_alloc(BLOCK, BLOCK);
	if (r.fd < 0 || !r.buf) {
		perror(argv[2]);
		return 1;
	}
	memset(r.buf, 0, BLOCK);
	err = prepare(&r) ?: set_up_tracing();
	if (!err)
		err = strcmp(r.with, "sets") ? measure_all(&r) :
					       measure_sets(&r);
	if (err) {
		fprintf(stderr, "alloc-count: %s\n", strerror(-err));
		return 1;
	}
	return 0;
}
