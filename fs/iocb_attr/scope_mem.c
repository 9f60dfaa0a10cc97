// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: the memory that a scope is charged for.
 *
 * If a scope names a cgroup, page cache that the thread adds belongs to that
 * cgroup, and so do inodes that get their first dirty page, and dirty pages that
 * the thread has to wait for. This needs no permission of its own: whoever may
 * name a cgroup may also start a process there, which can use the same memory.
 */
#include <linux/cgroup.h>
#include <linux/iocb_attr_scope.h>
#include <linux/memcontrol.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

/**
 * iocb_attr_scope_get_memcg - the memory cgroup of the current thread's scope
 *
 * Context: Any context of a thread for which iocb_attr_in_scope() is true.
 * Return: The css of memory of the cgroup that is charged for the I/O, with a
 *	reference, or NULL if it is that of the thread.
 */
struct cgroup_subsys_state *iocb_attr_scope_get_memcg(void)
{
	struct cgroup_subsys_state *css;
	const struct iocb_attrs *attrs;

	/* in another hierarchy, the cgroup has no memory controller at all */
	if (!cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return NULL;
	guard(rcu)();
	attrs = iocb_attr_scope_attrs();
	/* an ancestor is charged for the I/O, but not for the memory */
	if (!attrs || !(attrs->flags & IOCB_ATTRS_CSS_IS_NAMED))
		return NULL;
	css = cgroup_e_css(attrs->css->cgroup, &memory_cgrp_subsys);
	return css_tryget_online(css) ? css : NULL;
}

/**
 * iocb_attr_scope_charge - charge page cache to the current thread's scope
 * @folio: A new folio of a file.
 * @gfp: Reclaim mode.
 *
 * Context: As mem_cgroup_charge(), of a thread for which iocb_attr_in_scope() is
 *	true.
 * Return: True if @folio has been charged. False if it has to be charged to the
 *	thread itself: the scope names no cgroup, or the cgroup has no room.
 */
bool iocb_attr_scope_charge(struct folio *folio, gfp_t gfp)
{
	struct cgroup_subsys_state *css;
	bool charged;

	if (mem_cgroup_disabled())
		return false;
	css = iocb_attr_scope_get_memcg();
	if (!css)
		return false;
	charged = !mem_cgroup_charge_spare(folio, css, gfp);
	css_put(css);
	current->iocb_attr_scope->charged_own = !charged;
	return charged;
}
