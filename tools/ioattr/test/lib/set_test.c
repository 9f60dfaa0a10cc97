// SPDX-License-Identifier: GPL-2.0
/*
 * Test how lib/set.c and lib/probe.c query the kernel before the system call is
 * made. ioctl() and syscall() of this program take the place of the kernel.
 * Prints TAP.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../include/ioattr-aio.h"
#include "tap.h"

/**
 * struct kernel - the kernel of a test, and what was asked of it
 * @size: Size of its struct iocb_attr_cap; 0 if it does not have the query.
 * @error: The error of an unknown query.
 * @cap: The answer to the query.
 * @answer: The result of the system call.
 * @error_of_submit: Error of io_submit(2), or 0.
 * @calls: Number of system calls.
 * @nr: Their last number.
 * @list: Their last arguments.
 */
static struct kernel {
	unsigned int		size;
	int			error;
	struct ioattr_cap	cap;
	long			answer;
	int			error_of_submit;
	int			calls;
	long			nr;
	const void		*list;
	unsigned int		flags;
} kernel;

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *to;

	va_start(args, request);
	to = va_arg(args, void *);
	va_end(args);
	if (fd < 0) {
		errno = EBADF;
		return -1;
	}
	if (_IOC_TYPE(request) != 0x15 || _IOC_NR(request) != 3 ||
	    _IOC_DIR(request) != _IOC_READ || !kernel.size ||
	    (_IOC_SIZE(request) != kernel.size && _IOC_SIZE(request) != 192)) {
		errno = kernel.error;
		return -1;
	}
	memcpy(to, &kernel.cap, _IOC_SIZE(request));
	return 0;
}

long syscall(long nr, ...)
{
	va_list args;

	va_start(args, nr);
	kernel.list = va_arg(args, const void *);
	kernel.flags = va_arg(args, unsigned int);
	va_end(args);
	kernel.nr = nr;
	kernel.calls++;
	if (nr == SYS_io_setup && kernel.answer >= 0)
		return 0;
	if (nr == SYS_io_submit && kernel.error_of_submit) {
		errno = kernel.error_of_submit;
		return -1;
	}
	if (kernel.answer >= 0)
		return kernel.answer;
	errno = -kernel.answer;
	return -1;
}

static void boot(unsigned int size, int error, uint64_t features)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.size = size;
	kernel.error = error;
	kernel.cap.known = 0x3f;
	kernel.cap.sizes[63] = 63;
	kernel.cap.features = features;
}

/* The lowest file descriptor that is not open. */
static int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void queries(struct tap *tap)
{
	struct ioattr_cap cap;
	uint64_t longer[30];

	boot(224, ENOTTY, IOCB_ATTR_CAP_SETS | 1ULL << 63);
	kernel.cap.buffered_reads = 1;
	kernel.cap.buffered_writes = 2;
	kernel.cap.reserved[0] = 3;
	ok(tap, !ioattr_probe(0, &cap) &&
		!memcmp(&cap, &kernel.cap, sizeof(cap)),
	   "probe: all that a kernel with sets tells");
	boot(192, EINVAL, ~0ULL);
	kernel.cap.buffered_reads = ~0ULL;
	ok(tap, !ioattr_probe(0, &cap) && cap.known == 0x3f &&
		cap.sizes[63] == 63 && !cap.features &&
		!cap.buffered_reads && !cap.buffered_writes,
	   "probe: a kernel whose answer is shorter has no features");
	boot(0, ENOTTY, 0);
	memset(&cap, 0xff, sizeof(cap));
	ok(tap, ioattr_probe(0, &cap) == -ENOSYS && !cap.known &&
		!cap.features, "probe: no such query: ENOSYS");
	boot(0, EINVAL, 0);
	ok(tap, ioattr_probe(0, &cap) == -ENOSYS,
	   "... whichever error says so");
	boot(224, ENOTTY, 0);
	ok(tap, ioattr_probe(-1, &cap) == -EBADF, "probe: another error");

	/* a program with another version of the structure */
	boot(224, ENOTTY, 5);
	memset(longer, 0xff, sizeof(longer));
	ok(tap, !ioattr_probe_sized(0, (struct ioattr_cap *)longer, 64) &&
		!memcmp(longer, &kernel.cap, 64) && longer[8] == ~0ULL,
	   "probe: an older program gets what it knows");
	ok(tap, !ioattr_probe_sized(0, (struct ioattr_cap *)longer,
				    sizeof(longer)) &&
		!memcmp(longer, &kernel.cap, 224) && !longer[28] && !longer[29],
	   "... and a newer one zeros for the rest");
}

