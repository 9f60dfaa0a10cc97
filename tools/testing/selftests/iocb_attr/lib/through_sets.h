/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Run tests of lists through attribute sets. With IOCB_ATTR_TEST_SETS=1 in the
 * environment, io_submit() and uring_submit() create a set from each list,
 * submit the I/O with the set and close the set. An error of
 * iocb_attr_create(2) counts as that of the submission. Lists with records that
 * a set cannot have, and lists inside SQEs, are submitted as they are.
 */
#ifndef _IOCB_ATTR_THROUGH_SETS_H
#define _IOCB_ATTR_THROUGH_SETS_H

#include "list.h"
#include "set.h"

static inline bool through_sets(void)
{
	const char *env = getenv("IOCB_ATTR_TEST_SETS");

	return env && !strcmp(env, "1");
}

/* Copy memory that may be inaccessible, through a pipe. */
static inline bool peek(void *copy, uint64_t address, ssize_t size)
{
	bool done;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return false;
	done = write(fds[1], (void *)(uintptr_t)address, size) == size &&
	       read(fds[0], copy, size) == size;
	close(fds[0]);
	close(fds[1]);
	return done;
}

/* The error of a list that cannot be read is for the kernel to find. */
static inline bool list_fits_set(uint64_t address)
{
	const struct iocb_attr *attr;
	struct iocb_attr_list list;
	uint64_t copy[512];
	uint32_t at, size;

	if (!peek(&list, address, sizeof(list)))
		return true;
	/* another thread may modify the list */
	size = list.size;
	if (size > sizeof(copy) || !peek(copy, address, size))
		return true;
	for (at = sizeof(list); at + sizeof(*attr) <= size; at += attr->size) {
		attr = (void *)copy + at;
		if (attr->id == IOCB_ATTR_pi || attr->id == IOCB_ATTR_set)
			return false;
		if (attr->size < sizeof(*attr) || attr->size % 8 ||
		    attr->size > size - at)
			break;
	}
	return true;
}

static inline int list_to_set(uint64_t address)
{
	return set_make((void *)(uintptr_t)address, 0);
}

#endif /* _IOCB_ATTR_THROUGH_SETS_H */
