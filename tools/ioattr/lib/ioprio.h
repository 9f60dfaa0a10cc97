/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* I/O priorities; kernel headers have linux/ioprio.h since 5.15. */
#ifndef LIB_IOPRIO_H
#define LIB_IOPRIO_H

#ifdef __has_include
#if __has_include(<linux/ioprio.h>)
#include <linux/ioprio.h>
#endif
#endif

#ifndef IOPRIO_CLASS_SHIFT
#define IOPRIO_CLASS_SHIFT	13
#define IOPRIO_PRIO_CLASS(ioprio)	((ioprio) >> IOPRIO_CLASS_SHIFT)
#define IOPRIO_PRIO_DATA(ioprio)	\
	((ioprio) & ((1 << IOPRIO_CLASS_SHIFT) - 1))
#define IOPRIO_PRIO_VALUE(class, data)	\
	((class) << IOPRIO_CLASS_SHIFT | (data))

enum {
	IOPRIO_CLASS_NONE,
	IOPRIO_CLASS_RT,
	IOPRIO_CLASS_BE,
	IOPRIO_CLASS_IDLE,
};
#endif

#endif /* LIB_IOPRIO_H */
