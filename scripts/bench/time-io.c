// SPDX-License-Identifier: GPL-2.0
/*
 * Time direct reads: the program in the user-mode Linux of scripts/bench/time.
 * Each input line requests a slice:
 *
 *	aio|uring|pread DEPTH WHAT READS
 *
 * A slice is PARTS times READS reads of 4 KiB from /dev/nullb0, DEPTH at a
 * time, with one system call to submit and one to wait (io_uring: the same
 * one). WHAT is none or a list of lists.h. Its objects are created on first use
 * and kept.
 *
 * The answer is "= NANOSECONDS", the median of the parts: if the host runs
 * another process, only one of the parts takes longer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/testing/selftests/iocb_attr/lib/uring.h"
#include "count.h"
#include "lists.h"

#define MAX_ROWS	32
#define PARTS		40

struct row {
	char interface[8], what[32];
	unsigned int depth, next;
	struct lists lists;
	aio_context_t ctx;
	struct iocb iocbs[BATCH];
	struct iocb *submit[BATCH];
	struct io_event events[BATCH];
	struct uring ring;
	int (*do_depth)(struct row *r);
};

static int disk;
static char *buf;

static off_t next_offset(struct row *r)
{
	const off_t offset = offset_of(r->next);

	r->next = (r->next + STRIDE) & (SPAN - 1);
	return offset;
}

static int read_by_aio(struct row *r)
{
	unsigned int i;
	int n;

	for (i = 0; i < r->depth; i++)
		r->iocbs[i].aio_offset = next_offset(r);
	n = syscall(SYS_io_submit, r->ctx, r->depth, r->submit);
	if (n != (int)r->depth)
		return n < 0 ? -errno : -EAGAIN;
	n = syscall(SYS_io_getevents, r->ctx, r->depth, r->depth, r->events,
		    NULL);
	if (n != (int)r->depth)
		return n < 0 ? -errno : -EAGAIN;
	for (i = 0; i < r->depth; i++)
		if (r->events[i].res != BLOCK)
			return r->events[i].res < 0 ? r->events[i].res : -EIO;
	return 0;
}

static int read_by_uring(struct row *r)
{
	unsigned int *tail = uring_word(&r->ring, r->ring.p.sq_off.tail);
	unsigned int *array = uring_word(&r->ring, r->ring.p.sq_off.array);
	const unsigned int mask = r->ring.p.sq_entries - 1;
	const void *list = r->lists.nr ? &r->lists.list[0].head : NULL;
	struct uring_done done;
	unsigned int i, at;
	int err;

	for (i = 0; i < r->depth; i++) {
		at = (*tail + i) & mask;
		r->ring.sqes[at] = uring_prep(IORING_OP_READ, disk,
					      buf + i * BLOCK, BLOCK,
					      next_offset(r), list);
		array[at] = at;
	}
	__atomic_store_n(tail, *tail + r->depth, __ATOMIC_RELEASE);
	err = uring_enter(&r->ring, r->depth, r->depth, IORING_ENTER_GETEVENTS);
	if (err != (int)r->depth)
		return err < 0 ? err : -EAGAIN;
	for (i = 0; i < r->depth; i++) {
		err = uring_wait(&r->ring, &done);
		if (!err && done.res != BLOCK)
			err = done.res < 0 ? done.res : -EIO;
		if (err)
			return err;
	}
	return 0;
}

static int read_by_pread(struct row *r)
{
	ssize_t n = pread(disk, buf, BLOCK, next_offset(r));

	return n == BLOCK ? 0 : n < 0 ? -errno : -EIO;
}

static int prepare_aio(struct row *r)
{
	unsigned int i;

	r->do_depth = read_by_aio;
	for (i = 0; i < r->depth; i++) {
		r->iocbs[i] = (struct iocb) {
			.aio_lio_opcode	= IOCB_CMD_PREAD,
			.aio_fildes	= disk,
			.aio_buf	= (uintptr_t)(buf + i * BLOCK),
			.aio_nbytes	= BLOCK,
		};
		if (r->lists.nr)
			ioattr_prep_aio(&r->iocbs[i], r->lists.list);
		r->submit[i] = &r->iocbs[i];
	}
	return syscall(SYS_io_setup, BATCH, &r->ctx) ? -errno : 0;
}

static int prepare(struct row *r)
{
	int err = 0;

	if (!r->depth || r->depth > BATCH)
		return -EINVAL;
	if (strcmp(r->what, "none"))
		err = build_lists(&r->lists, r->what, 1);
	if (err)
		return err;
	if (!strcmp(r->interface, "aio"))
		return prepare_aio(r);
	if (!strcmp(r->interface, "uring")) {
		r->do_depth = read_by_uring;
		return uring_open(&r->ring, BATCH, IORING_SETUP_SINGLE_ISSUER |
				  IORING_SETUP_COOP_TASKRUN);
	}
	if (strcmp(r->interface, "pread") || r->depth != 1 || r->lists.nr)
		return -EINVAL;
	r->do_depth = read_by_pread;
	return 0;
}

/* Find the row, or return an unused one. */
static struct row *find_row(const char *interface, unsigned int depth,
			    const char *what)
{
	static struct row rows[MAX_ROWS];
	struct row *r;

	for (r = rows; r < rows + MAX_ROWS; r++) {
		if (!r->do_depth) {
			snprintf(r->interface, sizeof(r->interface), "%s",
				 interface);
			snprintf(r->what, sizeof(r->what), "%s", what);
			r->depth = depth;
			return r;
		}
		if (!strcmp(r->interface, interface) &&
		    r->depth == depth && !strcmp(r->what, what))
			return r;
	}
	return NULL;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000UL + ts.tv_nsec;
}

static int one_part(struct row *r, unsigned int reads, uint64_t *ns)
{
	const uint64_t start = now();
	unsigned int i;
	int err;

	for (i = 0; i < reads; i += r->depth) {
		err = r->do_depth(r);
		if (err)
			return err;
	}
	*ns = now() - start;
	return 0;
}

/* Returns nanoseconds or a negative errno. */
static long slice(const char *line)
{
	char interface[8], what[32];
	unsigned int depth, reads, i;
	uint64_t ns[PARTS];
	struct row *r;
	int err = 0;

	if (sscanf(line, "%7s %u %31s %u", interface, &depth, what,
		   &reads) != 4)
		return -EINVAL;
	r = find_row(interface, depth, what);
	if (!r)
		return -ENOSPC;
	if (!r->do_depth)
		err = prepare(r);
	for (i = 0; i < PARTS && !err; i++)
		err = one_part(r, reads, &ns[i]);
	if (err)
		return err;
	qsort(ns, PARTS, sizeof(*ns), compare_counts);
	return (ns[PARTS / 2 - 1] + ns[PARTS / 2]) / 2;
}

/* The input is a terminal. */
static void no_echo(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t))
		return;
	t.c_lflag &= ~ECHO;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

int main(void)
{
	char line[128];
	long ns;

	no_echo();
	disk = open("/dev/nullb0", O_RDONLY | O_DIRECT);
	buf = aligned_alloc(BLOCK, BATCH * BLOCK);
	if (disk < 0 || !buf || span_of(disk) != SPAN) {
		perror("! /dev/nullb0");
		return 1;
	}
	memset(buf, 0, BATCH * BLOCK);
	puts("= ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		ns = slice(line);
		if (ns < 0) {
			printf("! %s: %s", strerror(-ns), line);
			fflush(stdout);
			return 1;
		}
		printf("= %ld\n", ns);
		fflush(stdout);
	}
	return 0;
}
