// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr run: load a library into a program that adds attributes to its I/O;
 * see ioattr-run(1).
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/counts.h"
#include "../common/msg.h"
#include "../common/parse.h"
#include "../common/rule.h"
#include "../include/ioattr.h"
#include "cmd.h"

#ifndef PRELOAD_DIR
#define PRELOAD_DIR	"/usr/local/lib/ioattr"
#endif
#define LIBRARY		"libioattr-preload.so"

static const char help_text[] =
"Usage: ioattr run [OPTION...] [--] PROGRAM [ARG...]\n"
"\n"
"Run PROGRAM and add attributes to its AIO and io_uring reads and writes.\n"
"\n"
"  --cache=HINT[,HINT]  bypass, admit, writethrough, writeback, writearound\n"
"  --cgroup=DIRECTORY   charge the I/O to this cgroup\n"
"  --prio=CLASS[:LEVEL] I/O priority: rt or be, :0 to :7, idle, or none\n"
"  --required           fail if the kernel would ignore an attribute\n"
"  --rule=RULE          only for the I/O that a rule matches; may be repeated\n"
"  --report             count the I/Os and honoured I/Os of each attribute\n"
"  --output=FILE        write the report to FILE instead of standard error\n"
"  --help               print this text\n"
"\n"
"RULE is [CONDITION,...] [-> ACTION,...]. The first rule that matches applies.\n"
"CONDITION is path:GLOB, op:read, op:write, or size: followed by =, <, >, <= or\n"
">= and a SIZE. ACTION is cache:HINT,..., cgroup:DIRECTORY, prio:CLASS[:LEVEL] or\n"
"required; none must be the only action. A rule without an arrow applies the\n"
"attributes of the options.\n";

/**
 * struct setup - what to run, and how
 * @help: Print the help text only.
 * @required: An action is "required".
 * @cache: The options, or NULL.
 * @cgroup: Likewise.
 * @prio: Likewise.
 * @output: Likewise.
 * @rule_args: The arguments of --rule.
 * @defaults: The actions that the options stand for, or "".
 * @needed: A rule uses @defaults.
 * @rules: The rules for the library, one on each line.
 */
struct setup {
	bool		help, report, required;
	const char	*cache, *cgroup, *prio, *output;
	const char	*rule_args[MAX_RULES];
	unsigned int	nr_rules;
	char		defaults[PATH_MAX + 256];
	bool		needed;
	char		rules[60 << 10];
	char		library[PATH_MAX];
	struct shared_counts *counts;
	int		counts_fd;
};

#define bad_usage(...) (usage_error("run", __VA_ARGS__), CANNOT)

/*
 * Add a rule for the library. A rule without actions gets those of the
 * options.
 */
static int put_rule(struct setup *setup, const char *text, bool acts)
{
	const size_t used = strlen(setup->rules);
	int len;

	len = snprintf(setup->rules + used, sizeof(setup->rules) - used,
		       "%s%s%s%s", used ? "\n" : "", text,
		       acts ? "" : " -> ", acts ? "" : setup->defaults);
	if (len >= (int)(sizeof(setup->rules) - used))
		return bad_usage("the rules are too long");
	return 0;
}

static int add_rule(struct setup *setup, const char *text)
{
	char copy[sizeof(setup->rules)];
	const char *error, *what;
	struct rule rule;

	if (strchr(text, '\n'))
		return bad_usage("--rule=%s: contains a line break",
				   text);
	if (strlen(text) >= sizeof(copy))
		return bad_usage("the rules are too long");
	strcpy(copy, text);
	error = rule_parse(copy, &rule, &what);
	if (error && *what)
		return bad_usage("--rule=%s: \"%s\": %s", text, what, error);
	if (error)
		return bad_usage("--rule=%s: %s", text, error);
	if (!rule.acts && !*setup->defaults)
		return bad_usage("--rule=%s: no action, and no option gives one",
				   text);
	setup->needed |= !rule.acts;
	setup->required |= rule.required;
	return put_rule(setup, text, rule.acts);
}

/* Add an action with the value of an option. */
static void add_default(struct setup *setup, const char *name,
			const char *value)
{
	const size_t used = strlen(setup->defaults);

	snprintf(setup->defaults + used, sizeof(setup->defaults) - used,
		 "%s%s%s%s", used ? "," : "", name, *value ? ":" : "", value);
}

/* Escape commas, which end an action. */
static int add_cgroup(struct setup *setup, const char *directory)
{
	char path[PATH_MAX], quoted[2 * PATH_MAX];
	size_t i, n = 0;

	if (!realpath(directory, path)) {
		error_msg("%s: %s", directory, strerror(errno));
		return CANNOT;
	}
	for (i = 0; path[i]; i++) {
		if (path[i] == ',' || path[i] == '\\')
			quoted[n++] = '\\';
		quoted[n++] = path[i];
	}
	quoted[n] = '\0';
	if (n >= PATH_MAX || strchr(quoted, '\n'))
		return bad_usage("--cgroup=%s: invalid name", directory);
	add_default(setup, "cgroup", quoted);
	return 0;
}

