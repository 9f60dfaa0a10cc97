// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: uring_test SCENE FILE [CGROUP]
 *
 * Like aio_test, for io_uring. Block N of FILE is filled with the byte N.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <liburing.h>

#include "tap.h"

/* IORING_* that older headers lack */
#define OP_READV_FIXED		60
#define OP_WRITEV_FIXED		61
#define SETUP_NO_SQARRAY	(1U << 16)
#define SETUP_SQE_MIXED		(1U << 19)
#define ENTER_REGISTERED_RING	(1U << 4)

#define BLOCK	4096

/* The exit status if the kernel lacks something. */
#define SKIP	77

static struct io_uring ring;
static char *buffer;
static int fd;

static struct io_uring_sqe *prepare(int block)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	CHECK(sqe);
	memset(buffer, 0xee, BLOCK);
	io_uring_prep_read(sqe, fd, buffer, BLOCK, block * BLOCK);
	sqe->user_data = block + 1000;
	return sqe;
}

/* Check the completion. */
static int finish(int block)
{
	struct io_uring_cqe *cqe;
	int res;

	CHECK(!io_uring_wait_cqe(&ring, &cqe));
	CHECK((int)cqe->user_data == block + 1000);
	res = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return res;
}

static void check(int block)
{
	int i;

	for (i = 0; i < BLOCK; i++)
		CHECK(buffer[i] == (char)block);
}

static void read_block(int block)
{
	prepare(block);
	CHECK(io_uring_submit(&ring) == 1);
	CHECK(finish(block) == BLOCK);
	check(block);
}

/* 100 reads, one at a time */
static void single(void)
{
	int i;

	for (i = 0; i < 100; i++)
		read_block(i);
}

/* Close all file descriptors but the ring, as daemons do. 5 reads, then 5. */
static void daemons(const char *file)
{
	int i;

	for (i = 0; i < 5; i++)
		read_block(i);
	for (i = 3; i < 2000; i++) {
		if (i != ring.ring_fd)
			close(i);
	}
	fd = open(file, O_RDONLY | O_DIRECT);
	CHECK(fd == 3);
	for (i = 0; i < 5; i++)
		read_block(i);
}

/* 10 reads, and 20 in a child created by clone(2). */
static void clones(void)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 10; i++)
		read_block(i);
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	CHECK(pid >= 0);
	if (!pid) {
		CHECK(!io_uring_queue_init(8, &ring, 0));
		for (i = 0; i < 20; i++)
			read_block(i);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status);
}

/* Remove and create the directory @cgroup after 5 reads, twice. */
static void remade(const char *cgroup)
{
	int i;

	for (i = 0; i < 15; i++) {
		if (i && i % 5 == 0)
			CHECK(!rmdir(cgroup) && !mkdir(cgroup, 0755));
		read_block(i);
	}
}

/* Registered buffer: a read, then a vectored read and a vectored write. */
static void fixed(void)
{
	struct iovec vec = { buffer, BLOCK };
	struct io_uring_sqe *sqe;

	CHECK(!io_uring_register_buffers(&ring, &vec, 1));
	sqe = prepare(1);
	io_uring_prep_read_fixed(sqe, fd, buffer, BLOCK, BLOCK, 0);
	sqe->user_data = 1001;
	CHECK(io_uring_submit(&ring) == 1);
	CHECK(finish(1) == BLOCK);
	check(1);
	sqe = prepare(2);
	io_uring_prep_readv(sqe, fd, &vec, 1, 2 * BLOCK);
	sqe->opcode = OP_READV_FIXED;
	sqe->user_data = 1002;
	CHECK(io_uring_submit(&ring) == 1);
	CHECK(finish(2) == BLOCK);
	check(2);
	sqe = io_uring_get_sqe(&ring);
	CHECK(sqe);
	io_uring_prep_writev(sqe, fd, &vec, 1, 2 * BLOCK);
	sqe->opcode = OP_WRITEV_FIXED;
	sqe->user_data = 1002;
	CHECK(io_uring_submit(&ring) == 1);
	CHECK(finish(2) == BLOCK);
}

/* A ring without liburing. */
struct raw {
	int			fd;
	struct io_uring_params	p;
	char			*map;
	struct io_uring_sqe	*sqes, *last;
};

static unsigned int *raw_at(const struct raw *r, unsigned int offset)
{
	return (unsigned int *)(r->map + offset);
}

