// SPDX-License-Identifier: GPL-2.0
/* Attribute sets, made from random lists and used for several I/Os. */
#define _GNU_SOURCE
#include "sets.h"

static int set_close(struct sets *sets, unsigned int nr)
{
	close(sets->all[nr].fd);
	sets->all[nr].fd = -1;
	return sets->ring ? uring_set_slot(sets->ring, nr, -1, 0) : 0;
}

int sets_init(struct sets *sets, struct uring *ring)
{
	int i;

	memset(sets, 0, sizeof(*sets));
	sets->ring = ring;
	for (i = 0; i < NR_SETS; i++)
		sets->all[i].fd = -1;
	return ring ? uring_register_table(ring, NR_SETS) : 0;
}

void sets_exit(struct sets *sets)
{
	int i;

	for (i = 0; i < NR_SETS; i++)
		if (sets->all[i].fd >= 0)
			close(sets->all[i].fd);
}

/*
 * Close sets, which may have I/O in flight, until @nr can be added. Returns 0
 * or a negative errno.
 */
int sets_make_room(struct sets *sets, struct rnd *rnd, unsigned int nr)
{
	unsigned int i, room = 0;
	int ret = 0;

	for (i = 0; i < NR_SETS; i++)
		room += sets->all[i].fd < 0;
	while (!ret && room < nr) {
		i = rnd_below(rnd, NR_SETS);
		if (sets->all[i].fd < 0)
			continue;
		ret = set_close(sets, i);
		room++;
	}
	return ret;
}

/* Make a set from a list. Returns its number or the error. */
int sets_add(struct sets *sets, struct list *l)
{
	unsigned int nr;
	struct set *set;
	int ret;

	for (nr = 0; sets->all[nr].fd >= 0; nr++)
		;
	set = &sets->all[nr];
	ret = set_make(l->at, 0);
	if (ret < 0)
		return ret;
	*set = (struct set) {
		.fd	= ret,
		.given	= l->given,
		.flags	= l->head.flags,
		.target	= l->charged,
	};
	if (set->target)
		set->removals = set->target->removals;
	sets->made++;
	if (!sets->ring)
		return nr;
	ret = uring_set_slot(sets->ring, nr, set->fd, 0);
	return ret ?: nr;
}

/* Lock the target of a set, so that it is not removed meanwhile. */
static bool set_hold(const struct set *set, struct list *l)
{
	return set->fd >= 0 && (!set->target || list_hold(l, set->target));
}

static bool set_target_removed(const struct set *set)
{
	return set->target && set->target->removals != set->removals;
}

/*
 * Use a set instead of the list, which then says what to expect. Returns the
 * number of the set, or -1 if the chosen one cannot be used now.
 */
int sets_pick(struct sets *sets, struct list *l, struct rnd *rnd)
{
	unsigned int nr = rnd_below(rnd, NR_SETS);
	const struct set *set = &sets->all[nr];

	if (!set_hold(set, l))
		return -1;
	l->given = set->given;
	l->head.flags = set->flags;
	if (set_target_removed(set)) {
		l->corruption = &corruptions[TARGET_REMOVED];
		l->error = l->corruption->error;
	}
	sets->used++;
	return nr;
}

/* Add a record with a set whose target exists to a valid list. */
void sets_add_record(struct sets *sets, struct list *l)
{
	const struct set *set = &sets->all[rnd_below(l->rnd, NR_SETS)];
	struct iocb_attr_set *record;

	if (!set_hold(set, l) || set_target_removed(set))
		return;
	record = list_add(l, IOCB_ATTR_set, sizeof(*record));
	if (!record)
		return;
	record->fd = set->fd;
	l->given |= set->given;
	l->set_reports = set->flags & IOCB_ATTR_LIST_REPORT;
	sets->used++;
}
