/* SPDX-License-Identifier: GPL-2.0 */
/* Run a program with the preloaded library, which adds attributes by rules. */
#ifndef RUN_PRELOAD_H
#define RUN_PRELOAD_H

#include <stdbool.h>

/**
 * struct preload - how to run the program
 * @rules: The rules, one on each line.
 * @required: An action of a rule is "required".
 * @report: Print a report when the program ends.
 * @output: The file for the report, or NULL for standard error.
 * @exec: Execute the program in place of this process. Excludes @report.
 */
struct preload {
	const char	*rules;
	bool		required, report, exec;
	const char	*output;
};

/* Returns the exit status. */
int run_preloaded(const struct preload *preload, char **argv);

#endif /* RUN_PRELOAD_H */
