/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * Asynchronous I/O with attributes by raw system calls, for programs without
 * libaio. Cannot be included together with libaio.h.
 */
#ifndef IOATTR_AIO_H
#define IOATTR_AIO_H

#include <linux/aio_abi.h>

#include "ioattr.h"

/* Older kernel headers lack the flag and name the field differently. */
#ifndef IOCB_FLAG_ATTR
#define IOCB_FLAG_ATTR	(1 << 2)
#define aio_attrs	aio_reserved2
#endif
#ifndef IOCB_FLAG_ATTR_SET
#define IOCB_FLAG_ATTR_SET	(1 << 3)
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* System calls; return a negative errno on error, -EINTR after a signal. */
int ioattr_aio_setup(unsigned int nr, aio_context_t *ctx);
int ioattr_aio_destroy(aio_context_t ctx);
int ioattr_aio_submit(aio_context_t ctx, long nr, struct iocb **iocbs);

/* @timeout: in milliseconds; -1 to wait without a limit. */
int ioattr_aio_getevents(aio_context_t ctx, long min, long nr,
			 struct io_event *events, int timeout);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* IOATTR_AIO_H */
