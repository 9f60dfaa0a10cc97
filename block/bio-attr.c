// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes in the block layer.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/export.h>

#include "blk.h"
#include "blk-cgroup.h"

/*
 * The slow half of bio_attrs_mergeable(): the attributes of two I/Os, of which
 * one may have none. They mean the same if layers below act on them alike,
 * whichever records the lists have. The caller compares the priorities of the
 * bios, and their blkgs. Two cgroups may have the same blkg, that of an
 * ancestor, if memory was short; a loop device charges @css once more, so this
 * is compared as well. I/O of the submitter itself stays apart from I/O that
 * names a cgroup, a process or a priority: schedulers have other queues for it.
 */
bool iocb_attrs_mergeable(const struct iocb_attrs *a,
			  const struct iocb_attrs *b)
{
	static const struct iocb_attrs none;

	if (unlikely(!a))
		a = &none;
	if (unlikely(!b))
		b = &none;
	return a->cache.hints == b->cache.hints && a->ioc == b->ioc &&
	       a->css == b->css &&
	       !(a->given & IOCB_ATTRS_WHO) == !(b->given & IOCB_ATTRS_WHO);
}

#ifdef CONFIG_BLK_CGROUP
/**
 * bio_attrs_counted - io.stat counts a bio that has attributes
 * @bio: The bio.
 *
 * If its attributes name a cgroup, and that is the one it is charged to, they
 * are honoured. It may be an ancestor: there is no io controller, or the cgroup
 * was removed. A cgroup comes before a proxy, and has the highest id of them.
 *
 * Context: Any.
 */
void bio_attrs_counted(struct bio *bio)
{
	const u32 names_one = BIT(IOCB_ATTR_proxy_pid) |
			      BIT(IOCB_ATTR_proxy_pidfd) |
			      BIT(IOCB_ATTR_cgroup);
	struct iocb_attrs *attrs = bio->bi_attrs;

	if (attrs->flags & IOCB_ATTRS_CSS_IS_NAMED &&
	    bio->bi_blkg->blkcg == css_to_blkcg(attrs->css))
		__iocb_attr_honoured(attrs, __fls(attrs->given & names_one),
				     bio_dev(bio), "blk-cgroup");
}
#endif

/**
 * bios_attrs_honoured - hand up what was honoured of the bios of a request
 * @bio: The first bio of the request; none of them has ended.
 * @mask: What kiocb_attrs_honoured() said of the I/O that was done for them.
 *
 * @mask may be true of a part of the request only. If bios of several I/Os were
 * merged into it, it is not known whose part that is, and none is credited.
 *
 * Context: Any.
 */
void bios_attrs_honoured(struct bio *bio, u32 mask)
{
	struct iocb_attrs *attrs;
	struct bio *next;

	if (!mask || !bio)
		return;
	attrs = bio->bi_attrs;
	for (next = bio->bi_next; next; next = next->bi_next) {
		if (next->bi_attrs != attrs)
			return;
	}
	atomic_or(mask & attrs->given, &attrs->honoured);
}
EXPORT_SYMBOL_GPL(bios_attrs_honoured);
