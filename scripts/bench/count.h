/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting instructions by the time stamp counter, in a guest of
 * scripts/vm/run --icount.
 *
 * I/O is done in batches, each of which lasts about a tenth of a timer tick. What
 * is refilled or wraps around after so many I/Os, the tags of a queue and the
 * objects of a slab, does so in the same places of every PERIOD batches. So the
 * median is taken of every first of these, of every second and so on: most have
 * no tick in them, and these none of its cost. The mean of these medians is the
 * result. Where I/O is completed by a kernel thread, its scheduling adds noise:
 * then more batches are counted, until both halves of them agree.
 */
#ifndef COUNT_H
#define COUNT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <x86intrin.h>

#define BLOCK		4096
#define BATCH		64
#define PERIOD		6
#define BATCHES		(20 * PERIOD)	/* at least, and a multiple of it */
#define MAX_BATCHES	(8 * BATCHES)
#define WARM_UP		42
#define AGREE		0.1		/* instructions per I/O */

/*
 * I/O goes to every other block, and STRIDE of these apart, so that no two ever
 * merge. STRIDE has no divisor in common with SPAN, nor with any span that is a
 * power of two.
 */
#define STRIDE		37
#define SPAN		(1 << 15)

/* Where the I/O with this number goes, of those that come before SPAN. */
static inline int64_t offset_of(unsigned int next)
{
	return (int64_t)next * 2 * BLOCK;
}

/* How many places a file has, or 0: the whole batch has to have one each. */
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

/*
 * Pass some time between two batches, always another: or ticks could keep in
 * step with them, and fall into every first of PERIOD.
 */
static inline void pass_time(void)
{
	static uint32_t random = 1;
	uint64_t n;

	random = random * 1664525 + 1013904223;
	n = (random >> 16) + 1;
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n));
}

/* How many context switches there were since boot. */
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

/* Instructions of one I/O in batches @from to @to, multiples of PERIOD. */
static inline double mean_of_medians(const uint64_t *counts, int from, int to)
{
	uint64_t some[MAX_BATCHES / PERIOD];
	double sum = 0;
	int i, n, nth;

	for (nth = 0; nth < PERIOD; nth++) {
		n = 0;
		for (i = from + nth; i < to; i += PERIOD)
			some[n++] = counts[i];
		qsort(some, n, sizeof(*some), compare_counts);
		sum += some[n / 2];
	}
	return sum / PERIOD / BATCH;
}

/* Are these @n batches enough? */
static inline bool are_enough(const uint64_t *counts, int n)
{
	double apart;

	if (n < BATCHES || n % BATCHES)
		return false;
	apart = mean_of_medians(counts, 0, n / 2) -
		mean_of_medians(counts, n / 2, n);
	return n == MAX_BATCHES || (apart < AGREE && apart > -AGREE);
}

/*
 * Print the instructions of one I/O, and its context switches. @switches: what
 * count_switches() said before the @n batches that count.
 */
static inline void print_counts(const uint64_t *counts, int n,
				unsigned long long switches)
{
	switches = count_switches() - switches;
	printf("%.2f %.1f\n", mean_of_medians(counts, 0, n),
	       (double)switches / n / BATCH);
}

/* Does the counter count instructions? Two each time round, and a few more. */
static inline int check_counter_once(void)
{
	uint64_t start, count, n = 100000;

	start = __rdtsc();
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n));
	count = __rdtsc() - start;
	return count >= 200000 && count < 200100 ? 0 : -ENODEV;
}

/* A tick may fall into it, but not into all of three. */
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
