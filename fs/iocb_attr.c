// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: from the list in user memory to struct iocb_attrs.
 *
 * A list is copied once, checked as bytes (iocb_attr_parse.c), and resolved:
 * pids and file descriptors are looked up and the caller's right to name them
 * is checked. No byte of user memory is read twice, and the list's bytes are
 * gone when the I/O starts.
 *
 * Proposed as "Extensible AIO interface" in 2012:
 * http://lkml.iu.edu/hypermail/linux/kernel/1210.0/00651.html
 */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/iocb_attr.h>
#include <linux/ioprio.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "iocb_attr.h"

#define CREATE_TRACE_POINTS
#include <trace/events/iocb_attr.h>

/*
 * Bytes of records that are read to the stack: enough for one of each that
 * is published, with room to grow. Longer lists are rare and go to the heap.
 */
#define IOCB_ATTR_STACK	192

/* What the records of one I/O are resolved against, and into. */
struct iocb_attr_target {
	struct iocb_attrs	*attrs;
	const struct kiocb	*iocb;
	bool			ioprio_given;
};

/*
 * To have I/O done in another process's name is to see its priority and to
 * spend its share of the device: ask for what process_madvise(2) asks, and
 * for what ioprio_set(2) does.
 */
static int may_proxy(struct task_struct *task)
{
	const struct cred *cred = current_cred();
	kuid_t uid;

	if (same_thread_group(task, current))
		return 0;
	if (!ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS))
		return -EPERM;

	uid = task_uid(task);
	if (!uid_eq(uid, cred->euid) && !uid_eq(uid, cred->uid) &&
	    !capable(CAP_SYS_NICE))
		return -EPERM;
	return 0;
}

int iocb_attr_resolve_proxy_pid(const struct iocb_attr *attr,
				struct iocb_attr_target *target)
{
	u64 nr = ((const struct iocb_attr_proxy_pid *)attr)->pid;
	struct task_struct *task;
	int ret;

	/* pid_t would cut it short and find somebody else */
	if (nr > INT_MAX)
		return -ESRCH;
	task = find_get_task_by_vpid(nr);
	if (!task)
		return -ESRCH;
	ret = may_proxy(task);
	put_task_struct(task);
	return ret;
}

int iocb_attr_resolve_proxy_pidfd(const struct iocb_attr *attr,
				  struct iocb_attr_target *target)
{
	int pidfd = ((const struct iocb_attr_proxy_pidfd *)attr)->pidfd;
	struct task_struct *task;
	unsigned int f_flags;
	int ret;

	/* PIDFD_SELF_* would do, but are no file descriptors */
	if (pidfd < 0)
		return -EBADF;
	task = pidfd_get_task(pidfd, &f_flags);
	if (IS_ERR(task))
		return PTR_ERR(task);
	ret = may_proxy(task);
	put_task_struct(task);
	return ret;
}

int iocb_attr_resolve_cgroup(const struct iocb_attr *attr,
			     struct iocb_attr_target *target)
{
#ifdef CONFIG_CGROUPS
	int fd = ((const struct iocb_attr_cgroup *)attr)->fd;
	struct cgroup *cgrp = cgroup_get_from_fd_for_io(fd);

	if (IS_ERR(cgrp))
		return PTR_ERR(cgrp);
	cgroup_put(cgrp);
	return 0;
#else
	/* no file is a cgroup then */
	return -EBADF;
#endif
}

int iocb_attr_resolve_ioprio(const struct iocb_attr *attr,
			     struct iocb_attr_target *target)
{
	u16 ioprio = ((const struct iocb_attr_ioprio *)attr)->ioprio;

	if (target->ioprio_given && target->iocb->ki_ioprio != ioprio)
		return -EINVAL;
	return ioprio_check_cap(ioprio);
}

int iocb_attr_resolve_cache(const struct iocb_attr *attr,
			    struct iocb_attr_target *target)
{
	target->attrs->cache.hints =
		((const struct iocb_attr_cache *)attr)->hints;
	return 0;
}

/* Only direct I/O hands attributes on: writeback does not know for whom. */
bool iocb_attr_consumed_cache(const struct iocb_attr_target *target)
{
	return (target->iocb->ki_flags & IOCB_DIRECT) &&
	       (target->iocb->ki_filp->f_mode & FMODE_CAN_ODIRECT);
}

static void blame(struct iocb_attr_refusal *bad, enum iocb_attr_reason reason,
		  u32 offset, u16 id)
{
	bad->reason = reason;
	bad->offset = offset;
	bad->id = id;
}

static int resolve_all(const void *body, const struct iocb_attr_records *found,
		       struct iocb_attr_target *target,
		       struct iocb_attr_refusal *bad)
{
	const struct iocb_attr_desc *desc;
	const struct iocb_attr *attr;
	unsigned long given = found->given;
	unsigned int id;
	u32 offset;
	int ret;

	for_each_set_bit(id, &given, IOCB_ATTR_NR) {
		desc = &iocb_attr_descs[id];
		attr = found->record[id];
		offset = sizeof(struct iocb_attr_list) +
			 ((const void *)attr - body);

		if (desc->resolve) {
			ret = INDIRECT_CALL_2(desc->resolve,
					      iocb_attr_resolve_cache,
					      iocb_attr_resolve_cgroup,
					      attr, target);
			if (ret) {
				blame(bad, IOCB_ATTR_BAD_TARGET, offset, id);
				return ret;
			}
		}
	}
	return 0;
}

/* Is there something that must not be dropped, and nothing below for it? */
static int check_consumers(const void *body,
			   const struct iocb_attr_records *found,
			   const struct iocb_attr_target *target,
			   struct iocb_attr_refusal *bad)
{
	const struct iocb_attr_desc *desc;
	unsigned long must = found->must;
	unsigned int id;

