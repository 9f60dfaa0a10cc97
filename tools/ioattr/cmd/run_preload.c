// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../common/counts.h"
#include "../common/msg.h"
#include "../common/program.h"
#include "cmd.h"
#include "run_child.h"
#include "run_preload.h"
#include "run_report.h"

#ifndef PRELOAD_DIR
#define PRELOAD_DIR	"/usr/local/lib/ioattr"
#endif
/* The same, relative to the directory of the command. */
#ifndef PRELOAD_RELATIVE
#define PRELOAD_RELATIVE "../lib/ioattr"
#endif
#define LIBRARY		"libioattr-preload.so"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	8U
#endif

/**
 * struct run - a program that is being run
 * @opt: How to run it.
 * @library: The path of the library.
 * @counts: Memory that is shared with the program, or NULL.
 * @counts_fd: The file with this memory, or -1.
 * @out: Where the report is printed, or NULL.
 */
struct run {
	const struct preload	*opt;
	char			library[PATH_MAX];
	struct shared_counts	*counts;
	int			counts_fd;
	FILE			*out;
};

static bool is_file(const char *path)
{
	return !access(path, R_OK);
}

/* The loader of programs maps the library like this. */
static int check_library(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map = MAP_FAILED;

	if (fd >= 0)
		map = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		error_msg("%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return CANNOT;
	}
	munmap(map, 1);
	close(fd);
	return 0;
}

/*
 * LD_PRELOAD separates names by spaces and colons, and replaces words after a
 * dollar sign. Relative names would be looked up in the working directory of
 * each program that is executed.
 */
static int set_library(struct run *run, const char *name)
{
	if (!realpath(name, run->library)) {
		error_msg("%s: %s", name, strerror(errno));
		return CANNOT;
	}
	if (strpbrk(run->library, " :$")) {
		error_msg("%s: LD_PRELOAD does not allow spaces, colons and dollar signs in a name; set IOATTR_PRELOAD to another one",
			  run->library);
		return CANNOT;
	}
	return check_library(run->library);
}

/*
 * Use IOATTR_PRELOAD, else the library beside this program or the installed
 * one.
 */
static int find_library(struct run *run)
{
	static const char *const places[] = {
		LIBRARY, PRELOAD_RELATIVE "/" LIBRARY,
	};
	const char *env = getenv("IOATTR_PRELOAD");
	char self[PATH_MAX], path[2 * PATH_MAX], *slash;
	unsigned int i;
	ssize_t len;

	if (env)
		return set_library(run, env);
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[len < 0 ? 0 : len] = '\0';
	slash = strrchr(self, '/');
	for (i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		slash[1] = '\0';
		snprintf(path, sizeof(path), "%s%s", self, places[i]);
		if (is_file(path))
			return set_library(run, path);
	}
	if (is_file(PRELOAD_DIR "/" LIBRARY))
		return set_library(run, PRELOAD_DIR "/" LIBRARY);
	error_msg("%s: %s; set IOATTR_PRELOAD to its path",
		  PRELOAD_DIR "/" LIBRARY, strerror(errno));
	return CANNOT;
}

/* Do not start a program whose required attributes cannot be added. */
static int check_program(const struct run *run, const char *name)
{
	char path[PATH_MAX];
	const char *reason;

	if (!find_program(name, path))
		return 0;
	reason = why_not_loadable(path, run->opt->required);
	if (!reason)
		return 0;
	if (!run->opt->required) {
		error_msg("%s: a library cannot be loaded (%s): its I/O is not changed",
			  path, reason);
		return 0;
	}
	error_msg("%s: a library cannot be loaded (%s): required attributes cannot be added; omit required, or use another build of the program",
		  path, reason);
	return CANNOT;
}

/* A file in memory whose size cannot be changed. Returns it or -1. */
static int make_counts(void)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(COUNTS_NAME, flags | MFD_NOEXEC_SEAL);

	/* before Linux 6.3 */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(COUNTS_NAME, flags);
	if (fd < 0)
		return -1;
	if (!ftruncate(fd, sizeof(struct shared_counts)) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	close(fd);
	return -1;
}

static int share_counts(struct run *run)
{
	void *map = MAP_FAILED;

	run->counts_fd = make_counts();
	if (run->counts_fd >= 0)
		map = mmap(NULL, sizeof(*run->counts), PROT_READ | PROT_WRITE,
			   MAP_SHARED, run->counts_fd, 0);
	if (map == MAP_FAILED) {
		error_msg("memory: %s", strerror(errno));
		return CANNOT;
	}
	run->counts = map;
	return 0;
}

