// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: read_with_set FILE
 *
 * Make a set of attributes. Read a block of FILE with the set, and one with a
 * list that names the set. Give this thread the set as its scope, and get it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/iocb_attr.h>
#include <linux/prctl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Alignas(4096) char buf[4096];

static void read_block(aio_context_t ctx, int file, unsigned int flags,
		       uint64_t attrs)
{
	struct iocb iocb = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = file,
		.aio_buf = (uintptr_t)buf,
		.aio_nbytes = sizeof(buf),
		.aio_flags = flags,
		.aio_attrs = attrs,
	};
	struct iocb *iocbs = &iocb;
	struct io_event event;

	if (syscall(SYS_io_submit, ctx, 1, &iocbs) != 1)
		err(1, "io_submit");
	if (syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) != 1)
		err(1, "io_getevents");
	if (event.res != sizeof(buf))
		errx(1, "the read returned %lld", (long long)event.res);
}

int main(int argc, char **argv)
{
	struct {
		struct iocb_attr_list list;
		struct iocb_attr_cache cache;
	} attrs = {
		.list = {
			.size = sizeof(attrs),
			.flags = IOCB_ATTR_LIST_REPORT,
		},
		.cache = {
			.attr = {
				.size = sizeof(attrs.cache),
				.id = IOCB_ATTR_cache,
			},
			.hints = IOCB_CACHE_BYPASS,
		},
	};
	struct {
		struct iocb_attr_list list;
		struct iocb_attr_set set;
	} by_list = {
		.list.size = sizeof(by_list),
		.set.attr = {
			.size = sizeof(by_list.set),
			.id = IOCB_ATTR_set,
		},
	};
	aio_context_t ctx = 0;
	int file, set;

	if (argc != 2)
		errx(2, "usage: read_with_set FILE");
	set = syscall(__NR_iocb_attr_create, &attrs, 0);
	if (set < 0)
		err(1, "iocb_attr_create");
	file = open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (file < 0)
		err(1, "%s", argv[1]);
	if (syscall(SYS_io_setup, 1, &ctx))
		err(1, "io_setup");
	read_block(ctx, file, IOCB_FLAG_ATTR_SET, set);
	by_list.set.fd = set;
	read_block(ctx, file, IOCB_FLAG_ATTR, (uintptr_t)&by_list);
	if (prctl(PR_SET_IOCB_ATTR, set, PR_IOCB_ATTR_THREAD, 0, 0))
		err(1, "PR_SET_IOCB_ATTR");
	if (prctl(PR_GET_IOCB_ATTR, 0, 0, 0, 0) < 0)
		err(1, "PR_GET_IOCB_ATTR");
	return 0;
}
