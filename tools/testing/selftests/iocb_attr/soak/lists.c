// SPDX-License-Identifier: GPL-2.0
/* Make random attribute lists, and invalid ones with the error they cause. */
#define _GNU_SOURCE
#include "lists.h"

/* Lock a target until the list is submitted. Returns false if it is busy. */
bool list_hold(struct list *l, struct target *t)
{
	if (l->nr_held == MAX_HELD || pthread_rwlock_tryrdlock(&t->lock))
		return false;
	l->held[l->nr_held++] = t;
	return true;
}

/* Lock one of several targets. Returns NULL if none is free. */
static struct target *list_hold_one(struct list *l, struct target *all,
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
	return list_hold_one(l, l->targets->cgroups, NR_CGROUPS, gone);
}

static struct target *hold_process(struct list *l, bool gone)
{
	return list_hold_one(l, l->targets->processes, NR_PROCESSES, gone);
}

void list_release(struct list *l)
{
	while (l->nr_held)
		target_release(l->held[--l->nr_held]);
}

static unsigned int list_room(const struct list *l)
{
	return l->way == BY_SQE ? SQE_ROOM : sizeof(l->bytes);
}

/* Append a zeroed record. Returns NULL if there is no room. */
void *list_add(struct list *l, unsigned int id, unsigned int size)
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

/* Fill in a record of 16 bytes. Returns false if there is no target. */
static bool record_fill(struct list *l, struct iocb_attr *attr)
{
	struct target *t;

	switch (attr->id) {
	case IOCB_ATTR_proxy_pid:
		t = hold_process(l, false);
		if (!t)
			return false;
		((struct iocb_attr_proxy_pid *)attr)->pid = t->pid;
		break;
	case IOCB_ATTR_proxy_pidfd:
		t = hold_process(l, false);
		if (!t)
			return false;
		((struct iocb_attr_proxy_pidfd *)attr)->pidfd = t->fd;
		break;
	case IOCB_ATTR_cgroup:
		t = hold_cgroup(l, false);
		if (!t)
			return false;
		((struct iocb_attr_cgroup *)attr)->fd = t->fd;
		l->charged = t;
		return true;
	case IOCB_ATTR_ioprio:
		((struct iocb_attr_ioprio *)attr)->ioprio = good_ioprio(l->rnd);
		return true;
	case IOCB_ATTR_cache:
		((struct iocb_attr_cache *)attr)->hints = good_hints(l->rnd);
		return true;
	default:
		return true;
	}
	/* a process; the cgroup of a list comes first */
	if (!(l->given & ATTR_BIT(cgroup)))
		l->charged = t;
	return true;
}

