/* SPDX-License-Identifier: MIT */
/*
 * Attribute lists for the reads and writes of liburing, as liburing itself
 * would offer them. Works with any version since 2.3.
 */
#ifndef LIBURING_ATTR_H
#define LIBURING_ATTR_H

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <liburing.h>

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

/* liburing brings its own copy of linux/io_uring.h, which may be older. */
#ifndef IORING_RW_ATTR_FLAG_PI
#define IORING_RW_ATTR_FLAG_PI		(1U << 0)
#endif
#ifndef IORING_RW_ATTR_FLAG_LIST
#define IORING_RW_ATTR_FLAG_LIST	(1ULL << 62)
#endif
#ifndef IORING_RW_ATTR_FLAG_LIST_SQE
#define IORING_RW_ATTR_FLAG_LIST_SQE	(1ULL << 61)
#endif
#ifndef IORING_CQE_F_32
#define IORING_CQE_F_32			(1U << 15)
#endif

/* Bytes of the second half of an SQE, of a ring with IORING_SETUP_SQE128. */
#define IO_URING_ATTR_INLINE_MAX	64

/*
 * In older copies attr_ptr and attr_type_mask are addr3 and __pad2[0], and in
 * newer ones these names are still there beside them, in a union.
 */
#ifndef __cplusplus
_Static_assert(sizeof(struct io_uring_sqe) == 64, "size of an SQE");
_Static_assert(offsetof(struct io_uring_sqe, addr3) == 48, "attr_ptr");
_Static_assert(offsetof(struct io_uring_sqe, __pad2) == 56, "attr_type_mask");
#endif

/**
 * io_uring_prep_attr_list - give a read or write attributes
 * @sqe: An SQE that io_uring_prep_read(), _readv(), _read_fixed() or the same of
 *	write has prepared: these clear what this sets.
 * @list: A struct iocb_attr_list. It has to stay until the SQE was submitted;
 *	with IORING_SETUP_SQPOLL, until the kernel's thread has taken it.
 */
static inline void io_uring_prep_attr_list(struct io_uring_sqe *sqe,
					   const void *list)
{
	sqe->addr3 = (unsigned long)list;
	sqe->__pad2[0] = IORING_RW_ATTR_FLAG_LIST;
}

/**
 * io_uring_prep_attr_list_inline - give a read or write attributes, in the SQE
 * @sqe: A prepared SQE, as above, of a ring with IORING_SETUP_SQE128. On any
 *	other ring this would write to the next SQE.
 * @list: A struct iocb_attr_list, which is copied. The rest of the second half
 *	is set to 0.
 *
 * Return: 0, -E2BIG if the list is longer than IO_URING_ATTR_INLINE_MAX bytes,
 * or -EINVAL if that is no size of a list. The SQE is then as it was.
 */
static inline int io_uring_prep_attr_list_inline(struct io_uring_sqe *sqe,
						 const void *list)
{
	__u32 size;

	/* the list may be declared as something else, such as an array */
	memcpy(&size, list, sizeof(size));
	if (size < sizeof(struct iocb_attr_list) || size % 8)
		return -EINVAL;
	if (size > IO_URING_ATTR_INLINE_MAX)
		return -E2BIG;
	memset(sqe + 1, 0, sizeof(*sqe));
	memcpy(sqe + 1, list, size);
	sqe->addr3 = 0;
	sqe->__pad2[0] = IORING_RW_ATTR_FLAG_LIST_SQE;
	return 0;
}

/**
 * io_uring_prep_read_attr - prepare a read that has attributes
 * @sqe: The SQE.
 * @fd: As for io_uring_prep_read(), and so are @buf, @nbytes and @offset.
 * @list: As for io_uring_prep_attr_list().
 *
 * The same for the other reads and writes follows.
 */
