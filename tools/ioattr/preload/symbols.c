// SPDX-License-Identifier: GPL-2.0
/* Replacements of the functions of libaio, and of syscall(2). */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

#include "shim.h"

/* These return a negative errno on error and preserve errno. */
EXPORT int io_setup(int nr, aio_context_t *ctx)
{
	return shim_io_setup(nr, ctx);
}

EXPORT int io_destroy(aio_context_t ctx)
{
	return shim_io_destroy(ctx);
}

EXPORT int io_submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
	return shim_io_submit(ctx, nr, iocbs);
}

EXPORT int io_getevents(aio_context_t ctx, long min, long nr,
			struct io_event *events, struct timespec *timeout)
{
	return shim_io_getevents(SYS_io_getevents, ctx, min, nr, events,
				 timeout, NULL);
}

EXPORT int io_pgetevents(aio_context_t ctx, long min, long nr,
			 struct io_event *events, struct timespec *timeout,
			 sigset_t *sigmask)
{
	/* the size of the kernel's signal set, not libc's */
	struct { sigset_t *mask; size_t size; } set = { sigmask, _NSIG / 8 };

	return shim_io_getevents(SYS_io_pgetevents, ctx, min, nr, events,
				 timeout, &set);
}

EXPORT int io_queue_release(aio_context_t ctx)
{
	return shim_io_destroy(ctx);
}

/* libaio's own version calls its io_getevents() directly. */
EXPORT int io_queue_run(aio_context_t ctx)
{
	struct timespec now = { 0 };
	struct io_event event;
	long ret;

	for (;;) {
		ret = shim_io_getevents(SYS_io_getevents, ctx, 0, 1, &event,
					&now, NULL);
		if (ret != 1)
			return ret;
		((void (*)(aio_context_t, uint64_t, long, long))
		 (uintptr_t)event.data)(ctx, event.obj, event.res, event.res2);
	}
}

static long with_errno(long ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* The declaration in unistd.h has other arguments. */
EXPORT long shim_syscall(long nr, long a, long b, long c, long d, long e,
			 long f) __asm__("syscall");

long shim_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;

	switch (nr) {
	case SYS_io_setup:
		return with_errno(shim_io_setup(a, (void *)b));
	case SYS_io_destroy:
		return with_errno(shim_io_destroy(a));
	case SYS_io_submit:
		return with_errno(shim_io_submit(a, b, (void *)c));
	case SYS_io_getevents:
	case SYS_io_pgetevents:
		return with_errno(shim_io_getevents(nr, a, b, c, (void *)d,
						    (void *)e, (void *)f));
	case SYS_io_uring_setup:
		ret = raw_syscall(nr, a, b, 0, 0, 0, 0);
		if (ret >= 0)
			shim_uring_setup(ret, (void *)b);
		return with_errno(ret);
	case SYS_io_uring_enter:
		shim_uring_enter(a, b, d);
		break;
	}
	return real_syscall()(nr, a, b, c, d, e, f);
}
