/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is left when all is torn down: objects of the slab caches, and cgroups
 * that were removed and are still held.
 */
#ifndef _IOCB_ATTR_SOAK_LEAKS_H
#define _IOCB_ATTR_SOAK_LEAKS_H

#include "who.h"

#define NR_SLABS	7

/* others of the machine have a few of these, and come and go */
#define SLAB_SLACK	8

static const char *const slabs[NR_SLABS] = {
	"aio_kiocb", "kioctx", "io_kiocb", "bfq_queue", "bfq_io_cq",
	"blkdev_ioc", "bio-",
};

struct objects {
	long nr[NR_SLABS];
};

/* What KASAN keeps back is freed when a cache is to shrink. */
static void slab_shrink(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", name);
	write_file(path, "1");
}

/* Count the objects of each, of all of a name that goes on after a "-". */
static int objects_count(struct objects *o)
{
	char line[512], name[64];
	FILE *f = fopen("/proc/slabinfo", "r");
	long nr;
	int i;

	memset(o, 0, sizeof(*o));
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %ld", name, &nr) != 2)
			continue;
		for (i = 0; i < NR_SLABS; i++) {
			if (strcmp(name, slabs[i]) &&
			    (slabs[i][strlen(slabs[i]) - 1] != '-' ||
			     strncmp(name, slabs[i], strlen(slabs[i]))))
				continue;
			slab_shrink(name);
			o->nr[i] += nr;
		}
	}
	fclose(f);
	return 0;
}

/* Is the cache that is to be looked at one of its own? */
static bool slabs_are_there(void)
{
	char path[96];
	int i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 slabs[i]);
		if (access(path, W_OK))
			return false;
	}
	return true;
}

/* What is freed late, and by whom, is waited for. */
static bool objects_are_gone(const struct objects *before,
			     struct objects *after)
{
	int i, tries;

	for (tries = 0; tries < 120; tries++) {
		if (objects_count(after))
			return false;
		for (i = 0; i < NR_SLABS; i++)
			if (after->nr[i] > before->nr[i] + SLAB_SLACK)
				break;
		if (i == NR_SLABS)
			return true;
		sleep_ms(500);
	}
	return false;
}

/* No cgroup, and no io controller of one, is left of those removed. */
static bool cgroups_are_gone(void)
{
	long long io = -1, all = -1;
	int i;

	for (i = 0; i < 120; i++) {
		io = cgroup_key("", "cgroup.stat", "nr_dying_subsys_io");
		all = cgroup_key("", "cgroup.stat", "nr_dying_descendants");
		if (!io && !all)
			return true;
		/* pages of files are charged to who read them first */
		write_file("/proc/sys/vm/drop_caches", "3");
		sleep_ms(500);
	}
	printf("# held: %lld cgroups and %lld io controllers\n", all, io);
	return false;
}

#endif /* _IOCB_ATTR_SOAK_LEAKS_H */
