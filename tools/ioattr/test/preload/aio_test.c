// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: aio_test SCENE FILE [FILE2]
 *
 * A program without attributes that checks the results of AIO. Block N of FILE
 * is filled with the byte N. Exits with 0 if all checks pass.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libaio.h>

#include "tap.h"

#define BLOCK	4096
#define MANY	150

static io_context_t ctx;
static char *buffers;
static int fd;

static char *buffer(int i)
{
	return buffers + i * BLOCK;
}

static void check_read(const struct io_event *event, const struct iocb *iocb,
		       int block)
{
	int i;

	CHECK(event->obj == iocb);
	CHECK(event->data == (void *)(uintptr_t)(block + 1000));
	CHECK(event->res == BLOCK);
	CHECK(event->res2 == 0);
	for (i = 0; i < BLOCK; i++)
		CHECK(buffer(block)[i] == (char)block);
}

static void prepare(struct iocb *iocb, int block)
{
	memset(buffer(block), 0xee, BLOCK);
	io_prep_pread(iocb, fd, buffer(block), BLOCK, block * BLOCK);
	iocb->data = (void *)(uintptr_t)(block + 1000);
}

static void read_block(int block)
{
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;

	prepare(&iocb, block);
	errno = 4711;
	CHECK(io_submit(ctx, 1, &iocbs) == 1);
	CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
	CHECK(errno == 4711);
	check_read(&event, &iocb, block);
}

/* 100 reads, one at a time */
static void single(void)
{
	int i;

	for (i = 0; i < 100; i++)
		read_block(i);
}

/* 150 reads in one call */
static void batch(void)
{
	struct iocb iocb[MANY], *iocbs[MANY];
	struct io_event events[MANY];
	int i, block;

	read_block(0);
	for (i = 0; i < MANY; i++) {
		iocbs[i] = &iocb[i];
		prepare(&iocb[i], i);
	}
	CHECK(syscall(SYS_io_submit, ctx, MANY, iocbs) == MANY);
	CHECK(syscall(SYS_io_getevents, ctx, MANY, MANY, events, NULL) == MANY);
	for (i = 0; i < MANY; i++) {
		block = events[i].obj - iocb;
		check_read(&events[i], &iocb[block], block);
		prepare(&iocb[block], block);
	}
	CHECK(io_submit(ctx, MANY, iocbs) == MANY);
	CHECK(io_pgetevents(ctx, MANY, MANY, events, NULL, NULL) == MANY);
	for (i = 0; i < MANY; i++) {
		block = events[i].obj - iocb;
		check_read(&events[i], &iocb[block], block);
	}
}

/* Reuse the iocb of a read for another operation; only set its opcode. */
static void reuse(void)
{
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	int i;

	for (i = 0; i < 5; i++) {
		prepare(&iocb, i);
		CHECK(io_submit(ctx, 1, &iocbs) == 1);
		CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		check_read(&event, &iocb, i);
		/* unchanged */
		CHECK(io_submit(ctx, 1, &iocbs) == 1);
		CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		check_read(&event, &iocb, i);
		iocb.aio_lio_opcode = IO_CMD_FDSYNC;
		iocb.u.c.buf = NULL;
		iocb.u.c.nbytes = 0;
		iocb.u.c.offset = 0;
		CHECK(io_submit(ctx, 1, &iocbs) == 1);
		CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		CHECK(event.obj == &iocb && event.res == 0 && event.res2 == 0);
	}
}

/*
 * A program may reuse the memory of an iocb after its event. The library must
 * not write to it then.
 */
static struct iocb *thrown_away[4 * 2000];

static void *throw_away(void *unused)
{
	struct io_event events[16];
	int i, n, done = 0;

	(void)unused;
	while (done < 4 * 2000) {
		n = io_getevents(ctx, 1, 16, events, NULL);
		CHECK(n > 0);
		for (i = 0; i < n; i++) {
			CHECK(events[i].res == BLOCK && events[i].res2 == 0);
			memset(events[i].obj, 0xa5, sizeof(struct iocb));
			thrown_away[done++] = events[i].obj;
		}
	}
	return NULL;
}

