/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* What the kernel supports besides lists; for the library and the command. */
#ifndef FEATURE_H
#define FEATURE_H

#include <stdint.h>

/*
 * Returns 0 if the kernel has @feature, one of IOCB_ATTR_CAP_*, -EOPNOTSUPP if it
 * does not, -ENOSYS if it does not support attributes or the query, or another
 * negative errno.
 */
int ioattr_check_feature(uint64_t feature);

#endif /* FEATURE_H */
