// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: run_scope ATTRIBUTE... [--] PROGRAM [ARG...]
 *
 * Run PROGRAM in a scope, for the tests of cmd/run_scope.c. The options are those
 * of ioattr set.
 */
#include "../../cmd/cmd.h"
#include "../../cmd/run_scope.h"

int main(int argc, char **argv)
{
	static const struct option options[] = {
		ATTR_OPTIONS,
		{ 0 },
	};
	struct attrs attrs = { .command = "run", .prio = -1 };
	int c, i = 0;

	while ((c = getopt_long(argc, argv, "+", options, &i)) != -1) {
		if (!parse_attr(&attrs, c, options[i].name, optarg))
			return CANNOT;
	}
	return argv[optind] ? run_in_scope(&attrs, argv + optind) : CANNOT;
}
