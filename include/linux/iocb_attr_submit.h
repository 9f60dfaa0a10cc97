/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For system calls that accept attribute lists: import of a list, and the
 * cached permissions of the context that the I/O is submitted to.
 */
#ifndef _LINUX_IOCB_ATTR_SUBMIT_H
#define _LINUX_IOCB_ATTR_SUBMIT_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct iocb_attr_ref;
struct iocb_attr_target;
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

/**
 * struct iocb_attr_import - arguments of iocb_attrs_import()
 * @iocb: The I/O. ki_filp, ki_pos, ki_flags (with IOCB_WRITE for a write) and
 *	ki_ioprio must be set. ki_filp is NULL if the file is not known yet:
 *	call iocb_attrs_check_file() when it is.
 * @ref: Filled in; must stay valid until @iocb is completed.
 * @attrs: Likewise.
 * @grants: The cached permissions of the context that the I/O is submitted to.
 * @meta: Storage for the contents of a pi record. Starting the I/O consumes it;
 *	it is not used after that. A caller that starts the I/O again must save
 *	the state that @meta has after the import, and restore it.
 * @target: Filled in for a new set; NULL for an I/O.
 * @ioprio_set: The caller requested ki_ioprio for this I/O. An ioprio record
 *	must have the same value.
 */
struct iocb_attr_import {
	struct kiocb		*iocb;
	struct iocb_attr_ref	*ref;
	struct iocb_attrs	*attrs;
	struct iocb_attr_grants	*grants;
	struct uio_meta		*meta;
	struct iocb_attr_target	*target;
	bool			ioprio_set;
};

int iocb_attrs_import(const struct iocb_attr_import *import, u64 ulist);
int iocb_attrs_import_sqe(const struct iocb_attr_import *import,
			  const u64 *words, unsigned int nr);
int iocb_attrs_check_file(struct kiocb *iocb);

#endif /* _LINUX_IOCB_ATTR_SUBMIT_H */
