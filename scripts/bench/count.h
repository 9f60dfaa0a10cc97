/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting instructions by the time stamp counter, in a guest of
 * scripts/vm/run --icount.
 *
 * Reads are done in batches and the median batch counts: a batch lasts about a
 * fifteenth of a timer tick, so most of them have none, and the median none of
 * its cost.
 */
#ifndef COUNT_H
#define COUNT_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#define BLOCK		4096
#define BATCH		64
#define BATCHES		301
#define WARM_UP		20

/* reads lie this many blocks apart, so that no two of them ever merge */
#define STRIDE		37
#define SPAN		(1 << 16)

static inline int compare_counts(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Print the instructions of one read. */
static inline void print_median(uint64_t counts[BATCHES])
{
	qsort(counts, BATCHES, sizeof(*counts), compare_counts);
	printf("%.1f\n", (double)counts[BATCHES / 2] / BATCH);
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
