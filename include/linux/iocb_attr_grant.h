/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For system calls that accept attribute lists: import of a list, and grants of
 * the context that the I/O is submitted to.
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
 * struct iocb_attr_grants - cached permissions of a context to charge cgroups
 * @lock: Protects updates.
 * @table: The grants, hashed by the id of the cgroup; NULL until the first.
 * @nr: Number of grants.
 *
 * Each struct kioctx and each struct io_ring_ctx has one.
 */
struct iocb_attr_grants {
	spinlock_t		lock;	/* protects updates */
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
