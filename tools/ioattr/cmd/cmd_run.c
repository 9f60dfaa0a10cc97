// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr run: add attributes to the I/O of a program; see ioattr-run(1). The
 * program gets a scope if the kernel has scopes and one can do what is asked for;
 * see run_scope.h. Otherwise the options become rules for a library that is loaded
 * into the program; see run_preload.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "../common/msg.h"
#include "../common/parse.h"
#include "../common/rule.h"
#include "../include/ioattr.h"
#include "../lib/names.h"
#include "cmd.h"
#include "run_preload.h"
#include "run_scope.h"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC	0x63677270
#endif

static const char help_text[] =
"Usage: ioattr run [OPTION...] [--] PROGRAM [ARG...]\n"
"\n"
"Run PROGRAM and add attributes to its I/O. --cache=bypass or admit, --cgroup and\n"
"--prio alone are a scope, if the kernel has scopes: they apply to all I/O of\n"
"PROGRAM, which replaces this command. Otherwise a library is loaded into\n"
"PROGRAM, and they apply to its AIO and io_uring reads and writes.\n"
"\n"
"  --cache=HINT[,HINT]  bypass, admit, writethrough, writeback, writearound\n"
"  --cgroup=DIRECTORY   charge the I/O to this cgroup\n"
"  --prio=CLASS[:LEVEL] I/O priority: rt or be, :0 to :7, idle, or none\n"
"  --required           fail if the kernel would ignore an attribute\n"
"  --rule=RULE          only for the I/O that a rule matches; may be repeated\n"
"  --report             count the I/Os and honoured I/Os of each attribute\n"
"  --output=FILE        write the report to FILE instead of standard error\n"
"  --exec               become PROGRAM instead of waiting for it\n"
"  --preload            load the library even if the kernel has scopes\n"
"  --help               print this text\n"
"\n"
"RULE is [CONDITION,...] [-> ACTION,...]. The first rule that matches applies.\n"
"CONDITION is path:GLOB, op:read, op:write, or size: followed by =, <, >, <= or\n"
">= and a SIZE. ACTION is cache:HINT,..., cgroup:DIRECTORY, prio:CLASS[:LEVEL] or\n"
"required; none must be the only action. A rule without an arrow applies the\n"
"attributes of the options.\n";

/**
 * struct setup - what to run, and how
 * @help: Print the help text only.
 * @required: An action is "required".
 * @exec: Become the program.
 * @preload: Load the library in any case.
 * @cache: The options, or NULL.
 * @cgroup: Likewise.
 * @prio: Likewise.
 * @output: Likewise.
 * @rule_args: The arguments of --rule.
 * @defaults: The actions that the options stand for, or "".
 * @needed: A rule uses @defaults.
 * @rules: The rules for the library, one on each line.
 * @attrs: The options, for a scope.
 */
struct setup {
	bool		help, report, required, exec, preload;
	const char	*cache, *cgroup, *prio, *output;
	const char	*rule_args[MAX_RULES];
	unsigned int	nr_rules;
	char		defaults[PATH_MAX + 256];
	bool		needed;
	char		rules[60 << 10];
	struct attrs	attrs;
};

#define bad_usage(...) (usage_error("run", __VA_ARGS__), CANNOT)

/*
 * Add a rule for the library. A rule without actions gets those of the
 * options.
 */
static int put_rule(struct setup *setup, const char *text, bool acts)
{
	const size_t used = strlen(setup->rules);
	int len;

	len = snprintf(setup->rules + used, sizeof(setup->rules) - used,
		       "%s%s%s%s", used ? "\n" : "", text,
		       acts ? "" : " -> ", acts ? "" : setup->defaults);
	if (len >= (int)(sizeof(setup->rules) - used))
		return bad_usage("the rules are too long");
	return 0;
}

/*
 * The kernel will accept the cgroup from this user. Directories that do not
 * exist yet are for others to make.
 */
