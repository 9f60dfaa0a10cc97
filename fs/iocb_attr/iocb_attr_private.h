/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to fs/iocb_attr/: attribute table and list parser.
 */
#ifndef _FS_IOCB_ATTR_PRIVATE_H
#define _FS_IOCB_ATTR_PRIVATE_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/iocb_attr.h>
#include <linux/string.h>
#include <linux/types.h>

struct cgroup;
struct iocb_attr_import;
struct kiocb;
struct super_block;

/* Maximum size of a list in bytes, header included. */
#define IOCB_ATTR_LIST_MAX	4096

/* Why a list was rejected. trace/events/iocb_attr.h has the printed names. */
enum iocb_attr_reason {
	IOCB_ATTR_ERR_POINTER,
	IOCB_ATTR_ERR_LIST_SIZE,
	IOCB_ATTR_ERR_LIST_FLAGS,
	IOCB_ATTR_ERR_NOMEM,
	IOCB_ATTR_ERR_SIZE,
	IOCB_ATTR_ERR_FLAGS,
	IOCB_ATTR_ERR_DUPLICATE,
	IOCB_ATTR_ERR_TOO_SHORT,
	IOCB_ATTR_ERR_TOO_LONG,
	IOCB_ATTR_ERR_RESERVED,
	IOCB_ATTR_ERR_VALUE,
	IOCB_ATTR_ERR_CONFLICT,
	IOCB_ATTR_ERR_TARGET,
	IOCB_ATTR_ERR_UNSUPPORTED,
};

/* A record of any kind, with the size that this kernel defines. */
union iocb_attr_record {
	struct iocb_attr		attr;
	struct iocb_attr_proxy_pid	proxy_pid;
	struct iocb_attr_proxy_pidfd	proxy_pidfd;
	struct iocb_attr_cgroup		cgroup;
	struct iocb_attr_ioprio		ioprio;
	struct iocb_attr_cache		cache;
	struct iocb_attr_pi		pi;
	struct iocb_attr_set		set;
};

/**
 * struct iocb_attr_target - what a set keeps of the cgroup that it names
 * @delegate: Find @top.
 * @cgrp: The cgroup, with a reference, or NULL.
 * @top: The highest cgroup whose tasks the maker of the set could have moved to
 *	@cgrp, with a reference, or NULL.
 */
struct iocb_attr_target {
	bool		delegate;
	struct cgroup	*cgrp;
	struct cgroup	*top;
};

/**
 * struct iocb_attr_error - why a list was rejected
 * @reason: The reason.
 * @offset: Offset of the faulty record from the start of the list, in bytes; 0
 *	for the header of the list, or if the list could not be read.
 * @id: Id of the faulty record, or 0.
 */
struct iocb_attr_error {
	enum iocb_attr_reason	reason;
	u32			offset;
	u16			id;
};

/* Fill in @error and return @ret. */
static inline int iocb_attr_reject(struct iocb_attr_error *error, int ret,
				   enum iocb_attr_reason reason, u32 offset,
				   u16 id)
{
	error->reason = reason;
	error->offset = offset;
	error->id = id;
	return ret;
}

/**
 * struct iocb_attr_desc - description of one attribute
 * @size: Size of the record in this kernel, in bytes.
 * @min_size: Size of the record when it was first published, in bytes.
 * @reserved_offset: Offset of the word of 8 bytes that has reserved bytes.
 * @integrity: Reject the I/O if nothing can honour the attribute, even if it is
 *	not required.
 * @excludes: Mask of the ids that may not be in the same list, including the
 *	attribute's own id.
 * @reserved: Mask of the bits of that word that must be 0.
 * @valid: Validate the values of a record. NULL if every value is valid.
 *	Depends on the record only.
 * @resolve: Store the attribute in the form that the kernel acts on. Looks up
 *	what the record refers to and checks permissions. May sleep.
 * @supported: Return whether a layer below can honour the attribute, as far as
 *	is known before the I/O starts. NULL if this kernel never honours it.
 */
