/* SPDX-License-Identifier: GPL-2.0 */
/* What aio_test.c and uring_test.c share. */
#ifndef RIGHT_H
#define RIGHT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK	4096

#define right(what) do {						\
	if (!(what)) {							\
		printf("%s: line %d: %s (errno %d)\n", __FILE__,	\
		       __LINE__, #what, errno);				\
		exit(1);						\
	}								\
} while (0)

#endif /* RIGHT_H */
