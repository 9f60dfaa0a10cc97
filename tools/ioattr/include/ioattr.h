/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * Build and inspect attribute lists; see ioattr(7).
 */
#ifndef IOATTR_H
#define IOATTR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Use the copy installed with this header if the kernel headers are older. */
#ifdef __has_include
#if __has_include(<linux/iocb_attr.h>)
#include <linux/iocb_attr.h>
#else
#include "ioattr/iocb_attr.h"
#endif
#else
#include <linux/iocb_attr.h>
#endif

/* The version of this header; ioattr_version() returns that of the library. */
#define IOATTR_VERSION_MAJOR	1
#define IOATTR_VERSION_MINOR	0
#define IOATTR_VERSION_PATCH	0
#define IOATTR_VERSION_OF(major, minor, patch)			\
	((major) * 1000000U + (minor) * 1000U + (patch))
#define IOATTR_VERSION	IOATTR_VERSION_OF(IOATTR_VERSION_MAJOR,	\
					  IOATTR_VERSION_MINOR,	\
					  IOATTR_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Checks by the device; linux/fs.h defines these since 6.14. */
#ifndef IO_INTEGRITY_CHK_GUARD
#define IO_INTEGRITY_CHK_GUARD	(1U << 0)
#define IO_INTEGRITY_CHK_REFTAG	(1U << 1)
#define IO_INTEGRITY_CHK_APPTAG	(1U << 2)
#endif

/* ioattr_cap.features; linux/fs.h of a kernel with attribute sets has it. */
#ifndef IOCB_ATTR_CAP_SETS
#define IOCB_ATTR_CAP_SETS	(1ULL << 0)
#endif
/* The same for scopes. */
#ifndef IOCB_ATTR_CAP_SCOPE
#define IOCB_ATTR_CAP_SCOPE	(1ULL << 1)
#endif

/* The version of the library, to compare with IOATTR_VERSION_OF(). */
unsigned int ioattr_version(void);

/*
 * Returns 1 if the kernel supports attributes, or a negative errno: -ENOSYS if
 * it does not, -EOPNOTSUPP if it was built without them, or another one if this
 * cannot be determined.
 */
int ioattr_supported(void);

/**
 * struct ioattr_list - an attribute list and the state of its construction
 * @error: The first error, a negative errno, or 0. It remains until
 *	ioattr_init() is called again.
 * @room: Maximum of @head.size.
 * @reserved: 0.
 * @head: The list as the kernel reads it. @head.size is its current size.
 * @space: The records.
 *
 * There is room for one record of each published attribute. Nothing is
 * allocated; the list may be freed when io_submit(2) has returned.
 *
 * The library never uses sizeof(struct ioattr_list) but @room, so @space may
 * become larger without a new soname.
 */
struct ioattr_list {
	int32_t			error;
	uint32_t		room;
	uint64_t		reserved;
	struct iocb_attr_list	head;
	uint64_t		space[32];
};

/*
 * Initialise an empty list in the @size bytes at @list, which may be more or
 * less than struct ioattr_list has, but at least offsetof(struct ioattr_list,
 * space).
 * @flags: 0 or IOCB_ATTR_LIST_REPORT.
 */
void ioattr_init_sized(struct ioattr_list *list, size_t size, uint32_t flags);

/* Initialise an empty list; @flags: 0 or IOCB_ATTR_LIST_REPORT. */
static inline void ioattr_init(struct ioattr_list *list, uint32_t flags)
{
	ioattr_init_sized(list, sizeof(*list), flags);
}

/*
 * Append a record of @size bytes including the header. @fields are the fields
 * after the header, or NULL if there are none. @flags: 0 or
 * IOCB_ATTR_REQUIRED. Returns 0 or the list's error: -EINVAL for an invalid
 * size, -E2BIG if the list is full, -EEXIST if the id is present already.
 */
int ioattr_add(struct ioattr_list *list, uint16_t id, uint16_t flags,
	       const void *fields, uint32_t size);

/*
 * Remove a record. Another one with this id can then be appended. Returns 0,
 * the list's error, or -ENOENT if there is no such record.
 */
int ioattr_remove(struct ioattr_list *list, uint16_t id);

