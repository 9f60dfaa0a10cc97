// SPDX-License-Identifier: GPL-2.0
/* Count slab objects, and cgroups that were removed and are still held. */
#define _GNU_SOURCE
#include "../lib/identity.h"
#include "leaks.h"

/* per CPU, in the caches of three bio sets */
#define BIOS_KEPT	(3 * 256)

const struct slab slabs[NR_SLABS] = {
	{ "aio_kiocb", false, 0, 0 },
	{ "kioctx", false, 0, 0 },
	{ "io_kiocb", false, 0, 0 },
	{ "bfq_queue", false, 0, 0 },
	{ "bfq_io_cq", false, 0, 0 },
	{ "blkdev_ioc", false, 0, 1 },
	{ "bio-", true, BIOS_KEPT, 0 },
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

/* Shrinking a cache frees the objects in the quarantine of KASAN. */
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

/* Count until the numbers no longer change. */
int objects_settle(struct objects *o)
{
	struct objects last;
	int i, ret = 0;

	for (i = 0; !ret && i < 30; i++) {
		last = *o;
		ret = objects_count(o);
		if (i && !memcmp(&last, o, sizeof(last)))
			break;
		sleep_ms(1000);
	}
	return ret;
}

/* Check that no cache is merged with another one. */
bool slabs_exist(void)
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

static long nr_tasks(void)
{
	char text[64];
	long nr = 0;

	if (read_file("/proc/loadavg", text, sizeof(text)) > 0)
		sscanf(text, "%*s %*s %*s %*d/%ld", &nr);
	return nr;
}

static bool too_many(const struct objects *before, const struct objects *after)
{
	const long cpus = sysconf(_SC_NPROCESSORS_CONF);
	const long tasks = nr_tasks();
	int i;

	for (i = 0; i < NR_SLABS; i++)
		if (after->nr[i] > before->nr[i] + cpus * slabs[i].per_cpu +
		    tasks * slabs[i].per_task)
			return true;
	return false;
}

/* Wait until the objects are freed. */
bool objects_released(const struct objects *before, struct objects *after)
{
	int i;

	for (i = 0; i < 30; i++) {
		if (objects_count(after))
			return false;
		if (!too_many(before, after))
			return true;
		sleep_ms(2000);
	}
	return false;
}

/* Wait until removed cgroups and their io controllers are released. */
bool cgroups_released(void)
{
	long long io = -1, all = -1;
	int i;

	for (i = 0; i < 120; i++) {
		io = cgroup_key("", "cgroup.stat", "nr_dying_subsys_io");
		all = cgroup_key("", "cgroup.stat", "nr_dying_descendants");
		if (!io && !all)
			return true;
		/* the page cache is charged to the cgroup that read it first */
		write_file("/proc/sys/vm/drop_caches", "3");
		sleep_ms(500);
	}
	printf("# held: %lld cgroups and %lld io controllers\n", all, io);
	return false;
}
