/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For system calls that take attribute lists: to read one, and what the
 * context, to which the I/O is submitted, remembers.
 */
#ifndef _LINUX_IOCB_ATTR_GRANT_H
#define _LINUX_IOCB_ATTR_GRANT_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct iocb_attrs;
struct kiocb;
struct uio_meta;

/**
 * struct iocb_attr_grants - which cgroups a context was allowed to charge
 * @lock: For changes.
 * @table: What was allowed, hashed by the id of the cgroup; NULL until the
 *	first.
 * @nr: How many these are.
 *
 * One for each struct kioctx and each struct io_ring_ctx.
 */
struct iocb_attr_grants {
	spinlock_t		lock;	/* for changes */
	unsigned int		nr;
	struct hlist_head __rcu	*table;
};

static inline void iocb_attr_init_grants(struct iocb_attr_grants *grants)
{
	spin_lock_init(&grants->lock);
	grants->nr = 0;
	RCU_INIT_POINTER(grants->table, NULL);
}

#if defined(CONFIG_IOCB_ATTR) && defined(CONFIG_CGROUPS)
void iocb_attr_exit_grants(struct iocb_attr_grants *grants);
#else
static inline void iocb_attr_exit_grants(struct iocb_attr_grants *grants)
{
}
#endif

int iocb_attrs_import(struct iocb_attrs *attrs, struct kiocb *iocb,
		      u64 ulist, bool ioprio_given,
		      struct iocb_attr_grants *grants, struct uio_meta *meta);
int iocb_attrs_import_words(struct iocb_attrs *attrs, struct kiocb *iocb,
			    const u64 *words, unsigned int nr,
			    bool ioprio_given, struct iocb_attr_grants *grants,
			    struct uio_meta *meta);
int iocb_attrs_check_file(struct kiocb *iocb);

#endif /* _LINUX_IOCB_ATTR_GRANT_H */
