// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: import a list from user memory into struct iocb_attrs.
 *
 * A list is copied once, validated (parse.c) and resolved: pids and file
 * descriptors are looked up, and the caller's permission to use them is checked.
 * User memory is not read again after validation, and the copy is discarded
 * before the I/O starts.
 *
 * Proposed as "Extensible AIO interface" in 2012:
 * http://lkml.iu.edu/hypermail/linux/kernel/1210.0/00651.html
 */
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/iocb_attr.h>
#include <linux/iocb_attr_set.h>
#include <linux/iocb_attr_submit.h>
#include <linux/iocontext.h>
#include <linux/cgroup.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../internal.h"
#include "iocb_attr_private.h"

#define CREATE_TRACE_POINTS
#include <trace/events/iocb_attr.h>

/*
 * Size in bytes of the copy of the records on the stack. It has room for one
 * record of each published kind, and for these to grow. Longer lists are rare
 * and use the heap.
 */
#define IOCB_ATTR_ONSTACK_SIZE	256

/* Drop the references that the attributes hold, if any. */
void __iocb_attrs_release(const struct iocb_attrs *attrs)
{
	if (attrs->css)
		css_put(attrs->css);
	if (attrs->ioc)
		put_io_context_active(attrs->ioc);
}

int iocb_attr_resolve_cache(const struct iocb_attr_import *import,
			    const union iocb_attr_record *record)
{
	import->attrs->cache.hints = record->cache.hints;
	return 0;
}

/*
 * Direct I/O carries all attributes, on files that support it. Others have no
 * reliable effect on buffered I/O: the page cache may have the data, and
 * writeback has no submitter.
 */
bool iocb_attr_supported_direct(const struct kiocb *iocb,
				const struct iocb_attrs *attrs)
{
	return (iocb->ki_flags & IOCB_DIRECT) &&
	       file_dio_has_attrs(iocb->ki_filp);
}

/*
 * Return the first id in @required that nothing below can honour, as far as is
 * known, or IOCB_ATTR_NR.
 */
static unsigned int find_unsupported(unsigned long required,
				     const struct iocb_attrs *attrs,
				     const struct kiocb *iocb)
{
	const struct iocb_attr_desc *desc;
	unsigned int id;

	for_each_set_bit(id, &required, IOCB_ATTR_NR) {
		desc = &iocb_attr_descs[id];
		if (!desc->supported || !desc->supported(iocb, attrs))
			return id;
	}
	return IOCB_ATTR_NR;
}

/* The offset of a record from the start of its list, in bytes. */
static u32 offset_of(const void *body, const struct iocb_attr_records *found,
		     unsigned int id)
{
	return sizeof(struct iocb_attr_list) +
	       ((const void *)found->record[id] - body);
}

static int resolve_record(const struct iocb_attr_import *import,
			  const void *body,
			  const struct iocb_attr_records *found,
			  unsigned int id, struct iocb_attr_error *error)
{
	const struct iocb_attr_desc *desc = &iocb_attr_descs[id];
	union iocb_attr_record room __uninitialized;
	int ret;

	ret = desc->resolve(import,
			    iocb_attr_whole(found->record[id], desc, &room));
	if (!ret)
		return 0;
	return iocb_attr_reject(error, ret, IOCB_ATTR_ERR_TARGET,
				offset_of(body, found, id), id);
}

/*
 * Look up the processes, cgroups and buffers that the records refer to, and
 * check permissions.
 */
static int resolve_records(const struct iocb_attr_import *import,
			   const void *body,
			   const struct iocb_attr_records *found,
			   struct iocb_attr_error *error)
{
	unsigned long present = found->present;
	unsigned int id;
	int ret;

	/* first: the other records replace attributes of the set */
	if (unlikely(present & BIT(IOCB_ATTR_set))) {
		ret = resolve_record(import, body, found, IOCB_ATTR_set, error);
		if (ret)
			return ret;
		present &= ~BIT(IOCB_ATTR_set);
	}
	for_each_set_bit(id, &present, IOCB_ATTR_NR) {
		ret = resolve_record(import, body, found, id, error);
		if (ret)
			return ret;
	}
	return 0;
}

/* Reject a list with an attribute that must not be dropped and would be. */
static int check_supported(const struct iocb_attr_import *import,
			   const void *body,
			   const struct iocb_attr_records *found,
			   struct iocb_attr_error *error)
{
	const struct kiocb *iocb = import->iocb;
	/* those of the list, and of its set */
	u32 required = found->required | import->attrs->required;
	unsigned int id;

	if (found->unknown)
		return iocb_attr_reject(error, -EOPNOTSUPP,
					IOCB_ATTR_ERR_UNSUPPORTED,
					found->unknown, found->unknown_id);
	/* without a file this is left to iocb_attrs_check_file() */
	if (!iocb->ki_filp) {
		import->attrs->required = required;
		return 0;
	}
	id = find_unsupported(required, import->attrs, iocb);
	if (id == IOCB_ATTR_NR)
		return 0;
	if (!(found->present & BIT(id)))
		id = IOCB_ATTR_set;
	return iocb_attr_reject(error, -EOPNOTSUPP, IOCB_ATTR_ERR_UNSUPPORTED,
				offset_of(body, found, id), id);
}

