// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: import a list from user memory into struct iocb_attrs.
 *
 * A list is copied once, validated (iocb_attr_parse.c) and resolved: pids and
 * file descriptors are looked up, and the caller's permission to use them is
 * checked. User memory is not read again after validation, and the copy is
 * discarded before the I/O starts.
 *
 * Proposed as "Extensible AIO interface" in 2012:
 * http://lkml.iu.edu/hypermail/linux/kernel/1210.0/00651.html
 */
#include <linux/blk-integrity.h>
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
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "internal.h"
#include "iocb_attr.h"

#define CREATE_TRACE_POINTS
#include <trace/events/iocb_attr.h>

/*
 * Size in bytes of the copy of the records on the stack. It has room for one
 * record of each published kind, and for these to grow. Longer lists are rare
 * and use the heap.
 */
#define IOCB_ATTR_STACK	256

/* In iocb_attrs.flags: the caller requested a priority outside the list. */
#define IOPRIO_GIVEN	BIT(14)

/* Drop the references that the attributes hold, if any. */
void __iocb_attrs_release(struct iocb_attrs *attrs)
{
	if (attrs->css)
		css_put(attrs->css);
	if (attrs->ioc)
		put_io_context_active(attrs->ioc);
}

/**
 * iocb_attr_charges_cgroups - check whether I/O can be charged to a v2 cgroup
 *
 * While the blkio controller of cgroup v1 is in use, v2 cgroups have no I/O
 * limits, and I/O is charged to the v1 cgroup of the submitter.
 *
 * Context: Any context.
 * Return: true if the io controller is present and on the default hierarchy.
 */
bool iocb_attr_charges_cgroups(void)
{
#ifdef CONFIG_BLK_CGROUP
	return cgroup_subsys_on_dfl(io_cgrp_subsys);
#else
	return false;
#endif
}

/*
 * True if the current thread's I/O already has the real-time class, at this
 * level or a higher one. I/O of a thread with a real-time scheduling policy has
 * that class by default.
 */
static bool has_ioprio(int ioprio)
{
	int own = get_current_ioprio();

	return IOPRIO_PRIO_CLASS(ioprio) == IOPRIO_CLASS_RT &&
	       IOPRIO_PRIO_CLASS(own) == IOPRIO_CLASS_RT &&
	       IOPRIO_PRIO_LEVEL(ioprio) >= IOPRIO_PRIO_LEVEL(own);
}

/* Anyone may use best-effort and idle; ioprio_check_cap() checks the rest. */
static int check_ioprio(int ioprio)
{
	int class = IOPRIO_PRIO_CLASS(ioprio);

	if (likely(class == IOPRIO_CLASS_BE || class == IOPRIO_CLASS_IDLE))
		return 0;
	return has_ioprio(ioprio) ? 0 : ioprio_check_cap(ioprio);
}

/*
 * I/O on behalf of another process exposes the priority of that process and
 * uses its queue in the scheduler. Require the permissions of
 * process_madvise(2) and those of ioprio_set(2).
 */
static int may_proxy(struct task_struct *task)
{
	const struct cred *cred = current_cred();
	kuid_t uid;

	if (!ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS))
		return -EPERM;

	uid = task_uid(task);
	if (!uid_eq(uid, cred->euid) && !uid_eq(uid, cred->uid) &&
	    !capable(CAP_SYS_NICE))
		return -EPERM;
	/* the priority of the task does not change */
	return security_task_setioprio(task, IOPRIO_DEFAULT);
}

#ifdef CONFIG_BLK_CGROUP
/*
 * Charge the I/O to the io css of @task, without taking a lock. Unless @own is
 * set, the css must be the caller's or a descendant of it, or the caller needs
 * CAP_SYS_ADMIN: otherwise the caller could bypass its own limits and use up
 * those of another cgroup. A shared uid is no permission for that.
 *
 * A threaded cgroup shares the io css of its domain cgroup, whose cgroup.procs
 * lists the process.
 */
