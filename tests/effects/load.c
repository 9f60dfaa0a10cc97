// SPDX-License-Identifier: GPL-2.0
/*
 * Read or write a device for several clients in one thread. Each I/O has the
 * attributes of its client, or none.
 *
 *	load [-u | -s | -t] [-b] [-p PARTS] [-a START] DEVICE SECONDS \
 *	     NAME[,KEY=VALUE]... ...
 *
 * The engine is AIO, or:
 *	-u	io_uring
 *	-s	io_uring with a submitting kernel thread (IORING_SETUP_SQPOLL)
 *	-t	pread(2) and pwrite(2), in a thread for each I/O in flight, whose
 *		scope has the attributes
 * With LOAD_SETS=1 in the environment, the attributes of each client are an
 * attribute set. -b uses the page cache: DEVICE, which may be a file, has PARTS
 * (2) parts. Client "a" uses the first one, "b" the next one, and so on. Each
 * client drops the data that it has read from the cache.
 * -a waits until the system has been up for START seconds, so that several
 * processes start at the same time.
 *
 * A client keeps "depth" I/Os of "block" bytes in flight at random offsets.
 * Keys:
 *	depth=8, block=65536, write
 *	order=random|stride|sequential	(stride: each block once, then again)
 *	part=FIRST+LENGTH		only this part of the device, in MiB
 *	from=SECOND, until=SECOND	I/O during this time only
 *	cgroup=DIRECTORY, proxy=PID, pidfd=PID, prio=rt:N|be:N|idle:N
 *	cache=bypass|admit
 *
 * The first second is for warming up, unless a client has "from". Prints a line
 * for each client: NAME; the
 * bytes and I/Os of the following seconds; the median and the 99th percentile
 * of their latency in microseconds; the bytes of all I/Os, including the first
 * second; for each attribute in the order of the ids, how many of these I/Os
 * honoured it; and the number of these I/Os.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "../../tools/ioattr/include/ioattr-aio.h"

#define MAX_CLIENTS	256
#define MAX_DEPTH	256
#define STRIDE		7919	/* a prime */
#define ATTRS		(IOCB_ATTR_pi + 1)

/* missing in the headers of older kernels */
#ifndef IORING_RW_ATTR_FLAG_LIST
#define IORING_RW_ATTR_FLAG_LIST	(1ULL << 62)
#define IORING_RW_ATTR_FLAG_SET		(1ULL << 60)
#endif

struct client;

struct load;

struct slot {
	struct iocb	iocb;
	struct client	*client;
	struct load	*load;
	pthread_t	thread;
	uint64_t	start;
};

struct client {
	const char		*name;
	unsigned int		depth, block;
	bool			write, tagged, started;
	struct ioattr_list	list;
	struct slot		*slots;
	unsigned int		step;	/* between two offsets; 0: random */
	unsigned int		from, until;		/* seconds; 0: not set */
	uint64_t		first, length;		/* bytes */
	uint64_t		start, warm, end;	/* ns */
	uint64_t		random, bytes, ios, all_bytes, all;
	uint64_t		honoured[ATTRS];
	uint32_t		*latency;
	size_t			room;
};

/* A ring with 32-byte CQEs. */
struct ring {
	int			fd;
	struct io_uring_sqe	*sqes;
	struct io_uring_cqe	*cqes;
	unsigned int		*sq_head, *sq_tail, *sq_array, *sq_flags;
	unsigned int		*cq_head, *cq_tail;
	unsigned int		sq_entries, sq_mask, cq_mask;
};

