// SPDX-License-Identifier: GPL-2.0
/*
 * Report which attributes reach the devices below a device, and which layers
 * there act on them.
 *
 * Each query asks the devices themselves. The queue limits cannot hold the
 * answer: switching a scheduler, loading a table, attaching or detaching a
 * cache does not update the limits of the devices above.
 */
#include <linux/bio-attr.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/iocb_attr_cap.h>

#include "blk.h"
#include "elevator.h"

/* Limit of the recursion through stacked devices. */
#define MAX_DEPTH	16

static void add_scheduler(struct request_queue *q, struct bdev_attr_cap *cap)
{
	if (!queue_is_mq(q))
		return;
	mutex_lock(&q->elevator_lock);
	if (q->elevator)
		cap->schedulers |= q->elevator->type->honoured_attrs;
	mutex_unlock(&q->elevator_lock);
}

/**
 * bdev_attr_cap - report which attributes a device takes, passes on and honours
 * @bdev: The device.
 * @cap: Filled in, except for @cap->depth.
 *
 * A request-based disk without an iocb_attr_cap method has no lower device. A
 * bio-based driver without the method is reported as passing no attributes on:
 * whether the bios that it submits carry them is unknown.
 *
 * Context: As bdev_attr_cap_add().
 */
void bdev_attr_cap(struct block_device *bdev, struct bdev_attr_cap *cap)
{
	struct gendisk *disk = bdev->bd_disk;

	cap->reads = IOCB_ATTRS_SCHED | BIT(IOCB_ATTR_cache);
	if (!IS_ENABLED(CONFIG_BLK_CGROUP))
		cap->reads &= ~IOCB_ATTRS_CGROUP;
	cap->writes = cap->reads;
	if (disk->fops->iocb_attr_cap)
		disk->fops->iocb_attr_cap(disk, cap);
	else if (!queue_is_mq(disk->queue))
		bdev_attr_cap_clear(cap);
	add_scheduler(disk->queue, cap);
}

static void stack(struct bdev_attr_cap *cap, const struct bdev_attr_cap *below)
{
	cap->reads &= below->reads;
	cap->writes &= below->writes;
	cap->schedulers |= below->schedulers;
	cap->caches |= below->caches;
}

/**
 * bdev_attr_cap_add - add the report of a lower device
 * @cap: The report of the upper device, as passed to its iocb_attr_cap().
 * @lower: A device that receives the upper device's bios with their attributes.
 *
 * Call this from iocb_attr_cap() of struct block_device_operations, once for
 * each device that I/O may reach. The upper device carries the attributes that
 * all lower devices carry.
 *
 * Context: Process context. May sleep. Takes the elevator_lock of @lower and
 *	the locks that the iocb_attr_cap() of @lower takes. The caller keeps
 *	@lower from going away.
 */
void bdev_attr_cap_add(struct bdev_attr_cap *cap, struct block_device *lower)
{
	struct bdev_attr_cap below = { .depth = cap->depth + 1 };

	if (below.depth < MAX_DEPTH)
		bdev_attr_cap(lower, &below);
	stack(cap, &below);
}
EXPORT_SYMBOL_GPL(bdev_attr_cap_add);

/**
 * file_attr_cap_add - add the report of a file that a device does direct I/O on
 * @cap: The report of the device, as passed to its iocb_attr_cap().
 * @lower: The file.
 *
 * Context: As bdev_attr_cap_add().
 */
void file_attr_cap_add(struct bdev_attr_cap *cap, struct file *lower)
{
	struct block_device *bdev = file_dio_bdev(lower);

	if (IS_ERR_OR_NULL(bdev))
		bdev_attr_cap_clear(cap);
	else
		bdev_attr_cap_add(cap, bdev);
}
EXPORT_SYMBOL_GPL(file_attr_cap_add);