static int charge_as(struct task_struct *task, struct iocb_attrs *attrs,
		     bool own)
{
	struct cgroup_subsys_state *css;
	struct css_set *cset;
	bool below;

	/* cgroup v1 has the controller: I/O stays charged to the submitter */
	if (!cgroup_subsys_on_dfl(io_cgrp_subsys))
		return 0;

	scoped_guard(rcu) {
		/* like task_get_css(), but cset is used below as well */
		for (;;) {
			cset = task_css_set(task);
			css = cset->subsys[io_cgrp_id];
			if (likely(css_tryget(css)))
				break;
			cpu_relax();
		}
		if (css->cgroup == cset->dfl_cgrp->dom_cgrp)
			attrs->flags |= IOCB_ATTRS_CSS_IS_NAMED;
		below = own ||
			cgroup_is_descendant(css->cgroup,
					     task_css(current, io_cgrp_id)->cgroup);
	}
	/* __iocb_attrs_release() drops it, also if the list is rejected */
	attrs->css = css;
	return below || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}
#else
static int charge_as(struct task_struct *task, struct iocb_attrs *attrs,
		     bool own)
{
	return 0;
}
#endif

/*
 * Take the cgroup, the priority and the io_context for the I/O from @task. The
 * scheduler finds the queues of @task through its io_context.
 *
 * A cgroup or a priority in the list, or a priority in the iocb, comes first.
 * The io_context is not used then: the scheduler would move the queues of @task
 * to the cgroup or the priority of the I/O. No reference to @task is kept.
 */
static int proxy(struct task_struct *task, struct iocb_attrs *attrs,
		 struct kiocb *iocb)
{
	bool own = same_thread_group(task, current);
	int ret, ioprio;

	if (!own) {
		ret = may_proxy(task);
		if (ret)
			return ret;
	}
	if (!iocb_attr_given(attrs, IOCB_ATTR_cgroup)) {
		ret = charge_as(task, attrs, own);
		if (ret)
			return ret;
	}

	if (attrs->flags & IOPRIO_GIVEN ||
	    iocb_attr_given(attrs, IOCB_ATTR_ioprio))
		return 0;
	attrs->ioc = get_task_io_context_active(task, &ioprio);
	/* the caller may not be permitted to use the class of the task */
	ret = check_ioprio(ioprio);
	if (ret)
		return ret;
	iocb->ki_ioprio = ioprio;
	/* the I/O will be charged to another cgroup than that of the task */
	if (IS_ENABLED(CONFIG_BLK_CGROUP) && !attrs->css && attrs->ioc) {
		put_io_context_active(attrs->ioc);
		attrs->ioc = NULL;
	}
	return 0;
}

int iocb_attr_resolve_proxy_pid(union iocb_attr_value value,
				struct iocb_attrs *attrs, struct kiocb *iocb,
				struct iocb_attr_grants *grants)
{
	struct task_struct *task;
	int ret;

	/* a pid truncated to pid_t would name another process */
	if (value.pid > INT_MAX)
		return -ESRCH;
	task = find_get_task_by_vpid(value.pid);
	if (!task)
		return -ESRCH;
	ret = proxy(task, attrs, iocb);
	put_task_struct(task);
	return ret;
}

int iocb_attr_resolve_proxy_pidfd(union iocb_attr_value value,
				  struct iocb_attrs *attrs, struct kiocb *iocb,
				  struct iocb_attr_grants *grants)
{
	struct task_struct *task;
	unsigned int f_flags;
	int ret;

	task = pidfd_get_task(value.pidfd, &f_flags);
	if (IS_ERR(task))
		return PTR_ERR(task);
	ret = proxy(task, attrs, iocb);
	put_task_struct(task);
	return ret;
}

#ifndef CONFIG_CGROUPS
int iocb_attr_resolve_cgroup(union iocb_attr_value value,
			     struct iocb_attrs *attrs, struct kiocb *iocb,
			     struct iocb_attr_grants *grants)
{
	/* no file can be a cgroup without CONFIG_CGROUPS */
	return -EBADF;
}
#endif

int iocb_attr_resolve_ioprio(union iocb_attr_value value,
			     struct iocb_attrs *attrs, struct kiocb *iocb,
			     struct iocb_attr_grants *grants)
{
	int ret;

