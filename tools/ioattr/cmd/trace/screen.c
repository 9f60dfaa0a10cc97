// SPDX-License-Identifier: GPL-2.0
/* The screen of ioattr top. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "trace.h"

#define ESC		"\033["
#define SCREEN_ON	ESC "?1049h" ESC "?25l"
#define SCREEN_OFF	ESC "?25h" ESC "?1049l"

static const int width[COLUMNS] = { 22, 10, 11, 11 };

/**
 * struct view - the screen
 * @before: The previous settings of the terminal.
 * @sort_key: As for table_sort().
 * @totals: Show totals instead of rates.
 * @seconds: Length of the interval that is shown, or 0 before the first.
 * @width: Columns of the screen.
 * @left: Lines that are not yet drawn.
 */
struct view {
	struct termios	before;
	int		sort_key;
	bool		totals;
	double		seconds;
	int		width, left;
};

/* For give_back(), which exit() calls without arguments. */
static struct view *shown;

static void take_terminal(const struct view *view)
{
	struct termios raw = view->before;

	raw.c_lflag &= ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	fputs(SCREEN_ON, stdout);
	fflush(stdout);
}

static void give_back(void)
{
	if (!shown)
		return;
	fputs(SCREEN_OFF, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &shown->before);
}

struct view *view_open(void)
{
	struct view *view;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return NULL;
	view = xcalloc(1, sizeof(*view));
	tcgetattr(STDIN_FILENO, &view->before);
	view->sort_key = -1;
	if (!shown)
		atexit(give_back);
	shown = view;
	take_terminal(view);
	return view;
}

void view_close(struct view *view)
{
	give_back();
	shown = NULL;
	free(view);
}

void view_stop(struct session *session)
{
	if (session->view)
		give_back();
}

void view_resume(struct session *session)
{
	if (!session->view)
		return;
	take_terminal(session->view);
	view_draw(session, 0);
}

/* Print a line, truncated to the width of the screen. */
static void line(struct view *view, const char *text)
{
	if (view->left-- <= 0)
		return;
	printf("%.*s" ESC "K%s", view->width, text, view->left ? "\r\n" : "");
}

/* Format a count or a rate. */
static void number(const struct session *session, const struct table *rows,
		   const struct row *row, enum event_kind kind, char *text,
		   size_t room)
{
	const struct view *view = session->view;
	const double count = row->count[kind];

	if (is_filtered(session->settings, kind) ||
	    !row_can_have(rows, row, kind))
		snprintf(text, room, "-");
	else if (view->totals || view->seconds <= 0)
		snprintf(text, room, "%" PRIu64, row->count[kind]);
	else
		snprintf(text, room, "%.*f",
			 count && count / view->seconds < 10, count /
			 view->seconds);
}

static void draw_row(struct session *session, const struct table *rows,
		     const struct row *row)
{
	char text[512], word[64];
	int len = 0, i;

	for (i = 0; i < COLUMNS; i++) {
		if (!(session->settings->by & 1 << i))
			continue;
		format_cell(session, row, i, word, sizeof(word));
		len += snprintf(text + len, sizeof(text) - len, "%-*.*s ",
				width[i], width[i], word);
	}
	for (i = 0; i < EVENT_KINDS; i++) {
		number(session, rows, row, i, word, sizeof(word));
		len += snprintf(text + len, sizeof(text) - len, "%11.20s", word);
	}
	len += snprintf(text + len, sizeof(text) - len, "  ");
	format_reasons(session, row, text + len, sizeof(text) - len);
	line(session->view, text);
}

static void draw_titles(struct session *session)
{
	static const char *const titles[2][EVENT_KINDS] = {
		{ "given/s", "honoured/s", "refused/s" },
		{ "given", "honoured", "refused" },
	};
	struct view *view = session->view;
	char text[256];
	int len = 0, i;

	for (i = 0; i < COLUMNS; i++) {
		if (session->settings->by & 1 << i)
			len += snprintf(text + len, sizeof(text) - len, "%-*s ",
					width[i], column_names[i]);
	}
	for (i = 0; i < EVENT_KINDS; i++)
		len += snprintf(text + len, sizeof(text) - len, "%11s",
				titles[view->totals][i]);
	fputs(ESC "7m", stdout);
	line(view, text);
	fputs(ESC "0m", stdout);
}

static void draw_head(struct session *session, const struct report *report)
{
	const struct view *view = session->view;
	char text[256];

	snprintf(text, sizeof(text),
		 "ioattr top  %.0f s  %s, by %s; q quits, t %s, e g h r p d a l sort",
		 session->total.seconds,
		 view->totals ? "totals" : "rates",
		 sort_names[view->sort_key],
		 view->totals ? "rates" : "totals");
	line(session->view, text);
	snprintf(text, sizeof(text), "%" PRIu64 " given, %" PRIu64
		 " honoured, %" PRIu64 " refused%s", report->events[EVENT_GIVEN],
		 report->events[EVENT_HONOURED], report->events[EVENT_REFUSED],
		 view->totals ? "" : " in this interval");
	line(session->view, text);
	if (session->total.lost) {
		snprintf(text, sizeof(text), "LOST: %" PRIu64
			 " events are not counted because a buffer was full; see --buffer",
			 session->total.lost);
		line(session->view, text);
	}
}

void view_draw(struct session *session, double seconds)
{
	struct view *view = session->view;
	const struct report *report;
	struct winsize size;
	struct table rows;
	size_t i;

	if (seconds)
		view->seconds = seconds;
	if (view->sort_key < 0)
		view->sort_key = session->settings->sort_key;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row) {
		size.ws_row = 24;
		size.ws_col = 80;
	}
	view->left = size.ws_row;
	view->width = size.ws_col;

	/* copy the rows: nothing can be counted in a sorted table */
	report = view->totals ? &session->total : &session->shown;
	table_init(&rows, session->settings->by);
	table_add(&rows, &report->rows);
	table_sort(&rows, session->names, view->sort_key);
	fputs(ESC "H", stdout);
	draw_head(session, report);
	draw_titles(session);
	for (i = 0; i < rows.nr && view->left > 0; i++)
		draw_row(session, &rows, &rows.rows[i]);
	fputs(ESC "J", stdout);
	fflush(stdout);
	table_clear(&rows);
	if (ferror(stdout))
		session->done = true;
}

bool view_keys(struct session *session)
{
	static const char sort_keys[SORT_KEYS] = {
		[BY_PROCESS]			= 'p',
		[BY_DEVICE]			= 'd',
		[BY_ATTRIBUTE]			= 'a',
		[BY_LAYER]			= 'l',
		[COLUMNS + EVENT_GIVEN]		= 'g',
		[COLUMNS + EVENT_HONOURED]	= 'h',
		[COLUMNS + EVENT_REFUSED]	= 'r',
		[SORT_EVENTS]			= 'e',
	};
	struct view *view = session->view;
	const char *found;
	bool changed = false;
	char key;
	ssize_t ret;

	while ((ret = read(STDIN_FILENO, &key, 1)) == 1) {
		found = memchr(sort_keys, key, sizeof(sort_keys));
		if (key == 'q')
			session->done = true;
		else if (key == 't')
			view->totals = !view->totals;
		else if (found)
			view->sort_key = found - sort_keys;
		else
			continue;
		changed = true;
	}
	return changed && !session->done;
}
