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
#include <linux/iocb_attr_grant.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "iocb_attr.h"

#define CREATE_TRACE_POINTS
#include <trace/events/iocb_attr.h>

/*
 * Bytes of a list that is read to the stack: enough for one record of each that
 * is published, with room to grow. Longer lists are rare and go to the heap.
 */
#define IOCB_ATTR_STACK	200

/* What the attributes hold of whom and what they name; often nothing. */
void __iocb_attrs_release(struct iocb_attrs *attrs)
{
	if (attrs->css)
		css_put(attrs->css);
	if (attrs->ioc)
		put_io_context_active(attrs->ioc);
}

/* All but real time are for everybody: what is left is whether it is one. */
static int check_ioprio(int ioprio)
{
	int class = IOPRIO_PRIO_CLASS(ioprio);

	if (likely(class == IOPRIO_CLASS_BE || class == IOPRIO_CLASS_IDLE))
		return 0;
	return ioprio_check_cap(ioprio);
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
		attrs->ioc = get_task_io_context_active(task, &ioprio);
		/* it may have been given what the caller is not to have */
		ret = check_ioprio(ioprio);
		if (ret)
			return ret;
		target->iocb->ki_ioprio = ioprio;
		if (iocb_attr_given(attrs, IOCB_ATTR_cgroup) && attrs->ioc) {
			put_io_context_active(attrs->ioc);
			attrs->ioc = NULL;
		}
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

#ifndef CONFIG_CGROUPS
int iocb_attr_resolve_cgroup(const struct iocb_attr *attr,
			     struct iocb_attr_target *target)
{
	/* no file is a cgroup then */
	return -EBADF;
}
#endif

int iocb_attr_resolve_ioprio(const struct iocb_attr *attr,
			     struct iocb_attr_target *target)
{
	u16 ioprio = ((const struct iocb_attr_ioprio *)attr)->ioprio;
	int ret;

	if (target->ioprio_given && target->iocb->ki_ioprio != ioprio)
		return -EINVAL;
	ret = check_ioprio(ioprio);
	if (!ret)
		target->iocb->ki_ioprio = ioprio;
	return ret;
}

/*
 * The pages are pinned where the bios are made, which is also where it shows
 * whether the buffer is long enough for the device's format.
 */
int iocb_attr_resolve_pi(const struct iocb_attr *attr,
			 struct iocb_attr_target *target)
{
	const struct iocb_attr_pi *pi = (const struct iocb_attr_pi *)attr;
	struct uio_meta *meta = target->meta;
	struct kiocb *iocb = target->iocb;
	int ret;

	if (pi->addr != (unsigned long)pi->addr)
		return -EFAULT;
	ret = import_ubuf(iocb->ki_flags & IOCB_WRITE ? ITER_SOURCE : ITER_DEST,
			  u64_to_user_ptr(pi->addr), pi->len, &meta->iter);
	if (ret)
		return ret;
	meta->flags = pi->flags;
	meta->app_tag = pi->app_tag;
	meta->seed = pi->seed;
	iocb->private = meta;
	iocb->ki_flags |= IOCB_HAS_METADATA;
	return 0;
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

/* Only a block device whose format has room for it, opened as itself. */
bool iocb_attr_consumed_pi(const struct iocb_attr_target *target)
{
	return (target->iocb->ki_filp->f_mode & FMODE_HAS_METADATA) &&
	       iocb_attr_consumed_direct(target);
}

/* The one way in which a list is refused. */
static noinline int refuse(struct iocb_attr_target *target, int error,
			   enum iocb_attr_reason reason, u32 offset, u16 id)
{
	__iocb_attrs_release(target->attrs);
	trace_iocb_attr_refused(error, reason, offset, id);
	return error;
}

/*
 * What takes more than the bytes of a record: look up whom and what it names.
 * The usual one is called directly.
 */
static __always_inline int resolve(const struct iocb_attr *attr,
				   const struct iocb_attr_desc *desc,
				   struct iocb_attr_target *target)
{
	if (!desc->resolve)
		return 0;
	return INDIRECT_CALL_1(desc->resolve, iocb_attr_resolve_cgroup, attr,
			       target);
}

/* Is there nothing below for what must not be dropped, as far as is known? */
static __always_inline bool dropped(const struct iocb_attr_desc *desc,
				    unsigned int id,
				    const struct iocb_attr_target *target)
{
	if (unlikely(!target->iocb->ki_filp)) {
		target->attrs->must |= BIT(id);
		return false;
	}
	return !desc->consumed || !desc->consumed(target);
}

/* The first attribute that must not be dropped and would be, or IOCB_ATTR_NR. */
static unsigned int find_dropped(unsigned long must,
				 const struct iocb_attr_target *target)
{
	unsigned int id;

	for_each_set_bit(id, &must, IOCB_ATTR_NR) {
		if (dropped(&iocb_attr_descs[id], id, target))
			return id;
	}
	return IOCB_ATTR_NR;
}

/* A list as it was copied: its header, and the records that @body points to. */
static int import_records(const struct iocb_attr_list *list, const void *body,
			  struct iocb_attr_target *target)
{
	struct iocb_attr_records found __uninitialized;
	const struct iocb_attr *attr;
	enum iocb_attr_reason reason;
	unsigned long todo;
	unsigned int id;
	int ret;

	ret = iocb_attr_parse(body, list->size - sizeof(*list), target->attrs,
			      &found);
	if (ret)
		return refuse(target, ret, found.bad.reason, found.bad.offset,
			      found.bad.id);

	todo = found.resolve;
	for_each_set_bit(id, &todo, IOCB_ATTR_NR) {
		attr = found.record[id];
		ret = resolve(attr, &iocb_attr_descs[id], target);
		if (ret) {
			reason = IOCB_ATTR_BAD_TARGET;
			goto refused;
		}
	}

	if (found.unknown)
		return refuse(target, -EOPNOTSUPP, IOCB_ATTR_BAD_UNSUPPORTED,
			      found.unknown, found.unknown_id);

	id = find_dropped(found.must, target);
	if (id == IOCB_ATTR_NR)
		return 0;
	attr = found.record[id];
	ret = -EOPNOTSUPP;
	reason = IOCB_ATTR_BAD_UNSUPPORTED;
refused:
	return refuse(target, ret, reason,
		      sizeof(*list) + ((const void *)attr - body), id);
}

static int import_long_list(const struct iocb_attr_list *list, u64 ulist,
			    struct iocb_attr_target *target)
{
	const void __user *from = u64_to_user_ptr(ulist + sizeof(*list));
	size_t len = list->size - sizeof(*list);
	void *body = kmalloc(len, GFP_KERNEL);
	int ret;

	if (!body)
		return refuse(target, -ENOMEM, IOCB_ATTR_BAD_MEMORY, 0, 0);
	if (!copy_from_user(body, from, len))
		ret = import_records(list, body, target);
	else
		ret = refuse(target, -EFAULT, IOCB_ATTR_BAD_POINTER, 0, 0);
	kfree(body);
	return ret;
}

/* Is this the header of a list that may be @room bytes long? */
static int check_header(const struct iocb_attr_list *list, size_t room,
			struct iocb_attr_target *target)
{
	struct iocb_attr_refusal bad = {};
	int ret = iocb_attr_check_header(list, &bad);

	if (!ret && list->size > room)
		ret = iocb_attr_refuse(&bad, -E2BIG, IOCB_ATTR_BAD_LIST_SIZE);
	if (unlikely(ret))
		return refuse(target, ret, bad.reason, bad.offset, bad.id);
	return 0;
}

/* All lists but those of one record that has nothing wrong. */
static noinline int import_list(const u64 *words, u64 ulist,
				struct iocb_attr_target *target)
{
	const struct iocb_attr_list *list = (const void *)words;
	int ret = check_header(list, IOCB_ATTR_LIST_SIZE_MAX, target);

	if (ret)
		return ret;
	if (unlikely(list->size > IOCB_ATTR_STACK))
		return import_long_list(list, ulist, target);
	return import_records(list, list + 1, target);
}

/* What is left to do for one that iocb_attr_parse_one() has found good. */
static __always_inline int import_one(const struct iocb_attr *attr,
				      const struct iocb_attr_desc *desc,
				      struct iocb_attr_target *target)
{
	int ret = resolve(attr, desc, target);

	if (unlikely(ret))
		return refuse(target, ret, IOCB_ATTR_BAD_TARGET,
			      sizeof(struct iocb_attr_list), attr->id);
	if ((attr->flags || desc->integrity) &&
	    dropped(desc, attr->id, target))
		return refuse(target, -EOPNOTSUPP, IOCB_ATTR_BAD_UNSUPPORTED,
			      sizeof(struct iocb_attr_list), attr->id);
	return 0;
}

/* The I/O has nothing yet, of which a list that is refused would be let go. */
static __always_inline void begin(struct iocb_attrs *attrs)
{
	attrs->cache.hints = 0;
	attrs->must = 0;
	attrs->css = NULL;
	attrs->ioc = NULL;
}

/* The list is a good one: it is the I/O's. */
static __always_inline void accept(const struct iocb_attr_list *list,
				   struct iocb_attrs *attrs, struct kiocb *iocb)
{
	attrs->flags = list->flags;
	atomic_set(&attrs->honoured, 0);
	iocb->ki_attrs = attrs;
	iocb->ki_flags |= IOCB_HAS_ATTRS;
	trace_iocb_attr_accepted(iocb, list->size, attrs->flags, attrs->given);
}

/*
 * Copy a list, but no more than the header of one that is to be refused for it,
 * or that the stack is too small for, and return how long the records are that
 * were copied. Each word is read once: the header decides how far, and is not
 * looked at in user memory again. copy_from_user() takes longer to begin and to
 * end than the few words of a usual list; like it, this can be made to fail.
 */
static __always_inline int copy_list(u64 *words, u64 ulist)
{
	const u64 __user *from = u64_to_user_ptr(ulist);
	const struct iocb_attr_list *list = (const void *)words;
	u32 size, i;

	might_fault();
	if (!ulist || ulist != (unsigned long)ulist || should_fail_usercopy())
		return -EFAULT;
	scoped_user_read_access_size(from, sizeof(*from), efault) {
		unsafe_get_user(words[0], from, efault);
		size = list->size;
		if (unlikely(size > IOCB_ATTR_STACK ||
			     list->flags & ~IOCB_ATTR_LIST_REPORT))
			return 0;
		/* where a mask keeps user memory's end away, it does for all */
		if (!can_do_masked_user_access() && !access_ok(from, size))
			goto efault;
		if (likely(size == IOCB_ATTR_ONE)) {
			unsafe_get_user(words[1], from + 1, efault);
			unsafe_get_user(words[2], from + 2, efault);
		} else {
			for (i = 1; i < size / sizeof(u64); i++)
				unsafe_get_user(words[i], from + i, efault);
			if (size < 2 * sizeof(u64) || size % sizeof(u64))
				return 0;
		}
	}
	return size - sizeof(*list);
efault:
	return -EFAULT;
}

/**
 * iocb_attrs_import - read an I/O's attribute list from user memory
 * @attrs: Filled in; has to live until @iocb is completed.
 * @iocb: The I/O; ki_filp, ki_pos, ki_flags, IOCB_WRITE among them, and
 *	ki_ioprio are set. ki_filp is NULL if the file is still to be found:
 *	iocb_attrs_check_file() is for when it is there.
 * @ulist: User address of a struct iocb_attr_list.
 * @ioprio_given: ki_ioprio was asked for by the caller for this I/O, and an
 *	ioprio record has to agree with it.
 * @grants: Of the context that the I/O is submitted to.
 * @meta: Room for what a pi record says. The start of the I/O uses it up, and
 *	nothing looks at it after that. To start it again is for the caller, who
 *	has to keep @meta as it is now.
 *
 * On success @iocb has IOCB_HAS_ATTRS, ki_attrs, in ki_ioprio the priority that
 * was named, and with a pi record IOCB_HAS_METADATA and @meta as private. The
 * next thing is best its start: from there on every path leads to
 * ki_complete(), which calls iocb_attrs_end(). Whoever does something else
 * before, or starts an I/O more than once, has to see to it that this is called
 * once in any case.
 *
 * Context: Process context of the submitter, whose memory, credentials and
 *	namespaces count. May sleep; takes cgroup_mutex if the list names a
 *	cgroup that @grants does not know.
 * Return: 0 or a negative errno, as Documentation/userspace-api/iocb_attr.rst
 *	lists them.
 */
noinline int iocb_attrs_import(struct iocb_attrs *attrs, struct kiocb *iocb,
			       u64 ulist, bool ioprio_given,
			       struct iocb_attr_grants *grants,
			       struct uio_meta *meta)
{
	u64 words[IOCB_ATTR_STACK / sizeof(u64)] __uninitialized;
	const struct iocb_attr_list *list = (const void *)words;
	struct iocb_attr_target target __uninitialized;
	const struct iocb_attr_desc *desc;
	const struct iocb_attr *attr;
	int ret;

	target.attrs = attrs;
	target.iocb = iocb;
	target.grants = grants;
	target.meta = meta;
	target.ioprio_given = ioprio_given;
	begin(attrs);
	ret = copy_list(words, ulist);
	if (unlikely(ret < 0))
		return refuse(&target, ret, IOCB_ATTR_BAD_POINTER, 0, 0);

	attr = (const void *)(list + 1);
	if (likely(iocb_attr_parse_one(attr, ret, attrs, &desc)))
		ret = import_one(attr, desc, &target);
	else
		ret = import_list(words, ulist, &target);
	if (unlikely(ret))
		return ret;
	accept(list, attrs, iocb);
	return 0;
}

/**
 * iocb_attrs_import_words - take an I/O's attribute list from kernel memory
 * @attrs: As for iocb_attrs_import().
 * @iocb: Likewise.
 * @words: A copy of what came from userspace, which nobody changes: a struct
 *	iocb_attr_list, if it is right.
 * @nr: How many words of it there are; the list may end before.
 * @ioprio_given: As for iocb_attrs_import().
 * @grants: Likewise.
 * @meta: Likewise.
 *
 * Context: As iocb_attrs_import().
 * Return: As iocb_attrs_import(), and -E2BIG if the list does not end there.
 */
int iocb_attrs_import_words(struct iocb_attrs *attrs, struct kiocb *iocb,
			    const u64 *words, unsigned int nr,
			    bool ioprio_given, struct iocb_attr_grants *grants,
			    struct uio_meta *meta)
{
	const struct iocb_attr_list *list = (const void *)words;
	struct iocb_attr_target target = {
		.attrs		= attrs,
		.iocb		= iocb,
		.grants		= grants,
		.meta		= meta,
		.ioprio_given	= ioprio_given,
	};
	int ret;

	begin(attrs);
	ret = check_header(list, nr * sizeof(*words), &target);
	if (!ret)
		ret = import_records(list, list + 1, &target);
	if (unlikely(ret))
		return ret;
	accept(list, attrs, iocb);
	return 0;
}

/**
 * iocb_attrs_check_file - ask whether attributes can be honoured on a file
 * @iocb: An I/O with IOCB_HAS_ATTRS, whose list was read when it had no file;
 *	ki_filp and ki_flags are set.
 *
 * Context: Any.
 * Return: 0, or -EOPNOTSUPP if an attribute that must not be dropped would be.
 */
int iocb_attrs_check_file(struct kiocb *iocb)
{
	const struct iocb_attr_target target = {
		.attrs	= iocb->ki_attrs,
		.iocb	= iocb,
	};
	unsigned int id = find_dropped(iocb->ki_attrs->must, &target);

	if (id == IOCB_ATTR_NR)
		return 0;
	trace_iocb_attr_refused(-EOPNOTSUPP, IOCB_ATTR_BAD_UNSUPPORTED, 0, id);
	return -EOPNOTSUPP;
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
