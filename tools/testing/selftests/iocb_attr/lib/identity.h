/* SPDX-License-Identifier: GPL-2.0 */
/* Lists that name a cgroup, a process or a priority, and cgroups for them. */
#ifndef _IOCB_ATTR_IDENTITY_H
#define _IOCB_ATTR_IDENTITY_H

#include <sys/stat.h>
#include <sys/wait.h>

#include "aio.h"

#define CGROUP		"/sys/fs/cgroup/"

/* A list of one or two records of 16 bytes. */
struct attr_list {
	struct iocb_attr_list			list;
	union {
		struct iocb_attr		attr;
		struct iocb_attr_proxy_pid	proxy_pid;
		struct iocb_attr_proxy_pidfd	proxy_pidfd;
		struct iocb_attr_cgroup		cgroup;
		struct iocb_attr_ioprio		ioprio;
		struct iocb_attr_cache		cache;
		struct iocb_attr_set		set;
		uint64_t			words[2];
	} r[2];
};

/* A list of one record, which is required. Each kind has one value. */
static inline struct attr_list list_one(uint16_t id, uint64_t value)
{
	struct attr_list l = {
		.list	= { .size = 24, .flags = IOCB_ATTR_LIST_REPORT },
		.r	= { { .attr = { 16, id, IOCB_ATTR_REQUIRED } } },
	};

	switch (id) {
	case IOCB_ATTR_proxy_pid:
		l.r[0].proxy_pid.pid = value;
		break;
	case IOCB_ATTR_proxy_pidfd:
		l.r[0].proxy_pidfd.pidfd = value;
		break;
	case IOCB_ATTR_cgroup:
		l.r[0].cgroup.fd = value;
		break;
	case IOCB_ATTR_ioprio:
		l.r[0].ioprio.ioprio = value;
		break;
	case IOCB_ATTR_cache:
		l.r[0].cache.hints = value;
		break;
	case IOCB_ATTR_set:
		l.r[0].set.fd = value;
		break;
	}
	return l;
}

/* Two records in one list. */
static inline struct attr_list list_two(struct attr_list a, struct attr_list b)
{
	a.list.size = 40;
	a.r[1] = b.r[0];
	return a;
}

/* Read with a list of one record. Returns 0 or a negative errno. */
static inline int read_for(aio_context_t ctx, int fd, void *buf, uint16_t id,
			   uint64_t value)
{
	struct attr_list l = list_one(id, value);

	return submit_list(ctx, fd, buf, &l);
}

static inline int pidfd_open(pid_t pid)
{
	return syscall(__NR_pidfd_open, pid, 0);
}

/* Create a cgroup, if it does not exist, and open it. */
static inline int cgroup_make(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP "%s", name);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	return open(path, O_PATH | O_CLOEXEC);
}

/* A reaped task may not have left its cgroup yet. */
static inline int cgroup_remove(const char *name)
{
	char path[128];
	int i;

	snprintf(path, sizeof(path), CGROUP "%s", name);
	for (i = 0; i < 500; i++) {
		if (!rmdir(path))
			return 0;
		if (errno != EBUSY)
			break;
		sleep_ms(10);
	}
	return -errno;
}

static inline int cgroup_write(const char *name, const char *file,
			       const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP "%s/%s", name, file);
	return write_file(path, text);
}

/* Create a cgroup whose children have the io controller. */
static inline int cgroup_make_parent(const char *name)
{
	int fd = cgroup_make(name);

	if (fd < 0)
		return fd;
	close(fd);
	return cgroup_write(name, "cgroup.subtree_control", "+io");
}

/* Change the owner of a file of a cgroup, or of its directory ("."). */
static inline int cgroup_chown(const char *name, const char *file, int uid)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP "%s/%s", name, file);
	return chown(path, uid, uid) ? -errno : 0;
}

/* Move the caller to a cgroup. */
static inline int cgroup_enter(const char *name)
{
	return cgroup_write(name, "cgroup.procs", "0");
}

/* The number that follows a key in a file of a cgroup, or -1. */
static inline long long cgroup_key(const char *name, const char *file,
				   const char *key)
{
	char path[128], text[4096], *at;
	long long value;

	snprintf(path, sizeof(path), CGROUP "%s/%s", name, file);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, key);
	if (!at || sscanf(at + strlen(key), "%*[ =]%lld", &value) != 1)
		return -1;
	return value;
}

/* A counter of a device ("8:0") in io.stat, which omits those that are 0. */
static inline long long cgroup_io(const char *name, const char *dev,
				  const char *key)
{
	char path[128], text[4096], *line, *end;

	snprintf(path, sizeof(path), CGROUP "%s/io.stat", name);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	for (line = text; line; line = strchr(line, '\n'), line += !!line) {
		if (strncmp(line, dev, strlen(dev)) || line[strlen(dev)] != ' ')
			continue;
		end = strchr(line, '\n');
		if (end)
			*end = 0;
		line = strstr(line, key);
		if (!line)
			return 0;
		return atoll(line + strlen(key) + 1);
	}
	return 0;
}

/* "major:minor" of a block device. */
static inline int device_number(const char *path, char *text, size_t size)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	snprintf(text, size, "%u:%u", (unsigned int)(st.st_rdev >> 8 & 0xfff),
		 (unsigned int)(st.st_rdev & 0xff));
	return 0;
}

/* The error that a child exited with by _exit(-error), or -1000. */
static inline int wait_child(pid_t pid)
{
	int wstatus;

	if (waitpid(pid, &wstatus, 0) != pid || !WIFEXITED(wstatus))
		return -1000;
	return -WEXITSTATUS(wstatus);
}

#endif /* _IOCB_ATTR_IDENTITY_H */
