/* SPDX-License-Identifier: GPL-2.0 */
/* Threads that do I/O by AIO or io_uring and check each result. */
#ifndef _IOCB_ATTR_SOAK_WORKER_H
#define _IOCB_ATTR_SOAK_WORKER_H

#include <pthread.h>
#include <sys/uio.h>

#include "../lib/aio.h"
#include "../lib/uring.h"
#include "lists.h"
#include "sets.h"
#include "stack.h"

#define DEPTH		8
#define NR_ATTRS	6

/* One I/O, from its preparation to its completion. */
struct slot {
	bool busy;
	uint64_t id;
	struct list list;
	bool has_list;
	int set;		/* used instead of the list, or -1 */
	struct device *device;
	unsigned int disturbed;
	bool write;
	bool vector;
	struct iovec iov[2];
	char *buf;
	size_t len;
	uint64_t offset;
	struct iocb iocb;
};

struct counts {
	unsigned long done, rejected, lists, corrupted, errors;
	unsigned long scopes, reads;
	unsigned long twice, wrong_error, wrong_mask, wrong_result, wrong_data;
	unsigned long honoured[NR_ATTRS];
	unsigned long rejected_by[NR_CORRUPTIONS];
};

struct worker {
	pthread_t thread;
	struct rnd rnd;
	struct stack *stack;
	struct targets *targets;
	const bool *stop;
	bool uring;
	/* IORING_SETUP_* */
	unsigned int setup;
	aio_context_t ctx;
	struct uring ring;
	struct sets sets;
	struct slot slots[DEPTH];
	char *read_buf;
	unsigned int busy;
	uint64_t ids;
	struct counts n;
	int error;
};

void *worker_main(void *arg);

#endif /* _IOCB_ATTR_SOAK_WORKER_H */