static void *submit_many(void *number)
{
	const int block = (intptr_t)number;
	struct iocb *iocb;
	int i, ret;

	for (i = 0; i < 2000; i++) {
		iocb = malloc(sizeof(*iocb));
		CHECK(iocb);
		io_prep_pread(iocb, fd, buffer(block), BLOCK, block * BLOCK);
		do {
			ret = io_submit(ctx, 1, &iocb);
		} while (ret == -EAGAIN);
		CHECK(ret == 1);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[5];
	char *p;
	int i;
	size_t j;

	CHECK(!pthread_create(&thread[4], NULL, throw_away, NULL));
	for (i = 0; i < 4; i++)
		CHECK(!pthread_create(&thread[i], NULL, submit_many,
				      (void *)(intptr_t)i));
	for (i = 0; i < 5; i++)
		CHECK(!pthread_join(thread[i], NULL));
	for (i = 0; i < 4 * 2000; i++) {
		p = (char *)thrown_away[i];
		for (j = 0; j < sizeof(struct iocb); j++)
			CHECK(p[j] == (char)0xa5);
		free(p);
	}
}

/*
 * 8 threads do their first I/O: half of them at once, the others while these
 * may still be preparing theirs.
 */
static pthread_barrier_t all_there;

static void *first_read(void *number)
{
	const int block = (intptr_t)number;
	io_context_t own = NULL;
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;

	CHECK(!io_setup(1, &own));
	prepare(&iocb, block);
	pthread_barrier_wait(&all_there);
	if (block >= 4)
		usleep((block - 3) * 10000);
	CHECK(io_submit(own, 1, &iocbs) == 1);
	CHECK(io_getevents(own, 1, 1, &event, NULL) == 1);
	check_read(&event, &iocb, block);
	CHECK(!io_destroy(own));
	return NULL;
}

static void first(void)
{
	pthread_t thread[8];
	int i;

	CHECK(!pthread_barrier_init(&all_there, NULL, 8));
	for (i = 0; i < 8; i++)
		CHECK(!pthread_create(&thread[i], NULL, first_read,
				      (void *)(intptr_t)i));
	for (i = 0; i < 8; i++)
		CHECK(!pthread_join(thread[i], NULL));
}

struct ring {
	unsigned int	id, nr, head, tail, magic, compat, incompat, length;
	struct io_event	events[];
};

/* Read events from the ring in memory, as some programs do. */
static void ring(void)
{
	struct ring *ring = (struct ring *)ctx;
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	unsigned int head;
	int i;

	CHECK(ring->magic == 0xa10a10a1);
	for (i = 0; i < 100; i++) {
		prepare(&iocb, i);
		CHECK(io_submit(ctx, 1, &iocbs) == 1);
		head = ring->head;
		while (__atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) == head)
			;
		event = ring->events[head];
		__atomic_store_n(&ring->head, (head + 1) % ring->nr,
				 __ATOMIC_RELEASE);
		check_read(&event, &iocb, i);
	}
}

/* Errors are the same as without the library. */
static void errors(void)
{
	struct iocb iocb[3], *iocbs[3] = { &iocb[0], &iocb[1], &iocb[2] };
	struct io_event events[3];

	CHECK(io_submit(ctx, 0, iocbs) == 0);
	CHECK(io_submit(ctx, -1, iocbs) == -EINVAL);
	CHECK(io_submit(ctx, 1, NULL) == -EFAULT);
	CHECK(io_submit((io_context_t)4096, 1, iocbs) == -EINVAL);
	errno = 0;
	CHECK(syscall(SYS_io_submit, 4096L, 1L, iocbs) == -1);
	CHECK(errno == EINVAL);
	CHECK(syscall(SYS_io_getevents, 4096L, 1L, 1L, events, NULL) == -1);
	CHECK(errno == EINVAL);
	errno = 4711;
	prepare(&iocb[0], 0);
	prepare(&iocb[1], 1);
	iocb[1].aio_fildes = 99;
	prepare(&iocb[2], 2);
	CHECK(io_submit(ctx, 3, iocbs) == 1);
	CHECK(io_getevents(ctx, 1, 3, events, NULL) == 1);
	check_read(&events[0], &iocb[0], 0);
	CHECK(io_submit(ctx, 2, iocbs + 1) == -EBADF);
	iocbs[1] = NULL;
	CHECK(io_submit(ctx, 2, iocbs + 1) == -EFAULT);
	/* an invalid length is detected later */
	iocb[2].u.c.nbytes = 100;
	iocbs[1] = iocbs[2];
	CHECK(io_submit(ctx, 1, iocbs + 1) == 1);
	CHECK(io_getevents(ctx, 1, 1, events, NULL) == 1);
	CHECK((int)events[0].res == -EINVAL && !events[0].res2);
	CHECK(errno == 4711);
}

