// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../common/msg.h"
#include "../common/program.h"
#include "../lib/feature.h"
#include "cmd.h"
#include "run_scope.h"

const char *no_scopes(void)
{
	const int error = ioattr_check_feature(IOCB_ATTR_CAP_SCOPE);
	const char *reason;

	if (!error)
		return NULL;
	if (error != -ENOSYS && error != -EOPNOTSUPP)
		return strerror(-error);
	reason = no_attributes();
	return reason ? reason : "this kernel has no scopes";
}

/* Give this thread a scope, which execve(2) keeps. Returns 0 or CANNOT. */
static int enter_scope(const struct attrs *attrs)
{
	struct attrs for_set = *attrs;
	int set, ret;

	for_set.report = false;
	set = make_set(&for_set, 0);
	if (set < 0)
		return CANNOT;
	ret = ioattr_scope_set(set, 0);
	/* the scope keeps it */
	close(set);
	if (!ret)
		return 0;
	error_msg("the scope cannot be set: %s", strerror(-ret));
	return CANNOT;
}

static void warn_if_privileged(const char *program)
{
	char path[PATH_MAX];
	const char *reason;

	if (!find_program(program, path))
		return;
	reason = why_privileged(path);
	if (reason)
		error_msg("%s: %s: it runs without attributes", program,
			  reason);
}

int run_in_scope(const struct attrs *attrs, char **argv)
{
	const char *why_not = no_scopes();
	int error;

	if (why_not) {
		/* the library needs attributes, too */
		error_msg("%s: %s was not run%s", why_not, argv[0],
			  no_attributes() ? "" : "; run it with --rule, which loads a library into it");
		return CANNOT;
	}
	if (attrs->required) {
		error_msg("--required: a scope never makes an I/O fail: omit --required, or use --rule, which loads a library into %s",
			  argv[0]);
		return CANNOT;
	}
	if (enter_scope(attrs))
		return CANNOT;
	warn_if_privileged(argv[0]);
	execvp(argv[0], argv);
	error = errno;
	error_msg("%s: %s", argv[0], strerror(error));
	return error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}
