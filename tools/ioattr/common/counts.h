/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
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
#define ENV_KERNEL	"IOATTR_KERNEL"	/* 1: it has attributes, 0: it has none */

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
 * @pid: The process, or 0 if it is unknown.
 * @name: Name of its program. It need not end with a zero byte.
 * @aio: Reads and writes by AIO.
 * @uring: Reads and writes by io_uring.
 * @tagged: I/Os that were given attributes.
 * @given: By attribute id, the number of them with this attribute.
 * @reported: I/Os for which the kernel reported the honoured attributes.
 * @honoured: By attribute id, the number of them that were honoured.
 * @refused: I/Os that the kernel rejected with attributes.
 * @has_own_attrs: I/Os that had attributes already, or another priority.
 * @unreachable: I/Os that a rule may be for, but the library cannot decide it.
 */
struct counts {
	_Atomic int	pid;
	char		name[32];
	counter		aio, uring, tagged;
	counter		given[COUNTS_ATTRS];
	counter		reported;
	counter		honoured[COUNTS_ATTRS];
	struct refusals	refused[COUNTS_ERRORS];
	counter		has_own_attrs, unreachable;
};

/**
 * struct shared_counts - the counts of all processes
 * @loaded: The library is active in a process.
 * @missing: A process executed a program that cannot open or inherit the file.
 * @used: Number of entries. It may exceed MAX_PROCESSES.
 * @of: An entry for each process that did I/O. Further processes share the last
 *	one.
 *
 * All processes can write to this memory. Check its contents before use.
 */
struct shared_counts {
	_Atomic uint32_t	loaded, missing, used;
	struct counts		of[MAX_PROCESSES];
};

#endif /* COUNTS_H */
