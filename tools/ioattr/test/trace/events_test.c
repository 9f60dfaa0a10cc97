// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: events_test DIRECTORY
 *
 * Test the parser of ioattr trace with a copy of a kernel's trace buffer in
 * DIRECTORY, and with malformed buffers. Prints TAP.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/trace/events.h"
#include "tap.h"

static struct tap tap;

static void is(const char *name, long expected, long got)
{
	if (expected != got)
		printf("# expected: %ld\n# got: %ld\n", expected, got);
	ok(&tap, expected == got, name);
}

struct page {
	char	bytes[8192];
	size_t	len;
};

/* cpu0 has the refused events, cpu1 the others. */
static struct page pages[2];

static size_t load(const char *dir, const char *name, char *text, size_t room)
{
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(2);
	}
	len = fread(text, 1, room - 1, f);
	text[len] = '\0';
	fclose(f);
	return len;
}

struct seen {
	long	count[EVENT_KINDS];
	long	bcache, list, reasons, devices, threads, runners;
	int	runner;
};

static void see(const struct event *event, void *arg)
{
	struct seen *seen = arg;

	seen->count[event->kind]++;
	if (event->kind == EVENT_HONOURED && !strcmp(event->layer, "bcache"))
		seen->bcache++;
	if (event->kind == EVENT_REFUSED && event->id == ATTRIBUTE_LIST)
		seen->list++;
	if (event->kind == EVENT_REFUSED && event->reason < MAX_REASONS)
		seen->reasons |= 1L << event->reason;
	seen->devices += !!event->dev;
	seen->threads += !!event->tid;
	if (event->kind == EVENT_HONOURED && event->tid == seen->runner)
		seen->runners++;
}

/* A copy of the exact size, so that ASAN detects reads beyond it. */
static bool parse(const struct formats *formats, const char *page, size_t len,
		  struct seen *seen)
{
	char *copy = malloc(len ? len : 1);
	bool ret;

	memcpy(copy, page, len);
	ret = parse_page(formats, copy, len, see, seen);
	free(copy);
	return ret;
}

static bool parse_all(const struct formats *formats, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	return parse(formats, pages[0].bytes, pages[0].len, seen) &&
	       parse(formats, pages[1].bytes, pages[1].len, seen);
}

static void test_pages(const struct formats *formats)
{
	struct seen seen;

	is("pages of two CPUs", 1, parse_all(formats, &seen));
	is("given", 24, seen.count[EVENT_GIVEN]);
	is("honoured", 24, seen.count[EVENT_HONOURED]);
	is("... by bcache", 16, seen.bcache);
	is("refused", 13, seen.count[EVENT_REFUSED]);
	is("... the list", 3, seen.list);
	/* all reasons except lack of memory */
	is("... for each reason", (1 << 14) - 1 - (1 << 3), seen.reasons);
	is("those with a device", 48, seen.devices);
	is("those with a thread", 61, seen.threads);
}

/*
 * Any thread can honour an attribute. Here the thread id of each event is the
 * number of its type.
 */
static void test_runner(const struct formats *formats)
{
	struct formats copy = *formats;
	struct seen seen = { .runner = formats->id[EVENT_HONOURED] };

	copy.tid = copy.type;
	is("honoured in another thread", 1,
	   parse(&copy, pages[1].bytes, pages[1].len, &seen));
	is("... is seen", 24, seen.threads - 24);
	is("... which is not it", 0, seen.runners);
}

/* The word with the number of bytes has two flags in its upper bits. */
static void test_lost(const struct formats *formats)
{
	const struct page before = pages[1];
	char *commit = pages[1].bytes + formats->commit.offset;
	struct seen seen;

	commit[3] |= 0xc0;
	memset(commit + 4, 0xff, 4);
	is("bits that say that events were lost", 1,
	   parse_all(formats, &seen));
	is("... are no part of the length", 24, seen.count[EVENT_GIVEN]);
	pages[1] = before;
}

static char *put(char *at, uint32_t word)
{
	memcpy(at, &word, 4);
	return at + 4;
}

/* The header of an event: its type and the time since the previous event. */
static uint32_t head(uint32_t type, uint32_t time)
{
#if __BYTE_ORDER == __LITTLE_ENDIAN
	return type | time << 5;
#else
	return type << 27 | time;
#endif
}

