/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
#ifndef LIB_RECORD_H
#define LIB_RECORD_H

#include "../include/ioattr.h"

/* The records that this version of the library knows. */
union ioattr_record {
	struct iocb_attr		attr;
	struct iocb_attr_proxy_pid	proxy_pid;
	struct iocb_attr_proxy_pidfd	proxy_pidfd;
	struct iocb_attr_cgroup		cgroup;
	struct iocb_attr_ioprio		ioprio;
	struct iocb_attr_cache		cache;
	struct iocb_attr_pi		pi;
	struct iocb_attr_set		set;
};

#endif /* LIB_RECORD_H */
