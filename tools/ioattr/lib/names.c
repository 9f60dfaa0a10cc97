// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Names of attributes, cache hints and priorities.
 */
#include <string.h>

#include <linux/ioprio.h>

#include "../include/ioattr.h"
#include "names.h"

const char *const ioattr_class_names[IOATTR_NR_CLASSES] = {
	"none", "rt", "be", "idle",
};

const char *const ioattr_check_names[IOATTR_NR_CHECKS] = {
	"guard", "ref", "app",
};

static const char *const names[] = {
	[IOCB_ATTR_proxy_pid]	= "proxy_pid",
	[IOCB_ATTR_proxy_pidfd]	= "proxy_pidfd",
	[IOCB_ATTR_cgroup]	= "cgroup",
	[IOCB_ATTR_ioprio]	= "ioprio",
	[IOCB_ATTR_cache]	= "cache",
	[IOCB_ATTR_pi]		= "pi",
	[IOCB_ATTR_set]		= "set",
};

const char *ioattr_name(unsigned int id)
{
	return id < sizeof(names) / sizeof(names[0]) ? names[id] : NULL;
}

const char *ioattr_hint_name(unsigned int bit)
{
	/* in the order of IOCB_CACHE_* */
	static const char *const hints[] = {
		"bypass", "admit", "writethrough", "writeback", "writearound",
	};

	return bit < sizeof(hints) / sizeof(hints[0]) ? hints[bit] : NULL;
}

bool ioattr_parse_prio(const char *text, int *prio)
{
	const size_t len = strcspn(text, ":");
	unsigned int class, level = 0;

	for (class = 0; class < IOATTR_NR_CLASSES; class++) {
		const char *name = ioattr_class_names[class];

		if (strlen(name) == len && !memcmp(name, text, len))
			break;
	}
	if (class == IOATTR_NR_CLASSES)
		return false;
	if (text[len]) {
		/* one digit, only for the classes that have levels */
		level = text[len + 1] - '0';
		if (level > 7 || text[len + 2])
			return false;
		if (level && class != IOPRIO_CLASS_RT &&
		    class != IOPRIO_CLASS_BE)
			return false;
	} else if (class == IOPRIO_CLASS_RT || class == IOPRIO_CLASS_BE) {
		level = 4;	/* the default of ionice(1) */
	}
	*prio = IOPRIO_PRIO_VALUE(class, level);
	return true;
}
