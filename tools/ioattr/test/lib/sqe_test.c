// SPDX-License-Identifier: GPL-2.0
/*
 * Test the SQEs that liburing-attr.h prepares. Prints TAP.
 */
#include <stdio.h>
#include <string.h>

#include "../../include/liburing-attr.h"
#include "tap.h"

/* Compare the SQE of a function with that of liburing, plus the attributes. */
static void same(struct tap *tap, const struct io_uring_sqe *sqe,
		 struct io_uring_sqe *expected,
		 const struct iocb_attr_list *list, const char *name)
{
	expected->addr3 = (uintptr_t)list;
	expected->__pad2[0] = 1ULL << 62;
	ok(tap, !memcmp(sqe, expected, sizeof(*sqe)), name);
}

int main(void)
{
	const struct iocb_attr_list list = { sizeof(list), 0 };
	struct io_uring_sqe sqe, expected;
	struct tap tap = { 0 };
	struct iovec iov = { 0 };
	char buf[16];

/* each starts with an SQE that has been used before */
#define BOTH(name, ...) do {						\
	memset(&sqe, 0xff, sizeof(sqe));				\
	memset(&expected, 0xff, sizeof(expected));			\
	ioattr_prep_ ## name(&sqe, 3, __VA_ARGS__, &list);		\
	io_uring_prep_ ## name(&expected, 3, __VA_ARGS__);		\
	same(&tap, &sqe, &expected, &list, #name);			\
} while (0)
	BOTH(read, buf, sizeof(buf), 4096);
	BOTH(write, buf, sizeof(buf), 4096);
	BOTH(readv, &iov, 1, 4096);
	BOTH(writev, &iov, 1, 4096);
	BOTH(readv2, &iov, 1, 4096, 0x8);
	BOTH(writev2, &iov, 1, 4096, 0x8);
	BOTH(read_fixed, buf, sizeof(buf), 4096, 5);
	BOTH(write_fixed, buf, sizeof(buf), 4096, 5);

	/* liburing need not have these */
#define FIXED(name, number) do {					\
	memset(&sqe, 0xff, sizeof(sqe));				\
	memset(&expected, 0xff, sizeof(expected));			\
	ioattr_prep_ ## name ## _fixed(&sqe, 3, &iov, 1, 4096, 0x8, 5,	\
				       &list);				\
	io_uring_prep_ ## name ## 2(&expected, 3, &iov, 1, 4096, 0x8);	\
	expected.opcode = number;					\
	expected.buf_index = 5;						\
	same(&tap, &sqe, &expected, &list, #name "_fixed");		\
} while (0)
	FIXED(readv, 60);
	FIXED(writev, 61);

	io_uring_prep_read(&sqe, 3, buf, sizeof(buf), 4096);
	ioattr_prep_sqe_set(&sqe, 7);
	ok(&tap, sqe.addr3 == 7 && sqe.__pad2[0] == 1ULL << 60, "a set");
	ioattr_prep_sqe_set_fixed(&sqe, 8);
	ok(&tap, sqe.addr3 == 8 && sqe.__pad2[0] == 1ULL << 59,
	   "a registered set");
	return tap_end(&tap);
}
