/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A timeout is for a test that hangs, however slow the machine is: it may be an
 * emulated one, with a debugging kernel, on a host that has more to do.
 */
#ifndef _IOCB_ATTR_HARNESS_H
#define _IOCB_ATTR_HARNESS_H

#include "kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	900	/* seconds */

#endif /* _IOCB_ATTR_HARNESS_H */
