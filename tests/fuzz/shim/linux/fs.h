/* SPDX-License-Identifier: GPL-2.0 */
/* As in the kernel's uapi/linux/fs.h, which the system's may not have yet. */
#define IO_INTEGRITY_VALID_FLAGS	(1U << 0 | 1U << 1 | 1U << 2)
