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
#include <linux/indirect_call_wrapper.h>
#include <linux/nospec.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "iocb_attr.h"

bool iocb_attr_take_cache(union iocb_attr_value value,
			  struct iocb_attrs *attrs)
{
	return __iocb_attr_take_cache(value, attrs);
}

static bool take_pi(union iocb_attr_value value, struct iocb_attrs *attrs)
{
	return !(value.pi_flags & ~IO_INTEGRITY_VALID_FLAGS);
}

/* iocb_attr_value_of() reads the value of each record from this offset. */
#define VALUE_AT(name, field, member)					\
	static_assert(offsetofend(struct iocb_attr_ ## name, field) ==	\
		      sizeof(struct iocb_attr) +			\
		      sizeof_field(union iocb_attr_value, member))
VALUE_AT(proxy_pid, pid, pid);
VALUE_AT(proxy_pidfd, pidfd, pidfd);
VALUE_AT(cgroup, fd, fd);
VALUE_AT(ioprio, ioprio, ioprio);
VALUE_AT(cache, hints, hints);
VALUE_AT(pi, flags, pi_flags);

/* Every record has contained a value since it was first published. */
#define VALUE_END	(sizeof(struct iocb_attr) + sizeof(union iocb_attr_value))

#define RECORD(name)							\
	RECORD_EXCLUDES(name, 0)

/* @others: mask of the ids that may not be in the same list */
#define RECORD_EXCLUDES(name, others)					\
	.excludes	= BIT(IOCB_ATTR_ ## name) | (others),		\
	.alone		= sizeof(struct iocb_attr_ ## name) >		\
			  2 * sizeof(u64) ? 0 :				\
			  IOCB_ATTR_WORD(2 * sizeof(u64),		\
					 IOCB_ATTR_ ## name, 0),	\
	.size		= sizeof(struct iocb_attr_ ## name),		\
	.min_size	= sizeof(struct iocb_attr_ ## name) +		\
			  BUILD_BUG_ON_ZERO(sizeof(struct iocb_attr_ ##	\
						   name) < VALUE_END) +	\
			  BUILD_BUG_ON_ZERO(sizeof(struct iocb_attr_ ##	\
				name) > sizeof(union iocb_attr_any))

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
	.reserved_at	= offsetofend(struct iocb_attr_ ## name,	\
				      reserved) - sizeof(u64)

/*
 * To add an attribute, add its record to the UAPI header, an entry here and in
 * union iocb_attr_any, and a layer that looks it up. The min_size of a record
 * does not change when the record grows.
 */
const struct iocb_attr_desc iocb_attr_descs[IOCB_ATTR_NR] = {
	[IOCB_ATTR_proxy_pid] = {
		RECORD_EXCLUDES(proxy_pid, BIT(IOCB_ATTR_proxy_pidfd)),
		.resolve	= iocb_attr_resolve_proxy_pid,
		.consumed	= iocb_attr_consumed_charge,
	},
	[IOCB_ATTR_proxy_pidfd] = {
		RECORD_EXCLUDES(proxy_pidfd, BIT(IOCB_ATTR_proxy_pid)),
		RESERVED(proxy_pidfd),
		.resolve	= iocb_attr_resolve_proxy_pidfd,
		.consumed	= iocb_attr_consumed_charge,
	},
	[IOCB_ATTR_cgroup] = {
		RECORD(cgroup),
		RESERVED(cgroup),
		.resolve	= iocb_attr_resolve_cgroup,
		.consumed	= iocb_attr_consumed_charge,
	},
	[IOCB_ATTR_ioprio] = {
		RECORD(ioprio),
		RESERVED(ioprio),
		.resolve	= iocb_attr_resolve_ioprio,
		.consumed	= iocb_attr_consumed_direct,
	},
	[IOCB_ATTR_cache] = {
		RECORD(cache),
		RESERVED(cache),
		.take		= iocb_attr_take_cache,
		.consumed	= iocb_attr_consumed_direct,
	},
	[IOCB_ATTR_pi] = {
		RECORD(pi),
		RESERVED(pi),
		.integrity	= true,
		.take		= take_pi,
		.resolve_all	= iocb_attr_resolve_pi,
		.consumed	= iocb_attr_consumed_pi,
	},
};

/* Validate a record whose size differs from desc->size. */
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

/**
 * iocb_attr_parse - validate the records of a list and locate each
 * @descs: iocb_attr_descs; a test may pass another table.
 * @body: The kernel's copy of the records, 8-byte aligned.
 * @len: Size of @body in bytes, a multiple of 8.
 * @attrs: Filled in with the ids that are present, and with the values that
 *	need no resolving.
 * @found: Filled in; on error, only @found->bad is valid.
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
		    u32 len, struct iocb_attrs *attrs,
		    struct iocb_attr_records *found)
{
	const struct iocb_attr *attr, *whole;
	const struct iocb_attr_desc *desc;
	u32 left, size, bit, given = 0;
	union iocb_attr_any room;
	unsigned int id;
	int ret;

	found->resolve = 0;
	found->must = 0;
	found->unknown = 0;

	attr = body;
	for (left = len; left; left -= size) {
		size = attr->size;

		/* left is at least 8; a size below 8 wraps to a huge value */
		if (unlikely(size % 8 ||
			     size - sizeof(*attr) > left - sizeof(*attr))) {
			ret = iocb_attr_refuse(&found->bad, -EINVAL,
					       IOCB_ATTR_BAD_SIZE);
			goto refused;
		}
		/* it determines the address of the next record */
		size = array_index_nospec(size, left + 1);
		if (unlikely(attr->flags & ~IOCB_ATTR_REQUIRED)) {
			ret = iocb_attr_refuse(&found->bad, -EINVAL,
					       IOCB_ATTR_BAD_FLAGS);
			goto refused;
		}
		id = attr->id;
		if (unlikely(id >= IOCB_ATTR_NR)) {
			if (attr->flags && !found->unknown) {
				found->unknown = sizeof(struct iocb_attr_list) +
						 (len - left);
				found->unknown_id = id;
			}
			goto next;
		}

		id = array_index_nospec(id, IOCB_ATTR_NR);
		desc = &descs[id];
		bit = BIT(id);
		if (unlikely(given & desc->excludes)) {
			ret = iocb_attr_refuse(&found->bad, -EINVAL, given & bit ?
					       IOCB_ATTR_BAD_DUPLICATE :
					       IOCB_ATTR_BAD_CONFLICT);
			goto refused;
		}
		if (unlikely(size != desc->size)) {
			ret = check_size(attr, desc, &found->bad);
			if (ret)
				goto refused;
		}
		whole = iocb_attr_whole(attr, desc, &room);
		if (unlikely(*(const u64 *)((const void *)whole +
					    desc->reserved_at) &
			     desc->reserved)) {
			ret = iocb_attr_refuse(&found->bad, -EINVAL,
					       IOCB_ATTR_BAD_RESERVED);
			goto refused;
		}
		if (desc->take &&
		    !INDIRECT_CALL_1(desc->take, iocb_attr_take_cache,
				     iocb_attr_value_of(whole), attrs)) {
			ret = iocb_attr_refuse(&found->bad, -EINVAL,
					       IOCB_ATTR_BAD_VALUE);
			goto refused;
		}

		found->record[id] = attr;
		given |= bit;
		if (desc->resolve || desc->resolve_all)
			found->resolve |= bit;
		if (attr->flags || desc->integrity)
			found->must |= bit;
next:
		attr = (const void *)attr + size;
	}
	attrs->given = given;
	return 0;

refused:
	found->bad.offset = sizeof(struct iocb_attr_list) + (len - left);
	found->bad.id = attr->id;
	return ret;
}
