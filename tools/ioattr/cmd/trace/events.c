// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "events.h"

const char *const event_names[EVENT_KINDS] = {
	[EVENT_GIVEN]		= "iocb_attr_accepted",
	[EVENT_HONOURED]	= "iocb_attr_honoured",
	[EVENT_REFUSED]		= "iocb_attr_refused",
};

enum { GIVEN_DEV, GIVEN_MASK };
enum { HONOURED_DEV, HONOURED_ID, HONOURED_LAYER, HONOURED_PID };
enum { REFUSED_ID, REFUSED_ERROR, REFUSED_REASON, REFUSED_OFFSET };

static const char *const field_names[EVENT_KINDS][MAX_FIELDS] = {
	[EVENT_GIVEN] = {
		[GIVEN_DEV]		= "dev",
		[GIVEN_MASK]		= "given",
	},
	[EVENT_HONOURED] = {
		[HONOURED_DEV]		= "dev",
		[HONOURED_ID]		= "id",
		[HONOURED_LAYER]	= "layer",
		[HONOURED_PID]		= "pid",
	},
	[EVENT_REFUSED] = {
		[REFUSED_ID]		= "id",
		[REFUSED_ERROR]		= "error",
		[REFUSED_REASON]	= "reason",
		[REFUSED_OFFSET]	= "offset",
	},
};

/* A reason whose events have an attribute id although the offset is 0. */
static const char unsupported[] = "unsupported";

/* "field:unsigned int id;	offset:8;	size:4;	signed:0;" */
static bool find_field(const char *text, const char *name, struct field *field)
{
	const size_t len = strlen(name);
	const char *line = text, *end;
	int is_signed;

	while ((line = strstr(line, "field:"))) {
		line += strlen("field:");
		end = strchr(line, ';');
		if (!end)
			return false;
		if ((size_t)(end - line) <= len || end[-len - 1] != ' ' ||
		    memcmp(end - len, name, len))
			continue;
		if (sscanf(end, "; offset:%u; size:%u; signed:%d;",
			   &field->offset, &field->size, &is_signed) != 3)
			return false;
		field->is_signed = is_signed;
		return true;
	}
	return false;
}

const char *parse_header_page(const char *text, struct formats *formats)
{
	struct field data;

	if (!find_field(text, "commit", &formats->commit))
		return "commit";
	if (!find_field(text, "data", &data))
		return "data";
	formats->data = data.offset;
	formats->page_size = data.offset + data.size;
	/* reject implausible sizes */
	if (data.size > 1 << 24 || formats->page_size < 64)
		return "data";
	return NULL;
}

/* The length of ", { 0, "pointer" }" at @text, or 0 if there is none. */
static int find_reason(const char *text, unsigned int *reason, char *name)
{
	int len = 0;

	/* if the name is too long, sscanf() returns 2 but does not set len */
	return sscanf(text, ", { %u, \"%23[^\"]\" }%n", reason, name,
		      &len) == 2 ? len : 0;
}

/* "REC->reason, { 0, "pointer" }, { 1, "list-size" }" */
static void find_reasons(const char *text, struct formats *formats)
{
	unsigned int reason;
	char name[sizeof(*formats->reasons)];
	int len;

	text = strstr(text, "REC->reason, {");
	if (!text)
		return;
	text += strlen("REC->reason");
	while ((len = find_reason(text, &reason, name))) {
		if (reason < MAX_REASONS)
			memcpy(formats->reasons[reason], name, sizeof(name));
		text += len;
	}
}

const char *parse_format(const char *text, enum event_kind kind,
			 struct formats *formats)
{
	const char *id = strstr(text, "ID: ");
	const char *const *names = field_names[kind];
	unsigned int i;

	if (!id || sscanf(id, "ID: %d", &formats->id[kind]) != 1)
		return "ID";
	if (!find_field(text, "common_type", &formats->type))
		return "common_type";
	if (!find_field(text, "common_pid", &formats->tid))
		return "common_pid";
	for (i = 0; i < MAX_FIELDS && names[i]; i++) {
		if (!find_field(text, names[i], &formats->fields[kind][i]))
			return names[i];
	}
	if (kind == EVENT_REFUSED)
		find_reasons(text, formats);
	return NULL;
}

/* Get a number in native byte order. */
static bool get(const struct field *field, const unsigned char *data,
		size_t len, int64_t *number)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} raw;

	if (field->offset > len || field->size > len - field->offset ||
	    field->size > sizeof(raw))
		return false;
	memcpy(&raw, data + field->offset, field->size);
	switch (field->size) {
	case 1:
		*number = raw.u8;
		break;
	case 2:
		*number = raw.u16;
		break;
	case 4:
		*number = raw.u32;
		break;
	case 8:
		*number = raw.u64;
		return true;
	default:
		return false;
	}
	if (field->is_signed && *number >> (field->size * 8 - 1))
		*number -= 1LL << field->size * 8;
	return true;
}

/* The field of a string has its length and its offset, 16 bits each. */
static bool get_string(const struct field *field, const unsigned char *data,
		       size_t len, char *string, size_t room)
{
	size_t offset, size;
	int64_t where;

	if (!get(field, data, len, &where))
		return false;
	offset = where & 0xffff;
	size = where >> 16 & 0xffff;
	if (offset > len || size > len - offset)
		return false;
	if (size >= room)
		size = room - 1;
	memcpy(string, data + offset, size);
	string[size] = '\0';
	return true;
}

