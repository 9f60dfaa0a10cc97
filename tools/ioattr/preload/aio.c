// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Attributes for AIO.
 *
 * Events contain the address of the iocb, so the list must be attached to the
 * program's iocb rather than to a copy. After submission the iocb must not be
 * touched: the I/O may have completed and the program may have reused the
 * memory. The list is detached when the program submits the iocb again.
 *
 * The report is in io_event.res2, which some programs use as a part of the
 * result. Therefore the library clears res2 in the events that the program
 * gets by a call, and requests reports on a context only after such a call. A
 * program that reads the completion ring in memory never gets reports.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "shim.h"

#define MAX_CONTEXTS	256
#define MAX_REPORTS	16384	/* I/Os in flight with a report */
#define PROBES		16
#define BATCH		64

/**
 * struct context - an AIO context
 * @id: Its id; 0 if the entry is unused. The entry remains when the context is
 *	destroyed, and the id may be reused.
 * @fetches: The program has received an event from it by a call.
 */
struct context {
	_Atomic uintptr_t	id;
	_Atomic bool		fetches;
};

static struct context contexts[MAX_CONTEXTS];

/* I/Os with a report: a key for each (context, iocb); 0 if unused. */
static _Atomic uint64_t reporting[MAX_REPORTS];

static uint64_t hash(uint64_t n)
{
	n ^= n >> 32;
	n *= 0x9e3779b97f4a7c15ULL;
	return n ^ n >> 29;
}

static struct context *find_context(aio_context_t id, bool make)
{
	unsigned int i, at = hash(id);
	struct context *c;
	uintptr_t none;

	for (i = 0; i < MAX_CONTEXTS; i++) {
		c = &contexts[(at + i) % MAX_CONTEXTS];
		if (c->id == id)
			return c;
		if (c->id)
			continue;
		if (!make)
			return NULL;
		none = 0;
		if (atomic_compare_exchange_strong(&c->id, &none, id) ||
		    none == id)
			return c;
	}
	return NULL;
}

static uint64_t report_key(const struct context *c, uint64_t iocb)
{
	const uint64_t key = hash(hash(c->id) ^ iocb);

	return key ? key : 1;
}

static bool report_add(uint64_t key)
{
	uint64_t none;
	int i;

	for (i = 0; i < PROBES; i++) {
		none = 0;
		if (atomic_compare_exchange_strong(&reporting[(key + i) %
						   MAX_REPORTS], &none, key))
			return true;
	}
	return false;
}

static bool report_remove(uint64_t key)
{
	uint64_t it;
	int i;

	for (i = 0; i < PROBES; i++) {
		it = key;
		if (atomic_compare_exchange_strong(&reporting[(key + i) %
						   MAX_REPORTS], &it, 0))
			return true;
	}
	return false;
}

void aio_forget(void)
{
	/* AIO contexts are not inherited */
	memset(contexts, 0, sizeof(contexts));
	memset(reporting, 0, sizeof(reporting));
}

static unsigned int operation(const struct iocb *iocb)
{
	switch (iocb->aio_lio_opcode) {
	case IOCB_CMD_PREAD:
	case IOCB_CMD_PREADV:
		return RULE_READ;
	case IOCB_CMD_PWRITE:
	case IOCB_CMD_PWRITEV:
		return RULE_WRITE;
	default:
		return 0;
	}
}

static long long length(const struct iocb *iocb)
{
	const struct iovec *vec = (void *)(uintptr_t)iocb->aio_buf;
	long long len = 0;
	uint64_t i;

	if (!rules_have_sizes())
		return 0;
	if (iocb->aio_lio_opcode == IOCB_CMD_PREAD ||
	    iocb->aio_lio_opcode == IOCB_CMD_PWRITE)
		return iocb->aio_nbytes;
	for (i = 0; vec && i < iocb->aio_nbytes && i < 1024; i++)
		len += vec[i].iov_len;
	return len;
}

static bool prio_conflicts(const struct iocb *iocb, const struct action *action)
{
	return action->prio >= 0 && iocb->aio_flags & IOCB_FLAG_IOPRIO &&
	       (uint16_t)iocb->aio_reqprio != action->prio;
}

/**
 * struct tag - what was done to an iocb
 * @op: It is a read or write.
 * @has_own_attrs: It has attributes or another priority and is not changed.
 * @error: Why attributes cannot be attached, an errno, or 0.
 * @action: The action whose list is attached, or NULL.
 * @key: Its key in reporting[], or 0.
 */
struct tag {
	bool		op, has_own_attrs;
	int		error;
	struct action	*action;
	uint64_t	key;
};

static void untag(struct iocb *iocb, struct tag *tag)
{
	if (!tag->action)
		return;
	if (tag->key)
		report_remove(tag->key);
	iocb->aio_flags &= ~IOCB_FLAG_ATTR;
	iocb->aio_attrs = 0;
	tag->action = NULL;
}

/*
 * Attach a list to an iocb that is not in flight. Returns false if that is
 * impossible but required.
 */