struct iocb_attr_desc {
	u16	size;
	u16	min_size;
	u16	reserved_offset;
	bool	integrity;
	u32	excludes;
	u64	reserved;
	bool	(*valid)(const union iocb_attr_record *record);
	int	(*resolve)(const struct iocb_attr_import *import,
			   const union iocb_attr_record *record);
	bool	(*supported)(const struct kiocb *iocb,
			     const struct iocb_attrs *attrs);
};

#define IOCB_ATTR_NR	(IOCB_ATTR_set + 1)

extern const struct iocb_attr_desc iocb_attr_descs[IOCB_ATTR_NR];

/**
 * struct iocb_attr_records - the records of a list
 * @record: Records by id, pointing into the list. Valid for the ids in @present.
 *	Read them through iocb_attr_whole().
 * @present: Mask of the ids that are present.
 * @required: Mask of the ids that are present and must not be dropped: with
 *	IOCB_ATTR_REQUIRED, or data integrity.
 * @unknown: Offset of the first required record with an unknown id, or 0.
 * @unknown_id: Id of that record.
 */
struct iocb_attr_records {
	const struct iocb_attr	*record[IOCB_ATTR_NR];
	u32			present;
	u32			required;
	u32			unknown;
	u16			unknown_id;
};

/*
 * Return @attr with at least desc->size bytes. A program that was built before
 * the record grew passes a shorter one: copy it to @room, padded with zeroes.
 */
static inline const union iocb_attr_record *
iocb_attr_whole(const struct iocb_attr *attr, const struct iocb_attr_desc *desc,
		union iocb_attr_record *room)
{
	if (likely(attr->size >= desc->size))
		return (const union iocb_attr_record *)attr;
	memset(room, 0, sizeof(*room));
	memcpy(room, attr, attr->size);
	return room;
}

int iocb_attr_check_header(const struct iocb_attr_list *list, u32 max,
			   struct iocb_attr_error *error);
int iocb_attr_parse(const struct iocb_attr_desc *descs, const void *body,
		    u32 len, struct iocb_attr_records *found,
		    struct iocb_attr_error *error);

int iocb_attr_resolve_proxy_pid(const struct iocb_attr_import *import,
				const union iocb_attr_record *record);
int iocb_attr_resolve_proxy_pidfd(const struct iocb_attr_import *import,
				  const union iocb_attr_record *record);
int iocb_attr_resolve_ioprio(const struct iocb_attr_import *import,
			     const union iocb_attr_record *record);
int iocb_attr_resolve_cache(const struct iocb_attr_import *import,
			    const union iocb_attr_record *record);
int iocb_attr_resolve_pi(const struct iocb_attr_import *import,
			 const union iocb_attr_record *record);
int iocb_attr_resolve_set(const struct iocb_attr_import *import,
			  const union iocb_attr_record *record);
#ifdef CONFIG_CGROUPS
int iocb_attr_resolve_cgroup(const struct iocb_attr_import *import,
			     const union iocb_attr_record *record);
#else
/* Without cgroups no file is one. */
static inline int
iocb_attr_resolve_cgroup(const struct iocb_attr_import *import,
			 const union iocb_attr_record *record)
{
	return -EBADF;
}
#endif
bool iocb_attr_charges_cgroups(void);
bool iocb_attr_supported_direct(const struct kiocb *iocb,
				const struct iocb_attrs *attrs);
bool iocb_attr_supported_buffered(const struct kiocb *iocb,
				  const struct iocb_attrs *attrs);
bool iocb_attr_supported_charge(const struct kiocb *iocb,
				const struct iocb_attrs *attrs);
bool iocb_attr_supported_pi(const struct kiocb *iocb,
			    const struct iocb_attrs *attrs);
bool iocb_attr_supported_set(const struct kiocb *iocb,
			     const struct iocb_attrs *attrs);

int iocb_attr_set_target(const struct iocb_attr_import *import,
			 struct cgroup *cgrp, struct super_block *sb);
int iocb_attrs_import_set(const struct iocb_attr_import *import, u32 exclude,
			  u64 ulist);
void iocb_attrs_trace_accepted(const struct kiocb *iocb, u32 size);

#endif /* _FS_IOCB_ATTR_PRIVATE_H */
