// SPDX-License-Identifier: GPL-2.0
/*
 * Test the example of Documentation/userspace-api/iocb_attr.rst that computes
 * protection information. doc_example.h is extracted from that document.
 */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/types.h>

#include "doc_example.h"

int main(void)
{
	/* the published check value of CRC-16/T10-DIF */
	static const unsigned char expected[8] = {
		0xd0, 0xdb, 0xc0, 0xde, 0x00, 0x01, 0x02, 0x03,
	};
	struct tuple t;

	make_tuple(&t, (const unsigned char *)"123456789", 9, 0xc0de, 0x10203);
	if (sizeof(t) == 8 && !memcmp(&t, expected, 8))
		return 0;
	puts("wrong CRC or layout");
	return 1;
}
