// SPDX-License-Identifier: GPL-2.0
/*
 * Files on ext4, loop, dm-crypt and bcache, which must not fail, and devices
 * that do.
 */
#define _GNU_SOURCE
#include <linux/loop.h>

#include "stack.h"

#define MNT		"/mnt/soak"
#define FILE_SIZE	(8 << 20)
#define CRYPT_SECTORS	(256 << 11)

/* two different halves */
#define HALF_KEY	"000102030405060708090a0b0c0d0e"
#define CRYPT_TABLE	"0 %d crypt aes-xts-plain64 " HALF_KEY "0f" HALF_KEY \
			"10 0 " BCACHE " 0 1 sector_size:4096"

/* Find a virtio disk by its serial number. Returns 0 or a negative errno. */
int find_disk(const char *serial, char *path, size_t size)
{
	char file[64], text[32];
	char letter;

	for (letter = 'a'; letter <= 'z'; letter++) {
		snprintf(file, sizeof(file), "/sys/block/vd%c/serial", letter);
		if (read_file(file, text, sizeof(text)) < 0 ||
		    strncmp(text, serial, strlen(serial)))
			continue;
		snprintf(path, size, "/dev/vd%c", letter);
		return 0;
	}
	return -ENODEV;
}

/* Give a virtio disk a scheduler. Returns 0 or a negative errno. */
int set_scheduler(const char *serial, const char *name)
{
	char disk[32], path[64];
	int ret = find_disk(serial, disk, sizeof(disk));

	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/sys/block/%s/queue/scheduler",
		 disk + strlen("/dev/"));
	return write_file(path, name);
}

static int fill(int fd, uint64_t size)
{
	const size_t part = 1 << 20;
	char *buf = block_alloc(part);
	uint64_t at;
	int ret = buf ? 0 : -ENOMEM;

	for (at = 0; !ret && at < size; at += part) {
		stamp(buf, part, at);
		if (pwrite(fd, buf, part, at) != part)
			ret = -EIO;
	}
	munmap(buf, part);
	return ret;
}

/* Returns 0 or a negative errno. */
static int device_open(struct device *d, const char *path, uint64_t size,
		       bool keeps_data)
{
	d->name = strrchr(path, '/') + 1;
	d->size = size;
	d->keeps_data = keeps_data;
	d->disturbed = 0;
	target_lock_init(&d->lock);
	d->fd = open(path, O_RDWR | O_DIRECT | O_CREAT | O_CLOEXEC, 0600);
	if (d->fd < 0)
		return -errno;
	return keeps_data ? fill(d->fd, size) : 0;
}

/* A loop device in direct I/O mode. */
static int loop_make(struct stack *s, const char *lower)
{
	struct loop_config config = {
		.block_size	= BLOCK,
		.info.lo_flags	= LO_FLAGS_DIRECT_IO,
	};
	int control, loop, fd, ret;

	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	ret = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	if (ret < 0)
		return -errno;
	snprintf(s->loop, sizeof(s->loop), "/dev/loop%d", ret);
	fd = open(lower, O_RDWR | O_DIRECT | O_CLOEXEC);
	loop = open(s->loop, O_RDWR | O_CLOEXEC);
	config.fd = fd;
	ret = ioctl(loop, LOOP_CONFIGURE, &config) ? -errno : 0;
	close(fd);
	/* a device that is open for writing cannot be mounted */
	close(loop);
	return ret;
}

static int loop_clear(const struct stack *s)
{
	int fd = open(s->loop, O_RDONLY | O_CLOEXEC);
	int ret = ioctl(fd, LOOP_CLR_FD) ? -errno : 0;

	close(fd);
	return ret;
}

/* Otherwise its workers hold their cgroups for up to two minutes. */
static int loop_remove(const char *path)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int nr = atoi(path + strlen("/dev/loop"));
	int ret = ioctl(control, LOOP_CTL_REMOVE, nr) < 0 ? -errno : 0;

	close(control);
	return ret;
}

