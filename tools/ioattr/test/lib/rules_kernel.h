/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_KERNEL_H
#define RULES_KERNEL_H

#include <stdint.h>

/* What the kernel says of the bytes of a list; as ioattr_list_check(). */
int kernel_check(const void *list, uint32_t *offset);

#endif /* RULES_KERNEL_H */
