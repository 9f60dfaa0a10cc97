// SPDX-License-Identifier: GPL-2.0
/*
 * Test attribute lists and sets with liburing and liburing-attr.h of
 * tools/ioattr, in a guest: each way to attach them and to get the report, and
 * rejected lists and sets. Prints TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "ioattr.h"
#include "liburing-attr.h"
#include "tap.h"

#ifndef IORING_SETUP_CQE_MIXED
#define IORING_SETUP_CQE_MIXED	(1U << 18)
#endif
#ifndef IORING_CQE_F_SKIP
#define IORING_CQE_F_SKIP	(1U << 5)
#endif

/* enum io_uring_register_restriction_op of the kernel's header has it */
#define RESTRICTION_RW_ATTR	4

#define DEVICE	"/dev/nullb0"
#define CGROUP	"/sys/fs/cgroup/liburing"
#define BLOCK	4096
#define NR	8
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define CHARGED	(1 << IOCB_ATTR_cgroup)

struct test {
	struct tap tap;
	int fd;
	char dev[24];		/* as in io.stat */
	char *buf;
	/* a list for the cgroup, required, with a report */
	struct ioattr_list list;
	/* the same as a set, and as the first registered file of each ring */
	int set;
};

struct way {
	const char *name;
	unsigned int setup;
	enum { BY_ADDRESS, IN_SQE, SET, SET_FIXED } how;
};

#define CQE32	IORING_SETUP_CQE32
#define MIXED	IORING_SETUP_CQE_MIXED
#define SQPOLL	IORING_SETUP_SQPOLL
#define SQE128	IORING_SETUP_SQE128

static const struct way ways[] = {
	{ "CQE32", CQE32, BY_ADDRESS },
	{ "mixed", MIXED, BY_ADDRESS },
	{ "SQPOLL", CQE32 | SQPOLL, BY_ADDRESS },
	{ "SQPOLL, mixed", MIXED | SQPOLL, BY_ADDRESS },
	{ "in the SQE", CQE32 | SQE128, IN_SQE },
	{ "in the SQE, mixed", MIXED | SQE128, IN_SQE },
	{ "set", CQE32, SET },
	{ "set, mixed", MIXED, SET },
	{ "set, SQPOLL", CQE32 | SQPOLL, SET },
	{ "registered set", CQE32, SET_FIXED },
	{ "registered set, mixed", MIXED, SET_FIXED },
	{ "registered set, SQPOLL", CQE32 | SQPOLL, SET_FIXED },
};

static const struct op {
	const char *name;
	int opcode;
	bool vectored;
	bool writes;
} ops[] = {
	{ "READ", IORING_OP_READ, false, false },
	{ "READV", IORING_OP_READV, true, false },
	{ "READ_FIXED", IORING_OP_READ_FIXED, false, false },
	{ "WRITE", IORING_OP_WRITE, false, true },
	{ "WRITEV", IORING_OP_WRITEV, true, true },
	{ "WRITE_FIXED", IORING_OP_WRITE_FIXED, false, true },
	{ "READV_FIXED", IOATTR_OP_READV_FIXED, true, false },
	{ "WRITEV_FIXED", IOATTR_OP_WRITEV_FIXED, true, true },
};

/* The result of a request. */
struct outcome {
	int res;
	bool big;
	__u64 data;
	__u64 honoured;
};

static void bail(const char *what, int error)
{
	printf("Bail out! %s: %s\n", what, strerror(-error));
	exit(1);
}

/* The number of requests of the cgroup on the device: "rios" or "wios". */
static long requests(const struct test *t, const char *key)
{
	char line[512];
	const char *at;
	long n = 0;
	FILE *f = fopen(CGROUP "/io.stat", "r");

	if (!f)
		bail(CGROUP "/io.stat", -errno);
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, key);
		if (at && !strncmp(line, t->dev, strlen(t->dev)))
			n = atol(at + strlen(key) + 1);
	}
	fclose(f);
	return n;
}

static void ring_open(const struct test *t, struct io_uring *ring,
		      unsigned int setup)
{
	const int files[] = { t->set, t->fd };
	struct iovec iov = { t->buf, BLOCK };
	int ret = io_uring_queue_init(NR, ring, setup);

	if (!ret)
		ret = io_uring_register_buffers(ring, &iov, 1);
	if (!ret)
		ret = io_uring_register_files(ring, files, ARRAY_SIZE(files));
	if (ret)
		bail("a ring", ret);
}

