/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random attribute lists: good ones, and such as have one thing wrong with
 * them, with the error that this one gives.
 */
#ifndef _IOCB_ATTR_SOAK_LISTS_H
#define _IOCB_ATTR_SOAK_LISTS_H

#include "soak_people.h"

#define MAX_RECORDS	8
#define MAX_HELD	4
#define NOT_OPEN	100000
#define SQE_ROOM	64
#define UNKNOWN		1000

#define BIT(nr)		(1U << (nr))
#define PROXIES		(BIT(IOCB_ATTR_proxy_pid) | BIT(IOCB_ATTR_proxy_pidfd))

/* How a list gets to the kernel. */
enum way { BY_AIO, BY_PTR, BY_SQE };

#define ANY		(BIT(BY_AIO) | BIT(BY_PTR) | BIT(BY_SQE))
#define ADDRESS		(BIT(BY_AIO) | BIT(BY_PTR))
#define URING		(BIT(BY_PTR) | BIT(BY_SQE))

struct list {
	union {
		struct iocb_attr_list	head;
		uint64_t		words[64];
		char			bytes[512];
	};
	struct iocb_attr *records[MAX_RECORDS];
	unsigned int nr;
	unsigned int given;
	/* a page with nothing behind it */
	char *edge;
	/* NULL, a bad address, or where the list is */
	const void *at;
	bool can_report;
	enum way way;
	struct people *people;
	struct rnd *rnd;
	/* locked for as long as the list is to mean what it does */
	struct target *held[MAX_HELD];
	unsigned int nr_held;
	/* what it is to give, and what is wrong if that is an error */
	int error;
	const struct spoil *spoil;
	/* what the iocb or the SQE adds */
	bool no_flag, other_flag, fsync, other_prio, bytes_after;
};

/* One thing to be wrong. */
struct spoil {
	const char *name;
	int error;
	/* mask of enum way */
	unsigned int ways;
	/* false, and the list as it was, if it cannot be made wrong like this */
	bool (*make)(struct list *l);
};

/* A target, for as long as the list is not submitted; or NULL. */
static struct target *list_hold(struct list *l, struct target *all,
				unsigned int nr, bool gone)
{
	struct target *t = NULL;

	if (l->nr_held < MAX_HELD)
		t = target_hold(all, nr, l->rnd, gone);
	if (t)
		l->held[l->nr_held++] = t;
	return t;
}

static struct target *hold_cgroup(struct list *l, bool gone)
{
	return list_hold(l, l->people->cgroups, NR_CGROUPS, gone);
}

static struct target *hold_process(struct list *l, bool gone)
{
	return list_hold(l, l->people->processes, NR_PROCESSES, gone);
}

static void list_let_go(struct list *l)
{
	while (l->nr_held)
		target_let_go(l->held[--l->nr_held]);
}

static unsigned int list_room(const struct list *l)
{
	return l->way == BY_SQE ? SQE_ROOM : sizeof(l->bytes);
}

/* A record of 0 at the end, or NULL if there is no room for it. */
static void *list_add(struct list *l, unsigned int id, unsigned int size)
{
	struct iocb_attr *attr = (void *)(l->bytes + l->head.size);

	if (l->nr == MAX_RECORDS || l->head.size + size > list_room(l))
		return NULL;
	memset(attr, 0, size);
	attr->size = size;
	attr->id = id;
	l->head.size += size;
	l->records[l->nr++] = attr;
	return attr;
}

static struct iocb_attr *list_find(const struct list *l, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		if (l->records[i]->id == id)
			return l->records[i];
	return NULL;
}

static uint16_t good_ioprio(struct rnd *r)
{
	static const uint16_t classes[] = { RT, BE, BE, BE, IDLE };

	return classes[rnd_below(r, 5)] | rnd_below(r, 8);
}

static uint32_t good_hints(struct rnd *r)
{
	static const uint32_t admission[] = {
		0, IOCB_CACHE_BYPASS, IOCB_CACHE_ADMIT,
	};
	static const uint32_t policy[] = {
		0, IOCB_CACHE_WRITETHROUGH, IOCB_CACHE_WRITEBACK,
		IOCB_CACHE_WRITEAROUND,
	};

	return admission[rnd_below(r, 3)] | policy[rnd_below(r, 4)];
}

