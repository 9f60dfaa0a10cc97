// SPDX-License-Identifier: GPL-2.0
/*
 * Random I/O with valid and invalid attributes, by AIO and io_uring, with lists
 * and with sets that are kept for a while, through a stack of devices and to
 * devices that fail, while targets are created and removed and threads change
 * their scope. Each I/O must complete once, with the result that its list
 * implies. Nothing may leak.
 * KASAN, lockdep and kmemleak detect other bugs.
 *
 * soak [SECONDS [SEED]] runs as root. It overwrites three virtio disks with the
 * serial numbers disk0 (384 MiB or more), disk1 (128 MiB) and disk2 (64 MiB).
 * It needs make-bcache, mkfs.ext4, fault injection in null_blk and
 * slab_nomerge.
 */
#define _GNU_SOURCE
#include <sys/random.h>

#include "events.h"
#include "kselftest.h"
#include "leaks.h"
#include "worker.h"

#define NR_WORKERS	8
#define WARM_UP		5	/* seconds */
#define PROGRESS	10
/* seconds for the last I/Os to complete */
#define LAST		180

/* A round builds the stack, does I/O and tears the stack down. */
struct round {
	struct stack stack;
	struct targets targets;
	struct events events;
	struct worker workers[NR_WORKERS];
	bool stop;
	/* threads with I/Os that did not complete, by AIO and by io_uring */
	unsigned int lost[2];
	int failed_steps;
};

/* IORING_SETUP_* flags of the io_uring workers */
static const unsigned int setups[NR_WORKERS / 2] = {
	IORING_SETUP_SUBMIT_ALL,
	IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQE32,
	IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQE_MIXED |
		IORING_SETUP_SQE128,
	IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQE32 | IORING_SETUP_SQE128 |
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
};

static struct round *round_new(uint64_t seed)
{
	struct round *r = calloc(1, sizeof(*r));
	struct worker *w;
	int i;

	for (i = 0; r && i < NR_WORKERS; i++) {
		w = &r->workers[i];
		rnd_init(&w->rnd, seed, i);
		w->stack = &r->stack;
		w->targets = &r->targets;
		w->stop = &r->stop;
		w->uring = i % 2;
		if (w->uring)
			w->setup = setups[i / 2];
	}
	return r;
}

static void counts_add(struct counts *sum, const struct counts *n)
{
	const unsigned long *from = (const void *)n;
	unsigned long *to = (void *)sum;
	unsigned int i;

	for (i = 0; i < sizeof(*n) / sizeof(*from); i++)
		to[i] += from[i];
}

/* The sum of all workers, or of those of one engine. */
static struct counts round_counts(const struct round *r, bool aio, bool uring)
{
	struct counts sum = {};
	int i;

	for (i = 0; i < NR_WORKERS; i++)
		if (r->workers[i].uring ? uring : aio)
			counts_add(&sum, &r->workers[i].n);
	return sum;
}

/* The numbers of all workers. */
static struct sets round_sets(const struct round *r)
{
	struct sets sum = {};
	int i;

	for (i = 0; i < NR_WORKERS; i++) {
		sum.made += r->workers[i].sets.made;
		sum.used += r->workers[i].sets.used;
	}
	return sum;
}

