// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one direct read with AIO, both system calls
 * included. For a guest of scripts/vm/run --icount, where the time stamp
 * counter counts instructions.
 *
 *	aio-count DEVICE DEPTH [WHAT [N [forever]]]
 *
 * WHAT each read has: none, or the list named empty, cache, ioprio, cgroup,
 * proxy, pidfd, pi or all (cache, cgroup and ioprio); cgroup takes N cgroups in
 * turn. Or what is done before each read instead, as programs have to today:
 * flag-ioprio (IOCB_FLAG_IOPRIO), set-ioprio (ioprio_set(2)) and move (writing
 * cgroup.procs of one of two cgroups). With forever it says "reading" and reads
 * until it is killed, for scripts/bench/where.
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

#include "../../tools/ioattr/lib/ioattr.h"
#include "count.h"

#define CGROUP		"/sys/fs/cgroup/"
#define MAX_CGROUPS	1000

struct reads {
	aio_context_t ctx;
	int depth;
	unsigned int next;
	/* the lists that the reads have in turn, or none */
	struct ioattr_list lists[MAX_CGROUPS];
	unsigned int nr_lists, list;
	/* where in its list each read has the seed, or NULL */
	struct iocb_attr_pi *pi[BATCH];
	uint64_t tuples[BATCH];
	/* what is done before each read */
	int (*before)(struct reads *r);
	int procs[2];
	struct iocb iocbs[BATCH];
	struct iocb *submit[BATCH];
	struct io_event events[BATCH];
};

static int set_ioprio(struct reads *r)
{
	(void)r;
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		       IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3));
}

static int move(struct reads *r)
{
	return write(r->procs[r->next & 1], "0", 1) == 1 ? 0 : -1;
}

static int one_batch(struct reads *r, uint64_t *count)
{
	uint64_t start;
	int i, j, n;

	start = __rdtsc();
	for (i = 0; i < BATCH; i += r->depth) {
		for (j = 0; j < r->depth; j++) {
			r->iocbs[j].aio_offset = (int64_t)r->next * BLOCK;
			if (r->pi[j])
				r->pi[j]->seed = r->next;
			r->next = (r->next + STRIDE) % SPAN;
			if (r->nr_lists > 1) {
				r->iocbs[j].aio_attrs =
					(uintptr_t)&r->lists[r->list].header;
				if (++r->list == r->nr_lists)
					r->list = 0;
			}
			if (r->before && r->before(r))
				return -errno;
		}
		n = syscall(SYS_io_submit, r->ctx, r->depth, r->submit);
		if (n != r->depth)
			return n < 0 ? -errno : -EAGAIN;
		n = syscall(SYS_io_getevents, r->ctx, r->depth, r->depth,
			    r->events, NULL);
		if (n != r->depth)
			return n < 0 ? -errno : -EAGAIN;
	}
	*count = __rdtsc() - start;

	for (j = 0; j < r->depth; j++) {
		if (r->events[j].res != BLOCK)
			return r->events[j].res < 0 ? r->events[j].res : -EIO;
		if (r->events[j].res2)
			return -EPROTO;
	}
	return 0;
}

/* A cgroup below the one that this process is in. */
static int open_cgroup(unsigned int nr, const char *file, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), CGROUP "bench%u", nr);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), CGROUP "bench%u/%s", nr, file);
	nr = open(path, flags | O_CLOEXEC);
	return (int)nr < 0 ? -errno : (int)nr;
}

/* A process of a cgroup of its own that does nothing. */
static pid_t start_sleeper(void)
{
	int procs = open_cgroup(0, "cgroup.procs", O_WRONLY);
	int up[2];
	char c;
	pid_t pid;

	if (procs < 0 || pipe(up))
		return -1;
	pid = fork();
	if (!pid) {
		if (write(procs, "0", 1) != 1 || write(up[1], "", 1) != 1)
			_exit(1);
		/* who reads what this program prints waits for its end */
		close(STDOUT_FILENO);
		for (;;)
			pause();
	}
	/* it is there */
	return read(up[0], &c, 1) == 1 ? pid : -1;
}