struct load {
	bool			uring, sqpoll, threads, buffered, sets;
	/* -t: protects what the threads count */
	pthread_mutex_t		lock;
	aio_context_t		ctx;
	struct ring		ring;
	int			fd;
	uint64_t		device_bytes;
	uint64_t		start, next;	/* the next client starts then */
	unsigned int		parts, seconds;
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

static void sleep_until(uint64_t at)
{
	const struct timespec t = {
		.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
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
	uint16_t prio;

	if (ioattr_parse_prio(text, &prio))
		return -EINVAL;
	return ioattr_add_ioprio(&c->list, prio, 0);
}

static int add_cache(struct client *c, const char *hint)
{
	if (!strcmp(hint, "bypass"))
		return ioattr_add_cache(&c->list, IOCB_CACHE_BYPASS, 0);
	if (!strcmp(hint, "admit"))
		return ioattr_add_cache(&c->list, IOCB_CACHE_ADMIT, 0);
	return -EINVAL;
}

static int parse_order(struct client *c, const char *order)
{
	if (!strcmp(order, "random"))
		c->step = 0;
	else if (!strcmp(order, "stride"))
		c->step = STRIDE;
	else if (!strcmp(order, "sequential"))
		c->step = 1;
	else
		return -EINVAL;
	return 0;
}

static int parse_part(struct client *c, const char *part)
{
	unsigned int first, length;

	if (sscanf(part, "%u+%u", &first, &length) != 2 || !length)
		return -EINVAL;
	c->first = (uint64_t)first << 20;
	c->length = (uint64_t)length << 20;
	return 0;
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
	if (!strcmp(key, "order"))
		return parse_order(c, value);
	if (!strcmp(key, "part"))
		return parse_part(c, value);
	if (!strcmp(key, "from")) {
		c->from = atoi(value);
		return c->from ? 0 : -EINVAL;
	}
	if (!strcmp(key, "until")) {
		c->until = atoi(value);
		return c->until ? 0 : -EINVAL;
	}
	if (!strcmp(key, "cgroup"))
		ret = add_cgroup(c, value);
	else if (!strcmp(key, "proxy"))
		ret = ioattr_add_proxy_pid(&c->list, atoi(value), 0);
	else if (!strcmp(key, "pidfd"))
		ret = add_pidfd(c, value);
	else if (!strcmp(key, "prio"))
		ret = add_prio(c, value);
	else if (!strcmp(key, "cache"))
		ret = add_cache(c, value);
	else
		ret = -EINVAL;
	c->tagged = true;
	return ret;
}

static int parse_client(struct load *l, struct client *c, char *spec)
{
	char *key, *value;
	int ret;

	c->name = strsep(&spec, ",");
	c->depth = 8;
	c->block = 65536;
	c->length = l->device_bytes;
	if (l->buffered) {
		/* the clients a, b and so on, in one process or in several */
		c->length /= l->parts;
		c->first = c->length * (*c->name - 'a');
		/* all blocks of its part, before it reads one again */
		c->step = STRIDE;
	}
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
	if (c->block > c->length || c->first + c->length > l->device_bytes) {
		fprintf(stderr, "load: %s: the device is too small\n", c->name);
		return -EINVAL;
	}
	return 0;
}

static int prepare(struct load *l, struct client *c)
{
	const char *name;
	unsigned int i;
	int ret, set = -1;

	if (l->sets && c->tagged) {
		set = ioattr_set_create(&c->list, 0);
		if (set < 0)
			return set;
	}
	/*
	 * seeded by the name, so that a separate process reads the same offsets
	 */
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
		c->slots[i].load = l;
		iocb->aio_lio_opcode = c->write ? IOCB_CMD_PWRITE :
						  IOCB_CMD_PREAD;
		iocb->aio_fildes = l->fd;
		iocb->aio_data = (uintptr_t)&c->slots[i];
		iocb->aio_buf = (uintptr_t)buf;
		iocb->aio_nbytes = c->block;
		if (!c->tagged)
			continue;
		ret = set < 0 ? ioattr_prep_aio(iocb, &c->list) :
				ioattr_prep_aio_set(iocb, set);
		if (ret)
			return ret;
	}
	return 0;
}

static int enter(struct load *l, unsigned int submit, unsigned int wait,
		 unsigned int flags)
{
	int ret = syscall(SYS_io_uring_enter, l->ring.fd, submit, wait, flags,
			  NULL, 0);

	return ret < 0 ? -errno : ret;
}

static int set_up_ring(struct load *l, unsigned int entries)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_CQE32 |
			 (l->sqpoll ? IORING_SETUP_SQPOLL : 0),
		.sq_thread_idle = 1,
	};
	struct ring *r = &l->ring;
	char *rings;

	r->fd = syscall(SYS_io_uring_setup, entries, &p);
	if (r->fd < 0)
		return -errno;
	rings = mmap(NULL, p.cq_off.cqes +
			   p.cq_entries * 2 * sizeof(*r->cqes) +
			   p.sq_off.array + p.sq_entries * 4,
		     PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		     IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes),
		       PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		       IORING_OFF_SQES);
	if (rings == MAP_FAILED || r->sqes == MAP_FAILED)
		return -errno;
	r->cqes = (struct io_uring_cqe *)(rings + p.cq_off.cqes);
	r->sq_head = (unsigned int *)(rings + p.sq_off.head);
	r->sq_tail = (unsigned int *)(rings + p.sq_off.tail);
	r->sq_array = (unsigned int *)(rings + p.sq_off.array);
	r->sq_flags = (unsigned int *)(rings + p.sq_off.flags);
	r->cq_head = (unsigned int *)(rings + p.cq_off.head);
	r->cq_tail = (unsigned int *)(rings + p.cq_off.tail);
	r->sq_entries = p.sq_entries;
	r->sq_mask = p.sq_entries - 1;
	r->cq_mask = p.cq_entries - 1;
	return 0;
}

