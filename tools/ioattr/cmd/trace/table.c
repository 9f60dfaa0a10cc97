// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "table.h"

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
		free(table->rows[i].reasons);
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
	table->rows = xrealloc(table->rows, table->room * sizeof(*table->rows));
	free(table->slots);
	table->nr_slots = 2 * table->room;
	table->slots = xcalloc(table->nr_slots, sizeof(*table->slots));
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

static void count_reason(struct row *row, int error, unsigned int code,
			 uint64_t count)
{
	struct reason *reason;
	size_t i;

	for (i = 0; i < row->nr_reasons; i++) {
		reason = &row->reasons[i];
		if (reason->error == error && reason->code == code) {
			reason->count += count;
			return;
		}
	}
	row->reasons = xrealloc(row->reasons, (i + 1) * sizeof(*reason));
	row->reasons[i] = (struct reason){ error, code, count };
	row->nr_reasons++;
}

/* Get the values of the table's columns from an event. */
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

/* Count a list once, or once for each attribute if that is a column. */
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
		count_reason(row, event->error, event->reason, 1);
}

void table_add(struct table *table, const struct table *from)
{
	const struct reason *reason;
	const struct row *add;
	struct row *row;
	size_t i, j;

	for (i = 0; i < from->nr; i++) {
		add = &from->rows[i];
		row = find_row(table, add->key);
		for (j = 0; j < EVENT_KINDS; j++)
			row->count[j] += add->count[j];
		for (j = 0; j < add->nr_reasons; j++) {
			reason = &add->reasons[j];
			count_reason(row, reason->error, reason->code,
				     reason->count);
		}
	}
}

struct sort {
	struct names	*names;
	int		sort_key;
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
	/* given attributes come before those that a layer honoured */
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

static uint64_t amount(const struct row *row, int sort_key)
{
	if (sort_key < SORT_EVENTS)
		return row->count[sort_key - COLUMNS];
	return row->count[EVENT_GIVEN] + row->count[EVENT_HONOURED] +
	       row->count[EVENT_REFUSED];
}

static int compare_rows(const void *pa, const void *pb, void *arg)
{
	const struct sort *by = arg;
	const struct row *a = pa, *b = pb;
	int column, ret = 0;

	if (by->sort_key >= COLUMNS)
		ret = compare_numbers(amount(b, by->sort_key),
				      amount(a, by->sort_key));
	else
		ret = compare_column(by->names, by->sort_key,
				     a->key[by->sort_key],
				     b->key[by->sort_key]);
	for (column = 0; !ret && column < COLUMNS; column++)
		ret = compare_column(by->names, column, a->key[column],
				     b->key[column]);
	return ret;
}

static int compare_reasons(const void *pa, const void *pb)
{
	const struct reason *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->error != b->error)
		return compare_numbers(a->error, b->error);
	return compare_numbers(a->code, b->code);
}

void table_sort(struct table *table, struct names *names, int sort_key)
{
	struct sort by = { names, sort_key };
	size_t i;

	if (!table->nr)
		return;
	qsort_r(table->rows, table->nr, sizeof(*table->rows), compare_rows,
		&by);
	for (i = 0; i < table->nr; i++) {
		struct row *row = &table->rows[i];

		if (row->nr_reasons)
			qsort(row->reasons, row->nr_reasons,
			      sizeof(*row->reasons), compare_reasons);
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
