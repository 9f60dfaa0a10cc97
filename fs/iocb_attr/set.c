// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: attribute sets.
 *
 * A set is a list that iocb_attr_create(2) imported once. I/Os that use the set
 * share its struct iocb_attrs, and nothing is copied, looked up or allocated
 * for them. Each I/O holds a per-CPU reference until its bios have ended.
 *
 * Submitters of the maker's own io css need one comparison. If the set names no
 * cgroup, it lends them that css, which their bios would be charged to anyway:
 * the set holds a reference, so bios need not take one.
 *
 * When the named cgroup is removed, or a css that the set refers to goes
 * offline, the set stops handing out references. Its own references to the css
 * and the cgroup are dropped as soon as the I/O in flight has ended, even if the
 * file stays open.
 *
 * A set does not keep the io_context of a process that it names. Its queue
 * would follow the process to other cgroups and priorities, and the set does
 * not. Schedulers use the queue of the set's cgroup and priority.
 */
#include <linux/anon_inodes.h>
#include <linux/bio-attr.h>
#include <linux/cgroup.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/init.h>
#include <linux/iocb_attr_scope.h>
#include <linux/iocb_attr_set_use.h>
#include <linux/iocb_attr_submit.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/kernfs.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/syscalls.h>
#include <linux/workqueue.h>
#include <linux/writeback.h>

#include <trace/events/iocb_attr.h>

#include "iocb_attr_private.h"
#include "set.h"

/* Attributes of one I/O only. */
#define PER_IO_ATTRS	(BIT(IOCB_ATTR_pi) | BIT(IOCB_ATTR_set))

/* iocb_attr_set_tryget() takes one for the other */
static_assert(!offsetof(struct io_attr_set, main));

/* How many sets are told at a time that a cgroup has been removed. */
#define SETS_BATCH	64

/* All sets, by the cgroups and css's that they refer to. */
static DEFINE_HASHTABLE(sets, 10);
static DEFINE_SPINLOCK(sets_lock);

#ifdef CONFIG_CGROUPS
static bool set_is_online(const struct io_attr_set *set)
{
	const struct cgroup_subsys_state *css = set->main.attrs.css;

	return (!css || !(READ_ONCE(css->flags) & CSS_DYING)) &&
	       (!set->target ||
		READ_ONCE(set->target->self.flags) & CSS_ONLINE);
}

static u64 current_maker(void)
{
	guard(rcu)();
	return cgroup_id(task_dfl_cgroup(current)->dom_cgrp);
}

/*
 * Whether a submitter outside of the maker's io css may use a restricted set.
 * Must be called in an RCU read-side critical section, with a reference to the
 * main attributes.
 */
static bool may_use(const struct io_attr_set *set)
{
	/* processes belong to the domain of a threaded cgroup */
	struct cgroup *cgrp = task_dfl_cgroup(current)->dom_cgrp;

	/* the css differs since the controller was turned on or off */
	if (cgroup_id(cgrp) == set->maker)
		return true;
	/* its own limits apply to the target as well */
	if (set->target && cgroup_is_descendant(set->target, cgrp))
		return true;
	return set->top && cgroup_is_descendant(cgrp, set->top);
}

static struct kernfs_node *get_kn(struct cgroup *cgrp)
{
	if (!cgrp)
		return NULL;
	kernfs_get(cgrp->kn);
	return cgrp->kn;
}

static void put_cgroup(struct cgroup *cgrp)
{
	if (cgrp)
		cgroup_put(cgrp);
}
#else
static bool set_is_online(const struct io_attr_set *set)
{
	return true;
}

static u64 current_maker(void)
{
	return 0;
}

static bool may_use(const struct io_attr_set *set)
{
	return true;
}

static struct kernfs_node *get_kn(struct cgroup *cgrp)
{
	return NULL;
}

static void put_cgroup(struct cgroup *cgrp)
{
}
#endif

static void free_workfn(struct work_struct *work)
{
	struct io_attr_set *set = container_of(work, struct io_attr_set,
					       free_work);

	percpu_ref_exit(&set->main.ref);
	percpu_ref_exit(&set->own.ref);
	free_percpu(set->main.honoured);
	kernfs_put(set->target_kn);
	kernfs_put(set->top_kn);
	kfree(set);
}

static void set_put(struct io_attr_set *set)
{
	/* in any context, but kernfs_put() needs a process */
	if (refcount_dec_and_test(&set->users))
		queue_work(system_percpu_wq, &set->free_work);
}

