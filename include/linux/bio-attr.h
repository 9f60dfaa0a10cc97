/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-I/O attributes in the block layer.
 *
 * bio->bi_attrs points to the attributes of the kiocb that the bio was made
 * for, and does not keep them. Like the payload pages, they are valid until
 * bio_endio() is called on the bio. A clone that may outlive its original must
 * call bio_clear_attrs().
 */
#ifndef _LINUX_BIO_ATTR_H
#define _LINUX_BIO_ATTR_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blk_types.h>
#include <linux/fs.h>
#include <linux/iocb_attr.h>
#include <linux/iocb_attr_scope.h>
#include <linux/iocb_attr_set.h>
#include <linux/poison.h>

struct request;

#ifdef CONFIG_IOCB_ATTR

/* bi_attrs after bio_endio() with CONFIG_IOCB_ATTR_DEBUG; faults on use. */
#define BIO_ATTRS_POISON	((struct iocb_attr_ref *)(0xa77 + \
							  POISON_POINTER_DELTA))

bool iocb_attrs_mergeable(const struct iocb_attrs *a,
			  const struct iocb_attrs *b);
void rq_set_attrs_honoured(struct request *rq, u32 mask);

static inline struct iocb_attr_ref *bio_attr_ref(const struct bio *bio)
{
	return bio->bi_attrs;
}

static inline const struct iocb_attrs *bio_attrs(const struct bio *bio)
{
	return bio->bi_attrs ? bio->bi_attrs->attrs : NULL;
}

/**
 * bio_set_attrs - set the attributes of a new bio to those of its I/O
 * @bio: A bio made for @iocb, with its block device.
 * @iocb: The I/O.
 *
 * For code that builds bios from a kiocb. The bio must end before the kiocb is
 * completed. Charges the bio to the cgroup that the attributes name, if any.
 */
static inline void bio_set_attrs(struct bio *bio, const struct kiocb *iocb)
{
	struct cgroup_subsys_state *css;

	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return;
	if (iocb_attr_in_scope())
		bio_clear_scope(bio);
	bio->bi_attrs = iocb->ki_attrs;
	css = iocb_attrs_named_css(bio->bi_attrs->attrs);
	if (css)
		bio_associate_blkg_from_css(bio, css);
}

/**
 * bio_alloc_kiocb - allocate a bio with the attributes of its I/O
 * @iocb: The I/O.
 * @bdev: As for bio_alloc_bioset().
 * @nr_vecs: Likewise.
 * @opf: Likewise.
 * @gfp: Likewise.
 * @bs: Likewise.
 *
 * Combines bio_alloc_bioset() and bio_set_attrs(). If the attributes name a
 * cgroup, or have the submitter's css, the css of the task is not looked up.
 *
 * Context: As bio_alloc_bioset().
 * Return: As bio_alloc_bioset().
 */
static inline struct bio *
bio_alloc_kiocb(const struct kiocb *iocb, struct block_device *bdev,
		unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp,
		struct bio_set *bs)
{
	struct cgroup_subsys_state *css;
	struct bio *bio;

	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return bio_alloc_bioset(bdev, nr_vecs, opf, gfp, bs);

	/* allocate without a bdev to skip the default blkg association */
	bio = bio_alloc_bioset(iocb->ki_attrs->attrs->css ? NULL : bdev,
			       nr_vecs, opf, gfp, bs);
	if (unlikely(!bio))
		return NULL;
	bio->bi_bdev = bdev;
	bio->bi_attrs = iocb->ki_attrs;
	/* read again: it would take a register across the call */
	css = bio->bi_attrs->attrs->css;
	if (css) {
		bio_associate_blkg_from_css(bio, css);
	} else if (iocb_attr_in_scope()) {
		bio_clear_scope(bio);
		bio->bi_attrs = iocb->ki_attrs;
	}
	return bio;
}

/**
 * bio_clone_attrs - copy the attributes of a bio to a bio that replaces it
 * @bio: A bio that ends before @src does.
 * @src: The bio that @bio replaces in whole or in part.
 *
 * For layers that allocate bios themselves; cloning and splitting a bio copies
 * the attributes already. Use bio_clone_blkg_association() to charge @bio.
 *
 * Context: Any context. @src must not have ended.
 */
static inline void bio_clone_attrs(struct bio *bio, const struct bio *src)
{
	bio->bi_attrs = src->bi_attrs;
}

/* Called when a bio ends. Its attributes may be freed after that. */
static inline void bio_poison_attrs(struct bio *bio)
{
	if (IS_ENABLED(CONFIG_IOCB_ATTR_DEBUG) && bio->bi_attrs)
		bio->bi_attrs = BIO_ATTRS_POISON;
}

/**
 * kiocb_inherit_bio_attrs - copy the attributes of a bio to an I/O done for it
 * @iocb: The I/O. The other ki_flags, including IOCB_DIRECT, must be set.
 * @ref: Filled in; must stay valid until @iocb is completed.
 * @bio: The bio, which must not end before @iocb is completed.
 *
 * For block drivers that do their I/O through a file. @ref records the
 * attributes of @iocb that are honoured; report them with
 * rq_set_attrs_honoured(). The attributes belong to the I/O of @bio: do not
 * call iocb_attrs_complete() for @iocb.
 *
 * Context: Any context.
 */