static int check_cgroup(const char *directory, bool required)
{
	char procs[PATH_MAX + 32];
	struct statfs st;

	if (statfs(directory, &st)) {
		if (errno == ENOENT)
			return 0;
		error_msg("%s: %s", directory, strerror(errno));
		return CANNOT;
	}
	if (st.f_type != CGROUP2_SUPER_MAGIC) {
		error_msg("%s: not a cgroup2 directory", directory);
		return CANNOT;
	}
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", directory);
	if (!faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS))
		return 0;
	error_msg("%s: %s: %s", procs, strerror(errno), required ?
		  "required attributes cannot be added; see PERMISSIONS in ioattr-run(1)" :
		  "its attributes will be refused");
	return required ? CANNOT : 0;
}

static int add_rule(struct setup *setup, const char *text)
{
	char copy[sizeof(setup->rules)];
	const char *error, *what;
	struct rule rule;

	if (strchr(text, '\n'))
		return bad_usage("--rule=%s: contains a line break",
				   text);
	if (strlen(text) >= sizeof(copy))
		return bad_usage("the rules are too long");
	strcpy(copy, text);
	error = rule_parse(copy, &rule, &what);
	if (error && *what)
		return bad_usage("--rule=%s: \"%s\": %s", text, what, error);
	if (error)
		return bad_usage("--rule=%s: %s", text, error);
	if (!rule.acts && !*setup->defaults)
		return bad_usage("--rule=%s: no action, and no option gives one",
				   text);
	if (rule.cgroup && check_cgroup(rule.cgroup, rule.required))
		return CANNOT;
	setup->needed |= !rule.acts;
	setup->required |= rule.required;
	return put_rule(setup, text, rule.acts);
}

/* Add an action with the value of an option. */
static void add_default(struct setup *setup, const char *name,
			const char *value)
{
	const size_t used = strlen(setup->defaults);

	snprintf(setup->defaults + used, sizeof(setup->defaults) - used,
		 "%s%s%s%s", used ? "," : "", name, *value ? ":" : "", value);
}

/* Escape commas, which end an action. */
static int add_cgroup(struct setup *setup, const char *directory)
{
	char path[PATH_MAX], quoted[2 * PATH_MAX];
	size_t i, n = 0;

	if (!realpath(directory, path)) {
		error_msg("%s: %s", directory, strerror(errno));
		return CANNOT;
	}
	if (check_cgroup(path, setup->required))
		return CANNOT;
	for (i = 0; path[i]; i++) {
		if (path[i] == ',' || path[i] == '\\')
			quoted[n++] = '\\';
		quoted[n++] = path[i];
	}
	quoted[n] = '\0';
	if (n >= PATH_MAX || strchr(quoted, '\n'))
		return bad_usage("--cgroup=%s: invalid name", directory);
	setup->attrs.cgroup = setup->cgroup;
	add_default(setup, "cgroup", quoted);
	return 0;
}

static int add_hints(struct setup *setup, const char *text)
{
	uint32_t hints = 0;
	const char *unknown;

	if (ioattr_parse_hints(text, &hints, &unknown))
		return bad_usage("unknown cache hint \"%.*s\"",
				 (int)strcspn(unknown, ","), unknown);
	if (ioattr_hints_conflict(hints))
		return bad_usage("--cache=%s: conflicting hints",
				 text);
	setup->attrs.hints = hints;
	add_default(setup, "cache", text);
	return 0;
}

static int add_prio(struct setup *setup, const char *text)
{
	uint16_t prio;

	if (ioattr_parse_prio(text, &prio))
		return bad_usage("--prio=%s: invalid priority", text);
	setup->attrs.prio = prio;
	add_default(setup, "prio", text);
	return 0;
}

/* Convert the options to default actions. */
static int make_defaults(struct setup *setup)
{
	int ret = 0;

	if (setup->cache)
		ret = add_hints(setup, setup->cache);
	if (!ret && setup->cgroup)
		ret = add_cgroup(setup, setup->cgroup);
	if (!ret && setup->prio)
		ret = add_prio(setup, setup->prio);
	if (ret || !setup->required)
		return ret;
	if (!*setup->defaults)
		return bad_usage("--required needs --cache, --cgroup or --prio");
	add_default(setup, "required", "");
	return 0;
}

