// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "../include/ioattr.h"
#include "trace.h"

/* More than one that is printed at all is not wanted. */
#define CELL	64

static const char *const kind_names[EVENT_KINDS] = {
	[EVENT_GIVEN]		= "given",
	[EVENT_HONOURED]	= "honoured",
	[EVENT_REFUSED]		= "refused",
};

bool left_out(const struct settings *settings, enum event_kind kind)
{
	return kind == EVENT_REFUSED && settings->has_dev;
}

static void attribute(int64_t id, char *text, size_t room)
{
	const char *name = id < 0 ? NULL : ioattr_name(id);

	if (id == ATTRIBUTE_LIST)
		name = "list";
	if (id == ATTRIBUTE_NONE)
		name = "none";
	if (name)
		snprintf(text, room, "%s", name);
	else
		snprintf(text, room, "%" PRId64, id);
}

void cell(const struct session *session, const struct row *row,
	  enum column column, char *text, size_t room)
{
	const int64_t key = row->key[column];

	if (key == UNKNOWN)
		snprintf(text, room, "-");
	else if (column == BY_PROCESS)
		snprintf(text, room, "%s[%d]",
			 process_name(session->names, key),
			 process_pid(session->names, key));
	else if (column == BY_DEVICE)
		snprintf(text, room, "%s", device_name(session->names, key));
	else if (column == BY_ATTRIBUTE)
		attribute(key, text, room);
	else
		snprintf(text, room, "%s", layer_name(session->names, key));
}

static void error_name(int error, char *text, size_t room)
{
	const char *name = strerrorname_np(error);

	if (name)
		snprintf(text, room, "%s", name);
	else
		snprintf(text, room, "%d", error);
}

static void reason_name(const struct session *session, unsigned int reason,
			char *text, size_t room)
{
	const struct formats *formats = &session->source.formats;

	if (reason < MAX_REASONS && *formats->reasons[reason])
		snprintf(text, room, "%s", formats->reasons[reason]);
	else
		snprintf(text, room, "reason-%u", reason);
}

void print_whys(const struct session *session, const struct row *row,
		char *text, size_t room)
{
	char error[24], reason[24];
	const struct why *why;
	size_t i, len = 0;

	*text = '\0';
	for (i = 0; i < row->nr_whys && len < room; i++) {
		why = &row->whys[i];
		error_name(why->error, error, sizeof(error));
		reason_name(session, why->reason, reason, sizeof(reason));
		len += snprintf(text + len, room - len, "%s%" PRIu64 " %s %s",
				i ? ", " : "", why->count, error, reason);
	}
}

static void number(const struct session *session, const struct row *row,
		   enum event_kind kind, char *text, size_t room)
{
	if (left_out(session->settings, kind) ||
	    !row_can_have(&session->now.rows, row, kind))
		snprintf(text, room, "-");
	else
		snprintf(text, room, "%" PRIu64, row->count[kind]);
}

/* Columns as wide as what is in them. */
static void find_widths(const struct session *session, int width[COLUMNS])
{
	const struct table *rows = &session->now.rows;
	char text[CELL];
	int i, len;
	size_t j;

	for (i = 0; i < COLUMNS; i++) {
		width[i] = strlen(column_names[i]);
		for (j = 0; j < rows->nr; j++) {
			cell(session, &rows->rows[j], i, text, sizeof(text));
			len = strlen(text);
			if (len > width[i])
				width[i] = len;
		}
	}
}

static void print_row(const struct session *session, const struct row *row,
		      const int width[COLUMNS])
{
	char text[CELL], whys[512];
	int i;

	for (i = 0; i < COLUMNS; i++) {
		if (!(session->settings->by & 1 << i))
			continue;
		if (row)
			cell(session, row, i, text, sizeof(text));
		fprintf(session->out, "%-*s  ", width[i],
			row ? text : column_names[i]);
	}
	for (i = 0; i < EVENT_KINDS; i++) {
		if (row)
			number(session, row, i, text, sizeof(text));
		fprintf(session->out, "%9s", row ? text : kind_names[i]);
	}
	if (row)
		print_whys(session, row, whys, sizeof(whys));
	if (row && *whys)
		fprintf(session->out, "  %s", whys);
	fputc('\n', session->out);
}

