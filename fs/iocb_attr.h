/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to fs/iocb_attr*.c: the table of attributes and the parser.
 */
#ifndef _FS_IOCB_ATTR_H
#define _FS_IOCB_ATTR_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/iocb_attr.h>
#include <linux/types.h>

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

/* What the records of one I/O are resolved against, and into. */
struct iocb_attr_target {
	struct iocb_attrs	*attrs;
	struct kiocb		*iocb;
	struct iocb_attr_grants	*grants;
	struct uio_meta		*meta;
	u64			cgroup;	/* id of the one that is looked up */
	bool			ioprio_given;
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
 * @integrity: Refuse the I/O where nothing can honour this, required or not.
 * @take: Are the values possible ones? Those that need no more than that are
 *	put into the attributes. NULL if all are possible. Pure.
 * @resolve: Turn the record into what the kernel acts on. May sleep.
 * @consumed: Can anything below act on it, as far as is known before the I/O
 *	starts? NULL where nothing in this kernel does.
 */
struct iocb_attr_desc {
	u16	size;
	u16	min_size;
	u16	reserved_at;
	bool	integrity;
	u64	reserved;
	u32	excludes;
	bool	(*take)(const struct iocb_attr *attr, struct iocb_attrs *attrs);
	int	(*resolve)(const struct iocb_attr *attr,
			   struct iocb_attr_target *target);
	bool	(*consumed)(const struct iocb_attr_target *target);
};

#define IOCB_ATTR_NR	(IOCB_ATTR_pi + 1)

extern const struct iocb_attr_desc iocb_attr_descs[IOCB_ATTR_NR];

/**
 * struct iocb_attr_records - what was found in a list
 * @record: By id, for those that are in the attributes' mask of what was given;
 *	points into the list.
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
static inline int iocb_attr_check_header(const struct iocb_attr_list *list,
					 struct iocb_attr_refusal *bad)
{
	if (list->size < sizeof(*list) || list->size % 8)
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_LIST_SIZE);
	if (list->size > IOCB_ATTR_LIST_SIZE_MAX)
		return iocb_attr_refuse(bad, -E2BIG, IOCB_ATTR_BAD_LIST_SIZE);
	if (list->flags & ~IOCB_ATTR_LIST_REPORT)
		return iocb_attr_refuse(bad, -EINVAL, IOCB_ATTR_BAD_LIST_FLAGS);
	return 0;
}

int iocb_attr_parse(const void *body, u32 len, struct iocb_attrs *attrs,
		    struct iocb_attr_records *found);
bool iocb_attr_take_cache(const struct iocb_attr *attr,
			  struct iocb_attrs *attrs);

/* Bytes of a list of one record of two words, which is what most I/O has. */
#define IOCB_ATTR_ONE	(sizeof(struct iocb_attr_list) + 2 * sizeof(u64))

/*
 * The same as iocb_attr_parse() for the one record that a list of @len bytes of
 * records has, if there is nothing wrong with it and nothing unusual. If not,
 * that is to be asked.
 */
static __always_inline bool
iocb_attr_parse_one(const struct iocb_attr *attr, u32 len,
		    struct iocb_attrs *attrs,
		    const struct iocb_attr_desc **found)
{
	const struct iocb_attr_desc *desc;

	if (!len || attr->size != len || attr->id >= IOCB_ATTR_NR ||
	    attr->flags & ~IOCB_ATTR_REQUIRED)
		return false;
	desc = &iocb_attr_descs[attr->id];
	/* or its address is computed again for each use */
	OPTIMIZER_HIDE_VAR(desc);
	if (desc->size != attr->size ||
	    *(const u64 *)((const void *)attr + desc->reserved_at) &
	    desc->reserved)
		return false;
	if (desc->take && !INDIRECT_CALL_1(desc->take, iocb_attr_take_cache,
					   attr, attrs))
		return false;
	attrs->given = BIT(attr->id);
	*found = desc;
	return true;
}

int iocb_attr_resolve_proxy_pid(const struct iocb_attr *attr,
				struct iocb_attr_target *target);
int iocb_attr_resolve_proxy_pidfd(const struct iocb_attr *attr,
				  struct iocb_attr_target *target);
int iocb_attr_resolve_cgroup(const struct iocb_attr *attr,
			     struct iocb_attr_target *target);
int iocb_attr_resolve_ioprio(const struct iocb_attr *attr,
			     struct iocb_attr_target *target);
int iocb_attr_resolve_pi(const struct iocb_attr *attr,
			 struct iocb_attr_target *target);
bool iocb_attr_consumed_direct(const struct iocb_attr_target *target);
bool iocb_attr_consumed_charge(const struct iocb_attr_target *target);
bool iocb_attr_consumed_pi(const struct iocb_attr_target *target);

#endif /* _FS_IOCB_ATTR_H */
