// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "../../common/errname.h"
#include "../../include/ioattr.h"
#include "trace.h"

/* Maximum length of the text in a cell, including the null byte. */
#define CELL	64

static const char *const kind_names[EVENT_KINDS] = {
	[EVENT_GIVEN]		= "given",
	[EVENT_HONOURED]	= "honoured",
	[EVENT_REFUSED]		= "refused",
};

bool is_filtered(const struct settings *settings, enum event_kind kind)
{
	return kind == EVENT_REFUSED && settings->has_dev;
}

static void format_attribute(int64_t id, char *text, size_t room)
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

void format_cell(const struct session *session, const struct row *row,
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
		format_attribute(key, text, room);
	else
		snprintf(text, room, "%s", layer_name(session->names, key));
}

static void reason_name(const struct session *session, unsigned int code,
			char *text, size_t room)
{
	const struct formats *formats = &session->source.formats;

	if (code < MAX_REASONS && *formats->reasons[code])
		snprintf(text, room, "%s", formats->reasons[code]);
	else
		snprintf(text, room, "reason-%u", code);
}

void format_reasons(const struct session *session, const struct row *row,
		    char *text, size_t room)
{
	char error[24], name[24];
	const struct reason *reason;
	size_t i, len = 0;

	*text = '\0';
	for (i = 0; i < row->nr_reasons && len < room; i++) {
		reason = &row->reasons[i];
		error_name(reason->error, error, sizeof(error));
		reason_name(session, reason->code, name, sizeof(name));
		len += snprintf(text + len, room - len, "%s%" PRIu64 " %s %s",
				i ? ", " : "", reason->count, error, name);
	}
}

static void number(const struct session *session, const struct row *row,
		   enum event_kind kind, char *text, size_t room)
{
	if (is_filtered(session->settings, kind) ||
	    !row_can_have(&session->now.rows, row, kind))
		snprintf(text, room, "-");
	else
		snprintf(text, room, "%" PRIu64, row->count[kind]);
}

/* Each column is as wide as its longest cell. */
static void find_widths(const struct session *session, int width[COLUMNS])
{
	const struct table *rows = &session->now.rows;
	char text[CELL];
	int i, len;
	size_t j;

	for (i = 0; i < COLUMNS; i++) {
		width[i] = strlen(column_names[i]);
		for (j = 0; j < rows->nr; j++) {
			format_cell(session, &rows->rows[j], i, text,
				    sizeof(text));
			len = strlen(text);
			if (len > width[i])
				width[i] = len;
		}
	}
}

static void print_row(const struct session *session, const struct row *row,
		      const int width[COLUMNS])
{
	char text[CELL], reasons[512];
	int i;

	for (i = 0; i < COLUMNS; i++) {
		if (!(session->settings->by & 1 << i))
			continue;
		if (row)
			format_cell(session, row, i, text, sizeof(text));
		fprintf(session->out, "%-*s  ", width[i],
			row ? text : column_names[i]);
	}
	for (i = 0; i < EVENT_KINDS; i++) {
		if (row)
			number(session, row, i, text, sizeof(text));
		fprintf(session->out, "%9s", row ? text : kind_names[i]);
	}
	if (row)
		format_reasons(session, row, reasons, sizeof(reasons));
	if (row && *reasons)
		fprintf(session->out, "  %s", reasons);
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
		if (!is_filtered(session->settings, kind))
			fprintf(session->out, "%s %" PRIu64 " %s",
				kind ? "," : "", now->events[kind],
				kind_names[kind]);
	}
	fputc('\n', session->out);
	if (now->lost)
		fprintf(session->out, "LOST: %" PRIu64 " events are not counted because a buffer was full; see --buffer\n",
			now->lost);
	if (!now->rows.nr)
		return;
	find_widths(session, width);
	print_row(session, NULL, width);
	for (i = 0; i < now->rows.nr; i++)
		print_row(session, &now->rows.rows[i], width);
}

/* @text is printable ASCII: struct names replaces all other bytes. */
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
	format_cell(session, row, column, text, sizeof(text));
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

static void json_reasons(const struct session *session, const struct row *row)
{
	const struct reason *reason = row->reasons;
	char error[24], name[24];
	size_t i;

	fputs("\"reasons\":[", session->out);
	for (i = 0; i < row->nr_reasons; i++, reason++) {
		error_name(reason->error, error, sizeof(error));
		reason_name(session, reason->code, name, sizeof(name));
		fprintf(session->out, "%s{", i ? "," : "");
		json_string(session->out, "error", error);
		fputc(',', session->out);
		json_string(session->out, "reason", name);
		fprintf(session->out, ",\"count\":%" PRIu64 "}", reason->count);
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
	json_reasons(session, row);
	fputc('}', session->out);
}

void print_json(const struct session *session)
{
	const struct report *now = &session->now;
	size_t i;
	int kind;

	fprintf(session->out, "{\"seconds\":%.3f,", now->seconds);
	for (kind = 0; kind < EVENT_KINDS; kind++) {
		if (is_filtered(session->settings, kind))
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
