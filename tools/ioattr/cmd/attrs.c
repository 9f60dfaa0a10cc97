// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "../common/msg.h"
#include "../common/parse.h"
#include "../lib/names.h"
#include "attrs.h"
#include "cmd.h"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC	0x63677270
#endif

#define bad_usage(command, ...)	(usage_error(command, __VA_ARGS__), false)

bool parse_number(const char *command, const char *name, const char *text,
		  long long min, long long max, long long *number)
{
	const int ret = parse_size(text, max, number);

	if (ret == -EINVAL)
		return bad_usage(command, "--%s=%s: invalid number", name,
				 text);
	if (ret)
		return bad_usage(command, "--%s=%s is more than %lld", name,
				 text, max);
	if (*number < min)
		return bad_usage(command, "--%s=%s is less than %lld", name,
				 text, min);
	return true;
}

static bool parse_proxy(struct attrs *attrs, const char *name, const char *text)
{
	if (attrs->proxy)
		return bad_usage(attrs->command,
				 "--%s: only one process can be given", name);
	attrs->pidfd = !strcmp(name, "proxy-pidfd");
	return parse_number(attrs->command, name, text, 1, INT_MAX,
			    &attrs->proxy);
}

static bool parse_hints(struct attrs *attrs, const char *text)
{
	const char *unknown;
	uint32_t hints;

	if (ioattr_parse_hints(text, &hints, &unknown))
		return bad_usage(attrs->command,
				 "unknown cache hint \"%.*s\"",
				 (int)strcspn(unknown, ","), unknown);
	attrs->hints |= hints;
	return true;
}

static bool parse_prio(struct attrs *attrs, const char *text)
{
	uint16_t ioprio;

	if (ioattr_parse_prio(text, &ioprio))
		return bad_usage(attrs->command, "--prio=%s: invalid priority",
				 text);
	attrs->prio = ioprio;
	return true;
}

bool parse_attr(struct attrs *attrs, int c, const char *name, const char *text)
{
	switch (c) {
	case 'c':
		return parse_hints(attrs, text);
	case 'g':
		attrs->cgroup = text;
		return true;
	case 'x':
		return parse_proxy(attrs, name, text);
	case 'P':
		return parse_prio(attrs, text);
	case 'q':
		attrs->required = true;
		return true;
	case 'r':
		attrs->report = true;
		return true;
	default:
		/* getopt_long() has printed the error */
		usage_hint(attrs->command);
		return false;
	}
}

bool has_attrs(const struct attrs *attrs)
{
	return attrs->hints || attrs->cgroup || attrs->proxy ||
	       attrs->prio >= 0;
}

static const char *add_cgroup(const struct attrs *attrs,
			      struct ioattr_list *list, uint16_t flags, int *fd)
{
	struct statfs st;

	*fd = open(attrs->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return strerror(errno);
	if (fstatfs(*fd, &st))
		return strerror(errno);
	if (st.f_type != CGROUP2_SUPER_MAGIC)
		return "not a cgroup2 directory";
	ioattr_add_cgroup(list, *fd, flags);
	return NULL;
}

static const char *add_proxy(const struct attrs *attrs,
			     struct ioattr_list *list, uint16_t flags,
			     int *pidfd)
{
	if (!attrs->pidfd) {
		ioattr_add_proxy_pid(list, attrs->proxy, flags);
		return NULL;
	}
	*pidfd = syscall(SYS_pidfd_open, attrs->proxy, 0);
	if (*pidfd < 0)
		return errno == ESRCH ? "no such process" :
					strerror(errno);
	ioattr_add_proxy_pidfd(list, *pidfd, flags);
	return NULL;
}

const char *build_list(const struct attrs *attrs, struct ioattr_list *list,
		       int fds[2], const char **what)
{
	const uint16_t flags = attrs->required ? IOCB_ATTR_REQUIRED : 0;
	const char *error;

	fds[0] = -1;
	fds[1] = -1;
	ioattr_init(list, attrs->report ? IOCB_ATTR_LIST_REPORT : 0);
	if (attrs->hints)
		ioattr_add_cache(list, attrs->hints, flags);
	if (attrs->prio >= 0)
		ioattr_add_ioprio(list, attrs->prio, flags);
	if (attrs->cgroup) {
		*what = attrs->cgroup;
		error = add_cgroup(attrs, list, flags, &fds[0]);
		if (error)
			return error;
	}
	if (attrs->proxy) {
		*what = attrs->pidfd ? "--proxy-pidfd" : "--proxy";
		error = add_proxy(attrs, list, flags, &fds[1]);
		if (error)
			return error;
	}
	return NULL;
}

/*
 * The permissions are described in Documentation/userspace-api/iocb_attr.rst.
 */
static const char *not_permitted(const struct attrs *attrs, int error)
{
	if (attrs->cgroup && error == -EACCES)
		return "no permission for --cgroup: write permission is required for its cgroup.procs and, unless it is below your own cgroup, for that of the common ancestor";
	if (attrs->cgroup && !attrs->proxy && attrs->prio < 0)
		return "no permission for --cgroup: it is outside your cgroup namespace";
	if (attrs->proxy && error == -EPERM)
		return "no permission for --proxy: the process must be your own unless you have CAP_SYS_PTRACE and CAP_SYS_NICE; its cgroup must be yours or a descendant unless you have CAP_SYS_ADMIN or use --cgroup; class rt requires CAP_SYS_NICE";
	if (attrs->prio >= 0 && error == -EPERM)
		return "no permission for --prio: class rt requires CAP_SYS_NICE";
	return strerror(-error);
}

const char *explain_attrs(const struct attrs *attrs, int error)
{
	switch (error) {
	case -EINVAL:
		if (ioattr_hints_conflict(attrs->hints))
			return "conflicting hints: bypass and admit, or several write policies";
		return "invalid I/O or unknown attribute; see ioattr probe";
	case -EACCES:
	case -EPERM:
		return not_permitted(attrs, error);
	case -ESRCH:
		return "--proxy: no such process";
	case -ENODEV:
		return "--cgroup: the cgroup is being removed";
	case -EROFS:
		return "no permission for --cgroup: the cgroup file system is read-only";
	default:
		return strerror(-error);
	}
}

const char *explain_set(const struct attrs *attrs, bool delegate, int error)
{
	const char *why_not;

	if (error == -ENOSYS || error == -EOPNOTSUPP) {
		why_not = no_attributes();
		return why_not ? why_not : "this kernel has no attribute sets";
	}
	if (delegate && error == -EPERM)
		return "no permission for the attributes or for --delegate, which requires write permission to the cgroup.procs of the cgroup above";
	return explain_attrs(attrs, error);
}

int make_set(const struct attrs *attrs, unsigned int flags)
{
	const char *error, *what;
	struct ioattr_list list;
	int fds[2], set = -1;

	error = build_list(attrs, &list, fds, &what);
	if (error) {
		error_msg("%s: %s", what, error);
	} else {
		set = ioattr_set_create(&list, flags);
		if (set < 0)
			error_msg("%s", explain_set(attrs, flags &
						IOCB_ATTR_CREATE_DELEGATE, set));
	}
	/* the set does not need them */
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	return set;
}
