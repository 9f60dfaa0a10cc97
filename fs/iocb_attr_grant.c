// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: which cgroups a context was allowed to charge.
 *
 * To ask for the right to charge a cgroup takes cgroup_mutex, which is not for
 * each I/O. A context (of io_setup(2), or a ring) remembers what was allowed, to
 * whom and from where: a grant holds for the cgroup, the credentials, the cgroup
 * of the submitter and its cgroup namespace that were looked at, and for no
 * other. Cgroups and namespaces are told by ids that are never used again, so
 * that nothing is kept alive but the credentials, and a file descriptor may be
 * closed and used for something else: it is looked up each time.
 *
 * As with an open file, what was allowed stays so when the mode of cgroup.procs
 * changes later.
 */
#include <linux/cgroup.h>
#include <linux/cgroup_namespace.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/iocb_attr_grant.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "iocb_attr.h"

/* What a program with a cgroup per client needs: a few to a bucket at most. */
#define GRANT_BITS	10
#define GRANTS_MAX	(4 << GRANT_BITS)

struct grant {
	struct hlist_node	node;
	u64			cgroup;
	u64			from;
	u64			ns;
	const struct cred	*cred;
	struct rcu_head		rcu;
};

static void free_grant(struct rcu_head *rcu)
{
	struct grant *grant = container_of(rcu, struct grant, rcu);

	put_cred(grant->cred);
	kfree(grant);
}

static u64 current_ns(void)
{
	return current->nsproxy->cgroup_ns->ns.ns_id;
}

/*
 * May current charge the cgroup with this id, as far as @grants remembers? In
 * an RCU read-side critical section.
 */
static bool granted(struct iocb_attr_grants *grants, u64 cgroup)
{
	const struct hlist_head *table;
	const struct grant *grant;

	table = rcu_dereference(grants->table);
	if (unlikely(!table))
		return false;
	hlist_for_each_entry_rcu(grant, &table[hash_64(cgroup, GRANT_BITS)],
				 node) {
		if (grant->cgroup == cgroup &&
		    grant->cred == current_cred() &&
		    grant->from == cgroup_id(task_dfl_cgroup(current)) &&
		    grant->ns == current_ns())
			return true;
	}
	return false;
}

static void forget(struct iocb_attr_grants *grants, struct hlist_head *table)
{
	struct hlist_node *next;
	struct grant *grant;
	unsigned int i;

	for (i = 0; i < 1 << GRANT_BITS; i++) {
		hlist_for_each_entry_safe(grant, next, &table[i], node) {
			hlist_del_rcu(&grant->node);
			call_rcu(&grant->rcu, free_grant);
		}
	}
	grants->nr = 0;
}

/*
 * Remember that current may charge @cgroup while it is in the cgroup with the
 * id @from. Where there is no memory, it will be asked again.
 */
static void remember(struct iocb_attr_grants *grants, u64 cgroup, u64 from)
{
	struct hlist_head *table, *new = NULL;
	struct grant *grant = kmalloc_obj(*grant, GFP_KERNEL_ACCOUNT);

	if (!grant)
		return;
	grant->cgroup = cgroup;
	grant->from = from;
	grant->ns = current_ns();
	grant->cred = get_current_cred();

	if (!rcu_access_pointer(grants->table)) {
		new = kvzalloc_objs(*new, 1 << GRANT_BITS, GFP_KERNEL_ACCOUNT);
		if (!new) {
			free_grant(&grant->rcu);
			return;
		}
	}

	spin_lock(&grants->lock);
	table = rcu_dereference_protected(grants->table,
					  lockdep_is_held(&grants->lock));
	if (!table) {
		table = new;
		new = NULL;
		rcu_assign_pointer(grants->table, table);
	}
	/* many of these are likely to be of cgroups that are gone */
	if (grants->nr >= GRANTS_MAX)
		forget(grants, table);
	grants->nr++;
	hlist_add_head_rcu(&grant->node, &table[hash_64(cgroup, GRANT_BITS)]);
	spin_unlock(&grants->lock);
	kvfree(new);
}

/* Without an io controller nobody is charged, but somebody is still named. */
#ifdef CONFIG_BLK_CGROUP
#define charged_subsys	(&io_cgrp_subsys)
#else
#define charged_subsys	NULL
#endif

/* The right to charge a cgroup is not on record: ask for it. */
static noinline int ask(int fd, struct iocb_attrs *attrs,
			struct iocb_attr_grants *grants)
{
	struct cgroup *cgrp;
	u64 from;

	/* the file may be another one now: go by what is asked about */
	cgrp = cgroup_get_from_fd_for_io(fd, &from);
	if (IS_ERR(cgrp))
		return PTR_ERR(cgrp);
	remember(grants, cgroup_id(cgrp), from);
	attrs->css = cgroup_get_e_css(cgrp, charged_subsys);
	cgroup_put(cgrp);
	return 0;
}

/* css_tryget_online(), in the read side that is entered already */
static bool tryget_css(struct cgroup_subsys_state *css)
{
	return css && !(css->flags & CSS_NO_REF) &&
	       percpu_ref_tryget_live_rcu(&css->refcnt);
}

int iocb_attr_resolve_cgroup(union iocb_attr_value value,
			     struct iocb_attrs *attrs, struct kiocb *iocb,
			     struct iocb_attr_grants *grants)
{
	struct cgroup_subsys_state *css;
	struct cgroup *cgrp;

	scoped_guard(rcu) {
		cgrp = cgroup_from_fd_rcu(value.fd);
		if (IS_ERR(cgrp))
			return PTR_ERR(cgrp);
		if (likely(granted(grants, cgroup_id(cgrp)))) {
			css = cgroup_css(cgrp, charged_subsys);
			if (unlikely(!tryget_css(css)))
				css = cgroup_get_e_css(cgrp, charged_subsys);
			attrs->css = css;
			return 0;
		}
	}
	return ask(value.fd, attrs, grants);
}

/**
 * iocb_attr_exit_grants - forget what a context was allowed
 * @grants: Of the context, which nobody uses any more.
 *
 * Context: Process context.
 */
void iocb_attr_exit_grants(struct iocb_attr_grants *grants)
{
	struct hlist_head *table = rcu_dereference_protected(grants->table, 1);

	if (!table)
		return;
	forget(grants, table);
	kvfree(table);
}