static void raw_map(struct raw *r)
{
	CHECK(r->p.features & IORING_FEAT_SINGLE_MMAP);
	/* both queues are in these two pages */
	r->map = mmap(NULL, 2 * BLOCK, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
	CHECK(r->map != MAP_FAILED);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(*r->sqes),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		       IORING_OFF_SQES);
	CHECK(r->sqes != MAP_FAILED);
}

static void raw_open(struct raw *r, unsigned int flags)
{
	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->fd = syscall(SYS_io_uring_setup, 8, &r->p);
	CHECK(r->fd >= 0);
	raw_map(r);
}

static void raw_prepare(struct raw *r, int block)
{
	unsigned int *tail = raw_at(r, r->p.sq_off.tail);
	const unsigned int slot = *tail & (r->p.sq_entries - 1);

	memset(buffer, 0xee, BLOCK);
	r->last = &r->sqes[slot];
	io_uring_prep_read(r->last, fd, buffer, BLOCK, block * BLOCK);
	if (!(r->p.flags & SETUP_NO_SQARRAY))
		raw_at(r, r->p.sq_off.array)[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
}

/* Submit on the ring that @fd is with @flags. */
static void raw_enter(int fd, unsigned int flags)
{
	CHECK(syscall(SYS_io_uring_enter, fd, 1, 1,
		      IORING_ENTER_GETEVENTS | flags, NULL, 0) == 1);
}

static void raw_finish(struct raw *r, int block)
{
	unsigned int *head = raw_at(r, r->p.cq_off.head);
	struct io_uring_cqe *cqes = (void *)raw_at(r, r->p.cq_off.cqes);

	CHECK(__atomic_load_n(raw_at(r, r->p.cq_off.tail), __ATOMIC_ACQUIRE) ==
	      *head + 1);
	CHECK(cqes[*head & (r->p.cq_entries - 1)].res == BLOCK);
	check(block);
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
}

/* 20 reads, more than the ring has entries. */
static void raw(unsigned int flags)
{
	struct raw r;
	int i;

	raw_open(&r, flags);
	for (i = 0; i < 20; i++) {
		raw_prepare(&r, i);
		raw_enter(r.fd, 0);
		raw_finish(&r, i);
	}
}

/* Enter a ring by an index that equals the file descriptor of another one. */
static void registered(void)
{
	struct io_uring_rsrc_update update;
	struct raw a, b;

	raw_open(&a, 0);
	raw_open(&b, 0);
	memset(&update, 0, sizeof(update));
	update.offset = a.fd;
	update.data = b.fd;
	CHECK(syscall(SYS_io_uring_register, b.fd, IORING_REGISTER_RING_FDS,
		      &update, 1) == 1);
	raw_prepare(&a, 1);
	raw_prepare(&b, 2);
	raw_enter(a.fd, ENTER_REGISTERED_RING);
	raw_finish(&b, 2);
	/* the other ring is unchanged */
	CHECK(!a.last->addr3 && !a.last->__pad2[0]);
	memset(buffer, 0xee, BLOCK);
	raw_enter(a.fd, 0);
	raw_finish(&a, 1);
}

/* A read with the flags and the personality, by file descriptor @fd. */
static int read_special(int fd, unsigned int flags, int personality)
{
	struct io_uring_sqe *sqe = prepare(1);
	int ret;

	sqe->fd = fd;
	sqe->flags |= flags;
	sqe->personality = personality;
	ret = io_uring_submit(&ring);
	if (ret < 0)
		return ret;
	CHECK(ret == 1);
	return finish(1);
}

static int read_fixed_file(void)
{
	CHECK(!io_uring_register_files(&ring, &fd, 1));
	return read_special(0, IOSQE_FIXED_FILE, 0);
}

static int read_with_personality(void)
{
	const int personality = io_uring_register_personality(&ring);

	CHECK(personality > 0);
	return read_special(fd, 0, personality);
}

/* Rings without liburing that the library must refuse to set up. */
static void raw_setup_refused(unsigned int flags)
{
	struct io_uring_params p = { .flags = flags };

	CHECK(syscall(SYS_io_uring_setup, 8, &p) == -1 && errno == EINVAL);
}

/*
 * A ring that the library must refuse to enter: by an index, or because it was
 * set up behind its back.
 */
static void raw_enter_refused(bool by_index)
{
	struct io_uring_rsrc_update update = { .offset = -1U };
	struct raw r;
	int ring_fd;

	raw_open(&r, 0);
	raw_prepare(&r, 1);
	update.data = r.fd;
	CHECK(syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_RING_FDS,
		      &update, 1) == 1);
	ring_fd = by_index ? (int)update.offset : dup(r.fd);
	CHECK(syscall(SYS_io_uring_enter, ring_fd, 1, 0,
		      by_index ? ENTER_REGISTERED_RING : 0, NULL, 0) == -1 &&
	      errno == EINVAL);
}