/* Fill in a record of 16 bytes; false if there is nobody to name. */
static bool record_fill(struct list *l, struct iocb_attr *attr)
{
	struct target *t;

	switch (attr->id) {
	case IOCB_ATTR_proxy_pid:
		t = hold_process(l, false);
		if (t)
			((struct iocb_attr_proxy_pid *)attr)->pid = t->pid;
		return t;
	case IOCB_ATTR_proxy_pidfd:
		t = hold_process(l, false);
		if (t)
			((struct iocb_attr_proxy_pidfd *)attr)->pidfd = t->fd;
		return t;
	case IOCB_ATTR_cgroup:
		t = hold_cgroup(l, false);
		if (t)
			((struct iocb_attr_cgroup *)attr)->fd = t->fd;
		return t;
	case IOCB_ATTR_ioprio:
		((struct iocb_attr_ioprio *)attr)->ioprio = good_ioprio(l->rnd);
		return true;
	case IOCB_ATTR_cache:
		((struct iocb_attr_cache *)attr)->hints = good_hints(l->rnd);
		return true;
	}
	return true;
}

/* Add a good record, if there is room for it and somebody to name. */
static void list_add_good(struct list *l, unsigned int id)
{
	/* what a kernel does not know may be in a record's tail, as 0 */
	unsigned int size = rnd_one_in(l->rnd, 8) ? 24 : 16;
	struct iocb_attr *attr;

	if ((BIT(id) & PROXIES) && (l->given & PROXIES))
		return;
	attr = list_add(l, id, size);
	if (!attr)
		return;
	if (!record_fill(l, attr)) {
		l->nr--;
		l->head.size -= size;
		return;
	}
	if (id == UNKNOWN)
		return;
	l->given |= BIT(id);
	if (rnd_one_in(l->rnd, 4))
		attr->flags = IOCB_ATTR_REQUIRED;
}

/* Begin with a good list of some records in random order. */
static void list_begin(struct list *l, struct people *people, struct rnd *rnd,
		       enum way way, bool can_report)
{
	unsigned int ids[] = {
		IOCB_ATTR_proxy_pid, IOCB_ATTR_proxy_pidfd, IOCB_ATTR_cgroup,
		IOCB_ATTR_ioprio, IOCB_ATTR_cache, UNKNOWN,
	};
	unsigned int i, other, id;
	char *edge = l->edge;

	memset(l, 0, sizeof(*l));
	l->edge = edge;
	l->can_report = can_report;
	l->people = people;
	l->rnd = rnd;
	l->way = way;
	l->at = l->bytes;
	l->head.size = sizeof(l->head);
	if (can_report && !rnd_one_in(rnd, 3))
		l->head.flags = IOCB_ATTR_LIST_REPORT;
	for (i = 0; i < 6; i++) {
		other = i + rnd_below(rnd, 6 - i);
		id = ids[other];
		ids[other] = ids[i];
		if (rnd_one_in(rnd, 2))
			list_add_good(l, id);
	}
}

/*
 * The record with an id: one that is there, or one that takes the place of
 * what excludes it, or a new one, if need be in place of the last. It is of 16
 * bytes, has nobody named, and the rest of the list is good.
 */
static void *record_of(struct list *l, unsigned int id)
{
	struct iocb_attr *attr = list_find(l, id);
	uint32_t size;

	if (!attr && (BIT(id) & PROXIES))
		attr = list_find(l, IOCB_ATTR_proxy_pid) ?:
		       list_find(l, IOCB_ATTR_proxy_pidfd);
	if (!attr)
		attr = list_add(l, id, 16);
	if (!attr)
		attr = l->records[l->nr - 1];
	size = attr->size;
	memset(attr, 0, size);
	attr->size = size;
	attr->id = id;
	return attr;
}

static struct iocb_attr *any_record(struct list *l)
{
	return l->nr ? l->records[rnd_below(l->rnd, l->nr)] : NULL;
}

static bool spoil_list_short(struct list *l)
{
	l->head.size = rnd_below(l->rnd, 8);
	return true;
}

static bool spoil_list_odd(struct list *l)
{
	l->head.size += 1 + rnd_below(l->rnd, 7);
	return true;
}

static bool spoil_list_huge(struct list *l)
{
	l->head.size = 4096 + 8 * (1 + rnd_below(l->rnd, 1 << 20));
	return true;
}

static bool spoil_list_flags(struct list *l)
{
	l->head.flags |= BIT(1 + rnd_below(l->rnd, 31));
	return true;
}

static bool spoil_record_short(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->size = rnd_below(l->rnd, 8);
	return true;
}

static bool spoil_record_odd(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->size += 1 + rnd_below(l->rnd, 7);
	return true;
}

static bool spoil_record_past_end(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->size = l->head.size + 8 * rnd_below(l->rnd, 1 << 20);
	return true;
}

static bool spoil_left_over(struct list *l)
{
	return list_add(l, 0, 8) && (l->records[l->nr - 1]->size = 0, true);
}

static bool spoil_record_flags(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->flags |= BIT(1 + rnd_below(l->rnd, 15));
	return true;
}

