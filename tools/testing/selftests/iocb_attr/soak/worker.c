// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that do I/O by AIO or io_uring and check each result. They submit
 * requests that lib/io.h cannot express: lists in SQEs, bad flags and pointers.
 */
#define _GNU_SOURCE
#include <linux/prctl.h>
#include <sys/prctl.h>

#include "worker.h"

#define BATCH		4
#define MAX_LEN		(32 * BLOCK)
#define MAX_SHOWN	10

#define report(count, fmt, ...) do {					\
	if ((count)++ < MAX_SHOWN)					\
		printf("# " fmt "\n", ##__VA_ARGS__);			\
} while (0)

/* Prefer the files, which must not fail. */
static struct device *device_hold(struct worker *w)
{
	struct device *d;
	unsigned int nr;

	do {
		nr = rnd_one_in(&w->rnd, 2) ? NR_FILES : NR_DEVICES;
		d = &w->stack->devices[rnd_below(&w->rnd, nr)];
	} while (pthread_rwlock_tryrdlock(&d->lock));
	return d;
}

/*
 * Returns 0, with a list or a set for the I/O or with neither, or the error of
 * making a set.
 */
static int slot_make_list(struct worker *w, struct slot *s)
{
	enum way way = BY_AIO;
	bool can_report = true;

	s->set = -1;
	s->has_list = !rnd_one_in(&w->rnd, 5);
	if (w->uring) {
		way = (w->setup & IORING_SETUP_SQE128) &&
		      rnd_one_in(&w->rnd, 2) ? BY_SQE : BY_PTR;
		can_report = w->setup & (IORING_SETUP_CQE32 |
					 IORING_SETUP_CQE_MIXED);
	}
	if (rnd_one_in(&w->rnd, 3))
		way = BY_SET;
	list_begin(&s->list, w->targets, &w->rnd, way, can_report);
	if (!s->has_list) {
		list_release(&s->list);
		return 0;
	}
	if (way == BY_SET && rnd_one_in(&w->rnd, 2)) {
		s->set = sets_pick(&w->sets, &s->list, &w->rnd);
		if (s->set >= 0)
			return 0;
	}
	w->n.lists++;
	if (way != BY_SET && rnd_one_in(&w->rnd, 4))
		sets_add_record(&w->sets, &s->list);
	if (rnd_one_in(&w->rnd, 4))
		list_corrupt(&s->list);
	if (s->list.corruption)
		w->n.corrupted++;
	if (way != BY_SET)
		return 0;
	s->set = sets_add(&w->sets, &s->list);
	if (s->set < 0)
		return s->set;
	if (s->list.error)
		report(w->n.wrong_error, "set, %s: taken",
		       s->list.corruption->name);
	return 0;
}

/* The I/O is submitted or rejected. Its targets may now be removed. */
static void slot_submitted(struct slot *s)
{
	pthread_rwlock_unlock(&s->device->lock);
	list_release(&s->list);
}

static void slot_rejected(struct worker *w, struct slot *s, int error)
{
	struct list *l = &s->list;

	if (!s->has_list || !l->error || error != -l->error)
		report(w->n.wrong_error, "%s, %s: rejected with %s",
		       w->uring ? "io_uring" : "AIO",
		       l->corruption ? l->corruption->name : "nothing wrong",
		       strerror(-error));
	else
		w->n.rejected_by[l->corruption - corruptions]++;
	w->n.rejected++;
	s->busy = false;
	w->busy--;
}

/* Returns false if no set can be made for the I/O. */
static bool slot_make(struct worker *w, struct slot *s)
{
	int ret;

	unsigned int blocks = rnd_one_in(&w->rnd, 20) ? 32 : 4;
	unsigned int nr = s - w->slots;

	s->busy = true;
	s->id = ++w->ids * DEPTH + nr;
	s->device = device_hold(w);
	s->disturbed = __atomic_load_n(&s->device->disturbed, __ATOMIC_SEQ_CST);
	s->write = rnd_one_in(&w->rnd, 2);
	s->len = BLOCK * (1 + rnd_below(&w->rnd, blocks));
	s->offset = rnd_below(&w->rnd, (s->device->size - MAX_LEN) / BLOCK);
	s->offset *= BLOCK;
	if (s->write)
		stamp(s->buf, s->len, s->offset);
	else
		memset(s->buf, 0, s->len);
	s->vector = rnd_one_in(&w->rnd, 4);
	s->iov[0].iov_base = s->buf;
	s->iov[0].iov_len = BLOCK * rnd_below(&w->rnd, s->len / BLOCK);
	s->iov[1].iov_base = s->buf + s->iov[0].iov_len;
	s->iov[1].iov_len = s->len - s->iov[0].iov_len;
	w->busy++;
	ret = slot_make_list(w, s);
	if (ret) {
		slot_submitted(s);
		slot_rejected(w, s, ret);
	}
	return !ret;
}

