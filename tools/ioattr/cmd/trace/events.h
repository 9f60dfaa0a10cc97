/* SPDX-License-Identifier: GPL-2.0 */
/* Decode the events of attributes in the pages of a trace buffer. */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind { EVENT_GIVEN, EVENT_HONOURED, EVENT_REFUSED, EVENT_KINDS };

/* Instead of an attribute id: the list as a whole, or an empty list. */
#define ATTRIBUTE_LIST	(-1)
#define ATTRIBUTE_NONE	(-2)

/**
 * struct event - one event of a trace buffer
 * @tid: The thread that submitted the I/O, or 0 if unknown.
 * @dev: The device in the kernel's format, or 0 if unknown.
 * @given: EVENT_GIVEN: a mask of attributes.
 * @id: Other events: the attribute, or ATTRIBUTE_LIST.
 * @error: EVENT_REFUSED: a positive errno.
 * @reason: EVENT_REFUSED: the number of the reason.
 * @layer: EVENT_HONOURED: the layer that honoured the attribute.
 */
struct event {
	enum event_kind	kind;
	int		tid;
	uint32_t	dev;
	uint32_t	given;
	int		id;
	int		error;
	unsigned int	reason;
	char		layer[32];
};

struct field {
	unsigned int	offset, size;
	bool		is_signed;
};

#define MAX_FIELDS	4
#define MAX_REASONS	32

/**
 * struct formats - the layout of events on this kernel
 * @page_size: Size of a page of the buffer, including its header.
 * @commit: Field of the page header: number of bytes of data.
 * @data: Offset of the data.
 * @type: Field of each event: its type.
 * @tid: Field of each event: the thread that caused it.
 * @id: By kind, the value of @type.
 * @fields: By kind, the fields that are used, in the order of events.c.
 * @reasons: Names of the reasons, "" if the kernel has none.
 */
struct formats {
	unsigned int	page_size;
	struct field	commit;
	unsigned int	data;
	struct field	type, tid;
	int		id[EVENT_KINDS];
	struct field	fields[EVENT_KINDS][MAX_FIELDS];
	char		reasons[MAX_REASONS][24];
};

/* The names of the events in tracefs. */
extern const char *const event_names[EVENT_KINDS];

/*
 * Parse the text of a format file. Returns NULL, or the name of a missing
 * field.
 */
const char *parse_header_page(const char *text, struct formats *formats);
const char *parse_format(const char *text, enum event_kind kind,
			 struct formats *formats);

typedef void (*event_fn)(const struct event *event, void *arg);

/*
 * Call @on_event for each event of attributes in a page of @len bytes. Returns
 * false at the first malformed event.
 */
bool parse_page(const struct formats *formats, const void *page, size_t len,
		event_fn on_event, void *arg);

#endif /* EVENTS_H */