/* Reuse a file descriptor for another file. 3 reads, then 5. */
static void reopen(const char *other)
{
	int i, old = fd;

	for (i = 0; i < 3; i++)
		read_block(i);
	close(fd);
	fd = open(other, O_RDONLY | O_DIRECT);
	CHECK(fd == old);
	for (i = 0; i < 5; i++)
		read_block(i);
}

/*
 * 10 reads, and 20 in a child that exits without cleaning up. With @raw, libc
 * does not know about the child.
 */
static void children(bool raw)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 10; i++)
		read_block(i);
	pid = raw ? syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
	CHECK(pid >= 0);
	if (!pid) {
		ctx = NULL;
		CHECK(!io_setup(256, &ctx));
		for (i = 0; i < 20; i++)
			read_block(i);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status);
}

/* Reads and writes of several sizes, with and without vectors. */
static void sizes(void)
{
	struct iovec vec[3] = {
		{ buffer(0), BLOCK }, { buffer(1), BLOCK }, { buffer(2), BLOCK },
	};
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	int i;

	for (i = 0; i < 3; i++)
		read_block(i);
	io_prep_preadv(&iocb, fd, vec, 3, 0);
	CHECK(io_submit(ctx, 1, &iocbs) == 1);
	CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
	CHECK(event.res == 3 * BLOCK && event.res2 == 0);
	for (i = 0; i < 2; i++) {
		io_prep_pwritev(&iocb, fd, vec, 2, 0);
		CHECK(io_submit(ctx, 1, &iocbs) == 1);
		CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		CHECK(event.res == 2 * BLOCK && event.res2 == 0);
	}
	io_prep_pwrite(&iocb, fd, buffer(2), BLOCK, 2 * BLOCK);
	CHECK(io_submit(ctx, 1, &iocbs) == 1);
	CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
	CHECK(event.res == BLOCK && event.res2 == 0);
}

/* Remove the directory @cgroup after 5 reads; then 5 more. */
static void removed(const char *cgroup)
{
	int i;

	for (i = 0; i < 5; i++)
		read_block(i);
	CHECK(!rmdir(cgroup));
	for (i = 0; i < 5; i++)
		read_block(i);
}

