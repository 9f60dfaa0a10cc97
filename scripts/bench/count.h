/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting instructions by the time stamp counter, in a guest of
 * scripts/vm/run --icount.
 *
 * I/O is done in batches and the median batch counts: a batch lasts about a
 * fifteenth of a timer tick, so most of them have none, and the median none of
 * its cost.
 */
#ifndef COUNT_H
#define COUNT_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <x86intrin.h>

#define BLOCK		4096
#define BATCH		64
#define BATCHES		101
#define WARM_UP		20

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

/*
 * Print the instructions of one I/O, and its context switches. @switches: what
 * count_switches() said before the batches that count.
 */
static inline void print_counts(uint64_t counts[BATCHES],
				unsigned long long switches)
{
	switches = count_switches() - switches;
	qsort(counts, BATCHES, sizeof(*counts), compare_counts);
	printf("%.2f %.1f\n", (double)counts[BATCHES / 2] / BATCH,
	       (double)switches / BATCHES / BATCH);
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
