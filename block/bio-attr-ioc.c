// SPDX-License-Identifier: GPL-2.0
/*
 * io_contexts of I/O whose attributes name a process, a cgroup or a priority.
 *
 * A scheduler with queues per task looks them up by io_context. I/O with a
 * proxy attribute uses the io_context of the proxied process. I/O that names a
 * cgroup or a priority has no process to take one from: each pair of cgroup and
 * priority has its own io_context, allocated when a scheduler first asks for
 * it. The cgroup keeps the io_context active, as a task would, until the cgroup
 * has been removed and its blkgs are offline. A cgroup has at most one
 * io_context per priority, that is at most 32.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/xarray.h>

#include "blk.h"
#include "blk-cgroup.h"

/* Class and level only: hints would multiply the number of io_contexts. */
static unsigned long ioc_key(int ioprio)
{
	return IOPRIO_PRIO_VALUE(IOPRIO_PRIO_CLASS(ioprio),
				 IOPRIO_PRIO_LEVEL(ioprio));
}

static struct io_context *ioc_insert(struct xarray *iocs, const bool *closed,
				     unsigned long key)
{
	struct io_context *ioc = alloc_io_context(GFP_NOWAIT, NUMA_NO_NODE);
	struct io_context *other = NULL;
	bool added = false;

	if (!ioc)
		return NULL;
	ioc->ioprio = key;

	xa_lock(iocs);
	if (!*closed) {
		other = __xa_cmpxchg(iocs, key, NULL, ioc, GFP_NOWAIT);
		added = !other;
		if (xa_is_err(other))
			other = NULL;
	}
	/* one active reference for the xarray, one for the caller */
	if (added)
		atomic_inc(&ioc->active_ref);
	else if (other)
		atomic_inc(&other->active_ref);
	xa_unlock(iocs);

	if (added)
		return ioc;
	put_io_context_active(ioc);
	return other;
}

static struct io_context *get_ioc(struct xarray *iocs, const bool *closed,
				  unsigned long key, bool create)
{
	struct io_context *ioc;

	xa_lock(iocs);
	ioc = xa_load(iocs, key);
	if (ioc)
		atomic_inc(&ioc->active_ref);
	xa_unlock(iocs);

	if (!ioc && create)
		ioc = ioc_insert(iocs, closed, key);
	return ioc;
}

/**
 * bio_attr_get_ioc - get the io_context of a bio's cgroup and priority
 * @bio: A bio with its final priority, for which bio_has_sched_attrs() is true.
 * @create: Allocate the io_context if there is none yet.
 *
 * If the cgroup has been removed, its nearest ancestor that still exists
 * provides the io_context.
 *
 * Context: Process context with interrupts enabled. Does not sleep.
 * Return: The io_context with an active reference, which
 *	put_io_context_active() drops, or NULL if there is none or the
 *	allocation failed.
 */
#ifdef CONFIG_BLK_CGROUP
struct io_context *bio_attr_get_ioc(const struct bio *bio, bool create)
{
	const unsigned long key = ioc_key(bio->bi_ioprio);
	struct io_context *ioc = NULL;
	struct blkcg_gq *blkg;

	for (blkg = bio->bi_blkg; blkg; blkg = blkg->parent) {
		struct blkcg *blkcg = blkg->blkcg;

		ioc = get_ioc(&blkcg->attr_iocs, &blkcg->attr_iocs_closed, key,
			      create);
		if (ioc || !READ_ONCE(blkcg->attr_iocs_closed))
			break;
	}
	return ioc;
}
EXPORT_SYMBOL_GPL(bio_attr_get_ioc);

/**
 * blkcg_put_attr_iocs - release the io_contexts of a cgroup
 * @blkcg: The cgroup, which has been removed and has no blkgs left.
 *
 * I/O in flight holds its own reference to an io_context.
 *
 * Context: Process context.
 */
void blkcg_put_attr_iocs(struct blkcg *blkcg)
{
	struct io_context *ioc;
	unsigned long key;

	xa_lock(&blkcg->attr_iocs);
	WRITE_ONCE(blkcg->attr_iocs_closed, true);
	xa_unlock(&blkcg->attr_iocs);

	xa_for_each(&blkcg->attr_iocs, key, ioc) {
		xa_erase(&blkcg->attr_iocs, key);
		put_io_context_active(ioc);
	}
}
#else
struct io_context *bio_attr_get_ioc(const struct bio *bio, bool create)
{
	static DEFINE_XARRAY(iocs);
	static const bool closed;

	return get_ioc(&iocs, &closed, ioc_key(bio->bi_ioprio), create);
}
EXPORT_SYMBOL_GPL(bio_attr_get_ioc);
#endif

/**
 * bio_ioprio_is_own - test whether a bio has the submitting task's own priority
 * @bio: A bio with its final priority, for which bio_has_sched_attrs() is true.
 *
 * An ioprio attribute has no effect if it requests the priority that the task's
 * I/O has anyway and no proxy or cgroup attribute is present.
 *
 * Context: The task that submits @bio.
 * Return: True if @bio is equivalent to a bio of this task without attributes.
 */
bool bio_ioprio_is_own(const struct bio *bio)
{
	return (bio_attrs(bio)->present & IOCB_ATTRS_SCHED) ==
			BIT(IOCB_ATTR_ioprio) &&
	       ioc_key(bio->bi_ioprio) == ioc_key(get_current_ioprio());
}
EXPORT_SYMBOL_GPL(bio_ioprio_is_own);
