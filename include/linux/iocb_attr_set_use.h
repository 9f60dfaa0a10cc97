/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For system calls that accept attribute sets.
 */
#ifndef _LINUX_IOCB_ATTR_SET_USE_H
#define _LINUX_IOCB_ATTR_SET_USE_H

#include <linux/cgroup.h>
#include <linux/fs.h>
#include <linux/iocb_attr_set.h>
#include <linux/rcupdate.h>
#include <linux/tracepoint-defs.h>

DECLARE_TRACEPOINT(iocb_attr_accepted);

extern const struct file_operations iocb_attr_set_fops;

int __iocb_attr_set_use(struct file *file, struct kiocb *iocb,
			struct iocb_attr_ref *ref, unsigned int ioprio_set);

/*
 * The css that the current thread's I/O is charged to, to be compared only. Must
 * be called in an RCU read-side critical section.
 */
static inline const struct cgroup_subsys_state *iocb_attr_current_css(void)
{
#ifdef CONFIG_BLK_CGROUP
	return task_css(current, io_cgrp_id);
#else
	return NULL;
#endif
}

/* The usual case: the maker's cgroup, and no file to check. */
static inline bool iocb_attr_set_tryget(const struct file *file,
					struct iocb_attrs_shared *shared)
{
	if (unlikely(file->f_op != &iocb_attr_set_fops) ||
	    unlikely(tracepoint_enabled(iocb_attr_accepted)))
		return false;
	guard(rcu)();
	return likely(iocb_attr_current_css() == READ_ONCE(shared->user)) &&
	       likely(percpu_ref_tryget_live_rcu(&shared->ref));
}

/* Fill in @ref, and the priority unless the I/O has one of its own. */
static __always_inline void
iocb_attr_set_attach(const struct iocb_attrs_shared *shared, struct kiocb *iocb,
		     struct iocb_attr_ref *ref, unsigned int ioprio_set)
{
	*ref = (struct iocb_attr_ref){ .attrs = &shared->attrs };
	if (shared->attrs.ioprio && !ioprio_set)
		iocb->ki_ioprio = shared->attrs.ioprio;
}

/**
 * iocb_attr_set_use - give an I/O the attributes of a set
 * @file: A file of the submitter, which may be a set.
 * @iocb: The I/O, as for iocb_attrs_import().
 * @ref: Filled in; must stay valid until @iocb is completed.
 * @ioprio_set: Not 0 if the caller requested ki_ioprio for this I/O, which then
 *	stays as it is.
 *
 * This is iocb_attrs_import() for a set, but the caller must set ki_attrs and
 * IOCB_HAS_ATTRS. @file may be closed then.
 *
 * Context: Process context of the submitter. Does not sleep, unless the file of
 *	@iocb is on a stacked file system and the set has required attributes.
 * Return: 0; -EBADF if @file is not a set, -ENODEV if the cgroup of the set has
 *	been removed, -EPERM if the submitter may not use it, -EOPNOTSUPP if a
 *	required attribute cannot be honoured on the file of @iocb.
 */
static __always_inline int
iocb_attr_set_use(struct file *file, struct kiocb *iocb,
		  struct iocb_attr_ref *ref, unsigned int ioprio_set)
{
	struct iocb_attrs_shared *shared = file->private_data;

	if (unlikely(!iocb_attr_set_tryget(file, shared)))
		return __iocb_attr_set_use(file, iocb, ref, ioprio_set);
	iocb_attr_set_attach(shared, iocb, ref, ioprio_set);
	return 0;
}

#endif /* _LINUX_IOCB_ATTR_SET_USE_H */
