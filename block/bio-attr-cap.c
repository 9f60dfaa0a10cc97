// SPDX-License-Identifier: GPL-2.0
/*
 * Which attributes get to the devices below a device, and who acts on them there.
 *
 * It is asked of the devices themselves when somebody wants to know, rather than
 * kept with the queue limits: schedulers are switched, tables are loaded, caches
 * come and go, and no limits of the devices above change with that.
 */
#include <linux/bio-attr.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/iocb_attr_cap.h>

#include "blk.h"
#include "elevator.h"

/* Devices on top of each other, as far as this looks: it recurses. */
#define MAX_DEPTH	16

static void add_scheduler(struct request_queue *q, struct bdev_attr_cap *cap)
{
	if (!queue_is_mq(q))
		return;
	mutex_lock(&q->elevator_lock);
	if (q->elevator)
		cap->schedulers |= q->elevator->type->iocb_attrs;
	mutex_unlock(&q->elevator_lock);
}

/**
 * bdev_attr_cap - which attributes a device takes, hands on and acts on
 * @bdev: The device.
 * @cap: Filled in, but for its depth.
 *
 * A disk that takes requests has nothing below. Of a driver that takes bios and
 * does not say, it is not known whether it hands them on, and with what.
 *
 * Context: As bdev_attr_cap_add().
 */
void bdev_attr_cap(struct block_device *bdev, struct bdev_attr_cap *cap)
{
	struct gendisk *disk = bdev->bd_disk;

	cap->reads = IOCB_ATTRS_WHO | BIT(IOCB_ATTR_cache);
	if (!IS_ENABLED(CONFIG_BLK_CGROUP))
		cap->reads &= ~IOCB_ATTRS_CHARGE;
	cap->writes = cap->reads;
	if (disk->fops->iocb_attr_cap)
		disk->fops->iocb_attr_cap(disk, cap);
	else if (!queue_is_mq(disk->queue))
		bdev_attr_cap_none(cap);
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
 * bdev_attr_cap_add - a device hands attributes on to another one
 * @cap: Of the upper device, as its iocb_attr_cap() was given it.
 * @lower: A device that it hands bios on to, with their attributes.
 *
 * For iocb_attr_cap() of struct block_device_operations, once for each device
 * that I/O may go to. What one of them does not carry, the upper one does not.
 *
 * Context: Process context. May sleep; takes the elevator_lock of @lower and
 *	what the iocb_attr_cap() of @lower takes. @lower must not go away.
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
 * file_attr_cap_add - a device does its I/O as direct I/O on a file
 * @cap: Of the device, as its iocb_attr_cap() was given it.
 * @lower: The file.
 *
 * Context: As bdev_attr_cap_add().
 */
void file_attr_cap_add(struct bdev_attr_cap *cap, struct file *lower)
{
	struct block_device *bdev = file_dio_bdev(lower);

	if (IS_ERR_OR_NULL(bdev))
		bdev_attr_cap_none(cap);
	else
		bdev_attr_cap_add(cap, bdev);
}
EXPORT_SYMBOL_GPL(file_attr_cap_add);
