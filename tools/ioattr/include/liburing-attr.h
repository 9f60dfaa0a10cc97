/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * Attribute lists and sets for reads and writes by liburing 2.3 or later. The
 * names begin with ioattr_, because those that begin with io_uring_ are for
 * liburing to take. Needs neither ioattr.h nor libioattr.
 */
#ifndef LIBURING_ATTR_H
#define LIBURING_ATTR_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <liburing.h>

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

#ifdef __cplusplus
extern "C" {
#endif

/* liburing has its own copy of linux/io_uring.h, which may be older. */
#ifndef IORING_RW_ATTR_FLAG_PI
#define IORING_RW_ATTR_FLAG_PI		(1U << 0)
#endif
#ifndef IORING_RW_ATTR_FLAG_LIST
#define IORING_RW_ATTR_FLAG_LIST	(1ULL << 62)
#endif
#ifndef IORING_RW_ATTR_FLAG_LIST_SQE
#define IORING_RW_ATTR_FLAG_LIST_SQE	(1ULL << 61)
#endif
#ifndef IORING_RW_ATTR_FLAG_SET
#define IORING_RW_ATTR_FLAG_SET		(1ULL << 60)
#endif
#ifndef IORING_RW_ATTR_FLAG_SET_FIXED
#define IORING_RW_ATTR_FLAG_SET_FIXED	(1ULL << 59)
#endif
#ifndef IORING_CQE_F_32
#define IORING_CQE_F_32			(1U << 15)
#endif

/* The values of enumeration constants that older copies lack. */
#define IOATTR_OP_READV_FIXED		60
#define IOATTR_OP_WRITEV_FIXED		61

/* Size of the second half of an SQE on a ring with IORING_SETUP_SQE128. */
#define IOATTR_SQE_INLINE_MAX	64

/*
 * Older copies name attr_ptr and attr_type_mask addr3 and __pad2[0]. Newer
 * copies have both names in a union.
 */
#ifndef __cplusplus
_Static_assert(sizeof(struct io_uring_sqe) == 64, "size of an SQE");
_Static_assert(offsetof(struct io_uring_sqe, addr3) == 48, "attr_ptr");
_Static_assert(offsetof(struct io_uring_sqe, __pad2) == 56, "attr_type_mask");
#endif

/**
 * ioattr_prep_sqe - attach an attribute list to a read or write
 * @sqe: An SQE prepared by io_uring_prep_read(), _readv(), _read_fixed() or the
 *	write functions, which clear the fields that this function sets.
 * @list: The list, for example the @head of a struct ioattr_list. It must
 *	remain valid until the SQE has been submitted or, with
 *	IORING_SETUP_SQPOLL, until the kernel's thread has read it.
 */
static inline void ioattr_prep_sqe(struct io_uring_sqe *sqe,
				   const struct iocb_attr_list *list)
{
	sqe->addr3 = (unsigned long)list;
	sqe->__pad2[0] = IORING_RW_ATTR_FLAG_LIST;
}

/**
 * ioattr_prep_sqe_inline - copy an attribute list into an SQE
 * @sqe: A prepared SQE, as above, on a ring with IORING_SETUP_SQE128. On any
 *	other ring this overwrites the next SQE.
 * @list: The list, which is copied. The rest of the second half is set to 0.
 *
 * Return: 0, -E2BIG if the list is longer than IOATTR_SQE_INLINE_MAX bytes,
 * or -EINVAL if its size is invalid. On error the SQE is unchanged.
 */
static inline int ioattr_prep_sqe_inline(struct io_uring_sqe *sqe,
					 const struct iocb_attr_list *list)
{
	const __u32 size = list->size;

	if (size < sizeof(struct iocb_attr_list) || size % 8)
		return -EINVAL;
	if (size > IOATTR_SQE_INLINE_MAX)
		return -E2BIG;
	memset(sqe + 1, 0, sizeof(*sqe));
	memcpy(sqe + 1, list, size);
	sqe->addr3 = 0;
	sqe->__pad2[0] = IORING_RW_ATTR_FLAG_LIST_SQE;
	return 0;
}

/**
 * ioattr_prep_sqe_set - attach an attribute set to a read or write
 * @sqe: A prepared SQE, as for ioattr_prep_sqe().
 * @set: A file descriptor from iocb_attr_create(2) or ioattr_set_create(). It
 *	must remain open as long as a list must remain valid.
 */
static inline void ioattr_prep_sqe_set(struct io_uring_sqe *sqe, int set)
{
	sqe->addr3 = set;
	sqe->__pad2[0] = IORING_RW_ATTR_FLAG_SET;
}

/**
 * ioattr_prep_sqe_set_fixed - attach a registered attribute set
 * @sqe: A prepared SQE, as for ioattr_prep_sqe().
 * @index: Index of the set in the registered files of the ring.
 */
static inline void ioattr_prep_sqe_set_fixed(struct io_uring_sqe *sqe,
					     unsigned int index)
{
	sqe->addr3 = index;
	sqe->__pad2[0] = IORING_RW_ATTR_FLAG_SET_FIXED;
}

/**
 * ioattr_prep_read - prepare a read with attributes
 * @sqe: The SQE.
 * @fd: As for io_uring_prep_read().
 * @buf: Likewise.
 * @nbytes: Likewise.
 * @offset: Likewise.
 * @list: As for ioattr_prep_sqe().
 *
 * The functions for other reads and writes follow. Each has the arguments of
 * the function of liburing with the same end of its name.
 */
static inline void
ioattr_prep_read(struct io_uring_sqe *sqe, int fd, void *buf,
		 unsigned int nbytes, __u64 offset,
		 const struct iocb_attr_list *list)
{
	io_uring_prep_read(sqe, fd, buf, nbytes, offset);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_write(struct io_uring_sqe *sqe, int fd, const void *buf,
		  unsigned int nbytes, __u64 offset,
		  const struct iocb_attr_list *list)
{
	io_uring_prep_write(sqe, fd, buf, nbytes, offset);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_readv(struct io_uring_sqe *sqe, int fd, const struct iovec *iovecs,
		  unsigned int nr_vecs, __u64 offset,
		  const struct iocb_attr_list *list)
{
	io_uring_prep_readv(sqe, fd, iovecs, nr_vecs, offset);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_writev(struct io_uring_sqe *sqe, int fd, const struct iovec *iovecs,
		   unsigned int nr_vecs, __u64 offset,
		   const struct iocb_attr_list *list)
{
	io_uring_prep_writev(sqe, fd, iovecs, nr_vecs, offset);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_readv2(struct io_uring_sqe *sqe, int fd, const struct iovec *iovecs,
		   unsigned int nr_vecs, __u64 offset, int flags,
		   const struct iocb_attr_list *list)
{
	io_uring_prep_readv2(sqe, fd, iovecs, nr_vecs, offset, flags);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_writev2(struct io_uring_sqe *sqe, int fd,
		    const struct iovec *iovecs, unsigned int nr_vecs,
		    __u64 offset, int flags, const struct iocb_attr_list *list)
{
	io_uring_prep_writev2(sqe, fd, iovecs, nr_vecs, offset, flags);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_read_fixed(struct io_uring_sqe *sqe, int fd, void *buf,
		       unsigned int nbytes, __u64 offset, int buf_index,
		       const struct iocb_attr_list *list)
{
	io_uring_prep_read_fixed(sqe, fd, buf, nbytes, offset, buf_index);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_write_fixed(struct io_uring_sqe *sqe, int fd, const void *buf,
			unsigned int nbytes, __u64 offset, int buf_index,
			const struct iocb_attr_list *list)
{
	io_uring_prep_write_fixed(sqe, fd, buf, nbytes, offset, buf_index);
	ioattr_prep_sqe(sqe, list);
}

static inline void
ioattr_prep_readv_fixed(struct io_uring_sqe *sqe, int fd,
			const struct iovec *iovecs, unsigned int nr_vecs,
			__u64 offset, int flags, int buf_index,
			const struct iocb_attr_list *list)
{
	ioattr_prep_readv2(sqe, fd, iovecs, nr_vecs, offset, flags, list);
	sqe->opcode = IOATTR_OP_READV_FIXED;
	sqe->buf_index = (__u16)buf_index;
}

static inline void
ioattr_prep_writev_fixed(struct io_uring_sqe *sqe, int fd,
			 const struct iovec *iovecs, unsigned int nr_vecs,
			 __u64 offset, int flags, int buf_index,
			 const struct iocb_attr_list *list)
{
	ioattr_prep_writev2(sqe, fd, iovecs, nr_vecs, offset, flags, list);
	sqe->opcode = IOATTR_OP_WRITEV_FIXED;
	sqe->buf_index = (__u16)buf_index;
}

/**
 * ioattr_cqe_honoured - get the honoured attributes of a request
 * @ring: The ring, with IORING_SETUP_CQE32 or IORING_SETUP_CQE_MIXED.
 * @cqe: A completion of @ring that has not been marked as seen.
 *
 * Return: a 32-bit mask in which bit N is set if the attribute with id N was
 * honoured; 0 if the list or set of the request lacks IOCB_ATTR_LIST_REPORT.
 */
static inline __u64 ioattr_cqe_honoured(const struct io_uring *ring,
					const struct io_uring_cqe *cqe)
{
	if ((ring->flags & IORING_SETUP_CQE32) ||
	    (cqe->flags & IORING_CQE_F_32))
		return (__u32)cqe->big_cqe[0];
	return 0;
}

/**
 * ioattr_uring_flags - query which attributes io_uring accepts
 *
 * Needs no ring.
 *
 * Return: a mask of IORING_RW_ATTR_FLAG_*, bits 0 to 62. 0 or a negative errno
 * if the kernel does not support this query; such a kernel may accept
 * IORING_RW_ATTR_FLAG_PI but no lists.
 */
static inline __s64 ioattr_uring_flags(void)
{
	/*
	 * io_uring_query_opcode and io_uring_query_hdr of
	 * linux/io_uring/query.h, for IO_URING_QUERY_OPCODES (0) of
	 * IORING_REGISTER_QUERY
	 */
	struct {
		__u32	nr_opcodes[2];
		__u64	flags[4];
		__u32	nr_query_opcodes;
		__u32	pad;
		__u64	rw_attr_flags;
	} op;
	struct {
		__u64	next_entry;
		__u64	query_data;
		__u32	query_op;
		__u32	size;
		__s32	result;
		__u32	resv[3];
	} hdr;
	const unsigned int register_query = 35;
	int ret;

	memset(&op, 0, sizeof(op));
	memset(&hdr, 0, sizeof(hdr));
	hdr.query_data = (unsigned long)&op;
	hdr.size = sizeof(op);
	ret = io_uring_register((unsigned int)-1, register_query, &hdr, 0);
	if (ret < 0)
		return ret;
	if (hdr.result < 0)
		return hdr.result;
	return op.rw_attr_flags & ~(1ULL << 63);
}

#ifdef __cplusplus
}
#endif

#endif /* LIBURING_ATTR_H */
