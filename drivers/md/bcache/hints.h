/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BCACHE_HINTS_H_
#define _BCACHE_HINTS_H_

#include <linux/bio-attr.h>

struct cached_dev;

/*
 * Cache hints of one I/O: IOCB_CACHE_*, reduced to those that apply to its
 * direction. BYPASS and ADMIT decide whether the I/O uses the cache. At most
 * one of WRITETHROUGH and WRITEBACK selects the policy of a write; both imply
 * ADMIT.
 */
u32 __bch_hints(const struct cached_dev *dc, u32 hints, bool write);
void __bch_hints_done(struct cached_dev *dc, struct bio *bio, u32 hints,
		      bool bypass, bool writeback);

/*
 * Read the hints when the bio arrives, and keep the copy: bcache continues
 * with a search after it has ended the bio.
 */
static inline u32 bch_hints(const struct cached_dev *dc, const struct bio *bio)
{
	const struct iocb_cache *cache = bio_attr_lookup(bio, cache);

	if (likely(!cache))
		return 0;
	return __bch_hints(dc, cache->hints, op_is_write(bio_op(bio)));
}

/*
 * Count the outcome of the hints of a successful I/O, and report them if they
 * were honoured. @bio is the original bio, which must not have ended.
 */
static inline void bch_hints_done(struct cached_dev *dc, struct bio *bio,
				  u32 hints, bool bypass, bool writeback)
{
	if (unlikely(hints))
		__bch_hints_done(dc, bio, hints, bypass, writeback);
}

#endif /* _BCACHE_HINTS_H_ */
