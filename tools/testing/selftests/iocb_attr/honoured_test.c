// SPDX-License-Identifier: GPL-2.0
/*
 * Completions report the honoured attributes correctly, whether an I/O was
 * merged, requeued, timed out or rejected.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/uio.h>

#include "lib/honoured.h"
#include "lib/harness.h"

#define MOUNT		"/tmp/honoured_test"

FIXTURE(honoured)
{
	struct reader r;
	bool mounted;
};

FIXTURE_VARIANT(honoured)
{
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(honoured, aio) { .engine = AIO };
FIXTURE_VARIANT_ADD(honoured, uring) { .engine = URING };

FIXTURE_SETUP(honoured)
{
	ASSERT_EQ(0, reader_open(&self->r, variant->engine));
}

FIXTURE_TEARDOWN(honoured)
{
	EXPECT_EQ(0, reader_close(&self->r));
	if (self->mounted)
		EXPECT_EQ(0, umount(MOUNT));
	EXPECT_EQ(0, reader_exit(&self->r));
}

/* Four neighbours in one system call. Returns how many were merged. */
static int neighbours(FIXTURE_DATA(honoured) * self, struct attr_list *lists,
		      int nr_lists, struct io_done *done)
{
	struct attr_list list[4];
	long long before = disk_stat(disks[0], READS_MERGED);
	struct io io[4];
	int i, ret;

	for (i = 0; i < 4; i++) {
		list[i] = lists[i % nr_lists];
		io[i] = read_at(&self->r, i * BLOCK, BLOCK, &list[i]);
	}
	ret = engine_run(&self->r.e, io, 4, done);
	return ret ?: disk_stat(disks[0], READS_MERGED) - before;
}

TEST_F_TIMEOUT(honoured, merged, 600)
{
	struct attr_list differ[2] = { self->r.prio, self->r.nothing };
	struct io_done done[4];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(&self->r, 0));
		EXPECT_EQ(3, neighbours(self, &self->r.both, 1, done));
		for (j = 0; j < 4; j++) {
			EXPECT_EQ(BLOCK, done[j].res);
			EXPECT_EQ(ATTR_BIT(cgroup) | scheds[i].honours,
				  done[j].mask);
		}
		EXPECT_EQ(0, neighbours(self, differ, 2, done));
		for (j = 0; j < 4; j++) {
			EXPECT_EQ(BLOCK, done[j].res);
			EXPECT_EQ(j % 2 ? 0 : scheds[i].honours, done[j].mask);
		}
		close(self->r.fd);
		self->r.fd = -1;
		nullb_remove(disks[0]);
	}
}

/*
 * Two different lists with the same meaning: the second adds the priority that
 * the submitter has anyway.
 */
TEST_F_TIMEOUT(honoured, merged_by_meaning, 600)
{
	struct attr_list lists[2];
	struct io_done done[4];
	uint64_t honours;
	int i;

	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	lists[0] = list_one(IOCB_ATTR_cgroup, self->r.cgroup);
	lists[1] = self->r.both;
	EXPECT_EQ(3, neighbours(self, lists, 2, done));
	for (i = 0; i < 4; i++) {
		honours = i % 2 ? ATTR_BIT(ioprio) : 0;
		EXPECT_EQ(BLOCK, done[i].res);
		EXPECT_EQ(ATTR_BIT(cgroup) | honours, done[i].mask);
	}
}

/* io.prio.class may replace the priority of the I/O. */
TEST_F_TIMEOUT(honoured, prio_class_policy, 600)
{
	static const struct {
		const char *policy;
		uint16_t asked;
		bool replaced;
	} cases[] = {
		{ "restrict-to-be", RT | 0, true },
		{ "restrict-to-be", BE | 7, false },
		{ "restrict-to-be", IDLE, false },
		{ "idle", BE | 0, true },
		{ "promote-to-rt", BE | 0, true },
		{ "promote-to-rt", RT | 7, false },
	};
	uint64_t mask;
	long long res;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(&self->r, 0));
		for (j = 0; j < ARRAY_SIZE(cases); j++) {
			struct attr_list l = self->r.both;

			l.r[1].ioprio.ioprio = cases[j].asked;
			ASSERT_EQ(0, cgroup_write("honoured", "io.prio.class",
						  cases[j].policy));
			mask = ATTR_BIT(cgroup);
			if (!cases[j].replaced)
				mask |= scheds[i].honours;
			EXPECT_EQ(mask, mask_of_read(&self->r, BLOCK, &l,
						     &res)) {
				TH_LOG("%s, %s, %#x", scheds[i].name,
				       cases[j].policy, cases[j].asked);
			}
			EXPECT_EQ(BLOCK, res);
		}
		ASSERT_EQ(0, cgroup_write("honoured", "io.prio.class",
					  "no-change"));
		close(self->r.fd);
		self->r.fd = -1;
		nullb_remove(disks[0]);
	}
}