static inline void kiocb_inherit_bio_attrs(struct kiocb *iocb,
				       struct iocb_attr_ref *ref,
				       const struct bio *bio)
{
	if (likely(!bio->bi_attrs))
		return;
	ref->attrs = bio->bi_attrs->attrs;
	atomic_set(&ref->honoured, 0);
	ref->trace_pid = bio->bi_attrs->trace_pid;
	iocb->ki_attrs = ref;
	iocb->ki_flags |= IOCB_HAS_ATTRS;
}

/**
 * kiocb_get_honoured - get the attributes of an I/O honoured so far
 * @iocb: The I/O.
 *
 * Context: Any context.
 * Return: Mask of the attributes that a layer below honoured.
 */
static inline u32 kiocb_get_honoured(const struct kiocb *iocb)
{
	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return 0;
	return atomic_read(&iocb->ki_attrs->honoured);
}

/**
 * bio_clear_attrs - detach a clone from the attributes of the original
 * @bio: A clone that may still be in flight after the original has ended.
 */
static inline void bio_clear_attrs(struct bio *bio)
{
	bio->bi_attrs = NULL;
}

/**
 * bio_attrs_mergeable - check whether attributes allow two bios to be merged
 * @a: A bio.
 * @b: Another bio.
 *
 * Context: Any context. Neither bio may have ended.
 * Return: true if the attributes of both bios are equivalent.
 */
static inline bool bio_attrs_mergeable(const struct bio *a, const struct bio *b)
{
	return likely(a->bi_attrs == b->bi_attrs) ||
	       iocb_attrs_mergeable(bio_attrs(a), bio_attrs(b));
}

/* Drop the references of an I/O, all of whose bios have ended. */
static inline void iocb_attrs_put(const struct iocb_attrs *attrs)
{
	if (attrs->flags & IOCB_ATTRS_SHARED)
		percpu_ref_put(&iocb_attrs_to_shared(attrs)->ref);
	else if (attrs->css || attrs->ioc)
		__iocb_attrs_release(attrs);
}

/**
 * iocb_attrs_complete - release an I/O's attributes
 * @iocb: The I/O. All its bios must have ended.
 *
 * Context: Any context.
 * Return: The value that the completion reports to userspace: the mask of the
 *	honoured attributes if the list requested it, else 0.
 */
static inline u32 iocb_attrs_complete(const struct kiocb *iocb)
{
	const struct iocb_attr_ref *ref;
	u32 honoured;

	if (likely(!(iocb->ki_flags & IOCB_HAS_ATTRS)))
		return 0;
	ref = iocb->ki_attrs;
	honoured = atomic_read(&ref->honoured);
	iocb_attrs_put(ref->attrs);
	return honoured;
}

#else /* CONFIG_IOCB_ATTR */

static inline struct iocb_attr_ref *bio_attr_ref(const struct bio *bio)
{
	return NULL;
}

static inline const struct iocb_attrs *bio_attrs(const struct bio *bio)
{
	return NULL;
}

static inline void bio_set_attrs(struct bio *bio, const struct kiocb *iocb)
{
}

static inline struct bio *
bio_alloc_kiocb(const struct kiocb *iocb, struct block_device *bdev,
		unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp,
		struct bio_set *bs)
{
	return bio_alloc_bioset(bdev, nr_vecs, opf, gfp, bs);
}

static inline void bio_clone_attrs(struct bio *bio, const struct bio *src)
{
}

static inline void bio_poison_attrs(struct bio *bio)
{
}

static inline void kiocb_inherit_bio_attrs(struct kiocb *iocb,
				       struct iocb_attr_ref *ref,
				       const struct bio *bio)
{
}

static inline u32 kiocb_get_honoured(const struct kiocb *iocb)
{
	return 0;
}

static inline void rq_set_attrs_honoured(struct request *rq, u32 mask)
{
}

static inline void bio_clear_attrs(struct bio *bio)
{
}

static inline bool bio_attrs_mergeable(const struct bio *a, const struct bio *b)
{
	return true;
}

static inline u32 iocb_attrs_complete(const struct kiocb *iocb)
{
	return 0;
}

#endif /* CONFIG_IOCB_ATTR */

/**
 * bio_attr_lookup - find an attribute of the I/O that a bio is part of
 * @bio: The bio; bio_endio() has not been called on it.
 * @name: Name of the attribute, as in IOCB_ATTR_name.
 *
 * Context: Any context. Takes constant time and no lock.
 * Return: As iocb_attr_lookup().
 */
#define bio_attr_lookup(bio, name)	iocb_attr_lookup(bio_attrs(bio), name)

/**
 * bio_attr_set_honoured - report that a layer honoured an attribute of a bio
 * @bio: The bio; bio_endio() has not been called on it.
 * @name: Name of the attribute, as in IOCB_ATTR_name.
 * @dev: dev_t of the layer's device, for the tracepoint.
 *
 * Context: Any context.
 */
#define bio_attr_set_honoured(bio, name, dev)				\
	iocb_attr_set_honoured(bio_attr_ref(bio), name, dev)

#endif /* _LINUX_BIO_ATTR_H */
