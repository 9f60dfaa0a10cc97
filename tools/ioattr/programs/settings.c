// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "say.h"
#include "trace.h"

const char *const order_names[ORDERS] = {
	[BY_PROCESS]			= "process",
	[BY_DEVICE]			= "device",
	[BY_ATTRIBUTE]			= "attribute",
	[BY_LAYER]			= "layer",
	[COLUMNS + EVENT_GIVEN]		= "given",
	[COLUMNS + EVENT_HONOURED]	= "honoured",
	[COLUMNS + EVENT_REFUSED]	= "refused",
	[ORDER_EVENTS]			= "events",
};

#define usage_error(settings, ...)					\
	(complain_of_usage((settings)->top ? "ioattr top" :		\
					     "ioattr trace",		\
			   __VA_ARGS__), false)

static bool parse_long(const struct settings *settings, const char *name,
		       const char *text, long max, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end)
		return usage_error(settings, "--%s=%s is no number", name,
				   text);
	if (errno || *number > max)
		return usage_error(settings, "--%s=%s is more than %ld", name,
				   text, max);
	return *number || usage_error(settings, "--%s=%s is less than 1", name,
				      text);
}

static bool parse_interval(struct settings *settings, const char *text)
{
	const double max = 86400;
	char *end;

	if (strspn(text, "0123456789.") != strlen(text))
		return usage_error(settings, "--interval=%s is no number",
				   text);
	settings->interval = strtod(text, &end);
	if (end == text || *end)
		return usage_error(settings, "--interval=%s is no number",
				   text);
	if (settings->interval > max)
		return usage_error(settings, "--interval=%s is more than %g",
				   text, max);
	if (settings->interval < 0.1 && (settings->interval || settings->top))
		return usage_error(settings, "--interval=%s is less than 0.1",
				   text);
	return true;
}

/* One of the names that begins at @text and ends there or with a comma. */
static int find_word(const char *const *names, int nr, const char *text,
		     size_t len)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (strlen(names[i]) == len && !memcmp(names[i], text, len))
			return i;
	}
	return -1;
}

static bool parse_by(struct settings *settings, const char *text)
{
	size_t len;
	int column;

	settings->by = 0;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		column = find_word(column_names, COLUMNS, text, len);
		if (column < 0)
			return usage_error(settings, "there is no column \"%.*s\"",
					   (int)len, text);
		settings->by |= 1U << column;
		if (!text[len])
			return true;
	}
}

static bool parse_order(struct settings *settings, const char *text)
{
	settings->order = find_word(order_names, ORDERS, text, strlen(text));
	return settings->order >= 0 ||
	       usage_error(settings, "there is no order by \"%s\"", text);
}

/* A block device by its name or number, or what a file is on. */
static bool parse_device(struct settings *settings, const char *text)
{
	unsigned int major, minor;
	char path[PATH_MAX];
	struct stat st;
	dev_t dev;
	int len = 0;

	settings->has_dev = true;
	if (sscanf(text, "%u:%u%n", &major, &minor, &len) == 2 && !text[len]) {
		settings->dev = major << 20 | minor;
		return true;
	}
	snprintf(path, sizeof(path), "%s%s", strchr(text, '/') ? "" : "/dev/",
		 text);
	if (stat(path, &st)) {
		complain("%s: %s", path, strerror(errno));
		return false;
	}
	dev = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	settings->dev = major(dev) << 20 | minor(dev);
	return true;
}

static bool parse_option(struct settings *settings, int c, const char *name,
			 const char *text)
{
	long pid;

	switch (c) {
	case 'i':
		return parse_interval(settings, text);
	case 'n':
		return parse_long(settings, name, text, LONG_MAX,
				  &settings->count);
	case 'b':
		return parse_by(settings, text);
	case 's':
		return parse_order(settings, text);
	case 'p':
		if (!parse_long(settings, name, text, INT_MAX, &pid))
			return false;
		settings->pid = pid;
		return true;
	case 'd':
		return parse_device(settings, text);
	case 'j':
		settings->json = true;
		return true;
	case 'o':
		settings->output = text;
		return true;
	case 'B':
		return parse_long(settings, name, text, 1 << 20,
				  &settings->buffer);
	case 'I':
		settings->instance = text;
		return true;
	case 'h':
		settings->help = true;
		return true;
	default:
		/* getopt_long() has said what is wrong */
		fprintf(stderr, "ioattr %s --help tells more\n",
			settings->top ? "top" : "trace");
		return false;
	}
}

static bool check(struct settings *settings, char **words)
{
	if (*words && settings->top)
		return usage_error(settings, "there is \"%s\" too much",
				   *words);
	if (*words)
		settings->command = words;
	if (settings->command && settings->count)
		return usage_error(settings, "--count would end before the command does");
	if (settings->command && settings->instance)
		return usage_error(settings, "--instance has what others do, not the command");
	if (settings->instance && settings->buffer)
		return usage_error(settings, "--instance has its buffers");
	if (settings->interval < 0)
		settings->interval = !settings->command;
	if (settings->count && !settings->interval)
		return usage_error(settings, "--count needs an --interval");
	return true;
}

bool parse_settings(int argc, char **argv, bool top, struct settings *settings)
{
	/* the first two are those that top has not */
	static const struct option all[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ "by", required_argument, NULL, 'b' },
		{ "sort", required_argument, NULL, 's' },
		{ "pid", required_argument, NULL, 'p' },
		{ "device", required_argument, NULL, 'd' },
		{ "buffer", required_argument, NULL, 'B' },
		{ "instance", required_argument, NULL, 'I' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct option *options = top ? all + 2 : all;
	int c, i = 0;

	*settings = (struct settings){
		.top	  = top,
		.interval = -1,
		.by	  = (1 << COLUMNS) - 1,
		.order	  = top ? ORDER_EVENTS : BY_PROCESS,
	};
	/* "+": what the command's options are is its own affair */
	while ((c = getopt_long(argc, argv, "+", options, &i)) != -1) {
		if (!parse_option(settings, c, options[i].name, optarg))
			return false;
		if (settings->help)
			return true;
	}
	return check(settings, argv + optind);
}