static int add_hints(struct setup *setup, const char *text)
{
	uint32_t hints = 0;
	const char *unknown = parse_names(text, ioattr_hint_name, &hints);

	if (unknown)
		return bad_usage("unknown cache hint \"%.*s\"",
				 (int)strcspn(unknown, ","), unknown);
	if (hints_conflict(hints))
		return bad_usage("--cache=%s: conflicting hints",
				 text);
	add_default(setup, "cache", text);
	return 0;
}

static int add_prio(struct setup *setup, const char *text)
{
	int prio;

	if (!ioattr_parse_prio(text, &prio))
		return bad_usage("--prio=%s: invalid priority", text);
	add_default(setup, "prio", text);
	return 0;
}

/* Convert the options to default actions. */
static int make_defaults(struct setup *setup)
{
	int ret = 0;

	if (setup->cache)
		ret = add_hints(setup, setup->cache);
	if (!ret && setup->cgroup)
		ret = add_cgroup(setup, setup->cgroup);
	if (!ret && setup->prio)
		ret = add_prio(setup, setup->prio);
	if (ret || !setup->required)
		return ret;
	if (!*setup->defaults)
		return bad_usage("--required needs --cache, --cgroup or --prio");
	add_default(setup, "required", "");
	return 0;
}

/* Make the rules for the library. */
static int make_rules(struct setup *setup)
{
	unsigned int i;
	int ret;

	ret = make_defaults(setup);
	if (ret)
		return ret;
	if (!setup->nr_rules && !*setup->defaults)
		return bad_usage("missing --cache, --cgroup, --prio or --rule");
	if (!setup->nr_rules)
		return put_rule(setup, "", false);
	for (i = 0; i < setup->nr_rules; i++) {
		ret = add_rule(setup, setup->rule_args[i]);
		if (ret)
			return ret;
	}
	if (*setup->defaults && !setup->needed)
		return bad_usage("--cache, --cgroup and --prio have no effect: each rule has actions");
	return 0;
}

static int parse_option(struct setup *setup, int c, const char *text)
{
	switch (c) {
	case 'c':
		setup->cache = text;
		return 0;
	case 'g':
		setup->cgroup = text;
		return 0;
	case 'P':
		setup->prio = text;
		return 0;
	case 'q':
		setup->required = true;
		return 0;
	case 'R':
		if (setup->nr_rules == MAX_RULES)
			return bad_usage("more than %d rules",
					 MAX_RULES);
		setup->rule_args[setup->nr_rules++] = text;
		return 0;
	case 'r':
		setup->report = true;
		return 0;
	case 'O':
		setup->output = text;
		return 0;
	case 'h':
		setup->help = true;
		return 0;
	default:
		/* getopt_long() has printed the error */
		usage_hint("run");
		return CANNOT;
	}
}