/* Drop what the attributes refer to. */
static void drop_workfn(struct work_struct *work)
{
	struct io_attr_set *set = container_of(work, struct io_attr_set,
					       drop_work);

	__iocb_attrs_release(&set->main.attrs);
	put_cgroup(set->target);
	put_cgroup(set->top);
	set_put(set);
}

/* The last I/O has ended, and no other can start. */
static void main_release(struct percpu_ref *ref)
{
	struct io_attr_set *set = container_of(ref, struct io_attr_set,
					       main.ref);

	queue_work(system_percpu_wq, &set->drop_work);
}

static void own_release(struct percpu_ref *ref)
{
	set_put(container_of(ref, struct io_attr_set, own.ref));
}

/*
 * Submitters with this css need no further check, unless the set has required
 * attributes: those depend on the file.
 */
static void set_user(struct io_attr_set *set,
		     const struct cgroup_subsys_state *css)
{
	WRITE_ONCE(set->user, css);
	WRITE_ONCE(set->main.user,
		   set->main.attrs.required ? ERR_PTR(-EPERM) : css);
}

/* Hand out no more references to the main attributes. */
static void set_end(struct io_attr_set *set)
{
	lockdep_assert_held(&sets_lock);

	if (set->ended)
		return;
	WRITE_ONCE(set->ended, true);
	percpu_ref_kill(&set->main.ref);
}

static void link_end(struct set_link *link)
{
	struct io_attr_set *set = link->set;

	switch (link - set->links) {
	case LINK_USER:
		/* another css may get the same address */
		set_user(set, NULL);
		break;
	case LINK_TARGET:
		WRITE_ONCE(set->removed, true);
		fallthrough;
	case LINK_CSS:
		set_end(set);
		break;
	}
}

/*
 * A cgroup has been removed, or a css has gone offline. Many sets may refer to
 * it: release the lock now and then.
 */
static void sets_end(const void *key)
{
	struct hlist_node *next;
	struct set_link *link;
	unsigned int nr;

	do {
		nr = 0;
		scoped_guard(spinlock, &sets_lock) {
			hash_for_each_possible_safe(sets, link, next, node,
						    (unsigned long)key) {
				if (link->key != key)
					continue;
				hash_del(&link->node);
				link_end(link);
				if (++nr == SETS_BATCH)
					break;
			}
		}
		cond_resched();
	} while (nr == SETS_BATCH);
}

/**
 * iocb_attr_sets_css_offline - let go of an io css that goes offline
 * @css: The css.
 *
 * Context: Process context.
 */
void iocb_attr_sets_css_offline(struct cgroup_subsys_state *css)
{
	sets_end(css);
}

#ifdef CONFIG_CGROUPS
static int cgroup_lifetime(struct notifier_block *nb, unsigned long action,
			   void *cgrp)
{
	if (action == CGROUP_LIFETIME_OFFLINE)
		sets_end(cgrp);
	return NOTIFY_OK;
}

static struct notifier_block cgroup_lifetime_nb = {
	.notifier_call = cgroup_lifetime,
};

static int __init iocb_attr_sets_init(void)
{
	return blocking_notifier_chain_register(&cgroup_lifetime_notifier,
						&cgroup_lifetime_nb);
}
fs_initcall(iocb_attr_sets_init);
#endif

static void set_link(struct io_attr_set *set, unsigned int which,
		     const void *key)
{
	struct set_link *link = &set->links[which];

	link->set = set;
	link->key = key;
	if (key)
		hash_add(sets, &link->node, (unsigned long)key);
}

/*
 * Find the set from now on when what it refers to goes away. Returns false if
 * that has happened already.
 */
static bool set_publish(struct io_attr_set *set)
{
	guard(spinlock)(&sets_lock);
	set_link(set, LINK_USER, set->user);
	set_link(set, LINK_CSS, set->main.attrs.css);
	set_link(set, LINK_TARGET, set->target);
	if (set_is_online(set))
		return true;
	set_end(set);
	return false;
}

/* The file has been closed, or was not made. */
static void set_close(struct io_attr_set *set)
{
	unsigned int i;

	scoped_guard(spinlock, &sets_lock) {
		for (i = 0; i < NR_LINKS; i++)
			hash_del(&set->links[i].node);
		set_end(set);
	}
	if (!set->restricted)
		percpu_ref_kill(&set->own.ref);
	/* as do_exit() for a task */
	this_cpu_add(dirty_throttle_leaks, set->dirty.nr);
	set_put(set);
}