static struct io_uring_sqe *prep(struct io_uring *ring, const struct test *t,
				 const struct op *op, const struct iovec *iov)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		bail("no SQE", -ENOSPC);
	io_uring_prep_rw(op->opcode, sqe, t->fd,
			 op->vectored ? (const void *)iov : t->buf,
			 op->vectored ? 1 : BLOCK, 0);
	return sqe;
}

static struct io_uring_sqe *prep_read(struct io_uring *ring,
				      const struct test *t)
{
	return prep(ring, t, &ops[0], NULL);
}

static void submit(struct io_uring *ring, int nr)
{
	int ret = io_uring_submit(ring);

	if (ret != nr)
		bail("io_uring_submit", ret < 0 ? ret : -EIO);
}

static struct outcome reap(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	struct outcome done;
	int ret;

	for (;;) {
		ret = io_uring_wait_cqe(ring, &cqe);
		if (ret)
			bail("io_uring_wait_cqe", ret);
		if (!(cqe->flags & IORING_CQE_F_SKIP))
			break;
		/* a 32-byte CQE does not wrap around the end of a mixed ring */
		io_uring_cq_advance(ring, 1);
	}
	done.res = cqe->res;
	done.big = cqe->flags & IORING_CQE_F_32;
	done.data = cqe->user_data;
	done.honoured = ioattr_cqe_honoured(ring, cqe);
	/* io_uring_cqe_seen() of old liburing counts a 32-byte CQE as one */
	io_uring_cq_advance(ring, done.big ? 2 : 1);
	return done;
}

static struct outcome run(struct io_uring *ring)
{
	submit(ring, 1);
	return reap(ring);
}

/* Check the result of a request and its report. */
static void gives(struct test *t, struct outcome done, int res, __u64 honoured,
		  const char *name)
{
	bool good = done.res == res && done.honoured == honoured;

	if (!good)
		printf("# result %d and mask %#llx, not %d and %#llx\n",
		       done.res, (unsigned long long)done.honoured, res,
		       (unsigned long long)honoured);
	ok(&t->tap, good, name);
}

static void give_attrs(struct io_uring_sqe *sqe, const struct way *way,
		       const struct test *t)
{
	switch (way->how) {
	case BY_ADDRESS:
		ioattr_prep_sqe(sqe, &t->list.head);
		break;
	case IN_SQE:
		if (ioattr_prep_sqe_inline(sqe, &t->list.head))
			bail("a list in the SQE", -E2BIG);
		break;
	case SET:
		ioattr_prep_sqe_set(sqe, t->set);
		break;
	case SET_FIXED:
		ioattr_prep_sqe_set_fixed(sqe, 0);
		break;
	}
}

/* Two linked requests with attributes, and one without between them. */
static void one_op(struct test *t, struct io_uring *ring, const struct way *way,
		   const struct op *op)
{
	const char *key = op->writes ? "wios" : "rios";
	struct iovec iov = { t->buf, BLOCK };
	long was = requests(t, key), now;
	struct io_uring_sqe *sqe;
	bool good = true;
	char name[64];
	int i;

	for (i = 0; i < 3; i++) {
		sqe = prep(ring, t, op, &iov);
		if (i != 1)
			give_attrs(sqe, way, t);
		if (i != 2)
			sqe->flags |= IOSQE_IO_LINK;
		sqe->user_data = i;
	}
	submit(ring, 3);
	for (i = 0; i < 3; i++) {
		struct outcome done = reap(ring);
		__u64 honoured = done.data == 1 ? 0 : CHARGED;

		if (done.res == BLOCK && done.honoured == honoured)
			continue;
		printf("# request %llu: result %d, mask %#llx\n",
		       (unsigned long long)done.data, done.res,
		       (unsigned long long)done.honoured);
		good = false;
	}
	now = requests(t, key);
	if (now != was + 2) {
		printf("# %ld requests of the cgroup, not 2\n", now - was);
		good = false;
	}
	snprintf(name, sizeof(name), "%s: %s", way->name, op->name);
	ok(&t->tap, good, name);
}

static void all_ways(struct test *t)
{
	struct io_uring ring;
	size_t w, o;

	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		ring_open(t, &ring, ways[w].setup);
		for (o = 0; o < ARRAY_SIZE(ops); o++)
			one_op(t, &ring, &ways[w], &ops[o]);
		io_uring_queue_exit(&ring);
	}
}

