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
 * Bytes of records that are read to the stack: one of each that is published,
 * with room to grow. Longer lists are rare and go to the heap.
 */
#define IOCB_ATTR_STACK	256

/* In iocb_attrs.flags: a priority was given apart from the list. */
#define IOPRIO_GIVEN	BIT(14)

/* What the attributes hold of whom and what they name; often nothing. */
void __iocb_attrs_release(struct iocb_attrs *attrs)
{
	if (attrs->css)
		css_put(attrs->css);
	if (attrs->ioc)
		put_io_context_active(attrs->ioc);
}

/**
 * iocb_attr_charges_cgroups - can I/O be charged to the cgroup that it names?
 *
 * Where the blkio controller of cgroup v1 is in use, a v2 cgroup has no limits,
 * and I/O is charged to the v1 cgroup of the submitter.
 *
 * Context: Any.
 * Return: Whether the io controller is there, and on the default hierarchy.
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
 * A real-time thread gets that class for its I/O without having asked for it,
 * so it may ask for the same.
 */
static bool has_ioprio(int ioprio)
{
	int own = get_current_ioprio();

	return IOPRIO_PRIO_CLASS(ioprio) == IOPRIO_CLASS_RT &&
	       IOPRIO_PRIO_CLASS(own) == IOPRIO_CLASS_RT &&
	       IOPRIO_PRIO_LEVEL(ioprio) >= IOPRIO_PRIO_LEVEL(own);
}

/* Everybody may use the best-effort and the idle class. */
static int check_ioprio(int ioprio)
{
	int class = IOPRIO_PRIO_CLASS(ioprio);

	if (likely(class == IOPRIO_CLASS_BE || class == IOPRIO_CLASS_IDLE))
		return 0;
	return has_ioprio(ioprio) ? 0 : ioprio_check_cap(ioprio);
}

/*
 * To have I/O done in another process's name is to see its priority and to use
 * its queue in a scheduler: ask for what process_madvise(2) asks, and for what
 * ioprio_set(2) does.
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
	/* the priority itself does not change */
	return security_task_setioprio(task, IOPRIO_DEFAULT);
}

#ifdef CONFIG_BLK_CGROUP
/*
 * Charge the I/O to the io css of @task, without a lock. Outside of the caller's
 * own io cgroup and what is below it, that is a way around the caller's limits
 * and into the budget of others, which a common uid is no permission for.
 *
 * A threaded cgroup shares the io css of its domain, which is where cgroup.procs
 * has the process.
 */
static int charge_as(struct task_struct *task, struct iocb_attrs *attrs,
		     bool own)
{
	struct cgroup_subsys_state *css;
	struct css_set *cset;
	bool below;

	/* cgroup v1 has it, and does not know the cgroup rule */
	if (!cgroup_subsys_on_dfl(io_cgrp_subsys))
		return 0;

	scoped_guard(rcu) {
		/* as task_get_css() */
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
	/* released with the attributes, also when the list is refused */
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
 * What an I/O takes over from the process that it is for: its cgroup, its
 * priority, and its io_context, in which a scheduler finds its queues. A cgroup
 * or a priority that the list or the iocb has itself comes before; the queues
 * of the process are then not those to use, for it would be moved to where the
 * I/O goes. The task itself is not held.
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
	/* it may have been given what the caller is not to have */
	ret = check_ioprio(ioprio);
	if (ret)
		return ret;
	iocb->ki_ioprio = ioprio;
	/* the cgroup will be another one than that of the process */
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

	/* pid_t would cut it short and find somebody else */
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
	/* no file is a cgroup then */
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
	/* submit_bio() would take the priority of the task that calls it */
	if (unlikely(IOPRIO_PRIO_CLASS(value.ioprio) == IOPRIO_CLASS_NONE))
		attrs->ioprio = get_current_ioprio();
	iocb->ki_ioprio = attrs->ioprio;
	return 0;
}

/*
 * Does the device's format have the tags that are to be checked? If it is not
 * known yet which device that is, bio_integrity_map_iter() asks the same.
 */
static bool pi_has_tags(const struct kiocb *iocb, u16 checks)
{
	const struct blk_integrity *bi;

	/* of what cannot carry tuples at all there is something else to say */
	if (!iocb->ki_filp || !(iocb->ki_filp->f_mode & FMODE_HAS_METADATA))
		return true;
	bi = bdev_get_integrity(I_BDEV(iocb->ki_filp->f_mapping->host));
	return !bi || !(checks & ~blk_integrity_checks(bi));
}

/*
 * The pages are pinned where the bios are made, which is also where it shows
 * whether the buffer is long enough for the device's format.
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
 * Only direct I/O hands attributes on, where the file system says that it does:
 * writeback does not know who wrote.
 */
bool iocb_attr_consumed_direct(const struct kiocb *iocb)
{
	return (iocb->ki_flags & IOCB_DIRECT) &&
	       file_dio_has_attrs(iocb->ki_filp);
}

/* Somebody to charge takes the io controller as well. */
bool iocb_attr_consumed_charge(const struct kiocb *iocb)
{
	return iocb_attr_charges_cgroups() && iocb_attr_consumed_direct(iocb);
}

/* Only a block device whose format has room for it, opened as itself. */
bool iocb_attr_consumed_pi(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_mode & FMODE_HAS_METADATA) &&
	       iocb_attr_consumed_direct(iocb);
}

/* The one way in which a list is refused. */
static noinline int refuse(struct iocb_attrs *attrs, int error,
			   enum iocb_attr_reason reason, u32 offset, u16 id)
{
	__iocb_attrs_release(attrs);
	trace_iocb_attr_refused(error, reason, offset, id);
	return error;
}