static inline void
io_uring_prep_read_attr(struct io_uring_sqe *sqe, int fd,
			void *buf, unsigned int nbytes,
			__u64 offset, const void *list)
{
	io_uring_prep_read(sqe, fd, buf, nbytes, offset);
	io_uring_prep_attr_list(sqe, list);
}

static inline void
io_uring_prep_write_attr(struct io_uring_sqe *sqe, int fd,
			 const void *buf, unsigned int nbytes,
			 __u64 offset, const void *list)
{
	io_uring_prep_write(sqe, fd, buf, nbytes, offset);
	io_uring_prep_attr_list(sqe, list);
}

static inline void
io_uring_prep_readv_attr(struct io_uring_sqe *sqe, int fd,
			 const struct iovec *iovecs, unsigned int nr_vecs,
			 __u64 offset, const void *list)
{
	io_uring_prep_readv(sqe, fd, iovecs, nr_vecs, offset);
	io_uring_prep_attr_list(sqe, list);
}

static inline void
io_uring_prep_writev_attr(struct io_uring_sqe *sqe, int fd,
			  const struct iovec *iovecs, unsigned int nr_vecs,
			  __u64 offset, const void *list)
{
	io_uring_prep_writev(sqe, fd, iovecs, nr_vecs, offset);
	io_uring_prep_attr_list(sqe, list);
}

static inline void
io_uring_prep_read_fixed_attr(struct io_uring_sqe *sqe, int fd,
			      void *buf, unsigned int nbytes,
			      __u64 offset, int buf_index,
			      const void *list)
{
	io_uring_prep_read_fixed(sqe, fd, buf, nbytes, offset, buf_index);
	io_uring_prep_attr_list(sqe, list);
}

static inline void
io_uring_prep_write_fixed_attr(struct io_uring_sqe *sqe, int fd,
			       const void *buf, unsigned int nbytes,
			       __u64 offset, int buf_index,
			       const void *list)
{
	io_uring_prep_write_fixed(sqe, fd, buf, nbytes, offset, buf_index);
	io_uring_prep_attr_list(sqe, list);
}

/**
 * io_uring_cqe_attr_honoured - which attributes of a request were honoured
 * @ring: The ring.
 * @cqe: A completion of it that was not marked as seen yet.
 *
 * Return: a mask with bit N set if the attribute with id N was: of a request
 * whose list has IOCB_ATTR_LIST_REPORT, else 0. That takes a ring with
 * IORING_SETUP_CQE32 or IORING_SETUP_CQE_MIXED. The mask has 32 bits.
 */
static inline __u64 io_uring_cqe_attr_honoured(const struct io_uring *ring,
					       const struct io_uring_cqe *cqe)
{
	if ((ring->flags & IORING_SETUP_CQE32) || (cqe->flags & IORING_CQE_F_32))
		return (__u32)cqe->big_cqe[0];
	return 0;
}

/**
 * io_uring_attr_flags - which attributes the kernel takes
 *
 * Needs no ring.
 *
 * Return: a mask of IORING_RW_ATTR_FLAG_*, of bits 0 to 62, or 0 or a negative
 * errno from a kernel that does not tell, which may know
 * IORING_RW_ATTR_FLAG_PI but no lists.
 */
static inline __s64 io_uring_attr_flags(void)
{
	/*
	 * linux/io_uring/query.h: io_uring_query_opcode and io_uring_query_hdr
	 * for IO_URING_QUERY_OPCODES, which is 0, and IORING_REGISTER_QUERY
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
	const int register_query = 35;

	memset(&op, 0, sizeof(op));
	memset(&hdr, 0, sizeof(hdr));
	hdr.query_data = (unsigned long)&op;
	hdr.size = sizeof(op);
	if (syscall(__NR_io_uring_register, -1, register_query, &hdr, 0) < 0)
		return -errno;
	if (hdr.result < 0)
		return hdr.result;
	return op.rw_attr_flags & ~(1ULL << 63);
}

#ifdef __cplusplus
}
#endif

#endif /* LIBURING_ATTR_H */