/* Make the rules for the library. */
static int make_rules(struct setup *setup)
{
	unsigned int i;
	int ret;

	ret = make_defaults(setup);
	if (ret)
		return ret;
	if (!setup->nr_rules && !*setup->defaults)
		return bad_usage("missing --cache, --cgroup, --prio or --rule");
	if (!setup->nr_rules)
		return put_rule(setup, "", false);
	for (i = 0; i < setup->nr_rules; i++) {
		ret = add_rule(setup, setup->rule_args[i]);
		if (ret)
			return ret;
	}
	if (*setup->defaults && !setup->needed)
		return bad_usage("--cache, --cgroup and --prio have no effect: each rule has actions");
	return 0;
}

static int parse_option(struct setup *setup, int c, const char *text)
{
	switch (c) {
	case 'c':
		setup->cache = text;
		return 0;
	case 'g':
		setup->cgroup = text;
		return 0;
	case 'P':
		setup->prio = text;
		return 0;
	case 'q':
		setup->required = true;
		return 0;
	case 'R':
		if (setup->nr_rules == MAX_RULES)
			return bad_usage("more than %d rules",
					 MAX_RULES);
		setup->rule_args[setup->nr_rules++] = text;
		return 0;
	case 'r':
		setup->report = true;
		return 0;
	case 'O':
		setup->output = text;
		return 0;
	case 'x':
		setup->exec = true;
		return 0;
	case 'p':
		setup->preload = true;
		return 0;
	case 'h':
		setup->help = true;
		return 0;
	default:
		/* getopt_long() has printed the error */
		usage_hint("run");
		return CANNOT;
	}
}

static int parse_options(int argc, char **argv, struct setup *setup)
{
	static const struct option options[] = {
		{ "cache", required_argument, NULL, 'c' },
		{ "cgroup", required_argument, NULL, 'g' },
		{ "prio", required_argument, NULL, 'P' },
		{ "required", no_argument, NULL, 'q' },
		{ "rule", required_argument, NULL, 'R' },
		{ "report", no_argument, NULL, 'r' },
		{ "output", required_argument, NULL, 'O' },
		{ "exec", no_argument, NULL, 'x' },
		{ "preload", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c, ret;

	/* "+": stop at PROGRAM, which has its own options */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		ret = parse_option(setup, c, optarg);
		if (ret || setup->help)
			return ret;
	}
	ret = make_rules(setup);
	if (ret)
		return ret;
	if (setup->output && !setup->report)
		return bad_usage("--output needs --report");
	if (setup->exec && setup->report)
		return bad_usage("--exec cannot be combined with --report");
	if (optind == argc)
		return bad_usage("missing PROGRAM");
	return 0;
}

/*
 * A scope applies to all I/O alike, promises and reports nothing, and has no write
 * policies.
 */
static bool use_scope(const struct setup *setup)
{
	return !setup->preload && !setup->nr_rules && !setup->required &&
	       !setup->report &&
	       !(setup->attrs.hints & ~(IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT)) &&
	       !no_scopes();
}

int cmd_run(int argc, char **argv)
{
	static struct setup setup = { .attrs = { .command = "run", .prio = -1 } };
	struct preload preload;
	int ret;

	ret = parse_options(argc, argv, &setup);
	if (ret)
		return ret;
	if (setup.help) {
		fputs(help_text, stdout);
		return 0;
	}
	if (use_scope(&setup))
		return run_in_scope(&setup.attrs, argv + optind);
	preload = (struct preload){
		.rules = setup.rules,
		.required = setup.required,
		.report = setup.report,
		.output = setup.output,
		.exec = setup.exec,
	};
	return run_preloaded(&preload, argv + optind);
}
