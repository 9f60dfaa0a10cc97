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
 * The slow half of bio_attrs_mergeable(): two I/Os, each with a list of its
 * own or one with none. What was said twice in the same words is the same,
 * and so are no hints and none given. Only what a layer below looks up counts:
 * the cgroup and the priority are compared where they were put, in the bio. But
 * I/O that is for somebody does not join that of the submitter, whose queue in
 * a scheduler is another.
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
	       !((a->given ^ b->given) & IOCB_ATTRS_WHO);
}

#ifdef CONFIG_BLK_CGROUP
/*
 * Charge a bio to the cgroup that its attributes name, if that still lives. A
 * cgroup comes before a proxy, and has the highest id of them.
 */
void bio_charge_attrs(struct bio *bio)
{
	const u32 names_one = BIT(IOCB_ATTR_proxy_pid) |
			      BIT(IOCB_ATTR_proxy_pidfd) |
			      BIT(IOCB_ATTR_cgroup);
	struct iocb_attrs *attrs = bio->bi_attrs;

	bio_associate_blkg_from_css(bio, attrs->css);
	if (bio->bi_blkg && bio->bi_blkg->blkcg == css_to_blkcg(attrs->css))
		__iocb_attr_honoured(attrs, __fls(attrs->given & names_one),
				     bio_dev(bio), KBUILD_MODNAME);
}
#else
void bio_charge_attrs(struct bio *bio)
{
}
#endif

/**
 * bios_attrs_honoured - hand up what was honoured of the bios of a request
 * @bio: The first bio of the request; none of them has ended.
 * @mask: What kiocb_attrs_honoured() said of the I/O that was done for them.
 *
 * Bios of one request have attributes that mean the same, but each is of an I/O
 * of its own.
 *
 * Context: Any.
 */
void bios_attrs_honoured(struct bio *bio, u32 mask)
{
	if (!mask)
		return;
	for (; bio; bio = bio->bi_next) {
		if (bio->bi_attrs)
			atomic_or(mask & bio->bi_attrs->given,
				  &bio->bi_attrs->honoured);
	}
}
EXPORT_SYMBOL_GPL(bios_attrs_honoured);
