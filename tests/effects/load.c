// SPDX-License-Identifier: GPL-2.0
/*
 * One thread that reads or writes a device for several clients at once, each
 * I/O tagged with what its client says, or not tagged at all.
 *
 *	load DEVICE SECONDS NAME[,KEY=VALUE]... ...
 *
 * A client keeps "depth" I/Os of "block" bytes in flight at random places. Keys:
 *	depth=8, block=65536, write
 *	cgroup=DIRECTORY, proxy=PID, pidfd=PID, prio=rt:N|be:N|idle:N
 *
 * The first second is for warming up. Prints a line for each client: NAME, bytes
 * and I/Os of the seconds after it, the median and the 99th percentile of their
 * latency in microseconds, the bytes of all I/Os from first to last, how many of
 * these had each attribute honoured, in order of its id, and how many there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "../../tools/ioattr/include/ioattr-aio.h"

#define MAX_CLIENTS	64
#define MAX_DEPTH	256
#define ATTRS		(IOCB_ATTR_pi + 1)

struct client;

struct slot {
	struct iocb	iocb;
	struct client	*client;
	uint64_t	start;
};

struct client {
	const char		*name;
	unsigned int		depth, block;
	bool			write, tagged;
	struct ioattr_list	list;
	struct slot		*slots;
	uint64_t		random, bytes, ios, all_bytes, all;
	uint64_t		honoured[ATTRS];
	uint32_t		*latency;
	size_t			room;
};

struct load {
	aio_context_t		ctx;
	int			fd;
	uint64_t		device_bytes, warm, end;
	unsigned int		flying;
	unsigned int		nr;
	struct client		clients[MAX_CLIENTS];
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int add_cgroup(struct client *c, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : ioattr_add_cgroup(&c->list, fd, 0);
}

static int add_pidfd(struct client *c, const char *pid)
{
	int fd = syscall(SYS_pidfd_open, atoi(pid), 0);

	return fd < 0 ? -errno : ioattr_add_proxy_pidfd(&c->list, fd, 0);
}

static int add_prio(struct client *c, const char *text)
{
	int prio;

	if (!ioattr_parse_prio(text, &prio))
		return -EINVAL;
	return ioattr_add_ioprio(&c->list, prio, 0);
}

static int parse_key(struct client *c, const char *key, const char *value)
{
	int ret;

	if (!strcmp(key, "write")) {
		c->write = true;
		return 0;
	}
	if (!value)
		return -EINVAL;
	if (!strcmp(key, "depth")) {
		c->depth = atoi(value);
		return c->depth && c->depth <= MAX_DEPTH ? 0 : -EINVAL;
	}
	if (!strcmp(key, "block")) {
		c->block = atoi(value);
		return c->block && c->block % 512 == 0 ? 0 : -EINVAL;
	}
	if (!strcmp(key, "cgroup"))
		ret = add_cgroup(c, value);
	else if (!strcmp(key, "proxy"))
		ret = ioattr_add_proxy_pid(&c->list, atoi(value), 0);
	else if (!strcmp(key, "pidfd"))
		ret = add_pidfd(c, value);
	else if (!strcmp(key, "prio"))
		ret = add_prio(c, value);
	else
		ret = -EINVAL;
	c->tagged = true;
	return ret;
}

static int parse_client(struct client *c, char *spec)
{
	char *key, *value;
	int ret;

	c->name = strsep(&spec, ",");
	c->depth = 8;
	c->block = 65536;
	ioattr_init(&c->list, IOCB_ATTR_LIST_REPORT);
	while ((key = strsep(&spec, ","))) {
		value = strchr(key, '=');
		if (value)
			*value++ = '\0';
		ret = parse_key(c, key, value);
		if (ret) {
			fprintf(stderr, "load: %s: %s: %s\n", c->name, key,
				strerror(-ret));
			return ret;
		}
	}
	return 0;
}

static int prepare(struct load *l, struct client *c)
{
	const char *name;
	unsigned int i;
	int ret;

	/* by name, so that a process of its own reads the same places */
	c->random = 88172645463325252ULL;
	for (name = c->name; *name; name++)
		c->random += c->random * 31 + *name;
	c->slots = calloc(c->depth, sizeof(*c->slots));
	if (!c->slots)
		return -ENOMEM;
	for (i = 0; i < c->depth; i++) {
		struct iocb *iocb = &c->slots[i].iocb;
		void *buf = aligned_alloc(4096, (c->block + 4095) & ~4095U);

		if (!buf)
			return -ENOMEM;
		memset(buf, 0, c->block);
		c->slots[i].client = c;
		iocb->aio_lio_opcode = c->write ? IOCB_CMD_PWRITE :
						  IOCB_CMD_PREAD;
		iocb->aio_fildes = l->fd;
		iocb->aio_data = (uintptr_t)&c->slots[i];
		iocb->aio_buf = (uintptr_t)buf;
		iocb->aio_nbytes = c->block;
		if (!c->tagged)
			continue;
		ret = ioattr_prep_aio(iocb, &c->list);
		if (ret)
			return ret;
	}
	return 0;
}

