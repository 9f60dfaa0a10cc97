/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `ioattr run` and the library that it has loaded into programs share:
 * names in the environment, and memory with counts. Of counts in shared memory
 * nothing is lost when a program is killed, ends by _exit(2) or executes another.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#define ENV_RULES	"IOATTR_RULES"	/* a rule each line, all with an arrow */
#define ENV_REPORT	"IOATTR_REPORT"	/* is there: ask for reports */
#define ENV_COUNTS	"IOATTR_COUNTS"	/* a file to map */

/* The name of that file begins so, in /proc. */
#define COUNTS_NAME	"ioattr-run"
#define COUNTS_LINK	"/memfd:" COUNTS_NAME

#define COUNTS_ATTRS	6		/* attributes that can be given */
#define COUNTS_ERRORS	8		/* kinds of errors that are told apart */
#define MAX_PROCESSES	256

typedef _Atomic uint64_t counter;

/**
 * struct refusals - of one kind
 * @error: The errno, or 0: there are none yet.
 * @ios: I/Os that were refused with it.
 */
struct refusals {
	_Atomic int	error;
	counter		ios;
};

/**
 * struct counts - of a process, or what it was until it executed another program
 * @pid: Which one; 0: nothing is here.
 * @name: Of its program.
 * @aio: Reads and writes by AIO; @uring: by io_uring.
 * @tagged: Those among them that were given attributes.
 * @given: How many of them had the attribute with this id.
 * @reported: Of how many the kernel told what was honoured.
 * @honoured: Of these, how many had the attribute with this id honoured.
 * @refused: Those that the kernel refused with attributes.
 * @own: Those that had attributes already, or another priority.
 * @hidden: Those of io_uring that could not be judged.
 */
struct counts {
	_Atomic int	pid;
	char		name[32];
	counter		aio, uring, tagged;
	counter		given[COUNTS_ATTRS];
	counter		reported;
	counter		honoured[COUNTS_ATTRS];
	struct refusals	refused[COUNTS_ERRORS];
	counter		own, hidden;
};

/* @used counts on if there are more processes: the last place is for all these. */
struct shared_counts {
	_Atomic uint32_t	used;
	struct counts		of[MAX_PROCESSES];
};

#endif /* COUNTS_H */
