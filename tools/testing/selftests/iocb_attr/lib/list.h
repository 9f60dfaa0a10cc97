/* SPDX-License-Identifier: GPL-2.0 */
/* Valid attribute lists, which a test can then corrupt. */
#ifndef _IOCB_ATTR_LIST_H
#define _IOCB_ATTR_LIST_H

#include "common.h"

/* Two fields of a list as a number with the bytes that they have in memory. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TWO_U32(a, b)	((uint32_t)(a) | (uint64_t)(b) << 32)
#define TWO_U16(a, b)	((uint16_t)(a) | (uint32_t)(b) << 16)
#else
#define TWO_U32(a, b)	((uint64_t)(a) << 32 | (uint32_t)(b))
#define TWO_U16(a, b)	((uint32_t)(a) << 16 | (uint16_t)(b))
#endif

/* The header of a list, and that of a record. */
#define LIST(size, flags)	TWO_U32(size, flags)
#define RECORD(size, id, flags)	TWO_U32(size, TWO_U16(id, flags))
#define RECORD_OF(name)		RECORD(16, IOCB_ATTR_ ## name, 0)

/* The first record of a list. */
static inline struct iocb_attr *first_record(struct iocb_attr_list *list)
{
	return (struct iocb_attr *)(list + 1);
}

/* Build a list of one record of @size bytes in @mem. */
static inline void *list_of(void *mem, const void *record, uint32_t size)
{
	struct iocb_attr_list *list = mem;

	list->size = sizeof(*list) + size;
	list->flags = 0;
	memcpy(first_record(list), record, size);
	return list;
}

struct cache_list {
	struct iocb_attr_list	list;
	struct iocb_attr_cache	cache;
};

static inline struct cache_list cache_list(uint32_t hints, uint16_t flags)
{
	return (struct cache_list) {
		.list	= {
			.size	= sizeof(struct cache_list),
			.flags	= IOCB_ATTR_LIST_REPORT,
		},
		.cache	= {
			.attr	= {
				.size	= sizeof(struct iocb_attr_cache),
				.id	= IOCB_ATTR_cache,
				.flags	= flags,
			},
			.hints	= hints,
		},
	};
}

#endif /* _IOCB_ATTR_LIST_H */
