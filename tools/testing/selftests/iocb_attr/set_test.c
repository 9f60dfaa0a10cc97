// SPDX-License-Identifier: GPL-2.0
/*
 * I/O with attribute sets: by AIO, by io_uring, and by a record of a list.
 * set_uring_test.c has what only io_uring has, and set_permission_test.c who
 * may use a set.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "lib/honoured.h"
#include "lib/permission.h"
#include "lib/set.h"
#include "lib/harness.h"

#define MOUNT		"/tmp/set_test"

FIXTURE(set)
{
	struct reader r;
	char dev[32];
};

FIXTURE_VARIANT(set)
{
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(set, aio) { .engine = AIO };
FIXTURE_VARIANT_ADD(set, uring) { .engine = URING };
FIXTURE_VARIANT_ADD(set, sqpoll) { .engine = SQPOLL };

FIXTURE_SETUP(set)
{
	ASSERT_EQ(0, reader_open(&self->r, variant->engine));
	ASSERT_EQ(0, disk(0, "mq-deadline"));
	ASSERT_EQ(0, use_disk(&self->r, 0));
	ASSERT_EQ(0, device_number("/dev/hon0", self->dev, sizeof(self->dev)));
}

FIXTURE_TEARDOWN(set)
{
	EXPECT_EQ(0, reader_close(&self->r));
	EXPECT_EQ(0, reader_exit(&self->r));
}

#define BOTH	(ATTR_BIT(cgroup) | ATTR_BIT(ioprio))

/* The number of bytes read for the cgroup "honoured" or one below it. */
#define BYTES(cgroup)	cgroup_io("honoured" cgroup, self->dev, "rbytes")

/* Returns 0 or a negative errno, of the submission or of the I/O. */
static int do_io(struct reader *r, struct io one, struct io_done *done)
{
	int ret;

	*done = (struct io_done) {};
	ret = engine_run(&r->e, &one, 1, done);
	return ret ?: done->res < 0 ? done->res : 0;
}

static struct io io_of_set(struct reader *r, uint64_t set)
{
	struct io io = read_at(r, 0, BLOCK, NULL);

	io.by_set = true;
	io.set = set;
	return io;
}

static int read_by(struct reader *r, uint64_t set, struct io_done *done)
{
	return do_io(r, io_of_set(r, set), done);
}

/* The result for a file descriptor that is not that of a set. */
#define ERROR(fd) ({							\
	struct io_done __done;						\
									\
	read_by(&self->r, fd, &__done);					\
})

TEST_F(set, kinds)
{
	const struct {
		struct attr_list list;
		uint64_t mask;
	} kinds[] = {
		{ self->r.nothing, 0 },
		{ list_one(IOCB_ATTR_cache, IOCB_CACHE_BYPASS), 0 },
		{ self->r.prio, ATTR_BIT(ioprio) },
		{ list_one(IOCB_ATTR_ioprio, RT | 1), ATTR_BIT(ioprio) },
		{ list_one(IOCB_ATTR_cgroup, self->r.cgroup),
		  ATTR_BIT(cgroup) },
		{ self->r.both, BOTH },
		{ list_one(IOCB_ATTR_proxy_pid, getpid()),
		  ATTR_BIT(proxy_pid) },
		{ list_one(IOCB_ATTR_proxy_pidfd, pidfd_open(getpid())),
		  ATTR_BIT(proxy_pidfd) },
	};
	struct attr_list l;
	struct io_done done;
	struct io io;
	int i, n, set;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		l = kinds[i].list;
		set = set_make(&l, 0);
		ASSERT_LE(0, set);
		/* not used any more */
		memset(&l, 0xff, sizeof(l));
		for (n = 0; n < 4; n++) {
			io = io_of_set(&self->r, set);
			io.write = n % 2;
			EXPECT_EQ(0, do_io(&self->r, io, &done));
			EXPECT_EQ(BLOCK, done.res);
			EXPECT_EQ(kinds[i].mask, done.mask) {
				TH_LOG("kind %d", i);
			}
		}
		close(set);
	}
}

