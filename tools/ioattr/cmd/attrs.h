/* SPDX-License-Identifier: GPL-2.0 */
/* Attributes on the command line of ioattr read, write, set and run. */
#ifndef ATTRS_H
#define ATTRS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "../include/ioattr.h"

/**
 * struct attrs - the attributes of the command line
 * @command: The name of the command, for messages.
 * @hints: IOCB_CACHE_*.
 * @cgroup: A directory, or NULL.
 * @proxy: A process, or 0.
 * @pidfd: Pass the process as a file descriptor.
 * @prio: As for ioprio_set(2), or -1.
 */
struct attrs {
	const char	*command;
	bool		report, required;
	uint32_t	hints;
	const char	*cgroup;
	long long	proxy;
	bool		pidfd;
	int		prio;
};

/* The entries for these options in an array for getopt_long(). */
#define ATTR_OPTIONS						\
	{ "cache", required_argument, NULL, 'c' },		\
	{ "cgroup", required_argument, NULL, 'g' },		\
	{ "proxy", required_argument, NULL, 'x' },		\
	{ "proxy-pidfd", required_argument, NULL, 'x' },	\
	{ "prio", required_argument, NULL, 'P' },		\
	{ "required", no_argument, NULL, 'q' },			\
	{ "report", no_argument, NULL, 'r' }

/*
 * Parse the option @name with the character @c, one of ATTR_OPTIONS or '?'.
 * Prints an error and returns false if it is invalid.
 */
bool parse_attr(struct attrs *attrs, int c, const char *name, const char *text);

/*
 * Parse the number @text of the option @name. Prints an error and returns false
 * if it is not a number from @min to @max.
 */
bool parse_number(const char *command, const char *name, const char *text,
		  long long min, long long max, long long *number);

/* Returns true if there is any attribute. */
bool has_attrs(const struct attrs *attrs);

/*
 * Build the list of @attrs. @fds are the file descriptors in it, or -1. Returns
 * NULL, or an error message about the option or file *@what.
 */
const char *build_list(const struct attrs *attrs, struct ioattr_list *list,
		       int fds[2], const char **what);

/* Explain why the kernel rejected the attributes with @error. */
const char *explain_attrs(const struct attrs *attrs, int error);

/*
 * Explain why ioattr_set_create() failed with @error. @delegate:
 * IOCB_ATTR_CREATE_DELEGATE was set.
 */
const char *explain_set(const struct attrs *attrs, bool delegate, int error);

/*
 * Make a set of @attrs. @flags: as for ioattr_set_create(). Prints an error and
 * returns a negative number if this fails.
 */
int make_set(const struct attrs *attrs, unsigned int flags);

#endif /* ATTRS_H */