static const char *stack_build_bcache(struct stack *s)
{
	static const char *const set[][2] = {
		{ BCACHE_SYSFS "sequential_cutoff", "0" },
		{ BCACHE_SYSFS "cache/congested_read_threshold_us", "0" },
		{ BCACHE_SYSFS "cache/congested_write_threshold_us", "0" },
	};
	const char *why;
	int i;

	if (find_disk(BACKING, s->backing, sizeof(s->backing)) ||
	    find_disk(CACHE, s->cache, sizeof(s->cache)) ||
	    find_disk(PULLED, s->pulled, sizeof(s->pulled)))
		return "three disks are needed";
	why = bcache_make(s->backing, s->cache);
	for (i = 0; !why && i < 3; i++)
		if (write_file(set[i][0], set[i][1]))
			why = "bcache cannot be set up";
	return why;
}

static const char *stack_build_files(struct stack *s)
{
	char cmd[128];

	if (dm_make(&s->crypt, "soak-crypt", CRYPT_TABLE, CRYPT_SECTORS))
		return "no dm-crypt";
	if (loop_make(s, s->crypt.dev))
		return "no loop device in direct I/O mode";
	snprintf(cmd, sizeof(cmd),
		 "mkfs.ext4 -q -b 4096 -E nodiscard -m 0 %s >/dev/null 2>&1",
		 s->loop);
	if (system(cmd))
		return "mkfs.ext4 failed";
	mkdir("/mnt", 0755);
	mkdir(MNT, 0755);
	if (mount(s->loop, MNT, "ext4", 0, NULL))
		return "ext4 cannot be mounted";
	if (device_open(&s->devices[FILE_A], MNT "/a", FILE_SIZE, true) ||
	    device_open(&s->devices[FILE_B], MNT "/b", FILE_SIZE, true))
		return "no files";
	return NULL;
}

static const char *stack_build_failing(struct stack *s)
{
	static const char set[] =
		"irqmode=2 completion_nsec=100000 submit_queues=2";
	const uint64_t size = FAIL_SECTORS << 9;

	if (nullb_make("soak0", 64, set, "none") ||
	    nullb_make("soak1", 64, set, "none") ||
	    /* more than the kernel may need on a busy machine */
	    queue_set("soak0", "io_timeout", "10000"))
		return "no null_blk";
	if (dm_make(&s->fail, "soak-fail", FAIL_TABLE, FAIL_SECTORS))
		return "no dm-linear";
	if (device_open(&s->devices[ON_DM], s->fail.dev, size, false) ||
	    device_open(&s->devices[ON_NULLB], "/dev/soak0", size, false) ||
	    device_open(&s->devices[ON_VIRTIO], s->pulled, size, false))
		return "the devices that fail cannot be opened";
	return NULL;
}

/* Returns NULL, or why it could not be built. */
const char *stack_build(struct stack *s)
{
	const char *why = stack_build_bcache(s);

	if (!why)
		why = stack_build_files(s);
	if (!why)
		why = stack_build_failing(s);
	return why;
}

/* Loop releases its backing file asynchronously. */
static int retry_busy(int (*f)(const char *name), const char *name)
{
	int i, ret = -EBUSY;

	for (i = 0; ret == -EBUSY && i < 300; i++) {
		ret = f(name);
		if (ret == -EBUSY)
			sleep_ms(100);
	}
	return ret;
}

static int step(const char *what, int ret)
{
	if (ret)
		printf("# %s: %s\n", what, strerror(-ret));
	return ret ? 1 : 0;
}

/* Returns how many steps failed. */
int stack_tear_down(struct stack *s)
{
	static const char *const disks[] = { BACKING, CACHE, PULLED };
	int i, failed = 0;

	for (i = 0; i < NR_DEVICES; i++) {
		failed += step("close", close(s->devices[i].fd) ? -errno : 0);
		pthread_rwlock_destroy(&s->devices[i].lock);
	}
	failed += step("umount", umount(MNT) ? -errno : 0);
	failed += step("loop", loop_clear(s));
	failed += step("loop", retry_busy(loop_remove, s->loop));
	failed += step("dm-crypt", dm_remove(&s->crypt));
	write_file(BCACHE_SYSFS "cache_mode", "writethrough");
	failed += step("bcache", bcache_stop(s->backing, s->cache));
	failed += step("dm-linear", dm_remove(&s->fail));
	failed += step("soak0", nullb_remove("soak0"));
	failed += step("soak1", nullb_remove("soak1"));
	for (i = 0; i < 3; i++)
		failed += step(disks[i], set_scheduler(disks[i], "none"));
	return failed;
}
