// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../include/ioattr.h"
#include "parse.h"

int parse_size(const char *text, long long max, long long *number)
{
	static const char units[] = "KMG";
	const char *unit;
	int shift = 0;
	char *end;

	/* strtoll() accepts a sign and leading spaces */
	if (!is_digit(*text))
		return -EINVAL;
	errno = 0;
	*number = strtoll(text, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (*end)
		return -EINVAL;
	if (errno || *number > max >> shift)
		return -ERANGE;
	*number <<= shift;
	return 0;
}

static bool parse_name(const char *text, size_t len,
		       const char *(*name)(unsigned int bit), uint32_t *mask)
{
	const char *known;
	unsigned int bit;

	for (bit = 0; (known = name(bit)); bit++) {
		if (strlen(known) == len && !memcmp(known, text, len)) {
			*mask |= 1U << bit;
			return true;
		}
	}
	return false;
}

const char *parse_names(const char *text, const char *(*name)(unsigned int bit),
			uint32_t *mask)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (!parse_name(text, len, name, mask))
			return text;
		if (!text[len])
			return NULL;
	}
}

bool parse_hint(const char *name, size_t len, uint32_t *hints)
{
	return parse_name(name, len, ioattr_hint_name, hints);
}

bool hints_conflict(uint32_t hints)
{
	const uint32_t admission = IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT;
	const uint32_t policies = hints & (IOCB_CACHE_WRITETHROUGH |
					   IOCB_CACHE_WRITEBACK |
					   IOCB_CACHE_WRITEAROUND);

	return (hints & admission) == admission || (policies & (policies - 1));
}
