/* SPDX-License-Identifier: GPL-2.0 */
/* Words that mean the same wherever they are given. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the largest size: the sum of two of them still fits. */
#define MAX_SIZE	((1LL << 62) - 1)

/*
 * @text is a number, which may end in K, M or G. 0, -EINVAL if it is none, or
 * -ERANGE if it is more than @max.
 */
int number_parse(const char *text, long long max, long long *number);

/* Add the cache hint with this name of @len bytes; false if there is none. */
bool hint_add(const char *name, size_t len, uint32_t *hints);

/* Does the kernel refuse these hints together? */
bool hints_exclude(uint32_t hints);

#endif /* WORDS_H */
