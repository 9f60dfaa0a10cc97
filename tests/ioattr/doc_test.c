// SPDX-License-Identifier: GPL-2.0
/*
 * The example of Documentation/userspace-api/iocb_attr.rst that makes protection
 * information, cut out of it to doc_example.h. Exits with 0 if it is right.
 */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/types.h>

#include "doc_example.h"

int main(void)
{
	/* what the published CRC-16/T10-DIF has for these nine bytes */
	static const unsigned char expected[8] = {
		0xd0, 0xdb, 0xc0, 0xde, 0x00, 0x01, 0x02, 0x03,
	};
	struct tuple t;

	make_tuple(&t, (const unsigned char *)"123456789", 9, 0xc0de, 0x10203);
	if (sizeof(t) == 8 && !memcmp(&t, expected, 8))
		return 0;
	puts("not the CRC, or not the layout");
	return 1;
}
