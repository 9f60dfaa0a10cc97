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
#include <linux/fault-inject-usercopy.h>
#include <linux/fs.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/iocb_attr.h>
#include <linux/iocontext.h>
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
	struct kiocb		*iocb;
	struct iocb_attr_grants	*grants;
	bool			ioprio_given;
};

static void release(struct iocb_attrs *attrs)
{
	if (attrs->css)
		css_put(attrs->css);
	if (attrs->ioc)
		put_io_context_active(attrs->ioc);
}

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
	return security_task_getioprio(task);
}

/*
 * What an I/O takes over from the process that it is for: its cgroup, its
 * priority, and its io_context, in which a scheduler finds its queues. A cgroup
 * or a priority that the list or the iocb has itself comes before; the queues
 * of the process are then not those to use, for it would be moved to where the
 * I/O goes. The task itself is not held.
 */
static int proxy(struct task_struct *task, struct iocb_attr_target *target)
{
	struct iocb_attrs *attrs = target->attrs;
	int ret, ioprio;

	ret = may_proxy(task);
	if (ret)
		return ret;

	if (!target->ioprio_given &&
	    !iocb_attr_given(attrs, IOCB_ATTR_ioprio)) {
		task_lock(task);
		ioprio = __get_task_ioprio(task);
		task_unlock(task);
		/* it may have been given what the caller is not to have */
		ret = ioprio_check_cap(ioprio);
		if (ret)
			return ret;
		target->iocb->ki_ioprio = ioprio;
		if (!iocb_attr_given(attrs, IOCB_ATTR_cgroup))
			attrs->ioc = get_task_io_context_active(task);
	}
#ifdef CONFIG_BLK_CGROUP
	if (!iocb_attr_given(attrs, IOCB_ATTR_cgroup))
		attrs->css = task_get_css(task, io_cgrp_id);
#endif
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
	ret = proxy(task, target);
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
	ret = proxy(task, target);
	put_task_struct(task);
	return ret;
}

int iocb_attr_resolve_cgroup(const struct iocb_attr *attr,
			     struct iocb_attr_target *target)
{
#ifdef CONFIG_CGROUPS
	int fd = ((const struct iocb_attr_cgroup *)attr)->fd;
	struct cgroup *cgrp = cgroup_get_from_fd(fd);
	u64 from;

	if (cgrp == ERR_PTR(-ENOENT))
		return -ENODEV;
	if (IS_ERR(cgrp))
		return PTR_ERR(cgrp);
	if (!iocb_attr_granted(target->grants, cgrp)) {
		cgroup_put(cgrp);
		/* the file may be another one now: go by what is asked about */
		cgrp = cgroup_get_from_fd_for_io(fd, &from);
		if (IS_ERR(cgrp))
			return PTR_ERR(cgrp);
		iocb_attr_grant(target->grants, cgrp, from);
	}
#ifdef CONFIG_BLK_CGROUP
	target->attrs->css = cgroup_get_e_css(cgrp, &io_cgrp_subsys);
#endif
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
	int ret;

	if (target->ioprio_given && target->iocb->ki_ioprio != ioprio)
		return -EINVAL;
	ret = ioprio_check_cap(ioprio);
	if (!ret)
		target->iocb->ki_ioprio = ioprio;
	return ret;
}

/* Only direct I/O hands attributes on: writeback does not know for whom. */
bool iocb_attr_consumed_direct(const struct iocb_attr_target *target)
{
	return (target->iocb->ki_flags & IOCB_DIRECT) &&
	       (target->iocb->ki_filp->f_mode & FMODE_CAN_ODIRECT);
}

/* Somebody to charge takes the io controller as well. */
bool iocb_attr_consumed_charge(const struct iocb_attr_target *target)
{
	return IS_ENABLED(CONFIG_BLK_CGROUP) &&
	       iocb_attr_consumed_direct(target);
}

/* Nothing below for it, or no right to it: blame the record with this id. */
static int blame(struct iocb_attr_records *found, const void *body,
		 enum iocb_attr_reason reason, u16 id, int error)
{
	found->bad.reason = reason;
	found->bad.offset = sizeof(struct iocb_attr_list) +
			    ((const void *)found->record[id] - body);
	found->bad.id = id;
	return error;
}

/*
 * What takes more than the bytes of a list: look up whom and what it names,
 * and whether there is something below for what must not be dropped.
 */
static noinline int resolve(struct iocb_attr_records *found, const void *body,
			    struct iocb_attr_target *target)
{
	unsigned long todo = found->resolve;
	const struct iocb_attr_desc *desc;
	unsigned int id;
	int ret;

	for_each_set_bit(id, &todo, IOCB_ATTR_NR) {
		desc = &iocb_attr_descs[id];
		ret = INDIRECT_CALL_1(desc->resolve, iocb_attr_resolve_cgroup,
				      found->record[id], target);
		if (ret)
			return blame(found, body, IOCB_ATTR_BAD_TARGET, id,
				     ret);
	}

	if (found->unknown) {
		found->bad.reason = IOCB_ATTR_BAD_UNSUPPORTED;
		found->bad.offset = found->unknown;
		found->bad.id = found->unknown_id;
		return -EOPNOTSUPP;
	}

