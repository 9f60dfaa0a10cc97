// SPDX-License-Identifier: GPL-2.0
/*
 * The io_context of I/O that is done for somebody other than the submitter.
 *
 * A scheduler that has queues for each task finds them by io_context. I/O with
 * a proxy attribute uses that of the process it names. I/O that names a cgroup
 * or a priority has no process: each pair of these has an io_context of its
 * own, made when a scheduler first asks for it. The cgroup holds it active, as
 * a task would, and lets go when it goes offline. There is one for a priority
 * at most, so a cgroup has no more than 32.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/xarray.h>

#include "blk.h"
#include "blk-cgroup.h"

/* Without hints, of which there is no end. */
static unsigned long ioc_key(const struct bio *bio)
{
	return IOPRIO_PRIO_VALUE(IOPRIO_PRIO_CLASS(bio->bi_ioprio),
				 IOPRIO_PRIO_LEVEL(bio->bi_ioprio));
}

#ifdef CONFIG_BLK_CGROUP
static struct xarray *bio_iocs(const struct bio *bio)
{
	return bio->bi_blkg ? &bio->bi_blkg->blkcg->attr_iocs : NULL;
}

/*
 * The cgroup is marked as dying before blkcg_exit_iocs() takes the lock: who
 * holds it and sees no mark comes first.
 */
static bool may_add(const struct bio *bio)
{
	return !css_is_dying(&bio->bi_blkg->blkcg->css);
}

/**
 * blkcg_exit_iocs - let go of the io_contexts of a cgroup that goes offline
 * @blkcg: The cgroup; css_is_dying() says so.
 *
 * I/O in flight keeps what it uses. Later I/O finds none and goes without.
 *
 * Context: Process context.
 */
void blkcg_exit_iocs(struct blkcg *blkcg)
{
	struct io_context *ioc;
	unsigned long key;

	xa_for_each(&blkcg->attr_iocs, key, ioc) {
		xa_erase(&blkcg->attr_iocs, key);
		put_io_context_active(ioc);
	}
}
#else
static DEFINE_XARRAY(all_iocs);

static struct xarray *bio_iocs(const struct bio *bio)
{
	return &all_iocs;
}

static bool may_add(const struct bio *bio)
{
	return true;
}
#endif

static struct io_context *add_ioc(struct xarray *iocs, const struct bio *bio)
{
	const unsigned long key = ioc_key(bio);
	struct io_context *ioc = alloc_io_context(GFP_NOWAIT, NUMA_NO_NODE);
	struct io_context *other = NULL;
	bool added = false;

	if (!ioc)
		return NULL;
	ioc->ioprio = key;

	xa_lock(iocs);
	if (may_add(bio)) {
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

/**
 * bio_get_ioc - get the io_context of a bio that is for somebody
 * @bio: A bio that bio_for_whom() is true of, with its final priority.
 * @create: Make the io_context if there is none yet.
 *
 * Context: Process context, interrupts on; does not sleep.
 * Return: The io_context, for put_io_context_active(); NULL if there is none.
 */
struct io_context *bio_get_ioc(const struct bio *bio, bool create)
{
	struct io_context *ioc = bio_attrs(bio)->ioc;
	struct xarray *iocs;

	if (ioc) {
		atomic_inc(&ioc->active_ref);
		return ioc;
	}

	iocs = bio_iocs(bio);
	if (!iocs)
		return NULL;
	xa_lock(iocs);
	ioc = xa_load(iocs, ioc_key(bio));
	if (ioc)
		atomic_inc(&ioc->active_ref);
	xa_unlock(iocs);

	if (!ioc && create)
		ioc = add_ioc(iocs, bio);
	return ioc;
}
EXPORT_SYMBOL_GPL(bio_get_ioc);