	if (attrs->flags & IOPRIO_GIVEN && iocb->ki_ioprio != value.ioprio)
		return -EINVAL;
	ret = check_ioprio(value.ioprio);
	if (ret)
		return ret;
	attrs->ioprio = value.ioprio;
	/* submit_bio() would use the priority of the task that calls it */
	if (unlikely(IOPRIO_PRIO_CLASS(value.ioprio) == IOPRIO_CLASS_NONE))
		attrs->ioprio = get_current_ioprio();
	iocb->ki_ioprio = attrs->ioprio;
	return 0;
}

/*
 * True if the format of the device has the tags that @checks requests to check.
 * If the device is not known yet, bio_integrity_map_iter() makes this check.
 */
static bool pi_has_tags(const struct kiocb *iocb, u16 checks)
{
	const struct blk_integrity *bi;

	/* a file that cannot carry metadata is rejected with another error */
	if (!iocb->ki_filp || !(iocb->ki_filp->f_mode & FMODE_HAS_METADATA))
		return true;
	bi = bdev_get_integrity(I_BDEV(iocb->ki_filp->f_mapping->host));
	return !bi || !(checks & ~blk_integrity_checks(bi));
}

/*
 * bio_integrity_map_iter() pins the pages when the bios are built, and checks
 * that the buffer is long enough for the format of the device.
 */
int iocb_attr_resolve_pi(const struct iocb_attr *attr, struct kiocb *iocb,
			 struct uio_meta *meta)
{
	const struct iocb_attr_pi *pi = (const struct iocb_attr_pi *)attr;
	int ret;

	if (!pi_has_tags(iocb, pi->flags))
		return -EINVAL;
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

/*
 * Only direct I/O carries attributes, on files that support it. Writeback has
 * no submitter.
 */
bool iocb_attr_consumed_direct(const struct kiocb *iocb,
			       const struct iocb_attrs *attrs)
{
	return (iocb->ki_flags & IOCB_DIRECT) &&
	       file_dio_has_attrs(iocb->ki_filp);
}

/* Without the io controller in the cgroup an ancestor is charged instead. */
bool iocb_attr_consumed_charge(const struct kiocb *iocb,
			       const struct iocb_attrs *attrs)
{
	return attrs->flags & IOCB_ATTRS_CSS_IS_NAMED &&
	       iocb_attr_consumed_direct(iocb, attrs);
}

/* Only block device files carry it, if the device has a metadata format. */
bool iocb_attr_consumed_pi(const struct kiocb *iocb,
			   const struct iocb_attrs *attrs)
{
	return (iocb->ki_filp->f_mode & FMODE_HAS_METADATA) &&
	       iocb_attr_consumed_direct(iocb, attrs);
}

/* Reject a list: drop the references and trace the reason. */
static noinline int refuse(struct iocb_attrs *attrs, int error,
			   enum iocb_attr_reason reason, u32 offset, u16 id)
{
	__iocb_attrs_release(attrs);
	trace_iocb_attr_refused(error, reason, offset, id);
	return error;
}

/* Avoid the indirect call for the most common attribute. */
static __always_inline int resolve(const struct iocb_attr_desc *desc,
				   union iocb_attr_value value,
				   struct iocb_attrs *attrs, struct kiocb *iocb,
				   struct iocb_attr_grants *grants)
{
	return INDIRECT_CALL_1(desc->resolve, iocb_attr_resolve_cgroup, value,
			       attrs, iocb, grants);
}

/*
 * True if it is known that nothing below can honour attribute @id. Without a
 * file the check is left to iocb_attrs_check_file().
 */
static __always_inline bool dropped(const struct iocb_attr_desc *desc,
				    unsigned int id, struct iocb_attrs *attrs,
				    const struct kiocb *iocb)
{
	if (unlikely(!iocb->ki_filp)) {
		attrs->must |= BIT(id);
		return false;
	}
	return !desc->consumed || !desc->consumed(iocb, attrs);
}

/* Return the first id in @must that cannot be honoured, or IOCB_ATTR_NR. */
static unsigned int find_dropped(unsigned long must, struct iocb_attrs *attrs,
				 const struct kiocb *iocb)
{
	unsigned int id;

	for_each_set_bit(id, &must, IOCB_ATTR_NR) {
		if (dropped(&iocb_attr_descs[id], id, attrs, iocb))
			return id;
	}
	return IOCB_ATTR_NR;
}

/*
 * Look up the processes, cgroups and buffers that the records refer to, and
 * check priorities. Returns the id of the first record that fails, with the
 * error in @ret, or IOCB_ATTR_NR.
 */
static unsigned int resolve_records(const struct iocb_attr_records *found,
				    struct iocb_attrs *attrs,
				    struct kiocb *iocb,
				    struct iocb_attr_grants *grants,
				    struct uio_meta *meta, int *ret)
{
	unsigned long todo = found->resolve;
	const struct iocb_attr_desc *desc;
	const struct iocb_attr *attr;
	union iocb_attr_any room;
	unsigned int id;