	todo = found->must;
	for_each_set_bit(id, &todo, IOCB_ATTR_NR) {
		desc = &iocb_attr_descs[id];
		if (!desc->consumed || !desc->consumed(target))
			return blame(found, body, IOCB_ATTR_BAD_UNSUPPORTED,
				     id, -EOPNOTSUPP);
	}
	return 0;
}

static __always_inline int read_list(const void *body, u32 len,
				     struct iocb_attr_target *target,
				     struct iocb_attr_records *found)
{
	int ret = iocb_attr_parse(body, len, target->attrs, found);

	if (!ret && (found->resolve | found->must | found->unknown))
		ret = resolve(found, body, target);
	return ret;
}

static noinline int read_long_list(const void __user *ubody, u32 len,
				   struct iocb_attr_target *target,
				   struct iocb_attr_records *found)
{
	void *body = kmalloc(len, GFP_KERNEL);
	int ret = -EFAULT;

	if (!body) {
		found->bad.reason = IOCB_ATTR_BAD_MEMORY;
		return -ENOMEM;
	}
	if (!copy_from_user(body, ubody, len))
		ret = read_list(body, len, target, found);
	kfree(body);
	return ret;
}

/*
 * Each word of a list is read once. copy_from_user() takes longer to begin and
 * to end than the few words of a usual list; like it, this can be made to fail.
 */
static __always_inline int copy_words(u64 *to, const u64 __user *from, u32 len)
{
	u32 i;

	if (should_fail_usercopy())
		return -EFAULT;
	scoped_user_read_access_size(from, len, efault) {
		for (i = 0; i < len / sizeof(*to); i++)
			unsafe_get_user(to[i], &from[i], efault);
	}
	return 0;
efault:
	return -EFAULT;
}

/* A list's header, as the word that it is read as. */
union iocb_attr_head {
	struct iocb_attr_list	list;
	u64			word;
};

static __always_inline int copy_list(u64 ulist, union iocb_attr_head *head,
				     struct iocb_attr_target *target,
				     struct iocb_attr_records *found)
{
	u64 body[IOCB_ATTR_STACK / sizeof(u64)] __uninitialized;
	u64 __user *from = u64_to_user_ptr(ulist);
	u32 len;
	int ret;

	might_fault();
	found->bad = (struct iocb_attr_refusal){
		.reason	= IOCB_ATTR_BAD_POINTER,
	};
	if (!ulist || ulist != (unsigned long)ulist)
		return -EFAULT;
	if (copy_words(&head->word, from, sizeof(head->word)))
		return -EFAULT;
	ret = iocb_attr_check_header(&head->list, &found->bad);
	if (unlikely(ret))
		return ret;

	from++;
	len = head->list.size - sizeof(head->list);
	if (unlikely(len > sizeof(body)))
		return read_long_list(from, len, target, found);
	if (copy_words(body, from, len))
		return -EFAULT;
	return read_list(body, len, target, found);
}

/**
 * iocb_attrs_import - read an I/O's attribute list from user memory
 * @attrs: Filled in; has to live until @iocb is completed.
 * @iocb: The I/O; ki_filp, ki_pos, ki_flags and ki_ioprio are set.
 * @ulist: User address of a struct iocb_attr_list.
 * @ioprio_given: ki_ioprio was asked for by the caller for this I/O, and an
 *	ioprio record has to agree with it.
 * @grants: Of the context that the I/O is submitted to.
 *
 * On success @iocb has IOCB_HAS_ATTRS, ki_attrs, and in ki_ioprio the priority
 * that was named. The next thing has to be its start: from there on every path
 * leads to ki_complete(), which calls iocb_attrs_end().
 *
 * Context: Process context of the submitter, whose memory, credentials and
 *	namespaces count. May sleep; takes cgroup_mutex if the list names a
 *	cgroup that @grants does not know.
 * Return: 0 or a negative errno, as Documentation/userspace-api/iocb_attr.rst
 *	lists them.
 */
noinline int iocb_attrs_import(struct iocb_attrs *attrs, struct kiocb *iocb,
			       u64 ulist, bool ioprio_given,
			       struct iocb_attr_grants *grants)
{
	struct iocb_attr_target target = {
		.attrs		= attrs,
		.iocb		= iocb,
		.grants		= grants,
		.ioprio_given	= ioprio_given,
	};
	struct iocb_attr_records found __uninitialized;
	union iocb_attr_head head;
	int ret;

	attrs->css = NULL;
	attrs->ioc = NULL;
	ret = copy_list(ulist, &head, &target, &found);
	if (unlikely(ret)) {
		release(attrs);
		trace_iocb_attr_refused(ret, found.bad.reason,
					found.bad.offset, found.bad.id);
		return ret;
	}

	attrs->flags = head.list.flags;
	atomic_set(&attrs->honoured, 0);
	iocb->ki_attrs = attrs;
	iocb->ki_flags |= IOCB_HAS_ATTRS;
	trace_iocb_attr_accepted(iocb, head.list.size, attrs->flags,
				 attrs->given);
	return 0;
}

/* The rest of iocb_attrs_end(). */
u32 __iocb_attrs_end(struct iocb_attrs *attrs)
{
	release(attrs);
	if (!(attrs->flags & IOCB_ATTR_LIST_REPORT))
		return 0;
	return atomic_read(&attrs->honoured);
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
