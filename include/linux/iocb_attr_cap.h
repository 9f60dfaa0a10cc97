/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which I/O attributes a file or a block device can carry and honour, as
 * reported by FS_IOC_GETIOCBATTR_CAP.
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
 * struct bdev_attr_cap - the attributes that a device carries and honours
 * @reads: Mask of the attribute ids that read bios carry to each device below.
 * @writes: The same for write bios.
 * @schedulers: Attributes that the I/O scheduler of this device or of a device
 *	below honours.
 * @caches: Attributes that this device or a device below honours as a cache.
 * @depth: Number of devices above this one.
 */
struct bdev_attr_cap {
	u32		reads;
	u32		writes;
	u32		schedulers;
	u32		caches;
	unsigned int	depth;
};

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
 * bdev_attr_cap_clear - report that no attribute reaches lower devices
 * @cap: The structure that iocb_attr_cap() of struct block_device_operations
 *	fills in.
 */
static inline void bdev_attr_cap_clear(struct bdev_attr_cap *cap)
{
	cap->reads = 0;
	cap->writes = 0;
}

#endif /* _LINUX_IOCB_ATTR_CAP_H */
