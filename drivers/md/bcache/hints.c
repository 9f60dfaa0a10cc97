// SPDX-License-Identifier: GPL-2.0
/*
 * Cache hints: the cache attribute of an I/O (include/uapi/linux/iocb_attr.h).
 *
 * Hints replace bcache's guesses (sequential, congested, read-ahead), never
 * the administrator's decisions nor what keeps the data right:
 *
 *  - the cache_hints file says which hints are looked at;
 *  - while detaching, when the cache is nearly full, with cache_mode none, or
 *    unaligned to the cache's blocks, everything bypasses;
 *  - with cache_mode writearound no write is cached, and only cache_mode
 *    writeback caches dirty data;
 *  - a write that overlaps dirty data on its way to the backing device goes
 *    to the cache as well;
 *  - a write that overlaps dirty data is treated as if it had neither BYPASS
 *    nor WRITETHROUGH. Dirty data may be durable, and dropping its key can
 *    become durable before the new data, which is in the volatile cache of
 *    the backing device until that is flushed. After a power failure between
 *    the two both would be lost.
 *
 * A hint is reported as honoured when the I/O has been treated as it asks.
 */
#include "bcache.h"
#include "hints.h"

u32 __bch_hints(const struct cached_dev *dc, u32 hints, bool write)
{
	unsigned int obeyed = READ_ONCE(dc->cache_hints);

	if (obeyed == BCH_CACHE_HINTS_OFF)
		return 0;
	if (hints & IOCB_CACHE_BYPASS)
		return IOCB_CACHE_BYPASS;
	if (write && hints & IOCB_CACHE_WRITEAROUND)
		return IOCB_CACHE_BYPASS;
	if (obeyed == BCH_CACHE_HINTS_BYPASS)
		return 0;
	if (!write)
		return hints & IOCB_CACHE_ADMIT;

	hints &= IOCB_CACHE_ADMIT | IOCB_CACHE_WRITETHROUGH |
		 IOCB_CACHE_WRITEBACK;
	return hints ? hints | IOCB_CACHE_ADMIT : 0;
}

void __bch_hints_done(struct cached_dev *dc, struct bio *bio, u32 hints,
		      bool bypass, bool writeback)
{
	struct bcache_device *d = &dc->disk;
	bool done;

	if (hints & IOCB_CACHE_BYPASS)
		done = bypass;
	else if (hints & IOCB_CACHE_WRITETHROUGH)
		done = !bypass && !writeback;
	else if (hints & IOCB_CACHE_WRITEBACK)
		done = writeback;
	else
		done = !bypass;

	bch_mark_hints(d->c, dc, hints & IOCB_CACHE_BYPASS, done);
	if (done)
		bio_attr_honoured(bio, cache, disk_devt(d->disk));
}