/* Class none means the priority of the submitter. */
TEST_F_TIMEOUT(honoured, priority_none, 600)
{
	struct attr_list l = self->r.both;
	uint64_t mask;
	long long res;
	int i;

	l.r[1].ioprio.ioprio = 0;
	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(&self->r, 0));
		mask = ATTR_BIT(cgroup);
		/* a set without a priority has none to honour */
		if (!through_sets())
			mask |= scheds[i].honours;
		EXPECT_EQ(mask, mask_of_read(&self->r, BLOCK, &l, &res));
		EXPECT_EQ(BLOCK, res);
		close(self->r.fd);
		self->r.fd = -1;
		nullb_remove(disks[0]);
	}
}

/*
 * NOWAIT I/O without a free request fails. The scheduler tried to merge it, but
 * did not sort it.
 */
TEST_F_TIMEOUT(honoured, nowait, 600)
{
	struct io_done done;
	struct io io;
	int i, j, failed;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		/* slow, so that the requests are soon used up */
		ASSERT_EQ(0, nullb_make(disks[0], 64,
					"irqmode=2 completion_nsec=1000000000 hw_queue_depth=4",
					scheds[i].name));
		ASSERT_EQ(0, use_disk(&self->r, 0));
		for (j = 0; j < ENGINE_NR; j++) {
			io = read_at(&self->r, j * 2 * BLOCK, BLOCK,
				     &self->r.both);
			io.rw_flags = RWF_NOWAIT;
			ASSERT_EQ(0, engine_submit(&self->r.e, &io, 1, j));
		}
		for (j = failed = 0; j < ENGINE_NR; j++) {
			ASSERT_EQ(0, engine_wait(&self->r.e, &done));
			if (done.res == -EAGAIN) {
				EXPECT_EQ(0, done.mask & ATTR_BIT(ioprio));
				failed++;
			} else {
				EXPECT_EQ(BLOCK, done.res);
				EXPECT_EQ(ATTR_BIT(cgroup) | scheds[i].honours,
					  done.mask);
			}
		}
		EXPECT_LT(0, failed);
		close(self->r.fd);
		self->r.fd = -1;
		nullb_remove(disks[0]);
	}
}

/* ext4 zeroes the rest of the block around a small write. */
TEST_F_TIMEOUT(honoured, zeroes, 600)
{
	struct attr_list l = self->r.both;
	struct io_done done;
	struct io io;
	char cmd[80];

	ASSERT_EQ(0, nullb_make(disks[0], 64,
				"irqmode=1 blocksize=512 memory_backed=1",
				"mq-deadline"));
	snprintf(cmd, sizeof(cmd), "mkfs.ext4 -q -b 4096 /dev/%s", disks[0]);
	ASSERT_EQ(0, system(cmd));
	mkdir(MOUNT, 0755);
	snprintf(cmd, sizeof(cmd), "/dev/%s", disks[0]);
	ASSERT_EQ(0, mount(cmd, MOUNT, "ext4", 0, NULL));
	self->mounted = true;
	self->r.fd = open(MOUNT "/file", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC,
			  0600);
	ASSERT_LE(0, self->r.fd);
	sync();

	l.r[1].ioprio.ioprio = BE | 6;
	io = read_at(&self->r, 512, 512, &l);
	io.write = true;
	ASSERT_EQ(0, write_file(TRACING "trace", ""));
	ASSERT_EQ(0, write_file(INSERTS, "1"));
	EXPECT_EQ(0, engine_run(&self->r.e, &io, 1, &done));
	ASSERT_EQ(0, write_file(INSERTS, "0"));
	EXPECT_EQ(512, done.res);
	EXPECT_EQ(ATTR_BIT(cgroup) | ATTR_BIT(ioprio), done.mask);
	EXPECT_EQ(BLOCK / 512, sectors_inserted("be,0,6"));
}

