/* SPDX-License-Identifier: GPL-2.0 */
/* The devices and files that the I/O goes to. */
#ifndef _IOCB_ATTR_SOAK_STACK_H
#define _IOCB_ATTR_SOAK_STACK_H

#include "../lib/bcache.h"
#include "../lib/slow_disk.h"
#include "targets.h"

#define FAIL_SECTORS	(64 << 11)
#define FAIL_TABLE	"0 %d linear /dev/soak1 0"

/* serial numbers of the disks */
#define BACKING		"disk0"
#define CACHE		"disk1"
#define PULLED		"disk2"

/* the files come first */
enum {
	FILE_A, FILE_B, NR_FILES,
	ON_DM = NR_FILES, ON_NULLB, ON_VIRTIO, NR_DEVICES
};

/*
 * I/O may fail if it is in flight while @disturbed is odd. Submitters hold the
 * lock for reading. It is held for writing to reopen the device.
 */
struct device {
	const char *name;
	pthread_rwlock_t lock;
	int fd;
	uint64_t size;
	unsigned int disturbed;
	bool keeps_data;
};

struct stack {
	struct device devices[NR_DEVICES];
	struct dm crypt, fail;
	char backing[32], cache[32], pulled[32];
	char loop[32];
};

/* Each block contains its own offset. */
static inline void stamp(char *buf, size_t len, uint64_t offset)
{
	size_t i;

	for (i = 0; i < len; i += BLOCK)
		*(uint64_t *)(buf + i) = ~(offset + i);
}

static inline bool stamped(const char *buf, size_t len, uint64_t offset)
{
	size_t i;

	for (i = 0; i < len; i += BLOCK)
		if (*(uint64_t *)(buf + i) != ~(offset + i))
			return false;
	return true;
}

int find_disk(const char *serial, char *path, size_t size);
int set_scheduler(const char *serial, const char *name);
const char *stack_build(struct stack *s);
int stack_tear_down(struct stack *s);

#endif /* _IOCB_ATTR_SOAK_STACK_H */