static int set_release(struct inode *inode, struct file *file)
{
	set_close(file->private_data);
	return 0;
}

static struct io_attr_set *set_alloc(bool restricted)
{
	struct io_attr_set *set = kzalloc_obj(*set, GFP_KERNEL_ACCOUNT);

	if (!set)
		return NULL;
	set->main.honoured = __alloc_percpu_gfp(SET_IDS * sizeof(u64),
						sizeof(u64),
						GFP_KERNEL_ACCOUNT);
	if (!set->main.honoured)
		goto free;
	set->own.honoured = set->main.honoured;
	iocb_attr_dirty_init(&set->dirty);
	set->main.dirty = &set->dirty;
	set->own.dirty = &set->dirty;
	if (percpu_ref_init(&set->main.ref, main_release, 0,
			    GFP_KERNEL_ACCOUNT))
		goto free_honoured;
	if (!restricted && percpu_ref_init(&set->own.ref, own_release, 0,
					   GFP_KERNEL_ACCOUNT))
		goto exit_main;
	set->restricted = restricted;
	/* the file, and the attributes */
	refcount_set(&set->users, restricted ? 2 : 3);
	INIT_WORK(&set->drop_work, drop_workfn);
	INIT_WORK(&set->free_work, free_workfn);
	return set;

exit_main:
	percpu_ref_exit(&set->main.ref);
free_honoured:
	free_percpu(set->main.honoured);
free:
	kfree(set);
	return NULL;
}

/* Import the list and check the permissions of the maker. */
static int set_import(struct iocb_attrs *attrs, struct iocb_attr_target *target,
		      u64 ulist)
{
	struct kiocb iocb = { };
	const struct iocb_attr_import import = {
		.iocb	= &iocb,
		.attrs	= attrs,
		.target	= target,
	};
	int ret;

	ret = iocb_attrs_import_set(&import, PER_IO_ATTRS, ulist);
	if (ret)
		return ret;
	if (target->delegate && !target->top)
		return -EINVAL;
	if (attrs->ioc) {
		put_io_context_active(attrs->ioc);
		attrs->ioc = NULL;
	}
	/* the priority that the list or the process has, or 0 */
	attrs->ioprio = iocb.ki_ioprio;
	attrs->flags |= IOCB_ATTRS_SHARED;
	return 0;
}

/* A set of these attributes, which takes over their references. */
static struct io_attr_set *set_make(const struct iocb_attrs *attrs,
				    const struct iocb_attr_target *target)
{
	bool restricted = attrs->present & IOCB_ATTRS_CGROUP ||
			  IOPRIO_PRIO_CLASS(attrs->ioprio) == IOPRIO_CLASS_RT;
	struct io_attr_set *set = set_alloc(restricted);

	if (!set)
		return NULL;
	set->main.attrs = *attrs;
	set->own.attrs = *attrs;
	set->maker = current_maker();
	set->target = target->cgrp;
	set->top = target->top;
	set->target_kn = get_kn(set->target);
	set->top_kn = get_kn(set->top);
	return set;
}

/*
 * Serve the maker's css, and lend it to the I/O of a set that anyone may use.
 * Then publish the set. Without a css to lend, submitters have their own.
 */
static int set_serve(struct io_attr_set *set)
{
	bool online;
#ifdef CONFIG_BLK_CGROUP
	struct cgroup_subsys_state *css = task_get_css(current, io_cgrp_id);

	set_user(set, css);
	if (!set->restricted)
		set->main.attrs.css = css;
	online = set_publish(set);
	/* it may have gone offline before the set was found for it */
	if (READ_ONCE(css->flags) & CSS_DYING)
		set_user(set, NULL);
	if (set->restricted)
		css_put(css);
#else
	set_user(set, NULL);
	online = set_publish(set);
#endif
	return online || !set->restricted ? 0 : -ENODEV;
}

/**
 * iocb_attr_set_new_fd - make a file descriptor of a set
 * @file: The set.
 *
 * Return: The file descriptor, which is never 0, or -EMFILE or -ENOMEM.
 */
int iocb_attr_set_new_fd(struct file *file)
{
	/* an iocb with aio_attrs 0 is more likely a mistake */
	int fd = f_dupfd(1, file, O_CLOEXEC);

	/* no number above 0 is allowed */
	return fd == -EINVAL ? -EMFILE : fd;
}

