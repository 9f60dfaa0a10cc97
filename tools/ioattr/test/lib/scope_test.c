// SPDX-License-Identifier: GPL-2.0
/*
 * Test lib/scope.c: the arguments of prctl(2), and when the kernel is queried.
 * prctl() and ioctl() of this program take the place of the kernel. Prints TAP.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../include/ioattr.h"
#include "tap.h"

/**
 * struct kernel - the kernel of a test, and what was asked of it
 * @has_query: It has FS_IOC_GETIOCBATTR_CAP.
 * @features: The answer to this query.
 * @queries: Number of queries.
 * @answer: The result of prctl(2).
 * @calls: Number of calls of prctl(2).
 * @option: Arguments of the last one.
 */
static struct kernel {
	bool		has_query;
	uint64_t	features;
	int		queries;
	int		answer;
	int		calls;
	int		option;
	unsigned long	args[4];
} kernel;

int ioctl(int fd, unsigned long request, ...)
{
	struct ioattr_cap *cap;
	va_list args;

	(void)fd;
	va_start(args, request);
	cap = va_arg(args, struct ioattr_cap *);
	va_end(args);
	if (!kernel.has_query || _IOC_SIZE(request) != sizeof(*cap)) {
		errno = ENOTTY;
		return -1;
	}
	kernel.queries++;
	cap->features = kernel.features;
	return 0;
}

int prctl(int option, ...)
{
	va_list args;
	int i;

	kernel.option = option;
	va_start(args, option);
	for (i = 0; i < 4; i++)
		kernel.args[i] = va_arg(args, unsigned long);
	va_end(args);
	kernel.calls++;
	if (kernel.answer >= 0)
		return kernel.answer;
	errno = -kernel.answer;
	return -1;
}

static void boot(bool has_query, uint64_t features, int answer)
{
	kernel = (struct kernel) {
		.has_query = has_query, .features = features, .answer = answer,
	};
}

/* Whether the last call was the only one, and had these arguments. */
static bool called(int option, long set, unsigned long flags)
{
	return kernel.calls == 1 && kernel.option == option &&
	       kernel.args[0] == (unsigned long)set &&
	       kernel.args[1] == flags && !kernel.args[2] && !kernel.args[3];
}

/* The lowest file descriptor that is not open. */
static int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void setting(struct tap *tap)
{
	boot(true, IOCB_ATTR_CAP_SCOPE, 0);
	ok(tap, !ioattr_scope_set(7, 0) && called(0x494f4101, 7, 0),
	   "set: one call with the file descriptor");
	ok(tap, !kernel.queries, "... and no query");
	boot(true, IOCB_ATTR_CAP_SCOPE, 0);
	ok(tap, !ioattr_scope_set(7, IOATTR_SCOPE_THREAD) &&
		called(0x494f4101, 7, 1), "set: the flag");
	boot(true, IOCB_ATTR_CAP_SCOPE, 0);
	ok(tap, !ioattr_scope_set(-1, 0) && called(0x494f4101, -1, 0),
	   "set: -1 in all bits");
	boot(true, IOCB_ATTR_CAP_SCOPE, -EBADF);
	ok(tap, ioattr_scope_set(99, 0) == -EBADF && !kernel.queries,
	   "set: another error, and no query");
}

static void getting(struct tap *tap)
{
	boot(true, IOCB_ATTR_CAP_SCOPE, 8);
	ok(tap, ioattr_scope_get() == 8 && called(0x494f4102, 0, 0) &&
		!kernel.queries, "get: one call without arguments");
	boot(true, IOCB_ATTR_CAP_SCOPE, -ENOENT);
	ok(tap, ioattr_scope_get() == -ENOENT && !kernel.queries,
	   "get: no scope");
}

static void older_kernels(struct tap *tap)
{
	const int free_fd = lowest_free();

	boot(true, IOCB_ATTR_CAP_SCOPE, -EINVAL);
	ok(tap, ioattr_scope_set(7, 0) == -EINVAL && kernel.queries == 1,
	   "EINVAL of a kernel with scopes");
	boot(true, ~IOCB_ATTR_CAP_SCOPE, -EINVAL);
	ok(tap, ioattr_scope_set(7, 0) == -EOPNOTSUPP,
	   "set: EOPNOTSUPP if there are only sets");
	ok(tap, ioattr_scope_get() == -EOPNOTSUPP, "... get");
	boot(false, 0, -EINVAL);
	ok(tap, ioattr_scope_set(7, 0) == -ENOSYS,
	   "set: ENOSYS if there are no attributes");
	ok(tap, ioattr_scope_get() == -ENOSYS, "... get");
	ok(tap, lowest_free() == free_fd, "no file is left open");
}

int main(void)
{
	struct tap tap = { 0 };

	setting(&tap);
	getting(&tap);
	older_kernels(&tap);
	return tap_end(&tap);
}
