// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Which attributes the kernel accepts. ioattr run finds out whether it has any,
 * so that a program need not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

/* 1 if the kernel has attributes, 0 if it has none, -1 if unknown. */
static _Atomic int supported = -1;

/*
 * AIO has rejected an I/O because of that, and io_uring would. The first one is
 * counted.
 */
static _Atomic bool no_aio, no_uring;

static _Atomic int null_fd = -1;

syscall_fn real_syscall(void)
{
	static void *_Atomic real;

	if (!real)
		real = dlsym(RTLD_NEXT, "syscall");
	return (syscall_fn)real;
}

long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	int saved = errno;
	long ret;

	ret = real_syscall()(nr, a, b, c, d, e, f);
	if (ret == -1)
		ret = -errno;
	errno = saved;
	return ret;
}

long with_errno(long ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* Returns the file descriptor of /dev/null, or a negative errno. */
static int open_null(void)
{
	int fd = null_fd;

	if (fd >= 0)
		return fd;
	fd = open_far("/dev/null", O_RDONLY);
	return fd < 0 ? fd : set_once(&null_fd, fd);
}

void kernel_init(bool tries)
{
	const char *env = getenv(ENV_KERNEL);

	if (env)
		supported = *env == '1';
	/* the program may change its root directory */
	if (tries && supported)
		open_null();
}

int kernel_try(const struct iocb_attr_list *list)
{
	struct iocb iocb = {
		.aio_lio_opcode	= IOCB_CMD_PREAD,
		.aio_flags	= IOCB_FLAG_ATTR,
		.aio_attrs	= (uintptr_t)list,
	}, *iocbs = &iocb;
	aio_context_t _Atomic *context = shim_context();
	aio_context_t ctx = *context, unused = 0;
	struct io_event events[8];
	int fd, tries = 3;
	long ret;

	fd = open_null();
	if (fd < 0)
		return -fd;
	if (!ctx) {
		ret = raw_syscall(SYS_io_setup, 32, (long)&ctx, 0, 0, 0, 0);
		if (ret < 0)
			return -ret;
		if (!atomic_compare_exchange_strong(context, &unused, ctx)) {
			raw_syscall(SYS_io_destroy, ctx, 0, 0, 0, 0, 0);
			ctx = unused;
		}
	}
	iocb.aio_fildes = fd;
	do {
		ret = raw_syscall(SYS_io_submit, ctx, 1, (long)&iocbs, 0, 0, 0);
		/* remove completed I/Os, including those of other threads */
		raw_syscall(SYS_io_getevents, ctx, 0, 8, (long)events, 0, 0);
	} while (ret == -EAGAIN && --tries);
	/* the program closed it: open it again next time */
	if (ret == -EBADF)
		null_fd = -1;
	return ret < 0 ? -ret : 0;
}

bool kernel_refuses_all(void)
{
	const struct iocb_attr_list list = { .size = sizeof(list) };
	int saved = errno, error;

	if (supported < 0 && !shut_in()) {
		error = kernel_try(&list);
		if (!error)
			supported = 1;
		else if (error == EINVAL || error == EOPNOTSUPP)
			supported = 0;
		errno = saved;
	}
	if (!supported)
		no_aio = true;
	return no_aio;
}

bool kernel_has_none(bool uring)
{
	return uring ? no_uring : no_aio;
}

bool kernel_has_uring(void)
{
	static _Atomic int knows = -1;
	int saved = errno;

	if (!supported)
		knows = 0;
	if (knows < 0) {
		knows = uring_query();
		errno = saved;
	}
	if (!knows)
		no_uring = true;
	return knows;
}
