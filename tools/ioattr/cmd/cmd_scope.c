// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr scope: show the scopes of threads; see ioattr-scope(1).
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/msg.h"
#include "cmd.h"
#include "proc.h"
#include "run_scope.h"

static const char help_text[] =
"Usage: ioattr scope [OPTION...] [PID|TID...]\n"
"\n"
"Show the scopes of threads: the attributes of all I/O that a thread causes.\n"
"\n"
"  --all                show threads without a scope, too\n"
"  --counts             show how often each attribute was honoured\n"
"  --proc=DIRECTORY     read another proc file system, or a copy of one\n"
"  --help               print this text\n"
"\n"
"PID stands for all threads of a process, TID for one thread. Without both, the\n"
"threads of all processes are shown. The exit status is 0 if any of the threads\n"
"has a scope.\n";

#define bad_usage(...)	(usage_error("scope", __VA_ARGS__), 1)

/**
 * struct setup - the command line
 * @all: Show threads without a scope.
 * @counts: Show how often each attribute was honoured.
 * @proc: A proc file system, or NULL for /proc.
 */
struct setup {
	bool		help, all, counts;
	const char	*proc;
};

/**
 * struct show - what is being shown
 * @pid: The process.
 * @found: A thread has a scope.
 * @error: Why a scope could not be read, a negative errno, or 0.
 */
struct show {
	const struct setup	*setup;
	int			pid;
	bool			found;
	int			error;
};

static void print_row(const struct show *show, int tid, const char *words,
		      const char *honoured)
{
	char path[PATH_MAX], *name;

	snprintf(path, sizeof(path), "%s/%d/task/%d/comm", show->setup->proc,
		 show->pid, tid);
	name = find_line(path, "");
	printf("%7d %7d %-15s ", show->pid, tid, name ? name : "?");
	print_words(words, honoured);
	free(name);
}

static void show_thread(void *arg, int tid)
{
	struct show *show = arg;
	char path[PATH_MAX], *words, *honoured = NULL;

	snprintf(path, sizeof(path), "%s/%d/task/%d/iocb_attr",
		 show->setup->proc, show->pid, tid);
	words = find_line(path, SET_LINE);
	if (words) {
		show->found = true;
		if (show->setup->counts)
			honoured = find_line(path, HONOURED_LINE);
		print_row(show, tid, words, honoured);
	} else if (!errno) {
		if (show->setup->all)
			print_row(show, tid, "-", NULL);
	} else if (errno != ENOENT && errno != ESRCH) {
		/* not because the thread has exited */
		show->error = -errno;
	}
	free(honoured);
	free(words);
}

/* Returns 0 or a negative errno. */
static int show_process(struct show *show, int pid)
{
	char path[PATH_MAX];
	int ret;

	show->pid = pid;
	show->error = 0;
	snprintf(path, sizeof(path), "%s/%d/task", show->setup->proc, pid);
	ret = for_each_number(path, show_thread, show);
	return ret ? ret : show->error;
}

/* Ignore processes that have exited or that cannot be inspected. */
static void show_any(void *arg, int pid)
{
	show_process(arg, pid);
}

/* The process that the thread @tid belongs to, or 0 if there is none. */
static int process_of(const struct setup *setup, int tid)
{
	char path[PATH_MAX], *text;
	int pid;

	snprintf(path, sizeof(path), "%s/%d/status", setup->proc, tid);
	text = find_line(path, "Tgid:");
	pid = text ? parse_pid(text) : 0;
	free(text);
	return pid;
}

static void show_number(struct show *show, int number)
{
	const int pid = process_of(show->setup, number);
	int ret = -ENOENT;

	if (pid == number) {
		ret = show_process(show, pid);
	} else if (pid) {
		show->pid = pid;
		show->error = 0;
		show_thread(show, number);
		ret = show->error;
	}
	if (ret == -ENOENT || ret == -ESRCH)
		error_msg("there is no process or thread %d", number);
	else if (ret == -EACCES || ret == -EPERM)
		error_msg("no permission to read the scopes of process %d: run ioattr as its user or as root",
			  pid);
	else if (ret)
		error_msg("the scopes of process %d cannot be read: %s", pid,
			  strerror(-ret));
}

static int show_scopes(const struct setup *setup, char **numbers)
{
	struct show show = { .setup = setup };
	int i, ret;

	printf("%7s %7s %-15s %s\n", "PID", "TID", "COMMAND", "SCOPE");
	for (i = 0; numbers[i]; i++)
		show_number(&show, parse_pid(numbers[i]));
	if (i)
		return show.found ? 0 : 1;
	ret = for_each_number(setup->proc, show_any, &show);
	if (ret)
		error_msg("%s: %s", setup->proc, strerror(-ret));
	return show.found ? 0 : 1;
}

static int parse_options(int argc, char **argv, struct setup *setup)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "counts", no_argument, NULL, 'n' },
		{ "proc", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c, i;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			setup->all = true;
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
			/* getopt_long() has printed the error */
			usage_hint("scope");
			return 1;
		}
	}
	for (i = optind; i < argc; i++) {
		if (!parse_pid(argv[i]))
			return bad_usage("%s: invalid PID or TID", argv[i]);
	}
	return 0;
}

int cmd_scope(int argc, char **argv)
{
	struct setup setup = { 0 };
	const char *why_not;
	int ret;

	ret = parse_options(argc, argv, &setup);
	if (ret)
		return ret;
	if (setup.help) {
		fputs(help_text, stdout);
		return 0;
	}
	if (!setup.proc) {
		why_not = no_scopes();
		if (why_not) {
			error_msg("%s", why_not);
			return 1;
		}
		setup.proc = "/proc";
	}
	return show_scopes(&setup, argv + optind);
}
