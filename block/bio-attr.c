// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes in the block layer.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>

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
bool __bio_attrs_mergeable(const struct bio *a, const struct bio *b)
{
	static const struct iocb_attrs none;
	const struct iocb_attrs *of_a = a->bi_attrs;
	const struct iocb_attrs *of_b = b->bi_attrs;

	if (unlikely(!of_a))
		of_a = &none;
	if (unlikely(!of_b))
		of_b = &none;
	return of_a->cache.hints == of_b->cache.hints &&
	       !((of_a->given ^ of_b->given) & IOCB_ATTRS_WHO) &&
	       of_a->ioc == of_b->ioc;
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
