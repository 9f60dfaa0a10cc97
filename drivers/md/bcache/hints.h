/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BCACHE_HINTS_H_
#define _BCACHE_HINTS_H_

#include <linux/bio-attr.h>

struct cached_dev;

/*
 * Cache hints of one I/O: IOCB_CACHE_*, reduced to what they mean for its
 * direction. BYPASS and ADMIT say whether it may go to the cache, and at most
 * one of WRITETHROUGH and WRITEBACK, which imply ADMIT, how a write does.
 */
u32 __bch_hints(const struct cached_dev *dc, u32 hints, bool write);
void __bch_hints_done(struct cached_dev *dc, struct bio *bio, u32 hints,
		      bool bypass, bool writeback);

/*
 * Read the hints when the bio comes in, and keep the copy: bcache goes on
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
 * The I/O has succeeded: report and count what came of its hints. @bio, the
 * original one, must not have ended.
 */
static inline void bch_hints_done(struct cached_dev *dc, struct bio *bio,
				  u32 hints, bool bypass, bool writeback)
{
	if (unlikely(hints))
		__bch_hints_done(dc, bio, hints, bypass, writeback);
}

#endif /* _BCACHE_HINTS_H_ */