/* I/Os in flight have different sets. Each set counts its own. */
TEST_F(set, charged)
{
	struct attr_list list;
	struct io_done done[8];
	struct io io[8];
	int i, cgroup[2], set[2];

	ASSERT_EQ(0, cgroup_write("honoured", "cgroup.subtree_control", "+io"));
	for (i = 0; i < 2; i++) {
		cgroup[i] = cgroup_make(i ? "honoured/b" : "honoured/a");
		list = list_two(list_one(IOCB_ATTR_cgroup, cgroup[i]),
				list_one(IOCB_ATTR_ioprio, BE | i));
		set[i] = set_make(&list, 0);
		ASSERT_LE(0, set[i]);
		EXPECT_STREQ("cgroup=0 ioprio=0",
			     set_info(set[i], "iocb_attr_honoured"));
		close(cgroup[i]);
	}
	for (i = 0; i < 8; i++) {
		io[i] = io_of_set(&self->r, set[i % 2]);
		io[i].at = i * 16LL * BLOCK;
	}
	ASSERT_EQ(0, engine_run(&self->r.e, io, 8, done));
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(BLOCK, done[i].res);
		EXPECT_EQ(BOTH, done[i].mask);
	}
	EXPECT_EQ(4 * BLOCK, BYTES("/a"));
	EXPECT_EQ(4 * BLOCK, BYTES("/b"));
	for (i = 0; i < 2; i++) {
		EXPECT_STREQ("cgroup=4 ioprio=4",
			     set_info(set[i], "iocb_attr_honoured"));
		close(set[i]);
		EXPECT_EQ(0, cgroup_remove(i ? "honoured/b" : "honoured/a"));
	}
}

/* Neighbours of one set, or of sets that mean the same, are merged. */
TEST_F(set, merged)
{
	int i, way, set[2] = {
		set_make(&self->r.both, 0), set_make(&self->r.both, 0)
	};
	struct io_done done[4];
	struct io io[4];
	long long before;

	ASSERT_LE(0, set[0]);
	ASSERT_LE(0, set[1]);
	for (way = 0; way < 2; way++) {
		before = disk_stat(disks[0], READS_MERGED);
		for (i = 0; i < 4; i++) {
			io[i] = io_of_set(&self->r, set[way ? i % 2 : 0]);
			io[i].at = i * BLOCK;
			io[i].buf = self->r.buf + i * BLOCK;
		}
		ASSERT_EQ(0, engine_run(&self->r.e, io, 4, done));
		for (i = 0; i < 4; i++) {
			EXPECT_EQ(BLOCK, done[i].res);
			EXPECT_EQ(BOTH, done[i].mask);
		}
		EXPECT_EQ(3, disk_stat(disks[0], READS_MERGED) - before);
	}
	close(set[0]);
	close(set[1]);
}

TEST_F(set, no_set)
{
	int set = set_make_empty(), closed, i;
	int others[] = {
		eventfd(0, EFD_CLOEXEC), self->r.fd, self->r.cgroup,
		pidfd_open(getpid()), -1,
	};
	char path[64];

	ASSERT_LT(0, set);
	/* a reference to the file that does not open it */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", set);
	others[4] = open(path, O_PATH | O_CLOEXEC);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		ASSERT_LE(0, others[i]);
		EXPECT_EQ(-EBADF, ERROR(others[i])) {
			TH_LOG("file %d", i);
		}
	}
	closed = next_fd();
	EXPECT_EQ(-EBADF, ERROR(closed));
	EXPECT_EQ(-EBADF, ERROR(0));
	/* numbers that must not be truncated */
	EXPECT_EQ(-EBADF, ERROR(set | 1ULL << 32));
	EXPECT_EQ(-EBADF, ERROR(set | 1ULL << 31));
	EXPECT_EQ(-EBADF, ERROR(INT_MAX));
	EXPECT_EQ(-EBADF, ERROR(-1LL));
	EXPECT_EQ(0, ERROR(set));
	/* a copy of a file descriptor; older kernels ignore 0 in an iocb */
	ASSERT_EQ(0, dup2(set, 0));
	EXPECT_EQ(variant->engine == AIO ? -EBADF : 0, ERROR(0));
	close(set);
	EXPECT_EQ(-EBADF, ERROR(set));
	EXPECT_EQ(set, set_make_empty());
	EXPECT_EQ(0, ERROR(set));
	close(set);
}

