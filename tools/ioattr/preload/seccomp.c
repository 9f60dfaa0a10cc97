// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Programs that install a seccomp filter. The filter may kill the program for
 * each system call that it does not expect, even for the question whether there
 * is a filter. Therefore notice when the program installs one.
 *
 * A filter that was inherited is not noticed. It has allowed what the loader of
 * the program needs, but may forbid what the library does later; the calls are
 * in ioattr-run(1).
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "shim.h"

static _Atomic bool shut;

bool shut_in(void)
{
	return shut;
}

static bool installs_filter(long nr, long a)
{
	if (nr == SYS_prctl)
		return a == PR_SET_SECCOMP;
	return a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER;
}

bool seccomp_begin(long nr, long a)
{
	/* before the call: it may be for other threads as well */
	return installs_filter(nr, a) && !atomic_exchange(&shut, true);
}

long seccomp_end(bool begun, long ret)
{
	if (begun && ret < 0)
		shut = false;
	return ret;
}