/*
 * Check a list by the rules that the kernel applies to its bytes, which are
 * those of the kernel headers that the library was built with. Returns 0 or the
 * errno that the kernel would return, and stores the offset of the first wrong
 * record, or 0 for the header, in *@offset unless it is NULL. Whether files and
 * processes exist, and the permissions, are not checked.
 */
int ioattr_list_check(const struct iocb_attr_list *list, uint32_t *offset);

/* Append a cache record; @hints: IOCB_CACHE_*. */
int ioattr_add_cache(struct ioattr_list *list, uint32_t hints, uint16_t flags);

/*
 * Append the cgroup to charge, the process that the I/O is done for, or the
 * priority. @flags: 0 or IOCB_ATTR_REQUIRED. @fd: a cgroup2 directory.
 * @ioprio: as for ioprio_set(2).
 */
int ioattr_add_cgroup(struct ioattr_list *list, int fd, uint16_t flags);
int ioattr_add_proxy_pid(struct ioattr_list *list, pid_t pid, uint16_t flags);
int ioattr_add_proxy_pidfd(struct ioattr_list *list, int pidfd, uint16_t flags);
int ioattr_add_ioprio(struct ioattr_list *list, uint16_t ioprio,
		      uint16_t flags);

/*
 * Append an attribute set, a file descriptor from ioattr_set_create(). The
 * other records of the list replace the same attributes of the set.
 */
int ioattr_add_set(struct ioattr_list *list, int fd, uint16_t flags);

/*
 * Append protection information; @flags: 0 or IOCB_ATTR_REQUIRED. The header of
 * @pi need not be filled in. Like the data, the buffer at @pi->addr must remain
 * valid until the I/O completes.
 */
int ioattr_add_pi(struct ioattr_list *list, const struct iocb_attr_pi *pi,
		  uint16_t flags);

/*
 * Attach the list to @iocb, a prepared iocb of libaio.h or linux/aio_abi.h,
 * which have the same layout. NULL detaches a list or set. Returns 0 or the
 * list's error.
 */
struct iocb;
int ioattr_prep_aio(struct iocb *iocb, const struct ioattr_list *list);

/*
 * Make an attribute set of @list; see iocb_attr_create(2). @flags: 0 or
 * IOCB_ATTR_CREATE_DELEGATE. Returns a file descriptor, the list's error, or
 * another negative errno: -ENOSYS if the kernel does not support attributes,
 * -EOPNOTSUPP if it does not support sets.
 */
int ioattr_set_create(const struct ioattr_list *list, unsigned int flags);

/*
 * Attach the attribute set @fd to @iocb, instead of a list. Returns 0, or
 * -EBADF if @fd is not positive.
 */
int ioattr_prep_aio_set(struct iocb *iocb, int fd);

/* Neither inherited nor kept over execve(2); PR_IOCB_ATTR_THREAD of prctl(2). */
#define IOATTR_SCOPE_THREAD	(1U << 0)

/*
 * Give the calling thread the attribute set @setfd as its scope: all I/O that
 * it causes has the attributes. -1 removes the scope. @flags: 0 or
 * IOATTR_SCOPE_THREAD. Returns 0 or a negative errno: -EBADF if @setfd is not a
 * set, -EINVAL if the set has required attributes, -ENOSYS if the kernel does
 * not support attributes, -EOPNOTSUPP if it does not support scopes.
 */
int ioattr_scope_set(int setfd, unsigned int flags);

/*
 * Returns a new file descriptor of the calling thread's set, or a negative
 * errno: -ENOENT if the thread has no scope, and those for the kernel as above.
 */
int ioattr_scope_get(void);

/*
 * Returns the record after @record in the list that begins at @list, the first
 * record if @record is NULL, or NULL at the end or if the list is malformed.
 */
const struct iocb_attr *ioattr_next(const struct iocb_attr_list *list,
				    const struct iocb_attr *record);

/*
 * Format an attribute list, or a mask of attributes, as @text. Like
 * snprintf(3), these functions write at most @size bytes and return the length
 * of the complete text. ioattr_list_text() returns -EINVAL if any part of the
 * list is malformed or the list is longer than @len bytes; @text is then the
 * part before that, or empty.
 */
int ioattr_list_text(const struct iocb_attr_list *list, size_t len, char *text,
		     size_t size);
