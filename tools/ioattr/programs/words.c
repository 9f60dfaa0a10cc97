// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../include/ioattr.h"
#include "words.h"

int number_parse(const char *text, long long max, long long *number)
{
	static const char units[] = "KMG";
	const char *unit;
	int shift = 0;
	char *end;

	/* strtoll() would take a sign and spaces */
	if (!isdigit((unsigned char)*text))
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

bool hint_add(const char *name, size_t len, uint32_t *hints)
{
	const char *hint;
	unsigned int bit;

	for (bit = 0; (hint = ioattr_hint_name(bit)); bit++) {
		if (strlen(hint) == len && !memcmp(hint, name, len)) {
			*hints |= 1U << bit;
			return true;
		}
	}
	return false;
}

bool hints_exclude(uint32_t hints)
{
	const uint32_t admission = IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT;
	const uint32_t policies = hints & (IOCB_CACHE_WRITETHROUGH |
					   IOCB_CACHE_WRITEBACK |
					   IOCB_CACHE_WRITEAROUND);

	return (hints & admission) == admission || (policies & (policies - 1));
}
