// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: uring_test SCENE FILE
 *
 * As aio_test, of io_uring. Block N of FILE is full of the byte N.
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <liburing.h>

#include "right.h"

/* IORING_OP_READV_FIXED, IORING_OP_WRITEV_FIXED, which older headers do not have */
#define OP_READV_FIXED	60
#define OP_WRITEV_FIXED	61

static struct io_uring ring;
static char *buffer;
static int fd;

static struct io_uring_sqe *prepare(int block)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	right(sqe);
	memset(buffer, 0xee, BLOCK);
	io_uring_prep_read(sqe, fd, buffer, BLOCK, block * BLOCK);
	sqe->user_data = block + 1000;
	return sqe;
}

/* The result of what was submitted. */
static int finish(int block)
{
	struct io_uring_cqe *cqe;
	int res;

	right(!io_uring_wait_cqe(&ring, &cqe));
	right((int)cqe->user_data == block + 1000);
	res = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return res;
}

static void check(int block)
{
	int i;

	for (i = 0; i < BLOCK; i++)
		right(buffer[i] == (char)block);
}

static void read_block(int block)
{
	prepare(block);
	right(io_uring_submit(&ring) == 1);
	right(finish(block) == BLOCK);
	check(block);
}

/* 100 reads, one after the other */
static void single(void)
{
	int i;

	for (i = 0; i < 100; i++)
		read_block(i);
}

/* All but the ring is closed, as daemons do. 5 reads, and 5. */
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
	right(fd == 3);
	for (i = 0; i < 5; i++)
		read_block(i);
}

/* 2 reads and a write with a registered buffer, of a vector but for the first. */
static void fixed(void)
{
	struct iovec vec = { buffer, BLOCK };
	struct io_uring_sqe *sqe;

	right(!io_uring_register_buffers(&ring, &vec, 1));
	sqe = prepare(1);
	io_uring_prep_read_fixed(sqe, fd, buffer, BLOCK, BLOCK, 0);
	sqe->user_data = 1001;
	right(io_uring_submit(&ring) == 1);
	right(finish(1) == BLOCK);
	check(1);
	sqe = prepare(2);
	io_uring_prep_readv(sqe, fd, &vec, 1, 2 * BLOCK);
	sqe->opcode = OP_READV_FIXED;
	sqe->user_data = 1002;
	right(io_uring_submit(&ring) == 1);
	right(finish(2) == BLOCK);
	check(2);
	sqe = io_uring_get_sqe(&ring);
	right(sqe);
	io_uring_prep_writev(sqe, fd, &vec, 1, 2 * BLOCK);
	sqe->opcode = OP_WRITEV_FIXED;
	sqe->user_data = 1002;
	right(io_uring_submit(&ring) == 1);
	right(finish(2) == BLOCK);
}

/* 4 reads, each of which is refused. */
static void refused(void)
{
	int i, res;

	for (i = 0; i < 4; i++) {
		prepare(i);
		right(io_uring_submit(&ring) == 1);
		res = finish(i);
		right(res == -EINVAL || res == -EOPNOTSUPP);
	}
}

int main(int argc, char **argv)
{
	const char *scene;
	int direct;

	if (argc != 3)
		return 2;
	scene = argv[1];
	/* without it nothing honours a hint, whatever the disk */
	direct = strcmp(scene, "refused") ? O_DIRECT : 0;
	fd = open(argv[2], O_RDWR | direct);
	right(fd == 3);
	buffer = aligned_alloc(BLOCK, BLOCK);
	right(buffer);
	right(!io_uring_queue_init(8, &ring, 0));
	if (!strcmp(scene, "single"))
		single();
	else if (!strcmp(scene, "daemons"))
		daemons(argv[2]);
	else if (!strcmp(scene, "fixed"))
		fixed();
	else if (!strcmp(scene, "refused"))
		refused();
	else
		return 2;
	io_uring_queue_exit(&ring);
	return 0;
}
