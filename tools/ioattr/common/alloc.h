/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Allocation for the command: exits if there is no memory. */
#ifndef ALLOC_H
#define ALLOC_H

#include <stddef.h>

void *xcalloc(size_t nr, size_t size);
void *xrealloc(void *memory, size_t size);

#endif /* ALLOC_H */
