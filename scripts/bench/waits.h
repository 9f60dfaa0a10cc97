/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting the instructions of I/O that waits for a device of QEMU's, by the time
 * stamp counter. The device answers after some time of the host's, and while the
 * guest waits the counter goes on, so the time from one I/O to the next says
 * nothing. What is counted is what another process does not get meanwhile: it has
 * a lower priority and does nothing but look at the counter. When the counter has
 * gone on by more than one turn of its loop takes, there was a gap: from the
 * interrupt that completes the I/O, through waking, the return to user mode and
 * the next submission, to the switch away from a task that waits again. All of
 * one round is in one gap, whenever the interrupt comes, and nothing else is.
 *
 * The loop has a PAUSE in it: that takes QEMU long, and is one instruction. So
 * hardly any time passes for the guest while it waits, and few ticks. It is there
 * that QEMU looks for an interrupt, so that it is always the same instruction of
 * the loop that is interrupted.
 *
 * Rounds with other interrupts in them do not count, nor those that were
 * completed before they were waited for, nor by more than one interrupt: they do
 * not have one gap each. What happens only in some rounds, as refilling a cache,
 * is left out by taking the middle third of the counts; the mean of that is the
 * result. At depth 1 they are nearly all the same, at depth 32 they are not.
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
/* a turn of the loop takes fewer instructions, and any interrupt more */
#define TURN		100

struct spinner {
	uint64_t gap;		/* the last one */
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

/* Start the other process; this one comes before it from now on. */
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
 * Count @round, which submits @depth I/Os at once and waits for them. Returns 0 or
 * the negative error that it returned.
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
		/* the gap began when the last round was completed */
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
