// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes in the block layer.
 */
#include <linux/bio-attr.h>

/*
 * The slow half of bio_attrs_mergeable(): two I/Os, each with a list of its
 * own or one with none. What was said twice in the same words is the same,
 * and so are no hints and none given. Only what a layer below looks up counts.
 */
bool __bio_attrs_mergeable(const struct bio *a, const struct bio *b)
{
	const struct iocb_cache *cache_a = bio_attr_lookup(a, cache);
	const struct iocb_cache *cache_b = bio_attr_lookup(b, cache);

	return (cache_a ? cache_a->hints : 0) ==
	       (cache_b ? cache_b->hints : 0);
}