static void check_mask(struct worker *w, struct slot *s, uint64_t mask)
{
	struct list *l = &s->list;
	uint64_t may = 0;
	int i;

	if (s->has_list &&
	    (l->head.flags & IOCB_ATTR_LIST_REPORT || l->set_reports))
		may = l->given;
	/* with both, only the cgroup is reported */
	if (may & ATTR_BIT(cgroup))
		may &= ~PROXIES;
	if (mask & ~may)
		report(w->n.wrong_mask, "%#llx honoured of %#llx",
		       (unsigned long long)mask, (unsigned long long)may);
	for (i = 0; i < NR_ATTRS; i++)
		w->n.honoured[i] += mask >> i & 1;
}

static void check_result(struct worker *w, struct slot *s, long long res)
{
	struct device *d = s->device;

	if (res == (long long)s->len) {
		if (d->keeps_data && !s->write &&
		    !stamped(s->buf, s->len, s->offset))
			report(w->n.wrong_data, "%s: wrong data at %llu",
			       d->name, (unsigned long long)s->offset);
		return;
	}
	w->n.errors++;
	/* disturbed at submission or later */
	if (s->disturbed % 2 ||
	    s->disturbed != __atomic_load_n(&d->disturbed, __ATOMIC_SEQ_CST))
		return;
	report(w->n.wrong_result, "%s: %s of %zu at %llu gave %lld", d->name,
	       s->write ? "write" : "read", s->len,
	       (unsigned long long)s->offset, res);
}

static void slot_done(struct worker *w, uint64_t id, long long res,
		      uint64_t mask)
{
	struct slot *s = &w->slots[id % DEPTH];

	if (!s->busy || s->id != id) {
		report(w->n.twice, "a completion of nothing in flight");
		return;
	}
	/* io_uring reports a rejected list as a completion */
	if (w->uring && s->has_list && s->list.error) {
		slot_rejected(w, s, res);
		if (mask)
			report(w->n.wrong_mask, "a mask of what was rejected");
		return;
	}
	w->n.done++;
	check_mask(w, s, mask);
	check_result(w, s, res);
	s->busy = false;
	w->busy--;
}

static void slot_to_iocb(struct worker *w, struct slot *s)
{
	struct list *l = &s->list;

	s->iocb = aio_prep(s->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
			   s->device->fd, s->buf, s->len, s->offset,
			   s->has_list ? l->at : NULL);
	if (s->vector) {
		s->iocb.aio_lio_opcode = s->write ? IOCB_CMD_PWRITEV :
						    IOCB_CMD_PREADV;
		s->iocb.aio_buf = (uintptr_t)s->iov;
		s->iocb.aio_nbytes = 2;
	}
	s->iocb.aio_data = s->id;
	if (!s->has_list)
		return;
	if (s->set >= 0) {
		s->iocb.aio_flags = IOCB_FLAG_ATTR_SET;
		s->iocb.aio_attrs = w->sets.all[s->set].fd;
		return;
	}
	s->iocb.aio_flags = l->no_flag ? 0 : IOCB_FLAG_ATTR;
	if (l->other_flag)
		s->iocb.aio_flags |= 1U << 31;
	if (l->other_prio) {
		s->iocb.aio_flags |= IOCB_FLAG_IOPRIO;
		s->iocb.aio_reqprio = BE | 4;
	}
	if (l->fsync) {
		s->iocb.aio_lio_opcode = IOCB_CMD_FDSYNC;
		s->iocb.aio_buf = 0;
		s->iocb.aio_nbytes = 0;
		s->iocb.aio_offset = 0;
	}
}

