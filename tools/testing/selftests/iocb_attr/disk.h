/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk that is as slow as a test wants, and what is left of the cgroups that
 * I/O on it was charged to.
 */
#ifndef _IOCB_ATTR_DISK_H
#define _IOCB_ATTR_DISK_H

#include <sys/mount.h>

#include "who.h"

#define CONFIGFS	"/sys/kernel/config"
#define NULLB		CONFIGFS "/nullb/life"
#define DISK		"/dev/life"
#define DISK_SIZE	(64 << 20)

/* what it does to the requests of others */
struct disk_mode {
	const char *scheduler;
	/* it goes by priorities */
	bool sorts;
	/* cgroups wait for budget, and a worker submits for them */
	bool iocost;
};

static inline int disk_remove(void)
{
	write_file(NULLB "/power", "0");
	return rmdir(NULLB) ? -errno : 0;
}

/* A disk whose requests all take so many nanoseconds, with a scheduler. */
static inline int disk_make(const char *ns, const char *scheduler)
{
	mkdir(CONFIGFS, 0755);
	if (access(CONFIGFS "/nullb", F_OK) &&
	    mount("none", CONFIGFS, "configfs", 0, NULL))
		return -errno;
	/* what a test that failed has left */
	if (!access(NULLB, F_OK))
		disk_remove();
	if (mkdir(NULLB, 0755))
		return -errno;
	return write_file(NULLB "/size", "64") ?:
	       write_file(NULLB "/blocksize", "4096") ?:
	       write_file(NULLB "/irqmode", "2") ?:
	       write_file(NULLB "/completion_nsec", ns) ?:
	       write_file(NULLB "/submit_queues", "2") ?:
	       write_file(NULLB "/power", "1") ?:
	       write_file("/sys/block/life/queue/scheduler", scheduler);
}

/* Make cgroups wait for budget, of so many I/Os a second; 0 ends it. */
static inline int disk_iocost(const char *dev, int iops)
{
	char text[160];
	int ret;

	snprintf(text, sizeof(text),
		 "%s enable=%d ctrl=user rpct=0 wpct=0 min=100 max=100", dev,
		 !!iops);
	ret = write_file(CGROUP "io.cost.qos", text);
	if (ret || !iops)
		return ret;
	snprintf(text, sizeof(text),
		 "%s ctrl=user rbps=1073741824 rseqiops=%d rrandiops=%d", dev,
		 iops, iops);
	return write_file(CGROUP "io.cost.model", text);
}

/* Wait until nothing holds a cgroup below "life" that was removed. */
static inline int still_held(void)
{
	long long io = -1, all = -1;
	int i;

	for (i = 0; i < 300; i++) {
		io = cgroup_key("life", "cgroup.stat", "nr_dying_subsys_io");
		all = cgroup_key("life", "cgroup.stat", "nr_dying_descendants");
		if (!io && !all)
			return 0;
		sleep_ms(100);
	}
	printf("# held: %lld cgroups and %lld io controllers\n", all, io);
	return io < 0 || all < 0 ? -1 : all + io;
}

#endif /* _IOCB_ATTR_DISK_H */
