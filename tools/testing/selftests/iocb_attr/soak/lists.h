/* SPDX-License-Identifier: GPL-2.0 */
/* Random attribute lists, valid and invalid ones. */
#ifndef _IOCB_ATTR_SOAK_LISTS_H
#define _IOCB_ATTR_SOAK_LISTS_H

#include "targets.h"

#define MAX_RECORDS	8
#define MAX_HELD	4
#define NOT_OPEN	100000
#define SQE_ROOM	64
#define UNKNOWN		1000

#define PROXIES		(ATTR_BIT(proxy_pid) | ATTR_BIT(proxy_pidfd))

/* How a list gets to the kernel: with an I/O, or to make a set. */
enum way { BY_AIO, BY_PTR, BY_SQE, BY_SET };

#define WITH_IO		(BIT(BY_AIO) | BIT(BY_PTR) | BIT(BY_SQE))
#define ANY		(WITH_IO | BIT(BY_SET))
#define ADDRESS		(BIT(BY_AIO) | BIT(BY_PTR) | BIT(BY_SET))
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
	/* a page before unmapped memory */
	char *edge;
	/* NULL, a bad address, or where the list is */
	const void *at;
	bool can_report;
	enum way way;
	struct targets *targets;
	struct rnd *rnd;
	/* locked until the list is submitted */
	struct target *held[MAX_HELD];
	unsigned int nr_held;
	/* whose cgroup is charged, or NULL */
	struct target *charged;
	/* the list has a record of a set that asks for a report */
	bool set_reports;
	/* the expected errno, and its cause */
	int error;
	const struct corruption *corruption;
	/* properties of the iocb or the SQE */
	bool no_flag, other_flag, fsync, other_prio, bytes_after;
};

/* One way to make a valid list invalid. */
struct corruption {
	const char *name;
	int error;
	/* mask of enum way */
	unsigned int ways;
	/* returns false, and leaves the list alone, if it does not apply */
	bool (*make)(struct list *l);
};

/* the first is not one of a list: a set is used after its cgroup was removed */
#define TARGET_REMOVED	0
#define NR_CORRUPTIONS	37

extern const struct corruption corruptions[NR_CORRUPTIONS];

bool list_hold(struct list *l, struct target *t);
void *list_add(struct list *l, unsigned int id, unsigned int size);
void list_release(struct list *l);
void list_begin(struct list *l, struct targets *targets, struct rnd *rnd,
		enum way way, bool can_report);
void list_corrupt(struct list *l);

#endif /* _IOCB_ATTR_SOAK_LISTS_H */