/* Entries of other types between the events of cpu1, which have 44 bytes. */
static void test_between(const struct formats *formats)
{
	char copy[1024] = { 0 }, *at = copy + formats->data;
	const char *event = pages[1].bytes + formats->data + 4;
	struct seen seen = { .list = 0 };
	uint64_t commit;

	at = put(at, head(31, 5));		/* an absolute time */
	at = put(at, 77);
	at = put(at, head(0, 1));		/* an event with its length */
	at = put(at, 48);
	memcpy(at, event, 44);
	at = put(at + 44, head(29, 1));		/* a discarded event */
	at = put(at, 48);
	memcpy(at, event, 44);
	at = put(at + 44, head(30, 7));		/* an extended time */
	at = put(at, 1);
	at = put(at, head(11, 1));		/* a normal event */
	memcpy(at, event, 44);
	at = put(at + 44, head(11, 1));		/* an event of another type */
	memset(at, 0xff, 44);
	at = put(at + 44, head(29, 0));		/* the end of the page */
	memset(at, 0xff, 16);
	commit = at + 16 - copy - formats->data;
	memcpy(copy + formats->commit.offset, &commit, 8);
	is("times, padding, and others' events between ours", 1,
	   parse(formats, copy, formats->data + commit, &seen));
	is("... ours are seen", 2, seen.count[EVENT_GIVEN]);
	is("... and no more", 0, seen.count[EVENT_HONOURED] +
				 seen.count[EVENT_REFUSED]);
}

static void test_damage(const struct formats *formats, struct page *page)
{
	const struct page before = *page;
	long accepted = 0, more = 0;
	struct seen seen;
	size_t i;
	int bit;

	for (i = 0; i < page->len; i++)
		accepted += parse(formats, page->bytes, i, &seen);
	is("a page that is cut off is none", 0, accepted);
	for (i = 0; i < page->len * 8; i++) {
		bit = 1 << i % 8;
		page->bytes[i / 8] ^= bit;
		parse_all(formats, &seen);
		more += seen.count[EVENT_GIVEN] + seen.count[EVENT_HONOURED] +
			seen.count[EVENT_REFUSED] > 24 + 24 + 13;
		page->bytes[i / 8] ^= bit;
	}
	is("a bit that is wrong makes no events of nothing", 0, more);
	for (i = 0; i < page->len; i++) {
		memset(page->bytes + i, 0xff, page->len - i);
		parse_all(formats, &seen);
		memset(page->bytes + i, 0, page->len - i);
		parse_all(formats, &seen);
		*page = before;
	}
	is("a page that is overwritten is survived", 1, 1);
}

static const char *const paths[EVENT_KINDS] = {
	[EVENT_GIVEN]	 = "events/iocb_attr/iocb_attr_accepted/format",
	[EVENT_HONOURED] = "events/iocb_attr/iocb_attr_honoured/format",
	[EVENT_REFUSED]	 = "events/iocb_attr/iocb_attr_refused/format",
};

/* The message names what a kernel lacks. */
static void test_missing(const char *text, enum event_kind kind,
			 const char *field)
{
	struct formats formats = { .page_size = 0 };
	char copy[4096], name[80], *at;
	const char *missing;

	snprintf(copy, sizeof(copy), "%s", text);
	snprintf(name, sizeof(name), " %s;", field);
	at = strstr(copy, name);
	if (at)
		at[1] = 'X';
	missing = parse_format(copy, kind, &formats);
	snprintf(name, sizeof(name), "%s without %s", event_names[kind], field);
	is(name, 0, !missing || strcmp(missing, field));
}

/* A format that is truncated at any point. */
static void test_cut(const char *text, enum event_kind kind)
{
	struct formats formats = { .page_size = 0 };
	long taken = 0;
	size_t i;
	char *copy;

	/* the rest is the print format */
	for (i = 0; i < (size_t)(strstr(text, "print fmt") - text) - 3; i++) {
		copy = strndup(text, i);
		taken += !parse_format(copy, kind, &formats);
		free(copy);
	}
	is("a format that is cut off is none", 0, taken);
}

