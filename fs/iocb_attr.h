/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to fs/iocb_attr*.c: attribute table and list parser.
 */
#ifndef _FS_IOCB_ATTR_H
#define _FS_IOCB_ATTR_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/iocb_attr.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

struct iocb_attr_grants;
struct kiocb;
struct uio_meta;

/* Maximum size of a list in bytes, header included. */
#define IOCB_ATTR_LIST_MAX	4096

/* Why a list was rejected. trace/events/iocb_attr.h has the printed names. */
enum iocb_attr_reason {
	IOCB_ATTR_BAD_POINTER,
	IOCB_ATTR_BAD_LIST_SIZE,
	IOCB_ATTR_BAD_LIST_FLAGS,
	IOCB_ATTR_BAD_MEMORY,
	IOCB_ATTR_BAD_SIZE,
	IOCB_ATTR_BAD_FLAGS,
	IOCB_ATTR_BAD_DUPLICATE,
	IOCB_ATTR_BAD_SHORT,
	IOCB_ATTR_BAD_LONG,
	IOCB_ATTR_BAD_RESERVED,
	IOCB_ATTR_BAD_VALUE,
	IOCB_ATTR_BAD_CONFLICT,
	IOCB_ATTR_BAD_TARGET,
	IOCB_ATTR_BAD_UNSUPPORTED,
};

/* The headers of a list and of a record. Each is one word of 8 bytes. */
union iocb_attr_list_word {
	u64			word;
	struct {
		u32		size;
		u32		flags;
	};
};

union iocb_attr_word {
	u64			word;
	struct iocb_attr	attr;
};

#ifdef __LITTLE_ENDIAN
#define IOCB_ATTR_LIST_WORD(size, flags)				\
	((u64)(flags) << 32 | (size))
#define IOCB_ATTR_WORD(size, id, flags)					\
	((u64)(flags) << 48 | (u64)(id) << 32 | (size))
#else
#define IOCB_ATTR_LIST_WORD(size, flags)				\
	((u64)(size) << 32 | (flags))
#define IOCB_ATTR_WORD(size, id, flags)					\
	((u64)(size) << 32 | (u64)(id) << 16 | (flags))
#endif

/* First payload word of a record; most records have only this one. */
union iocb_attr_value {
	u64	word;
	u64	pid;
	s32	pidfd;
	s32	fd;
	u16	ioprio;
	u32	hints;
	u16	pi_flags;
};

/* Large enough for any record, at the size that this kernel defines. */
union iocb_attr_any {
	struct iocb_attr		attr;
	struct iocb_attr_proxy_pid	proxy_pid;
	struct iocb_attr_proxy_pidfd	proxy_pidfd;
	struct iocb_attr_cgroup		cgroup;
	struct iocb_attr_ioprio		ioprio;
	struct iocb_attr_cache		cache;
	struct iocb_attr_pi		pi;
};

/**
 * struct iocb_attr_refusal - why a list was rejected
 * @reason: The reason.
 * @offset: Offset of the faulty record from the start of the list, in bytes; 0
 *	for the header of the list, or if the list is no longer available.
 * @id: Id of the faulty record, or 0.
 */
struct iocb_attr_refusal {
	enum iocb_attr_reason	reason;
	u32			offset;
	u16			id;
};

/**
 * struct iocb_attr_desc - description of one attribute
 * @size: Size of the record in this kernel, in bytes.
 * @min_size: Size of the record when it was first published, in bytes.
 * @reserved: Mask of the bits that must be 0 in the word of 8 bytes at
 *	@reserved_at.
 * @reserved_at: Offset of that word. In a record of two words it is the second.
 * @excludes: Mask of the ids that may not be in the same list, including the
 *	attribute's own id.
 * @alone: The header word, without flags, of a record that
 *	iocb_attr_parse_one() may accept: one value, no data integrity. Else 0.
 * @integrity: Reject the I/O if nothing can honour the attribute, even if it is
 *	not required.
 * @take: Validate the value, and store it in the attributes if it needs no
 *	resolving. NULL if every value is valid. Depends on its arguments only.
 * @resolve: Convert the value to the state that the kernel acts on. May sleep.
 * @resolve_all: The same for a record of more than one value.
 * @consumed: Return whether a layer below can honour the attribute, as far as
 *	is known before the I/O starts. NULL if this kernel never honours it.
 */
struct iocb_attr_desc {
	u16	size;
	u16	min_size;
	u16	reserved_at;
	bool	integrity;
	u64	reserved;
	u64	alone;
	u32	excludes;
	bool	(*take)(union iocb_attr_value value, struct iocb_attrs *attrs);
	int	(*resolve)(union iocb_attr_value value,
			   struct iocb_attrs *attrs, struct kiocb *iocb,
			   struct iocb_attr_grants *grants);
	int	(*resolve_all)(const struct iocb_attr *attr,
			       struct kiocb *iocb, struct uio_meta *meta);
	bool	(*consumed)(const struct kiocb *iocb,
			    const struct iocb_attrs *attrs);
};

#define IOCB_ATTR_NR	(IOCB_ATTR_pi + 1)

extern const struct iocb_attr_desc iocb_attr_descs[IOCB_ATTR_NR];

/**
 * struct iocb_attr_records - the records of a list
 * @record: Records by id, pointing into the list. Valid for the ids in
 *	iocb_attrs.given. Read them through iocb_attr_whole().
 * @resolve: Mask of the ids that are present and must be resolved.
 * @must: Mask of the ids that are present and must not be dropped: required, or
 *	data integrity.
 * @unknown: Offset of the first required record with an unknown id, or 0.
 * @unknown_id: Id of that record.
 * @bad: The error, if parsing failed.
 */
