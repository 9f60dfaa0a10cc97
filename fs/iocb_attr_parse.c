// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: the table of attributes, and the check of a list.
 *
 * Nothing here sleeps, takes a lock or reads user memory: a list is checked
 * in the kernel's own copy of it. That lets the same file be built in
 * userspace and fuzzed.
 */
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/byteorder.h>

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

/* The bytes from @at to the end of a word, as the word has them. */
#ifdef __LITTLE_ENDIAN
#define WORD_FROM(at)	(~0ULL << (at) % 8 * 8)
#else
#define WORD_FROM(at)	(~0ULL >> (at) % 8 * 8)
#endif

/* A reserved field ends with the word of 8 bytes that it begins in. */
#define RESERVED(name)							\
	.reserved	= WORD_FROM(offsetof(struct iocb_attr_ ## name,	\
					     reserved)),		\
	.reserved_at	= offsetofend(struct iocb_attr_ ## name,	\
				      reserved) - sizeof(u64)

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

/* What is wrong with a record whose size is not the one we know? */
static int check_size(const struct iocb_attr *attr,
		      const struct iocb_attr_desc *desc,
		      struct iocb_attr_refusal *bad)
{
	const void *bytes = attr;

	if (attr->size < desc->min_size)
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_SHORT);
	if (attr->size > desc->size &&
	    memchr_inv(bytes + desc->size, 0, attr->size - desc->size))
		return iocb_attr_refuse(bad, -E2BIG, IOCB_ATTR_BAD_LONG);
	return 0;
}

/* A record with an id that is in the table; @given: those before it. */
static int check_known(const struct iocb_attr *attr,
		       const struct iocb_attr_desc *desc, u32 bit, u32 given,
		       struct iocb_attr_refusal *bad)
{
	const u64 *word = (const void *)attr + desc->reserved_at;
	int ret;

	if (unlikely(given & (bit | desc->excludes)))
		return iocb_attr_refuse(bad, -EINVAL, given & bit ?
					IOCB_ATTR_BAD_DUPLICATE :
					IOCB_ATTR_BAD_CONFLICT);
	if (unlikely(attr->size != desc->size)) {
		ret = check_size(attr, desc, bad);
		if (ret)
			return ret;
	}
	if (unlikely(*word & desc->reserved))
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_RESERVED);
	if (desc->valid && !INDIRECT_CALL_1(desc->valid, valid_cache, attr))
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_VALUE);
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
	u32 at, size, bit, given = 0, must = 0;
	u16 id;
	int ret;

	found->unknown = 0;

	for (at = 0; at < len; at += size) {
		attr = body + at;
		size = attr->size;
		id = attr->id;

		/* len - at is at least 8: sizes are multiples of 8 */
		if (size < sizeof(*attr) || size % 8 || size > len - at) {
			ret = iocb_attr_refuse(bad, -EINVAL,
					       IOCB_ATTR_BAD_SIZE);
			goto refused;
		}
		if (attr->flags & ~IOCB_ATTR_REQUIRED) {
			ret = iocb_attr_refuse(bad, -EINVAL,
					       IOCB_ATTR_BAD_FLAGS);
			goto refused;
		}

		if (unlikely(id >= IOCB_ATTR_NR)) {
			if ((attr->flags & IOCB_ATTR_REQUIRED) &&
			    !found->unknown) {
				found->unknown = sizeof(struct iocb_attr_list) +
						 at;
				found->unknown_id = id;
			}
			continue;
		}

		bit = BIT(id);
		ret = check_known(attr, &iocb_attr_descs[id], bit, given, bad);
		if (ret)
			goto refused;
		found->record[id] = attr;
		given |= bit;
		if ((attr->flags & IOCB_ATTR_REQUIRED) ||
		    iocb_attr_descs[id].integrity)
			must |= bit;
	}
	found->given = given;
	found->must = must;
	return 0;

refused:
	bad->offset = sizeof(struct iocb_attr_list) + at;
	bad->id = id;
	return ret;
}