/* A required attribute is one of each I/O with the set. */
TEST_F(set, required)
{
	struct cache_list l = cache_list(IOCB_CACHE_BYPASS, 0);
	int buffered = open("/dev/hon0", O_RDWR | O_CLOEXEC), set[2], i;
	struct io_done done;
	int no_device;
	struct io io;

	set[0] = set_make(&l, 0);
	l.cache.attr.flags = IOCB_ATTR_REQUIRED;
	set[1] = set_make(&l, 0);
	mkdir(MOUNT, 0755);
	ASSERT_EQ(0, mount("none", MOUNT, "tmpfs", 0, NULL));
	no_device = open(MOUNT "/file",
			 O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	ASSERT_LE(0, no_device);
	ASSERT_EQ(BLOCK, write(no_device, self->r.buf, BLOCK));
	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, set[i]);
		EXPECT_EQ(0, read_by(&self->r, set[i], &done));
		io = io_of_set(&self->r, set[i]);
		io.fd = buffered;
		EXPECT_EQ(i ? -EOPNOTSUPP : 0, do_io(&self->r, io, &done));
		EXPECT_EQ(0, done.mask);
		io.fd = no_device;
		EXPECT_EQ(i ? -EOPNOTSUPP : 0, do_io(&self->r, io, &done));
		EXPECT_EQ(0, done.mask);
		EXPECT_EQ(0, read_by(&self->r, set[i], &done));
		close(set[i]);
	}
	close(no_device);
	close(buffered);
	EXPECT_EQ(0, umount(MOUNT));
}

/* Without an io controller the cgroup is not charged itself. */
TEST_F(set, required_io_controller)
{
	int below = cgroup_make("honoured/below"), set;
	struct attr_list l = list_one(IOCB_ATTR_cgroup, below);
	struct io_done done = {};

	ASSERT_LE(0, below);
	set = set_make(&l, 0);
	EXPECT_EQ(-EOPNOTSUPP, set < 0 ? set : read_by(&self->r, set, &done));
	close(set);
	l.r[0].attr.flags = 0;
	set = set_make(&l, 0);
	ASSERT_LE(0, set);
	EXPECT_EQ(0, read_by(&self->r, set, &done));
	EXPECT_EQ(0, done.mask);
	EXPECT_EQ(BLOCK, BYTES(""));
	close(set);
	close(below);
	EXPECT_EQ(0, cgroup_remove("honoured/below"));
}

/* The set or the list asks for the report, and bit 6 is in none. */
TEST_F(set, report)
{
	struct attr_list set_list = self->r.both, l;
	struct io_done done;
	int i, set;

	for (i = 0; i < 4; i++) {
		set_list.list.flags = i & 1 ? IOCB_ATTR_LIST_REPORT : 0;
		set = set_make(&set_list, 0);
		ASSERT_LE(0, set);
		EXPECT_EQ(0, read_by(&self->r, set, &done));
		EXPECT_EQ(i & 1 ? BOTH : 0, done.mask);
		l = list_one(IOCB_ATTR_set, set);
		l.list.flags = i & 2 ? IOCB_ATTR_LIST_REPORT : 0;
		EXPECT_EQ(0, do_io(&self->r, read_at(&self->r, 0, BLOCK, &l),
				   &done));
		EXPECT_EQ(i ? BOTH : 0, done.mask);
		close(set);
	}
}

/* Read, and check that the request has a priority, like "be,0,6". */
#define EXPECT_PRIO(prio, io) do {					\
	struct io_done __done;						\
									\
	ASSERT_EQ(0, write_file(TRACING "trace", ""));			\
	ASSERT_EQ(0, write_file(INSERTS, "1"));				\
	EXPECT_EQ(0, do_io(&self->r, io, &__done));			\
	ASSERT_EQ(0, write_file(INSERTS, "0"));				\
	EXPECT_NE(0, __done.mask & ATTR_BIT(cgroup));			\
	EXPECT_EQ(BLOCK / 512, sectors_inserted(prio));			\
} while (0)

