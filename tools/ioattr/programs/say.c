// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "say.h"

void complain(const char *format, ...)
{
	va_list args;

	fputs("ioattr: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void complain_of_usage(const char *command, const char *format, ...)
{
	va_list args;

	fputs("ioattr: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; %s --help tells more\n", command);
}

void vcomplain_of(const char *file, const char *format, va_list args)
{
	fprintf(stderr, "ioattr: %s: ", file);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}