/* Add a valid record, if there is room and a target. */
static void list_add_good(struct list *l, unsigned int id)
{
	/* a longer record with a zero tail is valid */
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

/* Make a valid list of some records in random order. */
void list_begin(struct list *l, struct targets *targets, struct rnd *rnd,
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
	l->targets = targets;
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
 * A zeroed record with an id: the existing one, one in place of a record that
 * excludes it, a new one, or one in place of the last record. The rest of the
 * list stays valid.
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

static bool corrupt_list_short(struct list *l)
{
	l->head.size = rnd_below(l->rnd, 8);
	return true;
}

static bool corrupt_list_odd(struct list *l)
{
	l->head.size += 1 + rnd_below(l->rnd, 7);
	return true;
}

static bool corrupt_list_huge(struct list *l)
{
	l->head.size = 4096 + 8 * (1 + rnd_below(l->rnd, 1 << 20));
	return true;
}

static bool corrupt_list_flags(struct list *l)
{
	l->head.flags |= BIT(1 + rnd_below(l->rnd, 31));
	return true;
}

static bool corrupt_record_short(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->size = rnd_below(l->rnd, 8);
	return true;
}

static bool corrupt_record_odd(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->size += 1 + rnd_below(l->rnd, 7);
	return true;
}

static bool corrupt_record_past_end(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->size = l->head.size + 8 * rnd_below(l->rnd, 1 << 20);
	return true;
}

static bool corrupt_left_over(struct list *l)
{
	return list_add(l, 0, 8) && (l->records[l->nr - 1]->size = 0, true);
}

static bool corrupt_record_flags(struct list *l)
{
	struct iocb_attr *attr = any_record(l);

	if (!attr)
		return false;
	attr->flags |= BIT(1 + rnd_below(l->rnd, 15));
	return true;
}

static bool corrupt_reserved(struct list *l)
{
	struct iocb_attr_cache *cache = record_of(l, IOCB_ATTR_cache);

	cache->reserved = BIT(rnd_below(l->rnd, 32));
	return true;
}

static bool corrupt_too_short(struct list *l)
{
	return !list_find(l, IOCB_ATTR_ioprio) &&
	       list_add(l, IOCB_ATTR_ioprio, 8);
}

static bool corrupt_too_long(struct list *l)
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

static bool corrupt_duplicate(struct list *l)
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

static bool corrupt_both_proxies(struct list *l)
{
	struct iocb_attr_proxy_pid *pid;

	if (l->head.size + 32 > list_room(l) || l->nr + 2 > MAX_RECORDS)
		return false;
	pid = record_of(l, IOCB_ATTR_proxy_pid);
	pid->pid = 1;
	return list_add(l, IOCB_ATTR_proxy_pidfd, 16);
}

static bool corrupt_hints(struct list *l)
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

static bool corrupt_ioprio(struct list *l)
{
	struct iocb_attr_ioprio *ioprio = record_of(l, IOCB_ATTR_ioprio);

	/* undefined classes */
	ioprio->ioprio = (4 + rnd_below(l->rnd, 4)) << 13;
	return true;
}

static bool corrupt_other_prio(struct list *l)
{
	struct iocb_attr_ioprio *ioprio = record_of(l, IOCB_ATTR_ioprio);

	ioprio->ioprio = BE | 3;
	l->other_prio = true;
	return true;
}

static bool corrupt_unknown(struct list *l)
{
	struct iocb_attr *attr = record_of(l, UNKNOWN);

	attr->flags = IOCB_ATTR_REQUIRED;
	return true;
}

static bool corrupt_pi(struct list *l)
{
	struct iocb_attr_pi *pi = list_add(l, IOCB_ATTR_pi, 40);

	if (!pi)
		return false;
	pi->addr = (uintptr_t)l;
	pi->len = 8;
	return true;
}

static bool corrupt_set_in_set(struct list *l)
{
	return list_add(l, IOCB_ATTR_set, 16);
}

static bool corrupt_set_fd(struct list *l)
{
	struct iocb_attr_set *set = record_of(l, IOCB_ATTR_set);
	/* a cgroup is not a set */
	struct target *other = hold_cgroup(l, false);

	set->fd = other && rnd_one_in(l->rnd, 2) ? other->fd : NOT_OPEN;
	return true;
}

static bool corrupt_address(struct list *l)
{
	static const uint64_t bad[] = { 0, 1, -8, 1ULL << 63, 4096 };

	l->at = (void *)(uintptr_t)bad[rnd_below(l->rnd, 5)];
	return true;
}

/* The list continues in unmapped memory. */
static bool corrupt_cut_off(struct list *l)
{
	unsigned int there;

	if (l->head.size < 16)
		return false;
	there = 8 + 8 * rnd_below(l->rnd, l->head.size / 8 - 1);
	l->at = memcpy(l->edge + BLOCK - there, l->bytes, there);
	return true;
}

static bool corrupt_no_process(struct list *l)
{
	struct iocb_attr_proxy_pid *pid;
	struct target *gone = hold_process(l, true);

	pid = record_of(l, IOCB_ATTR_proxy_pid);
	/* above the maximum pid */
	pid->pid = gone ? gone->pid : 1 << 30;
	return true;
}

static bool corrupt_process_reapne(struct list *l)
{
	struct iocb_attr_proxy_pidfd *pidfd;
	struct target *gone = hold_process(l, true);

	if (!gone)
		return false;
	pidfd = record_of(l, IOCB_ATTR_proxy_pidfd);
	pidfd->pidfd = gone->fd;
	return true;
}

static bool corrupt_pidfd(struct list *l)
{
	struct iocb_attr_proxy_pidfd *pidfd;
	/* a cgroup is not a pidfd */
	struct target *other = hold_cgroup(l, false);

	pidfd = record_of(l, IOCB_ATTR_proxy_pidfd);
	pidfd->pidfd = other && rnd_one_in(l->rnd, 2) ? other->fd : NOT_OPEN;
	return true;
}

static bool corrupt_cgroup_fd(struct list *l)
{
	struct iocb_attr_cgroup *cgroup;
	struct target *other = hold_process(l, false);

	cgroup = record_of(l, IOCB_ATTR_cgroup);
	cgroup->fd = other && rnd_one_in(l->rnd, 2) ? other->fd : NOT_OPEN;
	return true;
}

static bool corrupt_cgroup_destroyne(struct list *l)
{
	struct iocb_attr_cgroup *cgroup;
	struct target *gone = hold_cgroup(l, true);

	if (!gone)
		return false;
	cgroup = record_of(l, IOCB_ATTR_cgroup);
	cgroup->fd = gone->fd;
	return true;
}

static bool corrupt_no_flag(struct list *l)
{
	l->no_flag = true;
	return true;
}

static bool corrupt_other_flag(struct list *l)
{
	l->other_flag = true;
	return true;
}

static bool corrupt_fsync(struct list *l)
{
	l->fsync = true;
	return true;
}

static bool corrupt_sqe_long(struct list *l)
{
	l->head.size = SQE_ROOM + 8 * (1 + rnd_below(l->rnd, 500));
	return true;
}

static bool corrupt_sqe_pointer(struct list *l)
{
	/* must be 0 if the list is in the SQE */
	l->at = (void *)(uintptr_t)8;
	return true;
}

static bool corrupt_bytes_after(struct list *l)
{
	if (l->head.size >= SQE_ROOM)
		return false;
	l->bytes_after = true;
	return true;
}

static bool corrupt_report(struct list *l)
{
	if (l->can_report)
		return false;
	l->head.flags = IOCB_ATTR_LIST_REPORT;
	return true;
}

const struct corruption corruptions[NR_CORRUPTIONS] = {
	[TARGET_REMOVED] = { "set of a removed cgroup", ENODEV, 0, NULL },
	{ "list of less than 8 bytes", EINVAL, ANY, corrupt_list_short },
	{ "list's size no multiple of 8", EINVAL, ANY, corrupt_list_odd },
	{ "list too long", E2BIG, ANY, corrupt_list_huge },
	{ "unknown list flag", EINVAL, ANY, corrupt_list_flags },
	{ "record of less than 8 bytes", EINVAL, ANY, corrupt_record_short },
	{ "record's size no multiple of 8", EINVAL, ANY, corrupt_record_odd },
	{ "record past the end", EINVAL, ANY, corrupt_record_past_end },
	{ "bytes left over", EINVAL, ANY, corrupt_left_over },
	{ "unknown record flag", EINVAL, ANY, corrupt_record_flags },
	{ "reserved field", EINVAL, ANY, corrupt_reserved },
	{ "record too short", EINVAL, ANY, corrupt_too_short },
	{ "record too long", E2BIG, ANY, corrupt_too_long },
	{ "id twice", EINVAL, ANY, corrupt_duplicate },
	{ "both proxies", EINVAL, ANY, corrupt_both_proxies },
	{ "bad hints", EINVAL, ANY, corrupt_hints },
	{ "bad priority", EINVAL, ANY, corrupt_ioprio },
	{ "two priorities", EINVAL, WITH_IO, corrupt_other_prio },
	{ "unknown id required", EOPNOTSUPP, ANY, corrupt_unknown },
	{ "checksums to no such device", EOPNOTSUPP, WITH_IO, corrupt_pi },
	{ "checksums in a set", EINVAL, BIT(BY_SET), corrupt_pi },
	{ "set in a set", EINVAL, BIT(BY_SET), corrupt_set_in_set },
	{ "no set", EBADF, WITH_IO, corrupt_set_fd },
	{ "bad address", EFAULT, ADDRESS, corrupt_address },
	{ "list cut off", EFAULT, ADDRESS, corrupt_cut_off },
	{ "no such process", ESRCH, ANY, corrupt_no_process },
	{ "process gone", ESRCH, ANY, corrupt_process_reapne },
	{ "no pidfd", EBADF, ANY, corrupt_pidfd },
	{ "no cgroup", EBADF, ANY, corrupt_cgroup_fd },
	{ "cgroup removed", ENODEV, ANY, corrupt_cgroup_destroyne },
	{ "address without the flag", EINVAL, BIT(BY_AIO), corrupt_no_flag },
	{ "unknown flag of the iocb", EINVAL, BIT(BY_AIO), corrupt_other_flag },
	{ "attributes of fsync", EINVAL, BIT(BY_AIO), corrupt_fsync },
	{ "list too long for the SQE", E2BIG, BIT(BY_SQE), corrupt_sqe_long },
	{ "list and address", EINVAL, BIT(BY_SQE), corrupt_sqe_pointer },
	{ "bytes after the list", EINVAL, BIT(BY_SQE), corrupt_bytes_after },
	{ "report that has no room", EINVAL, URING, corrupt_report },
};

/* Make a valid list invalid in a random way, if that applies. */
void list_corrupt(struct list *l)
{
	const struct corruption *corruption =
		&corruptions[rnd_below(l->rnd, NR_CORRUPTIONS)];

	if (!(corruption->ways & BIT(l->way)) || !corruption->make(l))
		return;
	l->corruption = corruption;
	l->error = corruption->error;
}
