// SPDX-License-Identifier: GPL-2.0
/*
 * Cache hints: the cache attribute of an I/O (include/uapi/linux/iocb_attr.h).
 *
 * Hints override bcache's heuristics (sequential, congested, read-ahead). The
 * administrator's settings and the rules that protect the data take precedence:
 *
 *  - the cache_hints file selects the hints that are used;
 *  - all I/O bypasses the cache while detaching, when the cache is nearly full,
 *    with cache_mode none, and if it is unaligned to the cache's blocks;
 *  - with cache_mode writearound no write is cached, and only cache_mode
 *    writeback caches dirty data;
 *  - a write that overlaps dirty data under writeback goes to the cache as
 *    well;
 *  - a write with BYPASS or WRITETHROUGH that overlaps dirty data is treated
 *    as a write without hints. The dirty data may be durable. The removal of
 *    its key can become durable before the new data does, because the new data
 *    stays in the volatile cache of the backing device until a flush. A power
 *    failure in between would lose both.
 *
 * A hint is reported as honoured if bcache did what it asked for.
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
		bio_attr_set_honoured(bio, cache, disk_devt(d->disk));
}
