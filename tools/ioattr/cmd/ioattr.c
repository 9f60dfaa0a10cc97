// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr - I/O with per-I/O attributes; see ioattr(1).
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../common/msg.h"
#include "../include/ioattr.h"
#include "cmd.h"

static const struct command {
	const char	*name;
	int		(*main)(int argc, char **argv);
	const char	*args;
	const char	*help;
} commands[] = {
	{ "read", cmd_read, "FILE",
	  "read a file with attributes on each I/O" },
	{ "write", cmd_write, "FILE",
	  "write to a file with attributes on each I/O" },
	{ "probe", cmd_probe, "[FILE]",
	  "print which attributes the kernel and a file support" },
	{ "set", cmd_set, "[PROGRAM]",
	  "show attribute sets, or run a program with a set" },
	{ "scope", cmd_scope, "[PID|TID...]",
	  "show the attributes of all I/O of threads" },
	{ "run", cmd_run, "PROGRAM",
	  "run a program and add attributes to its I/O" },
	{ "trace", cmd_trace, "[-- COMMAND]",
	  "count attributes given, honoured and refused" },
	{ "top", cmd_top, "",
	  "show the same counts live, in a terminal" },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static int print_help(void)
{
	const struct command *c;

	puts("Usage: ioattr COMMAND [OPTION...] [ARG...]\n"
	     "\n"
	     "Use and observe per-I/O attributes.\n");
	for (c = commands; c < commands + NR_COMMANDS; c++)
		printf("  %-5s %-13s %s\n", c->name, c->args, c->help);
	puts("\n"
	     "ioattr COMMAND --help describes the options of a command.\n"
	     "ioattr --version prints the version.");
	return 0;
}

static int print_version(void)
{
	printf("ioattr %d.%d.%d\n", IOATTR_VERSION_MAJOR,
	       IOATTR_VERSION_MINOR, IOATTR_VERSION_PATCH);
	return 0;
}

int main(int argc, char **argv)
{
	const struct command *c;
	char name[32];

	if (argc < 2) {
		error_msg("missing command; see ioattr --help");
		return 1;
	}
	if (!strcmp(argv[1], "--help"))
		return print_help();
	if (!strcmp(argv[1], "--version"))
		return print_version();
	for (c = commands; c < commands + NR_COMMANDS; c++) {
		if (strcmp(argv[1], c->name))
			continue;
		/* getopt_long() starts its messages with argv[0] */
		snprintf(name, sizeof(name), "ioattr %s", c->name);
		argv[1] = name;
		return c->main(argc - 1, argv + 1);
	}
	error_msg("unknown command \"%s\"; see ioattr --help", argv[1]);
	return 1;
}
