/* SPDX-License-Identifier: GPL-2.0 */
/* Settings that change, and faults of devices. */
#ifndef _IOCB_ATTR_SOAK_EVENTS_H
#define _IOCB_ATTR_SOAK_EVENTS_H

#include "stack.h"

#define NR_EVENTS	9
#define NR_IOCOST	3

struct events {
	struct stack *stack;
	struct rnd rnd;
	pthread_t thread;
	bool stop;
	bool iocost[NR_IOCOST];
	unsigned long made[NR_EVENTS];
	unsigned long failed;
};

/* A change of settings or a fault. @make returns 0 or a negative errno. */
struct event {
	const char *name;
	int (*make)(struct events *c);
};

extern const struct event event_table[NR_EVENTS];

int events_start(struct events *c, struct stack *s, uint64_t seed,
		 uint64_t stream);
void events_stop(struct events *c);

#endif /* _IOCB_ATTR_SOAK_EVENTS_H */
