// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr - I/O with per-I/O attributes; see ioattr(1).
 */
#include <stddef.h>
#include <string.h>

#include "command.h"

/* These have options of their own; argv[0] is the verb. */
static const struct {
	const char	*name;
	int		(*main)(int argc, char **argv);
} verbs[] = {
	{ "trace", trace_main },
	{ "top", trace_main },
	{ "run", run_main },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	struct job job;
	int i;

	for (i = 0; argc > 1 && verbs[i].name; i++) {
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].main(argc - 1, argv + 1);
	}
	if (parse_options(argc, argv, &job))
		return 1;
	switch (job.verb) {
	case VERB_HELP:
		return help();
	case VERB_PROBE:
		return probe(job.file);
	default:
		return transfer(&job);
	}
}
