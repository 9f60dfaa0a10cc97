/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attribute sets: attributes that many I/Os share, see iocb_attr_create(2).
 */
#ifndef _LINUX_IOCB_ATTR_SET_H
#define _LINUX_IOCB_ATTR_SET_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/container_of.h>
#include <linux/iocb_attr.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct cgroup_subsys_state;
struct file;
struct iocb_attr_dirty;
struct kiocb;

/**
 * struct iocb_attrs_shared - attributes that I/Os share
 * @attrs: The attributes, with IOCB_ATTRS_SHARED.
 * @ref: A reference for each I/O in flight.
 * @user: The io css of the submitters that need no further check, or an error
 *	pointer. It is compared and never dereferenced.
 * @honoured: How often each attribute was honoured, by id; per CPU.
 * @dirty: How the dirty pages that threads add in a scope with the set are
 *	throttled.
 *
 * This is all that the submission of an I/O reads. It is written only when a
 * cgroup goes away.
 */
struct iocb_attrs_shared {
	struct iocb_attrs	attrs;
	struct percpu_ref	ref;
	const struct cgroup_subsys_state *user;
	u64 __percpu		*honoured;
	struct iocb_attr_dirty	*dirty;
} ____cacheline_aligned;

static inline struct iocb_attrs_shared *
iocb_attrs_to_shared(const struct iocb_attrs *attrs)
{
	/* nothing writes to the attributes through this */
	return container_of((struct iocb_attrs *)attrs,
			    struct iocb_attrs_shared, attrs);
}

/* Count for the set, if there is one, that @id was honoured. */
static inline void iocb_attr_count(const struct iocb_attrs *attrs,
				   unsigned int id)
{
	if (attrs->flags & IOCB_ATTRS_SHARED)
		this_cpu_inc(iocb_attrs_to_shared(attrs)->honoured[id]);
}

/* Record that @id was honoured, if the completion reports it. */
static inline void iocb_attr_record(struct iocb_attr_ref *ref, unsigned int id)
{
	/* many CPUs may process bios of one I/O: write only if necessary */
	if (ref->attrs->flags & IOCB_ATTR_LIST_REPORT &&
	    !(atomic_read(&ref->honoured) & BIT(id)))
		atomic_or(BIT(id), &ref->honoured);
}

void iocb_attr_trace_honoured(struct iocb_attr_ref *ref, unsigned int id,
			      dev_t dev, const char *layer);

#ifdef CONFIG_IOCB_ATTR
void iocb_attr_sets_css_offline(struct cgroup_subsys_state *css);
#else
static inline void iocb_attr_sets_css_offline(struct cgroup_subsys_state *css)
{
}
#endif

#endif /* _LINUX_IOCB_ATTR_SET_H */
