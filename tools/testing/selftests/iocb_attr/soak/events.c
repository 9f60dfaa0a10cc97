// SPDX-License-Identifier: GPL-2.0
/* Change settings and inject faults while I/O is in flight. */
#define _GNU_SOURCE
#include "events.h"

#define NR_SETTINGS	3

static void begin_errors(struct device *d)
{
	__atomic_add_fetch(&d->disturbed, 1, __ATOMIC_SEQ_CST);
}

static void end_errors(struct device *d)
{
	__atomic_add_fetch(&d->disturbed, 1, __ATOMIC_SEQ_CST);
}

static void sleep_random(struct events *c)
{
	sleep_ms(50 + rnd_below(&c->rnd, 450));
}

static int switch_scheduler(struct events *c)
{
	static const char *const names[] = { "none", "mq-deadline", "bfq" };
	static const char *const disks[] = { BACKING, CACHE, PULLED };
	static const char *const nullb[] = { "soak0", "soak1" };
	unsigned int disk = rnd_below(&c->rnd, 5);
	const char *name = names[rnd_below(&c->rnd, 3)];

	return disk < 3 ? set_scheduler(disks[disk], name) :
			  queue_set(nullb[disk - 3], "scheduler", name);
}

static int switch_cache_mode(struct events *c)
{
	static const char *const modes[] = {
		"writethrough", "writeback", "writearound", "none",
	};

	return write_file(BCACHE_SYSFS "cache_mode",
			  modes[rnd_below(&c->rnd, 4)]);
}

static int set_iocost(struct events *c, unsigned int disk, int iops)
{
	const char *const disks[NR_IOCOST] = {
		c->stack->backing, "/dev/soak0", "/dev/soak1",
	};
	char dev[32];
	int ret;

	ret = device_number(disks[disk], dev, sizeof(dev));
	if (ret)
		return ret;
	c->iocost[disk] = iops;
	return disk_iocost(dev, iops);
}

static int switch_iocost(struct events *c)
{
	unsigned int disk = rnd_below(&c->rnd, NR_IOCOST);

	return set_iocost(c, disk, c->iocost[disk] ? 0 :
			  2000 + rnd_below(&c->rnd, 20000));
}

static int dm_fails(struct events *c)
{
	struct device *d = &c->stack->devices[ON_DM];
	int ret;

	begin_errors(d);
	ret = dm_swap(&c->stack->fail, "0 %d error", FAIL_SECTORS);
	sleep_random(c);
	ret = dm_swap(&c->stack->fail, FAIL_TABLE, FAIL_SECTORS) ?: ret;
	end_errors(d);
	return ret;
}

static int bad_blocks(struct events *c)
{
	struct device *d = &c->stack->devices[ON_NULLB];
	unsigned int first = rnd_below(&c->rnd, FAIL_SECTORS / 2);
	char range[32];
	int ret;

	snprintf(range, sizeof(range), "+%u-%u", first,
		 first + FAIL_SECTORS / 8);
	begin_errors(d);
	ret = nullb_set("soak0", "badblocks", range);
	sleep_random(c);
	range[0] = '-';
	ret = nullb_set("soak0", "badblocks", range) ?: ret;
	end_errors(d);
	return ret;
}

/* Inject a fault into some requests of soak0 for a while. */
static int inject(struct events *c, const char *what, const char *percent)
{
	char verbose[48], times[48], probability[48];
	int ret;

	snprintf(verbose, sizeof(verbose), "%s/verbose", what);
	snprintf(times, sizeof(times), "%s/times", what);
	snprintf(probability, sizeof(probability), "%s/probability", what);
	ret = nullb_set("soak0", verbose, "0") ?:
	      nullb_set("soak0", times, "-1") ?:
	      nullb_set("soak0", probability, percent);
	sleep_random(c);
	return nullb_set("soak0", probability, "0") ?: ret;
}

static int timeouts(struct events *c)
{
	struct device *d = &c->stack->devices[ON_NULLB];
	int ret;

	begin_errors(d);
	ret = inject(c, "timeout_inject", "5");
	end_errors(d);
	return ret;
}

