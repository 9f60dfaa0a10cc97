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
	fd = open(argv[2], O_RDONLY | direct);
	right(fd == 3);
	buffer = aligned_alloc(BLOCK, BLOCK);
	right(buffer);
	right(!io_uring_queue_init(8, &ring, 0));
	if (!strcmp(scene, "single"))
		single();
	else if (!strcmp(scene, "daemons"))
		daemons(argv[2]);
	else if (!strcmp(scene, "refused"))
		refused();
	else
		return 2;
	io_uring_queue_exit(&ring);
	return 0;
}
