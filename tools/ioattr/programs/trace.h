/* SPDX-License-Identifier: GPL-2.0 */
/* What ioattr trace and ioattr top share. */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "counters.h"
#include "names.h"
#include "tracefs.h"

/**
 * struct settings - the command line
 * @top: It is ioattr top.
 * @help: Only the help text is wanted.
 * @interval: Seconds; 0: one report at the end.
 * @count: How many of them, or 0 for no end.
 * @by: Mask of columns.
 * @order: As for table_sort().
 * @pid: Only of this process, or 0.
 * @has_dev: Only on the device @dev.
 * @buffer: KiB for each CPU, or 0.
 * @command: What to run meanwhile, or NULL.
 */
struct settings {
	bool		top, help, json, has_dev;
	double		interval;
	long		count;
	unsigned int	by;
	int		order;
	int		pid;
	uint32_t	dev;
	long		buffer;
	const char	*output, *instance;
	char		**command;
};

/* False if something is wrong with the command line, which has been said. */
bool parse_settings(int argc, char **argv, bool top, struct settings *settings);

/* Words of --sort, in the order of table_sort(). */
extern const char *const order_names[ORDERS];

/**
 * struct report - what was counted
 * @seconds: From the beginning to the end of this report.
 * @events: How many there were, by kind.
 * @lost: How many more there were, of which nothing is known.
 * @rows: Sorted.
 */
struct report {
	double		seconds;
	uint64_t	events[EVENT_KINDS], lost;
	struct table	rows;
};

/**
 * struct session - one that runs
 * @now: Since the last report; @shown: that one; @total: all before, of which
 *	only what @view needs.
 * @begun, @last: When it began, and the last report was made.
 * @lost: What the kernel had counted as lost when it was last asked.
 * @out: Where reports go.
 * @status: What to exit with.
 * @failed: Something went wrong, which has been said.
 * @view: Of ioattr top on a terminal, or NULL.
 */
struct session {
	const struct settings *settings;
	struct source	source;
	struct names	*names;
	struct report	now, shown, total;
	double		begun, last;
	uint64_t	lost;
	long		reports;
	FILE		*out;
	pid_t		child;
	int		signals, status;
	bool		done, failed;
	struct view	*view;
};

/* Are events of this kind left out, since they do not tell what is asked for? */
bool left_out(const struct settings *settings, enum event_kind kind);

/* Words of a row, for people. */
void cell(const struct session *session, const struct row *row,
	  enum column column, char *text, size_t room);
void print_whys(const struct session *session, const struct row *row,
		char *text, size_t room);

/* Print session->now: a table, or a line of JSON. */
void print_text(const struct session *session);
void print_json(const struct session *session);

/* The terminal. NULL if there is none. */
struct view *view_open(void);
void view_close(struct view *view);

/* Draw it, after an interval of so many seconds. */
void view_draw(struct session *session, double seconds);

/* The keys that were pressed; true if something else is to be seen now. */
bool view_keys(struct session *session);

/* Back from where others used the terminal. */
void view_stop(struct session *session);
void view_resume(struct session *session);

#endif /* TRACE_H */
