// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: attribute table and list parser.
 *
 * Nothing here sleeps, takes a lock or reads user memory: the parser works on
 * the kernel's copy of a list. The same file can therefore be built in
 * userspace and fuzzed.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "iocb_attr_private.h"

static bool valid_cache(const union iocb_attr_record *record)
{
	const u32 policies = IOCB_CACHE_WRITETHROUGH | IOCB_CACHE_WRITEBACK |
			     IOCB_CACHE_WRITEAROUND;
	const u32 admission = IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT;
	u32 hints = record->cache.hints;
	u32 policy = hints & policies;

	if (hints & ~(admission | policies))
		return false;
	if ((hints & admission) == admission)
		return false;
	/* at most one bit may be set: zero or a power of two */
	return !(policy & (policy - 1));
}

static bool valid_pi(const union iocb_attr_record *record)
{
	return !(record->pi.flags & ~IO_INTEGRITY_VALID_FLAGS);
}

#define RECORD(name)							\
	RECORD_EXCLUDES(name, 0)

/* @others: mask of the ids that may not be in the same list */
#define RECORD_EXCLUDES(name, others)					\
	.excludes	= BIT(IOCB_ATTR_ ## name) | (others) |		\
			  BUILD_BUG_ON_ZERO(sizeof(struct iocb_attr_ ## name) > \
					    sizeof(union iocb_attr_record)), \
	.size		= sizeof(struct iocb_attr_ ## name),		\
	.min_size	= sizeof(struct iocb_attr_ ## name)

/* Mask of the bytes of a word from offset @at to its end. */
#ifdef __LITTLE_ENDIAN
#define WORD_FROM(at)	(~0ULL << (at) % 8 * 8)
#else
#define WORD_FROM(at)	(~0ULL >> (at) % 8 * 8)
#endif

/* A reserved field extends to the end of the 8-byte word it starts in. */
#define RESERVED(name)							\
	.reserved	= WORD_FROM(offsetof(struct iocb_attr_ ## name,	\
					     reserved)),		\
	.reserved_offset	= offsetofend(struct iocb_attr_ ## name,	\
				      reserved) - sizeof(u64)

/*
 * To add an attribute, add its record to the UAPI header, an entry here and in
 * union iocb_attr_record, and a layer that looks it up. The min_size of a record
 * does not change when the record grows.
 */
const struct iocb_attr_desc iocb_attr_descs[IOCB_ATTR_NR] = {
	[IOCB_ATTR_proxy_pid] = {
		RECORD_EXCLUDES(proxy_pid, BIT(IOCB_ATTR_proxy_pidfd)),
		.resolve	= iocb_attr_resolve_proxy_pid,
		.supported	= iocb_attr_supported_charge,
	},
	[IOCB_ATTR_proxy_pidfd] = {
		RECORD_EXCLUDES(proxy_pidfd, BIT(IOCB_ATTR_proxy_pid)),
		RESERVED(proxy_pidfd),
		.resolve	= iocb_attr_resolve_proxy_pidfd,
		.supported	= iocb_attr_supported_charge,
	},
	[IOCB_ATTR_cgroup] = {
		RECORD(cgroup),
		RESERVED(cgroup),
		.resolve	= iocb_attr_resolve_cgroup,
		.supported	= iocb_attr_supported_charge,
	},
	[IOCB_ATTR_ioprio] = {
		RECORD(ioprio),
		RESERVED(ioprio),
		.resolve	= iocb_attr_resolve_ioprio,
		.supported	= iocb_attr_supported_direct,
	},
	[IOCB_ATTR_cache] = {
		RECORD(cache),
		RESERVED(cache),
		.valid		= valid_cache,
		.resolve	= iocb_attr_resolve_cache,
		.supported	= iocb_attr_supported_direct,
	},
	[IOCB_ATTR_pi] = {
		RECORD(pi),
		RESERVED(pi),
		.integrity	= true,
		.valid		= valid_pi,
		.resolve	= iocb_attr_resolve_pi,
		.supported	= iocb_attr_supported_pi,
	},
	[IOCB_ATTR_set] = {
		RECORD(set),
		RESERVED(set),
		.resolve	= iocb_attr_resolve_set,
		.supported	= iocb_attr_supported_set,
	},
};

/**
 * iocb_attr_check_header - validate the header of a list
 * @list: The header.
 * @max: Maximum size of the list in bytes, header included.
 * @error: Filled in on error.
 *
 * Context: Any context.
 * Return: 0, -EINVAL, or -E2BIG if the list is larger than @max.
 */
int iocb_attr_check_header(const struct iocb_attr_list *list, u32 max,
			   struct iocb_attr_error *error)
{
	if (list->size < sizeof(*list) || list->size % 8)
		return iocb_attr_reject(error, -EINVAL, IOCB_ATTR_ERR_LIST_SIZE,
					0, 0);
	if (list->size > max)
		return iocb_attr_reject(error, -E2BIG, IOCB_ATTR_ERR_LIST_SIZE,
					0, 0);
	if (list->flags & ~IOCB_ATTR_LIST_REPORT)
		return iocb_attr_reject(error, -EINVAL,
					IOCB_ATTR_ERR_LIST_FLAGS, 0, 0);
	return 0;
}

/* Validate a record of a known id. Returns 0 or an error, with its reason. */
static int check_record(const struct iocb_attr *attr,
			const struct iocb_attr_desc *desc, u32 present,
			enum iocb_attr_reason *reason)
{
	union iocb_attr_record room __uninitialized;
	const union iocb_attr_record *whole;

	if (present & desc->excludes) {
		*reason = present & BIT(attr->id) ? IOCB_ATTR_ERR_DUPLICATE :
						    IOCB_ATTR_ERR_CONFLICT;
		return -EINVAL;
	}
	if (attr->size < desc->min_size) {
		*reason = IOCB_ATTR_ERR_TOO_SHORT;
		return -EINVAL;
	}
	if (attr->size > desc->size &&
	    memchr_inv((const void *)attr + desc->size, 0,
		       attr->size - desc->size)) {
		*reason = IOCB_ATTR_ERR_TOO_LONG;
		return -E2BIG;
	}
	whole = iocb_attr_whole(attr, desc, &room);
	if (*(const u64 *)((const void *)whole + desc->reserved_offset) &
	    desc->reserved) {
		*reason = IOCB_ATTR_ERR_RESERVED;
		return -EINVAL;
	}
	if (desc->valid && !desc->valid(whole)) {
		*reason = IOCB_ATTR_ERR_VALUE;
		return -EINVAL;
	}
	return 0;
}

/**
 * iocb_attr_parse - validate the records of a list and locate each
 * @descs: iocb_attr_descs; a test may pass another table.
 * @body: The kernel's copy of the records, 8-byte aligned.
 * @len: Size of @body in bytes, a multiple of 8.
 * @found: Filled in.
 * @error: Filled in on error.
 *
 * Does all checks that depend on the bytes of the list only. The first faulty
 * record, in list order, determines the error.
 *
 * Context: Any context.
 * Return: 0; -EINVAL for a malformed record, an unknown flag, a non-zero
 *	reserved field, an invalid value, a duplicate id, or an id that excludes
 *	an earlier one; -E2BIG for a record that has non-zero bytes beyond the
 *	size that this kernel defines.
 */
int iocb_attr_parse(const struct iocb_attr_desc *descs, const void *body,
		    u32 len, struct iocb_attr_records *found,
		    struct iocb_attr_error *error)
{
	enum iocb_attr_reason reason;
	const struct iocb_attr *attr;
	u32 left, size, offset;
	unsigned int id;
	int ret;

	found->present = 0;
	found->required = 0;
	found->unknown = 0;

	attr = body;
	for (left = len; left; left -= size, attr = (const void *)attr + size) {
		offset = sizeof(struct iocb_attr_list) + (len - left);
		size = attr->size;
		id = array_index_nospec(attr->id, IOCB_ATTR_NR);

		if (size < sizeof(*attr) || size % 8 || size > left)
			return iocb_attr_reject(error, -EINVAL,
						IOCB_ATTR_ERR_SIZE, offset,
						attr->id);
		/* it determines the address of the next record */
		size = array_index_nospec(size, left + 1);
		if (attr->flags & ~IOCB_ATTR_REQUIRED)
			return iocb_attr_reject(error, -EINVAL,
						IOCB_ATTR_ERR_FLAGS, offset,
						attr->id);
		if (attr->id >= IOCB_ATTR_NR || !descs[id].size) {
			if (attr->flags && !found->unknown) {
				found->unknown = offset;
				found->unknown_id = attr->id;
			}
			continue;
		}

		ret = check_record(attr, &descs[id], found->present, &reason);
		if (ret)
			return iocb_attr_reject(error, ret, reason, offset, id);
		found->record[id] = attr;
		found->present |= BIT(id);
		if (attr->flags || descs[id].integrity)
			found->required |= BIT(id);
	}
	return 0;
}
