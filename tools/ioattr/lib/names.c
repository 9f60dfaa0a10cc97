// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Names of attributes, cache hints and priorities.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../include/ioattr.h"
#include "ioprio.h"
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

static bool parse_name(const char *text, size_t len,
		       const char *(*name)(unsigned int bit), uint32_t *mask)
{
	const char *known;
	unsigned int bit;

	for (bit = 0; (known = name(bit)); bit++) {
		if (strlen(known) == len && !memcmp(known, text, len)) {
			*mask |= 1U << bit;
			return true;
		}
	}
	return false;
}

const char *ioattr_parse_names(const char *text,
			       const char *(*name)(unsigned int bit),
			       uint32_t *mask)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (!parse_name(text, len, name, mask))
			return text;
		if (!text[len])
			return NULL;
	}
}

int ioattr_parse_hints(const char *text, uint32_t *hints, const char **unknown)
{
	uint32_t mask = 0;
	const char *name = ioattr_parse_names(text, ioattr_hint_name, &mask);

	if (name) {
		if (unknown)
			*unknown = name;
		return -EINVAL;
	}
	*hints = mask;
	return 0;
}

int ioattr_parse_prio(const char *text, uint16_t *ioprio)
{
	const size_t len = strcspn(text, ":");
	unsigned int class, level = 0;

	for (class = 0; class < IOATTR_NR_CLASSES; class++) {
		const char *name = ioattr_class_names[class];

		if (strlen(name) == len && !memcmp(name, text, len))
			break;
	}
	if (class == IOATTR_NR_CLASSES)
		return -EINVAL;
	if (text[len]) {
		/* one digit, only for the classes that have levels */
		level = text[len + 1] - '0';
		if (level > 7 || text[len + 2])
			return -EINVAL;
		if (level && class != IOPRIO_CLASS_RT &&
		    class != IOPRIO_CLASS_BE)
			return -EINVAL;
	} else if (class == IOPRIO_CLASS_RT || class == IOPRIO_CLASS_BE) {
		level = 4;	/* the default of ionice(1) */
	}
	*ioprio = IOPRIO_PRIO_VALUE(class, level);
	return 0;
}

bool ioattr_hints_conflict(uint32_t hints)
{
	const uint32_t admission = IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT;
	const uint32_t policies = hints & (IOCB_CACHE_WRITETHROUGH |
					   IOCB_CACHE_WRITEBACK |
					   IOCB_CACHE_WRITEAROUND);

	return (hints & admission) == admission || (policies & (policies - 1));
}
