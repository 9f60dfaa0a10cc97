// SPDX-License-Identifier: GPL-2.0
/*
 * The user interface of per-I/O attributes: every field of every record, and
 * every error that the bytes of a list can cause.
 */
#define _GNU_SOURCE
#include <sys/eventfd.h>

#include "lib/io.h"
#include "lib/set.h"
#include "lib/harness.h"

#define LIST_MAX	4096	/* maximum size of a list */

/*
 * Submit one I/O and wait for it. A list that is rejected is an error of
 * io_submit(2), but the result of a request to io_uring.
 */
static int do_io(struct engine *e, const struct io *io, struct io_done *done)
{
	int ret = engine_run(e, io, 1, done);

	if (ret || done->res >= 0)
		return ret;
	return e->type == AIO ? -EIO : done->res;
}

static struct io read_with(int fd, void *buf, const void *list)
{
	return (struct io) {
		.fd = fd, .buf = buf, .len = BLOCK, .list = list,
		.null_list = !list,
	};
}

static int read_list(struct engine *e, int fd, void *buf, const void *list)
{
	struct io io = read_with(fd, buf, list);
	struct io_done done;

	return do_io(e, &io, &done);
}

FIXTURE(abi)
{
	struct engine e;
	int fd;
	int buffered;
	void *buf;
	uint64_t list[520];
};

FIXTURE_VARIANT(abi)
{
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(abi, aio) { .engine = AIO };

FIXTURE_VARIANT_ADD(abi, uring) { .engine = URING };

FIXTURE_SETUP(abi)
{
	ASSERT_EQ(0, engine_open(&self->e, variant->engine));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd) {
		TH_LOG("no " FILE_DIRECT);
	}
	self->buffered = open(FILE_DIRECT, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->buffered);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	memset(self->list, 0, sizeof(self->list));
}

FIXTURE_TEARDOWN(abi)
{
	EXPECT_EQ(0, engine_close(&self->e));
	munmap(self->buf, BLOCK);
	close(self->buffered);
	close(self->fd);
}

/* What only AIO has. */
FIXTURE(aio)
{
	aio_context_t ctx;
	int fd;
	void *buf;
};

FIXTURE_SETUP(aio)
{
	ASSERT_EQ(0, io_setup(64, &self->ctx));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
}

FIXTURE_TEARDOWN(aio)
{
	EXPECT_EQ(0, io_destroy(self->ctx));
	munmap(self->buf, BLOCK);
	close(self->fd);
}

#define SUBMIT(list)	read_list(&self->e, self->fd, self->buf, list)

TEST(layout)
{
	EXPECT_EQ(8, sizeof(struct iocb_attr));
	EXPECT_EQ(8, sizeof(struct iocb_attr_list));
	EXPECT_EQ(8, __alignof__(struct iocb_attr_list));
	EXPECT_EQ(0, offsetof(struct iocb_attr, size));
	EXPECT_EQ(4, offsetof(struct iocb_attr, id));
	EXPECT_EQ(6, offsetof(struct iocb_attr, flags));
	EXPECT_EQ(16, sizeof(struct iocb_attr_cache));
	EXPECT_EQ(16, sizeof(struct iocb_attr_cgroup));
	EXPECT_EQ(16, sizeof(struct iocb_attr_ioprio));
	EXPECT_EQ(16, sizeof(struct iocb_attr_proxy_pid));
	EXPECT_EQ(16, sizeof(struct iocb_attr_proxy_pidfd));
	EXPECT_EQ(40, sizeof(struct iocb_attr_pi));
	EXPECT_EQ(8, offsetof(struct iocb_attr_pi, flags));
	EXPECT_EQ(10, offsetof(struct iocb_attr_pi, app_tag));
	EXPECT_EQ(12, offsetof(struct iocb_attr_pi, len));
	EXPECT_EQ(16, offsetof(struct iocb_attr_pi, addr));
	EXPECT_EQ(24, offsetof(struct iocb_attr_pi, seed));
	EXPECT_EQ(4, IOCB_FLAG_ATTR);
	EXPECT_EQ(48, offsetof(struct iocb, aio_attrs));
	EXPECT_EQ(64, sizeof(struct iocb));
}

