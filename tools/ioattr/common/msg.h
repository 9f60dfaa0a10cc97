/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * Messages of the command on standard error: one line that begins with
 * "ioattr: ".
 */
#ifndef MSG_H
#define MSG_H

#include <stdarg.h>

__attribute__((format(printf, 1, 2)))
void error_msg(const char *format, ...);

/* An error in the arguments of @command, for example "run". */
__attribute__((format(printf, 2, 3)))
void usage_error(const char *command, const char *format, ...);

/*
 * After a message of getopt_long(): where the options of @command are
 * described.
 */
void usage_hint(const char *command);

/* An error that is about @file. */
__attribute__((format(printf, 2, 0)))
void verror_file(const char *file, const char *format, va_list args);

#endif /* MSG_H */