static bool tag_iocb(struct context *c, struct iocb *iocb, struct tag *tag)
{
	const unsigned int op = operation(iocb);
	const struct ioattr_list *list;
	struct action *action;

	*tag = (struct tag){ .op = op };
	if (action_owns(iocb->aio_attrs)) {
		iocb->aio_flags &= ~IOCB_FLAG_ATTR;
		iocb->aio_attrs = 0;
	}
	if (!op)
		return true;
	action = find_action(iocb->aio_fildes, op, length(iocb), false,
			     &tag->error);
	if (!action)
		return !tag->error;
	if (iocb->aio_flags & IOCB_FLAG_ATTR || iocb->aio_attrs ||
	    prio_conflicts(iocb, action)) {
		tag->has_own_attrs = true;
		return true;
	}
	tag->error = action_open(action);
	if (tag->error)
		return !action->required;
	tag->action = action;
	if (c && c->fetches) {
		tag->key = report_key(c, (uintptr_t)iocb);
		if (!report_add(tag->key))
			tag->key = 0;
	}
	list = &action->lists[tag->key ? LIST_REPORT : LIST_PLAIN];
	iocb->aio_attrs = (uintptr_t)&list->head;
	iocb->aio_flags |= IOCB_FLAG_ATTR;
	return true;
}

/* The kernel has accepted the iocb. */
static void count_tag(const struct tag *tag)
{
	if (tag->op)
		count(&counts()->aio);
	if (tag->has_own_attrs)
		count(&counts()->has_own_attrs);
	if (tag->error)
		count_refused(tag->error);
	if (tag->action)
		count_given(tag->action);
}

static long submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
	return raw_syscall(SYS_io_submit, ctx, nr, (long)iocbs, 0, 0, 0);
}

/*
 * The first iocb was rejected with attributes. If the cgroup was closed, or
 * removed and created again, open it and submit the iocb again.
 */
static long submit_again(aio_context_t ctx, struct iocb **iocbs,
			 const struct tag *tag, long refusal)
{
	long ret;

	if (!tag->action || !action_lost(tag->action, -refusal) ||
	    action_reopen(tag->action))
		return refusal;
	ret = submit(ctx, 1, iocbs);
	if (ret == 1)
		count_tag(tag);
	return ret;
}

/*
 * It was rejected again. Submit it without attributes unless they are
 * required.
 */
static long submit_without(aio_context_t ctx, struct iocb **iocbs,
			   struct tag *tag, long refusal)
{
	struct action *action = tag->action;
	long ret;

	/* EAGAIN: the context is full */
	if (!action || refusal == -EAGAIN)
		return refusal;
	untag(iocbs[0], tag);
	if (action->required) {
		count_refused(-refusal);
		return refusal;
	}
	ret = submit(ctx, 1, iocbs);
	if (ret != 1)
		return ret;
	tag->error = -refusal;
	count_tag(tag);
	if (refusal == -EINVAL || refusal == -EOPNOTSUPP)
		kernel_refuses_all();
	return ret;
}

/* Like the system call: iocbs after the first error are not touched. */
static long submit_some(aio_context_t ctx, struct context *c, long nr,
			struct iocb **iocbs)
{
	struct tag tags[BATCH];
	long i, n = 0, ret;

	if (nr > BATCH)
		nr = BATCH;
	while (n < nr && iocbs[n] && tag_iocb(c, iocbs[n], &tags[n]))
		n++;
	if (!n && iocbs[0]) {
		count_refused(tags[0].error);
		return -tags[0].error;
	}
	ret = submit(ctx, n ? n : 1, iocbs);
	for (i = 0; i < ret; i++)
		count_tag(&tags[i]);
	if (ret < 0 && n)
		ret = submit_again(ctx, iocbs, tags, ret);
	if (ret < 0 && n)
		ret = submit_without(ctx, iocbs, tags, ret);
	for (i = ret < 0 ? 0 : ret; i < n; i++)
		untag(iocbs[i], &tags[i]);
	return ret;
}

/* Like the system call. */
long shim_io_submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
	struct context *c = NULL;
	long done = 0, ret;

	if (nr <= 0 || !iocbs || !shim_active())
		return submit(ctx, nr, iocbs);
	if (shim_reports())
		c = find_context(ctx, true);
	do {
		ret = submit_some(ctx, c, nr - done, iocbs + done);
		if (ret <= 0)
			return done ? done : ret;
		done += ret;
	} while (done < nr);
	return done;
}

static void take_report(struct context *c, struct io_event *event)
{
	unsigned int id;

	if (!report_remove(report_key(c, event->obj)))
		return;
	count(&counts()->reported);
	for (id = 0; id < COUNTS_ATTRS; id++) {
		if (event->res2 >> id & 1)
			count(&counts()->honoured[id]);
	}
	event->res2 = 0;
}

long shim_io_getevents(long nr, aio_context_t ctx, long min, long max,
		       struct io_event *events, void *timeout, void *sigset)
{
	struct context *c;
	long i, ret;

	ret = raw_syscall(nr, ctx, min, max, (long)events, (long)timeout,
			  (long)sigset);
	if (ret <= 0 || !shim_reports() || !shim_active())
		return ret;
	c = find_context(ctx, false);
	if (!c)
		return ret;
	for (i = 0; i < ret; i++)
		take_report(c, &events[i]);
	c->fetches = true;
	return ret;
}

static void forget(aio_context_t ctx)
{
	struct context *c = find_context(ctx, false);

	if (c)
		c->fetches = false;
}

long shim_io_setup(unsigned int nr, aio_context_t *ctx)
{
	const long ret = raw_syscall(SYS_io_setup, nr, (long)ctx, 0, 0, 0, 0);

	/* a context with this id may have been destroyed unnoticed */
	if (!ret && shim_active())
		forget(*ctx);
	return ret;
}

long shim_io_destroy(aio_context_t ctx)
{
	long ret;

	/* before and after: another thread may get events from it meanwhile */
	forget(ctx);
	ret = raw_syscall(SYS_io_destroy, ctx, 0, 0, 0, 0, 0);
	forget(ctx);
	return ret;
}