/* Requeued requests complete eventually. */
static int requeues(struct events *c)
{
	return inject(c, "requeue_inject", "20");
}

static int wait_for_no_cache(void)
{
	char text[32];
	int i;

	for (i = 0; i < 300; i++) {
		if (read_file(BCACHE_SYSFS "state", text, sizeof(text)) < 0)
			return -ENODEV;
		if (!strncmp(text, "no cache", 8))
			return 0;
		sleep_ms(100);
	}
	return -ETIMEDOUT;
}

/* The state changes shortly before a cache can be attached again. */
static int attach(const char *uuid)
{
	int i, ret = -EINVAL;

	for (i = 0; ret == -EINVAL && i < 300; i++) {
		ret = write_file(BCACHE_SYSFS "attach", uuid);
		if (ret == -EINVAL)
			sleep_ms(100);
	}
	return ret;
}

/* Detach the cache and attach it again. I/O is not affected. */
static int detach_cache(struct events *c)
{
	char link[128];
	ssize_t len;
	int ret;

	len = readlink(BCACHE_SYSFS "cache", link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = 0;
	ret = write_file(BCACHE_SYSFS "detach", "1") ?: wait_for_no_cache();
	if (ret)
		return ret;
	sleep_random(c);
	return attach(strrchr(link, '/') + 1);
}

/* Remove a disk and rescan the bus. Its name may change. */
static int pull_disk(struct events *c)
{
	struct device *d = &c->stack->devices[ON_VIRTIO];
	char path[80];
	int i, fd, ret;

	snprintf(path, sizeof(path), "/sys/block/%s/device/../remove",
		 c->stack->pulled + strlen("/dev/"));
	begin_errors(d);
	ret = write_file(path, "1");
	sleep_random(c);
	ret = write_file("/sys/bus/pci/rescan", "1") ?: ret;
	for (i = 0; i < 300; i++) {
		if (!find_disk(PULLED, c->stack->pulled,
			       sizeof(c->stack->pulled)) &&
		    !access(c->stack->pulled, R_OK))
			break;
		sleep_ms(100);
	}
	fd = open(c->stack->pulled, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	pthread_rwlock_wrlock(&d->lock);
	close(d->fd);
	d->fd = fd;
	end_errors(d);
	pthread_rwlock_unlock(&d->lock);
	return ret;
}

/* the first NR_SETTINGS are more frequent */
const struct event event_table[NR_EVENTS] = {
	{ "scheduler switched", switch_scheduler },
	{ "cache mode changed", switch_cache_mode },
	{ "iocost switched", switch_iocost },
	{ "dm device failed", dm_fails },
	{ "blocks went bad", bad_blocks },
	{ "requests timed out", timeouts },
	{ "requests requeued", requeues },
	{ "cache detached", detach_cache },
	{ "disk pulled", pull_disk },
};

static void events_step(struct events *c, unsigned int nr)
{
	int ret = event_table[nr].make(c);

	c->made[nr]++;
	if (!ret)
		return;
	c->failed++;
	printf("# %s: %s\n", event_table[nr].name, strerror(-ret));
}

/* Each event once, then random ones. */
static void *events_main(void *arg)
{
	struct events *c = arg;
	unsigned int i, among;

	for (i = 0; i < NR_EVENTS; i++)
		events_step(c, i);
	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		among = rnd_one_in(&c->rnd, 2) ? NR_SETTINGS : NR_EVENTS;
		events_step(c, rnd_below(&c->rnd, among));
		sleep_ms(rnd_below(&c->rnd, 200));
	}
	return NULL;
}

int events_start(struct events *c, struct stack *s, uint64_t seed,
		 uint64_t stream)
{
	memset(c, 0, sizeof(*c));
	c->stack = s;
	rnd_init(&c->rnd, seed, stream);
	return -pthread_create(&c->thread, NULL, events_main, c);
}

/* stack_tear_down() restores the settings of the disks. */
void events_stop(struct events *c)
{
	unsigned int i;

	__atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
	pthread_join(c->thread, NULL);
	for (i = 0; i < NR_IOCOST; i++)
		if (c->iocost[i] && set_iocost(c, i, 0))
			c->failed++;
}