/* Submit an iocb by io_uring. Returns 1, as io_submit(2), or an error. */
static int submit_sqe(struct load *l, const struct iocb *iocb)
{
	struct ring *r = &l->ring;
	unsigned int tail = *r->sq_tail;
	struct io_uring_sqe *sqe = &r->sqes[tail & r->sq_mask];

	/* the kernel thread may be behind */
	while (tail - __atomic_load_n(r->sq_head, __ATOMIC_ACQUIRE) ==
	       r->sq_entries) {
		int ret = enter(l, 0, 0, IORING_ENTER_SQ_WAIT);

		if (ret < 0)
			return ret;
	}
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = iocb->aio_lio_opcode == IOCB_CMD_PWRITE ?
		      IORING_OP_WRITE : IORING_OP_READ;
	sqe->fd = iocb->aio_fildes;
	sqe->addr = iocb->aio_buf;
	sqe->len = iocb->aio_nbytes;
	sqe->off = iocb->aio_offset;
	sqe->user_data = iocb->aio_data;
	if (iocb->aio_attrs) {
		/* attr_ptr and attr_type_mask */
		sqe->addr3 = iocb->aio_attrs;
		sqe->__pad2[0] = l->sets ? IORING_RW_ATTR_FLAG_SET :
					   IORING_RW_ATTR_FLAG_LIST;
	}
	r->sq_array[tail & r->sq_mask] = tail & r->sq_mask;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_SEQ_CST);
	if (!l->sqpoll)
		return enter(l, 1, 0, 0);
	if (__atomic_load_n(r->sq_flags, __ATOMIC_SEQ_CST) &
	    IORING_SQ_NEED_WAKEUP) {
		int ret = enter(l, 0, 0, IORING_ENTER_SQ_WAKEUP);

		if (ret < 0)
			return ret;
	}
	return 1;
}

/* Wait for at least one completion and convert it to an AIO event. */
static int wait_for_cqes(struct load *l, int max, struct io_event *events)
{
	struct ring *r = &l->ring;
	unsigned int head = *r->cq_head;
	int n = 0;

	while (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE)) {
		int ret = enter(l, 0, 1, IORING_ENTER_GETEVENTS);

		if (ret < 0 && ret != -EINTR)
			return ret;
	}
	for (; n < max && head != __atomic_load_n(r->cq_tail,
						  __ATOMIC_ACQUIRE);
	     n++, head++) {
		const struct io_uring_cqe *cqe =
			&r->cqes[(head & r->cq_mask) * 2];

		events[n] = (struct io_event){
			.data	= cqe->user_data,
			.res	= cqe->res,
			.res2	= *(const uint64_t *)(cqe + 1),
		};
	}
	__atomic_store_n(r->cq_head, head, __ATOMIC_RELEASE);
	return n;
}