/* By functions of liburing that take the file descriptor of a ring. */
static void enter(void)
{
	struct raw r;

	memset(&r, 0, sizeof(r));
	r.fd = io_uring_setup(8, &r.p);
	CHECK(r.fd >= 0);
	raw_map(&r);
	raw_prepare(&r, 1);
	CHECK(io_uring_enter(r.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL) == 1);
	raw_finish(&r, 1);
	raw_prepare(&r, 2);
	CHECK(io_uring_enter2(r.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) ==
	      1);
	raw_finish(&r, 2);
}

/* 4 reads, all rejected. */
static void refused(void)
{
	int i, res;

	for (i = 0; i < 4; i++) {
		prepare(i);
		CHECK(io_uring_submit(&ring) == 1);
		res = finish(i);
		CHECK(res == -EINVAL || res == -EOPNOTSUPP);
	}
}

int main(int argc, char **argv)
{
	const char *scene, *more;
	int direct, flags, ret;

	if (argc < 3)
		return 2;
	scene = argv[1];
	more = argc > 3 ? argv[3] : "";
	/* buffered: no hint is honoured */
	direct = strcmp(scene, "refused") ? O_DIRECT : 0;
	fd = open(argv[2], O_RDWR | direct);
	CHECK(fd == 3);
	buffer = aligned_alloc(BLOCK, BLOCK);
	CHECK(buffer);
	flags = !strncmp(scene, "mixed", 5) ? SETUP_SQE_MIXED :
		!strncmp(scene, "sqpoll", 6) ? IORING_SETUP_SQPOLL : 0;
	ret = io_uring_queue_init(8, &ring, flags);
	/* before Linux 6.19 */
	if (ret == -EINVAL && flags & SETUP_SQE_MIXED)
		return SKIP;
	CHECK(!ret);
	if (!strcmp(scene, "single"))
		single();
	else if (!strcmp(scene, "daemons"))
		daemons(argv[2]);
	else if (!strcmp(scene, "clones"))
		clones();
	else if (!strcmp(scene, "remade"))
		remade(more);
	else if (!strcmp(scene, "fixed"))
		fixed();
	else if (!strcmp(scene, "raw"))
		raw(0);
	else if (!strcmp(scene, "raw-mixed"))
		raw(SETUP_SQE_MIXED);
	else if (!strcmp(scene, "raw-no-array"))
		raw(SETUP_NO_SQARRAY);
	else if (!strcmp(scene, "registered"))
		registered();
	else if (!strcmp(scene, "mixed"))
		single();
	else if (!strcmp(scene, "refused"))
		refused();
	else if (!strcmp(scene, "fixed-file"))
		CHECK(read_fixed_file() == BLOCK);
	else if (!strcmp(scene, "fixed-file-refused"))
		CHECK(read_fixed_file() == -EINVAL);
	else if (!strcmp(scene, "personality"))
		CHECK(read_with_personality() == BLOCK);
	else if (!strcmp(scene, "personality-refused"))
		CHECK(read_with_personality() == -EINVAL);
	else if (!strcmp(scene, "sqpoll"))
		CHECK(read_special(fd, 0, 0) == BLOCK);
	else if (!strcmp(scene, "sqpoll-refused") ||
		 !strcmp(scene, "mixed-refused"))
		CHECK(read_special(fd, 0, 0) == -EINVAL);
	else if (!strcmp(scene, "raw-sqpoll-refused"))
		raw_setup_refused(IORING_SETUP_SQPOLL);
	else if (!strcmp(scene, "raw-mixed-refused"))
		raw_setup_refused(SETUP_SQE_MIXED);
	else if (!strcmp(scene, "raw-index-refused"))
		raw_enter_refused(true);
	else if (!strcmp(scene, "raw-unknown-refused"))
		raw_enter_refused(false);
	else if (!strcmp(scene, "enter"))
		enter();
	else
		return 2;
	io_uring_queue_exit(&ring);
	return 0;
}
