/* SPDX-License-Identifier: GPL-2.0 */
/* How many events there were, by who and what. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "names.h"

enum column { BY_PROCESS, BY_DEVICE, BY_ATTRIBUTE, BY_LAYER, COLUMNS };

extern const char *const column_names[COLUMNS];

/* In place of a number in a key: the events do not tell. */
#define UNKNOWN	INT32_MIN

/* How often a list was refused with this. */
struct why {
	int		error;
	unsigned int	reason;
	uint64_t	count;
};

/**
 * struct row - one line of a table
 * @key: By column: a number of struct names, a device, an attribute; UNKNOWN
 *	if that is not known or there is no such column.
 * @count: By kind of event.
 * @whys: Why those that were refused were.
 */
struct row {
	int64_t		key[COLUMNS];
	uint64_t	count[EVENT_KINDS];
	struct why	*whys;
	size_t		nr_whys;
};

/**
 * struct table - counts
 * @by: Mask of the columns that there are.
 * @slots: Places in @rows by hash, 1 the first, 0 for none; @nr_slots: a power
 *	of two.
 */
struct table {
	unsigned int	by;
	struct row	*rows;
	size_t		nr, room;
	uint32_t	*slots;
	size_t		nr_slots;
};

void table_init(struct table *table, unsigned int by);
void table_clear(struct table *table);
void table_count(struct table *table, struct names *names,
		 const struct event *event);

/* Add all of @from, which has the same columns. */
void table_add(struct table *table, const struct table *from);

/*
 * Sort the rows: by a column, or if @order is COLUMNS or more, by the kind of
 * event that is as much more, the most first; ORDER_EVENTS: by the sum of all.
 * Nothing can be counted after that, until table_clear().
 */
#define ORDER_EVENTS	(COLUMNS + EVENT_KINDS)
#define ORDERS		(ORDER_EVENTS + 1)
void table_sort(struct table *table, struct names *names, int order);

/* Can there be such events in this row? Where not, 0 would say too much. */
bool row_can_have(const struct table *table, const struct row *row,
		  enum event_kind kind);

#endif /* COUNTERS_H */