static bool spoil_reserved(struct list *l)
{
	struct iocb_attr_cache *cache = record_of(l, IOCB_ATTR_cache);

	cache->reserved = BIT(rnd_below(l->rnd, 32));
	return true;
}

static bool spoil_too_short(struct list *l)
{
	return !list_find(l, IOCB_ATTR_ioprio) &&
	       list_add(l, IOCB_ATTR_ioprio, 8);
}

static bool spoil_too_long(struct list *l)
{
	char *bytes;

	if (list_find(l, IOCB_ATTR_cache))
		return false;
	bytes = list_add(l, IOCB_ATTR_cache, 24);
	if (!bytes)
		return false;
	bytes[16 + rnd_below(l->rnd, 8)] = 1;
	return true;
}

static bool spoil_duplicate(struct list *l)
{
	struct iocb_attr *attr = any_record(l);
	struct iocb_attr *copy;

	if (!attr || attr->id == UNKNOWN)
		return false;
	copy = list_add(l, attr->id, attr->size);
	if (!copy)
		return false;
	memcpy(copy, attr, attr->size);
	return true;
}

static bool spoil_both_proxies(struct list *l)
{
	struct iocb_attr_proxy_pid *pid;

	if (l->head.size + 32 > list_room(l) || l->nr + 2 > MAX_RECORDS)
		return false;
	pid = record_of(l, IOCB_ATTR_proxy_pid);
	pid->pid = 1;
	return list_add(l, IOCB_ATTR_proxy_pidfd, 16);
}

static bool spoil_hints(struct list *l)
{
	static const uint32_t bad[] = {
		IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT,
		IOCB_CACHE_WRITEBACK | IOCB_CACHE_WRITEAROUND,
		IOCB_CACHE_WRITETHROUGH | IOCB_CACHE_WRITEBACK,
		1 << 5, 1U << 31,
	};
	struct iocb_attr_cache *cache = record_of(l, IOCB_ATTR_cache);

	cache->hints = bad[rnd_below(l->rnd, 5)];
	return true;
}

static bool spoil_ioprio(struct list *l)
{
	struct iocb_attr_ioprio *ioprio = record_of(l, IOCB_ATTR_ioprio);

	/* there are no such classes */
	ioprio->ioprio = (4 + rnd_below(l->rnd, 4)) << 13;
	return true;
}

static bool spoil_other_prio(struct list *l)
{
	struct iocb_attr_ioprio *ioprio = record_of(l, IOCB_ATTR_ioprio);

	ioprio->ioprio = BE | 3;
	l->other_prio = true;
	return true;
}

static bool spoil_unknown(struct list *l)
{
	struct iocb_attr *attr = record_of(l, UNKNOWN);

	attr->flags = IOCB_ATTR_REQUIRED;
	return true;
}

static bool spoil_pi(struct list *l)
{
	struct iocb_attr_pi *pi = list_add(l, IOCB_ATTR_pi, 40);

	if (!pi)
		return false;
	pi->addr = (uintptr_t)l;
	pi->len = 8;
	return true;
}

static bool spoil_address(struct list *l)
{
	static const uint64_t bad[] = { 0, 1, -8, 1ULL << 63, 4096 };

	l->at = (void *)(uintptr_t)bad[rnd_below(l->rnd, 5)];
	return true;
}

/* The list goes on where no memory is. */
static bool spoil_cut_off(struct list *l)
{
	unsigned int there;

	if (l->head.size < 16)
		return false;
	there = 8 + 8 * rnd_below(l->rnd, l->head.size / 8 - 1);
	l->at = memcpy(l->edge + BLOCK - there, l->bytes, there);
	return true;
}

static bool spoil_no_process(struct list *l)
{
	struct iocb_attr_proxy_pid *pid;
	struct target *gone = hold_process(l, true);

	pid = record_of(l, IOCB_ATTR_proxy_pid);
	/* none is given this number */
	pid->pid = gone ? gone->pid : 1 << 30;
	return true;
}

static bool spoil_process_gone(struct list *l)
{
	struct iocb_attr_proxy_pidfd *pidfd;
	struct target *gone = hold_process(l, true);

	if (!gone)
		return false;
	pidfd = record_of(l, IOCB_ATTR_proxy_pidfd);
	pidfd->pidfd = gone->fd;
	return true;
}

static bool spoil_pidfd(struct list *l)
{
	struct iocb_attr_proxy_pidfd *pidfd;
	/* that of a cgroup is none */
	struct target *other = hold_cgroup(l, false);

	pidfd = record_of(l, IOCB_ATTR_proxy_pidfd);
	pidfd->pidfd = other && rnd_one_in(l->rnd, 2) ? other->fd : NOT_OPEN;
	return true;
}