	if (found->unknown) {
		blame(bad, IOCB_ATTR_BAD_UNSUPPORTED, found->unknown,
		      found->unknown_id);
		return -EOPNOTSUPP;
	}

	for_each_set_bit(id, &must, IOCB_ATTR_NR) {
		desc = &iocb_attr_descs[id];
		if (desc->consumed && desc->consumed(target))
			continue;
		blame(bad, IOCB_ATTR_BAD_UNSUPPORTED,
		      sizeof(struct iocb_attr_list) +
		      ((const void *)found->record[id] - body), id);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int read_list(const void *body, u32 len, struct iocb_attr_target *target,
		     struct iocb_attr_refusal *bad)
{
	struct iocb_attr_records found __uninitialized;
	int ret;

	ret = iocb_attr_parse(body, len, &found, bad);
	if (ret)
		return ret;
	target->attrs->given = found.given;
	ret = resolve_all(body, &found, target, bad);
	if (ret)
		return ret;
	return check_consumers(body, &found, target, bad);
}

static int copy_header(struct iocb_attr_list *list,
		       const struct iocb_attr_list __user *ulist)
{
	scoped_user_read_access(ulist, efault) {
		unsafe_get_user(list->size, &ulist->size, efault);
		unsafe_get_user(list->flags, &ulist->flags, efault);
	}
	return 0;
efault:
	return -EFAULT;
}

/* A few words: copy_from_user() takes longer to begin and to end than these. */
static int copy_words(u64 *to, const u64 __user *from, u32 len)
{
	u32 i;

	scoped_user_read_access_size(from, len, efault) {
		for (i = 0; i < len / sizeof(*to); i++)
			unsafe_get_user(to[i], &from[i], efault);
	}
	return 0;
efault:
	return -EFAULT;
}

static noinline int read_long_list(const void __user *ubody, u32 len,
				   struct iocb_attr_target *target,
				   struct iocb_attr_refusal *bad)
{
	void *body = kmalloc(len, GFP_KERNEL);
	int ret = -EFAULT;

	if (!body) {
		bad->reason = IOCB_ATTR_BAD_MEMORY;
		return -ENOMEM;
	}
	if (!copy_from_user(body, ubody, len))
		ret = read_list(body, len, target, bad);
	kfree(body);
	return ret;
}

static int copy_list(u64 ulist, struct iocb_attr_list *list,
		     struct iocb_attr_target *target,
		     struct iocb_attr_refusal *bad)
{
	u64 body[IOCB_ATTR_STACK / sizeof(u64)] __uninitialized;
	void __user *ubody;
	u32 len;
	int ret;

	might_fault();
	bad->reason = IOCB_ATTR_BAD_POINTER;
	if (!ulist || ulist != (unsigned long)ulist)
		return -EFAULT;
	if (copy_header(list, u64_to_user_ptr(ulist)))
		return -EFAULT;
	ret = iocb_attr_check_header(list, bad);
	if (ret)
		return ret;

	ubody = u64_to_user_ptr(ulist + sizeof(*list));
	len = list->size - sizeof(*list);
	if (len > sizeof(body))
		return read_long_list(ubody, len, target, bad);
	if (copy_words(body, ubody, len))
		return -EFAULT;
	return read_list(body, len, target, bad);
}

/**
 * iocb_attrs_import - read an I/O's attribute list from user memory
 * @attrs: Filled in; has to live until @iocb is completed.
 * @iocb: The I/O; ki_filp, ki_pos, ki_flags and ki_ioprio are set.
 * @ulist: User address of a struct iocb_attr_list.
 * @ioprio_given: ki_ioprio was asked for by the caller for this I/O, and an
 *	ioprio record has to agree with it.
 *
 * On success @iocb has IOCB_HAS_ATTRS and ki_attrs, and the next thing has to
 * be its start: from there on every path leads to ki_complete().
 *
 * Context: Process context of the submitter, whose memory, credentials and
 *	namespaces count. May sleep; takes cgroup_mutex if the list names a
 *	cgroup.
 * Return: 0 or a negative errno, as Documentation/userspace-api/iocb_attr.rst
 *	lists them.
 */
noinline int iocb_attrs_import(struct iocb_attrs *attrs, struct kiocb *iocb,
			       u64 ulist, bool ioprio_given)
{
	struct iocb_attr_target target = {
		.attrs		= attrs,
		.iocb		= iocb,
		.ioprio_given	= ioprio_given,
	};
	struct iocb_attr_refusal bad = { };
	struct iocb_attr_list list;
	int ret;

	ret = copy_list(ulist, &list, &target, &bad);
	if (unlikely(ret)) {
		trace_iocb_attr_refused(ret, bad.reason, bad.offset, bad.id);
		return ret;
	}

	attrs->flags = list.flags;
	atomic_set(&attrs->honoured, 0);
	iocb->ki_attrs = attrs;
	iocb->ki_flags |= IOCB_HAS_ATTRS;
	trace_iocb_attr_accepted(iocb, list.size, list.flags, attrs->given);
	return 0;
}

/* What iocb_attr_honoured() and bio_attr_honoured() expand to. */
void __iocb_attr_honoured(struct iocb_attrs *attrs, unsigned int id,
			  dev_t dev, const char *layer)
{
	/* one I/O may have many bios, on many CPUs */
	if (!(atomic_read(&attrs->honoured) & BIT(id)))
		atomic_or(BIT(id), &attrs->honoured);
	trace_iocb_attr_honoured(id, dev, layer);
}
EXPORT_SYMBOL_GPL(__iocb_attr_honoured);