int ioattr_mask_text(uint64_t mask, char *text, size_t size);

/* The name of an attribute, or NULL. */
const char *ioattr_name(unsigned int id);

/* The name of the cache hint 1 << @bit, or NULL beyond the last one. */
const char *ioattr_hint_name(unsigned int bit);

/*
 * Convert text to a priority for ioattr_add_ioprio(), for example "rt:0" or
 * "idle". Returns 0, or -EINVAL if @text is not a valid priority.
 */
int ioattr_parse_prio(const char *text, uint16_t *ioprio);

/*
 * Convert names separated by commas to hints for ioattr_add_cache(), for
 * example "bypass,writearound". Returns 0, or -EINVAL if a name is unknown, and
 * stores the address of that name, which ends at a comma or at the end of
 * @text, in *@unknown unless it is NULL.
 */
int ioattr_parse_hints(const char *text, uint32_t *hints, const char **unknown);

/**
 * struct ioattr_pi_format - the metadata of each block of a device
 * @flags: Unused.
 * @interval: Bytes of data for each piece of metadata.
 * @size: Bytes of metadata for each @interval. The buffer of an I/O has this
 *	many bytes for each interval. 0 if the file has no metadata.
 * @opaque_size: Bytes of the metadata that are free for the program.
 * @opaque_offset: Offset of these bytes.
 * @pi_size: Bytes of the metadata that hold the guard and the tags.
 * @pi_offset: Offset of these bytes.
 * @guard: Type of the guard: IOATTR_GUARD_*.
 * @app_tag_size: Bytes of the application tag.
 * @ref_tag_size: Bytes of the reference tag; 0 if the field is free for the
 *	program.
 * @storage_tag_size: Bytes of the storage tag.
 * @pad: Unused.
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
#define IOATTR_GUARD_CRC16	2	/* T10, polynomial 0x8bb7 */
#define IOATTR_GUARD_CRC64	4	/* NVMe */

/*
 * Get the format of the open file @fd. Returns 0 or a negative errno; -ENOTTY
 * if the kernel or the file's driver does not support the query.
 */
int ioattr_get_pi_format(int fd, struct ioattr_pi_format *format);

/**
 * struct ioattr_cap - which attributes have an effect on I/O on a file
 * @known: Bit per attribute id that the kernel supports.
 * @reads: Attributes of direct reads that are known to reach each device below.
 * @writes: The same for direct writes.
 * @controllers: Attributes that cgroup controllers honour.
 * @schedulers: Attributes that an I/O scheduler below currently honours.
 * @caches: Attributes that a cache below currently honours.
 * @devices: Attributes that the devices honour.
 * @list_flags: IOCB_ATTR_LIST_* that the kernel supports.
 * @hints: IOCB_CACHE_* that the kernel supports.
 * @sizes: By attribute id, bytes of the record that the kernel supports, or 0.
 * @features: IOCB_ATTR_CAP_*: what the kernel supports besides lists.
 * @buffered_reads: Attributes of buffered reads that are known to reach each
 *	device below, hints for writes excepted.
 * @buffered_writes: Attributes that apply when data of buffered writes is
 *	written back, if the file belongs to the cgroup that they name.
 * @reserved: 0.
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
	uint64_t	features;
	uint64_t	buffered_reads;
	uint64_t	buffered_writes;
	uint64_t	reserved[1];
};

/*
 * ioattr_probe() for the first @size bytes of struct ioattr_cap. What this
 * version of the library does not know is 0.
 */
int ioattr_probe_sized(int fd, struct ioattr_cap *cap, size_t size);

/*
 * Query the attributes that the kernel supports, for which any open file can be
 * used, and those that have an effect on the open file @fd. Returns 0 or a
 * negative errno; -ENOSYS if the kernel does not support attributes or this
 * query.
 */
static inline int ioattr_probe(int fd, struct ioattr_cap *cap)
{
	return ioattr_probe_sized(fd, cap, sizeof(*cap));
}

/* Returns the mask of all attributes that a layer in @cap honours. */
static inline uint64_t ioattr_cap_honoured(const struct ioattr_cap *cap)
{
	return cap->controllers | cap->schedulers | cap->caches | cap->devices;
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* IOATTR_H */