static bool spoil_cgroup_fd(struct list *l)
{
	struct iocb_attr_cgroup *cgroup;
	struct target *other = hold_process(l, false);

	cgroup = record_of(l, IOCB_ATTR_cgroup);
	cgroup->fd = other && rnd_one_in(l->rnd, 2) ? other->fd : NOT_OPEN;
	return true;
}

static bool spoil_cgroup_gone(struct list *l)
{
	struct iocb_attr_cgroup *cgroup;
	struct target *gone = hold_cgroup(l, true);

	if (!gone)
		return false;
	cgroup = record_of(l, IOCB_ATTR_cgroup);
	cgroup->fd = gone->fd;
	return true;
}

static bool spoil_no_flag(struct list *l)
{
	l->no_flag = true;
	return true;
}

static bool spoil_other_flag(struct list *l)
{
	l->other_flag = true;
	return true;
}

static bool spoil_fsync(struct list *l)
{
	l->fsync = true;
	return true;
}

static bool spoil_sqe_long(struct list *l)
{
	l->head.size = SQE_ROOM + 8 * (1 + rnd_below(l->rnd, 500));
	return true;
}

static bool spoil_sqe_pointer(struct list *l)
{
	/* is 0 where the list is in the SQE */
	l->at = (void *)(uintptr_t)8;
	return true;
}

static bool spoil_bytes_after(struct list *l)
{
	if (l->head.size >= SQE_ROOM)
		return false;
	l->bytes_after = true;
	return true;
}

static bool spoil_report(struct list *l)
{
	if (l->can_report)
		return false;
	l->head.flags = IOCB_ATTR_LIST_REPORT;
	return true;
}

static const struct spoil spoils[] = {
	{ "list of less than 8 bytes", EINVAL, ANY, spoil_list_short },
	{ "list's size no multiple of 8", EINVAL, ANY, spoil_list_odd },
	{ "list too long", E2BIG, ANY, spoil_list_huge },
	{ "unknown list flag", EINVAL, ANY, spoil_list_flags },
	{ "record of less than 8 bytes", EINVAL, ANY, spoil_record_short },
	{ "record's size no multiple of 8", EINVAL, ANY, spoil_record_odd },
	{ "record past the end", EINVAL, ANY, spoil_record_past_end },
	{ "bytes left over", EINVAL, ANY, spoil_left_over },
	{ "unknown record flag", EINVAL, ANY, spoil_record_flags },
	{ "reserved field", EINVAL, ANY, spoil_reserved },
	{ "record too short", EINVAL, ANY, spoil_too_short },
	{ "record too long", E2BIG, ANY, spoil_too_long },
	{ "id twice", EINVAL, ANY, spoil_duplicate },
	{ "both proxies", EINVAL, ANY, spoil_both_proxies },
	{ "bad hints", EINVAL, ANY, spoil_hints },
	{ "bad priority", EINVAL, ANY, spoil_ioprio },
	{ "two priorities", EINVAL, ANY, spoil_other_prio },
	{ "unknown id required", EOPNOTSUPP, ANY, spoil_unknown },
	{ "checksums to no such device", EOPNOTSUPP, ANY, spoil_pi },
	{ "bad address", EFAULT, ADDRESS, spoil_address },
	{ "list cut off", EFAULT, ADDRESS, spoil_cut_off },
	{ "no such process", ESRCH, ANY, spoil_no_process },
	{ "process gone", ESRCH, ANY, spoil_process_gone },
	{ "no pidfd", EBADF, ANY, spoil_pidfd },
	{ "no cgroup", EBADF, ANY, spoil_cgroup_fd },
	{ "cgroup removed", ENODEV, ANY, spoil_cgroup_gone },
	{ "address without the flag", EINVAL, BIT(BY_AIO), spoil_no_flag },
	{ "unknown flag of the iocb", EINVAL, BIT(BY_AIO), spoil_other_flag },
	{ "attributes of fsync", EINVAL, BIT(BY_AIO), spoil_fsync },
	{ "list too long for the SQE", E2BIG, BIT(BY_SQE), spoil_sqe_long },
	{ "list and address", EINVAL, BIT(BY_SQE), spoil_sqe_pointer },
	{ "bytes after the list", EINVAL, BIT(BY_SQE), spoil_bytes_after },
	{ "report that has no room", EINVAL, URING, spoil_report },
};

#define NR_SPOILS	(sizeof(spoils) / sizeof(*spoils))

/* Make one thing of a good list wrong, if that can be. */
static void list_spoil(struct list *l)
{
	const struct spoil *spoil = &spoils[rnd_below(l->rnd, NR_SPOILS)];

	if (!(spoil->ways & BIT(l->way)) || !spoil->make(l))
		return;
	l->spoil = spoil;
	l->error = spoil->error;
}

#endif /* _IOCB_ATTR_SOAK_LISTS_H */
