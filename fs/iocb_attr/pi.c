// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: protection information.
 */
#include <linux/blk-integrity.h>
#include <linux/fs.h>
#include <linux/iocb_attr_submit.h>
#include <linux/uio.h>

#include "iocb_attr_private.h"

/*
 * True if the format of the device has the tags that @checks requests to check.
 * If the device is not known yet, bio_integrity_map_iter() makes this check.
 */
static bool pi_has_tags(const struct kiocb *iocb, u16 checks)
{
	const struct blk_integrity *bi;

	/* a file that cannot carry metadata is rejected with another error */
	if (!iocb->ki_filp || !(iocb->ki_filp->f_mode & FMODE_HAS_METADATA))
		return true;
	bi = bdev_get_integrity(I_BDEV(iocb->ki_filp->f_mapping->host));
	return !bi || !(checks & ~blk_integrity_checks(bi));
}

/*
 * bio_integrity_map_iter() pins the pages when the bios are built, and checks
 * that the buffer is long enough for the format of the device.
 */
int iocb_attr_resolve_pi(const struct iocb_attr_import *import,
			 const union iocb_attr_record *record)
{
	const struct iocb_attr_pi *pi = &record->pi;
	struct kiocb *iocb = import->iocb;
	struct uio_meta *meta = import->meta;
	int ret;

	if (!pi_has_tags(iocb, pi->flags))
		return -EINVAL;
	if (pi->addr != (unsigned long)pi->addr)
		return -EFAULT;
	ret = import_ubuf(iocb->ki_flags & IOCB_WRITE ? ITER_SOURCE : ITER_DEST,
			  u64_to_user_ptr(pi->addr), pi->len, &meta->iter);
	if (ret)
		return ret;
	meta->flags = pi->flags;
	meta->app_tag = pi->app_tag;
	meta->seed = pi->seed;
	iocb->private = meta;
	iocb->ki_flags |= IOCB_HAS_METADATA;
	return 0;
}

/* Only block device files carry it, if the device has a metadata format. */
bool iocb_attr_supported_pi(const struct kiocb *iocb,
			    const struct iocb_attrs *attrs)
{
	return (iocb->ki_filp->f_mode & FMODE_HAS_METADATA) &&
	       iocb_attr_supported_direct(iocb, attrs);
}
