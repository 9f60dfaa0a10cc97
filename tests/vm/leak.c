// SPDX-License-Identifier: GPL-2.0
/*
 * Leave a child behind that sleeps in writev(2). The kernel's copy of a long
 * vector is known to nothing but the sleeper's stack, so that kmemleak, told
 * not to look at stacks, takes it for a leak.
 */
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
	static char page[4096];
	struct iovec iov[64];
	int fds[2], i;

	for (i = 0; i < 64; i++)
		iov[i] = (struct iovec){ page, sizeof(page) };
	if (pipe(fds))
		return 1;
	if (fork() == 0)
		return writev(fds[1], iov, 64) < 0;
	/* let it fall asleep: a pipe has room for 16 of the pages */
	sleep(1);
	return 0;
}