TEST_F(aio, pointer_without_flag)
{
	struct cache_list list = cache_list(0, 0);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    0, &list);
	struct io_event event;

	iocb.aio_flags = 0;
	EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
	iocb.aio_attrs = 1;
	EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
	iocb.aio_attrs = 1ULL << 63;
	EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
	/* other flags do not help */
	iocb.aio_flags = IOCB_FLAG_IOPRIO;
	EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
}

/* Unknown flags are rejected with attributes and ignored without them. */
TEST_F(aio, unknown_flags)
{
	struct cache_list list = cache_list(0, 0);
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    0, &list);
	int efd = eventfd(0, EFD_CLOEXEC), bit;
	struct io_event event;

	ASSERT_LE(0, efd);
	iocb.aio_resfd = efd;
	for (bit = 0; bit < 32; bit++) {
		/* IOCB_FLAG_ATTR_SET is known, but excludes IOCB_FLAG_ATTR */
		bool known = 1U << bit & (IOCB_FLAG_RESFD | IOCB_FLAG_IOPRIO |
					  IOCB_FLAG_ATTR);

		iocb.aio_attrs = (uintptr_t)&list;
		iocb.aio_flags = IOCB_FLAG_ATTR | 1U << bit;
		EXPECT_EQ(known ? 0 : -EINVAL,
			  aio_run(self->ctx, &iocb, &event)) {
			TH_LOG("flag %#x", iocb.aio_flags);
		}
		/* flags are checked before the pointer */
		iocb.aio_attrs = 0;
		if (!through_sets())
			EXPECT_EQ(known ? -EFAULT : -EINVAL,
				  aio_run(self->ctx, &iocb, &event));
		if (1U << bit & (IOCB_FLAG_ATTR | IOCB_FLAG_ATTR_SET))
			continue;
		iocb.aio_flags = 1U << bit;
		EXPECT_EQ(0, aio_run(self->ctx, &iocb, &event));
		iocb.aio_attrs = (uintptr_t)&list;
		EXPECT_EQ(-EINVAL, aio_run(self->ctx, &iocb, &event));
	}
	close(efd);
}

TEST_F(aio, no_flag)
{
	struct iocb iocb = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				    0, NULL);
	struct io_event event = { .res2 = -1 };

	iocb.aio_data = 0x1122334455667788;
	ASSERT_EQ(0, aio_run(self->ctx, &iocb, &event));
	EXPECT_EQ(BLOCK, event.res);
	EXPECT_EQ(0, event.res2);
	EXPECT_EQ(0x1122334455667788, event.data);
	EXPECT_EQ((uintptr_t)&iocb, event.obj);
}

TEST_F(abi, bad_pointer)
{
	EXPECT_EQ(-EFAULT, SUBMIT(NULL));
	EXPECT_EQ(-EFAULT, SUBMIT((void *)1));
	EXPECT_EQ(-EFAULT, SUBMIT((void *)-8L));
	EXPECT_EQ(-EFAULT, SUBMIT((void *)(1UL << (8 * sizeof(long) - 1))));
}

TEST_F(abi, list_sizes)
{
	struct iocb_attr_list *list = (void *)self->list;
	uint32_t size;

	for (size = 0; size <= 4112; size++) {
		struct iocb_attr *attr = first_record(list);
		int expected = 0;

		/* one record of an unknown id that fills the list */
		memset(self->list, 0, sizeof(self->list));
		list->size = size;
		if (size >= 16) {
			attr->size = size - sizeof(*list);
			attr->id = 1000;
		}
		if (size < 8 || size % 8)
			expected = -EINVAL;
		else if (size > LIST_MAX)
			expected = -E2BIG;
		ASSERT_EQ(expected, SUBMIT(list)) {
			TH_LOG("list of %u bytes", size);
		}
	}
	list->size = 0xfffffff8;
	EXPECT_EQ(-E2BIG, SUBMIT(list));
	list->size = 0xffffffff;
	EXPECT_EQ(-EINVAL, SUBMIT(list));
}

