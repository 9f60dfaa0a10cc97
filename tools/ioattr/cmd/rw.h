/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the parts of ioattr read and ioattr write. */
#ifndef RW_H
#define RW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../include/ioattr.h"
#include "attrs.h"

#define MAX_DEPTH	256
#define MAX_BS		(1LL << 30)

/**
 * struct job - the command line
 * @write: For ioattr write.
 * @help: Print the help text only.
 * @set: Use an attribute set.
 * @set_fd: The set, or -1 to make one.
 * @pi: A file, or NULL.
 * @pi_check: IO_INTEGRITY_CHK_*.
 * @app_tag: -1 if not given.
 * @ref_seed: Reference tag of the first block; -1 for its number.
 * @length: -1 for the rest of the file.
 * @seed: Seed of the random order.
 * @pattern: -1 if not given.
 * @input: A file, "-", or NULL.
 * @output: The same.
 * @force: Write to a block device even if it is in use.
 */
struct job {
	bool		write, help;
	bool		buffered, random, force;
	struct attrs	attrs;
	bool		set;
	long long	set_fd;
	const char	*pi;
	uint32_t	pi_check;
	long long	app_tag, ref_seed;
	long long	offset, length, bs, depth;
	long long	seed;
	long long	pattern;
	const char	*input, *output;
	const char	*file;
};

/* Parse the command line. Prints an error and returns 1 if it is invalid. */
int parse_options(int argc, char **argv, struct job *job);

/* Returns true if each I/O has an attribute list or set. */
bool has_attributes(const struct job *job);

/**
 * struct pi - the protection information of a job
 * @job: The job.
 * @fd: The file it is read from or written to.
 * @format: The format of the device.
 * @seed: Seed of the reference tag of the first block.
 * @buffers: @size bytes for each I/O in flight.
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
 * Prepare for I/O to the open file @file, if @job has protection information.
 * Returns NULL, or an error message about the file *@what. Call pi_end() in
 * either case.
 */
const char *pi_begin(struct pi *pi, const struct job *job, int file,
		     const char **what);
int pi_end(struct pi *pi);

/*
 * For the I/O in @slot of @len bytes, @at bytes from the first one. pi_start()
 * adds the record and, for a write, reads its buffer from the file. pi_finish()
 * writes the buffer of a read to the file. Return 0 or a negative errno.
 */
int pi_start(struct pi *pi, struct ioattr_list *list, int slot, long long at,
	     long long len);
int pi_finish(struct pi *pi, int slot, long long at, long long len);

/* Explain why io_submit(2) rejected an I/O of @job with @error. */
const char *explain_rejection(const struct job *job, int error);

/* The error of a block device that open() finds busy. */
#define IN_USE	"in use, for example mounted; see --force"

/*
 * Open FILE and get its state and size, or the file of --input or --output, if
 * there is one. Return NULL, or an error message.
 */
const char *open_file(const struct job *job, int *fd, struct stat *st,
		      long long *end);
const char *open_input(const struct job *job, int *fd);
const char *open_output(const struct job *job, const struct stat *file,
			int *fd);

/*
 * Transfer @len bytes, at the file's position if @offset is negative. Return 0
 * or a negative errno; read_all() -ENODATA at the end of the file.
 */
int write_all(int fd, const char *buf, long long len, long long offset);
int read_all(int fd, char *buf, long long len, long long offset);

/* The text of an error of read_all(). */
const char *read_error(int error);

/* Wait until the data is stored. Returns 0 or a negative errno. */
int sync_output(int fd);

#endif /* RW_H */
