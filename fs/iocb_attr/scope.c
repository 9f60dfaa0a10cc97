// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: the scope of a thread.
 *
 * A thread that has an attribute set has a scope: its I/O has the attributes of
 * the set. A scope never makes an I/O fail. While the set does not serve the
 * thread, for example because the thread was moved to another cgroup or because
 * the named cgroup was removed, the thread's I/O is its own.
 */
#include <linux/binfmts.h>
#include <linux/cgroup.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iocb_attr_scope.h>
#include <linux/iocb_attr_set.h>
#include <linux/iocb_attr_set_use.h>
#include <linux/ioprio.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "iocb_attr_private.h"
#include "set.h"

/**
 * struct iocb_attr_thread - the attribute set of a thread
 * @file: The set, or NULL. Changed by the thread, read by others with
 *	get_file_active().
 * @this_thread: PR_IOCB_ATTR_THREAD: neither inherited nor kept over execve(2).
 * @scope: The scope with the set.
 * @dirty: The counters of the thread while it has those of a set.
 * @live: Whose counters are in struct task_struct: @dirty, or those of the set.
 * @rcu: For other threads that read @file.
 */
struct iocb_attr_thread {
	struct file		*file;
	bool			this_thread;
	struct iocb_attr_scope	scope;
	struct iocb_attr_dirty	dirty;
	struct iocb_attr_dirty	*live;
	struct rcu_head		rcu;
};

/* The current thread's own; NULL until it has had a set. */
static struct iocb_attr_thread *current_thread(void)
{
	return rcu_dereference_protected(current->iocb_attr_thread, true);
}

/**
 * iocb_attr_scope_attrs - the attributes that the scope of the current thread has
 *
 * Context: Any context of a thread for which iocb_attr_in_scope() is true, in an
 *	RCU read-side critical section, which the result is valid for.
 * Return: The attributes, or NULL if the I/O is the thread's own.
 */
const struct iocb_attrs *iocb_attr_scope_attrs(void)
{
	const struct iocb_attr_scope *scope = current->iocb_attr_scope;

	/* interrupts and reclaim do not work for the thread */
	if (!in_task() || current->flags & PF_MEMALLOC)
		return NULL;
	if (scope->ref)
		return scope->ref->attrs;
	return iocb_attr_set_attrs(scope->set);
}

/**
 * iocb_attr_scope_ioprio - the priority that the scope of the current thread has
 *
 * Context: Any context of a thread for which iocb_attr_in_scope() is true.
 * Return: The priority of the scope, or that of the thread if the scope has none
 *	or does not apply.
 */
int iocb_attr_scope_ioprio(void)
{
	const struct iocb_attr_scope *scope = current->iocb_attr_scope;
	const struct iocb_attrs *attrs;

	guard(rcu)();
	attrs = iocb_attr_scope_attrs();
	if (attrs && scope->ref)
		return scope->ioprio;
	return attrs && attrs->ioprio ? attrs->ioprio : get_current_ioprio();
}

void iocb_attr_dirty_init(struct iocb_attr_dirty *dirty)
{
	/* as for a new task */
	*dirty = (struct iocb_attr_dirty){
		.pause = 128 >> (PAGE_SHIFT - 10),
	};
}

/*
 * Scopes have counters of their own, so that the pages of one client do not
 * make another wait, and a thread that changes between clients does not evade
 * throttling.
 */
static void dirty_switch(struct iocb_attr_dirty *from,
			 const struct iocb_attr_dirty *to)
{
	WRITE_ONCE(from->nr, current->nr_dirtied);
	WRITE_ONCE(from->pause, current->nr_dirtied_pause);
	WRITE_ONCE(from->paused_when, current->dirty_paused_when);
	current->nr_dirtied = READ_ONCE(to->nr);
	current->nr_dirtied_pause = READ_ONCE(to->pause);
	current->dirty_paused_when = READ_ONCE(to->paused_when);
}

/*
 * The counters of a set. Only a set that names a cgroup has some: whoever may
 * make others at any time would evade throttling with them.
 */
static struct iocb_attr_dirty *
dirty_of_shared(const struct iocb_attrs_shared *shared)
{
	return shared->attrs.flags & IOCB_ATTRS_CSS_IS_NAMED ? shared->dirty :
							       NULL;
}

/* The counters of the I/O's set, unless the thread has them already. */
static struct iocb_attr_dirty *dirty_of_ref(const struct iocb_attr_ref *ref)
{
	struct iocb_attr_thread *thread = current_thread();
	struct iocb_attr_dirty *dirty;

	if (!(ref->attrs->flags & IOCB_ATTRS_SHARED))
		return NULL;
	dirty = dirty_of_shared(iocb_attrs_to_shared(ref->attrs));
	return thread && thread->live == dirty ? NULL : dirty;
}

/* The I/O may complete, and drop its references, before the call ends. */
static void call_hold(struct iocb_attr_call *call,
		      const struct iocb_attrs *attrs)
{
	call->shared = NULL;
	call->css = NULL;
	if (attrs->flags & IOCB_ATTRS_SHARED) {
		call->shared = iocb_attrs_to_shared(attrs);
		percpu_ref_get(&call->shared->ref);
		return;
	}
	call->css = iocb_attrs_named_css(attrs);
	if (call->css)
		css_get(call->css);
}