static int set_install(struct io_attr_set *set)
{
	struct file *file;
	int fd;

	file = anon_inode_create_getfile("[iocb_attr]", &iocb_attr_set_fops,
					 set, O_RDWR, NULL);
	if (IS_ERR(file)) {
		set_close(set);
		return PTR_ERR(file);
	}
	fd = iocb_attr_set_new_fd(file);
	fput(file);
	return fd;
}

/**
 * sys_iocb_attr_create - make an attribute set
 * @list: The attributes. They must not be pi or set.
 * @flags: 0 or IOCB_ATTR_CREATE_DELEGATE.
 *
 * The list is imported with the permissions of the caller. A process that it
 * names gives its cgroup, its priority and its io_context as they are now.
 *
 * Return: A file descriptor, which is never 0; or a negative errno, as listed in
 *	Documentation/userspace-api/iocb_attr.rst.
 */
SYSCALL_DEFINE2(iocb_attr_create, const struct iocb_attr_list __user *, list,
		unsigned int, flags)
{
	struct iocb_attr_target target = {
		.delegate = flags & IOCB_ATTR_CREATE_DELEGATE,
	};
	struct iocb_attrs attrs = { };
	struct io_attr_set *set = NULL;
	int ret;

	if (flags & ~IOCB_ATTR_CREATE_DELEGATE)
		return -EINVAL;
	ret = set_import(&attrs, &target, (unsigned long)list);
	if (!ret) {
		set = set_make(&attrs, &target);
		ret = set ? 0 : -ENOMEM;
	}
	if (ret) {
		__iocb_attrs_release(&attrs);
		put_cgroup(target.cgrp);
		put_cgroup(target.top);
		return ret;
	}
	ret = set_serve(set);
	if (ret) {
		set_close(set);
		return ret;
	}
	return set_install(set);
}

/* A submitter that does not belong to set->user. */
static noinline struct iocb_attrs_shared *get_other(struct io_attr_set *set)
{
	struct iocb_attrs_shared *shared = &set->own;

	if (set->restricted)
		shared = &set->main;
	if (!percpu_ref_tryget_live_rcu(&shared->ref))
		return ERR_PTR(-ENODEV);
	if (set->restricted && !may_use(set)) {
		percpu_ref_put(&shared->ref);
		return ERR_PTR(-EPERM);
	}
	return shared;
}

/* Get a reference to the attributes that the current thread's I/O may have. */
static struct iocb_attrs_shared *set_get(struct io_attr_set *set)
{
	guard(rcu)();
	if (likely(iocb_attr_current_css() == READ_ONCE(set->user)) &&
	    likely(percpu_ref_tryget_live_rcu(&set->main.ref)))
		return &set->main;
	return get_other(set);
}

/* The set of a file, or an error. */
struct io_attr_set *iocb_attr_file_set(struct file *file)
{
	if (unlikely(file->f_op != &iocb_attr_set_fops))
		return ERR_PTR(-EBADF);
	return file->private_data;
}

/**
 * iocb_attr_set_attrs - the attributes of a set for the current thread
 * @set: The set, whose file is open.
 *
 * For I/O that takes values and no reference.
 *
 * Context: RCU read-side critical section, which the result is valid for.
 * Return: The attributes, or NULL if the set does not serve the thread.
 */
const struct iocb_attrs *iocb_attr_set_attrs(struct io_attr_set *set)
{
	struct iocb_attrs_shared *shared = &set->main;

	if (unlikely(iocb_attr_current_css() != READ_ONCE(set->user)) ||
	    unlikely(READ_ONCE(set->ended))) {
		shared = get_other(set);
		if (IS_ERR(shared))
			return NULL;
		/* the attributes are freed after an RCU grace period */
		percpu_ref_put(&shared->ref);
	}
	return &shared->attrs;
}

/* Copy attributes, with a reference of their own, but for those in @except. */
static void copy_attrs(struct iocb_attrs *to, const struct iocb_attrs *from,
		       u32 except)
{
	u32 present = from->present & ~except;

	to->present |= present;
	to->required |= from->required & present;
	to->flags |= from->flags & IOCB_ATTR_LIST_REPORT;
	if (present & BIT(IOCB_ATTR_cache))
		to->cache = from->cache;
	if (present & BIT(IOCB_ATTR_ioprio))
		to->ioprio = from->ioprio;
	if (!(present & IOCB_ATTRS_CGROUP) || except & BIT(IOCB_ATTR_cgroup) ||
	    !from->css)
		return;
	css_get(from->css);
	to->css = from->css;
	to->flags |= from->flags & IOCB_ATTRS_CSS_IS_NAMED;
}