/* Reject a record that a list for this use must not have. */
static int check_excluded(const void *body,
			  const struct iocb_attr_records *found, u32 exclude,
			  struct iocb_attr_error *error)
{
	unsigned int id;

	exclude &= found->present;
	if (likely(!exclude))
		return 0;
	id = __ffs(exclude);
	return iocb_attr_reject(error, -EINVAL, IOCB_ATTR_ERR_CONFLICT,
				offset_of(body, found, id), id);
}

/* Import records that have been copied to kernel memory. */
static int import_records(const struct iocb_attr_import *import,
			  const void *body, u32 len, u32 exclude,
			  struct iocb_attr_error *error)
{
	struct iocb_attr_records found __uninitialized;
	int ret;

	ret = iocb_attr_parse(iocb_attr_descs, body, len, &found, error);
	if (!ret)
		ret = check_excluded(body, &found, exclude, error);
	if (ret)
		return ret;
	import->attrs->present = found.present;
	ret = resolve_records(import, body, &found, error);
	if (ret)
		return ret;
	return check_supported(import, body, &found, error);
}

/* Import the records of a list whose header has been validated. */
static int import_body(const struct iocb_attr_import *import,
		       const void __user *from, u32 len, u32 exclude,
		       struct iocb_attr_error *error)
{
	u64 stack[IOCB_ATTR_ONSTACK_SIZE / sizeof(u64)] __uninitialized;
	void *body = stack;
	int ret;

	if (len > sizeof(stack)) {
		body = kmalloc(len, GFP_KERNEL);
		if (!body)
			return iocb_attr_reject(error, -ENOMEM,
						IOCB_ATTR_ERR_NOMEM, 0, 0);
	}
	if (copy_from_user(body, from, len))
		ret = iocb_attr_reject(error, -EFAULT, IOCB_ATTR_ERR_POINTER,
				       0, 0);
	else
		ret = import_records(import, body, len, exclude, error);
	if (body != stack)
		kfree(body);
	return ret;
}

/* Start without references, so that an error can drop them in any case. */
static void iocb_attrs_init(const struct iocb_attr_import *import)
{
	memset(import->attrs, 0, sizeof(*import->attrs));
	import->ref->attrs = import->attrs;
	atomic_set(&import->ref->honoured, 0);
	import->ref->trace_pid = 0;
}

/* Layers may honour attributes in any context: note who submitted the I/O. */
void iocb_attrs_trace_accepted(const struct kiocb *iocb, u32 size)
{
	iocb->ki_attrs->trace_pid = current->pid;
	trace_iocb_attr_accepted(iocb, iocb->ki_attrs->attrs, size);
}

/* Attach the attributes to the kiocb, or release them if @ret is an error. */
static int iocb_attrs_attach(const struct iocb_attr_import *import,
			     const struct iocb_attr_list *list, int ret,
			     const struct iocb_attr_error *error)
{
	struct kiocb *iocb = import->iocb;

	if (ret) {
		__iocb_attrs_release(import->attrs);
		trace_iocb_attr_refused(ret, error->reason, error->offset,
					error->id);
		return ret;
	}
	import->attrs->flags |= list->flags;
	iocb->ki_attrs = import->ref;
	iocb->ki_flags |= IOCB_HAS_ATTRS;
	if (trace_iocb_attr_accepted_enabled())
		iocb_attrs_trace_accepted(iocb, list->size);
	return 0;
}

/* Copy a list from user memory, its header to @list, and import the records. */
static int import_list(const struct iocb_attr_import *import, u64 ulist,
		       struct iocb_attr_list *list, u32 exclude,
		       struct iocb_attr_error *error)
{
	const struct iocb_attr_list __user *from = u64_to_user_ptr(ulist);
	int ret;

	if (!ulist || ulist != (unsigned long)ulist ||
	    copy_from_user(list, from, sizeof(*list)))
		return iocb_attr_reject(error, -EFAULT, IOCB_ATTR_ERR_POINTER,
					0, 0);
	ret = iocb_attr_check_header(list, IOCB_ATTR_LIST_MAX, error);
	if (ret)
		return ret;
	return import_body(import, from + 1, list->size - sizeof(*list),
			   exclude, error);
}

/**
 * iocb_attrs_import - import an I/O's attribute list from user memory
 * @import: The I/O, and where its attributes are stored.
 * @ulist: User address of a struct iocb_attr_list.
 *
 * On success IOCB_HAS_ATTRS and ki_attrs of the I/O are set, and ki_ioprio is
 * the priority that the list names, if it names one. With a pi record
 * IOCB_HAS_METADATA is set and private points to import->meta. Start the I/O
 * directly after this: from then on every path leads to ki_complete(), which
 * calls iocb_attrs_complete(). A caller that does something else first, or
 * starts an I/O more than once, must ensure that iocb_attrs_complete() is
 * called exactly once.
 *
 * Context: Process context of the submitter: its memory, credentials and
 *	namespaces are used. May sleep. Takes cgroup_mutex if the list names a
 *	cgroup for which import->grants has no valid grant. With IOCB_NOWAIT in
 *	ki_flags this is a trylock, and the I/O ends with -EAGAIN if it fails.
 * Return: 0 or a negative errno, as listed in
 *	Documentation/userspace-api/iocb_attr.rst.
 */