static void aio_submit(struct worker *w, struct slot **slots, unsigned int nr)
{
	struct iocb *iocbs[BATCH];
	unsigned int i, at;
	int ret;

	for (i = 0; i < nr; i++) {
		slot_to_iocb(w, slots[i]);
		iocbs[i] = &slots[i]->iocb;
	}
	for (at = 0; at < nr;) {
		ret = io_submit(w->ctx, nr - at, iocbs + at);
		if (ret > 0) {
			for (i = at; i < at + ret; i++)
				if (slots[i]->has_list && slots[i]->list.error)
					report(w->n.wrong_error,
					       "AIO, %s: taken",
					       slots[i]->list.corruption->name);
			at += ret;
		} else {
			slot_rejected(w, slots[at++], ret ? -errno : 0);
		}
	}
	for (i = 0; i < nr; i++)
		slot_submitted(slots[i]);
}

/* Reap at least @min. */
static void aio_reap(struct worker *w, unsigned int min)
{
	struct io_event events[DEPTH + 1];
	int i, ret;

	ret = io_getevents(w->ctx, min, DEPTH + 1, events);
	if (ret < 0) {
		if (errno != EINTR)
			w->error = -errno;
		return;
	}
	for (i = 0; i < ret; i++)
		slot_done(w, events[i].data, events[i].res, events[i].res2);
}

static void slot_to_sqe(struct worker *w, struct slot *s,
			struct io_uring_sqe *sqe)
{
	struct list *l = &s->list;
	unsigned int size = l->head.size;

	*sqe = uring_prep(s->write ? IORING_OP_WRITE : IORING_OP_READ,
			  s->device->fd, s->buf, s->len, s->offset, NULL);
	if (s->vector) {
		sqe->opcode = s->write ? IORING_OP_WRITEV : IORING_OP_READV;
		sqe->addr = (uintptr_t)s->iov;
		sqe->len = 2;
	}
	sqe->user_data = s->id;
	if (rnd_one_in(&w->rnd, 4))
		sqe->flags = IOSQE_ASYNC;
	if (!s->has_list)
		return;
	if (s->set >= 0) {
		bool fixed = rnd_one_in(&w->rnd, 2);

		sqe->attr_type_mask = fixed ? IORING_RW_ATTR_FLAG_SET_FIXED :
					      IORING_RW_ATTR_FLAG_SET;
		sqe->attr_ptr = fixed ? s->set : w->sets.all[s->set].fd;
		return;
	}
	if (l->other_prio)
		sqe->ioprio = BE | 4;
	if (l->way == BY_SQE) {
		sqe->attr_type_mask = IORING_RW_ATTR_FLAG_LIST_SQE;
		sqe->attr_ptr = l->at == l->bytes ? 0 : (uintptr_t)l->at;
		/* zeroes must follow the list */
		memset(sqe + 1, 0, SQE_ROOM);
		memcpy(sqe + 1, l->bytes, size < SQE_ROOM ? size : SQE_ROOM);
		if (l->bytes_after)
			memset((char *)(sqe + 1) + size, 0xff, SQE_ROOM - size);
	} else {
		sqe->attr_type_mask = IORING_RW_ATTR_FLAG_LIST;
		sqe->attr_ptr = (uintptr_t)l->at;
	}
}

static void uring_submit_slots(struct worker *w, struct slot **slots,
			       unsigned int nr)
{
	struct io_uring_sqe sqes[2 * BATCH];
	unsigned int i, words = w->setup & IORING_SETUP_SQE128 ? 2 : 1;
	int ret;

	for (i = 0; i < nr; i++)
		slot_to_sqe(w, slots[i], &sqes[words * i]);
	ret = uring_submit(&w->ring, sqes, nr);
	if (ret)
		w->error = ret;
	for (i = 0; i < nr; i++)
		slot_submitted(slots[i]);
}

static void uring_reap(struct worker *w, unsigned int min)
{
	struct uring_done done;
	unsigned int i;
	int ret;

	/* deferred task work runs only on request */
	uring_enter(&w->ring, 0, 0, IORING_ENTER_GETEVENTS);
	for (i = 0; i < min || uring_ready(&w->ring); i++) {
		ret = uring_wait(&w->ring, &done);
		if (ret) {
			w->error = ret;
			return;
		}
		slot_done(w, done.data, done.res, done.extra[0]);
	}
}

