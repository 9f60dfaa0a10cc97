// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: cached permissions to charge cgroups.
 *
 * The permission check takes cgroup_mutex, which is too expensive per I/O. A
 * context (of io_setup(2), or a ring) caches one grant per cgroup. A grant
 * records everything that the check depends on: the cgroup, the mount that the
 * cgroup was opened through, the cgroup of the submitter, its cgroup namespace,
 * and its credentials. If one of these differs, the check is repeated. If it
 * succeeds, the new grant replaces the old one.
 *
 * Cgroups, mounts and namespaces are identified by ids that are never reused.
 * A grant therefore holds a reference to the credentials only. Credentials are
 * compared by value: setfsuid(2) makes new ones for each call, and a file
 * server calls it around each I/O. A file descriptor may be closed and reused,
 * so it is looked up for each I/O.
 *
 * A grant is not revoked when the mode of cgroup.procs changes. An open
 * cgroup.procs is stricter: each write checks the common ancestor again.
 */
#include <linux/cgroup.h>
#include <linux/cgroup_namespace.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/iocb_attr_submit.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/rculist.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../mount.h"
#include "iocb_attr_private.h"

/* Room for a cgroup per client: at most 4 per bucket on average. */
#define GRANT_BITS	10
#define GRANTS_MAX	(4 << GRANT_BITS)

struct charge_grant {
	struct hlist_node	node;
	u64			cgroup;
	u64			mount;
	u64			from;
	u64			ns;
	const struct cred	*cred;
	struct rcu_head		rcu;
};

static void grant_free_rcu(struct rcu_head *rcu)
{
	struct charge_grant *grant = container_of(rcu, struct charge_grant, rcu);

	put_cred(grant->cred);
	kfree(grant);
}

static u64 current_ns(void)
{
	return current->nsproxy->cgroup_ns->ns.ns_id;
}

static u64 mount_of(const struct file *file)
{
	return real_mount(file->f_path.mnt)->mnt_id_unique;
}

/* Compare credentials by value. */
static noinline bool creds_equal(const struct cred *a, const struct cred *b)
{
	struct lsm_prop of_a, of_b;

	if (a->user_ns != b->user_ns ||
	    a->cap_effective.val != b->cap_effective.val || cred_fscmp(a, b))
		return false;

	memset(&of_a, 0, sizeof(of_a));
	memset(&of_b, 0, sizeof(of_b));
	security_cred_getlsmprop(a, &of_a);
	security_cred_getlsmprop(b, &of_b);
	return !memcmp(&of_a, &of_b, sizeof(of_a));
}

/* True if the credentials are equal in all that inode_permission() checks. */
static bool creds_equivalent(const struct cred *a, const struct cred *b)
{
	return likely(a == b) || creds_equal(a, b);
}

/*
 * True if @grants has a valid grant for current to charge the cgroup with this
 * id. Must be called in an RCU read-side critical section.
 */
static bool grant_lookup(struct iocb_attr_grants *grants, u64 cgroup, u64 mount)
{
	const struct hlist_head *table;
	const struct charge_grant *grant;

	table = rcu_dereference(grants->table);
	if (unlikely(!table))
		return false;
	hlist_for_each_entry_rcu(grant, &table[hash_64(cgroup, GRANT_BITS)],
				 node) {
		if (grant->cgroup == cgroup)
			return grant->mount == mount &&
			       grant->from ==
			       cgroup_id(task_dfl_cgroup(current)) &&
			       grant->ns == current_ns() &&
			       creds_equivalent(grant->cred, current_cred());
	}
	return false;
}

static void grants_flush(struct iocb_attr_grants *grants,
			 struct hlist_head *table)
{
	struct hlist_node *next;
	struct charge_grant *grant;
	unsigned int i;

	for (i = 0; i < 1 << GRANT_BITS; i++) {
		hlist_for_each_entry_safe(grant, next, &table[i], node) {
			hlist_del_rcu(&grant->node);
			call_rcu(&grant->rcu, grant_free_rcu);
		}
	}
	grants->nr = 0;
}

/* Allocate the table of @grants unless it has one. */
static int grants_alloc_table(struct iocb_attr_grants *grants)
{
	struct hlist_head *table;

	if (likely(rcu_access_pointer(grants->table)))
		return 0;
	table = kvzalloc_objs(*table, 1 << GRANT_BITS, GFP_KERNEL_ACCOUNT);
	if (!table)
		return -ENOMEM;
	if (cmpxchg((struct hlist_head __force **)&grants->table, NULL, table))
		kvfree(table);
	return 0;
}

/*
 * Allocate a grant before the permission check. If this fails, the I/O is
 * rejected. Otherwise each I/O would take cgroup_mutex while memory is short.
 */
static struct charge_grant *grant_alloc(struct iocb_attr_grants *grants)
{
	struct charge_grant *grant;

	if (grants_alloc_table(grants))
		return NULL;
	grant = kmalloc_obj(*grant, GFP_KERNEL_ACCOUNT);
	if (grant)
		grant->cred = get_current_cred();
	return grant;
}

/* Add @grant, or replace the existing grant of the same cgroup. */
static void grant_add(struct iocb_attr_grants *grants,
		      struct charge_grant *grant)
{
	struct hlist_head *table, *bucket;
	struct charge_grant *old;

