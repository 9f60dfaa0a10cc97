/* SPDX-License-Identifier: GPL-2.0 */
/* Run a program in a scope, which gives attributes to all of its I/O. */
#ifndef RUN_SCOPE_H
#define RUN_SCOPE_H

#include "attrs.h"

/*
 * Why no thread has a scope on this kernel, or NULL if it has scopes. The kernel
 * is asked by FS_IOC_GETIOCBATTR_CAP.
 */
const char *no_scopes(void);

/*
 * Execute the program @argv instead of the calling one, with @attrs as its scope.
 * The kernel applies the attributes, no library is loaded, and there is no
 * parent process, so that signals and the exit status are the program's own.
 * Returns the exit status if this fails; a message has been printed then.
 * @attrs->report has no effect, because a scope has no reports.
 */
int run_in_scope(const struct attrs *attrs, char **argv);

#endif /* RUN_SCOPE_H */
