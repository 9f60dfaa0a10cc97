// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: the table of attributes, and the check of a list.
 *
 * Nothing here sleeps, takes a lock or reads user memory: a list is checked
 * in the kernel's own copy of it. That lets the same file be built in
 * userspace and fuzzed.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "iocb_attr.h"

static bool valid_cache(const struct iocb_attr *attr)
{
	const u32 policies = IOCB_CACHE_WRITETHROUGH | IOCB_CACHE_WRITEBACK |
			     IOCB_CACHE_WRITEAROUND;
	const u32 admission = IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT;
	u32 hints = ((const struct iocb_attr_cache *)attr)->hints;
	u32 policy = hints & policies;

	if (hints & ~(admission | policies))
		return false;
	if ((hints & admission) == admission)
		return false;
	/* at most one bit: a power of two, or none */
	return !(policy & (policy - 1));
}

static bool valid_pi(const struct iocb_attr *attr)
{
	const struct iocb_attr_pi *pi = (const struct iocb_attr_pi *)attr;

	return !(pi->flags & ~IO_INTEGRITY_VALID_FLAGS);
}

#define RECORD(name)							\
	.size		= sizeof(struct iocb_attr_ ## name),		\
	.min_size	= sizeof(struct iocb_attr_ ## name)

#define RESERVED(name)							\
	.reserved_at	= offsetof(struct iocb_attr_ ## name, reserved),\
	.reserved_len	= sizeof_field(struct iocb_attr_ ## name, reserved)

/*
 * To add an attribute: its record in the UAPI header, its line here, and the
 * layer that looks it up. A record that grows keeps its min_size.
 */
const struct iocb_attr_desc iocb_attr_descs[IOCB_ATTR_NR] = {
	[IOCB_ATTR_proxy_pid] = {
		RECORD(proxy_pid),
		.excludes	= BIT(IOCB_ATTR_proxy_pidfd),
		.resolve	= iocb_attr_resolve_proxy_pid,
	},
	[IOCB_ATTR_proxy_pidfd] = {
		RECORD(proxy_pidfd),
		RESERVED(proxy_pidfd),
		.excludes	= BIT(IOCB_ATTR_proxy_pid),
		.resolve	= iocb_attr_resolve_proxy_pidfd,
	},
	[IOCB_ATTR_cgroup] = {
		RECORD(cgroup),
		RESERVED(cgroup),
		.resolve	= iocb_attr_resolve_cgroup,
	},
	[IOCB_ATTR_ioprio] = {
		RECORD(ioprio),
		RESERVED(ioprio),
		.resolve	= iocb_attr_resolve_ioprio,
	},
	[IOCB_ATTR_cache] = {
		RECORD(cache),
		RESERVED(cache),
		.valid		= valid_cache,
		.resolve	= iocb_attr_resolve_cache,
		.consumed	= iocb_attr_consumed_cache,
	},
	[IOCB_ATTR_pi] = {
		RECORD(pi),
		RESERVED(pi),
		.integrity	= true,
		.valid		= valid_pi,
	},
};

/* memchr_inv() for the few bytes of a reserved field, which are in pairs. */
static bool is_zero(const void *bytes, unsigned int len)
{
	const u16 *pair = bytes;

	for (; len; len -= sizeof(*pair))
		if (*pair++)
			return false;
	return true;
}

static int parse_known(const struct iocb_attr *attr,
		       struct iocb_attr_records *found,
		       struct iocb_attr_refusal *bad)
{
	const struct iocb_attr_desc *desc = &iocb_attr_descs[attr->id];
	const void *bytes = attr;

	if (found->given & BIT(attr->id))
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_DUPLICATE);
	if (found->given & desc->excludes)
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_CONFLICT);
	if (attr->size < desc->min_size)
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_SHORT);
	if (attr->size > desc->size &&
	    memchr_inv(bytes + desc->size, 0, attr->size - desc->size))
		return iocb_attr_refuse(bad, -E2BIG, IOCB_ATTR_BAD_LONG);
	if (!is_zero(bytes + desc->reserved_at, desc->reserved_len))
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_RESERVED);
	if (desc->valid && !INDIRECT_CALL_1(desc->valid, valid_cache, attr))
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_VALUE);

	found->record[attr->id] = attr;
	found->given |= BIT(attr->id);
	if ((attr->flags & IOCB_ATTR_REQUIRED) || desc->integrity)
		found->must |= BIT(attr->id);
	return 0;
}

/**
 * iocb_attr_parse - check the records of a list and find each
 * @body: The kernel's copy of the records, 8-byte aligned.
 * @len: Bytes of @body, a multiple of 8.
 * @found: Filled in.
 * @bad: Filled in on error.
 *
 * Checks all that can be told from the bytes alone. The first record at
 * fault, in the list's order, decides the error.
 *
 * Context: Any.
 * Return: 0; -EINVAL for a malformed record, an unknown flag, a reserved
 *	field that is not 0, an impossible value, an id given twice or one
 *	that excludes another before it; -E2BIG for a record with more in it
 *	than this kernel knows.
 */
int iocb_attr_parse(const void *body, u32 len, struct iocb_attr_records *found,
		    struct iocb_attr_refusal *bad)
{
	const struct iocb_attr *attr;
	u32 at;
	int ret;

	found->given = 0;
	found->must = 0;
	found->unknown = 0;

	for (at = 0; at < len; at += attr->size) {
		attr = body + at;
		bad->offset = sizeof(struct iocb_attr_list) + at;
		bad->id = attr->id;

		/* len - at is at least 8: sizes are multiples of 8 */
		if (attr->size < sizeof(*attr) || attr->size % 8 ||
		    attr->size > len - at)
			return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_SIZE);
		if (attr->flags & ~IOCB_ATTR_REQUIRED)
			return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_FLAGS);

		if (attr->id >= IOCB_ATTR_NR) {
			if ((attr->flags & IOCB_ATTR_REQUIRED) &&
			    !found->unknown) {
				found->unknown = bad->offset;
				found->unknown_id = attr->id;
			}
			continue;
		}

		ret = parse_known(attr, found, bad);
		if (ret)
			return ret;
	}
	return 0;
}
