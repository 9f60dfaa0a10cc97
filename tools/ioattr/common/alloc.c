// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <stdlib.h>

#include "alloc.h"
#include "msg.h"

static void *check(void *memory)
{
	if (!memory) {
		error_msg("no memory");
		exit(1);
	}
	return memory;
}

void *xcalloc(size_t nr, size_t size)
{
	return check(calloc(nr, size));
}

void *xrealloc(void *memory, size_t size)
{
	return check(realloc(memory, size));
}