TEST_F_TIMEOUT(honoured, requeued, 600)
{
	long long res;
	int i;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(&self->r, 0));
		ASSERT_EQ(0, fault("requeue_inject", "6"));
		EXPECT_EQ(ATTR_BIT(cgroup) | scheds[i].honours,
			  mask_of_read(&self->r, BLOCK, &self->r.both, &res));
		EXPECT_EQ(BLOCK, res);
		EXPECT_EQ(0, faults_left("requeue_inject"));
		close(self->r.fd);
		self->r.fd = -1;
		nullb_remove(disks[0]);
	}
}

/* The device never completes the request. */
TEST_F_TIMEOUT(honoured, timed_out, 600)
{
	long long res;
	int i;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, queue_set(disks[0], "io_timeout", "500"));
		ASSERT_EQ(0, use_disk(&self->r, 0));
		ASSERT_EQ(0, fault("timeout_inject", "1"));
		EXPECT_EQ(ATTR_BIT(cgroup) | scheds[i].honours,
			  mask_of_read(&self->r, BLOCK, &self->r.both, &res));
		EXPECT_EQ(-ETIMEDOUT, res);
		EXPECT_EQ(0, faults_left("timeout_inject"));
		close(self->r.fd);
		self->r.fd = -1;
		nullb_remove(disks[0]);
	}
}

/* Read into a buffer that may fail before the first bio. */
static int no_bio(FIXTURE_DATA(honoured) * self, void *buf, size_t len,
		  bool nowait, struct io_done *done)
{
	struct io io = { .fd = self->r.fd, .buf = buf, .len = len,
			 .list = &self->r.both,
			 .rw_flags = nowait ? RWF_NOWAIT : 0 };

	return engine_run(&self->r.e, &io, 1, done);
}

/* An I/O that fails before its first bio charges nobody. */
TEST_F(honoured, no_bio)
{
	struct io_done done;
	char *buf;

	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	/* inaccessible memory */
	buf = mmap(NULL, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, buf);
	ASSERT_EQ(0, no_bio(self, buf, BLOCK, false, &done));
	EXPECT_EQ(-EFAULT, done.res);
	EXPECT_EQ(0, done.mask);
	munmap(buf, BLOCK);
	/* NOWAIT cannot start more than one bio */
	buf = block_alloc(8 << 20);
	ASSERT_NE(NULL, buf);
	/* fails without huge pages */
	madvise(buf, 8 << 20, MADV_NOHUGEPAGE);
	ASSERT_EQ(0, no_bio(self, buf, 8 << 20, true, &done));
	EXPECT_EQ(-EAGAIN, done.res);
	EXPECT_EQ(0, done.mask);
	/* the same without NOWAIT */
	ASSERT_EQ(0, no_bio(self, buf, 8 << 20, false, &done));
	EXPECT_EQ(8 << 20, done.res);
	EXPECT_EQ(ATTR_BIT(cgroup) | ATTR_BIT(ioprio), done.mask);
	munmap(buf, 8 << 20);
}

/* An I/O that is charged to an ancestor is not reported. */
TEST_F(honoured, no_io_controller)
{
	struct attr_list list;
	long long res;
	char dev[32];
	int below;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	ASSERT_EQ(0, device_number("/dev/hon0", dev, sizeof(dev)));
	below = cgroup_make("honoured/below");
	ASSERT_LE(0, below);
	list = list_one(IOCB_ATTR_cgroup, below);
	list.r[0].attr.flags = 0;
	EXPECT_EQ(0, mask_of_read(&self->r, BLOCK, &list, &res));
	EXPECT_EQ(BLOCK, res);
	EXPECT_EQ(BLOCK, cgroup_io("honoured", dev, "rbytes"));

	/* with the controller it is reported */
	ASSERT_EQ(0, cgroup_write("honoured", "cgroup.subtree_control", "+io"));
	list = list_one(IOCB_ATTR_cgroup, below);
	EXPECT_EQ(ATTR_BIT(cgroup), mask_of_read(&self->r, BLOCK, &list, &res));
	EXPECT_EQ(BLOCK, cgroup_io("honoured/below", dev, "rbytes"));
	close(below);
	EXPECT_EQ(0, cgroup_remove("honoured/below"));
}

