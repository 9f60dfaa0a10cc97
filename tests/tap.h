/* SPDX-License-Identifier: GPL-2.0 */
/* Results in the Test Anything Protocol, and checks for programs without it. */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct tap {
	int nr;
	int failed;
};

static inline void ok(struct tap *tap, int good, const char *name)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++tap->nr, name);
	tap->failed += !good;
}

/* Print the plan. Returns the exit status. */
static inline int tap_end(const struct tap *tap)
{
	printf("1..%d\n", tap->nr);
	return tap->failed != 0;
}

/* Exit with an error unless @condition is true. */
#define CHECK(condition) do {						\
	if (!(condition)) {						\
		printf("%s: line %d: %s (errno %d)\n", __FILE__,	\
		       __LINE__, #condition, errno);			\
		exit(1);						\
	}								\
} while (0)

#endif /* TAP_H */
