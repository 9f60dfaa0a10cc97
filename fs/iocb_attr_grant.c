// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: which cgroups a context was allowed to charge.
 *
 * To ask for the right to charge a cgroup takes cgroup_mutex, which is not for
 * each I/O. A context (that of io_setup(2)) remembers what was allowed, to whom
 * and from where: a grant holds for the cgroup, the credentials, the cgroup of
 * the submitter and its cgroup namespace that were looked at, and for no other.
 * Cgroups and namespaces are told by ids that are never used again, so that
 * nothing is kept alive but the credentials, and a file descriptor may be
 * closed and used for something else: it is looked up each time.
 *
 * As with an open file, what was allowed stays so when the mode of cgroup.procs
 * changes later.
 */
#include <linux/cgroup.h>
#include <linux/cgroup_namespace.h>
#include <linux/cred.h>
#include <linux/iocb_attr_grant.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "iocb_attr.h"

/* What a program with a cgroup per client needs, many times over. */
#define GRANTS_MAX	4096

struct grant {
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

static void drop(struct grant *grant)
{
	if (grant)
		call_rcu(&grant->rcu, free_grant);
}

static u64 current_ns(void)
{
	return current->nsproxy->cgroup_ns->ns.ns_id;
}

/* May current charge @cgrp, as far as @grants remembers? */
bool iocb_attr_granted(struct iocb_attr_grants *grants, struct cgroup *cgrp)
{
	const u64 id = cgroup_id(cgrp);
	const struct grant *grant;
	bool granted;

	rcu_read_lock();
	grant = xa_load(&grants->by_cgroup, id);
	granted = grant && grant->cgroup == id &&
		  grant->cred == current_cred() &&
		  grant->from == cgroup_id(task_dfl_cgroup(current)) &&
		  grant->ns == current_ns();
	rcu_read_unlock();
	return granted;
}

/*
 * Remember that current may charge @cgrp while it is in the cgroup with the id
 * @from. Where there is no memory, it will be asked again.
 */
void iocb_attr_grant(struct iocb_attr_grants *grants, struct cgroup *cgrp,
		     u64 from)
{
	struct grant *grant = kmalloc_obj(*grant);
	struct grant *old;

	if (!grant)
		return;
	grant->cgroup = cgroup_id(cgrp);
	grant->from = from;
	grant->ns = current_ns();
	grant->cred = get_current_cred();

	/* many of these are likely to be of cgroups that are gone */
	if (atomic_read(&grants->nr) >= GRANTS_MAX)
		iocb_attr_forget_grants(grants);
	old = xa_store(&grants->by_cgroup, grant->cgroup, grant, GFP_KERNEL);
	if (xa_is_err(old))
		old = grant;
	else if (!old)
		atomic_inc(&grants->nr);
	drop(old);
}

/**
 * iocb_attr_forget_grants - forget what a context was allowed
 * @grants: Of the context.
 *
 * Context: Process context. Others may use @grants at the same time.
 */
void iocb_attr_forget_grants(struct iocb_attr_grants *grants)
{
	struct grant *grant;
	unsigned long id;

	xa_for_each(&grants->by_cgroup, id, grant) {
		grant = xa_erase(&grants->by_cgroup, id);
		if (!grant)
			continue;
		atomic_dec(&grants->nr);
		drop(grant);
	}
}
