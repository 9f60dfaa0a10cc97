/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The opcodes that take attributes, and the variants of FIXTURE(mode): each way
 * to submit requests to a ring and to complete them. Included where a test has
 * declared the fixture.
 */
#ifndef _IOCB_ATTR_URING_MODES_H
#define _IOCB_ATTR_URING_MODES_H

FIXTURE_VARIANT(mode)
{
	unsigned int setup;
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(mode, plain) {
	.setup = IORING_SETUP_CQE32,
};

FIXTURE_VARIANT_ADD(mode, mixed) {
	.setup = IORING_SETUP_CQE_MIXED,
};

FIXTURE_VARIANT_ADD(mode, deferred) {
	.setup = IORING_SETUP_CQE32 | IORING_SETUP_SINGLE_ISSUER |
		 IORING_SETUP_DEFER_TASKRUN,
};

FIXTURE_VARIANT_ADD(mode, sqpoll) {
	.setup = IORING_SETUP_CQE32 | IORING_SETUP_SQPOLL,
};

FIXTURE_VARIANT_ADD(mode, iopoll) {
	.setup = IORING_SETUP_CQE32 | IORING_SETUP_IOPOLL,
};

FIXTURE_VARIANT_ADD(mode, iopoll_worker) {
	.setup = IORING_SETUP_CQE32 | IORING_SETUP_IOPOLL,
	.flags = IOSQE_ASYNC,
};

FIXTURE_VARIANT_ADD(mode, worker) {
	.setup = IORING_SETUP_CQE32,
	.flags = IOSQE_ASYNC,
};

FIXTURE_VARIANT_ADD(mode, linked) {
	.setup = IORING_SETUP_CQE32,
	.flags = IOSQE_IO_LINK,
};

FIXTURE_VARIANT_ADD(mode, drained) {
	.setup = IORING_SETUP_CQE_MIXED,
	.flags = IOSQE_IO_DRAIN,
};

FIXTURE_VARIANT_ADD(mode, fixed_file) {
	.setup = IORING_SETUP_CQE32,
	.flags = IOSQE_FIXED_FILE,
};

static const uint8_t opcodes[] = {
	IORING_OP_READ, IORING_OP_READV, IORING_OP_READ_FIXED,
	IORING_OP_READV_FIXED, IORING_OP_WRITE, IORING_OP_WRITEV,
	IORING_OP_WRITE_FIXED, IORING_OP_WRITEV_FIXED,
};

static bool is_vectored(int opcode)
{
	return opcode == IORING_OP_READV || opcode == IORING_OP_WRITEV ||
	       opcode == IORING_OP_READV_FIXED ||
	       opcode == IORING_OP_WRITEV_FIXED;
}

#endif /* _IOCB_ATTR_URING_MODES_H */