static void progress(const struct round *r, unsigned int seconds)
{
	struct counts n = round_counts(r, true, true);

	ksft_print_msg("%u s: done %lu, rejected %lu, failed %lu, cgroups %lu, processes %lu\n",
		       seconds, n.done, n.rejected, n.errors,
		       r->targets.cgroups_made, r->targets.processes_made);
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void round_go_on(struct round *r, unsigned int seconds)
{
	time_t start = now(), said = start;

	while (now() - start < seconds) {
		targets_step(&r->targets);
		sleep_ms(rnd_below(&r->targets.rnd, 50));
		if (now() - said < PROGRESS)
			continue;
		said += PROGRESS;
		progress(r, said - start);
	}
}

/* Wait for the threads. I/O that does not complete is lost. */
static void round_join(struct round *r)
{
	struct timespec until;
	struct worker *w;
	int i, late;

	__atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LAST;
	for (i = 0; i < NR_WORKERS; i++) {
		w = &r->workers[i];
		late = pthread_timedjoin_np(w->thread, NULL, &until);
		if (!late && !w->error && !w->busy)
			continue;
		r->lost[w->uring]++;
		ksft_print_msg("thread %d, %s: %u I/Os in flight, error %d\n",
			       i, late ? "late" : "ended", w->busy, w->error);
	}
}

/* Returns NULL or the reason for failure. */
static const char *round_run(struct round *r, uint64_t seed,
			     unsigned int seconds)
{
	const char *why = stack_build(&r->stack);
	int i;

	if (why)
		return why;
	if (targets_init(&r->targets, seed, NR_WORKERS))
		return "no cgroups and processes";
	for (i = 0; i < NR_WORKERS; i++)
		if (pthread_create(&r->workers[i].thread, NULL, worker_main,
				   &r->workers[i]))
			return "no threads";
	if (events_start(&r->events, &r->stack, seed, NR_WORKERS + 1))
		return "no thread for disturbances";
	round_go_on(r, seconds);
	events_stop(&r->events);
	round_join(r);
	/* a thread that hangs still uses the stack */
	if (r->lost[0] || r->lost[1])
		return NULL;
	targets_exit(&r->targets);
	r->failed_steps = stack_tear_down(&r->stack);
	return NULL;
}

static void print_counts(const struct round *r)
{
	static const char *const attrs[NR_ATTRS] = {
		"proxy_pid", "proxy_pidfd", "cgroup", "ioprio", "cache", "pi",
	};
	struct counts n = round_counts(r, true, true);
	struct counts aio = round_counts(r, true, false);
	struct counts uring = round_counts(r, false, true);
	struct sets sets = round_sets(r);
	unsigned int i;

	ksft_print_msg("done: AIO %lu, io_uring %lu; failed with a device: %lu\n",
		       aio.done, uring.done, n.errors);
	ksft_print_msg("lists: %lu, corrupted: %lu; rejected: AIO %lu, io_uring %lu\n",
		       n.lists, n.corrupted, aio.rejected, uring.rejected);
	ksft_print_msg("sets: %lu, used again: %lu\n", sets.made, sets.used);
	ksft_print_msg("scopes: %lu, synchronous reads: %lu\n", n.scopes,
		       n.reads);
	for (i = 0; i < NR_CORRUPTIONS; i++)
		ksft_print_msg("rejected with %s: %lu, %s\n",
			       strerrorname_np(corruptions[i].error),
			       n.rejected_by[i], corruptions[i].name);
	for (i = 0; i < NR_ATTRS; i++)
		ksft_print_msg("honoured: %s %lu\n", attrs[i], n.honoured[i]);
	for (i = 0; i < NR_EVENTS; i++)
		ksft_print_msg("%s: %lu\n", event_table[i].name,
			       r->events.made[i]);
	ksft_print_msg("cgroups: %lu, processes: %lu\n",
		       r->targets.cgroups_made, r->targets.processes_made);
}

static void print_objects(const struct objects *before,
			  const struct objects *after)
{
	int i;

	for (i = 0; i < NR_SLABS; i++)
		ksft_print_msg("objects of %s: %ld before, %ld after\n",
			       slabs[i].name, before->nr[i], after->nr[i]);
}

static void report_results(const struct round *r, const struct objects *before)
{
	struct counts aio = round_counts(r, true, false);
	struct counts uring = round_counts(r, false, true);
	struct counts n = round_counts(r, true, true);
	bool lost = r->lost[0] || r->lost[1];
	struct sets sets = round_sets(r);
	struct objects after = {};

	ksft_test_result(aio.done && !aio.twice && !r->lost[0],
			 "every AIO completed once\n");
	ksft_test_result(uring.done && !uring.twice && !r->lost[1],
			 "every io_uring request completed once\n");
	ksft_test_result(n.rejected && !n.wrong_error,
			 "refusals have the right errors\n");
	ksft_test_result(sets.made && sets.used, "sets were made and used\n");
	ksft_test_result(n.scopes && n.reads, "threads had scopes\n");
	ksft_test_result(!n.wrong_mask, "masks are within what was given\n");
	ksft_test_result(!n.wrong_result,
			 "results are whole unless the device failed\n");
	ksft_test_result(!n.wrong_data, "data is what was written\n");
	ksft_test_result(!r->events.failed && !r->targets.failed,
			 "what was to happen meanwhile did\n");
	ksft_test_result(!lost && !r->failed_steps, "stack is torn down\n");
	ksft_test_result(!lost && cgroups_released(), "cgroups are gone\n");
	ksft_test_result(!lost && objects_released(before, &after),
			 "no objects are left\n");
	print_objects(before, &after);
}

/* Details were printed when the failure was found. */
static bool round_failed(const struct round *r)
{
	struct counts n = round_counts(r, true, true);

	return r->lost[0] || r->lost[1] || r->failed_steps || n.twice ||
	       n.wrong_error || n.wrong_mask || n.wrong_result ||
	       n.wrong_data || r->events.failed || r->targets.failed;
}

/* Allocate objects that are never freed before objects are counted. */
static void warm_up(uint64_t seed, struct objects *before)
{
	struct round *r = round_new(seed);
	const char *why = r ? round_run(r, seed, WARM_UP) : "no memory";

	if (why)
		ksft_exit_fail_msg("warming up: %s\n", why);
	progress(r, 0);
	if (round_failed(r))
		ksft_exit_fail_msg("warming up: something went wrong\n");
	free(r);
	cgroups_released();
	if (objects_settle(before))
		ksft_exit_fail_msg("objects cannot be counted\n");
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 60;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	struct objects before;
	const char *why;
	struct round *r;

	/* it chooses between lists and sets itself */
	unsetenv("IOCB_ATTR_TEST_SETS");
	/* a process that forks must have no buffered output */
	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	ksft_set_plan(13);
	if (!seed && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		ksft_exit_fail_msg("no random seed\n");
	ksft_print_msg("seed %#llx\n", (unsigned long long)seed);
	if (!slabs_exist())
		ksft_exit_fail_msg("slab caches are merged: no slab_nomerge\n");

	warm_up(seed + 1, &before);
	r = round_new(seed);
	why = r ? round_run(r, seed, seconds) : "no memory";
	ksft_test_result(!why, "stack is built\n");
	if (why)
		ksft_exit_fail_msg("%s\n", why);
	print_counts(r);
	report_results(r, &before);
	ksft_finished();
}
