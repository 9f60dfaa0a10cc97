/* SPDX-License-Identifier: GPL-2.0 */
/* Random choices. A seed repeats them, with a separate stream per thread. */
#ifndef _IOCB_ATTR_SOAK_RANDOM_H
#define _IOCB_ATTR_SOAK_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct rnd {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t rnd_next(struct rnd *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline void rnd_init(struct rnd *r, uint64_t seed, uint64_t stream)
{
	r->state = seed;
	r->state = rnd_next(r) + stream;
	r->state = rnd_next(r);
}

/* 0 to @n - 1 */
static inline unsigned int rnd_below(struct rnd *r, unsigned int n)
{
	return (rnd_next(r) >> 32) * n >> 32;
}

static inline bool rnd_one_in(struct rnd *r, unsigned int n)
{
	return !rnd_below(r, n);
}

#endif /* _IOCB_ATTR_SOAK_RANDOM_H */