/**
 * iocb_attr_scope_use - give an I/O the attributes of its submitter's scope
 * @iocb: An I/O of the current thread that has no attributes of its own.
 * @ref: Filled in; must stay valid until @iocb is completed.
 * @attrs: Likewise. Used only if the set reports what was honoured, which a
 *	scope does not.
 * @ioprio_set: The caller requested ki_ioprio for this I/O.
 *
 * For I/O that may be issued later or by other threads. The caller must set
 * ki_attrs and IOCB_HAS_ATTRS.
 *
 * Context: Process context of a thread for which iocb_attr_in_scope() is true
 *	and whose scope has a set.
 * Return: False if the set does not serve the thread.
 */
bool iocb_attr_scope_use(struct kiocb *iocb, struct iocb_attr_ref *ref,
			 struct iocb_attrs *attrs, bool ioprio_set)
{
	struct iocb_attrs_shared *shared;

	shared = set_get(current->iocb_attr_scope->set);
	if (IS_ERR(shared))
		return false;
	iocb_attr_set_attach(shared, iocb, ref, ioprio_set);
	if (shared->attrs.flags & IOCB_ATTR_LIST_REPORT) {
		*attrs = (struct iocb_attrs){ };
		copy_attrs(attrs, &shared->attrs, 0);
		attrs->flags &= ~IOCB_ATTR_LIST_REPORT;
		ref->attrs = attrs;
		percpu_ref_put(&shared->ref);
	}
	return true;
}

int iocb_attr_resolve_set(const struct iocb_attr_import *import,
			  const union iocb_attr_record *record)
{
	struct iocb_attrs *attrs = import->attrs;
	bool ioprio_set = import->ioprio_set ||
			  iocb_attr_present(attrs, IOCB_ATTR_ioprio);
	struct iocb_attrs_shared *shared;
	struct io_attr_set *set;
	u32 except = attrs->present;

	CLASS(fd, f)(record->set.fd);
	if (fd_empty(f))
		return -EBADF;
	set = iocb_attr_file_set(fd_file(f));
	if (IS_ERR(set))
		return PTR_ERR(set);
	shared = set_get(set);
	if (IS_ERR(shared))
		return PTR_ERR(shared);

	/* a process takes the place of a process, however it is named */
	if (except & IOCB_ATTRS_PROXY)
		except |= IOCB_ATTRS_PROXY;
	copy_attrs(attrs, &shared->attrs, except);
	/* no bit of its own is ever reported */
	attrs->present &= ~BIT(IOCB_ATTR_set);
	/* the priority of a process goes with the process */
	if (!ioprio_set && shared->attrs.ioprio &&
	    (iocb_attr_present(&shared->attrs, IOCB_ATTR_ioprio) ||
	     !(except & IOCB_ATTRS_PROXY)))
		import->iocb->ki_ioprio = shared->attrs.ioprio;
	percpu_ref_put(&shared->ref);
	return 0;
}

/* The set has no attributes of its own to support. */
bool iocb_attr_supported_set(const struct kiocb *iocb,
			     const struct iocb_attrs *attrs)
{
	return true;
}

/* iocb_attr_set_use() in all cases. */
int __iocb_attr_set_use(struct file *file, struct kiocb *iocb,
			struct iocb_attr_ref *ref, unsigned int ioprio_set)
{
	struct io_attr_set *set = iocb_attr_file_set(file);
	struct iocb_attrs_shared *shared;
	int ret;

	shared = IS_ERR(set) ? ERR_CAST(set) : set_get(set);
	if (IS_ERR(shared)) {
		trace_iocb_attr_refused(PTR_ERR(shared), IOCB_ATTR_ERR_TARGET,
					0, IOCB_ATTR_set);
		return PTR_ERR(shared);
	}

	iocb_attr_set_attach(shared, iocb, ref, ioprio_set);
	iocb->ki_attrs = ref;
	if (shared->attrs.required && iocb->ki_filp) {
		ret = iocb_attrs_check_file(iocb);
		if (ret) {
			percpu_ref_put(&shared->ref);
			return ret;
		}
	}
	if (trace_iocb_attr_accepted_enabled())
		iocb_attrs_trace_accepted(iocb, 0);
	return 0;
}

const struct file_operations iocb_attr_set_fops = {
	.release	= set_release,
	.show_fdinfo	= PTR_IF(IS_ENABLED(CONFIG_PROC_FS),
				 iocb_attr_set_show_fdinfo),
	.llseek		= noop_llseek,
};
