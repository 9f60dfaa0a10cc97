/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What comes of the attributes of an I/O on a file or a block device, for those
 * who ask before they send any: FS_IOC_GETIOCBATTR_CAP.
 */
#ifndef _LINUX_IOCB_ATTR_CAP_H
#define _LINUX_IOCB_ATTR_CAP_H

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/iocb_attr.h>
#include <linux/types.h>

struct block_device;
struct file;

/**
 * struct bdev_attr_cap - which attributes a device takes and hands on
 * @reads: Bit per attribute id that bios to read take along to each device
 *	below.
 * @writes: The same of bios to write.
 * @schedulers: Those that the I/O schedulers of this device or one below act on.
 * @caches: Those that this device or one below acts on as a cache.
 * @depth: How many devices are above this one.
 */
struct bdev_attr_cap {
	u32		reads;
	u32		writes;
	u32		schedulers;
	u32		caches;
	unsigned int	depth;
};

/* Those that say who is charged. */
#define IOCB_ATTRS_CHARGE	(BIT(IOCB_ATTR_proxy_pid) |		\
				 BIT(IOCB_ATTR_proxy_pidfd) |		\
				 BIT(IOCB_ATTR_cgroup))

#ifdef CONFIG_IOCB_ATTR
struct block_device *file_dio_bdev(struct file *file);
void bdev_attr_cap(struct block_device *bdev, struct bdev_attr_cap *cap);
void bdev_attr_cap_add(struct bdev_attr_cap *cap, struct block_device *lower);
void file_attr_cap_add(struct bdev_attr_cap *cap, struct file *lower);
#else
static inline struct block_device *file_dio_bdev(struct file *file)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void bdev_attr_cap_add(struct bdev_attr_cap *cap,
				     struct block_device *lower)
{
}

static inline void file_attr_cap_add(struct bdev_attr_cap *cap,
				     struct file *lower)
{
}
#endif

/**
 * bdev_attr_cap_none - nothing is known to get below this device
 * @cap: What iocb_attr_cap() of struct block_device_operations fills in.
 */
static inline void bdev_attr_cap_none(struct bdev_attr_cap *cap)
{
	cap->reads = 0;
	cap->writes = 0;
}

#endif /* _LINUX_IOCB_ATTR_CAP_H */
