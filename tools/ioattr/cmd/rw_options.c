// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "../common/msg.h"
#include "../common/parse.h"
#include "../include/ioattr.h"
#include "../lib/names.h"
#include "rw.h"

#define bad_usage(job, ...)						\
	(usage_error((job)->attrs.command, __VA_ARGS__), 1)

/* The options that take a number. */
static const struct number_option {
	const char	*name;
	long long	min, max;
	size_t		offset;		/* of the number in struct job */
} number_options[] = {
	{ "set",	 1, INT_MAX,	offsetof(struct job, set_fd) },
	{ "app-tag",	 0, UINT16_MAX,	offsetof(struct job, app_tag) },
	{ "seed",	 0, MAX_SIZE,	offsetof(struct job, ref_seed) },
	{ "offset",	 0, MAX_SIZE,	offsetof(struct job, offset) },
	{ "length",	 1, MAX_SIZE,	offsetof(struct job, length) },
	{ "bs",		 1, MAX_BS,	offsetof(struct job, bs) },
	{ "depth",	 1, MAX_DEPTH,	offsetof(struct job, depth) },
	{ "random",	 1, MAX_SIZE,	offsetof(struct job, seed) },
	{ "pattern",	 0, UINT8_MAX,	offsetof(struct job, pattern) },
};

static int parse_number_option(struct job *job, const char *name,
			       const char *text)
{
	const struct number_option *o = number_options;

	while (strcmp(o->name, name))
		o++;
	return !parse_number(job->attrs.command, name, text, o->min, o->max,
			     (long long *)((char *)job + o->offset));
}

static const char *check_name(unsigned int bit)
{
	return bit < IOATTR_NR_CHECKS ? ioattr_check_names[bit] : NULL;
}

static int parse_checks(struct job *job, const char *text)
{
	const char *unknown = ioattr_parse_names(text, check_name,
						 &job->pi_check);

	return unknown ? bad_usage(job, "unknown tag \"%.*s\"",
				   (int)strcspn(unknown, ","), unknown) : 0;
}

/* @c: the option's character, 'n' for one of number_options[]. */
static int parse_option(struct job *job, int c, const char *name,
			const char *text)
{
	switch (c) {
	case 'n':
		return parse_number_option(job, name, text);
	case 'S':
		job->set = true;
		return text ? parse_number_option(job, name, text) : 0;
	case 'i':
		job->pi = text;
		return 0;
	case 'k':
		return parse_checks(job, text);
	case 'R':
		job->random = true;
		return text ? parse_number_option(job, name, text) : 0;
	case 'I':
		job->input = text;
		return 0;
	case 'O':
		job->output = text;
		return 0;
	case 'F':
		job->force = true;
		return 0;
	case 'B':
		job->buffered = true;
		return 0;
	case 'h':
		job->help = true;
		return 0;
	default:
		return !parse_attr(&job->attrs, c, name, text);
	}
}

static int check_write(const struct job *job)
{
	if (job->output)
		return bad_usage(job, "--output is an option of read");
	/* without them a mistyped command would erase a disk */
	if (job->length < 0)
		return bad_usage(job, "missing --length");
	if (job->pattern < 0 && !job->input)
		return bad_usage(job, "missing --pattern or --input");
	if (job->pattern >= 0 && job->input)
		return bad_usage(job, "--pattern cannot be combined with --input");
	if (job->random && job->input)
		return bad_usage(job, "--input cannot be combined with --random");
	return 0;
}

static int check_read(const struct job *job)
{
	if (job->pattern >= 0 || job->input)
		return bad_usage(job, "--pattern and --input are options of write");
	if (job->random && job->output)
		return bad_usage(job, "--output cannot be combined with --random");
	if (job->random && job->pi)
		return bad_usage(job, "--pi cannot be combined with --random");
	if (job->pi && job->output && !strcmp(job->pi, job->output))
		return bad_usage(job, "--pi and --output are the same file");
	return 0;
}

static int check_options(const struct job *job)
{
	if (job->bs * job->depth > MAX_BS)
		return bad_usage(job, "--bs times --depth is more than %lld",
				 MAX_BS);
	if (job->attrs.required && !has_attrs(&job->attrs) && !job->pi)
		return bad_usage(job, "--required needs --cache, --cgroup, --proxy, --prio or --pi");
	if (job->set && job->set_fd < 0 && !has_attrs(&job->attrs))
		return bad_usage(job, "--set needs --cache, --cgroup, --proxy, --prio or a file descriptor");
	if (!job->pi && (job->pi_check || job->app_tag >= 0 ||
			 job->ref_seed >= 0))
		return bad_usage(job, "--pi-check, --app-tag and --seed need --pi");
	return job->write ? check_write(job) : check_read(job);
}

static int parse_file(int nr, char **words, struct job *job)
{
	if (!nr)
		return bad_usage(job, "missing FILE");
	if (nr > 1)
		return bad_usage(job, "unexpected argument \"%s\"", words[1]);
	job->file = words[0];
	return 0;
}

int parse_options(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		ATTR_OPTIONS,
		{ "set", optional_argument, NULL, 'S' },
		{ "pi", required_argument, NULL, 'i' },
		{ "pi-check", required_argument, NULL, 'k' },
		{ "app-tag", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 'n' },
		{ "offset", required_argument, NULL, 'n' },
		{ "length", required_argument, NULL, 'n' },
		{ "bs", required_argument, NULL, 'n' },
		{ "depth", required_argument, NULL, 'n' },
		{ "random", optional_argument, NULL, 'R' },
		{ "pattern", required_argument, NULL, 'n' },
		{ "input", required_argument, NULL, 'I' },
		{ "output", required_argument, NULL, 'O' },
		{ "force", no_argument, NULL, 'F' },
		{ "buffered", no_argument, NULL, 'B' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c, i = 0, ret;

	while ((c = getopt_long(argc, argv, "", options, &i)) != -1) {
		ret = parse_option(job, c, options[i].name, optarg);
		if (ret || job->help)
			return ret;
	}
	ret = parse_file(argc - optind, argv + optind, job);
	return ret ? ret : check_options(job);
}
