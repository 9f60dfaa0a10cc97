// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <stdio.h>

#include "msg.h"

static void vprint(const char *format, va_list args)
{
	fputs("ioattr: ", stderr);
	vfprintf(stderr, format, args);
}

void error_msg(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(format, args);
	va_end(args);
	fputc('\n', stderr);
}

void usage_error(const char *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(format, args);
	va_end(args);
	fprintf(stderr, "; see ioattr %s --help\n", command);
}

void usage_hint(const char *command)
{
	fprintf(stderr, "see ioattr %s --help\n", command);
}

void verror_file(const char *file, const char *format, va_list args)
{
	fprintf(stderr, "ioattr: %s: ", file);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}