/* The priority of the iocb or of the SQE replaces that of a set. */
TEST_F(set, own_priority)
{
	struct attr_list l = self->r.both, with;
	struct io io;
	int set;

	l.r[1].ioprio.ioprio = BE | 6;
	set = set_make(&l, 0);
	ASSERT_LE(0, set);
	io = io_of_set(&self->r, set);
	EXPECT_PRIO("be,0,6", io);
	io.has_prio = true;
	io.prio = BE | 2;
	EXPECT_PRIO("be,0,2", io);
	/* the same for a set in a list */
	with = list_one(IOCB_ATTR_set, set);
	io = read_at(&self->r, 0, BLOCK, &with);
	EXPECT_PRIO("be,0,6", io);
	io.has_prio = true;
	io.prio = BE | 1;
	EXPECT_PRIO("be,0,1", io);
	close(set);
}

/* Records beside a set replace the same attributes of the set. */
TEST_F(set, record_priority)
{
	struct attr_list l = self->r.both, with;
	struct io_done done;
	struct io io;
	int set;

	l.r[1].ioprio.ioprio = BE | 6;
	set = set_make(&l, 0);
	ASSERT_LE(0, set);
	with = list_two(list_one(IOCB_ATTR_set, set),
			list_one(IOCB_ATTR_ioprio, BE | 3));
	io = read_at(&self->r, 0, BLOCK, &with);
	EXPECT_PRIO("be,0,3", io);
	/* the order does not matter */
	with = list_two(list_one(IOCB_ATTR_ioprio, BE | 3),
			list_one(IOCB_ATTR_set, set));
	EXPECT_PRIO("be,0,3", io);
	/* two priorities of one I/O must be equal */
	io.has_prio = true;
	io.prio = BE | 3;
	EXPECT_PRIO("be,0,3", io);
	io.prio = BE | 2;
	EXPECT_EQ(-EINVAL, do_io(&self->r, io, &done));
	close(set);
}

TEST_F(set, record_cgroup)
{
	pid_t pid = sleeper(0, "honoured", BE | 5, true);
	struct attr_list lists[] = {
		list_one(IOCB_ATTR_cgroup, self->r.cgroup),
		list_one(IOCB_ATTR_proxy_pid, pid),
		list_one(IOCB_ATTR_proxy_pidfd, pidfd_open(pid)),
	};
	struct io_done done;
	int i, j, other, set;
	uint64_t mask;
	pid_t child;

	ASSERT_LT(0, pid);
	other = cgroup_make("other");
	ASSERT_LE(0, other);
	child = sleeper(0, "other", BE | 5, true);
	ASSERT_LT(0, child);
	for (i = 0; i < 3; i++) {
		/* proxies of either kind are the same attribute */
		struct attr_list with[] = {
			list_one(IOCB_ATTR_cgroup, other),
			list_one(IOCB_ATTR_proxy_pid, child),
			list_one(IOCB_ATTR_proxy_pidfd, pidfd_open(child)),
		};

		set = set_make(&lists[i], 0);
		ASSERT_LE(0, set);
		for (j = 0; j < 3; j++) {
			struct attr_list l = list_two(list_one(IOCB_ATTR_set,
							       set), with[j]);
			long long was = BYTES("");
			long long before = cgroup_io("other", self->dev,
						     "rbytes");
			/* a cgroup, even that of the set, comes first */
			bool stays = !i && j;

			EXPECT_EQ(0, do_io(&self->r, read_at(&self->r, 0,
							     BLOCK, &l),
					   &done));
			mask = BIT(stays ? IOCB_ATTR_cgroup :
				   with[j].r[0].attr.id);
			EXPECT_EQ(mask, done.mask) {
				TH_LOG("set %d, record %d", i, j);
			}
			EXPECT_EQ(stays ? BLOCK : 0, BYTES("") - was);
			EXPECT_EQ(stays ? 0 : BLOCK,
				  cgroup_io("other", self->dev, "rbytes") -
				  before);
		}
		close(with[2].r[0].proxy_pidfd.pidfd);
		close(set);
	}
	end(pid);
	end(child);
	close(other);
	EXPECT_EQ(0, cgroup_remove("other"));
}

