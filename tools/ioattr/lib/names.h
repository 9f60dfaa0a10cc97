/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Tables of names for the library and the command. */
#ifndef NAMES_H
#define NAMES_H

#define IOATTR_NR_CLASSES	4
#define IOATTR_NR_CHECKS	3

/* I/O priority classes, in the order of IOPRIO_CLASS_*. */
extern const char *const ioattr_class_names[IOATTR_NR_CLASSES];

/* Checks of protection information, in the order of IO_INTEGRITY_CHK_*. */
extern const char *const ioattr_check_names[IOATTR_NR_CHECKS];

#endif /* NAMES_H */