int iocb_attrs_import(const struct iocb_attr_import *import, u64 ulist)
{
	struct iocb_attr_list list = { };
	struct iocb_attr_error error;
	int ret;

	iocb_attrs_init(import);
	ret = import_list(import, ulist, &list, 0, &error);
	return iocb_attrs_attach(import, &list, ret, &error);
}

/**
 * iocb_attrs_import_set - import the list of a new set
 * @import: @iocb is a kiocb without a file, and takes the priority that the
 *	list names; @attrs is zeroed; @target has what the set needs to know of
 *	the cgroup. The other members are NULL.
 * @exclude: Mask of the ids that the list must not have.
 * @ulist: As for iocb_attrs_import().
 *
 * Also on error the caller must release the references in @import->attrs and
 * @import->target.
 *
 * Context: As iocb_attrs_import().
 * Return: As iocb_attrs_import().
 */
int iocb_attrs_import_set(const struct iocb_attr_import *import, u32 exclude,
			  u64 ulist)
{
	struct iocb_attr_list list = { };
	struct iocb_attr_error error;
	int ret;

	ret = import_list(import, ulist, &list, exclude, &error);
	if (ret)
		trace_iocb_attr_refused(ret, error.reason, error.offset,
					error.id);
	import->attrs->flags |= list.flags;
	return ret;
}

/**
 * iocb_attrs_import_sqe - import an I/O's attribute list from shared memory
 * @import: As for iocb_attrs_import().
 * @words: Kernel memory that userspace may write to at any time. It should hold
 *	a struct iocb_attr_list.
 * @nr: Number of words, at most 32. The list may be shorter; the words after
 *	it must be 0.
 *
 * Each word is read once.
 *
 * Context: As iocb_attrs_import().
 * Return: As iocb_attrs_import(); -E2BIG if the list is longer than @nr
 *	words, -EINVAL if a word after it is not 0.
 */
int iocb_attrs_import_sqe(const struct iocb_attr_import *import,
			  const u64 *words, unsigned int nr)
{
	struct iocb_attr_error error;
	u64 copy[IOCB_ATTR_ONSTACK_SIZE / sizeof(u64)] __uninitialized;
	const struct iocb_attr_list *list = (void *)copy;
	unsigned int i, end;
	int ret;

	iocb_attrs_init(import);
	for (i = 0; i < nr; i++)
		copy[i] = READ_ONCE(words[i]);
	ret = iocb_attr_check_header(list, nr * sizeof(u64), &error);
	if (ret)
		goto out;
	end = array_index_nospec(list->size / sizeof(*copy), nr + 1);
	if (memchr_inv(&copy[end], 0, (nr - end) * sizeof(u64))) {
		ret = iocb_attr_reject(&error, -EINVAL, IOCB_ATTR_ERR_RESERVED,
				       list->size, 0);
		goto out;
	}
	ret = import_records(import, list + 1, list->size - sizeof(*list), 0,
			     &error);
out:
	return iocb_attrs_attach(import, list, ret, &error);
}

/**
 * iocb_attrs_check_file - check whether attributes can be honoured on a file
 * @iocb: An I/O with IOCB_HAS_ATTRS. Its list was imported before its file was
 *	known; ki_filp and ki_flags must be set now.
 *
 * Context: Process context; may sleep if the file is on a stacked file system.
 * Return: 0, or -EOPNOTSUPP if an attribute that must not be dropped cannot be
 *	honoured.
 */
int iocb_attrs_check_file(struct kiocb *iocb)
{
	const struct iocb_attrs *attrs = iocb->ki_attrs->attrs;
	unsigned int id = find_unsupported(attrs->required, attrs, iocb);

	if (id == IOCB_ATTR_NR)
		return 0;
	trace_iocb_attr_refused(-EOPNOTSUPP, IOCB_ATTR_ERR_UNSUPPORTED, 0, id);
	return -EOPNOTSUPP;
}

void iocb_attr_trace_honoured(struct iocb_attr_ref *ref, unsigned int id,
			      dev_t dev, const char *layer)
{
	trace_iocb_attr_honoured(ref, id, dev, layer);
}

/* Called through iocb_attr_set_honoured() and bio_attr_set_honoured(). */
void __iocb_attr_set_honoured(struct iocb_attr_ref *ref, unsigned int id,
			      dev_t dev, const char *layer)
{
	iocb_attr_count(ref->attrs, id);
	iocb_attr_record(ref, id);
	trace_iocb_attr_honoured(ref, id, dev, layer);
}
EXPORT_SYMBOL_GPL(__iocb_attr_set_honoured);
