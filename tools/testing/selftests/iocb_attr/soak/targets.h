/* SPDX-License-Identifier: GPL-2.0 */
/* The cgroups and processes that I/O is for. */
#ifndef _IOCB_ATTR_SOAK_TARGETS_H
#define _IOCB_ATTR_SOAK_TARGETS_H

#include <pthread.h>

#include "../lib/identity.h"
#include "random.h"

#define NR_CGROUPS	8
#define NR_PROCESSES	8

/*
 * Submitters hold the lock for reading, so that the expected result of a list
 * does not change. I/O in flight does not keep a target from being removed.
 */
struct target {
	pthread_rwlock_t lock;
	bool gone;
	unsigned int removals;	/* of the cgroup */
	int fd;			/* of the cgroup, or a pidfd */
	pid_t pid;
	char cgroup[32];
};

struct targets {
	struct target cgroups[NR_CGROUPS];
	struct target processes[NR_PROCESSES];
	struct rnd rnd;
	unsigned long cgroups_made;
	unsigned long processes_made;
	unsigned long failed;
};

void target_lock_init(pthread_rwlock_t *lock);
struct target *target_hold(struct target *all, unsigned int nr, struct rnd *r,
			   bool gone);
void target_release(struct target *t);
void targets_step(struct targets *p);
int targets_init(struct targets *p, uint64_t seed, uint64_t stream);
void targets_exit(struct targets *p);

#endif /* _IOCB_ATTR_SOAK_TARGETS_H */
