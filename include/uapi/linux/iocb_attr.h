/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Per-I/O attributes: the cgroup or process that an I/O is for, its priority,
 * cache hints and protection information.
 *
 * A list is a header followed by typed records. The size field of each record
 * gives its length:
 *
 *	+------+-------+------+----+-------+---------+------+----+----
 *	| size | flags | size | id | flags | fields  | size | id | ...
 *	+------+-------+------+----+-------+---------+------+----+----
 *	  list header    record                        record
 *
 * See Documentation/userspace-api/iocb_attr.rst for the rules, the errors and
 * the permissions.
 */
#ifndef _UAPI_LINUX_IOCB_ATTR_H
#define _UAPI_LINUX_IOCB_ATTR_H

#include <linux/types.h>

/* iocb_attr.flags */
#define IOCB_ATTR_REQUIRED	(1 << 0)

/* iocb_attr_list.flags */
#define IOCB_ATTR_LIST_REPORT	(1 << 0)

/* flags of iocb_attr_create(2) */
#define IOCB_ATTR_CREATE_DELEGATE	(1U << 0)

/**
 * struct iocb_attr - header of one attribute record
 * @size: Size of this record in bytes, this header included; a multiple of 8. A
 *	record that is longer than the kernel supports is accepted if the excess
 *	bytes are all zero.
 * @id: The attribute: IOCB_ATTR_*. A record with an unknown id is ignored,
 *	unless it is required.
 * @flags: 0 or IOCB_ATTR_REQUIRED: reject the I/O with EOPNOTSUPP if it is
 *	known at submission that nothing can honour this attribute.
 *
 * The fields of the record follow.
 */
struct iocb_attr {
	__u32	size;
	__u16	id;
	__u16	flags;
};

/**
 * struct iocb_attr_list - header of the attributes of one I/O
 * @size: Size of the whole list in bytes, this header included; a multiple of
 *	8. A list of 8 bytes has no records.
 * @flags: 0 or IOCB_ATTR_LIST_REPORT: report in the completion which attributes
 *	were honoured. Bit N of io_event.res2, or of io_uring_cqe.big_cqe[0], is
 *	then set if at least one layer acted on the attribute with id N for at
 *	least a part of this I/O. The mask has 32 bits; the upper 32 bits of
 *	these fields are reserved and 0.
 *
 * The records follow, each at the end of the previous one. The kernel reads the
 * list once, while the I/O is submitted.
 */
struct iocb_attr_list {
	__u32	size;
	__u32	flags;
} __attribute__((aligned(8)));

/* iocb_attr.id */
enum {
	IOCB_ATTR_proxy_pid	= 0,
	IOCB_ATTR_proxy_pidfd	= 1,
	IOCB_ATTR_cgroup	= 2,
	IOCB_ATTR_ioprio	= 3,
	IOCB_ATTR_cache		= 4,
	IOCB_ATTR_pi		= 5,
	IOCB_ATTR_set		= 6,
};

/**
 * struct iocb_attr_proxy_pid - do the I/O on behalf of another process
 * @attr: Record header, id IOCB_ATTR_proxy_pid.
 * @pid: Process id in the caller's pid namespace.
 *
 * A list must not have both this record and IOCB_ATTR_proxy_pidfd.
 */
struct iocb_attr_proxy_pid {
	struct iocb_attr attr;
	__aligned_u64	pid;
};

/**
 * struct iocb_attr_proxy_pidfd - do the I/O on behalf of another process
 * @attr: Record header, id IOCB_ATTR_proxy_pidfd.
 * @pidfd: File descriptor of the process, from pidfd_open(2) or clone3(2).
 * @reserved: Must be 0.
 *
 * A list must not have both this record and IOCB_ATTR_proxy_pid.
 */
struct iocb_attr_proxy_pidfd {
	struct iocb_attr attr;
	__s32		pidfd;
	__u32		reserved;
};

/**
 * struct iocb_attr_cgroup - the cgroup that the I/O is charged to
 * @attr: Record header, id IOCB_ATTR_cgroup.
 * @fd: File descriptor of a cgroup2 directory; O_PATH is sufficient.
 * @reserved: Must be 0.
 *
 * If the list also has a proxy record, this record determines the cgroup.
 */
struct iocb_attr_cgroup {
	struct iocb_attr attr;
	__s32		fd;
	__u32		reserved;
};

/**
 * struct iocb_attr_ioprio - the I/O's priority
 * @attr: Record header, id IOCB_ATTR_ioprio.
 * @ioprio: Priority, as for ioprio_set(2): IOPRIO_PRIO_VALUE(class, level).
 * @reserved: Must be 0.
 *
 * If the iocb has IOCB_FLAG_IOPRIO, or if io_uring_sqe.ioprio is not 0, both
 * priorities must be equal.
 */
struct iocb_attr_ioprio {
	struct iocb_attr attr;
	__u16		ioprio;
	__u16		reserved[3];
};

/**
 * struct iocb_attr_cache - how a cache below should treat the I/O
 * @attr: Record header, id IOCB_ATTR_cache.
 * @hints: IOCB_CACHE_*. BYPASS and ADMIT exclude each other, and so do the
 *	write policies.
 * @reserved: Must be 0.
 */
struct iocb_attr_cache {
	struct iocb_attr attr;
	__u32		hints;
	__u32		reserved;
};

/* iocb_attr_cache.hints: serve hits, but never fill the cache for this I/O */
#define IOCB_CACHE_BYPASS	(1 << 0)
/* cache the I/O despite the sequential and congestion heuristics */
#define IOCB_CACHE_ADMIT	(1 << 1)
/* write policies, at most one */
#define IOCB_CACHE_WRITETHROUGH	(1 << 2)
#define IOCB_CACHE_WRITEBACK	(1 << 3)
#define IOCB_CACHE_WRITEAROUND	(1 << 4)

/**
 * struct iocb_attr_pi - protection information of the I/O
 * @attr: Record header, id IOCB_ATTR_pi.
 * @flags: IO_INTEGRITY_CHK_*: the checks that the device must do. A check of a
 *	tag that the format of the device does not have is rejected.
 * @app_tag: Application tag to check for.
 * @len: Bytes of protection information at @addr: as many as the data needs, or
 *	more.
 * @addr: Address of the buffer. A write reads it, and a read fills it.
 * @seed: Reference tag of the first interval. It increases by one with each
 *	further interval.
 * @reserved: Must be 0.
 *
 * The fields have the same meaning as in struct io_uring_attr_pi. An I/O that
 * cannot carry them is rejected even if the attribute is not required: data
 * integrity is never dropped.
 */
struct iocb_attr_pi {
	struct iocb_attr attr;
	__u16		flags;
	__u16		app_tag;
	__u32		len;
	__aligned_u64	addr;
	__aligned_u64	seed;
	__aligned_u64	reserved;
};

/**
 * struct iocb_attr_set - add the attributes of a set
 * @attr: Record header, id IOCB_ATTR_set.
 * @fd: File descriptor of an attribute set, from iocb_attr_create(2).
 * @reserved: Must be 0.
 *
 * Another record of the list replaces the same attribute of the set. The
 * attributes of the set are reported under their own ids, and bit
 * IOCB_ATTR_set is never reported.
 */
struct iocb_attr_set {
	struct iocb_attr attr;
	__s32		fd;
	__u32		reserved;
};

#endif /* _UAPI_LINUX_IOCB_ATTR_H */
