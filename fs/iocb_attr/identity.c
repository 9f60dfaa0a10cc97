// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: priorities, and processes that I/O is done for.
 */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/iocb_attr_submit.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/security.h>

#include "iocb_attr_private.h"

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

/* Without the io controller in the cgroup an ancestor is charged instead. */
bool iocb_attr_supported_charge(const struct kiocb *iocb,
				const struct iocb_attrs *attrs)
{
	if (!(attrs->flags & IOCB_ATTRS_CSS_IS_NAMED))
		return false;
	if (!(iocb->ki_flags & IOCB_DIRECT))
		return iocb_attr_supported_buffered(iocb, attrs);
	return iocb_attr_supported_direct(iocb, attrs);
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
static int may_act_for_task(struct task_struct *task)
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
static int charge_as(const struct iocb_attr_import *import,
		     struct task_struct *task, bool own)
{
	struct iocb_attrs *attrs = import->attrs;
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
	if (!below && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return iocb_attr_set_target(import, css->cgroup, NULL);
}
#else
static int charge_as(const struct iocb_attr_import *import,
		     struct task_struct *task, bool own)
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
static int adopt_task(const struct iocb_attr_import *import,
		      struct task_struct *task)
{
	struct iocb_attrs *attrs = import->attrs;
	bool own = same_thread_group(task, current);
	int ret, ioprio;

	if (!own) {
		ret = may_act_for_task(task);
		if (ret)
			return ret;
	}
	if (!iocb_attr_present(attrs, IOCB_ATTR_cgroup)) {
		ret = charge_as(import, task, own);
		if (ret)
			return ret;
	}

	if (import->ioprio_set ||
	    iocb_attr_present(attrs, IOCB_ATTR_ioprio))
		return 0;
	attrs->ioc = get_task_io_context_active(task, &ioprio);
	/* the caller may not be permitted to use the class of the task */
	ret = check_ioprio(ioprio);
	if (ret)
		return ret;
	import->iocb->ki_ioprio = ioprio;
	/* the I/O will be charged to another cgroup than that of the task */
	if (IS_ENABLED(CONFIG_BLK_CGROUP) && attrs->ioc &&
	    (iocb_attr_present(attrs, IOCB_ATTR_cgroup) || !attrs->css)) {
		put_io_context_active(attrs->ioc);
		attrs->ioc = NULL;
	}
	return 0;
}

int iocb_attr_resolve_proxy_pid(const struct iocb_attr_import *import,
				const union iocb_attr_record *record)
{
	struct task_struct *task;
	int ret;

	/* a pid truncated to pid_t would name another process */
	if (record->proxy_pid.pid > INT_MAX)
		return -ESRCH;
	task = find_get_task_by_vpid(record->proxy_pid.pid);
	if (!task)
		return -ESRCH;
	ret = adopt_task(import, task);
	put_task_struct(task);
	return ret;
}

int iocb_attr_resolve_proxy_pidfd(const struct iocb_attr_import *import,
				  const union iocb_attr_record *record)
{
	struct task_struct *task;
	unsigned int f_flags;
	int ret;

	task = pidfd_get_task(record->proxy_pidfd.pidfd, &f_flags);
	if (IS_ERR(task))
		return PTR_ERR(task);
	ret = adopt_task(import, task);
	put_task_struct(task);
	return ret;
}

int iocb_attr_resolve_ioprio(const struct iocb_attr_import *import,
			     const union iocb_attr_record *record)
{
	u16 ioprio = record->ioprio.ioprio;
	int ret;

	if (import->ioprio_set && import->iocb->ki_ioprio != ioprio)
		return -EINVAL;
	ret = check_ioprio(ioprio);
	if (ret)
		return ret;
	if (IOPRIO_PRIO_CLASS(ioprio) == IOPRIO_CLASS_NONE) {
		/* each I/O of a set has the priority of its submitter */
		if (import->target) {
			import->attrs->present &= ~BIT(IOCB_ATTR_ioprio);
			return 0;
		}
		/* submit_bio() would use the task that calls it */
		ioprio = get_current_ioprio();
	}
	import->attrs->ioprio = ioprio;
	import->iocb->ki_ioprio = ioprio;
	return 0;
}
