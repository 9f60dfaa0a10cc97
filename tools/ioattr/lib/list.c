// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "../include/ioattr.h"

#define HEAD		offsetof(struct ioattr_list, head)
#define LIST_HEADER	sizeof(struct iocb_attr_list)

/* The kernel accepts no longer list. */
#define LIST_MAX	4096

void ioattr_init_sized(struct ioattr_list *list, size_t size, uint32_t flags)
{
	const size_t room = size - HEAD;

	list->error = 0;
	list->room = room < LIST_MAX ? room : LIST_MAX;
	list->reserved = 0;
	list->head.size = LIST_HEADER;
	list->head.flags = flags;
}

static int fail(struct ioattr_list *list, int error)
{
	if (!list->error)
		list->error = error;
	return list->error;
}

/*
 * Find the record with this id. Returns its offset from the header and its
 * size, or the end of the list and 0.
 */
static uint32_t find(const struct ioattr_list *list, uint16_t id,
		     uint32_t *size)
{
	const char *head = (const char *)list + HEAD;
	struct iocb_attr attr;
	uint32_t at;

	for (at = LIST_HEADER; at < list->head.size; at += attr.size) {
		memcpy(&attr, head + at, sizeof(attr));
		if (attr.id == id) {
			*size = attr.size;
			return at;
		}
	}
	*size = 0;
	return at;
}

int ioattr_add(struct ioattr_list *list, uint16_t id, uint16_t flags,
	       const void *fields, uint32_t size)
{
	const struct iocb_attr attr = {
		.size = size, .id = id, .flags = flags,
	};
	uint32_t other;
	char *to;

	if (list->error)
		return list->error;
	if (size < sizeof(attr) || size % 8)
		return fail(list, -EINVAL);
	if (list->head.size > list->room ||
	    size > list->room - list->head.size)
		return fail(list, -E2BIG);
	to = (char *)list + HEAD + find(list, id, &other);
	if (other)
		return fail(list, -EEXIST);
	memcpy(to, &attr, sizeof(attr));
	if (size > sizeof(attr))
		memcpy(to + sizeof(attr), fields, size - sizeof(attr));
	list->head.size += size;
	return 0;
}

int ioattr_remove(struct ioattr_list *list, uint16_t id)
{
	uint32_t at, size;
	char *record;

	if (list->error)
		return list->error;
	at = find(list, id, &size);
	if (!size)
		return -ENOENT;
	record = (char *)list + HEAD + at;
	memmove(record, record + size, list->head.size - at - size);
	list->head.size -= size;
	return 0;
}

int ioattr_add_cache(struct ioattr_list *list, uint32_t hints, uint16_t flags)
{
	const uint32_t fields[2] = { hints, 0 };

	return ioattr_add(list, IOCB_ATTR_cache, flags, fields,
			  sizeof(struct iocb_attr_cache));
}

/* The records with a file descriptor have the same layout. */
static int add_fd(struct ioattr_list *list, uint16_t id, int fd, uint16_t flags)
{
	const struct { int32_t fd; uint32_t reserved; } fields = { fd, 0 };

	return ioattr_add(list, id, flags, &fields,
			  sizeof(struct iocb_attr) + sizeof(fields));
}

int ioattr_add_cgroup(struct ioattr_list *list, int fd, uint16_t flags)
{
	return add_fd(list, IOCB_ATTR_cgroup, fd, flags);
}

int ioattr_add_proxy_pidfd(struct ioattr_list *list, int pidfd, uint16_t flags)
{
	return add_fd(list, IOCB_ATTR_proxy_pidfd, pidfd, flags);
}

int ioattr_add_set(struct ioattr_list *list, int fd, uint16_t flags)
{
	return add_fd(list, IOCB_ATTR_set, fd, flags);
}

int ioattr_add_proxy_pid(struct ioattr_list *list, pid_t pid, uint16_t flags)
{
	const uint64_t field = pid;

	return ioattr_add(list, IOCB_ATTR_proxy_pid, flags, &field,
			  sizeof(struct iocb_attr_proxy_pid));
}

int ioattr_add_ioprio(struct ioattr_list *list, uint16_t ioprio, uint16_t flags)
{
	const uint16_t fields[4] = { ioprio };

	return ioattr_add(list, IOCB_ATTR_ioprio, flags, fields,
			  sizeof(struct iocb_attr_ioprio));
}

int ioattr_add_pi(struct ioattr_list *list, const struct iocb_attr_pi *pi,
		  uint16_t flags)
{
	return ioattr_add(list, IOCB_ATTR_pi, flags, &pi->attr + 1,
			  sizeof(*pi));
}

/* memcpy(): the memory may have another declared type. */
const struct iocb_attr *ioattr_next(const struct iocb_attr_list *list,
				    const struct iocb_attr *record)
{
	const char *bytes = (const char *)list, *at;
	struct iocb_attr attr;
	struct iocb_attr_list head;
	size_t left;

	memcpy(&head, list, sizeof(head));
	if (record) {
		memcpy(&attr, record, sizeof(attr));
		at = (const char *)record + attr.size;
	} else {
		at = bytes + sizeof(head);
	}
	if (head.size % 8 || (size_t)(at - bytes) >= head.size)
		return NULL;
	left = head.size - (at - bytes);
	memcpy(&attr, at, sizeof(attr));
	if (attr.size < sizeof(attr) || attr.size % 8 || attr.size > left)
		return NULL;
	return (const struct iocb_attr *)at;
}
