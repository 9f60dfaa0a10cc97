/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A null_blk disk with a fixed completion time, and cgroups below CLIENTS whose
 * I/O goes to it.
 */
#ifndef _IOCB_ATTR_SLOW_DISK_H
#define _IOCB_ATTR_SLOW_DISK_H

#include "blkdev.h"
#include "identity.h"

#define SLOW_DISK	"/dev/slow0"
#define SLOW_DISK_SIZE	(64 << 20)
#define CLIENTS		"clients"

/* A scheduler and a controller that treat tagged I/O in their own way. */
struct disk_mode {
	const char *scheduler;
	/* the scheduler sorts by priority */
	bool sorts;
	/* blk-iocost throttles the cgroups, and a worker submits for them */
	bool iocost;
};

/*
 * Create SLOW_DISK, which takes @ns nanoseconds for each request. @settings has
 * further settings of null_blk.
 */
static inline int slow_disk_make_with(const char *ns, const char *scheduler,
				      const char *settings)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "irqmode=2 completion_nsec=%s submit_queues=2%s", ns,
		 settings);
	return nullb_make("slow0", SLOW_DISK_SIZE >> 20, text, scheduler);
}

static inline int slow_disk_make(const char *ns, const char *scheduler)
{
	return slow_disk_make_with(ns, scheduler, "");
}

static inline int slow_disk_remove(void)
{
	return nullb_remove("slow0");
}

/* Set the budget of blk-iocost to @iops I/Os per second, or disable it (0). */
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

/* Wait until no removed cgroup below CLIENTS is held any more. */
static inline int wait_for_css_release(void)
{
	long long io = -1, all = -1;
	int i;

	for (i = 0; i < 300; i++) {
		io = cgroup_key(CLIENTS, "cgroup.stat", "nr_dying_subsys_io");
		all = cgroup_key(CLIENTS, "cgroup.stat", "nr_dying_descendants");
		if (!io && !all)
			return 0;
		sleep_ms(100);
	}
	printf("# held: %lld cgroups and %lld io controllers\n", all, io);
	return io < 0 || all < 0 ? -1 : all + io;
}

/* Create the cgroups CLIENTS/a and CLIENTS/b. The submitter is in neither. */
static inline int clients_make(int *fds)
{
	int ret;

	ret = write_file(CGROUP "cgroup.subtree_control", "+io");
	if (ret || cgroup_make(CLIENTS) < 0)
		return ret ?: -EIO;
	ret = cgroup_write(CLIENTS, "cgroup.subtree_control", "+io");
	fds[0] = cgroup_make(CLIENTS "/a");
	fds[1] = cgroup_make(CLIENTS "/b");
	return ret ?: fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
}

static inline int clients_remove(int *fds)
{
	int ret;

	close(fds[0]);
	close(fds[1]);
	ret = cgroup_remove(CLIENTS "/a") ?: cgroup_remove(CLIENTS "/b") ?:
	      wait_for_css_release();
	return ret ?: cgroup_remove(CLIENTS);
}

#endif /* _IOCB_ATTR_SLOW_DISK_H */
