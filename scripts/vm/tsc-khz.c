// SPDX-License-Identifier: GPL-2.0
/*
 * Print the frequency of the time stamp counter in kHz. A guest of TCG reads the
 * counter of the host.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

int main(void)
{
	const struct timespec wait = { .tv_nsec = 100000000 };
	uint64_t ticks, ns;

	ns = now();
	ticks = __rdtsc();
	nanosleep(&wait, NULL);
	ns = now() - ns;
	ticks = __rdtsc() - ticks;
	printf("%llu\n", (unsigned long long)(ticks * 1000000 / ns));
	return 0;
}
