/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scopes: attributes of the I/O that a thread causes, whatever kind of I/O it
 * is.
 *
 * A thread has a scope while it has an attribute set, see PR_SET_IOCB_ATTR in
 * prctl(2). Buffered I/O with attributes of its own has one for the duration of
 * the call. The bios that the thread makes then have the values of the scope:
 * the cgroup is bi_blkg, the priority bi_ioprio, and bi_attrs points to one of a
 * few constant references, see block/bio-attr-scope.c. Nothing of the scope has
 * to stay valid until they end.
 *
 * An I/O with attributes of its own (IOCB_HAS_ATTRS) does not have the values
 * of a scope, nor do writeback, swap and direct reclaim.
 */
#ifndef _LINUX_IOCB_ATTR_SCOPE_H
#define _LINUX_IOCB_ATTR_SCOPE_H

#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/iocb_attr.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/types.h>

struct bio;
struct cgroup_subsys_state;
struct folio;
struct io_attr_set;
struct iocb_attrs_shared;
struct kernel_clone_args;
struct pid;
struct pid_namespace;
struct seq_file;

/**
 * struct iocb_attr_scope - what applies to the bios of a thread
 * @set: The attribute set of the thread, or NULL during an I/O that has
 *	attributes of its own.
 * @ref: The attributes of that I/O, or NULL.
 * @ioprio: The priority of that I/O.
 * @own_dirty: The I/O must not wait for the dirty pages of its cgroup.
 * @charged_own: The last folio was charged to the thread itself, since the cgroup
 *	had no room. To wait for the cgroup would not help.
 */
struct iocb_attr_scope {
	struct io_attr_set	*set;
	struct iocb_attr_ref	*ref;
	u16			ioprio;
	bool			own_dirty;
	bool			charged_own;
};

#ifdef CONFIG_IOCB_ATTR

int iocb_attr_scope_ioprio(void);

/* Whether bios of the current thread have the values of a scope. */
static inline bool iocb_attr_in_scope(void)
{
	return unlikely(current->flags & PF_IOCB_ATTR);
}

/* The priority of an I/O that requests none. */
static inline int iocb_attr_default_ioprio(void)
{
	if (iocb_attr_in_scope())
		return iocb_attr_scope_ioprio();
	return get_current_ioprio();
}

/*
 * Synchronous I/O requests no priority. Only direct I/O needs one, so this is
 * not a part of init_sync_kiocb().
 */
static inline void kiocb_set_sync_ioprio(struct kiocb *iocb)
{
	if (is_sync_kiocb(iocb) && iocb_attr_in_scope())
		iocb->ki_ioprio = iocb_attr_scope_ioprio();
}

/*
 * Whether the current thread waits for the dirty pages of its scope. A thread
 * that cleans the pages of others must not.
 */
static inline bool iocb_attr_dirties_for_other(void)
{
	return iocb_attr_in_scope() &&
	       !(current->flags & PF_LOCAL_THROTTLE) &&
	       !current->iocb_attr_scope->own_dirty &&
	       !current->iocb_attr_scope->charged_own;
}

/*
 * For I/O that the current thread does on behalf of others. Returns the
 * argument of iocb_attr_scope_resume().
 */
static inline unsigned int iocb_attr_scope_suspend(void)
{
	unsigned int flags = current->flags & PF_IOCB_ATTR;

	if (unlikely(flags))
		current->flags &= ~PF_IOCB_ATTR;
	return flags;
}

static inline void iocb_attr_scope_resume(unsigned int flags)
{
	if (unlikely(flags))
		current->flags |= flags;
}

/**
 * struct iocb_attr_dirty - what balance_dirty_pages() knows of a task
 * @nr: nr_dirtied of struct task_struct.
 * @pause: nr_dirtied_pause.
 * @paused_when: dirty_paused_when.
 */
struct iocb_attr_dirty {
	int		nr;
	int		pause;
	unsigned long	paused_when;
};

/**
 * struct iocb_attr_call - a scope for the duration of a call
 * @scope: The scope.
 * @outer: That of the thread.
 * @flags: PF_IOCB_ATTR if the thread has one.
 * @shared: The attributes of the I/O, if they are those of a set.
 * @css: The cgroup that they name otherwise, or NULL.
 * @dirty: The counters of the thread.
 * @live: Those of the set that it has instead, or NULL.
 */
