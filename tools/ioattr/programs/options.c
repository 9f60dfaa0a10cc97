// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../include/ioattr.h"
#include "command.h"
#include "say.h"
#include "words.h"

static const char help_text[] =
"Usage: ioattr read|write [OPTION...] FILE\n"
"       ioattr probe [FILE]\n"
"       ioattr trace|top [OPTION...]: see ioattr trace --help\n"
"\n"
"Read or write FILE asynchronously with attributes on each I/O, or say what\n"
"this kernel knows of attributes.\n"
"\n"
"  --cache=HINT[,HINT]  bypass, admit, writethrough, writeback, writearound\n"
"  --cgroup=DIRECTORY   charge the I/O to this cgroup\n"
"  --proxy=PID          do it in the name of this process\n"
"  --proxy-pidfd=PID    the same, naming it by a file descriptor\n"
"  --prio=CLASS[:LEVEL] with this priority: rt or be, :0 to :7, idle, or none\n"
"  --pi=FILE            with the protection information in FILE; read: into it\n"
"  --pi-check=TAG[,TAG] have the device check it: guard, ref, app\n"
"  --app-tag=N          what the application tags are checked against (0)\n"
"  --seed=N             reference tag of the first block (its number)\n"
"  --required           refuse the I/O where nothing can honour these\n"
"  --report             count how many I/Os were honoured\n"
"  --offset=SIZE        where to begin (0)\n"
"  --length=SIZE        how much in all (to the end of FILE)\n"
"  --bs=SIZE            bytes of one I/O (4K)\n"
"  --depth=N            I/Os in flight (1)\n"
"  --random[=SEED]      in random order, each block on average once\n"
"  --pattern=BYTE       write this byte (0)\n"
"  --output=FILE        write what is read to FILE; it is dropped otherwise\n"
"  --buffered           without O_DIRECT: attributes have no effect then\n"
"  --help               this text\n"
"\n"
"SIZE may end in K, M or G.\n";

int help(void)
{
	fputs(help_text, stdout);
	return 0;
}

#define usage_error(...) (complain_of_usage("ioattr", __VA_ARGS__), 1)

/* @text is the value of the option @name. */
static int parse_number(const char *name, const char *text, long long min,
			long long max, long long *number)
{
	const int ret = number_parse(text, max, number);

	if (ret == -EINVAL)
		return usage_error("--%s=%s is no number", name, text);
	if (ret)
		return usage_error("--%s=%s is more than %lld", name, text,
				   max);
	if (*number < min)
		return usage_error("--%s=%s is less than %lld", name, text,
				   min);
	return 0;
}

static int parse_hints(const char *text, uint32_t *hints)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (!hint_add(text, len, hints))
			return usage_error("there is no cache hint \"%.*s\"",
					   (int)len, text);
		if (!text[len])
			return 0;
	}
}

static int parse_checks(const char *text, uint16_t *checks)
{
	/* in the order of IO_INTEGRITY_CHK_* */
	static const char *const names[] = { "guard", "ref", "app" };
	unsigned int bit;
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		for (bit = 0; bit < 3; bit++) {
			if (strlen(names[bit]) == len &&
			    !memcmp(names[bit], text, len))
				break;
		}
		if (bit == 3)
			return usage_error("there is no check of \"%.*s\"",
					   (int)len, text);
		*checks |= 1U << bit;
		if (!text[len])
			return 0;
	}
}

static int parse_words(int nr, char **words, struct job *job)
{
	if (!nr)
		return usage_error("say what to do: read, write or probe");
	if (!strcmp(words[0], "read"))
		job->verb = VERB_READ;
	else if (!strcmp(words[0], "write"))
		job->verb = VERB_WRITE;
	else if (!strcmp(words[0], "probe"))
		job->verb = VERB_PROBE;
	else
		return usage_error("\"%s\" is not read, write or probe",
				   words[0]);
	if (nr < 2 && job->verb != VERB_PROBE)
		return usage_error("%s needs a file", words[0]);
	if (nr > 2)
		return usage_error("%s takes one file, not \"%s\" too",
				   words[0], words[2]);
	job->file = words[1];
	return 0;
}