static void calls(struct tap *tap)
{
	const int free_fd = lowest_free();
	struct ioattr_list list;

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_cache(&list, IOCB_CACHE_BYPASS, 0);
	boot(0, ENOTTY, 0);
	ok(tap, ioattr_set_create(&list, 0) == -ENOSYS && !kernel.calls,
	   "no attributes: ENOSYS, and no system call");
	boot(192, ENOTTY, IOCB_ATTR_CAP_SETS);
	ok(tap, ioattr_set_create(&list, 0) == -EOPNOTSUPP && !kernel.calls,
	   "only lists: EOPNOTSUPP, and no system call");
	boot(224, ENOTTY, ~IOCB_ATTR_CAP_SETS);
	ok(tap, ioattr_set_create(&list, 0) == -EOPNOTSUPP && !kernel.calls,
	   "... nor if there are other features");

	boot(224, ENOTTY, IOCB_ATTR_CAP_SETS);
	kernel.answer = 77;
	ok(tap, ioattr_set_create(&list, IOCB_ATTR_CREATE_DELEGATE) == 77 &&
		kernel.calls == 1 && kernel.list == &list.head &&
		kernel.flags == 1,
	   "sets: one system call with the list and the flags");
#if defined(__x86_64__) && !defined(__ILP32__)
	ok(tap, kernel.nr == 473, "... with its number");
#endif
	kernel.answer = -EPERM;
	ok(tap, ioattr_set_create(&list, 0) == -EPERM && kernel.calls == 2 &&
		!kernel.flags, "... which can fail");
	ok(tap, lowest_free() == free_fd, "no file is left open");

	ioattr_add_cache(&list, 0, 0);
	kernel.calls = 0;
	ok(tap, ioattr_set_create(&list, 0) == -EEXIST && !kernel.calls,
	   "a list with an error: that error");
}

/* The kernel's answers to the queries of ioattr_supported(). */
static void support(struct tap *tap)
{
	const int free_fd = lowest_free();

	boot(224, ENOTTY, 0);
	ok(tap, ioattr_supported() == 1 && !kernel.calls,
	   "supported: the kernel answers the query");
	boot(0, ENOTTY, 0);
	kernel.answer = 1;
	ok(tap, ioattr_supported() == 1 && kernel.calls,
	   "... or accepts an empty list");
	kernel.error_of_submit = EINVAL;
	ok(tap, ioattr_supported() == -ENOSYS, "... or rejects it: ENOSYS");
	kernel.error_of_submit = EOPNOTSUPP;
	ok(tap, ioattr_supported() == -EOPNOTSUPP,
	   "... because of its configuration: EOPNOTSUPP");
	kernel.error_of_submit = 0;
	kernel.answer = -EAGAIN;
	ok(tap, ioattr_supported() == -EAGAIN, "another error");
	ok(tap, lowest_free() == free_fd, "no file is left open");
}

static void formats(struct tap *tap)
{
	struct ioattr_pi_format format;

	boot(0, ENOTTY, 0);
	ok(tap, ioattr_get_pi_format(0, &format) == -ENOTTY && !format.size,
	   "format: not known: ENOTTY");
	boot(0, EINVAL, 0);
	ok(tap, ioattr_get_pi_format(0, &format) == -ENOTTY,
	   "... whichever error says so");
	ok(tap, ioattr_get_pi_format(-1, &format) == -EBADF,
	   "format: another error");
}

static void preparation(struct tap *tap)
{
	struct iocb iocb = { .aio_flags = IOCB_FLAG_RESFD }, before = iocb;
	struct iocb expected = iocb;
	struct ioattr_list list;

	ok(tap, ioattr_prep_aio_set(&iocb, 0) == -EBADF &&
		ioattr_prep_aio_set(&iocb, -EOPNOTSUPP) == -EBADF &&
		!memcmp(&iocb, &before, sizeof(iocb)),
	   "prep refuses 0 and errors and leaves the iocb alone");
	expected.aio_flags = IOCB_FLAG_RESFD | IOCB_FLAG_ATTR_SET;
	expected.aio_attrs = 7;
	ok(tap, !ioattr_prep_aio_set(&iocb, 7) &&
		!memcmp(&iocb, &expected, sizeof(iocb)),
	   "prep sets the flag and the file descriptor, and nothing else");
	ioattr_init(&list, 0);
	expected.aio_flags = IOCB_FLAG_RESFD | IOCB_FLAG_ATTR;
	expected.aio_attrs = (uintptr_t)&list.head;
	ok(tap, !ioattr_prep_aio(&iocb, &list) &&
		!memcmp(&iocb, &expected, sizeof(iocb)),
	   "a list takes the place of a set");
	expected.aio_flags = IOCB_FLAG_RESFD | IOCB_FLAG_ATTR_SET;
	expected.aio_attrs = 8;
	ok(tap, !ioattr_prep_aio_set(&iocb, 8) &&
		!memcmp(&iocb, &expected, sizeof(iocb)), "... and the reverse");
}

int main(void)
{
	struct tap tap = { 0 };

	queries(&tap);
	calls(&tap);
	support(&tap);
	formats(&tap);
	preparation(&tap);
	return tap_end(&tap);
}
