// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one pread(2) or pwrite(2), like aio-count for AIO.
 *
 *	sync-count [-w] [-i] [-g] FILE direct|buffered [WHAT [N [forever]]]
 *	sync-count floor
 *
 * -w: write. -i: count as described in waits.h. -g: in a cgroup other than the
 * root. Buffered I/O hits the page cache.
 *
 * WHAT is "none"; "scope+NAMES", where the thread has a set with these attributes
 * as its scope; or "switch+NAMES", where it gets the next of N sets with
 * PR_SET_IOCB_ATTR before each I/O. The names are those of lists.h. With forever,
 * the program prints "reading" and reads until it is killed, for
 * scripts/bench/where.
 *
 * The second form counts the minimum cost of a checked copy from and to user
 * memory, by system calls that copy their argument and then fail or do nothing,
 * minus the same calls without a copy. It prints the cost of copying 32 and 64
 * bytes from user memory and 8 bytes to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"
#include "lists.h"
#include "waits.h"

/* missing in the headers of older kernels */
#ifndef PR_SET_IOCB_ATTR
#define PR_SET_IOCB_ATTR	0x494f4101
#define PR_IOCB_ATTR_THREAD	1
#endif

struct file {
	int fd, batch;
	unsigned int next, span;
	bool writes, switches;
	char *buf;
	struct lists *lists;
};

/* A system call; the fourth argument is always 8. */
struct call {
	long nr, a;
	const void *b, *c;
};

static int read_or_write(void *arg, uint64_t *count)
{
	struct file *f = arg;
	uint64_t start;
	ssize_t n;
	int i;

	start = __rdtsc();
	for (i = 0; i < f->batch; i++) {
		if (f->switches && prctl(PR_SET_IOCB_ATTR, next_attrs(f->lists),
					 PR_IOCB_ATTR_THREAD, 0, 0))
			return -errno;
		if (f->writes)
			n = pwrite(f->fd, f->buf, BLOCK, offset_of(f->next));
		else
			n = pread(f->fd, f->buf, BLOCK, offset_of(f->next));
		if (n != BLOCK)
			return n < 0 ? -errno : -EIO;
		f->next = (f->next + STRIDE) & (f->span - 1);
	}
	*count = __rdtsc() - start;
	return 0;
}

static int do_call(void *arg, uint64_t *count)
{
	const struct call *call = arg;
	uint64_t start;
	int i;

	start = __rdtsc();
	for (i = 0; i < BATCH; i++)
		syscall(call->nr, call->a, call->b, call->c, sizeof(uint64_t));
	*count = __rdtsc() - start;
	return 0;
}

/* The cost of a system call compared with a NULL argument. */
static double more_with(struct call call)
{
	static struct counter with, without;

	if (count_batches(&with, do_call, &call))
		exit(1);
	call.b = NULL;
	call.c = NULL;
	if (count_batches(&without, do_call, &call))
		exit(1);
	return with.instructions - without.instructions;
}

static void print_floor(void)
{
	/* an invalid signal and an invalid clock */
	const long sig = 0, clock = 1000;
	uint64_t bytes[8] = {};

	const struct call with[] = {
		{ SYS_rt_sigaction, sig, bytes, NULL },
		{ SYS_timer_create, clock, bytes, NULL },
		{ SYS_rt_sigprocmask, SIG_BLOCK, NULL, bytes },
	};
	int i;

	for (i = 0; i < 3; i++)
		printf("%.2f%c", more_with(with[i]), i < 2 ? ' ' : '\n');
}

/* Returns 0 or a negative errno. */
static int set_scope(struct file *f, const char *what, unsigned int n)
{
	int err;

	if (!strcmp(what, "none"))
		return 0;
	f->switches = !strncmp(what, "switch+", 7);
	if (!f->switches && strncmp(what, "scope+", 6))
		return -EINVAL;
	err = build_lists(f->lists, strchr(what, '+') + 1, n) ?:
	      make_sets(f->lists);
	if (err)
		return err;
	return prctl(PR_SET_IOCB_ATTR, f->lists->attrs[0], PR_IOCB_ATTR_THREAD,
		     0, 0) ? -errno : 0;
}

int main(int argc, char **argv)
{
	static struct counter counter;
	static struct lists lists;
	struct file f = { .batch = BATCH, .lists = &lists };
	bool direct, forever, waits = false, child = false;
	int i, err;

	while ((i = getopt(argc, argv, "+wig")) != -1) {
		if (i == 'w')
			f.writes = true;
		else if (i == 'i')
			waits = true;
		else if (i == 'g')
			child = true;
		else
			return 2;
	}
	argv += optind;
	argc -= optind;
	if (check_counter())
		return 1;
	if (argc == 1 && !strcmp(argv[0], "floor")) {
		print_floor();
		return 0;
	}
	direct = argc >= 2 && !strcmp(argv[1], "direct");
	forever = argc > 4 && !strcmp(argv[4], "forever");
	if (argc < 2 || argc > 5 || (argc > 4 && !forever) ||
	    (!direct && strcmp(argv[1], "buffered"))) {
		fputs("usage: sync-count [-w] [-i] [-g] FILE direct|buffered "
		      "[WHAT [N [forever]]]\n"
		      "       sync-count floor\n", stderr);
		return 2;
	}
	err = child ? enter_cgroup() : 0;
	if (!err && argc > 2)
		err = set_scope(&f, argv[2], argc > 3 ? atoi(argv[3]) : 1);
	if (err) {
		fprintf(stderr, "sync-count: %s\n", strerror(-err));
		return 1;
	}
	f.fd = open(argv[0], O_RDWR | (direct ? O_DIRECT : 0));
	f.span = f.fd < 0 ? 0 : span_of(f.fd);
	/* few enough to stay in the page cache */
	if (f.span && !direct)
		f.span = BATCH;
	f.buf = aligned_alloc(BLOCK, BLOCK);
	if (!f.span || !f.buf) {
		perror(argv[0]);
		return 1;
	}
	memset(f.buf, 0, BLOCK);
	if (forever)
		do_forever(read_or_write, &f);
	if (waits)
		f.batch = 1;
	err = waits ? count_waits(&counter, read_or_write, &f, 1) :
		      count_batches(&counter, read_or_write, &f);
	if (err) {
		fprintf(stderr, "sync-count: %s\n", strerror(-err));
		return 1;
	}
	print_counter(&counter);
	return 0;
}
