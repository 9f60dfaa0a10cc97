// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: aio_test SCENE FILE [FILE2]
 *
 * A program that knows nothing of attributes, and looks closely at what AIO does
 * for it. Block N of FILE is full of the byte N. Exits with 0 if all was right.
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

#include "right.h"

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

	right(event->obj == iocb);
	right(event->data == (void *)(uintptr_t)(block + 1000));
	right(event->res == BLOCK);
	right(event->res2 == 0);
	for (i = 0; i < BLOCK; i++)
		right(buffer(block)[i] == (char)block);
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
	right(io_submit(ctx, 1, &iocbs) == 1);
	right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
	right(errno == 4711);
	check_read(&event, &iocb, block);
}

/* 100 reads, one after the other */
static void single(void)
{
	int i;

	for (i = 0; i < 100; i++)
		read_block(i);
}

/* 150 reads at once, from another call */
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
	right(syscall(SYS_io_submit, ctx, MANY, iocbs) == MANY);
	right(syscall(SYS_io_getevents, ctx, MANY, MANY, events, NULL) == MANY);
	for (i = 0; i < MANY; i++) {
		block = events[i].obj - iocb;
		check_read(&events[i], &iocb[block], block);
		prepare(&iocb[block], block);
	}
	right(io_submit(ctx, MANY, iocbs) == MANY);
	right(io_pgetevents(ctx, MANY, MANY, events, NULL, NULL) == MANY);
	for (i = 0; i < MANY; i++) {
		block = events[i].obj - iocb;
		check_read(&events[i], &iocb[block], block);
	}
}

/* What was a read becomes something else, of which only the opcode is set. */
static void reuse(void)
{
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	int i;

	for (i = 0; i < 5; i++) {
		prepare(&iocb, i);
		right(io_submit(ctx, 1, &iocbs) == 1);
		right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		check_read(&event, &iocb, i);
		/* as it is */
		right(io_submit(ctx, 1, &iocbs) == 1);
		right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		check_read(&event, &iocb, i);
		iocb.aio_lio_opcode = IO_CMD_FDSYNC;
		iocb.u.c.buf = NULL;
		iocb.u.c.nbytes = 0;
		iocb.u.c.offset = 0;
		right(io_submit(ctx, 1, &iocbs) == 1);
		right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		right(event.obj == &iocb && event.res == 0 && event.res2 == 0);
	}
}

/*
 * Once its event is there, an iocb is memory for anything: what it holds then has
 * to stay.
 */
static struct iocb *thrown_away[4 * 2000];

