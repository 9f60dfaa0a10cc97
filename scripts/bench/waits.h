/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Count the instructions of I/O that waits for a device of QEMU, by the time
 * stamp counter. The device answers after some time of the host, and the
 * counter also advances while the guest waits. The time from one I/O to the
 * next is therefore meaningless. Instead, a process with a lower priority runs
 * in a loop that reads the counter. If the counter advances by more than one
 * turn of the loop, there was a gap: from the interrupt that completes the I/O,
 * through the wakeup, the return to user mode and the next submission, to the
 * switch away from the waiting task. A gap contains exactly one round, whenever
 * the interrupt arrives.
 *
 * The loop contains a PAUSE, one instruction, for which QEMU takes a long time.
 * Little guest time passes while the guest waits, so there are few ticks. QEMU
 * checks for interrupts at this instruction, so the loop is always interrupted
 * there.
 *
 * Rounds with other interrupts are not counted, and neither are rounds that
 * completed before the wait or by more than one interrupt, because they do not
 * have one gap. Work that is done only in some rounds, such as refilling a
 * cache, is excluded by using the mean of the middle third of the counts. At
 * depth 1 nearly all counts are equal, at depth 32 they are not.
 */
#ifndef WAITS_H
#define WAITS_H

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <x86intrin.h>

#include "count.h"

#define ROUNDS		1000
#define MAX_ROUNDS	(10 * ROUNDS)
/* a turn of the loop takes fewer instructions, an interrupt takes more */
#define TURN		100

struct spinner {
	uint64_t gap;		/* the most recent one */
	unsigned int gaps;
};

static inline void spin(struct spinner *s)
{
	uint64_t last = __rdtsc(), now;

	for (;; last = now) {
		_mm_pause();
		now = __rdtsc();
		if (now - last > TURN) {
			s->gap = now - last;
			__atomic_store_n(&s->gaps, s->gaps + 1,
					 __ATOMIC_RELEASE);
		}
	}
}

/* Start the other process, with a lower priority than this one. */
static inline struct spinner *start_spinner(void)
{
	const struct sched_param param = { .sched_priority = 1 };
	struct spinner *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (s == MAP_FAILED)
		return NULL;
	pid = fork();
	if (!pid) {
		if (!prctl(PR_SET_PDEATHSIG, SIGKILL))
			spin(s);
		_exit(1);
	}
	if (pid < 0 || sched_setscheduler(0, SCHED_FIFO, &param))
		return NULL;
	return s;
}

static inline unsigned int count_gaps(const struct spinner *s)
{
	return __atomic_load_n(&s->gaps, __ATOMIC_ACQUIRE);
}

static inline double mean_of_middle_third(uint64_t *counts)
{
	double sum = 0;
	int i;

	qsort(counts, ROUNDS, sizeof(*counts), compare_counts);
	for (i = ROUNDS / 3; i < 2 * (ROUNDS / 3); i++)
		sum += counts[i];
	return sum / (ROUNDS / 3);
}

/*
 * Count @round, which submits @depth I/Os at once and waits for them. Returns 0
 * or the negative error of @round.
 */
static inline int count_waits(struct counter *c, batch_fn round, void *arg,
			      int depth)
{
	struct spinner *s = start_spinner();
	bool clean = false, was_clean;
	static uint64_t counts[ROUNDS];
	unsigned long long switches;
	int i, nr = 0, err;
	unsigned int gaps;
	uint64_t unused;

	if (!s)
		return -errno;
	switches = count_switches();
	for (i = 0; nr < ROUNDS; i++) {
		if (i == MAX_ROUNDS)
			return -EBUSY;
		gaps = count_gaps(s);
		err = round(arg, &unused);
		if (err)
			return err;
		/* the gap began when the previous round completed */
		was_clean = clean;
		clean = count_gaps(s) == gaps + 1;
		if (i >= WARM_UP && clean && was_clean)
			counts[nr++] = s->gap;
	}
	c->instructions = mean_of_middle_third(counts) / depth;
	c->switches = (double)(count_switches() - switches) / i / depth;
	return 0;
}

#endif /* WAITS_H */