	for_each_set_bit(id, &todo, IOCB_ATTR_NR) {
		desc = &iocb_attr_descs[id];
		attr = iocb_attr_whole(found->record[id], desc, &room);
		if (desc->resolve)
			*ret = resolve(desc, iocb_attr_value_of(attr), attrs,
				       iocb, grants);
		else
			*ret = desc->resolve_all(attr, iocb, meta);
		if (unlikely(*ret))
			return id;
	}
	return IOCB_ATTR_NR;
}

/* Import records that have been copied to kernel memory. */
static int import_records(const void *body, u32 len, struct iocb_attrs *attrs,
			  struct kiocb *iocb, struct iocb_attr_grants *grants,
			  struct uio_meta *meta)
{
	struct iocb_attr_records found __uninitialized;
	enum iocb_attr_reason reason = IOCB_ATTR_BAD_TARGET;
	unsigned int id;
	int ret;

	ret = iocb_attr_parse(iocb_attr_descs, body, len, attrs, &found);
	if (ret)
		return refuse(attrs, ret, found.bad.reason, found.bad.offset,
			      found.bad.id);

	id = resolve_records(&found, attrs, iocb, grants, meta, &ret);
	if (id == IOCB_ATTR_NR) {
		ret = -EOPNOTSUPP;
		reason = IOCB_ATTR_BAD_UNSUPPORTED;
		if (found.unknown)
			return refuse(attrs, ret, reason, found.unknown,
				      found.unknown_id);
		id = find_dropped(found.must, attrs, iocb);
		if (id == IOCB_ATTR_NR)
			return 0;
	}
	return refuse(attrs, ret, reason, sizeof(struct iocb_attr_list) +
		      ((const void *)found.record[id] - body), id);
}

/* Validate the header of a list that may have at most @room bytes. */
static __always_inline int check_header(union iocb_attr_list_word list,
					size_t room, struct iocb_attrs *attrs)
{
	struct iocb_attr_refusal bad = {};
	int ret = iocb_attr_check_header(list, &bad);

	if (!ret && list.size > room)
		ret = iocb_attr_refuse(&bad, -E2BIG, IOCB_ATTR_BAD_LIST_SIZE);
	if (unlikely(ret))
		return refuse(attrs, ret, bad.reason, bad.offset, bad.id);
	return 0;
}

/* Record the submitter: layers may honour attributes in any context. */
static noinline void trace_accepted(struct iocb_attrs *attrs,
				    const struct kiocb *iocb, u32 size)
{
	attrs->pid = current->pid;
	trace_iocb_attr_accepted(iocb, attrs, size);
}

/* Attach the validated attributes to the kiocb. */
static __always_inline void accept(union iocb_attr_list_word list,
				   struct iocb_attrs *attrs, struct kiocb *iocb)
{
	attrs->flags |= list.flags;
	atomic_set(&attrs->honoured, 0);
	iocb->ki_attrs = attrs;
	iocb->ki_flags |= IOCB_HAS_ATTRS;
	if (trace_iocb_attr_accepted_enabled())
		trace_accepted(attrs, iocb, list.size);
}

/*
 * Copy @nr words of records. Open-coded because the overhead of
 * copy_from_user() exceeds the cost of copying a typical list. Fault injection
 * was already done for the header.
 */
static __always_inline int copy_records(u64 *to, const u64 __user *from,
					unsigned int nr)
{
	unsigned int i;

	scoped_user_read_access_size(from, nr * sizeof(*from), efault) {
		/* most records have two words */
		for (i = 0; i + 1 < nr; i += 2) {
			unsafe_get_user(to[i], from + i, efault);
			unsafe_get_user(to[i + 1], from + i + 1, efault);
		}
		if (i < nr)
			unsafe_get_user(to[i], from + i, efault);
	}
	return 0;
efault:
	return -EFAULT;
}

/* Import the records of a list that does not fit on the stack. */
static noinline int import_long_list(const u64 __user *from, u32 len,
				     struct iocb_attrs *attrs,
				     struct kiocb *iocb,
				     struct iocb_attr_grants *grants,
				     struct uio_meta *meta)
{
	void *body = kmalloc(len, GFP_KERNEL);
	int ret;

