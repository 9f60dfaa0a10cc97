/* SPDX-License-Identifier: GPL-2.0 */
/* Results in the Test Anything Protocol. */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>

struct tap {
	int nr;
	int failed;
};

static inline void ok(struct tap *tap, int good, const char *name)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++tap->nr, name);
	tap->failed += !good;
}

#endif /* TAP_H */