static int open_files(void)
{
	int i, n = 0;

	for (i = 0; i < 1024; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

/* Remove and create the directory @cgroup after 5 reads, twice. */
static void remade(const char *cgroup)
{
	int i, files = 0;

	for (i = 0; i < 15; i++) {
		if (i == 5)
			files = open_files();
		if (i && i % 5 == 0)
			CHECK(!rmdir(cgroup) && !mkdir(cgroup, 0755));
		read_block(i);
	}
	/* as many open files as after the first five */
	CHECK(open_files() == files);
}

/* The directory @cgroup is there for 5 reads, away for 5, and back for 5. */
static void away(const char *cgroup)
{
	int i;

	for (i = 0; i < 15; i++) {
		if (i == 5)
			CHECK(!rmdir(cgroup));
		if (i == 10)
			CHECK(!mkdir(cgroup, 0755));
		read_block(i);
	}
}

/* Close all file descriptors, as daemons do. 5 reads, then 5. */
static void daemons(const char *file)
{
	int i;

	for (i = 0; i < 5; i++)
		read_block(i);
	for (i = 3; i < 2000; i++)
		close(i);
	fd = open(file, O_RDONLY | O_DIRECT);
	CHECK(fd == 3);
	for (i = 0; i < 5; i++)
		read_block(i);
}

/* The read is rejected. */
static void refused(const char *error)
{
	struct iocb iocb, *iocbs = &iocb;

	prepare(&iocb, 0);
	CHECK(io_submit(ctx, 1, &iocbs) == -atoi(error));
}

/* Every read is rejected, but no write. */
static void reads_refused(void)
{
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	int i, ret;

	memset(buffer(0), 0, BLOCK);
	for (i = 0; i < 4; i++) {
		io_prep_pread(&iocb, fd, buffer(1), BLOCK, BLOCK);
		ret = io_submit(ctx, 1, &iocbs);
		CHECK(ret == -EINVAL || ret == -EOPNOTSUPP);
		io_prep_pwrite(&iocb, fd, buffer(0), BLOCK, 0);
		CHECK(io_submit(ctx, 1, &iocbs) == 1);
		CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		CHECK(event.res == BLOCK);
	}
}

/* Map memory. The first call is after this line has been printed. */
static void maps(void)
{
	void *map;

	CHECK(write(STDERR_FILENO, "here\n", 5) == 5);
	map = mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(map != MAP_FAILED);
	CHECK(!munmap(map, BLOCK));
	map = mmap64(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, BLOCK);
	CHECK(map != MAP_FAILED && *(char *)map == 1);
	CHECK(!munmap(map, BLOCK));
}

/* 100 reads of a file whose name was removed. */
static void unlinked(const char *file)
{
	CHECK(!unlink(file));
	single();
}

/* Ask for events where there are none. */
static void poll_idle(void)
{
	struct timespec now = { 0 };
	struct io_event event;
	int i;

	for (i = 0; i < 10; i++) {
		CHECK(io_getevents(ctx, 0, 1, &event, &now) == 0);
		CHECK(io_getevents(ctx, 1, 1, &event, &now) == 0);
		CHECK(io_pgetevents(ctx, 0, 1, &event, &now, NULL) == 0);
		CHECK(io_queue_run(ctx) == 0);
	}
}

/* 10 reads after the root directory was changed. */
static void changed_root(const char *root)
{
	int i;

	CHECK(!chroot(root) && !chdir("/"));
	for (i = 0; i < 10; i++)
		read_block(i);
}

/*
 * A program with attributes of its own: 3 reads with a report, the others
 * without. No hint is honoured here, so the list contains a cgroup.
 */
static void own(const char *cgroup)
{
	struct {
		uint32_t size, flags;
		struct { uint32_t size; uint16_t id, flags; } attr;
		int32_t fd;
		uint32_t reserved;
	} list = { 24, 1, { 16, 2, 0 }, open(cgroup, O_PATH), 0 };
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	int i;

	CHECK(list.fd >= 0);
	for (i = 0; i < 3; i++) {
		read_block(i);
		prepare(&iocb, i);
		iocb.u.c.__pad3 = (intptr_t)&list;
		iocb.u.c.flags = 1 << 2;
		CHECK(io_submit(ctx, 1, &iocbs) == 1);
		CHECK(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		CHECK(event.res == BLOCK);
		CHECK(event.res2 == 1 << 2);
	}
}

int main(int argc, char **argv)
{
	const char *scene, *more;
	int flags;

	if (argc < 3)
		return 2;
	scene = argv[1];
	more = argc > 3 ? argv[3] : "";
	flags = O_RDONLY | O_DIRECT;
	if (!strcmp(scene, "sizes"))
		flags = O_RDWR | O_DIRECT;
	else if (!strcmp(scene, "reads-refused"))
		flags = O_RDWR;	/* buffered: no hint is honoured */
	fd = open(argv[2], flags);
	CHECK(fd == 3);
	buffers = aligned_alloc(BLOCK, MANY * BLOCK);
	CHECK(buffers);
	CHECK(!io_setup(256, &ctx));
	if (!strcmp(scene, "single"))
		single();
	else if (!strcmp(scene, "batch"))
		batch();
	else if (!strcmp(scene, "reuse"))
		reuse();
	else if (!strcmp(scene, "threads"))
		threads();
	else if (!strcmp(scene, "first"))
		first();
	else if (!strcmp(scene, "ring"))
		ring();
	else if (!strcmp(scene, "errors"))
		errors();
	else if (!strcmp(scene, "reopen"))
		reopen(more);
	else if (!strcmp(scene, "children"))
		children(false);
	else if (!strcmp(scene, "clones"))
		children(true);
	else if (!strcmp(scene, "remade"))
		remade(more);
	else if (!strcmp(scene, "away"))
		away(more);
	else if (!strcmp(scene, "sizes"))
		sizes();
	else if (!strcmp(scene, "removed"))
		removed(more);
	else if (!strcmp(scene, "daemons"))
		daemons(argv[2]);
	else if (!strcmp(scene, "refused"))
		refused(more);
	else if (!strcmp(scene, "reads-refused"))
		reads_refused();
	else if (!strcmp(scene, "maps"))
		maps();
	else if (!strcmp(scene, "unlinked"))
		unlinked(argv[2]);
	else if (!strcmp(scene, "poll"))
		poll_idle();
	else if (!strcmp(scene, "chroot"))
		changed_root(more);
	else if (!strcmp(scene, "own"))
		own(more);
	else
		return 2;
	CHECK(!io_destroy(ctx));
	return 0;
}
