/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to fs/iocb_attr*.c: the table of attributes and the parser.
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

/* The longest list that is accepted, in bytes, header included. */
#define IOCB_ATTR_LIST_MAX	4096

/* Why a list was refused; named for userspace in trace/events/iocb_attr.h. */
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

/* The header of a list, and that of a record: a word of 8 bytes each. */
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

/* The first word of a record's own fields, which is the only one of most. */
union iocb_attr_value {
	u64	word;
	u64	pid;
	s32	pidfd;
	s32	fd;
	u16	ioprio;
	u32	hints;
	u16	pi_flags;
};

/* Room for any record, as long as this kernel knows it. */
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
 * struct iocb_attr_refusal - what was wrong with a list
 * @reason: Why.
 * @offset: Where the record at fault starts, in bytes from the list's start;
 *	0 for the list's header, or if the list is gone.
 * @id: The record's id, or 0.
 */
struct iocb_attr_refusal {
	enum iocb_attr_reason	reason;
	u32			offset;
	u16			id;
};

/**
 * struct iocb_attr_desc - all there is to know of one attribute
 * @size: Bytes of the record as this kernel knows it.
 * @min_size: Bytes of the record as it was first published.
 * @reserved: The bits that have to be 0 in the word of 8 bytes ...
 * @reserved_at: ... at this offset; the second word if the record has two.
 * @excludes: Mask of ids that may not be in the same list, its own with them.
 * @alone: The header, without flags, of a record that iocb_attr_parse_one()
 *	is for: of one value, and not for data integrity. Else 0.
 * @integrity: Refuse the I/O where nothing can honour this, required or not.
 * @take: Are the values possible ones? Those that need no more than that are
 *	put into the attributes. NULL if all are possible. Pure.
 * @resolve: Turn the value into what the kernel acts on. May sleep.
 * @resolve_all: The same for a record of more than one value.
 * @consumed: Can anything below act on it, as far as is known before the I/O
 *	starts? NULL where nothing in this kernel does.
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
	bool	(*consumed)(const struct kiocb *iocb);
};

#define IOCB_ATTR_NR	(IOCB_ATTR_pi + 1)

extern const struct iocb_attr_desc iocb_attr_descs[IOCB_ATTR_NR];

/**
 * struct iocb_attr_records - what was found in a list
 * @record: By id, for those that are in the attributes' mask of what was given;
 *	points into the list. To be read through iocb_attr_whole().
 * @resolve: Bit per id that is there and has to be resolved.
 * @must: Bit per id that is there and must not be dropped: it is required, or
 *	carries data integrity.
 * @unknown: Offset of the first required record with an unknown id, or 0.
 * @unknown_id: Its id.
 * @bad: What is wrong, if something is.
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

/* Is this the header of a list? 0, -EINVAL, or -E2BIG if none is so long. */
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
 * A record from a program that was built before the record grew is shorter than
 * @desc says: give it with zeroes in place of what it does not have, in @room.
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

/* iocb_attr_take_cache(), for those who would not call it. */
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
	/* at most one bit: a power of two, or none */
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

/* Is this the header of a list of one record of one value? Most are. */
static __always_inline bool
iocb_attr_is_one(union iocb_attr_list_word list)
{
	const u32 size = sizeof(struct iocb_attr_list) + 2 * sizeof(u64);

	return (list.word & ~IOCB_ATTR_LIST_WORD(0, IOCB_ATTR_LIST_REPORT)) ==
	       IOCB_ATTR_LIST_WORD(size, 0);
}

/*
 * The same as iocb_attr_parse() for the record of such a list, if there is
 * nothing wrong with it and nothing unusual; if not, that is to be asked.
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
	/* or its address is computed again for each use */
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
bool iocb_attr_consumed_direct(const struct kiocb *iocb);
bool iocb_attr_consumed_charge(const struct kiocb *iocb);
bool iocb_attr_consumed_pi(const struct kiocb *iocb);

#endif /* _FS_IOCB_ATTR_H */