/* Change the scope of the thread to one of its sets, or to none. */
static void worker_change_scope(struct worker *w)
{
	int set = w->sets.all[rnd_below(&w->rnd, NR_SETS)].fd;
	unsigned long flags = rnd_one_in(&w->rnd, 2) ? PR_IOCB_ATTR_THREAD : 0;

	if (!rnd_one_in(&w->rnd, 8))
		return;
	if (!prctl(PR_SET_IOCB_ATTR, set, flags, 0, 0))
		w->n.scopes += set >= 0;
	else if (set < 0 || errno != EINVAL) /* it has required attributes */
		report(w->n.wrong_error, "scope: %s", strerror(errno));
}

/* A synchronous read has no attributes but those of the scope. */
static void worker_read(struct worker *w)
{
	struct device *d;
	unsigned int disturbed;
	uint64_t offset;
	ssize_t ret;

	if (!rnd_one_in(&w->rnd, 8))
		return;
	d = device_hold(w);
	disturbed = __atomic_load_n(&d->disturbed, __ATOMIC_SEQ_CST);
	offset = rnd_below(&w->rnd, d->size / BLOCK) * BLOCK;
	ret = pread(d->fd, w->read_buf, BLOCK, offset);
	if (ret == BLOCK)
		w->n.reads++;
	else if (disturbed % 2 == 0 && disturbed ==
		 __atomic_load_n(&d->disturbed, __ATOMIC_SEQ_CST))
		report(w->n.wrong_result, "%s: pread at %llu gave %zd",
		       d->name, (unsigned long long)offset, ret);
	pthread_rwlock_unlock(&d->lock);
}

static void worker_submit(struct worker *w)
{
	struct slot *slots[BATCH];
	unsigned int i, nr = 0, max = 1 + rnd_below(&w->rnd, BATCH);

	/* those that are used below are not closed before submission */
	w->error = sets_make_room(&w->sets, &w->rnd, max);
	if (w->error)
		return;
	for (i = 0; i < DEPTH && nr < max; i++) {
		if (w->slots[i].busy)
			continue;
		slots[nr] = &w->slots[i];
		if (slot_make(w, slots[nr]))
			nr++;
	}
	if (!nr)
		return;
	if (w->uring)
		uring_submit_slots(w, slots, nr);
	else
		aio_submit(w, slots, nr);
}

static void worker_reap(struct worker *w, unsigned int min)
{
	if (w->uring)
		uring_reap(w, min);
	else
		aio_reap(w, min);
}

static int worker_open(struct worker *w)
{
	struct slot *s;
	int i;

	w->read_buf = block_alloc(BLOCK);
	if (!w->read_buf)
		return -ENOMEM;
	for (i = 0; i < DEPTH; i++) {
		s = &w->slots[i];
		s->buf = block_alloc(MAX_LEN);
		s->list.edge = block_alloc(2 * BLOCK);
		if (!s->buf || !s->list.edge ||
		    mprotect(s->list.edge + BLOCK, BLOCK, PROT_NONE))
			return -ENOMEM;
	}
	if (w->uring)
		return uring_open(&w->ring, DEPTH, w->setup) ?:
		       sets_init(&w->sets, &w->ring);
	return io_setup(4 * DEPTH, &w->ctx) ? -errno :
	       sets_init(&w->sets, NULL);
}

static void worker_close(struct worker *w)
{
	int i;

	sets_exit(&w->sets);
	if (w->uring)
		uring_exit(&w->ring);
	else
		io_destroy(w->ctx);
	munmap(w->read_buf, BLOCK);
	for (i = 0; i < DEPTH; i++) {
		munmap(w->slots[i].buf, MAX_LEN);
		munmap(w->slots[i].list.edge, 2 * BLOCK);
	}
}

void *worker_main(void *arg)
{
	struct worker *w = arg;

	w->error = worker_open(w);
	if (w->error)
		return NULL;
	while (!w->error && !__atomic_load_n(w->stop, __ATOMIC_RELAXED)) {
		worker_change_scope(w);
		worker_read(w);
		worker_submit(w);
		worker_reap(w, w->busy == DEPTH);
	}
	while (!w->error && w->busy)
		worker_reap(w, 1);
	/* there must be no further completion */
	worker_reap(w, 0);
	worker_close(w);
	return NULL;
}
