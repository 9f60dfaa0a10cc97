/* SPDX-License-Identifier: GPL-2.0 */
/* Reads with a cgroup and a priority, on null_blk disks or stacks of them. */
#ifndef _IOCB_ATTR_HONOURED_H
#define _IOCB_ATTR_HONOURED_H

#include "blkdev.h"
#include "identity.h"
#include "io.h"

#define SIZE		(2 << 20)
#define NR_DISKS	4
#define PRIO		(BE | 4)
#define INSERTS		TRACING "events/block/block_rq_insert/enable"

static const char * const disks[NR_DISKS] = { "hon0", "hon1", "hon2", "hon3" };

/* The attributes that a scheduler honours. */
static const struct sched {
	const char *name;
	uint64_t honours;
} scheds[] = {
	{ "none", 0 },
	{ "mq-deadline", ATTR_BIT(ioprio) },
	{ "bfq", ATTR_BIT(ioprio) },
};

struct reader {
	struct engine e;
	struct attr_list both;		/* cgroup and ioprio */
	struct attr_list prio;
	struct attr_list nothing;
	int cgroup;
	int fd;
	char *buf;
};

/*
 * The task has the priority of the list, so that bios with and without the list
 * differ only by the list. Returns 0 or a negative errno.
 */
static inline int reader_open(struct reader *r, enum engine_type type)
{
	r->fd = -1;
	r->cgroup = cgroup_make("honoured");
	if (r->cgroup < 0)
		return r->cgroup;
	r->prio = list_one(IOCB_ATTR_ioprio, PRIO);
	r->both = list_two(list_one(IOCB_ATTR_cgroup, r->cgroup), r->prio);
	r->nothing = (struct attr_list) {
		.list = { sizeof(r->nothing.list), IOCB_ATTR_LIST_REPORT },
	};
	if (syscall(SYS_ioprio_set, 1, 0, PRIO))
		return -errno;
	r->buf = block_alloc(SIZE);
	return r->buf ? engine_open(&r->e, type) : -ENOMEM;
}

/* Closes the file and completes I/O in flight; the disks are then unused. */
static inline int reader_close(struct reader *r)
{
	int ret = engine_close(&r->e);

	close(r->fd);
	return ret;
}

static inline int reader_exit(struct reader *r)
{
	int i;

	for (i = 0; i < NR_DISKS; i++)
		nullb_remove(disks[i]);
	munmap(r->buf, SIZE);
	close(r->cgroup);
	return cgroup_remove("honoured");
}

static inline int disk(int nr, const char *scheduler)
{
	return nullb_make(disks[nr], 64, "irqmode=1", scheduler);
}

/* Open the device for further I/O. */
static inline int use(struct reader *r, const char *dev)
{
	close(r->fd);
	r->fd = open(dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	return r->fd < 0 ? -errno : 0;
}

static inline int use_disk(struct reader *r, int nr)
{
	char dev[32];

	snprintf(dev, sizeof(dev), "/dev/%s", disks[nr]);
	return use(r, dev);
}

static inline struct io read_at(struct reader *r, long long at, size_t len,
				const void *list)
{
	return (struct io) {
		.fd = r->fd, .buf = r->buf + at % SIZE, .len = len,
		.at = at, .list = list,
	};
}

/* Read at 0. Returns the mask or the negative errno of the submission. */
static inline long long mask_of_read(struct reader *r, size_t len,
				     const void *list, long long *res)
{
	struct io io = read_at(r, 0, len, list);
	struct io_done done;
	int ret = engine_run(&r->e, &io, 1, &done);

	*res = 0;
	if (ret)
		return ret;
	*res = done.res;
	return done.mask;
}

/* The number of sectors that were inserted with a priority like "be,0,6". */
static inline long long sectors_inserted(const char *prio)
{
	static char text[1 << 16];
	long long sum = 0;
	char *at, *line;
	int n;

	if (read_file(TRACING "trace", text, sizeof(text)) < 0)
		return -EIO;
	for (at = text; (at = strstr(at, "_rq_insert:")); at++) {
		char p[16];

		line = strstr(at, " + ");
		if (line && sscanf(line, " + %d %15s", &n, p) == 2 &&
		    !strcmp(p, prio))
			sum += n;
	}
	return sum;
}

static inline int fault(const char *group, const char *times)
{
	char path[64];

	/* a stack trace of each fault is slow */
	snprintf(path, sizeof(path), "%s/verbose", group);
	if (nullb_set(disks[0], path, "0"))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/times", group);
	if (nullb_set(disks[0], path, times))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/probability", group);
	return nullb_set(disks[0], path, "100");
}

/* The number of faults that are still to be injected. */
static inline int faults_left(const char *group)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), NULLBS "/%s/%s/times", disks[0], group);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	return atoi(text);
}

#endif /* _IOCB_ATTR_HONOURED_H */