static int prepare(struct reads *r, const char *what, unsigned int n)
{
	const int prio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3);
	struct ioattr_list *list = r->lists;
	unsigned int i;
	pid_t pid;

	if (!strcmp(what, "none") || !strcmp(what, "flag-ioprio"))
		return 0;
	if (!strcmp(what, "set-ioprio")) {
		r->before = set_ioprio;
		return 0;
	}
	if (!strcmp(what, "move")) {
		r->before = move;
		r->procs[0] = open_cgroup(0, "cgroup.procs", O_WRONLY);
		r->procs[1] = open_cgroup(1, "cgroup.procs", O_WRONLY);
		return r->procs[0] < 0 ? r->procs[0] : r->procs[1] < 0 ?
			r->procs[1] : 0;
	}

	r->nr_lists = n;
	for (i = 0; i < n; i++)
		ioattr_init(&r->lists[i], 0);
	if (!strcmp(what, "empty"))
		return 0;
	if (!strcmp(what, "cache") || !strcmp(what, "all"))
		ioattr_add_cache(list, IOCB_CACHE_BYPASS, 0);
	if (!strcmp(what, "ioprio") || !strcmp(what, "all"))
		ioattr_add_ioprio(list, prio, 0);
	if (!strcmp(what, "cgroup") || !strcmp(what, "all"))
		for (i = 0; i < n; i++)
			ioattr_add_cgroup(&r->lists[i],
					  open_cgroup(i, "", O_PATH), 0);
	if (!strcmp(what, "pi")) {
		r->nr_lists = r->depth;
		for (i = 0; i < r->nr_lists; i++) {
			list = &r->lists[i];
			ioattr_init(list, 0);
			ioattr_add_pi(list, &(struct iocb_attr_pi){
				.flags	= IO_INTEGRITY_CHK_GUARD |
					  IO_INTEGRITY_CHK_REFTAG,
				.len	= sizeof(r->tuples[i]),
				.addr	= (uintptr_t)&r->tuples[i],
			}, 0);
			r->pi[i] = (struct iocb_attr_pi *)list->space;
		}
	}
	if (!strcmp(what, "proxy") || !strcmp(what, "pidfd")) {
		pid = start_sleeper();
		if (pid < 0)
			return -errno;
		if (what[1] == 'r')
			ioattr_add_proxy_pid(list, pid, 0);
		else
			ioattr_add_proxy_pidfd(list, syscall(SYS_pidfd_open,
							     pid, 0), 0);
	}
	return list->header.size == sizeof(list->header) ? -EINVAL :
							   list->error;
}

int main(int argc, char **argv)
{
	static struct reads r;
	const char *what = argc > 3 ? argv[3] : "none";
	const unsigned int n = argc > 4 ? atoi(argv[4]) : 1;
	uint64_t counts[BATCHES];
	int i, fd, err;
	char *buf;

	if (argc < 3 || argc > 6 || !n || n > MAX_CGROUPS ||
	    (argc > 5 && strcmp(argv[5], "forever"))) {
		fprintf(stderr, "usage: aio-count DEVICE DEPTH [WHAT [N [forever]]]\n");
		return 2;
	}
	r.depth = atoi(argv[2]);
	if (r.depth < 1 || r.depth > BATCH || BATCH % r.depth) {
		fprintf(stderr, "aio-count: the depth divides %d\n", BATCH);
		return 2;
	}
	err = prepare(&r, what, n);
	if (err) {
		fprintf(stderr, "aio-count: %s: %s\n", what, strerror(-err));
		return 1;
	}
	if (check_counter())
		return 1;
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	buf = aligned_alloc(BLOCK, BATCH * BLOCK);
	if (!buf || syscall(SYS_io_setup, BATCH, &r.ctx)) {
		perror("aio-count");
		return 1;
	}
	memset(buf, 0, BATCH * BLOCK);
	for (i = 0; i < r.depth; i++) {
		r.iocbs[i].aio_lio_opcode = IOCB_CMD_PREAD;
		r.iocbs[i].aio_fildes = fd;
		r.iocbs[i].aio_buf = (uintptr_t)(buf + i * BLOCK);
		r.iocbs[i].aio_nbytes = BLOCK;
		if (r.nr_lists)
			ioattr_prep_aio(&r.iocbs[i], r.lists);
		if (!strcmp(what, "flag-ioprio")) {
			r.iocbs[i].aio_flags = IOCB_FLAG_IOPRIO;
			r.iocbs[i].aio_reqprio =
				IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3);
		}
		r.submit[i] = &r.iocbs[i];
	}
	/* each of many cgroups is met for the first time in warming up */
	for (i = -WARM_UP; i < BATCHES; i++) {
		err = one_batch(&r, &counts[i < 0 ? 0 : i]);
		if (err) {
			fprintf(stderr, "aio-count: %s\n", strerror(-err));
			return 1;
		}
		if (argc > 5 && !i) {
			puts("reading");
			fflush(stdout);
		}
		if (argc > 5 && i >= 0)
			i = 0;
	}
	print_median(counts);
	return 0;
}
