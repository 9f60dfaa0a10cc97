// SPDX-License-Identifier: GPL-2.0
/*
 * The values that a scope gives to bios.
 *
 * Bios of buffered I/O may end after the call that made them, and after the
 * thread has dropped the scope. Therefore they hold values instead of a
 * reference to the attributes. What fits into no member of struct bio is
 * encoded in the choice of a constant struct iocb_attr_ref: whether the bio has
 * the cgroup or the priority of the scope, and its hints for reads. Write
 * policies have no value. As @honoured of these references means nothing, what
 * is honoured is recorded only where the thread that made the bio submits it.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/iocb_attr_scope.h>
#include <linux/rcupdate.h>

#include <trace/events/iocb_attr.h>

#include "blk.h"
#include "blk-cgroup.h"

/* What a scope determines: nothing, the priority, or the cgroup as well. */
enum { SCHED_OWN, SCHED_IOPRIO, SCHED_CGROUP, NR_SCHED };
enum { HINT_NONE, HINT_BYPASS, HINT_ADMIT, NR_HINTS };

static struct iocb_attrs scope_attrs[NR_SCHED][NR_HINTS] __ro_after_init;
static struct iocb_attr_ref scope_refs[NR_SCHED][NR_HINTS] __ro_after_init;

static int __init scope_init(void)
{
	static const u32 present[NR_SCHED] = {
		[SCHED_IOPRIO]	= BIT(IOCB_ATTR_ioprio),
		[SCHED_CGROUP]	= BIT(IOCB_ATTR_cgroup),
	};
	static const u32 hints[NR_HINTS] = {
		[HINT_BYPASS]	= IOCB_CACHE_BYPASS,
		[HINT_ADMIT]	= IOCB_CACHE_ADMIT,
	};
	struct iocb_attrs *attrs;
	unsigned int sched, hint;

	for (sched = 0; sched < NR_SCHED; sched++) {
		for (hint = 0; hint < NR_HINTS; hint++) {
			attrs = &scope_attrs[sched][hint];
			attrs->present = present[sched];
			attrs->flags = IOCB_ATTRS_SCOPE;
			attrs->cache.hints = hints[hint];
			if (hints[hint])
				attrs->present |= BIT(IOCB_ATTR_cache);
			scope_refs[sched][hint].attrs = attrs;
		}
	}
	return 0;
}
core_initcall(scope_init);

static struct iocb_attr_ref *scope_ref(const struct iocb_attrs *attrs)
{
	unsigned int sched = SCHED_OWN;
	unsigned int hint = HINT_NONE;

	if (iocb_attrs_named_css(attrs))
		sched = SCHED_CGROUP;
	else if (attrs->present & IOCB_ATTRS_SCHED)
		sched = SCHED_IOPRIO;
	if (attrs->cache.hints & IOCB_CACHE_BYPASS)
		hint = HINT_BYPASS;
	else if (attrs->cache.hints & IOCB_CACHE_ADMIT)
		hint = HINT_ADMIT;
	if (sched == SCHED_OWN && hint == HINT_NONE)
		return NULL;
	return &scope_refs[sched][hint];
}

/**
 * bio_set_scope - give a new bio the values of the current thread's scope
 * @bio: A bio with its block device, whose bi_blkg is not set yet.
 *
 * Clones, and what block drivers allocate below submit_bio(), do not have them.
 *
 * Context: A thread for which iocb_attr_in_scope() is true. Does not sleep.
 * Return: True if @bio is charged to the cgroup of the scope. If false, the
 *	caller charges it to that of the task.
 */
bool bio_set_scope(struct bio *bio)
{
	const struct iocb_attrs *attrs;
	struct cgroup_subsys_state *css;

	/* layers copy the values, or use a bio for themselves */
	if (current->bio_list || bio_flagged(bio, BIO_CLONED))
		return false;
	guard(rcu)();
	attrs = iocb_attr_scope_attrs();
	if (!attrs)
		return false;
	bio->bi_ioprio = iocb_attr_scope_ioprio();
	bio->bi_attrs = scope_ref(attrs);
	trace_iocb_attr_scope(bio, attrs);
	css = iocb_attrs_named_css(attrs);
	if (!css)
		return false;
	bio_associate_blkg_from_css(bio, css);
	return true;
}

/**
 * bio_clear_scope - take the values of the current thread's scope from a bio
 * @bio: A bio that the current thread has just made for I/O that has attributes
 *	of its own. The caller sets the priority.
 *
 * Context: A thread for which iocb_attr_in_scope() is true. Does not sleep.
 */
void bio_clear_scope(struct bio *bio)
{
	unsigned int flags = iocb_attr_scope_suspend();

	bio->bi_attrs = NULL;
#ifdef CONFIG_BLK_CGROUP
	if (bio->bi_blkg) {
		blkg_put(bio->bi_blkg);
		bio->bi_blkg = NULL;
		bio_associate_blkg(bio);
	}
#endif
	iocb_attr_scope_resume(flags);
}

#ifndef CONFIG_BLK_CGROUP
void bio_associate_blkg(struct bio *bio)
{
	if (iocb_attr_in_scope())
		bio_set_scope(bio);
}
EXPORT_SYMBOL_GPL(bio_associate_blkg);
#endif

#ifdef CONFIG_BLK_CGROUP
/*
 * bio_attrs_counted() of a bio with the values of a scope. If the thread that
 * made it does not submit it, the scope is not known any more.
 */
void bio_scope_counted(struct bio *bio)
{
	const struct iocb_attr_scope *scope = current->iocb_attr_scope;
	const struct iocb_attrs *attrs;
	unsigned int id;

	if (!iocb_attr_in_scope())
		return;
	guard(rcu)();
	attrs = iocb_attr_scope_attrs();
	if (!attrs || !(attrs->flags & IOCB_ATTRS_CSS_IS_NAMED) ||
	    bio->bi_blkg->blkcg != css_to_blkcg(attrs->css))
		return;
	id = __fls(attrs->present & IOCB_ATTRS_CGROUP);
	iocb_attr_count(attrs, id);
	if (scope->ref)
		iocb_attr_record(scope->ref, id);
}
#endif