/* The root cgroup has its own accounting. */
TEST_F(honoured, root)
{
	struct attr_list list;
	long long res;
	int fd;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	fd = open(CGROUP, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	list = list_one(IOCB_ATTR_cgroup, fd);
	EXPECT_EQ(ATTR_BIT(cgroup), mask_of_read(&self->r, BLOCK, &list, &res));
	close(fd);
}

/* Without IOCB_ATTR_LIST_REPORT nothing is reported. */
TEST_F_TIMEOUT(honoured, no_report, 600)
{
	struct attr_list list = self->r.both;
	long long res;
	int i;

	for (i = 0; i < ARRAY_SIZE(scheds); i++) {
		ASSERT_EQ(0, disk(0, scheds[i].name));
		ASSERT_EQ(0, use_disk(&self->r, 0));
		EXPECT_EQ(ATTR_BIT(cgroup) | scheds[i].honours,
			  mask_of_read(&self->r, BLOCK, &self->r.both, &res));
		EXPECT_EQ(BLOCK, res);
		list.list.flags = 0;
		EXPECT_EQ(0, mask_of_read(&self->r, BLOCK, &list, &res));
		EXPECT_EQ(BLOCK, res);
		EXPECT_EQ(0, mask_of_read(&self->r, BLOCK, NULL, &res));
		EXPECT_EQ(BLOCK, res);
		close(self->r.fd);
		self->r.fd = -1;
		nullb_remove(disks[0]);
	}
}

/* Both records name the same process. */
TEST_F_TIMEOUT(honoured, merged_by_process, 600)
{
	struct attr_list lists[2];
	struct io_done done[4];
	int i, go[2], pidfd;
	char byte, text[16];
	pid_t child;

	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	child = fork();
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &byte, 1));
	}
	close(go[0]);
	snprintf(text, sizeof(text), "%d", child);
	ASSERT_EQ(0, cgroup_write("honoured", "cgroup.procs", text));
	pidfd = pidfd_open(child);
	ASSERT_LE(0, pidfd);
	lists[0] = list_one(IOCB_ATTR_proxy_pid, child);
	lists[1] = list_one(IOCB_ATTR_proxy_pidfd, pidfd);
	/* the first one gives the process its I/O context */
	EXPECT_LE(0, neighbours(self, lists, 2, done));
	EXPECT_EQ(3, neighbours(self, lists, 2, done));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(BLOCK, done[i].res);
		EXPECT_EQ(i % 2 ? ATTR_BIT(proxy_pidfd) : ATTR_BIT(proxy_pid),
			  done[i].mask);
	}
	close(pidfd);
	close(go[1]);
	EXPECT_EQ(0, wait_child(child));
}

/* The cgroup of the process has no io controller. */
TEST_F(honoured, process_without_io_controller)
{
	struct attr_list list;
	int below, go[2];
	long long res;
	char dev[32];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	ASSERT_EQ(0, device_number("/dev/hon0", dev, sizeof(dev)));
	below = cgroup_make("honoured/below");
	ASSERT_LE(0, below);
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid)
		_exit(cgroup_enter("honoured/below") ||
		      write(go[1], "", 1) != 1 || pause());
	ASSERT_EQ(1, read(go[0], &byte, 1));
	list = list_one(IOCB_ATTR_proxy_pid, pid);
	list.r[0].attr.flags = 0;
	EXPECT_EQ(0, mask_of_read(&self->r, BLOCK, &list, &res));
	EXPECT_EQ(BLOCK, res);
	EXPECT_EQ(BLOCK, cgroup_io("honoured", dev, "rbytes"));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	close(go[0]);
	close(go[1]);
	close(below);
	EXPECT_EQ(0, cgroup_remove("honoured/below"));
}

/* The process is in the root cgroup. */
TEST_F(honoured, process_in_root)
{
	struct attr_list list = list_one(IOCB_ATTR_proxy_pid, getpid());
	long long res;

	ASSERT_EQ(0, disk(0, "none"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	EXPECT_EQ(ATTR_BIT(proxy_pid),
		  mask_of_read(&self->r, BLOCK, &list, &res));
}

TEST_HARNESS_MAIN