static int parse_options(int argc, char **argv, struct setup *setup)
{
	static const struct option options[] = {
		{ "cache", required_argument, NULL, 'c' },
		{ "cgroup", required_argument, NULL, 'g' },
		{ "prio", required_argument, NULL, 'P' },
		{ "required", no_argument, NULL, 'q' },
		{ "rule", required_argument, NULL, 'R' },
		{ "report", no_argument, NULL, 'r' },
		{ "output", required_argument, NULL, 'O' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c, ret;

	/* "+": stop at PROGRAM, which has its own options */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		ret = parse_option(setup, c, optarg);
		if (ret || setup->help)
			return ret;
	}
	ret = make_rules(setup);
	if (ret)
		return ret;
	if (setup->output && !setup->report)
		return bad_usage("--output needs --report");
	if (optind == argc)
		return bad_usage("missing PROGRAM");
	return 0;
}

static bool is_file(const char *path)
{
	return !access(path, R_OK);
}

/*
 * LD_PRELOAD separates names by spaces and colons. Relative names would be
 * looked up in the working directory of each program that is executed.
 */
static int set_library(struct setup *setup, const char *name)
{
	if (!realpath(name, setup->library)) {
		error_msg("%s: %s", name, strerror(errno));
		return CANNOT;
	}
	if (strpbrk(setup->library, " :")) {
		error_msg("%s: LD_PRELOAD does not allow spaces and colons in a name; set IOATTR_PRELOAD to another one",
			 setup->library);
		return CANNOT;
	}
	return 0;
}

/*
 * Use IOATTR_PRELOAD, else the library beside this program or the installed
 * one.
 */
static int find_library(struct setup *setup)
{
	const char *env = getenv("IOATTR_PRELOAD");
	char self[PATH_MAX], *slash;
	char beside[PATH_MAX + sizeof(LIBRARY)];
	ssize_t len;

	if (env) {
		if (is_file(env))
			return set_library(setup, env);
		error_msg("%s: %s", env, strerror(errno));
		return CANNOT;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[len < 0 ? 0 : len] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		slash[1] = '\0';
		sprintf(beside, "%s%s", self, LIBRARY);
		if (is_file(beside))
			return set_library(setup, beside);
	}
	if (is_file(PRELOAD_DIR "/" LIBRARY))
		return set_library(setup, PRELOAD_DIR "/" LIBRARY);
	error_msg("%s: %s; set IOATTR_PRELOAD to its path",
		 PRELOAD_DIR "/" LIBRARY, strerror(errno));
	return CANNOT;
}

/* Find a program like execvp(3). */
static bool find_program(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH");
	size_t len;

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return true;
	}
	for (; dirs; dirs = dirs[len] ? dirs + len + 1 : NULL) {
		len = strcspn(dirs, ":");
		snprintf(path, PATH_MAX, "%.*s/%s", (int)len, len ? dirs : ".",
			 name);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

/* Why no library can be loaded into the program, or NULL. */
static const char *not_loaded(int fd)
{
	struct stat st;
	Elf64_Ehdr e;
	Elf64_Phdr p;
	int i;

	if (!fstat(fd, &st) && (st.st_mode & S_ISUID ||
				(st.st_mode & S_ISGID && st.st_mode & 0010)))
		return "set-user-ID or set-group-ID";
	if (pread(fd, &e, sizeof(e), 0) != sizeof(e) ||
	    memcmp(e.e_ident, ELFMAG, SELFMAG))
		return NULL;
	if (e.e_ident[EI_CLASS] != (sizeof(long) == 8 ? ELFCLASS64 :
							ELFCLASS32))
		return "built for another architecture";
	if (sizeof(long) != 8)
		return NULL;
	for (i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), e.e_phoff + i * e.e_phentsize) !=
		    sizeof(p))
			return NULL;
		if (p.p_type == PT_INTERP)
			return NULL;
	}
	return "statically linked";
}

/* Replace the path of a script with that of its interpreter. */
static void interpreter(char path[PATH_MAX])
{
	char line[256] = "", *name;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, line, sizeof(line) - 1) > 2 && !memcmp(line, "#!", 2)) {
		name = line + 2 + strspn(line + 2, " \t");
		name[strcspn(name, " \t\n")] = '\0';
		strcpy(path, name);
	}
	close(fd);
}