TEST_F(abi, empty_list)
{
	struct iocb_attr_list *list = (void *)self->list;
	struct io io = read_with(self->fd, self->buf, list);
	struct io_done done = { .mask = -1 };

	list->size = 8;
	ASSERT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(0, done.mask);
	list->flags = IOCB_ATTR_LIST_REPORT;
	ASSERT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(0, done.mask);
}

TEST_F(abi, list_flags)
{
	struct iocb_attr_list *list = (void *)self->list;
	int bit;

	list->size = 8;
	for (bit = 0; bit < 32; bit++) {
		list->flags = 1U << bit;
		EXPECT_EQ(list->flags == IOCB_ATTR_LIST_REPORT ? 0 : -EINVAL,
			  SUBMIT(list)) {
			TH_LOG("list flag %#x", list->flags);
		}
	}
}

/* Records of every size in lists of several sizes. */
TEST_F(abi, record_sizes)
{
	struct iocb_attr_list *list = (void *)self->list;
	uint32_t len, size;

	for (len = 8; len <= 40; len += 8) {
		for (size = 0; size <= 48; size++) {
			memset(self->list, 0, sizeof(self->list));
			list->size = 8 + len;
			first_record(list)->size = size;
			first_record(list)->id = IOCB_ATTR_cache;
			/* the remaining bytes are a record of size 0 */
			EXPECT_EQ(size == len && size >= 16 ? 0 : -EINVAL,
				  SUBMIT(list)) {
				TH_LOG("record of %u in %u bytes", size, len);
			}
		}
	}
	first_record(list)->size = 0xfffffff8;
	EXPECT_EQ(-EINVAL, SUBMIT(list));
}

TEST_F(abi, record_flags)
{
	int bit;

	for (bit = 0; bit < 16; bit++) {
		struct cache_list list = cache_list(0, 1U << bit);

		EXPECT_EQ(bit ? -EINVAL : 0, SUBMIT(&list)) {
			TH_LOG("record flag %#x", 1U << bit);
		}
	}
}

FIXTURE(record)
{
	struct engine e;
	int fd;
	int target;
	void *buf;
	union {
		struct iocb_attr		attr;
		struct iocb_attr_cache		cache;
		struct iocb_attr_cgroup		cgroup;
		struct iocb_attr_ioprio		ioprio;
		struct iocb_attr_proxy_pid	proxy_pid;
		struct iocb_attr_proxy_pidfd	proxy_pidfd;
		struct iocb_attr_pi		pi;
		struct iocb_attr_set		set;
		uint8_t				bytes[64];
	} r;
	uint64_t list[16];
};

FIXTURE_VARIANT(record)
{
	uint16_t id;
	uint32_t size;
	uint32_t reserved_from;
	uint32_t reserved_to;
	int plain;		/* the result of a valid record */
	bool honoured;		/* by the block layer itself */
	bool scheduled;		/* by schedulers */
	enum engine_type engine;
};

FIXTURE_VARIANT_ADD(record, cache) {
	.id = IOCB_ATTR_cache, .size = 16, .reserved_from = 12,
	.reserved_to = 16,
};

FIXTURE_VARIANT_ADD(record, cgroup) {
	.id = IOCB_ATTR_cgroup, .size = 16, .reserved_from = 12,
	.reserved_to = 16, .honoured = true,
};

FIXTURE_VARIANT_ADD(record, ioprio) {
	.id = IOCB_ATTR_ioprio, .size = 16, .reserved_from = 10,
	.reserved_to = 16, .scheduled = true,
};

FIXTURE_VARIANT_ADD(record, proxy_pid) {
	.id = IOCB_ATTR_proxy_pid, .size = 16, .honoured = true,
};

