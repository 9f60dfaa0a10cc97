/* SPDX-License-Identifier: GPL-2.0 */
/* As in the kernel's uapi/linux/fs.h. The system's header may lack it. */
#define IO_INTEGRITY_VALID_FLAGS	(1U << 0 | 1U << 1 | 1U << 2)
