/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a context, to which I/O with attributes is submitted, remembers.
 */
#ifndef _LINUX_IOCB_ATTR_GRANT_H
#define _LINUX_IOCB_ATTR_GRANT_H

#include <linux/atomic.h>
#include <linux/xarray.h>

/**
 * struct iocb_attr_grants - which cgroups a context was allowed to charge
 * @by_cgroup: What was allowed, by the id of the cgroup.
 * @nr: How many these are, or nearly.
 *
 * One for each struct kioctx.
 */
struct iocb_attr_grants {
	struct xarray	by_cgroup;
	atomic_t	nr;
};

static inline void iocb_attr_init_grants(struct iocb_attr_grants *grants)
{
	xa_init(&grants->by_cgroup);
	atomic_set(&grants->nr, 0);
}

#if defined(CONFIG_IOCB_ATTR) && defined(CONFIG_CGROUPS)
void iocb_attr_forget_grants(struct iocb_attr_grants *grants);
#else
static inline void iocb_attr_forget_grants(struct iocb_attr_grants *grants)
{
}
#endif

#endif /* _LINUX_IOCB_ATTR_GRANT_H */
