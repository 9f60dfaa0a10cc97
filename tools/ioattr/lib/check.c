// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Check a list as the kernel does; see fs/iocb_attr/parse.c there.
 */
#include <errno.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>

#include "ioprio.h"
#include "names.h"
#include "record.h"

#define LIST_MAX	4096

/* A reserved field extends to the end of the record. */
static const struct {
	uint32_t	size, reserved;
} records[] = {
#define RECORD(name)	sizeof(struct iocb_attr_ ## name)
#define RESERVED(name)	offsetof(struct iocb_attr_ ## name, reserved)
	[IOCB_ATTR_proxy_pid]	= { RECORD(proxy_pid), RECORD(proxy_pid) },
	[IOCB_ATTR_proxy_pidfd]	= { RECORD(proxy_pidfd),
				    RESERVED(proxy_pidfd) },
	[IOCB_ATTR_cgroup]	= { RECORD(cgroup), RESERVED(cgroup) },
	[IOCB_ATTR_ioprio]	= { RECORD(ioprio), RESERVED(ioprio) },
	[IOCB_ATTR_cache]	= { RECORD(cache), RESERVED(cache) },
	[IOCB_ATTR_pi]		= { RECORD(pi), RESERVED(pi) },
	[IOCB_ATTR_set]		= { RECORD(set), RESERVED(set) },
};

#define NR_RECORDS	(sizeof(records) / sizeof(records[0]))
#define PROXIES		(1U << IOCB_ATTR_proxy_pid | \
			 1U << IOCB_ATTR_proxy_pidfd)

static bool is_zero(const char *bytes, size_t len)
{
	while (len && !*bytes) {
		bytes++;
		len--;
	}
	return !len;
}

static bool valid_hints(uint32_t hints)
{
	const uint32_t known = IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT |
			       IOCB_CACHE_WRITETHROUGH | IOCB_CACHE_WRITEBACK |
			       IOCB_CACHE_WRITEAROUND;

	return !(hints & ~known) && !ioattr_hints_conflict(hints);
}

/* The kernel checks this after the bytes of all records. */
static bool valid_ioprio(uint16_t ioprio)
{
	const unsigned int class = ioprio >> IOPRIO_CLASS_SHIFT;

	return class ? class <= IOPRIO_CLASS_IDLE : !(ioprio & 7);
}

/* A record of a known id, which has @attr->size bytes at @bytes. */
static int check_record(const struct iocb_attr *attr, const char *bytes,
			uint32_t present)
{
	const uint32_t size = records[attr->id].size;
	const uint32_t reserved = records[attr->id].reserved;
	const uint32_t bit = 1U << attr->id;
	union ioattr_record r;

	if (present & (bit | (bit & PROXIES ? PROXIES : 0)) ||
	    attr->size < size)
		return -EINVAL;
	if (!is_zero(bytes + size, attr->size - size))
		return -E2BIG;
	if (!is_zero(bytes + reserved, size - reserved))
		return -EINVAL;
	memcpy(&r, bytes, size);
	if (attr->id == IOCB_ATTR_cache && !valid_hints(r.cache.hints))
		return -EINVAL;
	if (attr->id == IOCB_ATTR_pi &&
	    r.pi.flags & ~(IO_INTEGRITY_CHK_GUARD | IO_INTEGRITY_CHK_REFTAG |
			   IO_INTEGRITY_CHK_APPTAG))
		return -EINVAL;
	return 0;
}

static int check_head(const struct iocb_attr_list *head)
{
	if (head->size < sizeof(*head) || head->size % 8)
		return -EINVAL;
	if (head->size > LIST_MAX)
		return -E2BIG;
	return head->flags & ~IOCB_ATTR_LIST_REPORT ? -EINVAL : 0;
}

int ioattr_list_check(const struct iocb_attr_list *list, uint32_t *offset)
{
	uint32_t at, present = 0, ioprio = 0, unknown = 0, none;
	const char *bytes = (const char *)list;
	struct iocb_attr_ioprio prio;
	struct iocb_attr_list head;
	struct iocb_attr attr;
	int error;

	if (!offset)
		offset = &none;
	*offset = 0;
	memcpy(&head, bytes, sizeof(head));
	error = check_head(&head);
	if (error)
		return error;
	for (at = sizeof(head); at < head.size; at += attr.size) {
		*offset = at;
		memcpy(&attr, bytes + at, sizeof(attr));
		if (attr.size < sizeof(attr) || attr.size % 8 ||
		    attr.size > head.size - at ||
		    attr.flags & ~IOCB_ATTR_REQUIRED)
			return -EINVAL;
		if (attr.id >= NR_RECORDS) {
			if (attr.flags && !unknown)
				unknown = at;
			continue;
		}
		error = check_record(&attr, bytes + at, present);
		if (error)
			return error;
		present |= 1U << attr.id;
		if (attr.id == IOCB_ATTR_ioprio)
			ioprio = at;
	}
	if (ioprio) {
		*offset = ioprio;
		memcpy(&prio, bytes + ioprio, sizeof(prio));
		if (!valid_ioprio(prio.ioprio))
			return -EINVAL;
	}
	*offset = unknown;
	return unknown ? -EOPNOTSUPP : 0;
}
