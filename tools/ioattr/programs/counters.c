// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "counters.h"

const char *const column_names[COLUMNS] = {
	[BY_PROCESS]	= "process",
	[BY_DEVICE]	= "device",
	[BY_ATTRIBUTE]	= "attribute",
	[BY_LAYER]	= "layer",
};

void table_init(struct table *table, unsigned int by)
{
	*table = (struct table){ .by = by };
}

void table_clear(struct table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		free(table->rows[i].whys);
	free(table->rows);
	free(table->slots);
	table_init(table, table->by);
}

static uint32_t hash(const int64_t key[COLUMNS])
{
	uint64_t h = 0;
	int i;

	for (i = 0; i < COLUMNS; i++)
		h = (h ^ (uint64_t)key[i]) * 0x9e3779b97f4a7c15ULL;
	return h >> 32;
}

static uint32_t *find_slot(const struct table *table,
			   const int64_t key[COLUMNS])
{
	size_t i = hash(key);

	for (;; i++) {
		uint32_t *slot = &table->slots[i & (table->nr_slots - 1)];

		if (!*slot || !memcmp(table->rows[*slot - 1].key, key,
				      sizeof(table->rows->key)))
			return slot;
	}
}

static void make_room(struct table *table)
{
	size_t i;

	if (table->nr < table->room)
		return;
	table->room = table->room ? 2 * table->room : 16;
	table->rows = must(realloc(table->rows,
				   table->room * sizeof(*table->rows)));
	free(table->slots);
	table->nr_slots = 2 * table->room;
	table->slots = must(calloc(table->nr_slots, sizeof(*table->slots)));
	for (i = 0; i < table->nr; i++)
		*find_slot(table, table->rows[i].key) = i + 1;
}

static struct row *find_row(struct table *table, const int64_t key[COLUMNS])
{
	struct row *row;
	uint32_t *slot;

	make_room(table);
	slot = find_slot(table, key);
	if (*slot)
		return &table->rows[*slot - 1];
	row = &table->rows[table->nr++];
	*slot = table->nr;
	memset(row, 0, sizeof(*row));
	memcpy(row->key, key, sizeof(row->key));
	return row;
}

static void count_why(struct row *row, int error, unsigned int reason,
		      uint64_t count)
{
	struct why *why;
	size_t i;

	for (i = 0; i < row->nr_whys; i++) {
		why = &row->whys[i];
		if (why->error == error && why->reason == reason) {
			why->count += count;
			return;
		}
	}
	row->whys = must(realloc(row->whys, (i + 1) * sizeof(*why)));
	row->whys[i] = (struct why){ error, reason, count };
	row->nr_whys++;
}

/* What the columns that there are say of an event. */
static void make_key(const struct table *table, struct names *names,
		     const struct event *event, int64_t key[COLUMNS])
{
	int i;

	for (i = 0; i < COLUMNS; i++)
		key[i] = UNKNOWN;
	if (table->by & 1 << BY_PROCESS && event->tid)
		key[BY_PROCESS] = process_of(names, event->tid);
	if (table->by & 1 << BY_DEVICE && event->dev)
		key[BY_DEVICE] = event->dev;
	if (table->by & 1 << BY_ATTRIBUTE && event->kind != EVENT_GIVEN)
		key[BY_ATTRIBUTE] = event->id;
	if (table->by & 1 << BY_LAYER && event->kind == EVENT_HONOURED)
		key[BY_LAYER] = layer_of(names, event->layer);
}

/* A list counts once, or, where there are attributes, for each of them. */
static void count_given(struct table *table, int64_t key[COLUMNS],
			uint32_t given)
{
	int id;

	if (!(table->by & 1 << BY_ATTRIBUTE)) {
		find_row(table, key)->count[EVENT_GIVEN]++;
		return;
	}
	if (!given) {
		key[BY_ATTRIBUTE] = ATTRIBUTE_NONE;
		find_row(table, key)->count[EVENT_GIVEN]++;
	}
	for (id = 0; given >> id && id < 32; id++) {
		if (!(given >> id & 1))
			continue;
		key[BY_ATTRIBUTE] = id;
		find_row(table, key)->count[EVENT_GIVEN]++;
	}
}

