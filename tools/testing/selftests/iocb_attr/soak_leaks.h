/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is left when all is torn down: objects of the slab caches, and cgroups
 * that were removed and are still held.
 */
#ifndef _IOCB_ATTR_SOAK_LEAKS_H
#define _IOCB_ATTR_SOAK_LEAKS_H

#include "who.h"

#define NR_SLABS	7

/* what each CPU may keep of each of the three sets of bios that have a cache */
#define BIOS_KEPT	(3 * 256)

/* Others of the machine have a few of some, which come and go. */
static const struct slab {
	const char *name;
	/* and goes on after that */
	bool prefix;
	long slack;
	long slack_per_cpu;
} slabs[NR_SLABS] = {
	{ "aio_kiocb", false, 0, 0 },
	{ "kioctx", false, 0, 0 },
	{ "io_kiocb", false, 0, 0 },
	{ "bfq_queue", false, 0, 0 },
	{ "bfq_io_cq", false, 0, 0 },
	{ "blkdev_ioc", false, 8, 0 },
	{ "bio-", true, 8, BIOS_KEPT },
};

struct objects {
	long nr[NR_SLABS];
};

/* Call @f for each line of slabinfo that is one of these. */
static int slabs_walk(void (*f)(struct objects *o, int i, const char *name,
				long nr), struct objects *o)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512], name[64];
	long nr;
	int i;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", name, &nr) != 2)
			continue;
		for (i = 0; i < NR_SLABS; i++)
			if (slabs[i].prefix ?
			    !strncmp(name, slabs[i].name,
				     strlen(slabs[i].name)) :
			    !strcmp(name, slabs[i].name))
				f(o, i, name, nr);
	}
	fclose(file);
	return 0;
}

/* What KASAN keeps back is freed when a cache is to shrink. */
static void slab_shrink(struct objects *o, int i, const char *name, long nr)
{
	char path[96];

	(void)o;
	(void)i;
	(void)nr;
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", name);
	write_file(path, "1");
}

static void slab_add(struct objects *o, int i, const char *name, long nr)
{
	(void)name;
	o->nr[i] += nr;
}

static int objects_count(struct objects *o)
{
	memset(o, 0, sizeof(*o));
	return slabs_walk(slab_shrink, o) ?: slabs_walk(slab_add, o);
}

/* Count until what is freed late has been. */
static int objects_settle(struct objects *o)
{
	struct objects last;
	int i, ret = 0;

	for (i = 0; !ret && i < 60; i++) {
		last = *o;
		ret = objects_count(o);
		if (i && !memcmp(&last, o, sizeof(last)))
			break;
		sleep_ms(500);
	}
	return ret;
}

/* Is each a cache of its own? */
static bool slabs_are_there(void)
{
	char path[96];
	int i;

	for (i = 0; i < NR_SLABS; i++) {
		if (slabs[i].prefix)
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 slabs[i].name);
		if (access(path, W_OK))
			return false;
	}
	return !access("/proc/slabinfo", R_OK);
}

/* What is freed late is waited for. */
static bool objects_are_gone(const struct objects *before,
			     struct objects *after)
{
	const long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int i, tries;

	for (tries = 0; tries < 120; tries++) {
		if (objects_count(after))
			return false;
		for (i = 0; i < NR_SLABS; i++)
			if (after->nr[i] > before->nr[i] + slabs[i].slack +
			    cpus * slabs[i].slack_per_cpu)
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
