// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes in the block layer.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/export.h>
#include <linux/tracepoint-defs.h>

#include "blk.h"
#include "blk-cgroup.h"

DECLARE_TRACEPOINT(iocb_attr_honoured);

/*
 * Slow path of bio_attrs_mergeable(): compare the attributes of two I/Os. One of
 * the I/Os may have none. Bios may merge if lower layers treat them alike, even
 * if the lists hold different records. The caller compares the priorities and
 * the blkgs of the bios. Compare the css as well: if memory was short, two
 * cgroups may share the blkg of an ancestor, but a loop device charges the css
 * again. The submitter's own I/O does not merge with I/O that names a cgroup, a
 * process or a priority, because schedulers use separate queues for the two.
 */
bool iocb_attrs_mergeable(const struct iocb_attrs *a,
			  const struct iocb_attrs *b)
{
	static const struct iocb_attrs none;

	if (a == b)
		return true;
	if (unlikely(!a))
		a = &none;
	if (unlikely(!b))
		b = &none;
	return a->cache.hints == b->cache.hints && a->ioc == b->ioc &&
	       iocb_attrs_named_css(a) == iocb_attrs_named_css(b) &&
	       !(a->present & IOCB_ATTRS_SCHED) ==
	       !(b->present & IOCB_ATTRS_SCHED);
}

#ifdef CONFIG_BLK_CGROUP
/*
 * bio_attrs_counted() of a bio with a named cgroup. A cgroup attribute overrides
 * a proxy attribute, and has the higher id.
 */
void __bio_attrs_counted(struct bio *bio)
{
	struct iocb_attr_ref *ref = bio->bi_attrs;
	const struct iocb_attrs *attrs = ref->attrs;
	unsigned int id;

	if (unlikely(bio->bi_blkg->blkcg != css_to_blkcg(attrs->css)))
		return;
	id = __fls(attrs->present & IOCB_ATTRS_CGROUP);
	iocb_attr_count(attrs, id);
	iocb_attr_record(ref, id);
	if (tracepoint_enabled(iocb_attr_honoured))
		iocb_attr_trace_honoured(ref, id, bio_dev(bio), "blk-cgroup");
}
#endif

/**
 * rq_set_attrs_honoured - report attributes of a request's bios as honoured
 * @rq: The request. None of its bios has ended.
 * @mask: Result of kiocb_get_honoured() for the I/O that serves the request.
 *
 * @mask may apply to a part of the request only. Nothing is reported if bios of
 * several I/Os were merged into the request, since that part may belong to any
 * of them.
 *
 * Context: Any.
 */
void rq_set_attrs_honoured(struct request *rq, u32 mask)
{
	struct iocb_attr_ref *ref;
	struct bio *bio;

	if (!mask || !rq->bio)
		return;
	ref = bio_attr_ref(rq->bio);
	__rq_for_each_bio(bio, rq) {
		if (bio_attr_ref(bio) != ref)
			return;
	}
	atomic_or(mask & ref->attrs->present, &ref->honoured);
}
EXPORT_SYMBOL_GPL(rq_set_attrs_honoured);
