// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../../common/msg.h"
#include "../../common/parse.h"
#include "../../lib/names.h"
#include "trace.h"

const char *const sort_names[SORT_KEYS] = {
	[BY_PROCESS]			= "process",
	[BY_DEVICE]			= "device",
	[BY_ATTRIBUTE]			= "attribute",
	[BY_LAYER]			= "layer",
	[COLUMNS + EVENT_GIVEN]		= "given",
	[COLUMNS + EVENT_HONOURED]	= "honoured",
	[COLUMNS + EVENT_REFUSED]	= "refused",
	[SORT_EVENTS]			= "events",
};

#define bad_usage(settings, ...)					\
	(usage_error(command_name(settings), __VA_ARGS__), false)

static const char *command_name(const struct settings *settings)
{
	return settings->top ? "top" : "trace";
}

static bool parse_long(const struct settings *settings, const char *name,
		       const char *text, long max, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end)
		return bad_usage(settings, "--%s=%s: invalid number", name,
				   text);
	if (errno || *number > max)
		return bad_usage(settings, "--%s=%s is more than %ld", name,
				   text, max);
	return *number || bad_usage(settings, "--%s=%s is less than 1", name,
				      text);
}

static bool parse_interval(struct settings *settings, const char *text)
{
	const double max = 86400;
	char *end;

	if (strspn(text, "0123456789.") != strlen(text))
		return bad_usage(settings, "--interval=%s: invalid number",
				   text);
	settings->interval = strtod(text, &end);
	if (end == text || *end)
		return bad_usage(settings, "--interval=%s: invalid number",
				   text);
	if (settings->interval > max)
		return bad_usage(settings, "--interval=%s is more than %g",
				   text, max);
	if (settings->interval < 0.1 && (settings->interval || settings->top))
		return bad_usage(settings, "--interval=%s is less than 0.1",
				   text);
	return true;
}

static const char *column_name(unsigned int bit)
{
	return bit < COLUMNS ? column_names[bit] : NULL;
}

static bool parse_by(struct settings *settings, const char *text)
{
	const char *unknown;

	settings->by = 0;
	unknown = ioattr_parse_names(text, column_name, &settings->by);
	return !unknown || bad_usage(settings, "unknown column \"%.*s\"",
				     (int)strcspn(unknown, ","), unknown);
}

static bool parse_sort(struct settings *settings, const char *text)
{
	int key;

	for (key = 0; key < SORT_KEYS; key++) {
		if (!strcmp(sort_names[key], text)) {
			settings->sort_key = key;
			return true;
		}
	}
	return bad_usage(settings, "unknown sort key \"%s\"", text);
}

/* A block device by name or number, or the device that holds a file. */
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
		error_msg("%s: %s", path, strerror(errno));
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
		return parse_sort(settings, text);
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
		/* getopt_long() has printed the error */
		usage_hint(command_name(settings));
		return false;
	}
}

static bool check_settings(struct settings *settings, char **words)
{
	if (*words && settings->top)
		return bad_usage(settings, "unexpected argument \"%s\"",
				   *words);
	if (*words)
		settings->command = words;
	if (settings->command && settings->count)
		return bad_usage(settings, "--count cannot be combined with COMMAND");
	if (settings->command && settings->instance)
		return bad_usage(settings, "--instance cannot be combined with COMMAND");
	if (settings->instance && settings->buffer)
		return bad_usage(settings, "--buffer cannot be combined with --instance");
	if (settings->interval < 0)
		settings->interval = !settings->command;
	if (settings->count && !settings->interval)
		return bad_usage(settings, "--count needs an --interval");
	return true;
}

bool parse_settings(int argc, char **argv, bool top, struct settings *settings)
{
	/* top does not have the first two */
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
		.sort_key	  = top ? SORT_EVENTS : BY_PROCESS,
	};
	/* "+": stop at the command, which has its own options */
	while ((c = getopt_long(argc, argv, "+", options, &i)) != -1) {
		if (!parse_option(settings, c, options[i].name, optarg))
			return false;
		if (settings->help)
			return true;
	}
	return check_settings(settings, argv + optind);
}