void table_count(struct table *table, struct names *names,
		 const struct event *event)
{
	int64_t key[COLUMNS];
	struct row *row;

	make_key(table, names, event, key);
	if (event->kind == EVENT_GIVEN) {
		count_given(table, key, event->given);
		return;
	}
	row = find_row(table, key);
	row->count[event->kind]++;
	if (event->kind == EVENT_REFUSED)
		count_why(row, event->error, event->reason, 1);
}

void table_add(struct table *table, const struct table *from)
{
	const struct row *add;
	struct row *row;
	size_t i, j;

	for (i = 0; i < from->nr; i++) {
		add = &from->rows[i];
		row = find_row(table, add->key);
		for (j = 0; j < EVENT_KINDS; j++)
			row->count[j] += add->count[j];
		for (j = 0; j < add->nr_whys; j++)
			count_why(row, add->whys[j].error, add->whys[j].reason,
				  add->whys[j].count);
	}
}

struct order {
	struct names	*names;
	int		order;
};

static int compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_column(struct names *names, int column, int64_t a, int64_t b)
{
	int ret = 0;

	if (a == b)
		return 0;
	/* what is given comes before what becomes of it in layers */
	if (a == UNKNOWN || b == UNKNOWN)
		return (a == UNKNOWN) == (column == BY_LAYER) ? -1 : 1;
	if (column == BY_PROCESS)
		ret = strcmp(process_name(names, a), process_name(names, b));
	if (column == BY_DEVICE)
		ret = strcmp(device_name(names, a), device_name(names, b));
	if (column == BY_LAYER)
		ret = strcmp(layer_name(names, a), layer_name(names, b));
	if (ret)
		return ret;
	if (column == BY_PROCESS)
		return compare_numbers(process_pid(names, a),
				       process_pid(names, b));
	return compare_numbers(a, b);
}

static uint64_t amount(const struct row *row, int order)
{
	if (order < ORDER_EVENTS)
		return row->count[order - COLUMNS];
	return row->count[EVENT_GIVEN] + row->count[EVENT_HONOURED] +
	       row->count[EVENT_REFUSED];
}

static int compare_rows(const void *pa, const void *pb, void *arg)
{
	const struct order *by = arg;
	const struct row *a = pa, *b = pb;
	int column, ret = 0;

	if (by->order >= COLUMNS)
		ret = compare_numbers(amount(b, by->order),
				      amount(a, by->order));
	else
		ret = compare_column(by->names, by->order, a->key[by->order],
				     b->key[by->order]);
	for (column = 0; !ret && column < COLUMNS; column++)
		ret = compare_column(by->names, column, a->key[column],
				     b->key[column]);
	return ret;
}

static int compare_whys(const void *pa, const void *pb)
{
	const struct why *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->error != b->error)
		return compare_numbers(a->error, b->error);
	return compare_numbers(a->reason, b->reason);
}

void table_sort(struct table *table, struct names *names, int order)
{
	struct order by = { names, order };
	size_t i;

	if (!table->nr)
		return;
	qsort_r(table->rows, table->nr, sizeof(*table->rows), compare_rows,
		&by);
	for (i = 0; i < table->nr; i++) {
		if (table->rows[i].nr_whys)
			qsort(table->rows[i].whys, table->rows[i].nr_whys,
			      sizeof(struct why), compare_whys);
	}
}

bool row_can_have(const struct table *table, const struct row *row,
		  enum event_kind kind)
{
	const bool known_process = row->key[BY_PROCESS] != UNKNOWN;
	const bool known_device = row->key[BY_DEVICE] != UNKNOWN;
	const bool known_layer = row->key[BY_LAYER] != UNKNOWN;

	if (row->count[kind])
		return true;
	if (row->key[BY_ATTRIBUTE] == ATTRIBUTE_LIST)
		return kind == EVENT_REFUSED;
	if (row->key[BY_ATTRIBUTE] == ATTRIBUTE_NONE)
		return kind == EVENT_GIVEN;
	if (kind == EVENT_HONOURED)
		return (known_device || !(table->by & 1 << BY_DEVICE)) &&
		       (known_layer || !(table->by & 1 << BY_LAYER));
	if (kind == EVENT_REFUSED && known_device)
		return false;
	return !known_layer &&
	       (known_process || !(table->by & 1 << BY_PROCESS));
}