FIXTURE_VARIANT_ADD(record, proxy_pidfd) {
	.id = IOCB_ATTR_proxy_pidfd, .size = 16, .reserved_from = 12,
	.reserved_to = 16, .honoured = true,
};

FIXTURE_VARIANT_ADD(record, uring_cache) {
	.id = IOCB_ATTR_cache, .size = 16, .reserved_from = 12,
	.reserved_to = 16, .engine = URING,
};

FIXTURE_VARIANT_ADD(record, uring_cgroup) {
	.id = IOCB_ATTR_cgroup, .size = 16, .reserved_from = 12,
	.reserved_to = 16, .honoured = true, .engine = URING,
};

FIXTURE_VARIANT_ADD(record, uring_ioprio) {
	.id = IOCB_ATTR_ioprio, .size = 16, .reserved_from = 10,
	.reserved_to = 16, .scheduled = true, .engine = URING,
};

FIXTURE_VARIANT_ADD(record, uring_proxy_pid) {
	.id = IOCB_ATTR_proxy_pid, .size = 16, .honoured = true,
	.engine = URING,
};

FIXTURE_VARIANT_ADD(record, uring_proxy_pidfd) {
	.id = IOCB_ATTR_proxy_pidfd, .size = 16, .reserved_from = 12,
	.reserved_to = 16, .honoured = true, .engine = URING,
};

FIXTURE_VARIANT_ADD(record, pi) {
	.id = IOCB_ATTR_pi, .size = 40, .reserved_from = 32,
	.reserved_to = 40, .plain = -EOPNOTSUPP,
};

FIXTURE_VARIANT_ADD(record, uring_pi) {
	.id = IOCB_ATTR_pi, .size = 40, .reserved_from = 32,
	.reserved_to = 40, .plain = -EOPNOTSUPP, .engine = URING,
};

/* an empty set */
FIXTURE_VARIANT_ADD(record, set) {
	.id = IOCB_ATTR_set, .size = 16, .reserved_from = 12,
	.reserved_to = 16,
};

FIXTURE_VARIANT_ADD(record, uring_set) {
	.id = IOCB_ATTR_set, .size = 16, .reserved_from = 12,
	.reserved_to = 16, .engine = URING,
};

FIXTURE_SETUP(record)
{
	ASSERT_EQ(0, engine_open(&self->e, variant->engine));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	self->target = -1;
	memset(&self->r, 0, sizeof(self->r));
	self->r.attr.id = variant->id;
	self->r.attr.size = variant->size;
	switch (variant->id) {
	case IOCB_ATTR_cgroup:
		self->target = open("/sys/fs/cgroup", O_PATH | O_CLOEXEC);
		ASSERT_LE(0, self->target);
		self->r.cgroup.fd = self->target;
		break;
	case IOCB_ATTR_ioprio:
		self->r.ioprio.ioprio = BE | 3;
		break;
	case IOCB_ATTR_proxy_pid:
		self->r.proxy_pid.pid = getpid();
		break;
	case IOCB_ATTR_proxy_pidfd:
		self->target = syscall(__NR_pidfd_open, getpid(), 0);
		ASSERT_LE(0, self->target);
		self->r.proxy_pidfd.pidfd = self->target;
		break;
	case IOCB_ATTR_pi:
		self->r.pi.addr = (uintptr_t)self->buf;
		self->r.pi.len = 8;
		break;
	case IOCB_ATTR_set:
		self->target = set_make_empty();
		ASSERT_LE(0, self->target);
		self->r.set.fd = self->target;
		break;
	}
}

FIXTURE_TEARDOWN(record)
{
	if (self->target >= 0)
		close(self->target);
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, engine_close(&self->e));
}

TEST_F(record, valid)
{
	EXPECT_EQ(variant->plain,
		  SUBMIT(list_of(self->list, &self->r, variant->size)));
}