	if (!body)
		return refuse(attrs, -ENOMEM, IOCB_ATTR_BAD_MEMORY, 0, 0);
	if (!copy_from_user(body, from, len))
		ret = import_records(body, len, attrs, iocb, grants, meta);
	else
		ret = refuse(attrs, -EFAULT, IOCB_ATTR_BAD_POINTER, 0, 0);
	kfree(body);
	return ret;
}

/* Import any list. Only its header, @list, has been read from user memory. */
static noinline int import_list(union iocb_attr_list_word list,
				const u64 __user *from,
				struct iocb_attrs *attrs, struct kiocb *iocb,
				struct iocb_attr_grants *grants,
				struct uio_meta *meta)
{
	u64 body[IOCB_ATTR_STACK / sizeof(u64)] __uninitialized;
	u32 len = list.size - sizeof(list);
	int ret;

	ret = check_header(list, IOCB_ATTR_LIST_MAX, attrs);
	if (ret)
		return ret;
	if (unlikely(len > sizeof(body)))
		ret = import_long_list(from + 1, len, attrs, iocb, grants,
				       meta);
	else if (likely(!copy_records(body, from + 1, len / sizeof(u64))))
		ret = import_records(body, len, attrs, iocb, grants, meta);
	else
		ret = refuse(attrs, -EFAULT, IOCB_ATTR_BAD_POINTER, 0, 0);
	if (!ret)
		accept(list, attrs, iocb);
	return ret;
}

/* Slow path for a single record that the fast path rejected. */
static noinline int import_odd_one(union iocb_attr_list_word list,
				   union iocb_attr_word head,
				   union iocb_attr_value value,
				   struct iocb_attrs *attrs,
				   struct kiocb *iocb,
				   struct iocb_attr_grants *grants)
{
	const u64 body[] = { head.word, value.word };
	int ret;

	/* only longer records need struct uio_meta */
	ret = import_records(body, sizeof(body), attrs, iocb, grants, NULL);
	if (!ret)
		accept(list, attrs, iocb);
	return ret;
}

/*
 * Resolve a single record that iocb_attr_parse_one() accepted. Reject it if it
 * is required and cannot be honoured.
 */
static noinline int finish_one(union iocb_attr_list_word list,
			       union iocb_attr_word head,
			       union iocb_attr_value value,
			       struct iocb_attrs *attrs, struct kiocb *iocb,
			       struct iocb_attr_grants *grants)
{
	/* the branch that checked the id may have been mispredicted */
	const unsigned int id = array_index_nospec(head.attr.id, IOCB_ATTR_NR);
	const struct iocb_attr_desc *desc = &iocb_attr_descs[id];
	int ret;

	if (desc->resolve) {
		ret = resolve(desc, value, attrs, iocb, grants);
		if (unlikely(ret))
			return refuse(attrs, ret, IOCB_ATTR_BAD_TARGET,
				      sizeof(list), id);
	}
	if (head.attr.flags && dropped(desc, id, attrs, iocb))
		return refuse(attrs, -EOPNOTSUPP, IOCB_ATTR_BAD_UNSUPPORTED,
			      sizeof(list), id);
	accept(list, attrs, iocb);
	return 0;
}

/*
 * Import a list for which iocb_attr_is_one() is true, as for most lists. All
 * function calls are at the end, so that no value is spilled to the stack.
 */
static __always_inline int import_one(union iocb_attr_list_word list,
				      union iocb_attr_word head,
				      union iocb_attr_value value,
				      struct iocb_attrs *attrs,
				      struct kiocb *iocb,
				      struct iocb_attr_grants *grants)
{
	const struct iocb_attr_desc *desc;

