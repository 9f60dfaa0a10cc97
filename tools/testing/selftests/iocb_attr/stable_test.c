// SPDX-License-Identifier: GPL-2.0
/*
 * Stable pages: a store to a page waits for its writeback if the current queue
 * limits of the device require it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "lib/blkdev.h"
#include "lib/md.h"
#include "lib/harness.h"

#define MD_NAME	"md_stable"

FIXTURE(stable)
{
	struct dm dm[2];
};

/* Two disks without stable pages and one with them. */
FIXTURE_SETUP(stable)
{
	ASSERT_EQ(0, nullb_make("stable_a", 64, "memory_backed=1", "none"));
	ASSERT_EQ(0, nullb_make("stable_b", 64, "memory_backed=1", "none"));
	ASSERT_EQ(0, nullb_make("stable_c", 64, "memory_backed=1", "none"));
	ASSERT_EQ(0, queue_set("stable_c", "stable_writes", "1"));
}

FIXTURE_TEARDOWN(stable)
{
	int i;

	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, dm_remove(&self->dm[i]));
	EXPECT_EQ(0, nullb_remove("stable_a"));
	EXPECT_EQ(0, nullb_remove("stable_b"));
	EXPECT_EQ(0, nullb_remove("stable_c"));
}

struct store {
	atomic_char	*page;
	atomic_int	tid;
	atomic_bool	done;
};

static void *store(void *arg)
{
	struct store *s = arg;

	s->tid = syscall(SYS_gettid);
	s->page[0] = 2;
	s->done = true;
	return NULL;
}

/* Is the thread in uninterruptible sleep? */
static bool sleeps(int tid)
{
	char path[64], text[512], *state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	if (read_file(path, text, sizeof(text)) < 0)
		return false;
	state = strrchr(text, ')');
	return state && state[2] == 'D';
}

/*
 * Let writeback of a page of @dev wait for the suspended devices @dm, and store
 * to the page. Returns 1 if that waits, 0 if not, or -errno.
 */
static int store_waits(const char *dev, struct dm *dm, int nr)
{
	struct store s = {};
	int fd = open(dev, O_RDWR | O_CLOEXEC), i, in_a_row = 0, ret = 0;
	pthread_t thread;

	if (fd < 0)
		return -errno;
	s.page = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s.page == MAP_FAILED) {
		ret = -errno;
		goto out_close;
	}
	s.page[0] = 1;
	for (i = 0; i < nr && !ret; i++)
		ret = dm_suspend(&dm[i]);
	if (ret)
		goto out_resume;
	if (sync_file_range(fd, 0, BLOCK, SYNC_FILE_RANGE_WRITE)) {
		ret = -errno;
		goto out_resume;
	}
	if (pthread_create(&thread, NULL, store, &s)) {
		ret = -EAGAIN;
		goto out_resume;
	}
	/* a store that waits does so until the devices are resumed */
	while (!s.done && in_a_row < 20) {
		sleep_ms(10);
		in_a_row = s.tid && sleeps(s.tid) ? in_a_row + 1 : 0;
	}
	ret = !s.done;
out_resume:
	for (i = 0; i < nr; i++)
		dm_resume(&dm[i]);
	if (ret >= 0)
		pthread_join(thread, NULL);
	munmap(s.page, BLOCK);
out_close:
	if (fsync(fd) && ret >= 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* An array stacks the limits of its members when it is started. */
TEST_F(stable, array)
{
	const char *disks[2] = { self->dm[0].dev, self->dm[1].dev };

	ASSERT_EQ(0, dm_make(&self->dm[0], "stable_0",
			     "0 65536 linear /dev/stable_a 0"));
	ASSERT_EQ(0, dm_make(&self->dm[1], "stable_1",
			     "0 65536 linear /dev/stable_c 0"));
	ASSERT_EQ(0, md_create(MD_NAME, disks, 2));
	EXPECT_EQ(1, store_waits("/dev/" MD_NAME, self->dm, 2));
	EXPECT_EQ(0, md_stop(MD_NAME));
}

TEST_F(stable, table)
{
	struct dm *dm = &self->dm[0];

	ASSERT_EQ(0, dm_make(dm, "stable_0", "0 65536 linear /dev/stable_a 0"));
	EXPECT_EQ(0, store_waits(dm->dev, dm, 1));
	ASSERT_EQ(0, dm_swap(dm, "0 65536 linear /dev/stable_c 0"));
	EXPECT_EQ(1, store_waits(dm->dev, dm, 1));
	ASSERT_EQ(0, dm_swap(dm, "0 65536 linear /dev/stable_b 0"));
	EXPECT_EQ(0, store_waits(dm->dev, dm, 1));
}

TEST_F(stable, sysfs)
{
	struct dm *dm = &self->dm[0];

	ASSERT_EQ(0, dm_make(dm, "stable_0", "0 65536 linear /dev/stable_a 0"));
	ASSERT_EQ(0, queue_set(dm->dev, "stable_writes", "1"));
	EXPECT_EQ(1, store_waits(dm->dev, dm, 1));
	ASSERT_EQ(0, queue_set(dm->dev, "stable_writes", "0"));
	EXPECT_EQ(0, store_waits(dm->dev, dm, 1));
}

TEST_HARNESS_MAIN
