// SPDX-License-Identifier: GPL-2.0
/*
 * Count the instructions of one pread(2) or pwrite(2), as aio-count does with
 * AIO.
 *
 *	sync-count [-w] FILE direct|buffered
 *	sync-count floor
 *
 * Buffered I/O is to pages that are in memory. The second form counts what a
 * checked copy from and to user memory takes, by system calls that do one and
 * nothing else, as their arguments are wrong otherwise, or ask for nothing: less
 * the same without it. Prints the copies from user memory of 32 and of 64 bytes,
 * and that of 8 bytes to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"

static int one_batch(int fd, char *buf, bool writes, unsigned int span,
		     uint64_t *count)
{
	static unsigned int next;
	uint64_t start;
	ssize_t n;
	int i;

	pass_time();
	start = __rdtsc();
	for (i = 0; i < BATCH; i++) {
		if (writes)
			n = pwrite(fd, buf, BLOCK, offset_of(next));
		else
			n = pread(fd, buf, BLOCK, offset_of(next));
		if (n != BLOCK)
			return n < 0 ? -errno : -EIO;
		next = (next + STRIDE) & (span - 1);
	}
	*count = __rdtsc() - start;
	return 0;
}

/* The median of a system call with three arguments, and 8. */
static double count_call(long nr, long a, const void *b, const void *c)
{
	uint64_t counts[BATCHES], start;
	int i, j;

	for (i = 0; i < BATCHES; i++) {
		pass_time();
		start = __rdtsc();
		for (j = 0; j < BATCH; j++)
			syscall(nr, a, b, c, sizeof(uint64_t));
		counts[i] = __rdtsc() - start;
	}
	return mean_of_medians(counts, 0, BATCHES);
}

static void print_floor(void)
{
	/* a signal and a clock that do not exist */
	const long sig = 0, clock = 1000;
	uint64_t bytes[8] = {};

	printf("%.2f %.2f %.2f\n",
	       count_call(SYS_rt_sigaction, sig, bytes, NULL) -
	       count_call(SYS_rt_sigaction, sig, NULL, NULL),
	       count_call(SYS_timer_create, clock, bytes, NULL) -
	       count_call(SYS_timer_create, clock, NULL, NULL),
	       count_call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, bytes) -
	       count_call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL));
}

int main(int argc, char **argv)
{
	const bool writes = argc > 1 && !strcmp(argv[1], "-w");
	static uint64_t counts[MAX_BATCHES];
	unsigned long long switches = 0;
	unsigned int span;
	bool direct;
	int i, fd, err = 0;
	char *buf;

	argv += writes;
	argc -= writes;
	if (check_counter())
		return 1;
	if (argc == 2 && !strcmp(argv[1], "floor")) {
		print_floor();
		return 0;
	}
	direct = argc == 3 && !strcmp(argv[2], "direct");
	if (!direct && (argc != 3 || strcmp(argv[2], "buffered"))) {
		fputs("usage: sync-count [-w] FILE direct|buffered\n"
		      "       sync-count floor\n", stderr);
		return 2;
	}
	fd = open(argv[1], O_RDWR | (direct ? O_DIRECT : 0));
	span = fd < 0 ? 0 : span_of(fd);
	/* few enough to be in memory */
	if (span && !direct)
		span = BATCH;
	buf = aligned_alloc(BLOCK, BLOCK);
	if (!span || !buf) {
		perror(argv[1]);
		return 1;
	}
	memset(buf, 0, BLOCK);
	for (i = -WARM_UP; !err && !are_enough(counts, i); i++) {
		if (!i)
			switches = count_switches();
		err = one_batch(fd, buf, writes, span, &counts[i < 0 ? 0 : i]);
	}
	if (err) {
		fprintf(stderr, "sync-count: %s\n", strerror(-err));
		return 1;
	}
	print_counts(counts, i, switches);
	return 0;
}