static void call_drop(const struct iocb_attr_call *call)
{
	if (call->shared)
		percpu_ref_put(&call->shared->ref);
	if (call->css)
		css_put(call->css);
}

static void call_begin(struct iocb_attr_call *call)
{
	call->outer = current->iocb_attr_scope;
	call->flags = current->flags & PF_IOCB_ATTR;
	current->iocb_attr_scope = &call->scope;
	current->flags |= PF_IOCB_ATTR;
}

/**
 * iocb_attr_call_begin - begin a call that does buffered I/O with attributes
 * @call: Filled in; must stay valid until iocb_attr_call_end().
 * @ref: The attributes of the I/O. Their memory stays valid likewise, even if
 *	the I/O completes.
 * @ioprio: Its priority.
 * @own_dirty: The caller must not wait for the dirty pages of another cgroup.
 *
 * What the current thread does until iocb_attr_call_end() has these attributes
 * instead of those of the thread.
 *
 * Context: Process context.
 */
void iocb_attr_call_begin(struct iocb_attr_call *call,
			  struct iocb_attr_ref *ref, u16 ioprio, bool own_dirty)
{
	call_hold(call, ref->attrs);
	call->live = own_dirty ? NULL : dirty_of_ref(ref);
	call->scope = (struct iocb_attr_scope){
		.ref = ref,
		.ioprio = ioprio,
		.own_dirty = own_dirty,
	};
	if (call->live)
		dirty_switch(&call->dirty, call->live);
	call_begin(call);
}

/**
 * iocb_attr_call_begin_set - begin to submit I/O that has a scope
 * @call: Filled in; must stay valid until iocb_attr_call_end().
 * @file: A set, which must stay open likewise.
 *
 * Context: Process context.
 */
void iocb_attr_call_begin_set(struct iocb_attr_call *call,
			      const struct file *file)
{
	call->shared = NULL;
	call->css = NULL;
	call->live = NULL;
	call->scope = (struct iocb_attr_scope){ .set = file->private_data };
	call_begin(call);
}

/**
 * iocb_attr_call_end - end iocb_attr_call_begin()
 * @call: Its argument.
 *
 * Context: The same thread.
 */
void iocb_attr_call_end(const struct iocb_attr_call *call)
{
	current->flags &= ~PF_IOCB_ATTR;
	current->flags |= call->flags;
	current->iocb_attr_scope = call->outer;
	if (call->live)
		dirty_switch(call->live, &call->dirty);
	call_drop(call);
}

/* Let struct task_struct have the counters of a set, or those of the thread. */
static void dirty_use(struct iocb_attr_thread *thread,
		      const struct io_attr_set *set)
{
	struct iocb_attr_dirty *dirty = set ? dirty_of_shared(&set->main) :
					      NULL;

	if (!dirty)
		dirty = &thread->dirty;
	if (dirty == thread->live)
		return;
	dirty_switch(thread->live, dirty);
	thread->live = dirty;
}

/* Replace the set of the current thread; takes over the reference to @file. */
static void set_file(struct iocb_attr_thread *thread, struct file *file,
		     bool this_thread)
{
	struct io_attr_set *set = file ? file->private_data : NULL;
	struct file *old = thread->file;

	dirty_use(thread, set);
	/* pairs with get_file_active() */
	smp_store_release(&thread->file, file);
	thread->this_thread = this_thread;
	thread->scope.set = set;
	if (file) {
		current->iocb_attr_scope = &thread->scope;
		current->flags |= PF_IOCB_ATTR;
	} else {
		current->flags &= ~PF_IOCB_ATTR;
		current->iocb_attr_scope = NULL;
	}
	if (old)
		fput(old);
}

static struct iocb_attr_thread *alloc_thread(void)
{
	struct iocb_attr_thread *thread;

	thread = kzalloc_obj(*thread, GFP_KERNEL_ACCOUNT);
	if (thread)
		thread->live = &thread->dirty;
	return thread;
}

/**
 * iocb_attr_fork - inherit the attribute set of the current thread
 * @task: The new thread or process.
 * @args: How it is made.
 *
 * Threads that the kernel makes, such as the workers of io_uring, inherit none.
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int iocb_attr_fork(struct task_struct *task,
		   const struct kernel_clone_args *args)
{
	struct iocb_attr_thread *parent = current_thread();
	struct iocb_attr_thread *thread;

	RCU_INIT_POINTER(task->iocb_attr_thread, NULL);
	task->iocb_attr_scope = NULL;
	task->flags &= ~PF_IOCB_ATTR;
	if (likely(!parent) || !parent->file || parent->this_thread ||
	    args->kthread || args->io_thread || args->user_worker)
		return 0;

	thread = alloc_thread();
	if (!thread)
		return -ENOMEM;
	thread->file = get_file(parent->file);
	thread->scope.set = parent->scope.set;
	rcu_assign_pointer(task->iocb_attr_thread, thread);
	task->iocb_attr_scope = &thread->scope;
	task->flags |= PF_IOCB_ATTR;
	return 0;
}

/**
 * iocb_attr_exec - drop the attribute set that a new program must not have
 * @secure: The program gains privileges.
 *
 * Context: Process context.
 */
