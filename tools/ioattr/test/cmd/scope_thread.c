// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: scope_thread CGROUP
 *
 * Start a thread whose scope charges CGROUP, and wait. The name of the process is
 * that of sleep(1), which the test waits for, when the thread has its scope.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../include/ioattr.h"

static int set;

static void *scoped_thread(void *barrier)
{
	if (ioattr_scope_set(set, IOATTR_SCOPE_THREAD))
		errx(1, "no scope");
	pthread_barrier_wait(barrier);
	pause();
	return NULL;
}

int main(int argc, char **argv)
{
	int cgroup = open(argv[argc - 1], O_PATH | O_DIRECTORY);
	pthread_barrier_t barrier;
	struct ioattr_list list;
	pthread_t thread;

	ioattr_init(&list, 0);
	ioattr_add_cgroup(&list, cgroup, 0);
	set = ioattr_set_create(&list, 0);
	if (set < 0)
		errx(1, "no set");
	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, scoped_thread, &barrier))
		errx(1, "no thread");
	pthread_barrier_wait(&barrier);
	prctl(PR_SET_NAME, "sleep");
	pause();
	return 0;
}
