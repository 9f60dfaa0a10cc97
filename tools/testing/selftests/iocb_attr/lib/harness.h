/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timeout only catches tests that hang. It allows for an emulated machine
 * with a debugging kernel on a busy host.
 */
#ifndef _IOCB_ATTR_HARNESS_H
#define _IOCB_ATTR_HARNESS_H

#include "kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	900	/* seconds */

#endif /* _IOCB_ATTR_HARNESS_H */
