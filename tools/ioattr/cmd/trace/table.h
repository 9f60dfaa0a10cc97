/* SPDX-License-Identifier: GPL-2.0 */
/* Counts of events by process, device, attribute and layer. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "names.h"

enum column { BY_PROCESS, BY_DEVICE, BY_ATTRIBUTE, BY_LAYER, COLUMNS };

extern const char *const column_names[COLUMNS];

/* The value of a column that the events do not have. */
#define UNKNOWN	INT32_MIN

/* How many lists were rejected with this error for this reason. */
struct reason {
	int		error;
	unsigned int	code;
	uint64_t	count;
};

/**
 * struct row - one line of a table
 * @key: By column: an index of struct names, a device, or an attribute; UNKNOWN
 *	if the event does not have it or the table has no such column.
 * @count: By kind of event.
 * @reasons: Why lists were rejected.
 */
struct row {
	int64_t		key[COLUMNS];
	uint64_t	count[EVENT_KINDS];
	struct reason	*reasons;
	size_t		nr_reasons;
};

/**
 * struct table - counts of events
 * @by: Mask of the columns.
 * @slots: Hash table of indices into @rows, counted from 1; 0 is a free slot.
 * @nr_slots: A power of two.
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

/* Add all rows of @from, which has the same columns. */
void table_add(struct table *table, const struct table *from);

/*
 * Sort the rows. A @sort_key below COLUMNS is a column. COLUMNS plus a kind of
 * event sorts by that count, and SORT_EVENTS by the sum of all counts, both in
 * descending order. After that nothing can be counted before table_clear().
 */
#define SORT_EVENTS	(COLUMNS + EVENT_KINDS)
#define SORT_KEYS	(SORT_EVENTS + 1)
void table_sort(struct table *table, struct names *names, int sort_key);

/*
 * Returns false if events of this kind never belong to this row. Its count is
 * then unknown rather than 0.
 */
bool row_can_have(const struct table *table, const struct row *row,
		  enum event_kind kind);

#endif /* TABLE_H */
