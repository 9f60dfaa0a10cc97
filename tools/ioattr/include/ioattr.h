/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attribute lists without arithmetic; see ioattr(7).
 */
#ifndef IOATTR_H
#define IOATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A system whose headers are older has the copy that is installed with this. */
#ifdef __has_include
#if __has_include(<linux/iocb_attr.h>)
#include <linux/iocb_attr.h>
#else
#include "ioattr/iocb_attr.h"
#endif
#else
#include <linux/iocb_attr.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* linux/fs.h has these since 6.14: what the device is to check. */
#ifndef IO_INTEGRITY_CHK_GUARD
#define IO_INTEGRITY_CHK_GUARD	(1U << 0)
#define IO_INTEGRITY_CHK_REFTAG	(1U << 1)
#define IO_INTEGRITY_CHK_APPTAG	(1U << 2)
#endif

/**
 * struct ioattr_list - a list being built
 * @size: Bytes of the list so far. It begins here: the address of this structure
 *	is that of a struct iocb_attr_list.
 * @flags: 0 or IOCB_ATTR_LIST_REPORT.
 * @space: The records.
 * @error: The first error, a negative errno, or 0. It stays.
 *
 * Holds one of each attribute that is published. Nothing is allocated; the
 * list may be thrown away when io_submit(2) has returned.
 */
struct ioattr_list {
	uint32_t	size;
	uint32_t	flags;
	uint64_t	space[32];
	int		error;
};

/* Start an empty list; @flags: 0 or IOCB_ATTR_LIST_REPORT. */
void ioattr_init(struct ioattr_list *list, uint32_t flags);

/*
 * Append a record of @size bytes, header included, whose fields after the
 * header are @fields; NULL does if there are none. @flags: 0 or
 * IOCB_ATTR_REQUIRED. Returns 0 or the list's error: -EINVAL for a size that
 * cannot be, -E2BIG if the list is full, -EEXIST for an id that is there.
 */
int ioattr_add(struct ioattr_list *list, uint16_t id, uint16_t flags,
	       const void *fields, uint32_t size);

/* Append a cache record; @hints: IOCB_CACHE_*. */
int ioattr_add_cache(struct ioattr_list *list, uint32_t hints, uint16_t flags);

/*
 * Append who the I/O is for; @flags: 0 or IOCB_ATTR_REQUIRED. @fd: of a cgroup2
 * directory. @ioprio: as for ioprio_set(2).
 */
int ioattr_add_cgroup(struct ioattr_list *list, int fd, uint16_t flags);
int ioattr_add_proxy_pid(struct ioattr_list *list, pid_t pid, uint16_t flags);
int ioattr_add_proxy_pidfd(struct ioattr_list *list, int pidfd, uint16_t flags);
int ioattr_add_ioprio(struct ioattr_list *list, uint16_t ioprio,
		      uint16_t flags);

/*
 * Append protection information; @flags: 0 or IOCB_ATTR_REQUIRED. The header of
 * @pi need not be filled in. The buffer at @pi->addr has to stay until the I/O
 * is complete, as the data has.
 */
int ioattr_add_pi(struct ioattr_list *list, const struct iocb_attr_pi *pi,
		  uint16_t flags);

/*
 * Give @iocb the list: a prepared iocb of libaio.h or of linux/aio_abi.h, which
 * are the same in memory. Returns 0 or the list's error.
 */
struct iocb;
int ioattr_prep_aio(struct iocb *iocb, const struct ioattr_list *list);

/*
 * The record after @record in the list that begins at @list, the first one if
 * @record is NULL, and NULL at the end or where the list is malformed.
 */
const struct iocb_attr *ioattr_next(const void *list,
				    const struct iocb_attr *record);

/*
 * Write a list of attributes, or a mask of those that were honoured, to @text
 * in words, as snprintf(3) would: what does not fit into @size bytes is left
 * out, and what is returned is how long the whole is. A list of which any part
 * is malformed gives -EINVAL, and one that is longer than @len bytes as well.
 */
int ioattr_list_text(const void *list, size_t len, char *text, size_t size);
int ioattr_mask_text(uint64_t mask, char *text, size_t size);

/* The name of an attribute, or NULL. */
const char *ioattr_name(unsigned int id);

/* The name of the cache hint 1 << @bit, or NULL beyond the last one. */
const char *ioattr_hint_name(unsigned int bit);

/* "rt:0", "idle", for ioattr_add_ioprio(); false if @text is no priority. */
bool ioattr_parse_prio(const char *text, int *prio);

/**
 * struct ioattr_pi_format - the metadata of each block of a device
 * @flags: Nothing that is of use here.
 * @interval: Bytes of data that a piece of metadata is about.
 * @size: Bytes of such a piece: the length of the buffer for an I/O is this for
 *	each @interval. 0 if the file has none.
 * @opaque_size: Bytes of it that are the program's own; @opaque_offset: where.
 * @pi_size: Bytes of it that are guard and tags; @pi_offset: where.
 * @guard: How the guard is made: IOATTR_GUARD_*.
 * @app_tag_size: Bytes of the application tag.
 * @ref_tag_size: Bytes of the reference tag; 0 if it is the program's own.
 * @storage_tag_size: Bytes of the storage tag.
 * @pad: Nothing.
 *
 * The fields are those of the kernel's struct logical_block_metadata_cap.
 */
struct ioattr_pi_format {
	uint32_t	flags;
	uint16_t	interval;
	uint8_t		size;
	uint8_t		opaque_size, opaque_offset;
	uint8_t		pi_size, pi_offset;
	uint8_t		guard;
	uint8_t		app_tag_size, ref_tag_size, storage_tag_size;
	uint8_t		pad;
};

#define IOATTR_GUARD_NONE	0
#define IOATTR_GUARD_IP		1
#define IOATTR_GUARD_CRC16	2	/* of T10, polynomial 0x8bb7 */
#define IOATTR_GUARD_CRC64	4	/* of NVMe */

/* What the open file @fd has. Returns 0 or a negative errno. */
int ioattr_pi_format(int fd, struct ioattr_pi_format *format);

/**
 * struct ioattr_cap - what comes of attributes, of direct I/O on a file
 * @known: Bit per attribute id that the kernel knows.
 * @reads: Those that reads take along to each device below, as far as is known.
 * @writes: The same of writes.
 * @controllers: Those that cgroup controllers act on.
 * @schedulers: Those that an I/O scheduler on the way acts on now.
 * @caches: Those that a cache on the way acts on now.
 * @devices: Those that the devices act on.
 * @list_flags: IOCB_ATTR_LIST_* that the kernel knows.
 * @hints: IOCB_CACHE_* that the kernel knows.
 * @sizes: By attribute id, bytes of the record that the kernel knows, or 0.
 *
 * The fields are those of the kernel's struct iocb_attr_cap.
 */
struct ioattr_cap {
	uint64_t	known;
	uint64_t	reads;
	uint64_t	writes;
	uint64_t	controllers;
	uint64_t	schedulers;
	uint64_t	caches;
	uint64_t	devices;
	uint32_t	list_flags;
	uint32_t	hints;
	uint16_t	sizes[64];
};

/*
 * What the kernel makes of attributes on the open file @fd, and what it knows
 * at all, for which any file does. Returns 0 or a negative errno: -ENOSYS from
 * a kernel that has no attributes, or does not tell.
 */
int ioattr_probe(int fd, struct ioattr_cap *cap);

/* Those of @cap that anything acts on. */
static inline uint64_t ioattr_cap_honoured(const struct ioattr_cap *cap)
{
	return cap->controllers | cap->schedulers | cap->caches | cap->devices;
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* IOATTR_H */
