/* SPDX-License-Identifier: GPL-2.0 */
/* Scopes of threads, and a server and a client in cgroups of their own. */
#ifndef _IOCB_ATTR_SCOPE_H
#define _IOCB_ATTR_SCOPE_H

#include <linux/prctl.h>
#include <sys/prctl.h>

#include "blkdev.h"
#include "identity.h"
#include "io.h"
#include "set.h"

#define SCOPE_DISK	"scope0"
#define SCOPE_MOUNT	"/tmp/scope_test"
#define CLIENT_PRIO	(BE | 6)

/* Returns 0 or a negative errno. */
static inline int scope_set(int set, unsigned long flags)
{
	return prctl(PR_SET_IOCB_ATTR, set, flags, 0, 0) ? -errno : 0;
}

/* Returns a new file descriptor or a negative errno. */
static inline int scope_get(void)
{
	int set = prctl(PR_GET_IOCB_ATTR, 0, 0, 0, 0);

	return set < 0 ? -errno : set;
}

static inline bool scope_has(void)
{
	int set = scope_get();

	close(set);
	return set >= 0;
}

/* A set, for which the list is not needed any more. */
static inline int set_of(struct attr_list l, uint16_t flags)
{
	int i;

	l.list.flags = flags;
	for (i = 0; i < 2; i++)
		l.r[i].attr.flags = 0;
	return set_make(&l, 0);
}

/* The cgroups "scope/server" and "scope/client"; the caller enters the first. */
struct scope_cgroups {
	int client;
	int set;	/* cgroup and priority of the client */
	char dev[32];	/* of SCOPE_DISK */
};

static inline int scope_cgroups_make(struct scope_cgroups *c)
{
	int parent = cgroup_make("scope"), server;
	int ret = cgroup_write("scope", "cgroup.subtree_control", "+io +memory");

	close(parent);
	if (ret)
		return ret;
	server = cgroup_make("scope/server");
	c->client = cgroup_make("scope/client");
	if (server < 0 || c->client < 0)
		return -ENOENT;
	close(server);
	ret = cgroup_enter("scope/server");
	if (ret)
		return ret;
	c->set = set_of(list_two(list_one(IOCB_ATTR_cgroup, c->client),
				 list_one(IOCB_ATTR_ioprio, CLIENT_PRIO)), 0);
	return c->set < 0 ? c->set : 0;
}

static inline int scope_cgroups_remove(struct scope_cgroups *c)
{
	int ret;

	scope_set(-1, 0);
	close(c->set);
	close(c->client);
	ret = write_file(CGROUP "cgroup.procs", "0");
	cgroup_remove("scope/client");
	return cgroup_remove("scope/server") ?: cgroup_remove("scope") ?: ret;
}

/* A disk with a file system of this type, or without one. */
static inline int scope_disk(struct scope_cgroups *c, const char *fs,
			     const char *mkfs)
{
	char cmd[128];
	int ret = nullb_make(SCOPE_DISK, 512, "irqmode=1 memory_backed=1",
			     "mq-deadline");

	if (ret)
		return ret;
	ret = device_number("/dev/" SCOPE_DISK, c->dev, sizeof(c->dev));
	if (ret || !fs)
		return ret;
	snprintf(cmd, sizeof(cmd), mkfs, "/dev/" SCOPE_DISK);
	if (system(cmd))
		return -ENOEXEC;
	mkdir(SCOPE_MOUNT, 0755);
	if (mount("/dev/" SCOPE_DISK, SCOPE_MOUNT, fs, 0, NULL))
		return -errno;
	return 0;
}

/* Nothing that is clean and unused stays in the page cache. */
static inline int forget_cache(void)
{
	return write_file("/proc/sys/vm/drop_caches", "3");
}

/* I/O that has completed, or a FUSE server that ends, may still have a file. */
static inline void scope_umount(const char *path)
{
	int i;

	for (i = 0; i < 500 && umount(path) && errno == EBUSY; i++)
		sleep_ms(10);
}

/* Unmounts the file system as well. */
static inline int scope_disk_remove(void)
{
	scope_umount(SCOPE_MOUNT);
	return nullb_remove(SCOPE_DISK);
}

static inline long long scope_bytes(const struct scope_cgroups *c,
				    const char *name, const char *key)
{
	char cgroup[64];

	snprintf(cgroup, sizeof(cgroup), "scope/%s", name);
	return cgroup_io(cgroup, c->dev, key);
}

#endif /* _IOCB_ATTR_SCOPE_H */
