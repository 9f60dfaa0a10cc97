/* SPDX-License-Identifier: GPL-2.0 */
/* The attribute sets of one worker, which keeps each for some I/Os. */
#ifndef _IOCB_ATTR_SOAK_SETS_H
#define _IOCB_ATTR_SOAK_SETS_H

#include "../lib/set.h"
#include "../lib/uring.h"
#include "lists.h"

#define NR_SETS		16

struct set {
	int fd;			/* -1: none */
	unsigned int given;
	uint32_t flags;		/* IOCB_ATTR_LIST_* */
	/* whose cgroup it charges, or NULL, and which one of that name */
	struct target *target;
	unsigned int removals;
};

struct sets {
	struct set all[NR_SETS];
	/* NULL, or a ring that has them in its table as well */
	struct uring *ring;
	unsigned long made, used;
};

int sets_init(struct sets *sets, struct uring *ring);
void sets_exit(struct sets *sets);
int sets_make_room(struct sets *sets, struct rnd *rnd, unsigned int nr);
int sets_add(struct sets *sets, struct list *l);
int sets_pick(struct sets *sets, struct list *l, struct rnd *rnd);
void sets_add_record(struct sets *sets, struct list *l);

#endif /* _IOCB_ATTR_SOAK_SETS_H */
