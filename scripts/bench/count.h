/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Count instructions by the time stamp counter, in a guest of scripts/vm/run
 * --icount.
 *
 * I/O is done in batches, as many after each timer tick as end before the next
 * one. The first one is not counted, because it includes work that is done once
 * per tick, such as updating the time of an inode. Tags of a queue wrap around,
 * and slabs are refilled, after a number of I/Os that divides PERIOD batches.
 * The medians of all first batches of a period, of all second ones, and so on
 * are therefore computed separately, and their mean is the result. If a kernel
 * thread completes the I/O, its scheduling adds noise: then more batches are
 * counted, until all quarters of them agree.
 */
#ifndef COUNT_H
#define COUNT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#define BLOCK		4096
#define BATCH		64
#define PERIOD		6
#define BATCHES		12		/* minimum for each place in it */
#define MAX_BATCHES	200
#define WARM_UP		40
#define AGREE		0.3		/* instructions per I/O */

/* instructions between ticks: CONFIG_HZ is 250 */
#define TICK		4000000
/* a tick takes more than this, and looking for one takes less */
#define TICK_WORK	1000
/* maximum for a tick, and the additional cost of the batch after it */
#define TICK_MARGIN	200000

/*
 * I/O goes to every other block, STRIDE of these apart, so that it never
 * merges. STRIDE has no common divisor with SPAN or with any span that is a
 * power of two.
 */
#define STRIDE		37
#define SPAN		(1 << 15)

/* The offset of this I/O, below SPAN. */
static inline int64_t offset_of(unsigned int next)
{
	return (int64_t)next * 2 * BLOCK;
}

/* The number of offsets in a file; 0 if a whole batch does not fit. */
static inline unsigned int span_of(int fd)
{
	const off_t places = lseek(fd, 0, SEEK_END) / (2 * BLOCK);
	unsigned int span = SPAN;

	while (span > places)
		span /= 2;
	return span < BATCH ? 0 : span;
}

static inline int compare_counts(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The number of context switches since boot. */
static inline unsigned long long count_switches(void)
{
	unsigned long long n = 0;
	char line[256];
	FILE *f = fopen("/proc/stat", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "ctxt %llu", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

static inline void wait_for_tick(void)
{
	uint64_t last, now = __rdtsc();

	do {
		last = now;
		now = __rdtsc();
	} while (now - last < TICK_WORK);
}

/* Do a batch and set @count to its instructions. */
typedef int (*batch_fn)(void *arg, uint64_t *count);

struct counter {
	uint64_t counts[PERIOD][MAX_BATCHES];
	int nr;			/* of each place */
	double instructions;	/* of one I/O */
	double switches;	/* to another task, per I/O */
};

/* Instructions of one I/O, from the batches @from to @to of each place. */
static inline double mean_of_medians(const struct counter *c, int from, int to)
{
	uint64_t sorted[MAX_BATCHES];
	double sum = 0;
	int i;

	for (i = 0; i < PERIOD; i++) {
		memcpy(sorted, c->counts[i] + from,
		       (to - from) * sizeof(*sorted));
		qsort(sorted, to - from, sizeof(*sorted), compare_counts);
		sum += sorted[(to - from) / 2];
	}
	return sum / PERIOD / BATCH;
}

static inline bool are_enough(const struct counter *c, int more)
{
	double quarter, least = 0, most = 0;
	int i;

	if (c->nr < BATCHES)
		return false;
	for (i = 0; i < 4; i++) {
		quarter = mean_of_medians(c, c->nr * i / 4,
					  c->nr * (i + 1) / 4);
		if (!i || quarter < least)
			least = quarter;
		if (!i || quarter > most)
			most = quarter;
	}
	return most - least < AGREE || c->nr + more > MAX_BATCHES;
}

/*
 * The number of batches of this length between two ticks, chosen so that after
 * enough ticks each place in PERIOD has been the first after a tick.
 */
static inline int batches_in_tick(uint64_t length)
{
	int n = (TICK - TICK_MARGIN) / length;

	if (n > MAX_BATCHES / 2)
		n = MAX_BATCHES / 2;
	while (n > 0 && n % PERIOD != 1 && n % PERIOD != PERIOD - 1)
		n--;
	return n;
}

/* Count @batch. Returns 0 or the negative error that it returned. */
static inline int count_batches(struct counter *c, batch_fn batch, void *arg)
{
	unsigned long long switches = 0;
	int i, j, n, place = 0, nr[PERIOD], err;
	uint64_t count;

	for (i = 0; i < WARM_UP; i++) {
		err = batch(arg, &count);
		if (err)
			return err;
	}
	/* measure a batch that is not the first after a tick */
	wait_for_tick();
	err = batch(arg, &count);
	if (!err)
		err = batch(arg, &count);
	n = err ? 0 : batches_in_tick(count);
	if (n < 2)
		return err ?: -E2BIG;

	c->nr = 0;
	switches = count_switches();
	for (i = 0; !are_enough(c, n - 1); i++) {
		for (j = 0; j < PERIOD; j++)
			nr[j] = c->nr;
		/* PERIOD ticks have n batches of each place, and one more */
		for (j = 0; j < PERIOD * n; j++) {
			if (j % n == 0)
				wait_for_tick();
			err = batch(arg, &count);
			if (err)
				return err;
			if (j % n)
				c->counts[place][nr[place]++] = count;
			place = (place + 1) % PERIOD;
		}
		c->nr += n - 1;
	}
	c->instructions = mean_of_medians(c, 0, c->nr);
	c->switches = (double)(count_switches() - switches) /
		      (i * PERIOD * n) / BATCH;
	return 0;
}

/* For an outside observer: print "reading" when warm; return only on error. */
static inline void do_forever(batch_fn batch, void *arg)
{
	uint64_t count;
	int i;

	for (i = 0; !batch(arg, &count); i += i <= WARM_UP) {
		if (i == WARM_UP) {
			puts("reading");
			fflush(stdout);
		}
	}
	exit(1);
}

static inline void print_counter(const struct counter *c)
{
	printf("%.2f %.1f\n", c->instructions, c->switches);
}

/* Check that the counter counts instructions: two per turn, and a few more. */
static inline int check_counter_once(void)
{
	uint64_t start, count, n = 100000;

	start = __rdtsc();
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n));
	count = __rdtsc() - start;
	return count >= 200000 && count < 200100 ? 0 : -ENODEV;
}

/* one of three tries may include a tick, but not all of them */
static inline int check_counter(void)
{
	for (int i = 0; i < 3; i++)
		if (!check_counter_once())
			return 0;
	fputs("the time stamp counter does not count instructions: --icount?\n",
	      stderr);
	return -ENODEV;
}

#endif /* COUNT_H */