/* The mask is reported only if requested, and only for that request. */
static void reports(struct test *t)
{
	struct ioattr_list silent = t->list;
	struct io_uring ring;
	bool good = true;
	long was;
	int i;

	silent.head.flags = 0;
	was = requests(t, "rios");
	ring_open(t, &ring, 0);
	ioattr_prep_sqe(prep_read(&ring, t), &silent.head);
	gives(t, run(&ring), BLOCK, 0, "16-byte CQEs: no report");
	ok(&t->tap, requests(t, "rios") == was + 1,
	   "... and the cgroup is charged");
	ioattr_prep_sqe(prep_read(&ring, t), &t->list.head);
	gives(t, run(&ring), -EINVAL, 0, "16-byte CQEs: a report: EINVAL");
	io_uring_queue_exit(&ring);

	ring_open(t, &ring, IORING_SETUP_CQE32);
	ioattr_prep_sqe(prep_read(&ring, t), &silent.head);
	gives(t, run(&ring), BLOCK, 0, "CQE32: no report unless requested");
	io_uring_queue_exit(&ring);

	/* often enough to reach the end of the ring at each position */
	ring_open(t, &ring, IORING_SETUP_CQE_MIXED);
	for (i = 0; i < 20 * NR; i++) {
		struct io_uring_sqe *sqe = prep_read(&ring, t);
		bool asked = i % 3 == 1;
		struct outcome done;

		if (i % 3)
			ioattr_prep_sqe(sqe, asked ? &t->list.head :
						     &silent.head);
		done = run(&ring);
		if (done.res == BLOCK && done.big == asked &&
		    done.honoured == (asked ? CHARGED : 0))
			continue;
		printf("# request %d: result %d, mask %#llx, %s\n", i, done.res,
		       (unsigned long long)done.honoured,
		       done.big ? "big" : "small");
		good = false;
	}
	ok(&t->tap, good, "mixed: a 32-byte CQE only if requested");
	io_uring_queue_exit(&ring);
}

static void refused(struct test *t)
{
	struct ioattr_list bad = t->list;
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	ring_open(t, &ring, IORING_SETUP_CQE32);
	sqe = prep_read(&ring, t);
	ioattr_prep_sqe(sqe, &t->list.head);
	sqe->__pad2[0] |= IORING_RW_ATTR_FLAG_PI;
	gives(t, run(&ring), -EINVAL, 0, "a list and PI: EINVAL");

	sqe = prep_read(&ring, t);
	ioattr_prep_sqe(sqe, &t->list.head);
	sqe->__pad2[0] = 1 << 1;
	gives(t, run(&ring), -EINVAL, 0, "an unknown type: EINVAL");

	sqe = prep_read(&ring, t);
	ioattr_prep_sqe(sqe, &t->list.head);
	sqe->__pad2[0] |= IORING_RW_ATTR_FLAG_LIST_SQE;
	gives(t, run(&ring), -EINVAL, 0, "a list in two places: EINVAL");

	sqe = prep_read(&ring, t);
	sqe->__pad2[0] = IORING_RW_ATTR_FLAG_LIST_SQE;
	gives(t, run(&ring), -EINVAL, 0,
	      "in a 64-byte SQE: EINVAL");

	ioattr_prep_sqe(prep_read(&ring, t), (void *)8);
	gives(t, run(&ring), -EFAULT, 0, "an unmapped address: EFAULT");

	bad.head.size = 20;
	ioattr_prep_sqe(prep_read(&ring, t), &bad.head);
	gives(t, run(&ring), -EINVAL, 0, "a list of 20 bytes: EINVAL");

	ioattr_init(&bad, IOCB_ATTR_LIST_REPORT);
	ioattr_add_cgroup(&bad, -1, 0);
	ioattr_prep_sqe(prep_read(&ring, t), &bad.head);
	gives(t, run(&ring), -EBADF, 0, "not a cgroup: EBADF");

	ioattr_prep_sqe(prep_read(&ring, t), &t->list.head);
	gives(t, run(&ring), BLOCK, CHARGED, "the ring still works");
	io_uring_queue_exit(&ring);
}

/* A request with attr_ptr and attr_type_mask. */
static struct outcome raw(struct io_uring *ring, const struct test *t,
			  __u64 ptr, __u64 mask)
{
	struct io_uring_sqe *sqe = prep_read(ring, t);

	sqe->addr3 = ptr;
	sqe->__pad2[0] = mask;
	return run(ring);
}

