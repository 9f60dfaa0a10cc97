/* SPDX-License-Identifier: GPL-2.0 */
/* Valid attribute lists, which a test can then corrupt. */
#ifndef _IOCB_ATTR_LIST_H
#define _IOCB_ATTR_LIST_H

#include "common.h"

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
