/* SPDX-License-Identifier: GPL-2.0 */
/* Events of attributes, from the bytes of a trace buffer. */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind { EVENT_GIVEN, EVENT_HONOURED, EVENT_REFUSED, EVENT_KINDS };

/* In place of an attribute: it was the list as a whole; it held none. */
#define ATTRIBUTE_LIST	(-1)
#define ATTRIBUTE_NONE	(-2)

/**
 * struct event - one event of a trace buffer
 * @tid: The thread that submitted the I/O, or 0 if that is not known.
 * @dev: As the kernel has it in memory, or 0 if that is not known.
 * @given: EVENT_GIVEN: a mask of attributes.
 * @id: Otherwise: an attribute, or ATTRIBUTE_LIST.
 * @error: EVENT_REFUSED: a positive errno; @reason: with the kernel's number.
 * @layer: EVENT_HONOURED: who did.
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
 * struct formats - how this kernel lays out its events
 * @page_size: Bytes of a page of the buffer, its header included.
 * @commit: In the header, how many bytes of data there are.
 * @data: Where they begin.
 * @type: In each event, which one it is; @tid: and whose.
 * @id: By kind, what @type holds then.
 * @fields: By kind, in an order of our own.
 * @reasons: Names of reasons, "" for those that the kernel did not tell.
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

/* Name of an event, as tracefs has it. */
extern const char *const event_names[EVENT_KINDS];

/* Take the text of a format file; NULL, or the name of what is missing there. */
const char *parse_header_page(const char *text, struct formats *formats);
const char *parse_format(const char *text, enum event_kind kind,
			 struct formats *formats);

/*
 * Call @see for each event of ours in a page of @len bytes. False if it is none
 * that a kernel writes; what came before that was seen.
 */
bool parse_page(const struct formats *formats, const void *page, size_t len,
		void (*see)(const struct event *event, void *arg), void *arg);

#endif /* EVENTS_H */
