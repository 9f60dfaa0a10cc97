// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr - read and write with per-I/O attributes; see ioattr(1).
 */
#include "command.h"

int main(int argc, char **argv)
{
	struct job job;

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
