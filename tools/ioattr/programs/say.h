/* SPDX-License-Identifier: GPL-2.0 */
/* How the ioattr command says on stderr what is wrong: a line, after its name. */
#ifndef SAY_H
#define SAY_H

#include <stdarg.h>

__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);

/* Of a command line, to @command ("ioattr run"), which tells more with --help. */
__attribute__((format(printf, 2, 3)))
void complain_of_usage(const char *command, const char *format, ...);

/* Of @file. */
__attribute__((format(printf, 2, 0)))
void vcomplain_of(const char *file, const char *format, va_list args);

#endif