void iocb_attr_exec(bool secure)
{
	struct iocb_attr_thread *thread = current_thread();

	if (unlikely(thread) && thread->file &&
	    (secure || thread->this_thread))
		set_file(thread, NULL, false);
}

/**
 * iocb_attr_exit - drop the attribute set of a thread
 * @task: The current thread, which exits; or one that could not be made.
 *
 * Context: Process context.
 */
void iocb_attr_exit(struct task_struct *task)
{
	struct iocb_attr_thread *thread;
	struct file *file;

	thread = rcu_dereference_protected(task->iocb_attr_thread, true);
	if (likely(!thread))
		return;
	/* do_exit() reads the count of the thread's own dirty pages */
	dirty_use(thread, NULL);
	task->flags &= ~PF_IOCB_ATTR;
	task->iocb_attr_scope = NULL;
	RCU_INIT_POINTER(task->iocb_attr_thread, NULL);
	/* get_file_active() may already have the thread */
	file = thread->file;
	WRITE_ONCE(thread->file, NULL);
	if (file)
		fput(file);
	kfree_rcu(thread, rcu);
}

/**
 * iocb_attr_prctl_set - PR_SET_IOCB_ATTR
 * @arg2: File descriptor of an attribute set, or -1 for none.
 * @flags: 0 or PR_IOCB_ATTR_THREAD.
 * @arg4: Must be 0.
 * @arg5: Must be 0.
 *
 * Context: Process context.
 * Return: 0; -EINVAL for bad arguments, or if the set has required attributes;
 *	-EBADF if @arg2 is not a set; -ENOMEM.
 */
int iocb_attr_prctl_set(unsigned long arg2, unsigned long flags,
			unsigned long arg4, unsigned long arg5)
{
	struct iocb_attr_thread *thread = current_thread();
	struct io_attr_set *set;
	int setfd = arg2;

	if (flags & ~PR_IOCB_ATTR_THREAD || arg4 || arg5)
		return -EINVAL;
	if (setfd == -1) {
		if (thread && thread->file)
			set_file(thread, NULL, false);
		return 0;
	}

	CLASS(fd, f)(setfd);
	if (fd_empty(f))
		return -EBADF;
	set = iocb_attr_file_set(fd_file(f));
	if (IS_ERR(set))
		return PTR_ERR(set);
	/* a page fault could not report that an attribute is not supported */
	if (set->main.attrs.required)
		return -EINVAL;
	if (!thread) {
		thread = alloc_thread();
		if (!thread)
			return -ENOMEM;
		rcu_assign_pointer(current->iocb_attr_thread, thread);
	}
	set_file(thread, get_file(fd_file(f)), flags & PR_IOCB_ATTR_THREAD);
	return 0;
}

/**
 * iocb_attr_prctl_get - PR_GET_IOCB_ATTR
 * @arg2: Must be 0.
 * @arg3: Must be 0.
 * @arg4: Must be 0.
 * @arg5: Must be 0.
 *
 * Context: Process context.
 * Return: A new file descriptor of the thread's set, which is never 0; -ENOENT if
 *	the thread has none; -EINVAL for bad arguments; -EMFILE; -ENOMEM.
 */
int iocb_attr_prctl_get(unsigned long arg2, unsigned long arg3,
			unsigned long arg4, unsigned long arg5)
{
	struct iocb_attr_thread *thread = current_thread();

	if (arg2 || arg3 || arg4 || arg5)
		return -EINVAL;
	if (!thread || !thread->file)
		return -ENOENT;
	return iocb_attr_set_new_fd(thread->file);
}

/**
 * iocb_attr_scope_get_file - the attribute set of the current thread
 *
 * Context: Process context.
 * Return: The set, with a reference to its file, or NULL.
 */
struct file *iocb_attr_scope_get_file(void)
{
	struct iocb_attr_thread *thread = current_thread();

	return thread && thread->file ? get_file(thread->file) : NULL;
}

#ifdef CONFIG_PROC_FS
/**
 * proc_iocb_attr_show - describe the attribute set of a thread
 * @m: /proc/PID/task/TID/iocb_attr. Empty if the thread has no set.
 * @ns: Not used.
 * @pid: Not used.
 * @task: The thread.
 *
 * Context: Process context.
 * Return: 0, or -EACCES if the reader may not inspect the thread.
 */
int proc_iocb_attr_show(struct seq_file *m, struct pid_namespace *ns,
			struct pid *pid, struct task_struct *task)
{
	struct iocb_attr_thread *thread;
	struct file *file = NULL;

	if (!ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS))
		return -EACCES;
	scoped_guard(rcu) {
		thread = rcu_dereference(task->iocb_attr_thread);
		if (thread)
			file = get_file_active(&thread->file);
	}
	if (!file)
		return 0;
	iocb_attr_set_show_fdinfo(m, file);
	fput(file);
	return 0;
}
#endif
