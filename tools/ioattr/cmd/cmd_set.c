// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr set: show the attribute sets that processes have open, or run a
 * program with a new set; see ioattr-set(1).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/msg.h"
#include "attrs.h"
#include "cmd.h"
#include "proc.h"

/* The variable that has the number of the set. */
#define ENV_SET_FD	"IOATTR_SET_FD"

/* The link of such a file descriptor. */
#define SET_LINK	"anon_inode:[iocb_attr]"

static const char help_text[] =
"Usage: ioattr set [OPTION...] [PID...]\n"
"       ioattr set ATTRIBUTE... [OPTION...] [--] PROGRAM [ARG...]\n"
"\n"
"Show the attribute sets that processes have open, or make a set and run PROGRAM\n"
"with it. PROGRAM finds its file descriptor in the variable IOATTR_SET_FD.\n"
"\n"
"  --cache=HINT[,HINT]  bypass, admit, writethrough, writeback, writearound\n"
"  --cgroup=DIRECTORY   charge the I/O to this cgroup\n"
"  --proxy=PID          do the I/O on behalf of this process\n"
"  --proxy-pidfd=PID    the same, but pass the process as a file descriptor\n"
"  --prio=CLASS[:LEVEL] I/O priority: rt or be, :0 to :7, idle, or none\n"
"  --required           fail if the kernel would ignore an attribute\n"
"  --report             report which attributes of each I/O were honoured\n"
"  --delegate           let processes in other cgroups use the set\n"
"  --counts             show how often each attribute was honoured\n"
"  --proc=DIRECTORY     read another proc file system, or a copy of one\n"
"  --help               print this text\n"
"\n"
"The first five are attributes. Without PID, the sets of all processes are shown.\n";

#define bad_usage(...)	(usage_error("set", __VA_ARGS__), CANNOT)

/**
 * struct setup - the command line
 * @delegate: Set IOCB_ATTR_CREATE_DELEGATE.
 * @counts: Show how often each attribute was honoured.
 * @proc: A proc file system, or NULL for /proc.
 */
struct setup {
	bool		help, delegate, counts;
	const char	*proc;
	struct attrs	attrs;
};

static void print_set(const struct setup *setup, int pid, int fd)
{
	char path[PATH_MAX], *name, *words, *honoured;

	snprintf(path, sizeof(path), "%s/%d/fdinfo/%d", setup->proc, pid, fd);
	words = find_line(path, SET_LINE);
	/* it was closed since */
	if (!words)
		return;
	honoured = setup->counts ? find_line(path, HONOURED_LINE) : NULL;
	snprintf(path, sizeof(path), "%s/%d/comm", setup->proc, pid);
	name = find_line(path, "");
	printf("%7d %-15s %5d ", pid, name ? name : "?", fd);
	print_words(words, honoured);
	free(name);
	free(honoured);
	free(words);
}

static bool is_set(const char *proc, int pid, int fd)
{
	char path[PATH_MAX], link[sizeof(SET_LINK)];

	snprintf(path, sizeof(path), "%s/%d/fd/%d", proc, pid, fd);
	/* a longer link is cut, and differs */
	return readlink(path, link, sizeof(link)) == sizeof(SET_LINK) - 1 &&
	       !memcmp(link, SET_LINK, sizeof(SET_LINK) - 1);
}

/**
 * struct process - a process to show
 * @pid: Its id.
 */
struct process {
	const struct setup	*setup;
	int			pid;
};

static void show_fd(void *arg, int fd)
{
	const struct process *process = arg;

	if (is_set(process->setup->proc, process->pid, fd))
		print_set(process->setup, process->pid, fd);
}

static int show_process(const struct setup *setup, int pid)
{
	struct process process = { setup, pid };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%d/fd", setup->proc, pid);
	return for_each_number(path, show_fd, &process);
}

/* Ignore processes that have exited or that cannot be inspected. */
static void show_any(void *arg, int pid)
{
	show_process(arg, pid);
}

static int show_processes(const struct setup *setup, char **pids)
{
	int failed = 0, ret;

	for (; *pids; pids++) {
		ret = show_process(setup, parse_pid(*pids));
		if (!ret)
			continue;
		error_msg("process %s: %s", *pids, ret == -ENOENT ?
			  "no such process" : strerror(-ret));
		failed = 1;
	}
	return failed;
}

static int show_sets(struct setup *setup, char **pids)
{
	int i, ret;

	for (i = 0; pids[i]; i++) {
		if (!parse_pid(pids[i]))
			return bad_usage("%s: invalid PID", pids[i]);
	}
	printf("%7s %-15s %5s %s\n", "PID", "COMMAND", "FD", "ATTRIBUTES");
	if (*pids)
		return show_processes(setup, pids);
	ret = for_each_number(setup->proc, show_any, setup);
	if (ret)
		error_msg("%s: %s", setup->proc, strerror(-ret));
	return ret ? 1 : 0;
}

static int run_program(const struct setup *setup, char **argv)
{
	char number[16];
	int set, error;

	set = make_set(&setup->attrs, setup->delegate ?
		       IOCB_ATTR_CREATE_DELEGATE : 0);
	if (set < 0)
		return CANNOT;
	snprintf(number, sizeof(number), "%d", set);
	/* without close-on-exec */
	if (fcntl(set, F_SETFD, 0) || setenv(ENV_SET_FD, number, 1)) {
		error_msg("%s", strerror(errno));
		return CANNOT;
	}
	execvp(argv[0], argv);
	error = errno;
	error_msg("%s: %s", argv[0], strerror(error));
	return error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}

static int check_options(const struct setup *setup, char **words)
{
	const struct attrs *attrs = &setup->attrs;

	if (!has_attrs(attrs)) {
		if (attrs->required || attrs->report || setup->delegate)
			return bad_usage("--required, --report and --delegate need --cache, --cgroup, --proxy or --prio");
		return 0;
	}
	if (setup->counts || setup->proc)
		return bad_usage("--counts and --proc cannot be combined with attributes");
	if (setup->delegate && !attrs->cgroup && !attrs->proxy)
		return bad_usage("--delegate needs --cgroup or --proxy");
	if (!*words)
		return bad_usage("missing PROGRAM");
	return 0;
}

static int parse_options(int argc, char **argv, struct setup *setup)
{
	static const struct option options[] = {
		ATTR_OPTIONS,
		{ "delegate", no_argument, NULL, 'd' },
		{ "counts", no_argument, NULL, 'n' },
		{ "proc", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c, i = 0;

	/* "+": stop at PROGRAM, which has its own options */
	while ((c = getopt_long(argc, argv, "+", options, &i)) != -1) {
		switch (c) {
		case 'd':
			setup->delegate = true;
			break;
		case 'n':
			setup->counts = true;
			break;
		case 'p':
			setup->proc = optarg;
			break;
		case 'h':
			setup->help = true;
			return 0;
		default:
			if (!parse_attr(&setup->attrs, c, options[i].name,
					optarg))
				return CANNOT;
		}
	}
	return check_options(setup, argv + optind);
}

int cmd_set(int argc, char **argv)
{
	struct setup setup = {
		.attrs = { .command = "set", .prio = -1 },
	};
	int ret;

	ret = parse_options(argc, argv, &setup);
	if (ret)
		return ret;
	if (setup.help) {
		fputs(help_text, stdout);
		return 0;
	}
	argv += optind;
	if (has_attrs(&setup.attrs))
		return run_program(&setup, argv);
	if (!setup.proc)
		setup.proc = "/proc";
	return show_sets(&setup, argv);
}