static void refused_sets(struct test *t)
{
	const __u64 set = IORING_RW_ATTR_FLAG_SET;
	const __u64 fixed = IORING_RW_ATTR_FLAG_SET_FIXED;
	struct io_uring ring;

	ring_open(t, &ring, IORING_SETUP_CQE32);
	gives(t, raw(&ring, t, t->fd, set), -EBADF, 0,
	      "a file that is not a set: EBADF");
	gives(t, raw(&ring, t, 0, set), -EBADF, 0, "file 0: EBADF");
	gives(t, raw(&ring, t, t->set | 1ULL << 32, set), -EBADF, 0,
	      "a number beyond INT_MAX: EBADF");
	ioattr_prep_sqe_set(prep_read(&ring, t), -1);
	gives(t, run(&ring), -EBADF, 0, "file -1: EBADF");
	ioattr_prep_sqe_set_fixed(prep_read(&ring, t), 1);
	gives(t, run(&ring), -EBADF, 0,
	      "a registered file that is not a set: EBADF");
	ioattr_prep_sqe_set_fixed(prep_read(&ring, t), 2);
	gives(t, run(&ring), -EBADF, 0,
	      "a number that is not registered: EBADF");
	gives(t, raw(&ring, t, 1ULL << 32, fixed), -EBADF, 0,
	      "a number of 33 bits: EBADF");
	gives(t, raw(&ring, t, t->set, set | fixed), -EINVAL, 0,
	      "a set in two places: EINVAL");
	gives(t, raw(&ring, t, t->set, set | IORING_RW_ATTR_FLAG_LIST),
	      -EINVAL, 0, "a set and a list: EINVAL");
	gives(t, raw(&ring, t, t->set, set | IORING_RW_ATTR_FLAG_PI),
	      -EINVAL, 0, "a set and PI: EINVAL");
	gives(t, raw(&ring, t, t->set, set), BLOCK, CHARGED,
	      "the ring still works");
	io_uring_queue_exit(&ring);
}

static void set_reports(struct test *t)
{
	struct ioattr_list list = t->list;
	struct io_uring ring;
	int silent;
	long was;

	list.head.flags = 0;
	silent = ioattr_set_create(&list, 0);
	if (silent < 0)
		bail("a set", silent);
	was = requests(t, "rios");
	ring_open(t, &ring, 0);
	ioattr_prep_sqe_set(prep_read(&ring, t), silent);
	gives(t, run(&ring), BLOCK, 0, "a set without a report");
	ok(&t->tap, requests(t, "rios") == was + 1,
	   "... and the cgroup is charged");
	ioattr_prep_sqe_set(prep_read(&ring, t), t->set);
	gives(t, run(&ring), -EINVAL, 0,
	      "a set with a report on CQEs of 16 bytes: EINVAL");
	io_uring_queue_exit(&ring);

	ring_open(t, &ring, IORING_SETUP_CQE32);
	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_set(&list, silent, 0);
	ioattr_prep_sqe(prep_read(&ring, t), &list.head);
	gives(t, run(&ring), BLOCK, CHARGED,
	      "the report of a list, the cgroup of the set in it");
	ioattr_init(&list, 0);
	ioattr_add_set(&list, t->set, 0);
	ioattr_prep_sqe(prep_read(&ring, t), &list.head);
	gives(t, run(&ring), BLOCK, CHARGED, "... the report of the set");
	close(silent);
	io_uring_queue_exit(&ring);
}

/* A ring that only takes registered sets. */
static void restricted(struct test *t)
{
	struct io_uring_restriction res[2] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP,
		  .sqe_op = IORING_OP_READ },
		{ .opcode = RESTRICTION_RW_ATTR, .sqe_op = 59 },
	};
	struct io_uring ring;
	int ret;

	ring_open(t, &ring, IORING_SETUP_CQE32 | IORING_SETUP_R_DISABLED);
	ret = io_uring_register_restrictions(&ring, res, ARRAY_SIZE(res));
	if (!ret)
		ret = io_uring_enable_rings(&ring);
	if (ret)
		bail("restrictions", ret);
	ioattr_prep_sqe_set_fixed(prep_read(&ring, t), 0);
	gives(t, run(&ring), BLOCK, CHARGED, "restricted: a registered set");
	ioattr_prep_sqe_set(prep_read(&ring, t), t->set);
	gives(t, run(&ring), -EACCES, 0, "... another set: EACCES");
	ioattr_prep_sqe(prep_read(&ring, t), &t->list.head);
	gives(t, run(&ring), -EACCES, 0, "... a list: EACCES");
	prep_read(&ring, t);
	gives(t, run(&ring), BLOCK, 0, "... no attributes");
	io_uring_queue_exit(&ring);
}

