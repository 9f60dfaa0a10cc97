// SPDX-License-Identifier: GPL-2.0
/*
 * Leave a child behind that sleeps in writev(2). Only the stack of the child
 * refers to the kernel's copy of the long vector. kmemleak reports it as a leak
 * if stacks are not scanned.
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
	/* wait until it sleeps: the pipe has room for 16 of the pages */
	sleep(1);
	return 0;
}