/* Open the file now. Its contents are replaced when the program has ended. */
static int open_output(struct run *run)
{
	int fd;

	if (!run->opt->report)
		return 0;
	if (!run->opt->output) {
		run->out = stderr;
		return 0;
	}
	fd = open(run->opt->output, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0)
		run->out = fdopen(fd, "w");
	if (run->out)
		return 0;
	error_msg("%s: %s", run->opt->output, strerror(errno));
	return CANNOT;
}

/* Set a variable to "@first@separator@second", or to @first. */
static bool set_pair(const char *name, const char *first, char separator,
		     const char *second)
{
	const size_t len = strlen(first) + strlen(second) + 2;
	char *text = malloc(len);
	bool ok;

	if (!text)
		return false;
	snprintf(text, len, *second ? "%s%c%s" : "%s", first, separator,
		 second);
	ok = !setenv(name, text, 1);
	free(text);
	return ok;
}

static const char *get(const char *name)
{
	const char *text = getenv(name);

	return text ? text : "";
}

/*
 * AddressSanitizer insists on being the first library, although this one
 * replaces none of its functions.
 */
static bool set_sanitizer(void)
{
	const char *options = get("ASAN_OPTIONS");

	return strstr(options, "verify_asan_link_order") ||
	       set_pair("ASAN_OPTIONS", "verify_asan_link_order=0", ':',
			options);
}

static int set_environment(const struct run *run)
{
	const int supported = attributes_supported();
	char counts[64];
	bool ok = true;

	unsetenv(ENV_REPORT);
	unsetenv(ENV_COUNTS);
	unsetenv(ENV_KERNEL);
	if (run->counts) {
		snprintf(counts, sizeof(counts), "/proc/%d/fd/%d", getpid(),
			 run->counts_fd);
		ok &= !setenv(ENV_COUNTS, counts, 1);
	}
	if (run->opt->report)
		ok &= !setenv(ENV_REPORT, "1", 1);
	if (supported >= 0)
		ok &= !setenv(ENV_KERNEL, supported ? "1" : "0", 1);
	ok &= !setenv(ENV_RULES, run->opt->rules, 1);
	ok &= set_pair("LD_PRELOAD", run->library, ':', get("LD_PRELOAD"));
	ok &= set_sanitizer();
	if (ok)
		return 0;
	error_msg("memory: %s", strerror(errno));
	return CANNOT;
}

/* Required attributes that no I/O had are an error. */
static int check_result(const struct run *run, const struct totals *totals,
			const char *program)
{
	if (!run->counts->loaded) {
		error_msg("%s was not loaded into %s: its I/O was not changed",
			  run->library, program);
		return run->opt->required ? CANNOT : 0;
	}
	if (totals->ios || run->counts->missing || !run->opt->required)
		return 0;
	error_msg("%s: no I/O by AIO or io_uring was seen: no I/O had the required attributes; see SUPPORTED I/O in ioattr-run(1)",
		  program);
	return CANNOT;
}

/* Print problems at the end only: the program may use the whole screen. */
static int finish(struct run *run, const char *program)
{
	const struct totals totals = add_up(run->counts);
	const char *reason;
	int ret = 0;

	if (run->out && run->out != stderr && ftruncate(fileno(run->out), 0) &&
	    errno != EINVAL)
		ret = CANNOT;
	if (run->out)
		print_report(run->out, run->counts);
	else
		print_refusals(run->counts);
	if (run->out && run->out != stderr && fclose(run->out))
		ret = CANNOT;
	if (ret)
		error_msg("%s: %s", run->opt->output, strerror(errno));
	reason = totals.refused ? no_attributes() : NULL;
	if (reason)
		error_msg("%s: %s", reason, run->opt->required ?
			  "I/O with required attributes failed" :
			  "the I/O was not changed");
	return check_result(run, &totals, program) || ret ? CANNOT : 0;
}

int run_preloaded(const struct preload *opt, char **argv)
{
	struct run run = { .opt = opt, .counts_fd = -1 };
	int ret, status;

	ret = find_library(&run);
	if (!ret)
		ret = check_program(&run, argv[0]);
	if (!ret && !opt->exec)
		ret = share_counts(&run);
	if (!ret)
		ret = open_output(&run);
	if (!ret)
		ret = set_environment(&run);
	if (ret)
		return ret;
	if (opt->exec)
		return exec_program(argv);
	status = run_child(argv);
	/*
	 * the child has printed the error, unless this is the program's own
	 * status
	 */
	if ((status == NOT_FOUND || status == NOT_EXECUTABLE) &&
	    !run.counts->loaded)
		return status;
	ret = finish(&run, argv[0]);
	return status ? status : ret;
}