static int start(struct load *l, struct slot *slot)
{
	struct client *c = slot->client;
	struct iocb *iocb = &slot->iocb;
	int ret;

	/* xorshift64 */
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	iocb->aio_offset = c->random % (l->device_bytes / c->block) * c->block;
	slot->start = now();
	ret = ioattr_submit(l->ctx, 1, &iocb);
	if (ret != 1)
		return ret ? ret : -EAGAIN;
	c->all++;
	c->all_bytes += c->block;
	l->flying++;
	return 0;
}

static int count(struct load *l, const struct io_event *event, uint64_t at)
{
	struct slot *slot = (struct slot *)(uintptr_t)event->data;
	struct client *c = slot->client;
	unsigned int id;

	l->flying--;
	if (event->res < 0)
		return event->res;
	if (event->res != (long long)c->block)
		return -EIO;
	for (id = 0; id < ATTRS; id++)
		c->honoured[id] += event->res2 >> id & 1;
	if (at < l->warm || at >= l->end)
		return 0;
	if (c->ios == c->room) {
		c->room = c->room ? 2 * c->room : 4096;
		c->latency = realloc(c->latency,
				     c->room * sizeof(*c->latency));
		if (!c->latency)
			return -ENOMEM;
	}
	c->latency[c->ios++] = (at - slot->start) / 1000;
	c->bytes += c->block;
	return 0;
}

static int run(struct load *l)
{
	struct io_event events[64];
	unsigned int i, k;
	uint64_t at;
	int n, ret;

	for (i = 0; i < l->nr; i++) {
		for (k = 0; k < l->clients[i].depth; k++) {
			ret = start(l, &l->clients[i].slots[k]);
			if (ret)
				return ret;
		}
	}
	while (l->flying) {
		n = ioattr_getevents(l->ctx, 1, 64, events);
		if (n < 0)
			return n;
		at = now();
		for (i = 0; i < (unsigned int)n; i++) {
			ret = count(l, &events[i], at);
			if (!ret && at < l->end)
				ret = start(l, (struct slot *)(uintptr_t)
					       events[i].data);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static int less(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print(struct client *c)
{
	unsigned int id;

	if (c->ios)
		qsort(c->latency, c->ios, sizeof(*c->latency), less);
	printf("%s %llu %llu %u %u %llu", c->name,
	       (unsigned long long)c->bytes, (unsigned long long)c->ios,
	       c->ios ? c->latency[c->ios / 2] : 0,
	       c->ios ? c->latency[c->ios * 99 / 100] : 0,
	       (unsigned long long)c->all_bytes);
	for (id = 0; id < ATTRS; id++)
		printf(" %llu", (unsigned long long)c->honoured[id]);
	printf(" %llu\n", (unsigned long long)c->all);
}

int main(int argc, char **argv)
{
	static struct load l;
	unsigned int i, flying = 0;
	int ret = 0;

	if (argc < 4 || argc - 3 > MAX_CLIENTS) {
		fprintf(stderr, "usage: load DEVICE SECONDS CLIENT...\n");
		return 2;
	}
	l.fd = open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC);
	if (l.fd < 0 || ioctl(l.fd, BLKGETSIZE64, &l.device_bytes)) {
		perror(argv[1]);
		return 1;
	}
	l.nr = argc - 3;
	for (i = 0; i < l.nr && !ret; i++) {
		ret = parse_client(&l.clients[i], argv[i + 3]);
		if (!ret)
			ret = prepare(&l, &l.clients[i]);
		flying += l.clients[i].depth;
	}
	if (!ret)
		ret = ioattr_setup(flying, &l.ctx);
	if (!ret) {
		l.warm = now() + 1000000000ULL;
		l.end = now() + strtoull(argv[2], NULL, 10) * 1000000000ULL;
		ret = run(&l);
	}
	if (ret) {
		fprintf(stderr, "load: %s\n", strerror(-ret));
		return 1;
	}
	for (i = 0; i < l.nr; i++)
		print(&l.clients[i]);
	return 0;
}
