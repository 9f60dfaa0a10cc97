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
 * Bytes of records that are read to the stack: one of each that is published,
 * with room to grow. Longer lists are rare and go to the heap.
 */
#define IOCB_ATTR_STACK	256

/*
 * In iocb_attrs.flags while a list is read: a priority was given apart from
 * it. There are no flags of the list there yet.
 */
#define IOPRIO_GIVEN	BIT(0)

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
static int proxy(struct task_struct *task, struct iocb_attrs *attrs,
		 struct kiocb *iocb)
{
	int ret, ioprio;

	ret = may_proxy(task);
	if (ret)
		return ret;

	if (!(attrs->flags & IOPRIO_GIVEN) &&
	    !iocb_attr_given(attrs, IOCB_ATTR_ioprio)) {
		attrs->ioc = get_task_io_context_active(task, &ioprio);
		/* it may have been given what the caller is not to have */
		ret = check_ioprio(ioprio);
		if (ret)
			return ret;
		iocb->ki_ioprio = ioprio;
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

	/* PIDFD_SELF_* would do, but are no file descriptors */
	if (value.pidfd < 0)
		return -EBADF;
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
	if (!ret)
		iocb->ki_ioprio = value.ioprio;
	return ret;
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
bool iocb_attr_consumed_direct(const struct kiocb *iocb)
{
	return (iocb->ki_flags & IOCB_DIRECT) &&
	       (iocb->ki_filp->f_mode & FMODE_CAN_ODIRECT);
}

/* Somebody to charge takes the io controller as well. */
bool iocb_attr_consumed_charge(const struct kiocb *iocb)
{
	return IS_ENABLED(CONFIG_BLK_CGROUP) &&
	       iocb_attr_consumed_direct(iocb);
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
	unsigned int id;

	for_each_set_bit(id, &todo, IOCB_ATTR_NR) {
		desc = &iocb_attr_descs[id];
		attr = found->record[id];
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

	ret = iocb_attr_parse(body, len, attrs, &found);
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
	attrs->flags = list.flags;
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

	ret = check_header(list, IOCB_ATTR_LIST_SIZE_MAX, attrs);
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
	const unsigned int id = head.attr.id;
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
 *	cgroup that @grants does not know.
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
	scoped_user_read_access_size(from, sizeof(*from), efault) {
		unsafe_get_user(list.word, from, efault);
		if (iocb_attr_is_one(list)) {
			/* where a mask keeps memory's end away, it does for all */
			if (!can_do_masked_user_access() &&
			    !access_ok(from, list.size))
				goto efault;
			unsafe_get_user(head.word, from + 1, efault);
			unsafe_get_user(value.word, from + 2, efault);
		}
	}
	if (likely(iocb_attr_is_one(list)))
		return import_one(list, head, value, attrs, iocb, grants);
	return import_list(list, from, attrs, iocb, grants, meta);
efault:
	return refuse(attrs, -EFAULT, IOCB_ATTR_BAD_POINTER, 0, 0);
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

	ret = check_header(list, room * sizeof(*words), attrs);
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
 *	end before.
 * @ioprio_given: As for iocb_attrs_import().
 * @grants: Likewise.
 * @meta: Likewise.
 *
 * Each word is read once.
 *
 * Context: As iocb_attrs_import().
 * Return: As iocb_attrs_import(), and -E2BIG if the list does not end there.
 */
int iocb_attrs_import_words(struct iocb_attrs *attrs, struct kiocb *iocb,
			    const u64 *words, unsigned int room,
			    bool ioprio_given, struct iocb_attr_grants *grants,
			    struct uio_meta *meta)
{
	union iocb_attr_list_word list = { .word = READ_ONCE(words[0]) };
	union iocb_attr_value value;
	union iocb_attr_word head;

	begin(attrs, ioprio_given);
	if (unlikely(!iocb_attr_is_one(list)))
		return import_more_words(list, words, room, attrs, iocb, grants,
					 meta);
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
