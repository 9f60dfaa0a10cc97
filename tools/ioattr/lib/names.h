/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Tables of names for the library and the command. */
#ifndef LIB_NAMES_H
#define LIB_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define IOATTR_NR_CLASSES	4
#define IOATTR_NR_CHECKS	3

/* I/O priority classes, in the order of IOPRIO_CLASS_*. */
extern const char *const ioattr_class_names[IOATTR_NR_CLASSES];

/* Checks of protection information, in the order of IO_INTEGRITY_CHK_*. */
extern const char *const ioattr_check_names[IOATTR_NR_CHECKS];

/*
 * Parse @text as a list of names separated by commas, and set in *@mask the bit
 * of each name. @name returns the name of a bit, or NULL beyond the last one.
 * Returns NULL, or the first unknown name, which ends at a comma or at the end
 * of @text.
 */
const char *ioattr_parse_names(const char *text,
			       const char *(*name)(unsigned int bit),
			       uint32_t *mask);

/* Returns true if the kernel rejects this combination of hints. */
bool ioattr_hints_conflict(uint32_t hints);

#endif /* LIB_NAMES_H */