/* A name that does not fit ends the names; nothing after it is read. */
static void test_long_reason(const char *text)
{
	struct formats formats = { .page_size = 0 };
	char copy[4096], *at;
	int len;

	snprintf(copy, sizeof(copy), "%s", text);
	at = strstr(copy, ", { 0, \"pointer\"");
	len = sprintf(at, ", { %50u, \"before\" }", 1);
	at += len;
	sprintf(at, ", { 2, \"%024u\" })", 0);
	/* the text ends here, but has the length of the previous one */
	sprintf(at + len, ", { 3, \"beyond\" }");
	is("a reason with a long name", 0,
	   !!parse_format(copy, EVENT_REFUSED, &formats));
	is("... has none", 0, *formats.reasons[2]);
	is("... the one before has its own", 0,
	   strcmp(formats.reasons[1], "before"));
	is("... and what is behind the end is none", 0, *formats.reasons[3]);
}

/* A format with one field replaced by another one of the same length. */
static void replace(char *text, const char *field, const char *by)
{
	memcpy(strstr(text, field), by, strlen(by));
}

/* A reason of 8 bytes whose upper bytes are 0. */
static void test_large_reason(const struct formats *formats, const char *text)
{
	struct formats copy = *formats;
	struct seen seen = { .list = 0 };
	char large[4096];

	snprintf(large, sizeof(large), "%s", text);
	replace(large, "reason;\toffset:12;\tsize:4",
		"reason;\toffset:12;\tsize:8");
	/* make the difference visible: a byte that is 0 */
	replace(large, "offset;\toffset:16;\tsize:4",
		"offset;\toffset:02;\tsize:1");
	is("a reason of 8 bytes", 0,
	   !!parse_format(large, EVENT_REFUSED, &copy));
	is("... has a page", 1,
	   parse(&copy, pages[0].bytes, pages[0].len, &seen));
	is("... and all but one of its reasons need no record", 12, seen.list);
}

int main(int argc, char **argv)
{
	static char text[EVENT_KINDS][4096], header[4096];
	struct formats formats = { .page_size = 0 };
	int kind;

	if (argc != 2)
		return 2;
	pages[0].len = load(argv[1], "per_cpu/cpu0/trace_pipe_raw",
			    pages[0].bytes, sizeof(pages[0].bytes));
	pages[1].len = load(argv[1], "per_cpu/cpu1/trace_pipe_raw",
			    pages[1].bytes, sizeof(pages[1].bytes));
	load(argv[1], "events/header_page", header, sizeof(header));
	is("header_page", 0, !!parse_header_page(header, &formats));
	is("bytes of a page", 4096, formats.page_size);
	for (kind = 0; kind < EVENT_KINDS; kind++) {
		load(argv[1], paths[kind], text[kind], sizeof(*text));
		is(event_names[kind], 0,
		   !!parse_format(text[kind], kind, &formats));
	}
	is("a reason has its name", 0, strcmp(formats.reasons[12], "target"));
	is("the last one, too", 0, strcmp(formats.reasons[13], "unsupported"));
	is("there is no other", 0, *formats.reasons[14]);

	test_pages(&formats);
	test_runner(&formats);
	test_lost(&formats);
	test_between(&formats);
	test_damage(&formats, &pages[0]);
	test_damage(&formats, &pages[1]);

	test_long_reason(text[EVENT_REFUSED]);
	test_large_reason(&formats, text[EVENT_REFUSED]);
	test_missing(text[EVENT_GIVEN], EVENT_GIVEN, "dev");
	test_missing(text[EVENT_GIVEN], EVENT_GIVEN, "given");
	test_missing(text[EVENT_GIVEN], EVENT_GIVEN, "common_pid");
	test_missing(text[EVENT_HONOURED], EVENT_HONOURED, "dev");
	test_missing(text[EVENT_HONOURED], EVENT_HONOURED, "id");
	test_missing(text[EVENT_HONOURED], EVENT_HONOURED, "layer");
	test_missing(text[EVENT_HONOURED], EVENT_HONOURED, "pid");
	test_missing(text[EVENT_REFUSED], EVENT_REFUSED, "id");
	test_missing(text[EVENT_REFUSED], EVENT_REFUSED, "error");
	test_missing(text[EVENT_REFUSED], EVENT_REFUSED, "reason");
	test_missing(text[EVENT_REFUSED], EVENT_REFUSED, "offset");
	for (kind = 0; kind < EVENT_KINDS; kind++)
		test_cut(text[kind], kind);
	return tap_end(&tap);
}
