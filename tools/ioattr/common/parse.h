/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Words that have the same meaning in options and in rules. */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest size. The sum of two sizes does not overflow. */
#define MAX_SIZE	((1LL << 62) - 1)

/*
 * Parse @text as a number that may end in K, M, G or T. Returns 0, -EINVAL if
 * it is not a number, or -ERANGE if it is more than @max.
 */
int parse_size(const char *text, long long max, long long *number);

/*
 * As in the C locale. The functions of libc refer to tables that another libc
 * does not have.
 */
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

#endif /* PARSE_H */