/* The usual one is called directly. */
static __always_inline int resolve(const struct iocb_attr_desc *desc,
				   union iocb_attr_value value,
				   struct iocb_attrs *attrs, struct kiocb *iocb,
				   struct iocb_attr_grants *grants)
{
	return INDIRECT_CALL_1(desc->resolve, iocb_attr_resolve_cgroup, value,
			       attrs, iocb, grants);
}

/* Is there nothing below for what must not be dropped, as far as is known? */
static __always_inline bool dropped(const struct iocb_attr_desc *desc,
				    unsigned int id, struct iocb_attrs *attrs,
				    const struct kiocb *iocb)
{
	if (unlikely(!iocb->ki_filp)) {
		attrs->must |= BIT(id);
		return false;
	}
	return !desc->consumed || !desc->consumed(iocb);
}

/* The first attribute that must not be dropped and would be, or IOCB_ATTR_NR. */
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
 * What takes more than the bytes of the records: look up whom and what they
 * name. Returns the first for which that fails, or IOCB_ATTR_NR.
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

/* The records of a list, as they were copied. */
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

/* Is this the header of a list that may be @room bytes long? */
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

/* A layer that acts on an attribute does so in whatever context. */
static noinline void trace_accepted(struct iocb_attrs *attrs,
				    const struct kiocb *iocb, u32 size)
{
	attrs->pid = current->pid;
	trace_iocb_attr_accepted(iocb, attrs, size);
}

/* The list is a good one: it is the I/O's. */
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
 * Copy @nr words of records. copy_from_user() takes longer to begin and to end
 * than a usual list does; like it, this was made to fail with the header.
 */
static __always_inline int copy_records(u64 *to, const u64 __user *from,
					unsigned int nr)
{
	unsigned int i;

	scoped_user_read_access_size(from, nr * sizeof(*from), efault) {
		/* most records are two */
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

/* A list that is longer than fits on the stack. */
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

/* Any list; of that in user memory no more than @list was read so far. */
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

/* One record of one value, but there is something about it. */
static noinline int import_odd_one(union iocb_attr_list_word list,
				   union iocb_attr_word head,
				   union iocb_attr_value value,
				   struct iocb_attrs *attrs,
				   struct kiocb *iocb,
				   struct iocb_attr_grants *grants)
{
	const u64 body[] = { head.word, value.word };
	int ret;

	/* what needs struct uio_meta is longer */
	ret = import_records(body, sizeof(body), attrs, iocb, grants, NULL);
	if (!ret)
		accept(list, attrs, iocb);
	return ret;
}

/* One record that iocb_attr_parse_one() found good, but that is not all. */
static noinline int finish_one(union iocb_attr_list_word list,
			       union iocb_attr_word head,
			       union iocb_attr_value value,
			       struct iocb_attrs *attrs, struct kiocb *iocb,
			       struct iocb_attr_grants *grants)
{
	/* checked before, but by a branch that may have been mispredicted */
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
 * A list that iocb_attr_is_one() is true of: most that there are. Nothing is
 * called here but at the end, so that registers suffice.
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
	/* with flags it is another word */
	if (desc->resolve || head.word != desc->alone)
		return finish_one(list, head, value, attrs, iocb, grants);
	accept(list, attrs, iocb);
	return 0;
}

/* The I/O has nothing yet, of which a list that is refused would be let go. */
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
 *	cgroup that @grants does not know. With IOCB_NOWAIT in ki_flags that is
 *	only tried, and -EAGAIN is the result of the I/O.
 * Return: 0 or a negative errno, as Documentation/userspace-api/iocb_attr.rst
 *	lists them.
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
	 * copy_from_user() takes longer to begin and to end than three words
	 * do. Each is read once: what is said of the list's length is not
	 * looked at in user memory again.
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
	/* the header alone may be all that there is before memory's end */
	if (!copy_from_user(&list, from, sizeof(list)))
		return import_list(list, from, attrs, iocb, grants, meta);
efault:
	return refuse(attrs, -EFAULT, IOCB_ATTR_BAD_POINTER, 0, 0);
}

/*
 * What follows a list in the words that it has to itself is for a use to come.
 * Whoever puts anything there means something that this kernel does not know.
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

/* Any list; of @words no more than @list, the first, was read so far. */
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
 * iocb_attrs_import_words - take an I/O's attribute list from shared memory
 * @attrs: As for iocb_attrs_import().
 * @iocb: Likewise.
 * @words: In memory of the kernel that userspace may write to: a struct
 *	iocb_attr_list, if it is right.
 * @room: How many words there are, three or more and at most 32; the list may
 *	end before, and what follows it has to be 0.
 * @ioprio_given: As for iocb_attrs_import().
 * @grants: Likewise.
 * @meta: Likewise.
 *
 * Each word is read once.
 *
 * Context: As iocb_attrs_import().
 * Return: As iocb_attrs_import(), -E2BIG if the list does not end there, and
 *	-EINVAL if anything but zeroes follows it.
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
 * iocb_attrs_check_file - ask whether attributes can be honoured on a file
 * @iocb: An I/O with IOCB_HAS_ATTRS, whose list was read when it had no file;
 *	ki_filp and ki_flags are set.
 *
 * Context: Any.
 * Return: 0, or -EOPNOTSUPP if an attribute that must not be dropped would be.
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

/* What iocb_attr_honoured() and bio_attr_honoured() expand to. */
void __iocb_attr_honoured(struct iocb_attrs *attrs, unsigned int id,
			  dev_t dev, const char *layer)
{
	/* one I/O may have many bios, on many CPUs */
	if (!(atomic_read(&attrs->honoured) & BIT(id)))
		atomic_or(BIT(id), &attrs->honoured);
	trace_iocb_attr_honoured(attrs, id, dev, layer);
}
EXPORT_SYMBOL_GPL(__iocb_attr_honoured);
