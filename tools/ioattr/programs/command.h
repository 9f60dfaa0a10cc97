/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the ioattr command know of each other. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/ioattr.h"

#define MAX_DEPTH	256
#define MAX_BS		(1LL << 30)

enum verb { VERB_HELP, VERB_PROBE, VERB_READ, VERB_WRITE };

struct job {
	enum verb	verb;
	bool		report, required, buffered, random;
	uint32_t	hints;
	const char	*cgroup;	/* a directory, or NULL */
	int		proxy;		/* a process, or 0 */
	bool		pidfd;		/* name it by a file descriptor */
	int		prio;		/* as for ioprio_set(2), or -1 */
	const char	*pi;		/* a file, or NULL */
	uint16_t	pi_check;	/* IO_INTEGRITY_CHK_* */
	uint16_t	app_tag;
	long long	ref_seed;	/* -1: the number of the first block */
	long long	offset, bs;
	long long	length;		/* negative: to the end of the file */
	int		depth;
	uint64_t	seed;		/* of the random order */
	int		pattern;
	const char	*output;	/* or NULL */
	const char	*file;		/* VERB_PROBE: or NULL */
};

/* Fill in @job, or say what is wrong with the command line and return 1. */
int parse_options(int argc, char **argv, struct job *job);

/* Is there an attribute for each I/O? */
bool has_attributes(const struct job *job);

/*
 * Build the list for @job, without pi; @fds: what it has opened for it, -1 for what not.
 * NULL, or what is wrong, with the word of the command line in *@what.
 */
const char *build_list(const struct job *job, struct ioattr_list *list,
		       int fds[2], const char **what);

/**
 * struct pi - the protection information of a job
 * @job: What is asked for.
 * @fd: Where it is read from or written to.
 * @format: What the device has for each block.
 * @seed: Seed of the reference tag of the first block.
 * @buffers: For each I/O in flight @size bytes.
 */
struct pi {
	const struct job	*job;
	int			fd;
	struct ioattr_pi_format	format;
	uint64_t		seed;
	char			*buffers;
	size_t			size;
};

/*
 * Prepare for I/O to the open file @file, if @job asks for it. NULL, or what is
 * wrong, with the file of which it is in *@what. pi_end() in any case.
 */
const char *pi_begin(struct pi *pi, const struct job *job, int file,
		     const char **what);
int pi_end(struct pi *pi);

/*
 * For the I/O in @slot of @len bytes, @at bytes from the first: add the record,
 * with what is to be written; and keep what was read. 0 or a negative errno.
 */
int pi_start(struct pi *pi, struct ioattr_list *list, int slot, long long at,
	     long long len);
int pi_finish(struct pi *pi, int slot, long long at, long long len);

/* Why io_submit(2) refuses an I/O of @job with @error. */
const char *refusal(const struct job *job, int error);

/* 0 or a negative errno. */
int write_all(int fd, const char *buf, long long len, long long offset);

/* These return the exit status. */
int help(void);
int probe(const char *file);
int transfer(const struct job *job);
int trace_main(int argc, char **argv);
int run_main(int argc, char **argv);

/* Why this kernel takes no attributes; NULL if it does, or cannot be asked. */
const char *no_attributes(void);

#endif /* COMMAND_H */
