// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Replacements of the functions of libaio, and of syscall(2). */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
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

#define RING_MAGIC	0xa10a10a1

/* The start of the memory that the kernel maps at the id of a context. */
struct ring_header {
	unsigned int	id, nr, head, tail, magic;
};

/*
 * A call that would return 0 at once. As in libaio, it needs no system call, on
 * which programs that poll depend.
 */
static bool is_idle(aio_context_t ctx, const struct timespec *timeout)
{
	const volatile struct ring_header *ring = (void *)ctx;

	return ring && timeout && !timeout->tv_sec && !timeout->tv_nsec &&
	       ring->magic == RING_MAGIC && ring->head == ring->tail;
}

EXPORT int io_getevents(aio_context_t ctx, long min, long nr,
			struct io_event *events, struct timespec *timeout)
{
	if (is_idle(ctx, timeout))
		return 0;
	return shim_io_getevents(SYS_io_getevents, ctx, min, nr, events,
				 timeout, NULL);
}

EXPORT int io_pgetevents(aio_context_t ctx, long min, long nr,
			 struct io_event *events, struct timespec *timeout,
			 sigset_t *sigmask)
{
	/* the size of the kernel's signal set, not libc's */
	struct { sigset_t *mask; size_t size; } set = { sigmask, _NSIG / 8 };

	if (is_idle(ctx, timeout))
		return 0;
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
		if (is_idle(ctx, &now))
			return 0;
		ret = shim_io_getevents(SYS_io_getevents, ctx, 0, 1, &event,
					&now, NULL);
		if (ret != 1)
			return ret;
		((void (*)(aio_context_t, uint64_t, long, long))
		 (uintptr_t)event.data)(ctx, event.obj, event.res, event.res2);
	}
}

typedef int (*prctl_fn)(int option, long b, long c, long d, long e);

static prctl_fn real_prctl(void)
{
	static void *_Atomic real;

	if (!real)
		real = dlsym(RTLD_NEXT, "prctl");
	return (prctl_fn)real;
}

void symbols_init(void)
{
	real_syscall();
	real_prctl();
}

/* The declaration in sys/prctl.h has other arguments. */
EXPORT int shim_prctl(int option, long b, long c, long d, long e)
	__asm__("prctl");

int shim_prctl(int option, long b, long c, long d, long e)
{
	const bool begun = seccomp_begin(SYS_prctl, option);

	return seccomp_end(begun, real_prctl()(option, b, c, d, e));
}

/* The declaration in unistd.h has other arguments. */
EXPORT long shim_syscall(long nr, long a, long b, long c, long d, long e,
			 long f) __asm__("syscall");

long shim_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	bool begun = false, passed = false;
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
		return with_errno(shim_uring_setup(a, (void *)b));
	case SYS_io_uring_enter:
		return with_errno(shim_uring_enter(a, b, c, d, (void *)e, f));
	case SYS_prctl:
	case SYS_seccomp:
		begun = seccomp_begin(nr, a);
		break;
	case SYS_execve:
		if (!may_execute((void *)a, (void *)c))
			return with_errno(-EPERM);
		passed = shim_has_rules() && counts_pass();
		break;
	case SYS_execveat:
		if (!may_execute_at(a, (void *)b, (void *)d))
			return with_errno(-EPERM);
		passed = shim_has_rules() && counts_pass();
		break;
	}
	ret = seccomp_end(begun, real_syscall()(nr, a, b, c, d, e, f));
	counts_keep(passed);
	return ret;
}