static void *throw_away(void *unused)
{
	struct io_event events[16];
	int i, n, done = 0;

	(void)unused;
	while (done < 4 * 2000) {
		n = io_getevents(ctx, 1, 16, events, NULL);
		right(n > 0);
		for (i = 0; i < n; i++) {
			right(events[i].res == BLOCK && events[i].res2 == 0);
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
		right(iocb);
		io_prep_pread(iocb, fd, buffer(block), BLOCK, block * BLOCK);
		do {
			ret = io_submit(ctx, 1, &iocb);
		} while (ret == -EAGAIN);
		right(ret == 1);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[5];
	char *p;
	int i;
	size_t j;

	right(!pthread_create(&thread[4], NULL, throw_away, NULL));
	for (i = 0; i < 4; i++)
		right(!pthread_create(&thread[i], NULL, submit_many,
				      (void *)(intptr_t)i));
	for (i = 0; i < 5; i++)
		right(!pthread_join(thread[i], NULL));
	for (i = 0; i < 4 * 2000; i++) {
		p = (char *)thrown_away[i];
		for (j = 0; j < sizeof(struct iocb); j++)
			right(p[j] == (char)0xa5);
		free(p);
	}
}

/*
 * 8 threads do their first I/O, half of them at once and the others while these
 * may still be getting ready for it.
 */
static pthread_barrier_t all_there;

static void *first_read(void *number)
{
	const int block = (intptr_t)number;
	io_context_t own = NULL;
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;

	right(!io_setup(1, &own));
	prepare(&iocb, block);
	pthread_barrier_wait(&all_there);
	if (block >= 4)
		usleep((block - 3) * 10000);
	right(io_submit(own, 1, &iocbs) == 1);
	right(io_getevents(own, 1, 1, &event, NULL) == 1);
	check_read(&event, &iocb, block);
	right(!io_destroy(own));
	return NULL;
}

static void first(void)
{
	pthread_t thread[8];
	int i;

	right(!pthread_barrier_init(&all_there, NULL, 8));
	for (i = 0; i < 8; i++)
		right(!pthread_create(&thread[i], NULL, first_read,
				      (void *)(intptr_t)i));
	for (i = 0; i < 8; i++)
		right(!pthread_join(thread[i], NULL));
}

struct ring {
	unsigned int	id, nr, head, tail, magic, compat, incompat, length;
	struct io_event	events[];
};

/* Events are taken from the ring in memory, as some programs do. */
static void ring(void)
{
	struct ring *ring = (struct ring *)ctx;
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	unsigned int head;
	int i;

	right(ring->magic == 0xa10a10a1);
	for (i = 0; i < 100; i++) {
		prepare(&iocb, i);
		right(io_submit(ctx, 1, &iocbs) == 1);
		head = ring->head;
		while (__atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) == head)
			;
		event = ring->events[head];
		__atomic_store_n(&ring->head, (head + 1) % ring->nr,
				 __ATOMIC_RELEASE);
		check_read(&event, &iocb, i);
	}
}

/* Errors are what they are without the library. */
static void errors(void)
{
	struct iocb iocb[3], *iocbs[3] = { &iocb[0], &iocb[1], &iocb[2] };
	struct io_event events[3];

	right(io_submit(ctx, 0, iocbs) == 0);
	right(io_submit(ctx, -1, iocbs) == -EINVAL);
	right(io_submit(ctx, 1, NULL) == -EFAULT);
	right(io_submit((io_context_t)4096, 1, iocbs) == -EINVAL);
	errno = 0;
	right(syscall(SYS_io_submit, 4096L, 1L, iocbs) == -1);
	right(errno == EINVAL);
	right(syscall(SYS_io_getevents, 4096L, 1L, 1L, events, NULL) == -1);
	right(errno == EINVAL);
	errno = 4711;
	prepare(&iocb[0], 0);
	prepare(&iocb[1], 1);
	iocb[1].aio_fildes = 99;
	prepare(&iocb[2], 2);
	right(io_submit(ctx, 3, iocbs) == 1);
	right(io_getevents(ctx, 1, 3, events, NULL) == 1);
	check_read(&events[0], &iocb[0], 0);
	right(io_submit(ctx, 2, iocbs + 1) == -EBADF);
	iocbs[1] = NULL;
	right(io_submit(ctx, 2, iocbs + 1) == -EFAULT);
	/* a wrong length is found later */
	iocb[2].u.c.nbytes = 100;
	iocbs[1] = iocbs[2];
	right(io_submit(ctx, 1, iocbs + 1) == 1);
	right(io_getevents(ctx, 1, 1, events, NULL) == 1);
	right((int)events[0].res == -EINVAL && !events[0].res2);
	right(errno == 4711);
}

/* Another file has the number of the one before. 3 reads, and 5. */
static void reopen(const char *other)
{
	int i, old = fd;

	for (i = 0; i < 3; i++)
		read_block(i);
	close(fd);
	fd = open(other, O_RDONLY | O_DIRECT);
	right(fd == old);
	for (i = 0; i < 5; i++)
		read_block(i);
}

/*
 * 10 reads, and 20 of a child that ends without further ado. With @raw, the C
 * library does not know of the child.
 */
static void children(bool raw)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 10; i++)
		read_block(i);
	pid = raw ? syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
	right(pid >= 0);
	if (!pid) {
		ctx = NULL;
		right(!io_setup(256, &ctx));
		for (i = 0; i < 20; i++)
			read_block(i);
		_exit(0);
	}
	right(waitpid(pid, &status, 0) == pid && !status);
}

