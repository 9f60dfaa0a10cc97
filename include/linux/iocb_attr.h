/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-I/O attributes inside the kernel.
 *
 * The list that userspace passes (include/uapi/linux/iocb_attr.h) is copied and
 * validated once, at submission, and converted to a struct iocb_attrs. kiocb->ki_attrs
 * and bio->bi_attrs point to a struct iocb_attr_ref, which has what each I/O has
 * of its own. Both are in memory of the kiocb's owner.
 * See include/linux/bio-attr.h for the interface of the block layer.
 *
 * linux/aio_abi.h includes this file, and nearly every file includes
 * linux/aio_abi.h: keep this header small.
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
 * struct iocb_cache - the value that iocb_attr_lookup(attrs, cache) finds
 * @hints: IOCB_CACHE_*, validated: not both BYPASS and ADMIT, and at most one
 *	write policy.
 */
struct iocb_cache {
	u32	hints;
};

/**
 * struct iocb_attrs - parsed attributes; constant while I/O refers to them
 * @present: Mask of the attribute ids in the list.
 * @flags: IOCB_ATTR_LIST_*, IOCB_ATTRS_CSS_IS_NAMED, IOCB_ATTRS_SHARED and
 *	IOCB_ATTRS_SCOPE.
 * @ioprio: The requested priority if @present has the bit of IOCB_ATTR_ioprio;
 *	never of class none. In a set also that of the process that a proxy
 *	attribute names, or 0.
 * @cache: The cache hints; none unless @present has the bit of IOCB_ATTR_cache.
 * @required: Mask of the attribute ids that must not be dropped, if the list
 *	was imported before the file was known; see iocb_attrs_check_file().
 * @css: The io css to charge, with a reference; NULL for the submitter's. It is
 *	named by an attribute only if @present has a bit of IOCB_ATTRS_CGROUP:
 *	a set has the submitter's css here as well.
 * @ioc: The io_context of the process that a proxy attribute names, with an
 *	active reference; NULL if a cgroup or a priority overrides the proxy, or
 *	if there is none.
 *
 * Use iocb_attr_lookup(). Attributes that no layer below the system call looks
 * up have no member.
 */
struct iocb_attrs {
	u32			present;
	u16			flags;
	u16			ioprio;
	struct iocb_cache	cache;
	u32			required;
	struct cgroup_subsys_state *css;
	struct io_context	*ioc;
};

/**
 * struct iocb_attr_ref - the reference of one I/O to its attributes
 * @attrs: The attributes.
 * @honoured: Mask of the attribute ids that a layer honoured. Updated only if
 *	@attrs has the flag IOCB_ATTR_LIST_REPORT.
 * @trace_pid: The thread that submitted the I/O, for the tracepoint
 *	iocb_attr:iocb_attr_honoured; 0 if iocb_attr:iocb_attr_accepted was
 *	disabled at submission.
 */
struct iocb_attr_ref {
	const struct iocb_attrs	*attrs;
	atomic_t		honoured;
	pid_t			trace_pid;
};

/*
 * In iocb_attrs.flags: css belongs to the named cgroup itself. If that cgroup
 * has no io controller, css belongs to an ancestor and the flag is not set.
 */
#define IOCB_ATTRS_CSS_IS_NAMED	BIT(15)

/* In iocb_attrs.flags: part of a struct iocb_attrs_shared. */
#define IOCB_ATTRS_SHARED	BIT(14)

/* In iocb_attrs.flags: the values of a scope; see block/bio-attr-scope.c. */
#define IOCB_ATTRS_SCOPE	BIT(13)

/* The attributes that name a process. */
#define IOCB_ATTRS_PROXY	(BIT(IOCB_ATTR_proxy_pid) |		\
				 BIT(IOCB_ATTR_proxy_pidfd))

/* The attributes that select the cgroup to charge. */
#define IOCB_ATTRS_CGROUP	(IOCB_ATTRS_PROXY | BIT(IOCB_ATTR_cgroup))

/* The attributes that select the cgroup, the process or the priority. */
#define IOCB_ATTRS_SCHED	(IOCB_ATTRS_CGROUP | BIT(IOCB_ATTR_ioprio))

#ifdef CONFIG_IOCB_ATTR
void __iocb_attrs_release(const struct iocb_attrs *attrs);
void __iocb_attr_set_honoured(struct iocb_attr_ref *ref, unsigned int id,
			      dev_t dev, const char *layer);
#else
static inline void __iocb_attr_set_honoured(struct iocb_attr_ref *ref,
					    unsigned int id, dev_t dev,
					    const char *layer)
{
}
#endif

static inline bool iocb_attr_present(const struct iocb_attrs *attrs,
				   unsigned int id)
{
	return attrs && (attrs->present & BIT(id));
}

/* The css that the attributes name, or NULL; css may be the submitter's own. */
static inline struct cgroup_subsys_state *
iocb_attrs_named_css(const struct iocb_attrs *attrs)
{
	return attrs->present & IOCB_ATTRS_CGROUP ? attrs->css : NULL;
}

/**
 * iocb_attr_lookup - find an attribute of an I/O
 * @attrs: The I/O's attributes, or NULL.
 * @name: Name of the attribute, as in IOCB_ATTR_name, for example cache.
 *
 * Context: Any context. Takes constant time and no lock. The returned pointer
 *	is valid as long as @attrs is.
 * Return: Pointer to the attribute's value (for cache, a const struct
 *	iocb_cache), or NULL if the I/O does not have the attribute.
 */
#define iocb_attr_lookup(attrs, name)					\
({									\
	const struct iocb_attrs *__attrs = (attrs);			\
									\
	iocb_attr_present(__attrs, IOCB_ATTR_ ## name) ?			\
		&__attrs->name : NULL;					\
})

/**
 * iocb_attr_set_honoured - report that a layer honoured an attribute
 * @ref: The I/O's reference to its attributes, among which iocb_attr_lookup()
 *	found @name.
 * @name: Name of the attribute, as in IOCB_ATTR_name.
 * @dev: dev_t of the layer's device, for the tracepoint.
 *
 * Call this when it is certain that the I/O is treated as requested, for at
 * least one bio or request of the I/O and before the last one ends. The
 * tracepoint shows the module's name as the layer.
 *
 * Context: Any context.
 */
#define iocb_attr_set_honoured(ref, name, dev)				\
	__iocb_attr_set_honoured(ref, IOCB_ATTR_ ## name, dev, KBUILD_MODNAME)

#endif /* _LINUX_IOCB_ATTR_H */
