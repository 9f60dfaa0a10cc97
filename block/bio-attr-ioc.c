// SPDX-License-Identifier: GPL-2.0
/*
 * The io_context of I/O that is done for somebody other than the submitter.
 *
 * A scheduler that has queues for each task finds them by io_context. I/O with
 * a proxy attribute uses that of the process it names. I/O that names a cgroup
 * or a priority has no process: each pair of these has an io_context of its
 * own, made when a scheduler first asks for it. The cgroup holds it active, as
 * a task would, until it was removed and its blkgs are offline. There is one for
 * a priority at most, so a cgroup has no more than 32.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/xarray.h>

#include "blk.h"
#include "blk-cgroup.h"

/* The class and the level; there is no limit to the number of hints. */
static unsigned long ioc_key(int ioprio)
{
	return IOPRIO_PRIO_VALUE(IOPRIO_PRIO_CLASS(ioprio),
				 IOPRIO_PRIO_LEVEL(ioprio));
}

static struct io_context *add_ioc(struct xarray *iocs, const bool *closed,
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
	/* what is in there is the cgroup's, and now the caller's too */
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
		ioc = add_ioc(iocs, closed, key);
	return ioc;
}

/**
 * bio_get_ioc - get the io_context of a bio's cgroup and priority
 * @bio: A bio that bio_for_whom() is true of, with its final priority.
 * @create: Make the io_context if there is none yet.
 *
 * If the cgroup was removed, it is that of the nearest ancestor that was not.
 *
 * Context: Process context, interrupts on; does not sleep.
 * Return: The io_context, for put_io_context_active(); NULL if there is none,
 *	or no memory for a new one.
 */
#ifdef CONFIG_BLK_CGROUP
struct io_context *bio_get_ioc(const struct bio *bio, bool create)
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
EXPORT_SYMBOL_GPL(bio_get_ioc);

/**
 * blkcg_exit_iocs - let go of the io_contexts of a cgroup
 * @blkcg: The cgroup. It was removed, and has no blkgs any more.
 *
 * I/O in flight keeps what it uses.
 *
 * Context: Process context.
 */
void blkcg_exit_iocs(struct blkcg *blkcg)
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
struct io_context *bio_get_ioc(const struct bio *bio, bool create)
{
	static DEFINE_XARRAY(iocs);
	static const bool closed;

	return get_ioc(&iocs, &closed, ioc_key(bio->bi_ioprio), create);
}
EXPORT_SYMBOL_GPL(bio_get_ioc);
#endif

/**
 * bio_ioprio_is_own - is the priority of a bio that of the submitting task?
 * @bio: A bio that bio_for_whom() is true of, with its final priority.
 *
 * An ioprio attribute that asks for what the task's I/O has anyway changes
 * nothing, if there is no other attribute that says whom the I/O is for.
 *
 * Context: The task that submits @bio.
 * Return: Whether @bio is as one of this task without attributes.
 */
bool bio_ioprio_is_own(const struct bio *bio)
{
	return (bio_attrs(bio)->given & IOCB_ATTRS_WHO) ==
			BIT(IOCB_ATTR_ioprio) &&
	       ioc_key(bio->bi_ioprio) == ioc_key(get_current_ioprio());
}
EXPORT_SYMBOL_GPL(bio_ioprio_is_own);
