/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-I/O attributes in the block layer.
 *
 * bio->bi_attrs borrows the attributes of the kiocb that the bio was made for
 * and takes no reference. A bio may be asked for them until bio_endio() is
 * called on it and not after: the same rule as for its payload pages. A bio
 * that may outlive the one it was cloned from must forget them.
 */
#ifndef _LINUX_BIO_ATTR_H
#define _LINUX_BIO_ATTR_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blk_types.h>
#include <linux/fs.h>
#include <linux/iocb_attr.h>
#include <linux/poison.h>

#ifdef CONFIG_IOCB_ATTR

/* What bio->bi_attrs is after bio_endio(), for those who look nevertheless. */
#define BIO_ATTRS_POISON	((struct iocb_attrs *)(0xa77 + \
						       POISON_POINTER_DELTA))

bool iocb_attrs_mergeable(const struct iocb_attrs *a,
			  const struct iocb_attrs *b);
void bios_attrs_honoured(struct bio *bio, u32 mask);

static inline struct iocb_attrs *bio_attrs(const struct bio *bio)
{
	return bio->bi_attrs;
}

/**
 * bio_set_attrs - give a new bio the attributes of its I/O
 * @bio: A bio made for @iocb, with its block device.
 * @iocb: The I/O.
 *
 * For the code that turns a kiocb into bios. The bio must end before the
 * kiocb is completed. Charges the bio to the cgroup that the attributes name.
 */
static inline void bio_set_attrs(struct bio *bio, const struct kiocb *iocb)
{
	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return;
	bio->bi_attrs = iocb->ki_attrs;
	if (bio->bi_attrs->css)
		bio_associate_blkg_from_css(bio, bio->bi_attrs->css);
}

/**
 * bio_alloc_iocb - allocate a bio that has the attributes of its I/O
 * @iocb: The I/O.
 * @bdev: As for bio_alloc_bioset().
 * @nr_vecs: Likewise.
 * @opf: Likewise.
 * @gfp: Likewise.
 * @bs: Likewise.
 *
 * bio_alloc_bioset() and bio_set_attrs(), but the bio is not charged to the
 * submitter first if it is to be charged to somebody else.
 *
 * Context: As bio_alloc_bioset().
 * Return: As bio_alloc_bioset().
 */
static inline struct bio *
bio_alloc_iocb(const struct kiocb *iocb, struct block_device *bdev,
	       unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp,
	       struct bio_set *bs)
{
	struct bio *bio;

	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return bio_alloc_bioset(bdev, nr_vecs, opf, gfp, bs);

	/* without a device it is charged to nobody */
	bio = bio_alloc_bioset(iocb->ki_attrs->css ? NULL : bdev, nr_vecs, opf,
			       gfp, bs);
	if (unlikely(!bio))
		return NULL;
	bio->bi_bdev = bdev;
	bio->bi_attrs = iocb->ki_attrs;
	if (bio->bi_attrs->css)
		bio_associate_blkg_from_css(bio, bio->bi_attrs->css);
	return bio;
}

/**
 * bio_clone_attrs - give a bio the attributes of the one that it stands for
 * @bio: A bio that ends before @src does.
 * @src: The bio that it is submitted in place of, or for a part of.
 *
 * For layers that allocate a bio of their own; what clones one or splits it
 * does this. Charging @bio is left to bio_clone_blkg_association().
 *
 * Context: Any. @src must not have ended.
 */
static inline void bio_clone_attrs(struct bio *bio, const struct bio *src)
{
	bio->bi_attrs = src->bi_attrs;
}

/* A bio has ended: its attributes may be gone. */
static inline void bio_end_attrs(struct bio *bio)
{
	if (IS_ENABLED(CONFIG_IOCB_ATTR_DEBUG) && bio->bi_attrs)
		bio->bi_attrs = BIO_ATTRS_POISON;
}

/**
 * kiocb_set_bio_attrs - give an I/O the attributes of a bio that it is done for
 * @iocb: The I/O; ki_flags are set otherwise, IOCB_DIRECT among them.
 * @attrs: Filled in; has to live until @iocb is completed.
 * @bio: The bio, which must not end before @iocb is completed.
 *
 * For a block driver that does its I/O through a file. What @iocb honours is
 * kept in @attrs until bios_attrs_honoured() hands it up. What @bio holds for
 * its attributes is borrowed: do not call iocb_attrs_end() for @iocb.
 *
 * Context: Any.
 */