TEST_F(record, required)
{
	self->r.attr.flags = IOCB_ATTR_REQUIRED;
	EXPECT_EQ(variant->plain,
		  SUBMIT(list_of(self->list, &self->r, variant->size)));
}

/* Only the cgroup of buffered I/O can be required. */
TEST_F(record, buffered)
{
	int fd = open(FILE_DIRECT, O_RDWR | O_CLOEXEC);
	void *list = list_of(self->list, &self->r, variant->size);

	ASSERT_LE(0, fd);
	EXPECT_EQ(variant->plain,
		  read_list(&self->e, fd, self->buf, list));
	/* what is required is an attribute, not the set that it is in */
	if (variant->id == IOCB_ATTR_set)
		goto out;
	self->r.attr.flags = IOCB_ATTR_REQUIRED;
	list_of(self->list, &self->r, variant->size);
	EXPECT_EQ(variant->honoured ? 0 : -EOPNOTSUPP,
		  read_list(&self->e, fd, self->buf, list));
out:
	close(fd);
}

/* The block layer charges the I/O. Without a scheduler nothing sorts it. */
TEST_F(record, honoured)
{
	struct iocb_attr_list *list = list_of(self->list, &self->r,
					      variant->size);
	struct io io = read_with(self->fd, self->buf, list);
	struct io_done done;

	if (variant->plain)
		return;
	ASSERT_EQ(0, write_file("/sys/block/nullb0/queue/scheduler", "none"));
	ASSERT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(0, done.mask);
	list->flags = IOCB_ATTR_LIST_REPORT;
	ASSERT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(variant->honoured ? 1 << variant->id : 0, done.mask);
	/* an empty read charges nothing */
	io.len = 0;
	ASSERT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(0, done.res);
	EXPECT_EQ(0, done.mask);
}

/* Schedulers report the priority of the list, and no other attribute. */
TEST_F(record, honoured_by_scheduler)
{
	static const char * const schedulers[] = { "mq-deadline", "bfq" };
	struct iocb_attr_list *list = list_of(self->list, &self->r,
					      variant->size);
	struct io io = read_with(self->fd, self->buf, list);
	bool honoured = variant->honoured || variant->scheduled;
	struct io_done done;
	int i;

	if (variant->plain)
		return;
	list->flags = IOCB_ATTR_LIST_REPORT;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, write_file("/sys/block/nullb0/queue/scheduler",
					schedulers[i]));
		EXPECT_EQ(0, do_io(&self->e, &io, &done));
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(honoured ? 1 << variant->id : 0, done.mask) {
			TH_LOG("%s", schedulers[i]);
		}
	}
	EXPECT_EQ(0, write_file("/sys/block/nullb0/queue/scheduler", "none"));
}

TEST_F(record, too_short)
{
	uint32_t size;

	for (size = 8; size < variant->size; size += 8) {
		self->r.attr.size = size;
		EXPECT_EQ(-EINVAL, SUBMIT(list_of(self->list, &self->r, size)));
	}
}

TEST_F(record, too_long)
{
	uint32_t size, at;

	for (size = variant->size + 8; size <= variant->size + 24; size += 8) {
		self->r.attr.size = size;
		EXPECT_EQ(variant->plain,
			  SUBMIT(list_of(self->list, &self->r, size)));
		for (at = variant->size; at < size; at++) {
			self->r.bytes[at] = 1;
			EXPECT_EQ(-E2BIG,
				  SUBMIT(list_of(self->list, &self->r, size))) {
				TH_LOG("byte %u of %u", at, size);
			}
			self->r.bytes[at] = 0;
		}
	}
}

TEST_F(record, reserved)
{
	uint32_t at, bit;

	for (at = variant->reserved_from; at < variant->reserved_to; at++) {
		for (bit = 0; bit < 8; bit++) {
			self->r.bytes[at] = 1 << bit;
			EXPECT_EQ(-EINVAL, SUBMIT(list_of(self->list, &self->r,
							  variant->size))) {
				TH_LOG("bit %u of byte %u", bit, at);
			}
		}
		self->r.bytes[at] = 0;
	}
}