/* Reads and writes of several sizes, by vectors and without. */
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
	right(io_submit(ctx, 1, &iocbs) == 1);
	right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
	right(event.res == 3 * BLOCK && event.res2 == 0);
	for (i = 0; i < 2; i++) {
		io_prep_pwritev(&iocb, fd, vec, 2, 0);
		right(io_submit(ctx, 1, &iocbs) == 1);
		right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		right(event.res == 2 * BLOCK && event.res2 == 0);
	}
	io_prep_pwrite(&iocb, fd, buffer(2), BLOCK, 2 * BLOCK);
	right(io_submit(ctx, 1, &iocbs) == 1);
	right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
	right(event.res == BLOCK && event.res2 == 0);
}

/* The directory @cgroup goes after 5 reads; 5 more. */
static void removed(const char *cgroup)
{
	int i;

	for (i = 0; i < 5; i++)
		read_block(i);
	right(!rmdir(cgroup));
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

/* The directory @cgroup is removed and made again after 5 reads, twice. */
static void remade(const char *cgroup)
{
	int i, files = 0;

	for (i = 0; i < 15; i++) {
		if (i == 5)
			files = open_files();
		if (i && i % 5 == 0)
			right(!rmdir(cgroup) && !mkdir(cgroup, 0755));
		read_block(i);
	}
	/* no more files are open than after the first five */
	right(open_files() == files);
}

/* Everything that is open is closed, as daemons do. 5 reads, and 5. */
static void daemons(const char *file)
{
	int i;

	for (i = 0; i < 5; i++)
		read_block(i);
	for (i = 3; i < 2000; i++)
		close(i);
	fd = open(file, O_RDONLY | O_DIRECT);
	right(fd == 3);
	for (i = 0; i < 5; i++)
		read_block(i);
}

/* It is refused. */
static void refused(const char *error)
{
	struct iocb iocb, *iocbs = &iocb;

	prepare(&iocb, 0);
	right(io_submit(ctx, 1, &iocbs) == -atoi(error));
}

/* Reads are refused each time, and writes never. */
static void reads_refused(void)
{
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;
	int i, ret;

	memset(buffer(0), 0, BLOCK);
	for (i = 0; i < 4; i++) {
		io_prep_pread(&iocb, fd, buffer(1), BLOCK, BLOCK);
		ret = io_submit(ctx, 1, &iocbs);
		right(ret == -EINVAL || ret == -EOPNOTSUPP);
		io_prep_pwrite(&iocb, fd, buffer(0), BLOCK, 0);
		right(io_submit(ctx, 1, &iocbs) == 1);
		right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		right(event.res == BLOCK);
	}
}

/* Memory is mapped, for the first time after this line was written. */
static void maps(void)
{
	void *map;

	right(write(STDERR_FILENO, "here\n", 5) == 5);
	map = mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	right(map != MAP_FAILED);
	right(!munmap(map, BLOCK));
	map = mmap64(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, BLOCK);
	right(map != MAP_FAILED && *(char *)map == 1);
	right(!munmap(map, BLOCK));
}

/*
 * A program with attributes of its own: 3 with a report, the others without.
 * Nothing honours a hint here: an empty list reports nothing, so it is the
 * cgroup that has to be in it.
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

	right(list.fd >= 0);
	for (i = 0; i < 3; i++) {
		read_block(i);
		prepare(&iocb, i);
		iocb.u.c.__pad3 = (intptr_t)&list;
		iocb.u.c.flags = 1 << 2;
		right(io_submit(ctx, 1, &iocbs) == 1);
		right(io_getevents(ctx, 1, 1, &event, NULL) == 1);
		right(event.res == BLOCK);
		right(event.res2 == 1 << 2);
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
		flags = O_RDWR;	/* whatever the disk, nothing honours a hint */
	fd = open(argv[2], flags);
	right(fd == 3);
	buffers = aligned_alloc(BLOCK, MANY * BLOCK);
	right(buffers);
	right(!io_setup(256, &ctx));
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
	else if (!strcmp(scene, "own"))
		own(more);
	else
		return 2;
	right(!io_destroy(ctx));
	return 0;
}