/* Do not start a program whose required attributes cannot be added. */
static int check_program(const struct setup *setup, const char *name)
{
	char path[PATH_MAX];
	const char *reason;
	int fd;

	if (!find_program(name, path))
		return 0;
	interpreter(path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	reason = not_loaded(fd);
	close(fd);
	if (!reason)
		return 0;
	error_msg("%s: a library cannot be loaded (%s): %s", path, reason,
		 setup->required ? "required attributes cannot be added" :
				   "its I/O is not changed");
	return setup->required ? CANNOT : 0;
}

static int share_counts(struct setup *setup)
{
	setup->counts_fd = memfd_create(COUNTS_NAME, MFD_CLOEXEC);
	if (setup->counts_fd >= 0 &&
	    !ftruncate(setup->counts_fd, sizeof(*setup->counts))) {
		setup->counts = mmap(NULL, sizeof(*setup->counts),
				     PROT_READ | PROT_WRITE, MAP_SHARED,
				     setup->counts_fd, 0);
		if (setup->counts != MAP_FAILED)
			return 0;
	}
	error_msg("memory: %s", strerror(errno));
	return CANNOT;
}

static void set_environment(const struct setup *setup)
{
	const char *others = getenv("LD_PRELOAD");
	char preload[PATH_MAX + 4096], counts[64];

	snprintf(preload, sizeof(preload), "%s%s%s", setup->library,
		 others ? ":" : "", others ? others : "");
	snprintf(counts, sizeof(counts), "/proc/%d/fd/%d", getpid(),
		 setup->counts_fd);
	setenv("LD_PRELOAD", preload, 1);
	setenv(ENV_RULES, setup->rules, 1);
	setenv(ENV_COUNTS, counts, 1);
	unsetenv(ENV_REPORT);
	if (setup->report)
		setenv(ENV_REPORT, "1", 1);
}

static pid_t child;

static void forward_signal(int signal)
{
	kill(child, signal);
}

static int run_program(char **argv)
{
	/* the terminal sends SIGINT and SIGQUIT to the program as well */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction usual = { .sa_handler = SIG_DFL };
	struct sigaction pass = { .sa_handler = forward_signal,
				  .sa_flags = SA_RESTART };
	struct sigaction old[3];
	sigset_t held, before;
	int status, error;

	/* block these until there is a child to forward them to */
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigprocmask(SIG_BLOCK, &held, &before);
	sigaction(SIGINT, &ignore, &old[0]);
	sigaction(SIGQUIT, &ignore, &old[1]);
	/* a child cannot be waited for if SIGCHLD is ignored */
	sigaction(SIGCHLD, &usual, &old[2]);
	child = fork();
	if (child < 0) {
		error_msg("fork: %s", strerror(errno));
		return CANNOT;
	}
	if (!child) {
		sigaction(SIGINT, &old[0], NULL);
		sigaction(SIGQUIT, &old[1], NULL);
		sigaction(SIGCHLD, &old[2], NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		execvp(argv[0], argv);
		error = errno;
		error_msg("%s: %s", argv[0], strerror(error));
		_exit(error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
	}
	sigaction(SIGTERM, &pass, NULL);
	sigaction(SIGHUP, &pass, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return CANNOT;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

static unsigned long long total_refused(const struct counts *c)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < COUNTS_ERRORS; i++)
		sum += c->refused[i].ios;
	return sum;
}

static void print_refused(FILE *out, const struct counts *c)
{
	const char *sep = " (";
	int i;

	for (i = 0; i < COUNTS_ERRORS; i++) {
		if (!c->refused[i].ios)
			continue;
		fprintf(out, "%s%s %llu", sep,
			strerrorname_np(c->refused[i].error),
			(unsigned long long)c->refused[i].ios);
		sep = ", ";
	}
	if (*sep == ',')
		fputc(')', out);
}

#define N(count)	((unsigned long long)(count))

static void print_counts(FILE *out, const struct counts *c)
{
	unsigned int id;

	fprintf(out, "%s[%d]: %llu I/Os by AIO, %llu by io_uring: tagged %llu, reported %llu",
		c->name, c->pid, N(c->aio), N(c->uring), N(c->tagged),
		N(c->reported));
	for (id = 0; id < COUNTS_ATTRS; id++) {
		if (c->given[id])
			fprintf(out, ", %s given %llu honoured %llu",
				ioattr_name(id), N(c->given[id]),
				N(c->honoured[id]));
	}
	fprintf(out, ", refused %llu", total_refused(c));
	print_refused(out, c);
	if (c->has_own_attrs)
		fprintf(out, ", own attributes %llu", N(c->has_own_attrs));
	if (c->unknown_target)
		fprintf(out, ", unknown file %llu", N(c->unknown_target));
	fputc('\n', out);
}

/* Print problems at the end only: the program may use the whole screen. */
static int print_report(const struct setup *setup, const char *program)
{
	const struct shared_counts *shared = setup->counts;
	const struct counts *c = shared->of;
	FILE *out = stderr;
	bool refused = false;
	const char *reason;
	uint32_t i;

	if (setup->output) {
		out = fopen(setup->output, "we");
		if (!out) {
			error_msg("%s: %s", setup->output, strerror(errno));
			return CANNOT;
		}
	}
	for (i = 0; i < shared->used && i < MAX_PROCESSES; i++, c++) {
		if (setup->report && (c->aio || c->uring || total_refused(c))) {
			print_counts(out, c);
		} else if (total_refused(c)) {
			fprintf(stderr, "ioattr: %s[%d]: attributes refused for %llu I/Os",
				c->name, c->pid, total_refused(c));
			print_refused(stderr, c);
			fputc('\n', stderr);
		}
		refused |= total_refused(c);
	}
	reason = refused ? no_attributes() : NULL;
	if (reason)
		error_msg("%s: %s", reason, setup->required ?
			  "I/O with required attributes failed" :
			  "the I/O was not changed");
	if (!shared->used) {
		error_msg("%s was not loaded into %s: its I/O was not changed",
			  setup->library, program);
		if (setup->required)
			return CANNOT;
	}
	if (out != stderr && fclose(out)) {
		error_msg("%s: %s", setup->output, strerror(errno));
		return CANNOT;
	}
	return 0;
}

int cmd_run(int argc, char **argv)
{
	static struct setup setup;
	int ret, status;

	ret = parse_options(argc, argv, &setup);
	if (ret)
		return ret;
	if (setup.help) {
		fputs(help_text, stdout);
		return 0;
	}
	argv += optind;
	ret = find_library(&setup);
	if (!ret)
		ret = check_program(&setup, argv[0]);
	if (!ret)
		ret = share_counts(&setup);
	if (ret)
		return ret;
	set_environment(&setup);
	status = run_program(argv);
	/*
	 * the child has printed the error, unless this is the program's own
	 * status
	 */
	if ((status == NOT_FOUND || status == NOT_EXECUTABLE) &&
	    !setup.counts->used)
		return status;
	ret = print_report(&setup, argv[0]);
	return status ? status : ret;
}
