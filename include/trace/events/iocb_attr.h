/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iocb_attr

#if !defined(_TRACE_IOCB_ATTR_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_IOCB_ATTR_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/cgroup.h>
#include <linux/fs.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_POINTER);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_LIST_SIZE);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_LIST_FLAGS);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_NOMEM);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_SIZE);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_FLAGS);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_DUPLICATE);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_TOO_SHORT);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_TOO_LONG);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_RESERVED);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_VALUE);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_CONFLICT);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_TARGET);
TRACE_DEFINE_ENUM(IOCB_ATTR_ERR_UNSUPPORTED);

#define show_iocb_attr_reason(reason)				\
	__print_symbolic(reason,				\
		{ IOCB_ATTR_ERR_POINTER,	"pointer" },	\
		{ IOCB_ATTR_ERR_LIST_SIZE,	"list-size" },	\
		{ IOCB_ATTR_ERR_LIST_FLAGS,	"list-flags" },	\
		{ IOCB_ATTR_ERR_NOMEM,		"memory" },	\
		{ IOCB_ATTR_ERR_SIZE,		"size" },	\
		{ IOCB_ATTR_ERR_FLAGS,		"flags" },	\
		{ IOCB_ATTR_ERR_DUPLICATE,	"duplicate" },	\
		{ IOCB_ATTR_ERR_TOO_SHORT,	"short" },	\
		{ IOCB_ATTR_ERR_TOO_LONG,	"long" },	\
		{ IOCB_ATTR_ERR_RESERVED,	"reserved" },	\
		{ IOCB_ATTR_ERR_VALUE,		"value" },	\
		{ IOCB_ATTR_ERR_CONFLICT,	"conflict" },	\
		{ IOCB_ATTR_ERR_TARGET,		"target" },	\
		{ IOCB_ATTR_ERR_UNSUPPORTED,	"unsupported" })

TRACE_DEFINE_ENUM(IOCB_ATTR_proxy_pid);
TRACE_DEFINE_ENUM(IOCB_ATTR_proxy_pidfd);
TRACE_DEFINE_ENUM(IOCB_ATTR_cgroup);
TRACE_DEFINE_ENUM(IOCB_ATTR_ioprio);
TRACE_DEFINE_ENUM(IOCB_ATTR_cache);
TRACE_DEFINE_ENUM(IOCB_ATTR_pi);
TRACE_DEFINE_ENUM(IOCB_ATTR_set);

#define show_iocb_attr_id(id)			\
	__print_symbolic(id,			\
		{ IOCB_ATTR_proxy_pid,	 "proxy_pid" },		\
		{ IOCB_ATTR_proxy_pidfd, "proxy_pidfd" },	\
		{ IOCB_ATTR_cgroup,	 "cgroup" },		\
		{ IOCB_ATTR_ioprio,	 "ioprio" },		\
		{ IOCB_ATTR_cache,	 "cache" },		\
		{ IOCB_ATTR_pi,		 "pi" },		\
		{ IOCB_ATTR_set,	 "set" })

/* A list was accepted; dev and ino are 0 if the file is not known yet. */
TRACE_EVENT(iocb_attr_accepted,
	TP_PROTO(const struct kiocb *iocb, const struct iocb_attrs *attrs,
		 u32 size),
	TP_ARGS(iocb, attrs, size),

	TP_STRUCT__entry(
		__field(dev_t,	dev)
		__field(u64,	ino)
		__field(loff_t,	pos)
		__field(u32,	size)
		__field(u32,	flags)
		__field(u32,	given)
	),

	TP_fast_assign(
		const struct inode *inode;

		__entry->dev	= 0;
		__entry->ino	= 0;
		if (iocb->ki_filp) {
			inode = file_inode(iocb->ki_filp);
			__entry->dev = S_ISBLK(inode->i_mode) ?
					inode->i_rdev : inode->i_sb->s_dev;
			__entry->ino = inode->i_ino;
		}
		__entry->pos	= iocb->ki_pos;
		__entry->size	= size;
		__entry->flags	= attrs->flags & IOCB_ATTR_LIST_REPORT;
		__entry->given	= attrs->present;
	),

	TP_printk("dev=%d,%d ino=%llu pos=%lld size=%u flags=0x%x given=0x%x",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->pos, __entry->size, __entry->flags, __entry->given)
);

/* A list was rejected; offset and id are those of the faulty record. */
TRACE_EVENT(iocb_attr_refused,
	TP_PROTO(int error, unsigned int reason, u32 offset, u16 id),
	TP_ARGS(error, reason, offset, id),

	TP_STRUCT__entry(
		__field(int,		error)
		__field(unsigned int,	reason)
		__field(u32,		offset)
		__field(u16,		id)
	),

	TP_fast_assign(
		__entry->error	= error;
		__entry->reason	= reason;
		__entry->offset	= offset;
		__entry->id	= id;
	),

	TP_printk("error=%d reason=%s offset=%u id=%u", __entry->error,
		  show_iocb_attr_reason(__entry->reason),
		  __entry->offset, __entry->id)
);

/*
 * A layer honoured an attribute. The pid is that of the thread that submitted
 * the I/O, or 0 if iocb_attr_accepted was disabled at submission.
 */
TRACE_EVENT(iocb_attr_honoured,
	TP_PROTO(const struct iocb_attr_ref *ref, unsigned int id, dev_t dev,
		 const char *layer),
	TP_ARGS(ref, id, dev, layer),

	TP_STRUCT__entry(
		__field(unsigned int,	id)
		__field(dev_t,		dev)
		__field(pid_t,		pid)
		__string(layer,		layer)
	),

	TP_fast_assign(
		__entry->id	= id;
		__entry->dev	= dev;
		__entry->pid	= ref->trace_pid;
		__assign_str(layer);
	),

	TP_printk("id=%s layer=%s dev=%d,%d pid=%d",
		  show_iocb_attr_id(__entry->id), __get_str(layer),
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->pid)
);

/*
 * A new bio of the current thread has the values of a scope. cgroup is 0 if the
 * scope names none.
 */
TRACE_EVENT(iocb_attr_scope,
	TP_PROTO(const struct bio *bio, const struct iocb_attrs *attrs),
	TP_ARGS(bio, attrs),

	TP_STRUCT__entry(
		__field(dev_t,	dev)
		__field(u32,	op)
		__field(u64,	cgroup)
		__field(u16,	ioprio)
		__field(u32,	hints)
	),

	TP_fast_assign(
		struct cgroup_subsys_state *css = iocb_attrs_named_css(attrs);

		__entry->dev	= bio_dev(bio);
		__entry->op	= (__force u32)bio_op(bio);
		__entry->cgroup	= 0;
#ifdef CONFIG_CGROUPS
		if (css)
			__entry->cgroup = cgroup_id(css->cgroup);
#endif
		__entry->ioprio	= bio->bi_ioprio;
		__entry->hints	= attrs->cache.hints;
	),

	TP_printk("dev=%d,%d op=%u cgroup=%llu ioprio=0x%x hints=0x%x",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->op,
		  __entry->cgroup, __entry->ioprio, __entry->hints)
);

#endif /* _TRACE_IOCB_ATTR_H */

#include <trace/define_trace.h>