	if (unlikely(!iocb_attr_parse_one(head, value, attrs, &desc)))
		return import_odd_one(list, head, value, attrs, iocb, grants);
	/* the header word differs if the record has flags */
	if (desc->resolve || head.word != desc->alone)
		return finish_one(list, head, value, attrs, iocb, grants);
	accept(list, attrs, iocb);
	return 0;
}

/* Start without references, so that refuse() can drop them in any case. */
static __always_inline void begin(struct iocb_attrs *attrs, bool ioprio_given)
{
	attrs->flags = ioprio_given ? IOPRIO_GIVEN : 0;
	attrs->cache.hints = 0;
	attrs->must = 0;
	attrs->pid = 0;
	attrs->css = NULL;
	attrs->ioc = NULL;
}

/**
 * iocb_attrs_import - import an I/O's attribute list from user memory
 * @attrs: Filled in; must stay valid until @iocb is completed.
 * @iocb: The I/O. ki_filp, ki_pos, ki_flags (with IOCB_WRITE for a write) and
 *	ki_ioprio must be set. ki_filp is NULL if the file is not known yet:
 *	call iocb_attrs_check_file() when it is.
 * @ulist: User address of a struct iocb_attr_list.
 * @ioprio_given: The caller requested ki_ioprio for this I/O. An ioprio record
 *	must have the same value.
 * @grants: The grants of the context that the I/O is submitted to.
 * @meta: Storage for the contents of a pi record. Starting the I/O consumes it;
 *	it is not used after that. A caller that starts the I/O again must save
 *	the state that @meta has on return, and restore it.
 *
 * On success IOCB_HAS_ATTRS and ki_attrs of @iocb are set, and ki_ioprio is the
 * priority that the list names, if it names one. With a pi record
 * IOCB_HAS_METADATA is set and private points to @meta. Start the I/O directly
 * after this: from then on every path leads to ki_complete(), which calls
 * iocb_attrs_end(). A caller that does something else first, or starts an I/O
 * more than once, must ensure that iocb_attrs_end() is called exactly once.
 *
 * Context: Process context of the submitter: its memory, credentials and
 *	namespaces are used. May sleep. Takes cgroup_mutex if the list names a
 *	cgroup for which @grants has no valid grant. With IOCB_NOWAIT in
 *	ki_flags this is a trylock, and the I/O ends with -EAGAIN if it fails.
 * Return: 0 or a negative errno, as listed in
 *	Documentation/userspace-api/iocb_attr.rst.
 */
noinline int iocb_attrs_import(struct iocb_attrs *attrs, struct kiocb *iocb,
			       u64 ulist, bool ioprio_given,
			       struct iocb_attr_grants *grants,
			       struct uio_meta *meta)
{
	const u64 __user *from = u64_to_user_ptr(ulist);
	union iocb_attr_list_word list;
	union iocb_attr_value value;
	union iocb_attr_word head;

