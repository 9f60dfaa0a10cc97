/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interface between ioattr run and its preloaded library: environment
 * variables, and counts in shared memory. Counts in shared memory survive when
 * the program is killed, calls _exit(2) or executes another program.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#define ENV_RULES	"IOATTR_RULES"	/* lines, each with an arrow */
#define ENV_REPORT	"IOATTR_REPORT"	/* set: request reports */
#define ENV_COUNTS	"IOATTR_COUNTS"	/* the file with struct shared_counts */

/* The name of that file, and the target of its link in /proc. */
#define COUNTS_NAME	"ioattr-run"
#define COUNTS_LINK	"/memfd:" COUNTS_NAME

#define COUNTS_ATTRS	6		/* attributes that a rule can add */
#define COUNTS_ERRORS	8		/* errors that are counted separately */
#define MAX_PROCESSES	256

typedef _Atomic uint64_t counter;

/**
 * struct refusals - the I/Os that were rejected with one error
 * @error: The errno; 0 if the entry is unused.
 * @ios: Number of I/Os.
 */
struct refusals {
	_Atomic int	error;
	counter		ios;
};

/**
 * struct counts - the I/Os of a process until it exits or executes a program
 * @pid: The process; 0 if the entry is unused.
 * @name: Name of its program.
 * @aio: Reads and writes by AIO.
 * @uring: Reads and writes by io_uring.
 * @tagged: I/Os that were given attributes.
 * @given: By attribute id, the number of them with this attribute.
 * @reported: I/Os for which the kernel reported the honoured attributes.
 * @honoured: By attribute id, the number of them that were honoured.
 * @refused: I/Os that the kernel rejected with attributes.
 * @has_own_attrs: I/Os that had attributes already, or another priority.
 * @unknown_target: I/Os by io_uring whose file or credentials are unknown.
 */
struct counts {
	_Atomic int	pid;
	char		name[32];
	counter		aio, uring, tagged;
	counter		given[COUNTS_ATTRS];
	counter		reported;
	counter		honoured[COUNTS_ATTRS];
	struct refusals	refused[COUNTS_ERRORS];
	counter		has_own_attrs, unknown_target;
};

/* @used may exceed MAX_PROCESSES: the last entry is shared by the excess. */
struct shared_counts {
	_Atomic uint32_t	used;
	struct counts		of[MAX_PROCESSES];
};

#endif /* COUNTS_H */