static bool get_honoured(const struct formats *formats,
			 const unsigned char *data, size_t len,
			 struct event *event)
{
	const struct field *fields = formats->fields[EVENT_HONOURED];
	int64_t dev, id, pid;

	if (!get(&fields[HONOURED_DEV], data, len, &dev) ||
	    !get(&fields[HONOURED_ID], data, len, &id) ||
	    !get(&fields[HONOURED_PID], data, len, &pid) ||
	    !get_string(&fields[HONOURED_LAYER], data, len, event->layer,
			sizeof(event->layer)))
		return false;
	event->dev = dev;
	event->id = id & 0xffff;
	/* common_pid is the thread that ran when the attribute was honoured */
	event->tid = pid;
	return true;
}

/*
 * The id is valid only if a record caused the error. Either the record has an
 * offset, or the error was found after the parser had accepted the list.
 */
static bool get_refused(const struct formats *formats,
			const unsigned char *data, size_t len,
			struct event *event)
{
	const struct field *fields = formats->fields[EVENT_REFUSED];
	int64_t id, error, reason, offset;
	bool record;

	if (!get(&fields[REFUSED_ID], data, len, &id) ||
	    !get(&fields[REFUSED_ERROR], data, len, &error) ||
	    !get(&fields[REFUSED_REASON], data, len, &reason) ||
	    !get(&fields[REFUSED_OFFSET], data, len, &offset))
		return false;
	event->error = -error;
	event->reason = reason;
	record = offset || (event->reason < MAX_REASONS &&
			    !strcmp(formats->reasons[event->reason],
				    unsupported));
	event->id = record ? id & 0xffff : ATTRIBUTE_LIST;
	return true;
}

static bool get_given(const struct formats *formats, const unsigned char *data,
		      size_t len, struct event *event)
{
	const struct field *fields = formats->fields[EVENT_GIVEN];
	int64_t dev, given;

	if (!get(&fields[GIVEN_DEV], data, len, &dev) ||
	    !get(&fields[GIVEN_MASK], data, len, &given))
		return false;
	event->dev = dev;
	event->given = given;
	return true;
}

/* Decode one event. Events of other types are skipped. */
static bool parse_event(const struct formats *formats,
			const unsigned char *data, size_t len,
			event_fn on_event, void *arg)
{
	static bool (*const parsers[])(const struct formats *,
				       const unsigned char *, size_t,
				       struct event *) = {
		[EVENT_GIVEN]		= get_given,
		[EVENT_HONOURED]	= get_honoured,
		[EVENT_REFUSED]		= get_refused,
	};
	struct event event = { .kind = EVENT_GIVEN };
	int64_t type, tid;

	if (!get(&formats->type, data, len, &type) ||
	    !get(&formats->tid, data, len, &tid))
		return false;
	event.tid = tid;
	for (; event.kind < EVENT_KINDS; event.kind++) {
		if (type != formats->id[event.kind])
			continue;
		if (!parsers[event.kind](formats, data, len, &event))
			return false;
		on_event(&event, arg);
	}
	return true;
}

/* type_len of events/header_event: the length in words, or one of these. */
#define TYPE_LONG	0
#define TYPE_PADDING	29
#define TYPE_TIME	30

/*
 * Get the start and the size of the data of the event at @at; the size is 0
 * for padding and time stamps. Returns the length of the event, or 0 if it is
 * longer than @len.
 */
static size_t measure(const unsigned char *at, size_t len, size_t *start,
		      size_t *size)
{
	uint32_t head, words, type;

	if (len < 4)
		return 0;
	memcpy(&head, at, 4);
#if __BYTE_ORDER == __LITTLE_ENDIAN
	type = head & 31;
	head >>= 5;
#else
	type = head >> 27;
	head &= (1 << 27) - 1;
#endif
	*start = 4;
	*size = 0;
	/* padding without a time delta fills the rest of the page */
	if (type == TYPE_PADDING && !head)
		return len;
	if (type >= TYPE_TIME)
		return len < 8 ? 0 : 8;
	if (type != TYPE_LONG && type != TYPE_PADDING) {
		*size = type * 4;
		return len < 4 + *size ? 0 : 4 + *size;
	}
	/* the next word is the length, including that word */
	if (len < 8)
		return 0;
	memcpy(&words, at + 4, 4);
	if (words < 4 || words > len - 4)
		return 0;
	*start = 8;
	if (type == TYPE_LONG)
		*size = words - 4;
	return words + 4;
}

bool parse_page(const struct formats *formats, const void *page, size_t len,
		event_fn on_event, void *arg)
{
	const unsigned char *at = page;
	size_t all, start, size;
	int64_t commit;

	if (len < formats->data || !get(&formats->commit, at, len, &commit))
		return false;
	/* the bits above these are flags for lost events */
	commit &= (1 << 30) - 1;
	if ((uint64_t)commit > len - formats->data)
		return false;
	at += formats->data;
	for (len = commit; len; len -= all, at += all) {
		all = measure(at, len, &start, &size);
		if (!all)
			return false;
		if (size && !parse_event(formats, at + start, size, on_event,
					 arg))
			return false;
	}
	return true;
}