	spin_lock(&grants->lock);
	table = rcu_dereference_protected(grants->table,
					  lockdep_is_held(&grants->lock));
	bucket = &table[hash_64(grant->cgroup, GRANT_BITS)];
	hlist_for_each_entry(old, bucket, node) {
		if (old->cgroup == grant->cgroup) {
			hlist_replace_rcu(&old->node, &grant->node);
			call_rcu(&old->rcu, grant_free_rcu);
			goto out;
		}
	}
	/* most grants probably belong to removed cgroups */
	if (grants->nr >= GRANTS_MAX)
		grants_flush(grants, table);
	grants->nr++;
	hlist_add_head_rcu(&grant->node, bucket);
out:
	spin_unlock(&grants->lock);
}

#ifdef CONFIG_BLK_CGROUP
/* css_tryget_online() for callers in an RCU read-side critical section */
static bool tryget_css(struct cgroup_subsys_state *css)
{
	if (!css)
		return false;
	/* the css of the root cgroup, which is never removed */
	if (css->flags & CSS_NO_REF)
		return true;
	return percpu_ref_tryget_live_rcu(&css->refcnt);
}

/*
 * Charge the I/O to @cgrp, or to the nearest ancestor that has an io css. Must
 * be called in an RCU read-side critical section.
 */
static void charge(struct iocb_attrs *attrs, struct cgroup *cgrp)
{
	struct cgroup_subsys_state *css;

	/* cgroup v1 has the controller: v2 cgroups have no I/O limits */
	if (!cgroup_subsys_on_dfl(io_cgrp_subsys))
		return;

	css = cgroup_css(cgrp, &io_cgrp_subsys);
	if (unlikely(!tryget_css(css)))
		css = cgroup_get_e_css(cgrp, &io_cgrp_subsys);
	if (likely(css->cgroup == cgrp))
		attrs->flags |= IOCB_ATTRS_CSS_IS_NAMED;
	attrs->css = css;
}
#else
static void charge(struct iocb_attrs *attrs, struct cgroup *cgrp)
{
}
#endif

/* No cached grant: do the full permission check. */
static int check_and_grant(const struct iocb_attr_import *import,
			   struct file *file)
{
	bool nowait = import->iocb->ki_flags & IOCB_NOWAIT;
	struct charge_grant *grant = grant_alloc(import->grants);
	struct cgroup *cgrp;

	if (!grant)
		return -ENOMEM;
	cgrp = cgroup_get_from_file_for_io(file, nowait, &grant->from);
	if (IS_ERR(cgrp)) {
		grant_free_rcu(&grant->rcu);
		return PTR_ERR(cgrp);
	}
	grant->cgroup = cgroup_id(cgrp);
	grant->mount = mount_of(file);
	grant->ns = current_ns();
	grant_add(import->grants, grant);
	scoped_guard(rcu)
		charge(import->attrs, cgrp);
	cgroup_put(cgrp);
	return 0;
}

/**
 * iocb_attr_set_target - note the cgroup that a new set names
 * @import: If its target is NULL, this does nothing.
 * @cgrp: The cgroup.
 * @sb: The file system that @cgrp was found in; NULL if a process names @cgrp,
 *	whose use cannot be delegated.
 *
 * Context: Process context; takes cgroup_mutex if the set is to be delegated.
 * Return: 0, or an error of cgroup_get_delegation_top().
 */
int iocb_attr_set_target(const struct iocb_attr_import *import,
			 struct cgroup *cgrp, struct super_block *sb)
{
	struct iocb_attr_target *target = import->target;
	struct cgroup *top;

	if (!target)
		return 0;
	css_get(&cgrp->self);
	target->cgrp = cgrp;
	if (!target->delegate || !sb)
		return 0;
	top = cgroup_get_delegation_top(cgrp, sb);
	if (IS_ERR(top))
		return PTR_ERR(top);
	target->top = top;
	return 0;
}

/* A set is imported once, and needs no grant. */
static int charge_target(const struct iocb_attr_import *import,
			 struct file *file)
{
	struct cgroup *cgrp;
	u64 from;
	int ret;

	cgrp = cgroup_get_from_file_for_io(file, false, &from);
	if (IS_ERR(cgrp))
		return PTR_ERR(cgrp);
	scoped_guard(rcu)
		charge(import->attrs, cgrp);
	ret = iocb_attr_set_target(import, cgrp, file_inode(file)->i_sb);
	cgroup_put(cgrp);
	return ret;
}

int iocb_attr_resolve_cgroup(const struct iocb_attr_import *import,
			     const union iocb_attr_record *record)
{
	struct cgroup *cgrp;

	CLASS(fd_raw, f)(record->cgroup.fd);
	if (fd_empty(f))
		return -EBADF;
	if (import->target)
		return charge_target(import, fd_file(f));

	scoped_guard(rcu) {
		cgrp = cgroup_from_file_rcu(fd_file(f));
		if (IS_ERR(cgrp))
			return PTR_ERR(cgrp);
		if (grant_lookup(import->grants, cgroup_id(cgrp),
			    mount_of(fd_file(f)))) {
			charge(import->attrs, cgrp);
			return 0;
		}
	}
	return check_and_grant(import, fd_file(f));
}

/**
 * iocb_attr_exit_grants - free the grants of a context
 * @grants: The grants of a context that is no longer in use.
 *
 * Context: Process context.
 */
void iocb_attr_exit_grants(struct iocb_attr_grants *grants)
{
	struct hlist_head *table = rcu_dereference_protected(grants->table, 1);

	if (!table)
		return;
	grants_flush(grants, table);
	kvfree(table);
}

#ifdef CONFIG_IOCB_ATTR_KUNIT_TEST
#include "tests/cgroup_kunit.c"
#endif