static inline void kiocb_set_bio_attrs(struct kiocb *iocb,
				       struct iocb_attrs *attrs,
				       const struct bio *bio)
{
	if (likely(!bio->bi_attrs))
		return;
	/* other bios of the I/O may set bits of honoured at this moment */
	attrs->given = bio->bi_attrs->given;
	attrs->flags = bio->bi_attrs->flags & IOCB_ATTRS_CSS_IS_NAMED;
	attrs->ioprio = bio->bi_attrs->ioprio;
	atomic_set(&attrs->honoured, 0);
	attrs->cache = bio->bi_attrs->cache;
	attrs->must = 0;
	attrs->pid = bio->bi_attrs->pid;
	attrs->css = bio->bi_attrs->css;
	attrs->ioc = bio->bi_attrs->ioc;
	iocb->ki_attrs = attrs;
	iocb->ki_flags |= IOCB_HAS_ATTRS;
}

/**
 * kiocb_attrs_honoured - which attributes of an I/O were honoured so far
 * @iocb: The I/O.
 *
 * Context: Any.
 * Return: The mask of the attributes that a layer below acted on.
 */
static inline u32 kiocb_attrs_honoured(const struct kiocb *iocb)
{
	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return 0;
	return atomic_read(&iocb->ki_attrs->honoured);
}

/**
 * bio_forget_attrs - make a clone independent of the original's attributes
 * @bio: A clone that may still be in flight when the original has ended.
 */
static inline void bio_forget_attrs(struct bio *bio)
{
	bio->bi_attrs = NULL;
}

/**
 * bio_attrs_mergeable - may two bios share a request?
 * @a: A bio.
 * @b: Another one.
 *
 * Context: Any. Both bios must not have ended.
 * Return: Whether the attributes of both mean the same.
 */
static inline bool bio_attrs_mergeable(const struct bio *a, const struct bio *b)
{
	const struct iocb_attrs *of_a = a->bi_attrs;
	const struct iocb_attrs *of_b = b->bi_attrs;

	return likely(of_a == of_b) || iocb_attrs_mergeable(of_a, of_b);
}

/* The half of iocb_attrs_end() for those who know that there are attributes. */
static inline u32 __iocb_attrs_end(struct iocb_attrs *attrs)
{
	if (attrs->css || attrs->ioc)
		__iocb_attrs_release(attrs);
	if (!(attrs->flags & IOCB_ATTR_LIST_REPORT))
		return 0;
	return atomic_read(&attrs->honoured);
}

/**
 * iocb_attrs_end - let go of an I/O's attributes
 * @iocb: The I/O, all of whose bios have ended.
 *
 * Context: Any.
 * Return: What the completion tells userspace: the mask of the attributes
 *	honoured if the list asked for it, else 0.
 */
static inline u32 iocb_attrs_end(const struct kiocb *iocb)
{
	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return 0;
	return __iocb_attrs_end(iocb->ki_attrs);
}

#else /* CONFIG_IOCB_ATTR */

static inline struct iocb_attrs *bio_attrs(const struct bio *bio)
{
	return NULL;
}

static inline void bio_set_attrs(struct bio *bio, const struct kiocb *iocb)
{
}

static inline struct bio *
bio_alloc_iocb(const struct kiocb *iocb, struct block_device *bdev,
	       unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp,
	       struct bio_set *bs)
{
	return bio_alloc_bioset(bdev, nr_vecs, opf, gfp, bs);
}

static inline void bio_clone_attrs(struct bio *bio, const struct bio *src)
{
}

static inline void bio_end_attrs(struct bio *bio)
{
}

static inline void kiocb_set_bio_attrs(struct kiocb *iocb,
				       struct iocb_attrs *attrs,
				       const struct bio *bio)
{
}

static inline u32 kiocb_attrs_honoured(const struct kiocb *iocb)
{
	return 0;
}

static inline void bios_attrs_honoured(struct bio *bio, u32 mask)
{
}

static inline void bio_forget_attrs(struct bio *bio)
{
}

static inline bool bio_attrs_mergeable(const struct bio *a, const struct bio *b)
{
	return true;
}

static inline u32 iocb_attrs_end(const struct kiocb *iocb)
{
	return 0;
}

#endif /* CONFIG_IOCB_ATTR */

/**
 * bio_attr_lookup - find one attribute of the I/O that a bio is part of
 * @bio: The bio; bio_endio() has not been called on it.
 * @name: Name of the attribute, as in IOCB_ATTR_name.
 *
 * Context: Any; takes constant time and no lock.
 * Return: As iocb_attr_lookup().
 */
#define bio_attr_lookup(bio, name)	iocb_attr_lookup(bio_attrs(bio), name)

/**
 * bio_attr_honoured - say that a layer acted on an attribute of a bio
 * @bio: The bio; bio_endio() has not been called on it.
 * @name: Name of the attribute, as in IOCB_ATTR_name.
 * @dev: dev_t of the device that the layer is, for the tracepoint.
 *
 * Context: Any.
 */
#define bio_attr_honoured(bio, name, dev)				\
	iocb_attr_honoured(bio_attrs(bio), name, dev)

#endif /* _LINUX_BIO_ATTR_H */
