/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
#ifndef ERRNAME_H
#define ERRNAME_H

#include <stddef.h>

/*
 * Store the name of an errno, for example "EINVAL", or its number if it is not
 * one that I/O or its attributes are known to fail with. strerrorname_np(3) is
 * only in glibc, since 2.32.
 */
void error_name(int error, char *text, size_t room);

#endif /* ERRNAME_H */