TEST_F(record, duplicate)
{
	struct iocb_attr_list *list = list_of(self->list, &self->r,
					      variant->size);

	memcpy((void *)self->list + list->size, &self->r, variant->size);
	list->size += variant->size;
	EXPECT_EQ(-EINVAL, SUBMIT(list));
}

TEST_F(abi, cache_hints)
{
	uint32_t hints;
	int bit;

	for (hints = 0; hints < 32; hints++) {
		struct cache_list list = cache_list(hints, 0);
		bool bad = (hints & 3) == 3 ||
			   __builtin_popcount(hints >> 2) > 1;

		EXPECT_EQ(bad ? -EINVAL : 0, SUBMIT(&list)) {
			TH_LOG("hints %#x", hints);
		}
	}
	for (bit = 5; bit < 32; bit++) {
		struct cache_list list = cache_list(1U << bit, 0);

		EXPECT_EQ(-EINVAL, SUBMIT(&list));
	}
}

TEST_F(abi, pi_flags)
{
	int bit;

	for (bit = 0; bit < 16; bit++) {
		struct iocb_attr_pi pi = {
			.attr	= { .size = sizeof(pi), .id = IOCB_ATTR_pi },
			.flags	= 1U << bit,
		};

		EXPECT_EQ(bit < 3 ? -EOPNOTSUPP : -EINVAL,
			  SUBMIT(list_of(self->list, &pi, sizeof(pi))));
	}
}

TEST_F(abi, ioprio_values)
{
	int class;

	for (class = 0; class < 8; class++) {
		struct iocb_attr_ioprio prio = {
			.attr	= { sizeof(prio), IOCB_ATTR_ioprio, 0 },
			.ioprio	= class << 13,
		};

		/* none, real-time (the tests run as root), best-effort, idle */
		EXPECT_EQ(class < 4 ? 0 : -EINVAL,
			  SUBMIT(list_of(self->list, &prio, sizeof(prio)))) {
			TH_LOG("class %d", class);
		}
	}
}

TEST_F(abi, ioprio_conflict)
{
	struct iocb_attr_ioprio prio = {
		.attr	= { .size = sizeof(prio), .id = IOCB_ATTR_ioprio },
		.ioprio	= BE | 5,
	};
	struct io io = read_with(self->fd, self->buf,
				 list_of(self->list, &prio, sizeof(prio)));
	struct io_done done;

	io.has_prio = true;
	io.prio = BE | 5;
	EXPECT_EQ(0, do_io(&self->e, &io, &done));
	io.prio = BE | 4;
	/* it replaces the priority of a set */
	EXPECT_EQ(through_sets() ? 0 : -EINVAL, do_io(&self->e, &io, &done));
}

TEST_F(abi, proxy_conflict)
{
	int pidfd = syscall(__NR_pidfd_open, getpid(), 0);
	struct {
		struct iocb_attr_list		list;
		struct iocb_attr_proxy_pid	pid;
		struct iocb_attr_proxy_pidfd	pidfd;
	} l = {
		.list	= { .size = sizeof(l) },
		.pid	= { { 16, IOCB_ATTR_proxy_pid, 0 }, getpid() },
		.pidfd	= { { 16, IOCB_ATTR_proxy_pidfd, 0 }, pidfd, 0 },
	};

	EXPECT_EQ(-EINVAL, SUBMIT(&l));
	close(pidfd);
}

TEST_F(abi, unknown_id)
{
	static const uint16_t ids[] = { 7, 8, 31, 32, 63, 64, 255, 0xffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		uint64_t record[2] = { 0, ~0ULL };
		struct iocb_attr *attr = (void *)record;

		attr->size = 16;
		attr->id = ids[i];
		EXPECT_EQ(0, SUBMIT(list_of(self->list, record, 16)));
		attr->flags = IOCB_ATTR_REQUIRED;
		EXPECT_EQ(-EOPNOTSUPP, SUBMIT(list_of(self->list, record, 16)));
		/* errors of form come first */
		attr->flags = 2;
		EXPECT_EQ(-EINVAL, SUBMIT(list_of(self->list, record, 16)));
	}
}

