// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one direct read or write by AIO, including both
 * system calls. For a guest of scripts/vm/run --icount, where the time stamp
 * counter counts instructions.
 *
 *	aio-count [-w] [-i] [-g] [-t] FILE DEPTH [WHAT [N [forever]]]
 *
 * -w: write. -i: count as described in waits.h. -g: enter a child cgroup first.
 * -t: start an idle thread, which shares the file descriptors. WHAT is the
 * attributes of each I/O: none, pi, a list of lists.h, or set+ and a list, for
 * a set of it. Or it is one of the calls that programs use today before each
 * I/O: flag-ioprio (IOCB_FLAG_IOPRIO), set-ioprio (ioprio_set(2)), rw-hint
 * (F_SET_RW_HINT), or move (write cgroup.procs of one of two cgroups). With
 * setfsuid, or setfsuid+ and a list, each I/O is preceded by the calls that a
 * file server makes for a request: setfsuid(2) to root and to a user, who owns
 * the cgroup. With process, another process in another cgroup does every second
 * batch of DEPTH I/Os, when it is told to by a pipe. With forever, the program
 * prints "reading" and reads until it is killed, for scripts/bench/where.
 *
 * Prints the instructions and the context switches of one I/O.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"
#include "lists.h"
#include "waits.h"

/* missing in the headers of older C libraries */
#ifndef F_SET_RW_HINT
#define F_SET_RW_HINT	1036
#endif

#define USER		1000

struct reads {
	aio_context_t ctx;
	int fd, depth, batch, opcode;
	unsigned int next, span;
	struct lists lists;
	/* the seed in the list of each read, or NULL */
	struct ioattr_list pi_list[BATCH];
	struct iocb_attr_pi *pi[BATCH];
	uint64_t tuples[BATCH];
	/* called before each read */
	int (*before)(struct reads *r);
	int procs[2];
	/* pipes to and from the other process */
	int tell, told;
	struct iocb iocbs[BATCH];
	struct iocb *submit[BATCH];
	struct io_event events[BATCH];
};

static int set_ioprio(struct reads *r)
{
	(void)r;
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, PRIO);
}

static int set_rw_hint(struct reads *r)
{
	/* RWH_WRITE_LIFE_SHORT and _MEDIUM */
	const uint64_t hint = 2 + (r->next & 1);

	return fcntl(r->fd, F_SET_RW_HINT, &hint);
}

static int set_fsuid(struct reads *r)
{
	(void)r;
	setfsuid(0);
	setfsuid(USER);
	/* setfsuid(2) never fails and returns the previous id */
	return setfsuid(USER) == USER ? 0 : -1;
}

static int move(struct reads *r)
{
	return write(r->procs[r->next & 1], "0", 1) == 1 ? 0 : -1;
}

static int do_depth(struct reads *r)
{
	int j, n;

	for (j = 0; j < r->depth; j++) {
		r->iocbs[j].aio_offset = offset_of(r->next);
		if (r->pi[j])
			r->pi[j]->seed = r->iocbs[j].aio_offset / BLOCK;
		else
			r->iocbs[j].aio_attrs = next_attrs(&r->lists);
		r->next = (r->next + STRIDE) & (r->span - 1);
		if (r->before && r->before(r))
			return -errno;
	}
	n = syscall(SYS_io_submit, r->ctx, r->depth, r->submit);
	if (n != r->depth)
		return n < 0 ? -errno : -EAGAIN;
	n = syscall(SYS_io_getevents, r->ctx, r->depth, r->depth, r->events,
		    NULL);
	if (n != r->depth)
		return n < 0 ? -errno : -EAGAIN;
	return 0;
}

static int check_events(const struct reads *r)
{
	for (int j = 0; j < r->depth; j++) {
		if (r->events[j].res != BLOCK)
			return r->events[j].res < 0 ? r->events[j].res : -EIO;
		if (!is_report(&r->lists, r->events[j].res2))
			return -EPROTO;
	}
	return 0;
}

/* Each of two processes does half of a batch. */
static int one_batch(void *arg, uint64_t *count)
{
	struct reads *r = arg;
	const int step = r->tell ? 2 * r->depth : r->depth;
	uint64_t start;
	char c = 0;
	int i, err;

	start = __rdtsc();
	for (i = 0; i < r->batch; i += step) {
		err = do_depth(r);
		if (err)
			return err;
		if (r->tell && (write(r->tell, &c, 1) != 1 ||
				read(r->told, &c, 1) != 1))
			return -EPIPE;
	}
	*count = __rdtsc() - start;
	return check_events(r);
}