TEST_F(set, record_errors)
{
	int set = set_make_empty();
	struct attr_list good = list_one(IOCB_ATTR_set, set), l;
	struct io_done done;
	struct io io = read_at(&self->r, 0, BLOCK, &l);

	ASSERT_LE(0, set);
	l = good;
	EXPECT_EQ(0, do_io(&self->r, io, &done));
	EXPECT_EQ(0, done.mask);
	l.r[0].set.fd = -1;
	EXPECT_EQ(-EBADF, do_io(&self->r, io, &done));
	l.r[0].set.fd = next_fd();
	EXPECT_EQ(-EBADF, do_io(&self->r, io, &done));
	l.r[0].set.fd = self->r.cgroup;
	EXPECT_EQ(-EBADF, do_io(&self->r, io, &done));
	l = good;
	l.r[0].set.reserved = 1;
	EXPECT_EQ(-EINVAL, do_io(&self->r, io, &done));
	l = list_two(good, good);
	EXPECT_EQ(-EINVAL, do_io(&self->r, io, &done));
	/* errors of form come first */
	l = list_two(good, list_one(IOCB_ATTR_cache, 3));
	l.r[0].set.fd = -1;
	EXPECT_EQ(-EINVAL, do_io(&self->r, io, &done));
	close(set);
}

/* This disk carries no protection information. */
TEST_F(set, record_pi)
{
	int set = set_make_empty();
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_set	set;
		struct iocb_attr_pi	pi;
	} l = {
		.list	= { .size = sizeof(l) },
		.set	= { { sizeof(l.set), IOCB_ATTR_set, 0 }, set, 0 },
		.pi	= {
			.attr	= { sizeof(l.pi), IOCB_ATTR_pi, 0 },
			.len	= 8,
			.addr	= (uintptr_t)self->r.buf,
		},
	};
	struct io_done done;

	ASSERT_LE(0, set);
	EXPECT_EQ(-EOPNOTSUPP, do_io(&self->r, read_at(&self->r, 0, BLOCK, &l),
				     &done));
	close(set);
}

#define THREADS		4
#define LOOPS		100

struct thread {
	pthread_t thread;
	struct reader r;
	int set;
	int good;
};

static void *read_often(void *arg)
{
	struct thread *t = arg;
	struct io_done done;
	int i;

	if (engine_open(&t->r.e, t->r.e.type))
		return NULL;
	for (i = 0; i < LOOPS; i++)
		if (!read_by(&t->r, t->set, &done) && done.mask == BOTH)
			t->good++;
	engine_close(&t->r.e);
	return NULL;
}

