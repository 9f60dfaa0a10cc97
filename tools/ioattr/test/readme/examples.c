// SPDX-License-Identifier: GPL-2.0
/*
 * Run the examples of README.md, which the script run extracts unchanged. Each
 * is run on a device where it must have the effect that README.md describes.
 *
 *	examples backup|clients|checksums DEVICE
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libaio.h>
#include <linux/types.h>

#include <ioattr.h>

#include "make_tuple.inc"

#define LEN	65536

struct client {
	const char		*path;
	int			cgroup, set, scope;
	uint16_t		prio;
	struct ioattr_list	list;
};

/* The I/O that an example has submitted. */
static struct io_event result(io_context_t ctx)
{
	struct io_event event;

	if (io_getevents(ctx, 1, 1, &event, NULL) != 1)
		memset(&event, 0xff, sizeof(event));
	return event;
}

static int backup(io_context_t ctx, int fd, char *buf)
{
	const long long offset = 4 << 20;
	const size_t len = LEN;
	struct ioattr_list list;
	struct iocb iocb, *iocbs[1] = { &iocb };
	struct io_event event;
	int bypassed = 0;

#include "backup.inc"
	printf("%lu bytes, %d bypassed\n", event.res, bypassed);
	return event.res == LEN && bypassed == 1 ? 0 : 1;
}

static int clients(io_context_t ctx, int fd, char *buf)
{
	struct client one = { .path = "/sys/fs/cgroup/readme", .prio = 0x4006 };
	struct client *client = &one;
	const long long offset = 0;
	const size_t len = LEN;
	struct iocb iocb, *iocbs[1] = { &iocb };
	struct io_event event;
	struct ioattr_list list;
	char text[256] = "";
	size_t size;
	FILE *stat;
	ssize_t n;

	if (mkdir(one.path, 0755))
		return 1;
#include "clients.inc"
	event = result(ctx);
	if (event.res != LEN)
		return 1;
#include "sets.inc"
	event = result(ctx);
	if (event.res != LEN)
		return 1;
#include "scopes.inc"
	stat = fopen("/sys/fs/cgroup/readme/io.stat", "r");
	size = fread(text, 1, sizeof(text) - 1, stat);
	printf("%zd bytes, io.stat: %.*s", n, (int)size, text);
	return n == LEN && strstr(text, " rbytes=196608 ") ? 0 : 1;
}

static int checksums(io_context_t ctx, int fd, char *buf)
{
	struct tuple tuples[LEN / 512];
	struct ioattr_pi_format format;
	const long long first = 64;
	const size_t len = LEN;
	struct iocb iocb, *iocbs[1] = { &iocb };
	struct ioattr_list list;
	struct io_event event;
	int wrong;
	size_t i;

	for (wrong = 0; wrong < 2; wrong++) {
		memset(buf, 'x' + wrong, LEN);
#include "checksums.inc"
		/* corrupt the data after the checksums were computed */
		buf[1000] += wrong;
		if (io_submit(ctx, 1, iocbs) != 1)
			return 1;
		event = result(ctx);
		printf("%s: %ld\n", wrong ? "a wrong block" : "right",
		       (long)event.res);
		if ((long)event.res != (wrong ? -EILSEQ : LEN))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	io_context_t ctx = NULL;
	void *buf;
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[2], O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0 || io_setup(1, &ctx) || posix_memalign(&buf, 4096, LEN)) {
		perror(argv[2]);
		return 1;
	}
	if (!strcmp(argv[1], "backup"))
		return backup(ctx, fd, buf);
	if (!strcmp(argv[1], "clients"))
		return clients(ctx, fd, buf);
	return checksums(ctx, fd, buf);
}
