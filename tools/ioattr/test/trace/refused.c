// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: refused FILE
 *
 * Submit reads of FILE whose lists have one error: one read for each reason to
 * reject a list, except lack of memory. Prints what ioattr trace must show for
 * each: error, reason and attribute. A separate thread submits them and exits,
 * so that its id can no longer be looked up.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <linux/aio_abi.h>

#include "../../include/ioattr-aio.h"

/* no process has this pid: the maximum is 1 << 22 */
#define NO_PID	(1 << 30)

static aio_context_t ctx;
static int fd;
static int failed;

/* Submit a read with the list at @list, which must fail with @error. */
static void refuse(const void *list, int error, const char *name,
		   const char *reason, const char *attribute)
{
	static char buf[4096] __attribute__((aligned(4096)));
	struct iocb iocb = {
		.aio_lio_opcode	= IOCB_CMD_PREAD,
		.aio_fildes	= fd,
		.aio_buf	= (uintptr_t)buf,
		.aio_nbytes	= sizeof(buf),
		.aio_flags	= IOCB_FLAG_ATTR,
	}, *iocbs = &iocb;
	int ret;

	iocb.aio_attrs = (uintptr_t)list;
	ret = ioattr_aio_submit(ctx, 1, &iocbs);
	if (ret != -error) {
		fprintf(stderr, "%s %s: %d\n", name, reason, ret);
		failed = 1;
	}
	printf("%s %s %s\n", name, reason, attribute);
}

/* The header of a record, in the byte order of this machine. */
#define RECORD(size, id, flags)					\
	((size) | (uint64_t)(id) << 32 | (uint64_t)(flags) << 48)

static void *refuse_all(void *unused)
{
	const uint64_t size[] = { 12 }, flags[] = { 8 | 1ULL << 40 };
	const uint64_t record[] = { 24, RECORD(12, IOCB_ATTR_cache, 0), 0 };
	const uint64_t flag[] = { 24, RECORD(16, IOCB_ATTR_ioprio, 2), 0 };
	const uint64_t twice[] = {
		40, RECORD(16, IOCB_ATTR_cache, 0), IOCB_CACHE_BYPASS,
		RECORD(16, IOCB_ATTR_cache, 0), IOCB_CACHE_BYPASS,
	};
	const uint64_t brief[] = { 16, RECORD(8, IOCB_ATTR_cgroup, 0) };
	const uint64_t tail[] = { 32, RECORD(24, IOCB_ATTR_cache, 0), 1, 1 };
	const uint64_t reserved[] = {
		24, RECORD(16, IOCB_ATTR_cache, 0), 1ULL << 32,
	};
	const uint64_t value[] = {
		24, RECORD(16, IOCB_ATTR_cache, 0),
		IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT,
	};
	const uint64_t conflict[] = {
		40, RECORD(16, IOCB_ATTR_proxy_pid, 0), 1,
		RECORD(16, IOCB_ATTR_proxy_pidfd, 0), 0,
	};
	const uint64_t target[] = {
		24, RECORD(16, IOCB_ATTR_proxy_pid, 0), NO_PID,
	};
	const uint64_t unsupported[] = {
		24, RECORD(16, 77, IOCB_ATTR_REQUIRED), 0,
	};

	refuse(NULL, EFAULT, "EFAULT", "pointer", "list");
	refuse(size, EINVAL, "EINVAL", "list-size", "list");
	refuse(flags, EINVAL, "EINVAL", "list-flags", "list");
	refuse(record, EINVAL, "EINVAL", "size", "cache");
	refuse(flag, EINVAL, "EINVAL", "flags", "ioprio");
	refuse(twice, EINVAL, "EINVAL", "duplicate", "cache");
	refuse(brief, EINVAL, "EINVAL", "short", "cgroup");
	refuse(tail, E2BIG, "E2BIG", "long", "cache");
	refuse(reserved, EINVAL, "EINVAL", "reserved", "cache");
	refuse(value, EINVAL, "EINVAL", "value", "cache");
	refuse(conflict, EINVAL, "EINVAL", "conflict", "proxy_pidfd");
	refuse(target, ESRCH, "ESRCH", "target", "proxy_pid");
	refuse(unsupported, EOPNOTSUPP, "EOPNOTSUPP", "unsupported", "77");
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 2)
		return 2;
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0 || ioattr_aio_setup(1, &ctx) ||
	    pthread_create(&thread, NULL, refuse_all, NULL) ||
	    pthread_join(thread, NULL)) {
		perror(argv[1]);
		return 2;
	}
	ioattr_aio_destroy(ctx);
	return failed;
}