TEST_F(abi, unknown_not_reported)
{
	uint64_t record[2] = { RECORD(16, 40, 0), 0 };
	struct iocb_attr_list *list = list_of(self->list, record, 16);
	struct io io = read_with(self->fd, self->buf, list);
	struct io_done done;

	list->flags = IOCB_ATTR_LIST_REPORT;
	ASSERT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(0, done.mask);
}

/* A plain device accepts cache hints and does not report them. */
TEST_F(abi, unhonoured_hints)
{
	uint32_t hint;

	for (hint = 1; hint < 32; hint <<= 1) {
		struct cache_list list = cache_list(hint, IOCB_ATTR_REQUIRED);
		struct io io = read_with(self->fd, self->buf, &list);
		struct io_done done;

		ASSERT_EQ(0, do_io(&self->e, &io, &done));
		EXPECT_EQ(BLOCK, done.res);
		EXPECT_EQ(0, done.mask);
	}
}

TEST_F(abi, buffered)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	struct io io = read_with(self->buffered, self->buf, &list);
	struct io_done done;

	ASSERT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(BLOCK, done.res);
	EXPECT_EQ(0, done.mask);
	list.cache.attr.flags = IOCB_ATTR_REQUIRED;
	EXPECT_EQ(-EOPNOTSUPP, do_io(&self->e, &io, &done));
}

/* O_DIRECT has another meaning for pipes. */
TEST_F(abi, direct_pipe)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	int fds[2];
	struct io io;
	struct io_done done;

	ASSERT_EQ(0, pipe2(fds, O_DIRECT | O_CLOEXEC));
	io = read_with(fds[1], self->buf, &list);
	io.write = true;
	io.len = 16;
	EXPECT_EQ(0, do_io(&self->e, &io, &done));
	EXPECT_EQ(16, done.res);
	list.cache.attr.flags = IOCB_ATTR_REQUIRED;
	EXPECT_EQ(-EOPNOTSUPP, do_io(&self->e, &io, &done));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(aio, opcodes)
{
	struct cache_list list = cache_list(0, 0);
	int opcode;

	for (opcode = 0; opcode < 12; opcode++) {
		struct iovec iov = { self->buf, BLOCK };
		bool vector = opcode == IOCB_CMD_PREADV ||
			      opcode == IOCB_CMD_PWRITEV;
		bool rw = vector || opcode == IOCB_CMD_PREAD ||
			  opcode == IOCB_CMD_PWRITE;
		bool sync = opcode == IOCB_CMD_FSYNC ||
			    opcode == IOCB_CMD_FDSYNC ||
			    opcode == IOCB_CMD_POLL;
		struct iocb iocb = aio_prep(opcode, self->fd,
					    vector ? (void *)&iov : self->buf,
					    vector ? 1 : BLOCK, 0, &list);
		struct io_event event;

		if (sync) {
			iocb.aio_buf = 0;
			iocb.aio_nbytes = 0;
		}
		EXPECT_EQ(rw ? 0 : -EINVAL, aio_run(self->ctx, &iocb, &event)) {
			TH_LOG("opcode %d", opcode);
		}
		/* the same with the flag and a NULL pointer */
		iocb.aio_attrs = 0;
		EXPECT_EQ(rw || through_sets() ? -EFAULT : -EINVAL,
			  aio_run(self->ctx, &iocb, &event)) {
			TH_LOG("opcode %d", opcode);
		}
	}
}

