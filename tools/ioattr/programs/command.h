/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the ioattr command know of each other. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_DEPTH	256
#define MAX_BS		(1LL << 30)

enum verb { VERB_HELP, VERB_PROBE, VERB_READ, VERB_WRITE };

struct job {
	enum verb	verb;
	bool		report, required, buffered, random;
	uint32_t	hints;
	long long	offset, bs;
	long long	length;		/* negative: to the end of the file */
	int		depth;
	uint64_t	seed;
	int		pattern;
	const char	*output;	/* or NULL */
	const char	*file;		/* VERB_PROBE: or NULL */
};

/* Fill in @job, or say what is wrong with the command line and return 1. */
int parse_options(int argc, char **argv, struct job *job);

/* These return the exit status. */
int help(void);
int probe(const char *file);
int transfer(const struct job *job);

/* NULL if this kernel takes attributes, else why it does not. */
const char *no_attributes(void);

#endif /* COMMAND_H */
