// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for a kernel with attributes: a library that is loaded after the
 * one under test. AIO accepts lists, and honours all of their attributes.
 * Cgroups are directories: a removed one gives ENODEV. io_uring has no
 * attributes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <ioattr-aio.h>

#define MAX_REPORTS	4096

/* The iocbs that are in flight with a report, and the attributes. */
static struct {
	uint64_t	iocb;
	uint32_t	mask;
} reports[MAX_REPORTS];

typedef long (*syscall_fn)(long nr, long a, long b, long c, long d, long e,
			   long f);

static long real(long nr, long a, long b, long c, long d, long e, long f)
{
	static syscall_fn call;

	if (!call)
		*(void **)&call = dlsym(RTLD_NEXT, "syscall");
	return call(nr, a, b, c, d, e, f);
}

static int check_cgroup(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return EBADF;
	return st.st_nlink ? 0 : ENODEV;
}

/* Check the list, and set *@mask to its attributes. */
static int check_list(const char *list, uint32_t *mask)
{
	struct iocb_attr_list head;
	struct iocb_attr attr;
	int32_t fd;
	int error;
	uint32_t at;

	memcpy(&head, list, sizeof(head));
	*mask = 0;
	for (at = sizeof(head); at < head.size; at += attr.size) {
		memcpy(&attr, list + at, sizeof(attr));
		*mask |= 1U << attr.id;
		if (attr.id != IOCB_ATTR_cgroup)
			continue;
		memcpy(&fd, list + at + sizeof(attr), sizeof(fd));
		error = check_cgroup(fd);
		if (error)
			return error;
	}
	return at == head.size ? 0 : EINVAL;
}

static void expect_report(const struct iocb *iocb, uint32_t mask)
{
	int i;

	for (i = 0; i < MAX_REPORTS && reports[i].iocb; i++)
		;
	if (i == MAX_REPORTS)
		return;
	reports[i].iocb = (uintptr_t)iocb;
	reports[i].mask = mask;
}

static int take_list(struct iocb *iocb)
{
	const char *list = (void *)(uintptr_t)iocb->aio_attrs;
	struct iocb_attr_list head;
	uint32_t mask;
	int error;

	if (!(iocb->aio_flags & IOCB_FLAG_ATTR))
		return 0;
	error = check_list(list, &mask);
	if (error)
		return error;
	iocb->aio_flags &= ~IOCB_FLAG_ATTR;
	iocb->aio_attrs = 0;
	memcpy(&head, list, sizeof(head));
	if (head.flags & IOCB_ATTR_LIST_REPORT)
		expect_report(iocb, mask);
	return 0;
}

static long submit(long ctx, long nr, struct iocb **iocbs)
{
	int error = 0;
	long i;

	for (i = 0; i < nr; i++) {
		error = take_list(iocbs[i]);
		if (error)
			break;
	}
	if (!i && error) {
		errno = error;
		return -1;
	}
	return real(SYS_io_submit, ctx, i, (long)iocbs, 0, 0, 0);
}

static void report(struct io_event *event)
{
	int i;

	for (i = 0; i < MAX_REPORTS; i++) {
		if (reports[i].iocb != event->obj)
			continue;
		event->res2 = reports[i].mask;
		reports[i].iocb = 0;
	}
}

long test_syscall(long nr, long a, long b, long c, long d, long e, long f)
	__asm__("syscall");

long test_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	struct io_event *events = (void *)d;
	long i, ret;

	if (nr == SYS_io_submit && b > 0)
		return submit(a, b, (void *)c);
	ret = real(nr, a, b, c, d, e, f);
	if (nr == SYS_io_getevents || nr == SYS_io_pgetevents) {
		for (i = 0; i < ret; i++)
			report(&events[i]);
	}
	return ret;
}