/* Sizes of lists in the SQE, by the helper and, unasked, by the kernel. */
static void sizes_in_sqe(struct test *t)
{
	static const struct {
		__u32 size;
		int error;
	} cases[] = {
		{ 0, -EINVAL }, { 4, -EINVAL }, { 12, -EINVAL }, { 8, 0 },
		{ 60, -EINVAL }, { 64, 0 }, { 72, -E2BIG }, { 68, -EINVAL },
		{ 4096, -E2BIG }, { 0xfffffff8, -E2BIG },
	};
	struct io_uring_sqe sqe[3], was[3];
	struct ioattr_list list;
	struct io_uring ring;
	char name[64];
	size_t i;

	ring_open(t, &ring, IORING_SETUP_CQE32 | IORING_SETUP_SQE128);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		__u32 size = cases[i].size;
		struct io_uring_sqe *to;
		int ret;

		ioattr_init(&list, 0);
		/* one record with an unknown id */
		if (size >= 16)
			ioattr_add(&list, 1000, 0, NULL, 8);
		list.head.size = size;
		if (size == 64)
			memcpy(list.space, &(uint32_t){ size - 8 }, 4);

		memset(sqe, 0xff, sizeof(sqe));
		memcpy(was, sqe, sizeof(sqe));
		ret = ioattr_prep_sqe_inline(sqe, &list.head);
		snprintf(name, sizeof(name), "in the SQE, %u bytes: %s", size,
			 ret == -EINVAL ? "EINVAL" : ret ? "E2BIG" : "taken");
		if (!ret) {
			was[0].addr3 = 0;
			was[0].__pad2[0] = IORING_RW_ATTR_FLAG_LIST_SQE;
			memset(&was[1], 0, sizeof(was[1]));
			memcpy(&was[1], &list.head, size);
		}
		ok(&t->tap, ret == cases[i].error &&
		   !memcmp(sqe, was, sizeof(sqe)), name);

		to = prep_read(&ring, t);
		to->__pad2[0] = IORING_RW_ATTR_FLAG_LIST_SQE;
		memset(to + 1, 0, sizeof(*to));
		memcpy(to + 1, &list.head,
		       size < sizeof(*to) ? size : sizeof(*to));
		/* the size, if the list is too short to have one */
		memcpy(to + 1, &size, sizeof(size));
		gives(t, run(&ring), cases[i].error ?: BLOCK, 0,
		      "... the kernel agrees");
	}
	io_uring_queue_exit(&ring);
}

static void probe(struct test *t)
{
	__s64 flags = ioattr_uring_flags();

	if (flags < 0)
		printf("# ioattr_uring_flags: %s\n", strerror(-flags));
	ok(&t->tap, flags == (__s64)(IORING_RW_ATTR_FLAG_PI |
				     IORING_RW_ATTR_FLAG_LIST |
				     IORING_RW_ATTR_FLAG_LIST_SQE |
				     IORING_RW_ATTR_FLAG_SET |
				     IORING_RW_ATTR_FLAG_SET_FIXED),
	   "the kernel reports its flags");
}

int main(void)
{
	struct test t = { .buf = aligned_alloc(BLOCK, BLOCK) };
	struct io_uring ring;
	struct stat st;
	int cgroup;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mkdir(CGROUP, 0755))
		bail(CGROUP, -errno);
	cgroup = open(CGROUP, O_PATH | O_CLOEXEC);
	t.fd = open(DEVICE, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (!t.buf || cgroup < 0 || t.fd < 0 || fstat(t.fd, &st))
		bail(DEVICE, -errno);
	memset(t.buf, 0, BLOCK);
	snprintf(t.dev, sizeof(t.dev), "%u:%u ", major(st.st_rdev),
		 minor(st.st_rdev));
	ioattr_init(&t.list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_cgroup(&t.list, cgroup, IOCB_ATTR_REQUIRED);
	t.set = ioattr_set_create(&t.list, 0);
	if (t.set < 0)
		bail("a set", t.set);

	probe(&t);
	all_ways(&t);
	reports(&t);
	refused(&t);
	sizes_in_sqe(&t);
	set_reports(&t);
	refused_sets(&t);
	restricted(&t);
	ok(&t.tap, !close(cgroup) && !rmdir(CGROUP), "the cgroup can go");
	ring_open(&t, &ring, IORING_SETUP_CQE32);
	ioattr_prep_sqe_set(prep_read(&ring, &t), t.set);
	gives(&t, run(&ring), -ENODEV, 0, "... a set has no use then: ENODEV");
	io_uring_queue_exit(&ring);
	return tap_end(&t.tap);
}
