// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "../include/ioattr.h"
#include "parse.h"

/* The value of a hexadecimal digit, or a large number. */
static unsigned int digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10U : 16;
}

/*
 * Parse digits like strtoll(3) with base 0. strtoll() itself has another name
 * in each version of glibc, which another libc does not have. Returns false if
 * the number is too large.
 */
static bool parse_digits(const char *text, const char **end, long long *number)
{
	unsigned int base = 10;
	bool ok = true;

	if (*text == '0') {
		base = 8;
		if ((text[1] | 0x20) == 'x' && digit(text[2]) < 16) {
			base = 16;
			text += 2;
		}
	}
	for (*number = 0; digit(*text) < base; text++) {
		if (*number > (LLONG_MAX - digit(*text)) / base)
			ok = false;
		else
			*number = *number * base + digit(*text);
	}
	*end = text;
	return ok;
}

int parse_size(const char *text, long long max, long long *number)
{
	static const char units[] = "KMGT";
	const char *unit, *end;
	int shift = 0;
	bool ok;

	if (!is_digit(*text))
		return -EINVAL;
	ok = parse_digits(text, &end, number);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (*end)
		return -EINVAL;
	if (!ok || *number > max >> shift)
		return -ERANGE;
	*number <<= shift;
	return 0;
}
