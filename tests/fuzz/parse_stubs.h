/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For programs that contain fs/iocb_attr/parse.c: the functions that its table
 * refers to and the parser never calls.
 */
#ifndef PARSE_STUBS_H
#define PARSE_STUBS_H

#include <stdlib.h>

#include "../../fs/iocb_attr/iocb_attr_private.h"

#define NEVER_CALLED(name)						\
int name(const struct iocb_attr_import *import,				\
	 const union iocb_attr_record *record)				\
{									\
	(void)import;							\
	(void)record;							\
	abort();							\
}

NEVER_CALLED(iocb_attr_resolve_proxy_pid)
NEVER_CALLED(iocb_attr_resolve_proxy_pidfd)
NEVER_CALLED(iocb_attr_resolve_ioprio)
NEVER_CALLED(iocb_attr_resolve_cache)
NEVER_CALLED(iocb_attr_resolve_pi)
NEVER_CALLED(iocb_attr_resolve_set)

#define NEVER_ASKED(name)						\
bool name(const struct kiocb *iocb, const struct iocb_attrs *attrs)	\
{									\
	(void)iocb;							\
	(void)attrs;							\
	abort();							\
}

NEVER_ASKED(iocb_attr_supported_direct)
NEVER_ASKED(iocb_attr_supported_charge)
NEVER_ASKED(iocb_attr_supported_pi)
NEVER_ASKED(iocb_attr_supported_set)

#endif /* PARSE_STUBS_H */
