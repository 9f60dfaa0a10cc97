// SPDX-License-Identifier: GPL-2.0
/*
 * Test the system calls of ioattr-aio.h without attributes, which work on every
 * kernel: results, errors, timeouts and signals. Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../../include/ioattr-aio.h"
#include "tap.h"

static void handler(int sig)
{
	(void)sig;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int main(void)
{
	const struct itimerval soon = { .it_value.tv_usec = 50000 };
	const struct sigaction action = { .sa_handler = handler };
	struct iocb iocb = { .aio_lio_opcode = IOCB_CMD_PREAD }, *iocbs = &iocb;
	struct io_event event;
	struct tap tap = { 0 };
	aio_context_t ctx = 1;
	char buf[16] = "";
	long long began;
	int fd, ret;

	CHECK(ioattr_aio_setup(0, &ctx) == -EINVAL);
	ok(&tap, !ctx, "setup: the context is 0 after an error");
	ctx = 1;
	CHECK(!ioattr_aio_setup(4, &ctx));
	ok(&tap, !!ctx, "setup: no need to clear the context before");

	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	iocb.aio_fildes = fd;
	iocb.aio_buf = (uintptr_t)buf;
	iocb.aio_nbytes = sizeof(buf);
	iocb.aio_data = 77;
	CHECK(ioattr_aio_submit(ctx, 1, &iocbs) == 1);
	ok(&tap, ioattr_aio_getevents(ctx, 1, 1, &event, -1) == 1 &&
		 event.data == 77 && event.res == sizeof(buf) &&
		 !memcmp(buf, "\177ELF", 4), "getevents: the result");
	iocb.aio_fildes = -1;
	ok(&tap, ioattr_aio_submit(ctx, 1, &iocbs) == -EBADF,
	   "submit: the error");

	began = now_ms();
	ok(&tap, !ioattr_aio_getevents(ctx, 1, 1, &event, 0) &&
		 now_ms() - began < 1000, "a timeout of 0: no events, at once");
	began = now_ms();
	ret = ioattr_aio_getevents(ctx, 1, 1, &event, 1100);
	began = now_ms() - began;
	ok(&tap, !ret && began >= 1100 && began < 10000,
	   "a timeout of 1100 ms: no events, then");

	CHECK(!sigaction(SIGALRM, &action, NULL));
	CHECK(!setitimer(ITIMER_REAL, &soon, NULL));
	ok(&tap, ioattr_aio_getevents(ctx, 1, 1, &event, -1) == -EINTR,
	   "a signal: EINTR");

	ok(&tap, !ioattr_aio_destroy(ctx) &&
		 ioattr_aio_destroy(ctx) == -EINVAL, "destroy, and its error");
	return tap_end(&tap);
}
