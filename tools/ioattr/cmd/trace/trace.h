/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by ioattr trace and ioattr top. */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "names.h"
#include "table.h"
#include "tracefs.h"

/**
 * struct settings - the command line
 * @top: For ioattr top.
 * @help: Print the help text only.
 * @interval: Seconds; 0 for one report at the end.
 * @count: Exit after this number of reports; 0 for no limit.
 * @by: Mask of columns.
 * @sort_key: As for table_sort().
 * @pid: Only the events of this process, or 0.
 * @has_dev: Only the events of @dev.
 * @buffer: KiB for each CPU, or 0 for the default.
 * @command: The command to run, or NULL.
 */
struct settings {
	bool		top, help, json, has_dev;
	double		interval;
	long		count;
	unsigned int	by;
	int		sort_key;
	int		pid;
	uint32_t	dev;
	long		buffer;
	const char	*output, *instance;
	char		**command;
};

/*
 * Parse the command line. Prints an error and returns false if it is invalid.
 */
bool parse_settings(int argc, char **argv, bool top, struct settings *settings);

/* The arguments of --sort, in the order of table_sort()'s keys. */
extern const char *const sort_names[SORT_KEYS];

/**
 * struct report - the counts of an interval
 * @seconds: From the start of the session to the end of the interval.
 * @events: The number of events, by kind.
 * @lost: The number of events lost because a buffer was full.
 * @rows: The rows to print.
 */
struct report {
	double		seconds;
	uint64_t	events[EVENT_KINDS], lost;
	struct table	rows;
};

/**
 * struct session - a running ioattr trace or top
 * @now: The current interval.
 * @shown: The previous interval, which is on the screen.
 * @total: All complete intervals. Only maintained for @view.
 * @begun: When the session began.
 * @last: When the previous report was made.
 * @lost: The kernel's count of lost events at that time.
 * @out: Where to print reports.
 * @status: The exit status.
 * @failed: An error has been printed.
 * @view: The screen of ioattr top, or NULL if there is no terminal.
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

/* Run until the end. Returns the exit status. */
int trace_session(const struct settings *settings);

/*
 * Returns true if events of this kind lack the field that the settings filter
 * by.
 */
bool is_filtered(const struct settings *settings, enum event_kind kind);

/* Format a column, or the reasons, of a row. */
void format_cell(const struct session *session, const struct row *row,
		 enum column column, char *text, size_t room);
void format_reasons(const struct session *session, const struct row *row,
		    char *text, size_t room);

/* Print session->now as a table, or as a line of JSON. */
void print_text(const struct session *session);
void print_json(const struct session *session);

/* Set up the screen. Returns NULL if there is no terminal. */
struct view *view_open(void);
void view_close(struct view *view);

/* Draw the screen. @seconds: the length of a new interval, or 0 to redraw. */
void view_draw(struct session *session, double seconds);

/* Handle the keys that were pressed. Returns true if the screen has changed. */
bool view_keys(struct session *session);

/* Restore the terminal before the process stops, and set it up again after. */
void view_stop(struct session *session);
void view_resume(struct session *session);

#endif /* TRACE_H */