/* Threads share a set, and none of what it honours is lost. */
TEST_F(set, threads)
{
	struct thread t[THREADS];
	char expected[64];
	int i, set = set_make(&self->r.both, 0);

	ASSERT_LE(0, set);
	for (i = 0; i < THREADS; i++) {
		t[i] = (struct thread) { .r = self->r, .set = set };
		ASSERT_EQ(0, pthread_create(&t[i].thread, NULL, read_often,
					    &t[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i].thread, NULL);
		EXPECT_EQ(LOOPS, t[i].good);
	}
	EXPECT_EQ(THREADS * LOOPS * BLOCK, BYTES(""));
	snprintf(expected, sizeof(expected), "cgroup=%d ioprio=%d",
		 THREADS * LOOPS, THREADS * LOOPS);
	EXPECT_STREQ(expected, set_info(set, "iocb_attr_honoured"));
	close(set);
}

/* What only AIO has. */
FIXTURE(aio)
{
	aio_context_t ctx;
	int fd;
	void *buf;
	int set;
};

FIXTURE_SETUP(aio)
{
	ASSERT_EQ(0, io_setup(64, &self->ctx));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	self->set = set_make_empty();
	ASSERT_LT(0, self->set);
}

FIXTURE_TEARDOWN(aio)
{
	close(self->set);
	EXPECT_EQ(0, io_destroy(self->ctx));
	munmap(self->buf, BLOCK);
	close(self->fd);
}

TEST_F(aio, flags)
{
	struct iocb iocb = aio_prep_set(IOCB_CMD_PREAD, self->fd, self->buf,
					BLOCK, 0, self->set);
	int efd = eventfd(0, EFD_CLOEXEC), bit;
	struct io_event event = { .res2 = -1 };

	ASSERT_LE(0, efd);
	iocb.aio_resfd = efd;
	for (bit = 0; bit < 32; bit++) {
		/* not IOCB_FLAG_ATTR: both say what aio_attrs is */
		bool good = 1U << bit & (IOCB_FLAG_RESFD | IOCB_FLAG_IOPRIO |
					 IOCB_FLAG_ATTR_SET);

		iocb.aio_flags = IOCB_FLAG_ATTR_SET | 1U << bit;
		EXPECT_EQ(good ? 0 : -EINVAL,
			  aio_run(self->ctx, &iocb, &event)) {
			TH_LOG("flag %#x", iocb.aio_flags);
		}
		/* flags are checked before the file descriptor */
		iocb.aio_attrs = 0;
		EXPECT_EQ(good ? -EBADF : -EINVAL,
			  aio_run(self->ctx, &iocb, &event));
		iocb.aio_attrs = self->set;
	}
	EXPECT_EQ(0, event.res2);
	close(efd);
	/* without a flag */
	iocb.aio_flags = 0;
	EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
	iocb.aio_flags = IOCB_FLAG_IOPRIO;
	EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
}

/* A set is not found at 0, which is what a program that sets no field passes. */
TEST_F(aio, fd_zero)
{
	struct iocb iocb = aio_prep_set(IOCB_CMD_PREAD, self->fd, self->buf,
					BLOCK, 0, self->set);
	int input = dup(0);
	struct io_event event;

	ASSERT_EQ(0, dup2(self->set, 0));
	iocb.aio_attrs = 0;
	EXPECT_EQ(-EBADF, aio_run(self->ctx, &iocb, &event));
	if (input >= 0) {
		ASSERT_EQ(0, dup2(input, 0));
		close(input);
	} else {
		close(0);
	}
}

TEST_F(aio, opcodes)
{
	int opcode;

	for (opcode = 0; opcode < 12; opcode++) {
		struct iovec iov = { self->buf, BLOCK };
		bool vector = opcode == IOCB_CMD_PREADV ||
			      opcode == IOCB_CMD_PWRITEV;
		bool rw = vector || opcode == IOCB_CMD_PREAD ||
			  opcode == IOCB_CMD_PWRITE;
		struct iocb iocb = aio_prep_set(opcode, self->fd,
						vector ? (void *)&iov :
						self->buf, vector ? 1 : BLOCK,
						0, self->set);
		struct io_event event;

		if (!rw) {
			iocb.aio_buf = 0;
			iocb.aio_nbytes = 0;
		}
		EXPECT_EQ(rw ? 0 : -EINVAL, aio_run(self->ctx, &iocb, &event)) {
			TH_LOG("opcode %d", opcode);
		}
		iocb.aio_attrs = 0;
		EXPECT_EQ(rw ? -EBADF : -EINVAL,
			  aio_run(self->ctx, &iocb, &event)) {
			TH_LOG("opcode %d", opcode);
		}
	}
}

/* The first bad iocb ends the call. Those before it are submitted. */
TEST_F(aio, partial_batch)
{
	struct iocb iocb[3], *iocbs[3];
	struct io_event event[3];
	int i;

	for (i = 0; i < 3; i++) {
		iocb[i] = aio_prep_set(IOCB_CMD_PREAD, self->fd, self->buf,
				       BLOCK, 0, i == 1 ? self->fd : self->set);
		iocbs[i] = &iocb[i];
	}
	EXPECT_EQ(1, io_submit(self->ctx, 3, iocbs));
	EXPECT_EQ(1, io_getevents(self->ctx, 1, 3, event));
	EXPECT_EQ((uintptr_t)&iocb[0], event[0].obj);
	EXPECT_EQ(-1, io_submit(self->ctx, 2, iocbs + 1));
	EXPECT_EQ(EBADF, errno);
}

/* A rejected set must not use up slots of the context (about 126). */
TEST_F(aio, rejected_sets_free_slots)
{
	struct iocb iocb = aio_prep_set(IOCB_CMD_PREAD, self->fd, self->buf,
					BLOCK, 0, self->fd);
	struct io_event event;
	int i;

	for (i = 0; i < 2000; i++)
		ASSERT_EQ(-EBADF, aio_run(self->ctx, &iocb, &event));
	iocb.aio_attrs = self->set;
	for (i = 0; i < 200; i++)
		ASSERT_EQ(0, aio_run(self->ctx, &iocb, &event));
}

TEST_HARNESS_MAIN
