/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-I/O attributes inside the kernel.
 *
 * The list that userspace passes (include/uapi/linux/iocb_attr.h) is copied
 * and checked once, at submission, and becomes a struct iocb_attrs. It lives
 * in the memory of the kiocb's owner; kiocb->ki_attrs and bio->bi_attrs
 * borrow it. See include/linux/bio-attr.h for the block layer's side.
 *
 * linux/aio_abi.h includes this file, and nearly everything includes that:
 * keep it light.
 */
#ifndef _LINUX_IOCB_ATTR_H
#define _LINUX_IOCB_ATTR_H

#include <linux/bits.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uapi/linux/iocb_attr.h>

struct cgroup_subsys_state;
struct io_context;

/**
 * struct iocb_cache - what iocb_attr_lookup(attrs, cache) finds
 * @hints: IOCB_CACHE_*, checked: neither BYPASS with ADMIT nor two write
 *	policies.
 */
struct iocb_cache {
	u32	hints;
};

/**
 * struct iocb_attrs - the attributes of one I/O, parsed
 * @given: Bit per attribute id that the list held.
 * @flags: IOCB_ATTR_LIST_*, and IOCB_ATTRS_CSS_IS_NAMED.
 * @ioprio: The priority that was asked for, if @given has the bit of
 *	IOCB_ATTR_ioprio; never of class none.
 * @honoured: Bit per attribute id that some layer acted on.
 * @cache: No hints unless @given has the bit of IOCB_ATTR_cache.
 * @must: Bit per attribute id that must not be dropped, of a list that was read
 *	before it was known which file the I/O is on; see
 *	iocb_attrs_check_file().
 * @pid: The thread that submitted the I/O, for iocb_attr:iocb_attr_honoured, or 0
 *	if iocb_attr:iocb_attr_accepted was not enabled then.
 * @css: The io cgroup to charge, referenced, or NULL for the submitter's.
 * @ioc: The io_context of the process that is named by a proxy attribute and
 *	by nothing more particular, kept active, or NULL.
 *
 * Use iocb_attr_lookup() and iocb_attr_honoured(). Attributes that nothing
 * below the system call looks up have no member.
 */
struct iocb_attrs {
	u32			given;
	u16			flags;
	u16			ioprio;
	atomic_t		honoured;
	struct iocb_cache	cache;
	u32			must;
	pid_t			pid;
	struct cgroup_subsys_state *css;
	struct io_context	*ioc;
};

/*
 * In iocb_attrs.flags: css is that of the cgroup that was named, and not that of
 * an ancestor for want of an io controller there.
 */
#define IOCB_ATTRS_CSS_IS_NAMED	BIT(15)

/* The attributes that say who an I/O is for. */
#define IOCB_ATTRS_WHO	(BIT(IOCB_ATTR_proxy_pid) |			\
			 BIT(IOCB_ATTR_proxy_pidfd) |			\
			 BIT(IOCB_ATTR_cgroup) | BIT(IOCB_ATTR_ioprio))

#ifdef CONFIG_IOCB_ATTR
void __iocb_attrs_release(struct iocb_attrs *attrs);
void __iocb_attr_honoured(struct iocb_attrs *attrs, unsigned int id,
			  dev_t dev, const char *layer);
#else
static inline void __iocb_attr_honoured(struct iocb_attrs *attrs,
					unsigned int id, dev_t dev,
					const char *layer)
{
}
#endif

static inline bool iocb_attr_given(const struct iocb_attrs *attrs,
				   unsigned int id)
{
	return attrs && (attrs->given & BIT(id));
}

/**
 * iocb_attr_lookup - find one attribute of an I/O
 * @attrs: The I/O's attributes, or NULL.
 * @name: Name of the attribute, as in IOCB_ATTR_name: cache.
 *
 * Context: Any; takes constant time and no lock. What it returns is valid as
 *	long as @attrs is.
 * Return: Pointer to the attribute's value (for cache, a const struct
 *	iocb_cache), or NULL if the I/O does not have it.
 */
#define iocb_attr_lookup(attrs, name)					\
({									\
	const struct iocb_attrs *__attrs = (attrs);			\
									\
	iocb_attr_given(__attrs, IOCB_ATTR_ ## name) ?			\
		&__attrs->name : NULL;					\
})

/**
 * iocb_attr_honoured - say that a layer acted on an attribute
 * @attrs: The I/O's attributes, which iocb_attr_lookup() found @name in.
 * @name: Name of the attribute, as in IOCB_ATTR_name.
 * @dev: dev_t of the device that the layer is, for the tracepoint.
 *
 * Call it when it is certain that the I/O is treated as asked, for at least one
 * bio or request of the I/O and before the last one ends. The layer's name is
 * the module's.
 *
 * Context: Any.
 */
#define iocb_attr_honoured(attrs, name, dev)				\
	__iocb_attr_honoured(attrs, IOCB_ATTR_ ## name, dev, KBUILD_MODNAME)

#endif /* _LINUX_IOCB_ATTR_H */
