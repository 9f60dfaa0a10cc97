/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection: let the Nth allocation, or copy from or to user memory, of
 * this thread fail.
 */
#ifndef _IOCB_ATTR_FAULT_H
#define _IOCB_ATTR_FAULT_H

#include "common.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define FAIL_NTH	"/proc/self/fail-nth"

/* Returns false if this kernel has no fault injection. */
static inline bool fault_init(void)
{
	if (access(FAIL_NTH, W_OK) ||
	    access(DEBUGFS "failslab/probability", W_OK) ||
	    access(DEBUGFS "fail_usercopy/probability", W_OK))
		return false;
	/* allocations that may wait fail, too */
	write_file(DEBUGFS "failslab/ignore-gfp-wait", "N");
	write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	return true;
}

/* Start to count. Returns 0 or a negative errno. */
static inline int fault_set(unsigned int nth)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", nth);
	return write_file(FAIL_NTH, text);
}

static inline void fault_clear(void)
{
	/* this write may be the one that fails */
	while (write_file(FAIL_NTH, "0"))
		;
}

/*
 * Let allocations of this task from a slab cache fail if they must not wait.
 * Returns 0 or a negative errno.
 */
static inline int fault_cache(const char *cache, bool fail)
{
	const char *word = fail ? "Y" : "N";
	char path[80];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/failslab", cache);
	return write_file(path, fail ? "1" : "0") ?:
	       write_file(DEBUGFS "failslab/cache-filter", word) ?:
	       write_file(DEBUGFS "failslab/task-filter", word) ?:
	       write_file(DEBUGFS "failslab/ignore-gfp-wait", "Y") ?:
	       write_file(DEBUGFS "failslab/verbose", "0") ?:
	       write_file(DEBUGFS "failslab/times", "-1") ?:
	       write_file("/proc/self/make-it-fail", fail ? "1" : "0") ?:
	       write_file(DEBUGFS "failslab/probability", fail ? "100" : "0");
}

/* Is this positive error one that an injected fault may cause? */
static inline bool fault_error(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EFAULT ||
	       error == EIO ||
	       /* io_getevents() could not copy the event */
	       error == EPROTO;
}

#endif /* _IOCB_ATTR_FAULT_H */
