// SPDX-License-Identifier: GPL-2.0
/*
 * Print the time stamp counter's count of a loop of 200000 instructions, the
 * minimum of several tries, because a timer tick occurs in few of them.
 */
#include <stdint.h>
#include <stdio.h>
#include <x86intrin.h>

int main(void)
{
	uint64_t n, start, count, least = UINT64_MAX;
	int i;

	for (i = 0; i < 20; i++) {
		n = 100000;
		start = __rdtsc();
		__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n));
		count = __rdtsc() - start;
		if (count < least)
			least = count;
	}
	printf("%llu\n", (unsigned long long)least);
	return 0;
}