static int start_other(struct reads *r)
{
	int to[2], from[2], procs;
	char c;

	procs = open_cgroup(0, "cgroup.procs", O_WRONLY);
	if (procs < 0 || pipe(to) || pipe(from))
		return -errno;
	if (fork()) {
		close(to[0]);
		close(from[1]);
		r->tell = to[1];
		r->told = from[0];
		return 0;
	}
	close(to[1]);
	r->ctx = 0;
	if (write(procs, "0", 1) != 1 || syscall(SYS_io_setup, BATCH, &r->ctx))
		_exit(1);
	while (read(to[0], &c, 1) == 1) {
		if (do_depth(r) || check_events(r) ||
		    write(from[1], &c, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static int prepare_pi(struct reads *r)
{
	int i;

	for (i = 0; i < r->depth; i++) {
		ioattr_init(&r->pi_list[i], 0);
		ioattr_add_pi(&r->pi_list[i], &(struct iocb_attr_pi){
			.flags	= IO_INTEGRITY_CHK_GUARD |
				  IO_INTEGRITY_CHK_REFTAG,
			.len	= sizeof(r->tuples[i]),
			.addr	= (uintptr_t)&r->tuples[i],
		}, 0);
		r->pi[i] = (struct iocb_attr_pi *)r->pi_list[i].space;
		ioattr_prep_aio(&r->iocbs[i], &r->pi_list[i]);
	}
	return 0;
}

static int prepare_sets(struct reads *r, const char *what, unsigned int n)
{
	int i, err;

	err = build_lists(&r->lists, what, n);
	if (!err)
		err = make_sets(&r->lists);
	for (i = 0; i < r->depth && !err; i++)
		err = ioattr_prep_aio_set(&r->iocbs[i], r->lists.attrs[0]);
	return err;
}

static void *do_nothing(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* Set the attributes of all prepared iocbs. */
static int prepare(struct reads *r, const char *what, unsigned int n)
{
	int i, err;

	if (!strcmp(what, "none"))
		return 0;
	if (!strcmp(what, "process"))
		return start_other(r);
	if (!strcmp(what, "pi"))
		return prepare_pi(r);
	if (!strcmp(what, "flag-ioprio")) {
		for (i = 0; i < r->depth; i++) {
			r->iocbs[i].aio_flags = IOCB_FLAG_IOPRIO;
			r->iocbs[i].aio_reqprio = PRIO;
		}
		return 0;
	}
	if (!strcmp(what, "set-ioprio")) {
		r->before = set_ioprio;
		return 0;
	}
	if (!strcmp(what, "rw-hint")) {
		r->before = set_rw_hint;
		return 0;
	}
	if (!strcmp(what, "move")) {
		r->before = move;
		r->procs[0] = open_cgroup(0, "cgroup.procs", O_WRONLY);
		r->procs[1] = open_cgroup(1, "cgroup.procs", O_WRONLY);
		return r->procs[0] < 0 ? r->procs[0] : r->procs[1] < 0 ?
			r->procs[1] : 0;
	}
	if (!strncmp(what, "setfsuid", 8)) {
		r->before = set_fsuid;
		i = open_cgroup(0, "cgroup.procs", O_WRONLY);
		if (i < 0 || fchown(i, USER, USER))
			return -errno;
		close(i);
		what += 8;
		if (!*what++)
			return 0;
	}
	if (!strncmp(what, "set+", 4))
		return prepare_sets(r, what + 4, n);
	err = build_lists(&r->lists, what, n);
	for (i = 0; i < r->depth && !err; i++)
		err = ioattr_prep_aio(&r->iocbs[i], r->lists.list);
	return err;
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "aio-count: %s: %s\n", what, strerror(-err));
	return 1;
}

int main(int argc, char **argv)
{
	static struct counter counter;
	static struct reads r = {
		.batch = BATCH, .opcode = IOCB_CMD_PREAD, .lists.nr = 1,
	};
	bool forever, waits = false, child = false, threads = false;
	const char *what, *file;
	pthread_t thread;
	int i, n, err;
	char *buf;

	while ((i = getopt(argc, argv, "+wigt")) != -1) {
		if (i == 'w')
			r.opcode = IOCB_CMD_PWRITE;
		else if (i == 'i')
			waits = true;
		else if (i == 'g')
			child = true;
		else if (i == 't')
			threads = true;
		else
			return 2;
	}
	argv += optind;
	argc -= optind;
	what = argc > 2 ? argv[2] : "none";
	n = argc > 3 ? atoi(argv[3]) : 1;
	forever = argc > 4 && !strcmp(argv[4], "forever");
	if (argc < 2 || argc > 5 || (argc > 4 && !forever)) {
		fputs("usage: aio-count [-w] [-i] [-g] [-t] FILE DEPTH [WHAT [N [forever]]]\n",
		      stderr);
		return 2;
	}
	file = argv[0];
	r.depth = atoi(argv[1]);
	if (r.depth < 1 || r.depth > BATCH || BATCH % r.depth) {
		fprintf(stderr, "aio-count: the depth divides %d\n", BATCH);
		return 2;
	}
	if (check_counter())
		return 1;
	err = child ? enter_cgroup() : 0;
	if (err)
		return fail("cgroup", err);
	r.fd = open(file, O_RDWR | O_DIRECT);
	if (r.fd < 0)
		return fail(file, -errno);
	r.span = span_of(r.fd);
	if (!r.span)
		return fail(file, -EFBIG);
	buf = aligned_alloc(BLOCK, BATCH * BLOCK);
	if (!buf || syscall(SYS_io_setup, BATCH, &r.ctx))
		return fail("io_setup", -errno);
	memset(buf, 0, BATCH * BLOCK);
	for (i = 0; i < r.depth; i++) {
		r.iocbs[i].aio_lio_opcode = r.opcode;
		r.iocbs[i].aio_fildes = r.fd;
		r.iocbs[i].aio_buf = (uintptr_t)(buf + i * BLOCK);
		r.iocbs[i].aio_nbytes = BLOCK;
		r.submit[i] = &r.iocbs[i];
	}
	err = prepare(&r, what, n);
	if (!err && threads)
		err = -pthread_create(&thread, NULL, do_nothing, NULL);
	if (err)
		return fail(what, err);
	if (forever)
		do_forever(one_batch, &r);
	/* warming up uses each of many cgroups once */
	if (waits) {
		r.batch = r.depth;
		err = count_waits(&counter, one_batch, &r, r.depth);
	} else {
		err = count_batches(&counter, one_batch, &r);
	}
	if (err)
		return fail(what, err);
	print_counter(&counter);
	return 0;
}