void print_text(const struct session *session)
{
	const struct report *now = &session->now;
	int width[COLUMNS];
	size_t i;
	int kind;

	fprintf(session->out, "%.1f s:", now->seconds);
	for (kind = 0; kind < EVENT_KINDS; kind++) {
		if (!left_out(session->settings, kind))
			fprintf(session->out, "%s %" PRIu64 " %s",
				kind ? "," : "", now->events[kind],
				kind_names[kind]);
	}
	fputc('\n', session->out);
	if (now->lost)
		fprintf(session->out, "LOST: %" PRIu64 " more events found no room and are not counted; see --buffer\n",
			now->lost);
	if (!now->rows.nr)
		return;
	find_widths(session, width);
	print_row(session, NULL, width);
	for (i = 0; i < now->rows.nr; i++)
		print_row(session, &now->rows.rows[i], width);
}

/* Names are printable, but for bytes that may be no characters. */
static void json_string(FILE *out, const char *name, const char *text)
{
	fprintf(out, "\"%s\":\"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void json_key(const struct session *session, const struct row *row,
		     enum column column)
{
	const int64_t key = row->key[column];
	char text[CELL];

	if (key == UNKNOWN) {
		fprintf(session->out, "\"%s\":null,", column_names[column]);
		return;
	}
	cell(session, row, column, text, sizeof(text));
	if (column == BY_PROCESS)
		snprintf(text, sizeof(text), "%s",
			 process_name(session->names, key));
	json_string(session->out, column_names[column], text);
	if (column == BY_PROCESS)
		fprintf(session->out, ",\"pid\":%d",
			process_pid(session->names, key));
	if (column == BY_DEVICE)
		fprintf(session->out, ",\"dev\":\"%u:%u\"", dev_major(key),
			dev_minor(key));
	fputc(',', session->out);
}

static void json_whys(const struct session *session, const struct row *row)
{
	char error[24], reason[24];
	size_t i;

	fputs("\"reasons\":[", session->out);
	for (i = 0; i < row->nr_whys; i++) {
		error_name(row->whys[i].error, error, sizeof(error));
		reason_name(session, row->whys[i].reason, reason,
			    sizeof(reason));
		fprintf(session->out, "%s{", i ? "," : "");
		json_string(session->out, "error", error);
		fputc(',', session->out);
		json_string(session->out, "reason", reason);
		fprintf(session->out, ",\"count\":%" PRIu64 "}",
			row->whys[i].count);
	}
	fputc(']', session->out);
}

static void json_row(const struct session *session, const struct row *row)
{
	char text[CELL];
	int i;

	fputc('{', session->out);
	for (i = 0; i < COLUMNS; i++) {
		if (session->settings->by & 1 << i)
			json_key(session, row, i);
	}
	for (i = 0; i < EVENT_KINDS; i++) {
		number(session, row, i, text, sizeof(text));
		fprintf(session->out, "\"%s\":%s,", kind_names[i],
			*text == '-' ? "null" : text);
	}
	json_whys(session, row);
	fputc('}', session->out);
}

void print_json(const struct session *session)
{
	const struct report *now = &session->now;
	size_t i;
	int kind;

	fprintf(session->out, "{\"seconds\":%.3f,", now->seconds);
	for (kind = 0; kind < EVENT_KINDS; kind++) {
		if (left_out(session->settings, kind))
			fprintf(session->out, "\"%s\":null,", kind_names[kind]);
		else
			fprintf(session->out, "\"%s\":%" PRIu64 ",",
				kind_names[kind], now->events[kind]);
	}
	fprintf(session->out, "\"lost\":%" PRIu64 ",\"rows\":[", now->lost);
	for (i = 0; i < now->rows.nr; i++) {
		if (i)
			fputc(',', session->out);
		json_row(session, &now->rows.rows[i]);
	}
	fputs("]}\n", session->out);
}
