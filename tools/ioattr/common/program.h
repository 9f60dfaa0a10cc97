/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * Can a library be loaded into a program, and does it keep a scope? For ioattr
 * run, and for its library, which may call these functions in a signal handler or a child of vfork(2).
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/*
 * Find a program like execvp(3). Returns false if there is none in the path.
 */
bool find_program(const char *name, char path[PATH_MAX]);

/*
 * Why the program @path gains privileges, or NULL if it does not, or cannot be
 * read. If @path is a script, it is replaced by the interpreter.
 */
const char *why_privileged(char path[PATH_MAX]);

/*
 * Why no library can be loaded into the program @path, or NULL. If @path is a
 * script, it is replaced by the interpreter. @strict: Programs that cannot be
 * read count as such, too.
 */
const char *why_not_loadable(char path[PATH_MAX], bool strict);

#endif /* PROGRAM_H */
