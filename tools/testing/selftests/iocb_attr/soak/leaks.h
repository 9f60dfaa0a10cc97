/* SPDX-License-Identifier: GPL-2.0 */
/* Count slab objects, and cgroups that were removed and are still held. */
#ifndef _IOCB_ATTR_SOAK_LEAKS_H
#define _IOCB_ATTR_SOAK_LEAKS_H

#include <stdbool.h>

#define NR_SLABS	7

struct objects {
	long nr[NR_SLABS];
};

/* A slab cache, and how many objects may legitimately remain. */
struct slab {
	const char *name;
	bool prefix;		/* @name is a prefix */
	long per_cpu;
	long per_task;		/* kernel threads keep their io_context */
};

extern const struct slab slabs[NR_SLABS];

int objects_settle(struct objects *o);
bool slabs_exist(void);
bool objects_released(const struct objects *before, struct objects *after);
bool cgroups_released(void);

#endif /* _IOCB_ATTR_SOAK_LEAKS_H */
