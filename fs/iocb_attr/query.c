// SPDX-License-Identifier: GPL-2.0
/*
 * FS_IOC_GETIOCBATTR_CAP: report which attributes this kernel supports, and
 * which of them direct I/O on a file carries and lower layers honour.
 */
#include <linux/backing-dev.h>
#include <linux/blkdev.h>
#include <linux/cgroup.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/iocb_attr_cap.h>
#include <linux/uaccess.h>

#include "../internal.h"
#include "iocb_attr_private.h"

static_assert(offsetof(struct iocb_attr_cap, features) ==
	      IOCB_ATTR_CAP_SIZE_VER0);
/* one size for each bit of the masks */
static_assert(sizeof_field(struct iocb_attr_cap, sizes) / sizeof(u16) ==
	      BITS_PER_TYPE(u64));
static_assert(IOCB_ATTR_NR <= BITS_PER_LONG_LONG);

#define CACHE_HINTS	(IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT |		\
			 IOCB_CACHE_WRITETHROUGH | IOCB_CACHE_WRITEBACK |	\
			 IOCB_CACHE_WRITEAROUND)

/**
 * file_dio_bdev - find the device that direct I/O on a file goes to
 * @file: The file.
 *
 * Context: Process context; may sleep if the file is on a stacked file system.
 * Return: The device, which is valid while @file is open; NULL if there is more
 *	than one, or if it is not known; or an error pointer, -EOPNOTSUPP if
 *	direct I/O on @file carries no attributes.
 */
struct block_device *file_dio_bdev(struct file *file)
{
	struct inode *inode = file_inode(file);

	/* DAX does not use bios */
	if (!(file->f_mode & FMODE_CAN_ODIRECT) ||
	    !(file->f_op->fop_flags & FOP_DIO_ATTRS) || IS_DAX(inode))
		return ERR_PTR(-EOPNOTSUPP);
	if (S_ISBLK(inode->i_mode))
		return I_BDEV(file->f_mapping->host);
	if (inode->i_sb->s_op->dio_bdev)
		return inode->i_sb->s_op->dio_bdev(file);
	return NULL;
}
EXPORT_SYMBOL_GPL(file_dio_bdev);

/**
 * file_dio_has_attrs - check whether direct I/O on a file carries attributes
 * @file: The file.
 *
 * Context: As file_dio_bdev().
 * Return: false if it is known before the I/O that it carries none, else true.
 */
bool file_dio_has_attrs(struct file *file)
{
	return !IS_ERR(file_dio_bdev(file));
}

#ifdef CONFIG_CGROUP_WRITEBACK
/* Whether the data that is written to a file will be written back for @css. */
static bool written_back_for(struct inode *inode,
			     const struct cgroup_subsys_state *css)
{
	const struct cgroup_subsys_state *memcg;

	if (!inode_cgwb_enabled(inode))
		return false;
	scoped_guard(rcu) {
		memcg = cgroup_e_css(css->cgroup, &memory_cgrp_subsys);
		if (memcg->cgroup != css->cgroup)
			return false;
	}
	guard(spinlock)(&inode->i_lock);
	/* without an owner, the first write determines it */
	return !inode->i_wb || inode->i_wb->blkcg_css == css;
}
#else
static bool written_back_for(struct inode *inode,
			     const struct cgroup_subsys_state *css)
{
	return false;
}
#endif

/**
 * iocb_attr_supported_buffered - check whether buffered I/O charges a cgroup
 * @iocb: The I/O.
 * @attrs: Its attributes, which name a cgroup that has the io controller.
 *
 * Context: Process context.
 * Return: false if the I/O is certain to charge another cgroup for its data,
 *	else true.
 */
bool iocb_attr_supported_buffered(const struct kiocb *iocb,
				  const struct iocb_attrs *attrs)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file->f_mapping->host;

	if (!(file->f_op->fop_flags & FOP_BUF_ATTRS) || IS_DAX(inode))
		return false;
	if (!(iocb->ki_flags & IOCB_WRITE))
		return true;
	/* the journal writes the data of files without direct I/O */
	return written_back_for(inode, attrs->css) && file_dio_has_attrs(file);
}

static void fill_known(struct iocb_attr_cap *cap)
{
	unsigned int id;

	cap->list_flags = IOCB_ATTR_LIST_REPORT;
	cap->features = IOCB_ATTR_CAP_SETS | IOCB_ATTR_CAP_SCOPE;
	cap->hints = CACHE_HINTS;
	for (id = 0; id < IOCB_ATTR_NR; id++) {
		cap->known |= BIT_ULL(id);
		cap->sizes[id] = iocb_attr_descs[id].size;
	}
}

static void fill_file(struct iocb_attr_cap *cap, struct file *file)
{
	struct block_device *bdev = file_dio_bdev(file);
	struct bdev_attr_cap carried = { };

	if (IS_ERR_OR_NULL(bdev))
		return;
	bdev_attr_cap(bdev, &carried);
	cap->reads = carried.reads;
	cap->writes = carried.writes;
	if (file->f_op->fop_flags & FOP_BUF_ATTRS) {
		cap->buffered_reads = carried.reads;
		if (inode_cgwb_enabled(file->f_mapping->host))
			cap->buffered_writes = carried.writes &
					       IOCB_ATTRS_CGROUP;
	}
	cap->schedulers = carried.schedulers;
	cap->caches = carried.caches;
	/* charged at the top device, whatever reaches the lower ones */
	if (iocb_attr_charges_cgroups())
		cap->controllers = IOCB_ATTRS_CGROUP;
	/* open() has checked that the device has a metadata format */
	if (file->f_mode & FMODE_HAS_METADATA) {
		cap->reads |= BIT(IOCB_ATTR_pi);
		cap->writes |= BIT(IOCB_ATTR_pi);
		cap->devices |= BIT(IOCB_ATTR_pi);
	}
}

int ioctl_get_iocb_attr_cap(struct file *file, unsigned int cmd,
			    void __user *argp)
{
	struct iocb_attr_cap cap = { };

	fill_known(&cap);
	fill_file(&cap, file);
	return copy_struct_to_user(argp, _IOC_SIZE(cmd), &cap, sizeof(cap),
				   NULL);
}