	begin(attrs, ioprio_given);
	might_fault();
	if (!ulist || ulist != (unsigned long)ulist || should_fail_usercopy())
		goto efault;
	/*
	 * Open-coded because the overhead of copy_from_user() exceeds the cost
	 * of reading three words. User memory is not read again after
	 * validation: the size that is validated is the size that is used.
	 */
	scoped_user_read_access_size(from, 3 * sizeof(*from), header) {
		unsafe_get_user(list.word, from, header);
		if (iocb_attr_is_one(list)) {
			unsafe_get_user(head.word, from + 1, header);
			unsafe_get_user(value.word, from + 2, header);
		}
	}
	if (likely(iocb_attr_is_one(list)))
		return import_one(list, head, value, attrs, iocb, grants);
	return import_list(list, from, attrs, iocb, grants, meta);

header:
	/* the header may be the last word of accessible memory */
	if (!copy_from_user(&list, from, sizeof(list)))
		return import_list(list, from, attrs, iocb, grants, meta);
efault:
	return refuse(attrs, -EFAULT, IOCB_ATTR_BAD_POINTER, 0, 0);
}

/*
 * The words between the end of the list and the end of @words are reserved for
 * future use. Reject the list if one of them is not 0.
 */
static int check_rest(union iocb_attr_list_word list, const u64 *words,
		      unsigned int room, struct iocb_attrs *attrs)
{
	unsigned int i = list.size / sizeof(*words);
	u64 rest = 0;

	for (i = array_index_nospec(i, room + 1); i < room; i++)
		rest |= READ_ONCE(words[i]);
	if (unlikely(rest))
		return refuse(attrs, -EINVAL, IOCB_ATTR_BAD_RESERVED,
			      list.size, 0);
	return 0;
}

/* Import any list. Only its header, @list, has been read from @words. */
static noinline int import_more_words(union iocb_attr_list_word list,
				      const u64 *words, unsigned int room,
				      struct iocb_attrs *attrs,
				      struct kiocb *iocb,
				      struct iocb_attr_grants *grants,
				      struct uio_meta *meta)
{
	u64 body[IOCB_ATTR_STACK / sizeof(u64)] __uninitialized;
	u32 i;
	int ret;

	ret = check_header(list, room * sizeof(*words), attrs) ?:
	      check_rest(list, words, room, attrs);
	if (ret)
		return ret;
	for (i = 1; i < list.size / sizeof(*words); i++)
		body[i - 1] = READ_ONCE(words[i]);
	ret = import_records(body, list.size - sizeof(list), attrs, iocb,
			     grants, meta);
	if (!ret)
		accept(list, attrs, iocb);
	return ret;
}

/**
 * iocb_attrs_import_words - import an I/O's attribute list from shared memory
 * @attrs: As for iocb_attrs_import().
 * @iocb: Likewise.
 * @words: Kernel memory that userspace may write to at any time. It should hold
 *	a struct iocb_attr_list.
 * @room: Number of words, from 3 to 32. The list may be shorter; the words
 *	after it must be 0.
 * @ioprio_given: As for iocb_attrs_import().
 * @grants: Likewise.
 * @meta: Likewise.
 *
 * Each word is read once.
 *
 * Context: As iocb_attrs_import().
 * Return: As iocb_attrs_import(); -E2BIG if the list is longer than @room
 *	words, -EINVAL if a word after it is not 0.
 */
int iocb_attrs_import_words(struct iocb_attrs *attrs, struct kiocb *iocb,
			    const u64 *words, unsigned int room,
			    bool ioprio_given, struct iocb_attr_grants *grants,
			    struct uio_meta *meta)
{
	union iocb_attr_list_word list = { .word = READ_ONCE(words[0]) };
	union iocb_attr_value value;
	union iocb_attr_word head;
	int ret;

	begin(attrs, ioprio_given);
	if (unlikely(!iocb_attr_is_one(list)))
		return import_more_words(list, words, room, attrs, iocb, grants,
					 meta);
	ret = check_rest(list, words, room, attrs);
	if (ret)
		return ret;
	head.word = READ_ONCE(words[1]);
	value.word = READ_ONCE(words[2]);
	return import_one(list, head, value, attrs, iocb, grants);
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
	struct iocb_attrs *attrs = iocb->ki_attrs;
	unsigned int id = find_dropped(attrs->must, attrs, iocb);

	if (id == IOCB_ATTR_NR)
		return 0;
	trace_iocb_attr_refused(-EOPNOTSUPP, IOCB_ATTR_BAD_UNSUPPORTED, 0, id);
	return -EOPNOTSUPP;
}

/* Called through iocb_attr_honoured() and bio_attr_honoured(). */
void __iocb_attr_honoured(struct iocb_attrs *attrs, unsigned int id,
			  dev_t dev, const char *layer)
{
	/* many CPUs may process bios of one I/O: write only if necessary */
	if (!(atomic_read(&attrs->honoured) & BIT(id)))
		atomic_or(BIT(id), &attrs->honoured);
	trace_iocb_attr_honoured(attrs, id, dev, layer);
}
EXPORT_SYMBOL_GPL(__iocb_attr_honoured);