/* Choose the offset of the next I/O. */
static void next_io(struct slot *slot)
{
	struct client *c = slot->client;

	if (c->step) {
		c->random += c->step;
	} else {
		/* xorshift64 */
		c->random ^= c->random << 13;
		c->random ^= c->random >> 7;
		c->random ^= c->random << 17;
	}
	slot->iocb.aio_offset = c->first + c->random %
				(c->length / c->block) * c->block;
	slot->start = now();
}

static int start(struct load *l, struct slot *slot)
{
	struct client *c = slot->client;
	struct iocb *iocb = &slot->iocb;
	int ret;

	next_io(slot);
	ret = l->uring ? submit_sqe(l, iocb) : ioattr_aio_submit(l->ctx, 1, &iocb);
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
	if (l->buffered && !c->write)
		posix_fadvise(l->fd, slot->iocb.aio_offset, c->block,
			      POSIX_FADV_DONTNEED);
	if (event->res < 0)
		return event->res;
	if (event->res != (long long)c->block)
		return -EIO;
	for (id = 0; id < ATTRS; id++)
		c->honoured[id] += event->res2 >> id & 1;
	if (at < c->warm || at >= c->end)
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

/* Start the clients whose time has come, and set the time of the next one. */
static int start_clients(struct load *l)
{
	const uint64_t at = now();
	unsigned int i, k;
	int ret;

	l->next = UINT64_MAX;
	for (i = 0; i < l->nr; i++) {
		struct client *c = &l->clients[i];

		if (c->started)
			continue;
		if (at < c->start) {
			if (c->start < l->next)
				l->next = c->start;
			continue;
		}
		c->started = true;
		for (k = 0; k < c->depth; k++) {
			ret = start(l, &c->slots[k]);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static int run(struct load *l)
{
	struct io_event events[64];
	uint64_t at;
	int i, n, ret;

	for (;;) {
		if (now() >= l->next) {
			ret = start_clients(l);
			if (ret)
				return ret;
		}
		if (!l->flying) {
			if (l->next == UINT64_MAX)
				return 0;
			sleep_until(l->next);
			continue;
		}
		n = l->uring ? wait_for_cqes(l, 64, events) :
			       ioattr_aio_getevents(l->ctx, 1, 64, events, -1);
		if (n < 0)
			return n;
		at = now();
		for (i = 0; i < n; i++) {
			struct slot *slot = (struct slot *)(uintptr_t)
					    events[i].data;

			ret = count(l, &events[i], at);
			if (!ret && at < slot->client->end)
				ret = start(l, slot);
			if (ret)
				return ret;
		}
	}
}

/* The I/Os of one slot. Returns an error as a pointer. */
static void *run_thread(void *arg)
{
	struct slot *slot = arg;
	struct load *l = slot->load;
	struct client *c = slot->client;
	const struct iocb *iocb = &slot->iocb;
	void *buf = (void *)(uintptr_t)iocb->aio_buf;
	struct io_event event = { .data = (uintptr_t)slot };
	long ret = 0;
	int set;

	if (c->tagged) {
		set = ioattr_set_create(&c->list, 0);
		ret = set < 0 ? set :
		      ioattr_scope_set(set, IOATTR_SCOPE_THREAD);
	}
	sleep_until(c->start);
	while (!ret) {
		pthread_mutex_lock(&l->lock);
		next_io(slot);
		c->all++;
		c->all_bytes += c->block;
		l->flying++;
		pthread_mutex_unlock(&l->lock);
		event.res = c->write ?
			pwrite(l->fd, buf, c->block, iocb->aio_offset) :
			pread(l->fd, buf, c->block, iocb->aio_offset);
		pthread_mutex_lock(&l->lock);
		ret = count(l, &event, now());
		pthread_mutex_unlock(&l->lock);
		if (now() >= c->end)
			break;
	}
	return (void *)ret;
}

static int run_threads(struct load *l)
{
	unsigned int i, k;
	void *error;
	int ret = 0;

	for (i = 0; i < l->nr; i++)
		for (k = 0; k < l->clients[i].depth; k++)
			if (pthread_create(&l->clients[i].slots[k].thread, NULL,
					   run_thread, &l->clients[i].slots[k]))
				return -EAGAIN;
	for (i = 0; i < l->nr; i++) {
		for (k = 0; k < l->clients[i].depth; k++) {
			pthread_join(l->clients[i].slots[k].thread, &error);
			if (error)
				ret = (long)error;
		}
	}
	return ret;
}

/* The size of a device or of a file. Returns 0 or a negative errno. */
static int find_size(struct load *l)
{
	struct stat st;

	if (fstat(l->fd, &st))
		return -errno;
	l->device_bytes = st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(l->fd, BLKGETSIZE64, &l->device_bytes))
		return -errno;
	/* without readahead, io.stat has what the clients have read */
	if (l->buffered)
		posix_fadvise(l->fd, 0, 0, POSIX_FADV_RANDOM);
	return 0;
}

static int less(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Returns 0, or -ETIME if the start has passed. */
static int set_times(struct load *l)
{
	const uint64_t second = 1000000000, at = now();
	unsigned int i;

	if (!l->start)
		l->start = at;
	if (l->start < at)
		return -ETIME;
	for (i = 0; i < l->nr; i++) {
		struct client *c = &l->clients[i];

		c->start = l->start + c->from * second;
		c->warm = c->from ? c->start : l->start + second;
		c->end = l->start + (c->until ? c->until : l->seconds) * second;
	}
	l->next = l->start;
	return 0;
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
	static struct load l = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .parts = 2,
	};
	unsigned int i, flying = 0;
	int c, ret = 0;

	while ((c = getopt(argc, argv, "+ustbp:a:")) != -1) {
		if (c == 'p')
			l.parts = atoi(optarg);
		if (c == 'a')
			l.start = strtoull(optarg, NULL, 10) * 1000000000;
		l.uring |= c == 'u' || c == 's';
		l.sqpoll |= c == 's';
		l.threads |= c == 't';
		l.buffered |= c == 'b';
	}
	argv += optind;
	argc -= optind;
	l.sets = getenv("LOAD_SETS");
	if (argc < 3 || argc - 2 > MAX_CLIENTS || !l.parts) {
		fprintf(stderr,
			"usage: load [-u | -s | -t] [-b] [-p PARTS] [-a START] "
			"DEVICE SECONDS CLIENT...\n");
		return 2;
	}
	l.fd = open(argv[0], O_RDWR | (l.buffered ? 0 : O_DIRECT) | O_CLOEXEC);
	if (l.fd < 0 || find_size(&l)) {
		perror(argv[0]);
		return 1;
	}
	l.seconds = atoi(argv[1]);
	l.nr = argc - 2;
	for (i = 0; i < l.nr && !ret; i++) {
		ret = parse_client(&l, &l.clients[i], argv[i + 2]);
		if (!ret)
			ret = prepare(&l, &l.clients[i]);
		flying += l.clients[i].depth;
	}
	if (!ret && !l.threads)
		ret = l.uring ? set_up_ring(&l, flying) :
				ioattr_aio_setup(flying, &l.ctx);
	if (!ret)
		ret = set_times(&l);
	if (!ret)
		ret = l.threads ? run_threads(&l) : run(&l);
	if (ret) {
		fprintf(stderr, "load: %s\n", strerror(-ret));
		return 1;
	}
	for (i = 0; i < l.nr; i++)
		print(&l.clients[i]);
	return 0;
}
