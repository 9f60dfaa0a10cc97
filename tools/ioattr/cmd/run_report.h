/* SPDX-License-Identifier: GPL-2.0 */
/* What the processes of ioattr run have counted. */
#ifndef RUN_REPORT_H
#define RUN_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "../common/counts.h"

/**
 * struct totals - the counts of all processes
 * @ios: Reads and writes by AIO and io_uring, and I/Os that failed because a
 *	required attribute could not be added.
 * @refused: I/Os that were rejected with attributes.
 */
struct totals {
	unsigned long long ios, refused;
};

struct totals add_up(const struct shared_counts *shared);

/* Print a line for each process that did I/O, and what cannot be known. */
void print_report(FILE *out, const struct shared_counts *shared);

/* Print a message for each process with I/Os that were refused. */
void print_refusals(const struct shared_counts *shared);

#endif /* RUN_REPORT_H */
