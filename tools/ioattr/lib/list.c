// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "../include/ioattr.h"

#define LIST_HEADER	sizeof(struct iocb_attr_list)

void ioattr_init(struct ioattr_list *list, uint32_t flags)
{
	list->size = LIST_HEADER;
	list->flags = flags;
	list->error = 0;
}

static int fail(struct ioattr_list *list, int error)
{
	if (!list->error)
		list->error = error;
	return list->error;
}

int ioattr_add(struct ioattr_list *list, uint16_t id, uint16_t flags,
	       const void *fields, uint32_t size)
{
	const size_t used = list->size - LIST_HEADER;
	char *space = (char *)list->space;
	struct iocb_attr attr = { .size = size, .id = id, .flags = flags };
	struct iocb_attr other;
	size_t at;

	if (list->error)
		return list->error;
	if (size < sizeof(attr) || size % 8)
		return fail(list, -EINVAL);
	if (size > sizeof(list->space) - used)
		return fail(list, -E2BIG);
	for (at = 0; at < used; at += other.size) {
		memcpy(&other, space + at, sizeof(other));
		if (other.id == id)
			return fail(list, -EEXIST);
	}
	memcpy(space + used, &attr, sizeof(attr));
	if (size > sizeof(attr))
		memcpy(space + used + sizeof(attr), fields,
		       size - sizeof(attr));
	list->size += size;
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

/* memcpy(): @list may have another declared type. */
const struct iocb_attr *ioattr_next(const void *list,
				    const struct iocb_attr *record)
{
	const char *bytes = list, *at;
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