int parse_options(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		{ "cache", required_argument, NULL, 'c' },
		{ "cgroup", required_argument, NULL, 'g' },
		{ "proxy", required_argument, NULL, 'x' },
		{ "proxy-pidfd", required_argument, NULL, 'X' },
		{ "prio", required_argument, NULL, 'P' },
		{ "pi", required_argument, NULL, 'i' },
		{ "pi-check", required_argument, NULL, 'k' },
		{ "app-tag", required_argument, NULL, 'a' },
		{ "seed", required_argument, NULL, 's' },
		{ "required", no_argument, NULL, 'q' },
		{ "report", no_argument, NULL, 'r' },
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'l' },
		{ "bs", required_argument, NULL, 'b' },
		{ "depth", required_argument, NULL, 'd' },
		{ "random", optional_argument, NULL, 'R' },
		{ "pattern", required_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'O' },
		{ "buffered", no_argument, NULL, 'B' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	long long depth = 1, pattern = -1, proxy = 0, seed = 1, app_tag = -1;
	bool given = false;
	int c, i = 0, ret;

	*job = (struct job){ .bs = 4096, .length = -1, .prio = -1,
			     .ref_seed = -1 };
	while ((c = getopt_long(argc, argv, "", options, &i)) != -1) {
		const char *name = options[i].name;

		given = true;
		ret = 0;
		switch (c) {
		case 'c':
			ret = parse_hints(optarg, &job->hints);
			break;
		case 'g':
			job->cgroup = optarg;
			break;
		case 'x':
		case 'X':
			ret = parse_number(name, optarg, 1, INT_MAX, &proxy);
			if (!ret && job->proxy)
				ret = usage_error("--%s: there is one already",
						  name);
			job->proxy = proxy;
			job->pidfd = c == 'X';
			break;
		case 'P':
			if (!ioattr_parse_prio(optarg, &job->prio))
				ret = usage_error("--prio=%s is no priority",
						  optarg);
			break;
		case 'i':
			job->pi = optarg;
			break;
		case 'k':
			ret = parse_checks(optarg, &job->pi_check);
			break;
		case 'a':
			ret = parse_number(name, optarg, 0, UINT16_MAX,
					   &app_tag);
			break;
		case 's':
			ret = parse_number(name, optarg, 0, MAX_SIZE,
					   &job->ref_seed);
			break;
		case 'q':
			job->required = true;
			break;
		case 'r':
			job->report = true;
			break;
		case 'o':
			ret = parse_number(name, optarg, 0, MAX_SIZE,
					   &job->offset);
			break;
		case 'l':
			ret = parse_number(name, optarg, 1, MAX_SIZE,
					   &job->length);
			break;
		case 'b':
			ret = parse_number(name, optarg, 1, MAX_BS, &job->bs);
			break;
		case 'd':
			ret = parse_number(name, optarg, 1, MAX_DEPTH, &depth);
			break;
		case 'R':
			job->random = true;
			if (optarg)
				ret = parse_number(name, optarg, 1, MAX_SIZE,
						   &seed);
			break;
		case 'p':
			ret = parse_number(name, optarg, 0, 255, &pattern);
			break;
		case 'O':
			job->output = optarg;
			break;
		case 'B':
			job->buffered = true;
			break;
		case 'h':
			job->verb = VERB_HELP;
			return 0;
		default:
			/* getopt_long() has said what is wrong */
			fputs("ioattr --help tells more\n", stderr);
			return 1;
		}
		if (ret)
			return ret;
	}
	ret = parse_words(argc - optind, argv + optind, job);
	if (ret)
		return ret;
	if (job->verb == VERB_PROBE && given)
		return usage_error("probe takes no options");
	if (job->bs * depth > MAX_BS)
		return usage_error("--bs times --depth is more than %lld",
				   MAX_BS);
	if (job->required && !job->hints && !job->cgroup && !job->proxy &&
	    job->prio < 0 && !job->pi)
		return usage_error("--required needs --cache, --cgroup, --proxy, --prio or --pi");
	if (!job->pi && (job->pi_check || app_tag >= 0 || job->ref_seed >= 0))
		return usage_error("--pi-check, --app-tag and --seed need --pi");
	if (job->verb == VERB_READ && pattern >= 0)
		return usage_error("--pattern is for write");
	if (job->verb == VERB_WRITE && job->output)
		return usage_error("--output is for read");
	if (job->random && job->output)
		return usage_error("--output would have holes with --random");
	if (job->random && job->pi && job->verb == VERB_READ)
		return usage_error("--pi would have holes with --random");
	if (job->pi && job->output && !strcmp(job->pi, job->output))
		return usage_error("--pi and --output are one file");
	job->depth = depth;
	job->seed = seed;
	job->app_tag = app_tag < 0 ? 0 : app_tag;
	job->pattern = pattern < 0 ? 0 : pattern;
	return 0;
}