struct iocb_attr_call {
	struct iocb_attr_scope		scope;
	struct iocb_attr_scope		*outer;
	unsigned int			flags;
	struct iocb_attrs_shared	*shared;
	struct cgroup_subsys_state	*css;
	struct iocb_attr_dirty		dirty;
	struct iocb_attr_dirty		*live;
};

void iocb_attr_call_begin(struct iocb_attr_call *call,
			  struct iocb_attr_ref *ref, u16 ioprio,
			  bool own_dirty);
void iocb_attr_call_begin_set(struct iocb_attr_call *call,
			      const struct file *file);
void iocb_attr_call_end(const struct iocb_attr_call *call);
const struct iocb_attrs *iocb_attr_scope_attrs(void);
struct file *iocb_attr_scope_get_file(void);
bool iocb_attr_scope_use(struct kiocb *iocb, struct iocb_attr_ref *ref,
			 struct iocb_attrs *attrs, bool ioprio_set);
bool bio_set_scope(struct bio *bio);
void bio_clear_scope(struct bio *bio);
int iocb_attr_fork(struct task_struct *task,
		   const struct kernel_clone_args *args);
void iocb_attr_exec(bool secure);
void iocb_attr_exit(struct task_struct *task);
int iocb_attr_prctl_set(unsigned long fd, unsigned long flags,
			unsigned long arg4, unsigned long arg5);
int iocb_attr_prctl_get(unsigned long arg2, unsigned long arg3,
			unsigned long arg4, unsigned long arg5);
int proc_iocb_attr_show(struct seq_file *m, struct pid_namespace *ns,
			struct pid *pid, struct task_struct *task);

#else /* CONFIG_IOCB_ATTR */

static inline bool iocb_attr_in_scope(void)
{
	return false;
}

static inline const struct iocb_attrs *iocb_attr_scope_attrs(void)
{
	return NULL;
}

static inline int iocb_attr_default_ioprio(void)
{
	return get_current_ioprio();
}

static inline void kiocb_set_sync_ioprio(struct kiocb *iocb)
{
}

static inline bool iocb_attr_dirties_for_other(void)
{
	return false;
}

static inline unsigned int iocb_attr_scope_suspend(void)
{
	return 0;
}

static inline void iocb_attr_scope_resume(unsigned int flags)
{
}

struct iocb_attr_call {
};

static inline void iocb_attr_call_begin_set(struct iocb_attr_call *call,
					    const struct file *file)
{
}

static inline void iocb_attr_call_end(const struct iocb_attr_call *call)
{
}

static inline struct file *iocb_attr_scope_get_file(void)
{
	return NULL;
}

static inline bool bio_set_scope(struct bio *bio)
{
	return false;
}

static inline void bio_clear_scope(struct bio *bio)
{
}

static inline int iocb_attr_fork(struct task_struct *task,
				 const struct kernel_clone_args *args)
{
	return 0;
}

static inline void iocb_attr_exec(bool secure)
{
}

static inline void iocb_attr_exit(struct task_struct *task)
{
}

static inline int iocb_attr_prctl_set(unsigned long fd, unsigned long flags,
				      unsigned long arg4, unsigned long arg5)
{
	return -EINVAL;
}

static inline int iocb_attr_prctl_get(unsigned long arg2, unsigned long arg3,
				      unsigned long arg4, unsigned long arg5)
{
	return -EINVAL;
}

#endif /* CONFIG_IOCB_ATTR */

#if defined(CONFIG_IOCB_ATTR) && defined(CONFIG_MEMCG)
struct cgroup_subsys_state *iocb_attr_scope_get_memcg(void);
bool iocb_attr_scope_charge(struct folio *folio, gfp_t gfp);
#else
static inline struct cgroup_subsys_state *iocb_attr_scope_get_memcg(void)
{
	return NULL;
}

static inline bool iocb_attr_scope_charge(struct folio *folio, gfp_t gfp)
{
	return false;
}
#endif

#endif /* _LINUX_IOCB_ATTR_SCOPE_H */