/* The first bad iocb ends the call. Those before it are submitted. */
TEST_F(aio, partial_batch)
{
	struct cache_list good = cache_list(0, 0), bad = cache_list(3, 0);
	struct iocb iocb[3] = {
		aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, 0, &good),
		aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, 0, &bad),
		aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, 0, &good),
	};
	struct iocb *iocbs[3] = { &iocb[0], &iocb[1], &iocb[2] };
	struct io_event event[3];

	EXPECT_EQ(1, io_submit(self->ctx, 3, iocbs));
	EXPECT_EQ(1, io_getevents(self->ctx, 1, 3, event));
	EXPECT_EQ((uintptr_t)&iocb[0], event[0].obj);
	EXPECT_EQ(-1, io_submit(self->ctx, 2, iocbs + 1));
	EXPECT_EQ(EINVAL, errno);
}

/* The first bad record determines the error. */
TEST_F(abi, first_error)
{
	struct {
		struct iocb_attr_list	list;
		struct iocb_attr_ioprio	ioprio;
		struct iocb_attr_cache	cache;
		uint64_t		tail;
	} l = {
		.list	= { .size = sizeof(l) },
		.ioprio	= { { 16, IOCB_ATTR_ioprio, 0 }, 0, { 0, 0, 1 } },
		.cache	= { { 24, IOCB_ATTR_cache, 0 }, 0, 0 },
		.tail	= 1,
	};

	EXPECT_EQ(-EINVAL, SUBMIT(&l));
	l.ioprio.reserved[2] = 0;
	EXPECT_EQ(-E2BIG, SUBMIT(&l));
	l.tail = 0;
	EXPECT_EQ(0, SUBMIT(&l));
}

TEST_F(abi, all_records)
{
	struct {
		struct iocb_attr_list		list;
		struct iocb_attr_proxy_pid	proxy_pid;
		struct iocb_attr_cgroup		cgroup;
		struct iocb_attr_ioprio		ioprio;
		struct iocb_attr_cache		cache;
	} l = {
		.list		= { .size = sizeof(l) },
		.proxy_pid	= { { 16, IOCB_ATTR_proxy_pid, 0 }, getpid() },
		.cgroup		= { { 16, IOCB_ATTR_cgroup, 0 }, -1, 0 },
		.ioprio		= { { 16, IOCB_ATTR_ioprio, 0 }, BE,
				    { 0 } },
		.cache		= { { 16, IOCB_ATTR_cache, 0 },
				    IOCB_CACHE_ADMIT, 0 },
	};

	l.cgroup.fd = open("/sys/fs/cgroup", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, l.cgroup.fd);
	EXPECT_EQ(0, SUBMIT(&l));
	close(l.cgroup.fd);
}

/* Lists that end at, or continue into, unmapped memory. */
TEST_F(abi, end_of_memory)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	struct iocb_attr_list *empty;
	uint32_t len, size;
	char *page, *end;

	page = mmap(NULL, 2 * BLOCK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	end = page + BLOCK;
	ASSERT_EQ(0, munmap(end, BLOCK));
	for (len = 0; len <= sizeof(list); len++) {
		memcpy(end - len, &list, len);
		EXPECT_EQ(len < sizeof(list) ? -EFAULT : 0, SUBMIT(end - len)) {
			TH_LOG("%u bytes are there", len);
		}
	}
	/* an empty list, and a header with a larger size */
	empty = (void *)(end - sizeof(*empty));
	memset(empty, 0, sizeof(*empty));
	for (size = 8; size <= 512; size += 8) {
		empty->size = size;
		EXPECT_EQ(size > 8 ? -EFAULT : 0, SUBMIT(empty));
	}
	empty->size = 7;
	EXPECT_EQ(-EINVAL, SUBMIT(empty));
	empty->size = LIST_MAX + 8;
	EXPECT_EQ(-E2BIG, SUBMIT(empty));
	munmap(page, BLOCK);
}

/* A list need not be aligned. */
TEST_F(abi, unaligned_list)
{
	char mem[64];
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	int shift;

	for (shift = 0; shift < 8; shift++) {
		memcpy(mem + shift, &list, sizeof(list));
		EXPECT_EQ(0, SUBMIT(mem + shift));
	}
}

TEST_HARNESS_MAIN
