// SPDX-License-Identifier: GPL-2.0
/*
 * Cache hints: the cache attribute of an I/O (include/uapi/linux/iocb_attr.h).
 *
 * Hints replace bcache's guesses (sequential, congested, read-ahead), never
 * the administrator's decisions nor what keeps the data right:
 *
 *  - while detaching, when the cache is nearly full, with cache_mode none, or
 *    unaligned to the cache's blocks, everything bypasses;
 *  - with cache_mode writearound no write is cached, and only cache_mode
 *    writeback caches dirty data;
 *  - a write that overlaps dirty data on its way to the backing device goes
 *    to the cache as well.
 */
#include "hints.h"

u32 __bch_hints(u32 hints, bool write)
{
	if (hints & IOCB_CACHE_BYPASS)
		return IOCB_CACHE_BYPASS;
	if (!write)
		return hints & IOCB_CACHE_ADMIT;
	if (hints & IOCB_CACHE_WRITEAROUND)
		return IOCB_CACHE_BYPASS;

	hints &= IOCB_CACHE_ADMIT | IOCB_CACHE_WRITETHROUGH |
		 IOCB_CACHE_WRITEBACK;
	return hints ? hints | IOCB_CACHE_ADMIT : 0;
}

/* Honoured is what is done as it was asked, not what was merely read. */
void __bch_hints_honoured(struct bio *bio, dev_t dev, u32 hints,
			  bool bypass, bool writeback)
{
	bool done;

	if (hints & IOCB_CACHE_BYPASS)
		done = bypass;
	else if (hints & IOCB_CACHE_WRITETHROUGH)
		done = !bypass && !writeback;
	else if (hints & IOCB_CACHE_WRITEBACK)
		done = writeback;
	else
		done = !bypass;

	if (done)
		bio_attr_honoured(bio, cache, dev);
}