struct iocb_attr_records {
	const struct iocb_attr	*record[IOCB_ATTR_NR];
	u32			resolve;
	u32			must;
	u32			unknown;
	u16			unknown_id;
	struct iocb_attr_refusal bad;
};

static inline int iocb_attr_refuse(struct iocb_attr_refusal *bad, int error,
				   enum iocb_attr_reason reason)
{
	bad->reason = reason;
	return error;
}

/* Validate a list header: 0, -EINVAL, or -E2BIG above the maximum size. */
static inline int iocb_attr_check_header(union iocb_attr_list_word list,
					 struct iocb_attr_refusal *bad)
{
	if (list.size < sizeof(list) || list.size % 8)
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_LIST_SIZE);
	if (list.size > IOCB_ATTR_LIST_MAX)
		return iocb_attr_refuse(bad, -E2BIG, IOCB_ATTR_BAD_LIST_SIZE);
	if (list.flags & ~IOCB_ATTR_LIST_REPORT)
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_LIST_FLAGS);
	return 0;
}

/*
 * Return @attr with at least desc->size bytes. A program that was built before
 * the record grew passes a shorter one: copy it to @room, padded with zeroes.
 */
static inline const struct iocb_attr *
iocb_attr_whole(const struct iocb_attr *attr, const struct iocb_attr_desc *desc,
		union iocb_attr_any *room)
{
	if (likely(attr->size >= desc->size))
		return attr;
	memset(room, 0, sizeof(*room));
	memcpy(room, attr, attr->size);
	return &room->attr;
}

int iocb_attr_parse(const struct iocb_attr_desc *descs, const void *body,
		    u32 len, struct iocb_attrs *attrs,
		    struct iocb_attr_records *found);
bool iocb_attr_take_cache(union iocb_attr_value value,
			  struct iocb_attrs *attrs);

/* Inline version of iocb_attr_take_cache(). */
static __always_inline bool
__iocb_attr_take_cache(union iocb_attr_value value, struct iocb_attrs *attrs)
{
	const u32 policies = IOCB_CACHE_WRITETHROUGH | IOCB_CACHE_WRITEBACK |
			     IOCB_CACHE_WRITEAROUND;
	const u32 admission = IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT;
	u32 policy = value.hints & policies;

	if (value.hints & ~(admission | policies))
		return false;
	if ((value.hints & admission) == admission)
		return false;
	/* at most one bit may be set: zero or a power of two */
	if (policy & (policy - 1))
		return false;
	attrs->cache.hints = value.hints;
	return true;
}

static inline union iocb_attr_value
iocb_attr_value_of(const struct iocb_attr *attr)
{
	return *(const union iocb_attr_value *)(attr + 1);
}

/* True if the list has the size of one record of one value, as most have. */
static __always_inline bool
iocb_attr_is_one(union iocb_attr_list_word list)
{
	const u32 size = sizeof(struct iocb_attr_list) + 2 * sizeof(u64);

	return (list.word & ~IOCB_ATTR_LIST_WORD(0, IOCB_ATTR_LIST_REPORT)) ==
	       IOCB_ATTR_LIST_WORD(size, 0);
}

/*
 * Fast path of iocb_attr_parse() for the record of such a list. Returns false
 * if the record is invalid or unusual: iocb_attr_parse() must be called then.
 */
static __always_inline bool
iocb_attr_parse_one(union iocb_attr_word head, union iocb_attr_value value,
		    struct iocb_attrs *attrs,
		    const struct iocb_attr_desc **found)
{
	const struct iocb_attr_desc *desc;
	unsigned int id = head.attr.id;

	if (id >= IOCB_ATTR_NR)
		return false;
	id = array_index_nospec(id, IOCB_ATTR_NR);
	desc = &iocb_attr_descs[id];
	/* keep the address in a register instead of recomputing it */
	OPTIMIZER_HIDE_VAR(desc);
	*found = desc;
	if ((head.word & ~IOCB_ATTR_WORD(0, 0, IOCB_ATTR_REQUIRED)) !=
	    desc->alone || value.word & desc->reserved)
		return false;
	attrs->given = BIT(id);
	if (desc->take == iocb_attr_take_cache)
		return __iocb_attr_take_cache(value, attrs);
	return !desc->take;
}

int iocb_attr_resolve_proxy_pid(union iocb_attr_value value,
				struct iocb_attrs *attrs, struct kiocb *iocb,
				struct iocb_attr_grants *grants);
int iocb_attr_resolve_proxy_pidfd(union iocb_attr_value value,
				  struct iocb_attrs *attrs, struct kiocb *iocb,
				  struct iocb_attr_grants *grants);
int iocb_attr_resolve_cgroup(union iocb_attr_value value,
			     struct iocb_attrs *attrs, struct kiocb *iocb,
			     struct iocb_attr_grants *grants);
int iocb_attr_resolve_ioprio(union iocb_attr_value value,
			     struct iocb_attrs *attrs, struct kiocb *iocb,
			     struct iocb_attr_grants *grants);
int iocb_attr_resolve_pi(const struct iocb_attr *attr, struct kiocb *iocb,
			 struct uio_meta *meta);
bool iocb_attr_charges_cgroups(void);
bool iocb_attr_consumed_direct(const struct kiocb *iocb,
			       const struct iocb_attrs *attrs);
bool iocb_attr_consumed_charge(const struct kiocb *iocb,
			       const struct iocb_attrs *attrs);
bool iocb_attr_consumed_pi(const struct kiocb *iocb,
			   const struct iocb_attrs *attrs);

#endif /* _FS_IOCB_ATTR_H */
