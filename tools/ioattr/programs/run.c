// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr run: have a library loaded into a program that gives its I/O attributes;
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

#include "../include/ioattr.h"
#include "../preload/counts.h"
#include "../preload/rule.h"
#include "command.h"
#include "say.h"
#include "words.h"

#ifndef PRELOAD_DIR
#define PRELOAD_DIR	"/usr/local/lib/ioattr"
#endif
#define LIBRARY		"libioattr-preload.so"

/* As env(1) and others that run a program have it. */
#define CANNOT		125
#define NOT_EXECUTABLE	126
#define NOT_FOUND	127

static const char help_text[] =
"Usage: ioattr run [OPTION...] [--] PROGRAM [ARG...]\n"
"\n"
"Run PROGRAM and give its reads and writes by AIO and io_uring attributes.\n"
"\n"
"  --cache=HINT[,HINT]  bypass, admit, writethrough, writeback, writearound\n"
"  --cgroup=DIRECTORY   charge the I/O to this cgroup\n"
"  --prio=CLASS[:LEVEL] with this priority: rt or be, :0 to :7, idle, or none\n"
"  --required           refuse the I/O where nothing can honour these\n"
"  --rule=RULE          only I/Os that a rule is for; may come several times\n"
"  --report             tell how many I/Os were given and honoured what\n"
"  --output=FILE        tell it in FILE and not on standard error\n"
"  --help               this text\n"
"\n"
"RULE is [CONDITION,...] [-> ACTION,...]; the first one that matches counts.\n"
"CONDITION is path:GLOB, op:read, op:write, or size: and a SIZE, with =, <, >, <=\n"
"or >= before it. ACTION is cache:HINT,..., cgroup:DIRECTORY, prio:CLASS[:LEVEL],\n"
"or required; none stands alone. A rule without an arrow gives what the options\n"
"say.\n";

/**
 * struct setup - what to run, and how
 * @defaults: The actions that the options stand for, or "".
 * @needed: A rule has them.
 * @required: An action is that.
 * @rules: For the library, a line each.
 */
struct setup {
	char		defaults[PATH_MAX + 256];
	bool		report, needed, required;
	const char	*output;
	char		rules[60 << 10];
	char		library[PATH_MAX];
	struct shared_counts *counts;
	int		counts_fd;
};

#define usage_error(...)						\
	(complain_of_usage("ioattr run", __VA_ARGS__), CANNOT)

/* Hand a rule to the library, with the actions of the options or its own. */
static int put_rule(struct setup *setup, const char *text, bool acts)
{
	const size_t used = strlen(setup->rules);
	int len;

	len = snprintf(setup->rules + used, sizeof(setup->rules) - used,
		       "%s%s%s%s", used ? "\n" : "", text,
		       acts ? "" : " -> ", acts ? "" : setup->defaults);
	if (len >= (int)(sizeof(setup->rules) - used))
		return usage_error("the rules are too long");
	return 0;
}

static int add_rule(struct setup *setup, const char *text)
{
	char copy[sizeof(setup->rules)];
	const char *wrong, *what;
	struct rule rule;

	if (strchr(text, '\n'))
		return usage_error("--rule=%s: there is a line break in it",
				   text);
	if (strlen(text) >= sizeof(copy))
		return usage_error("the rules are too long");
	strcpy(copy, text);
	wrong = rule_parse(copy, &rule, &what);
	if (wrong && *what)
		return usage_error("--rule=%s: \"%s\": %s", text, what, wrong);
	if (wrong)
		return usage_error("--rule=%s: %s", text, wrong);
	if (!rule.acts && !*setup->defaults)
		return usage_error("--rule=%s: it says nothing to do, and no option does",
				   text);
	setup->needed |= !rule.acts;
	setup->required |= rule.required;
	return put_rule(setup, text, rule.acts);
}

/* Of @name and a colon before it. */
static void add_default(struct setup *setup, const char *name,
			const char *value)
{
	const size_t used = strlen(setup->defaults);

	snprintf(setup->defaults + used, sizeof(setup->defaults) - used,
		 "%s%s%s%s", used ? "," : "", name, *value ? ":" : "", value);
}

/* As a rule has it: a comma ends it there. */
static int add_cgroup(struct setup *setup, const char *directory)
{
	char path[PATH_MAX], quoted[2 * PATH_MAX];
	size_t i, n = 0;

	if (!realpath(directory, path)) {
		complain("%s: %s", directory, strerror(errno));
		return CANNOT;
	}
	for (i = 0; path[i]; i++) {
		if (path[i] == ',' || path[i] == '\\')
			quoted[n++] = '\\';
		quoted[n++] = path[i];
	}
	quoted[n] = '\0';
	if (n >= PATH_MAX || strchr(quoted, '\n'))
		return usage_error("--cgroup=%s is no such name", directory);
	add_default(setup, "cgroup", quoted);
	return 0;
}

static int add_hints(struct setup *setup, const char *text)
{
	uint32_t hints = 0;
	const char *at;
	size_t len;

	for (at = text;; at += len + 1) {
		len = strcspn(at, ",");
		if (!hint_add(at, len, &hints))
			return usage_error("there is no cache hint \"%.*s\"",
					   (int)len, at);
		if (!at[len])
			break;
	}
	if (hints_exclude(hints))
		return usage_error("--cache=%s: the hints exclude each other",
				   text);
	add_default(setup, "cache", text);
	return 0;
}

static int parse(int argc, char **argv, struct setup *setup)
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
	const char *cache = NULL, *cgroup = NULL, *prio = NULL;
	const char *rules[MAX_RULES];
	unsigned int i, nr = 0;
	bool required = false;
	int c, level, ret = 0;

	/* the first word that is no option ends them */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			cache = optarg;
			break;
		case 'g':
			cgroup = optarg;
			break;
		case 'P':
			prio = optarg;
			break;
		case 'q':
			required = true;
			break;
		case 'R':
			if (nr == MAX_RULES)
				return usage_error("there are more than %d rules",
						   MAX_RULES);
			rules[nr++] = optarg;
			break;
		case 'r':
			setup->report = true;
			break;
		case 'O':
			setup->output = optarg;
			break;
		case 'h':
			fputs(help_text, stdout);
			exit(0);
		default:
			/* getopt_long() has said what is wrong */
			fputs("ioattr run --help tells more\n", stderr);
			return CANNOT;
		}
	}
	if (cache)
		ret = add_hints(setup, cache);
	if (!ret && cgroup)
		ret = add_cgroup(setup, cgroup);
	if (!ret && prio) {
		if (!ioattr_parse_prio(prio, &level))
			return usage_error("--prio=%s is no priority", prio);
		add_default(setup, "prio", prio);
	}
	if (ret)
		return ret;
	if (required) {
		if (!*setup->defaults)
			return usage_error("--required needs --cache, --cgroup or --prio");
		add_default(setup, "required", "");
		setup->required = true;
	}
	if (!nr && !*setup->defaults)
		return usage_error("say what to give: --cache, --cgroup, --prio or --rule");
	for (i = 0; !ret && i < nr; i++)
		ret = add_rule(setup, rules[i]);
	if (!ret && !nr)
		ret = put_rule(setup, "", false);
	if (ret)
		return ret;
	if (nr && *setup->defaults && !setup->needed)
		return usage_error("each rule says by itself what to do: --cache, --cgroup and --prio are for none");
	if (setup->output && !setup->report)
		return usage_error("--output needs --report");
	if (optind == argc)
		return usage_error("which program?");
	return 0;
}

static bool is_file(const char *path)
{
	return !access(path, R_OK);
}

/*
 * The loader separates names by blanks and colons, and looks for relative ones in
 * the working directory that the program has by then.
 */
static int set_library(struct setup *setup, const char *name)
{
	if (!realpath(name, setup->library)) {
		complain("%s: %s", name, strerror(errno));
		return CANNOT;
	}
	if (strpbrk(setup->library, " :")) {
		complain("%s: the loader takes no name with a blank or a colon; IOATTR_PRELOAD can say another",
			 setup->library);
		return CANNOT;
	}
	return 0;
}

/* What the environment says, beside this program, or where it is installed. */
static int find_library(struct setup *setup)
{
	const char *env = getenv("IOATTR_PRELOAD");
	char self[PATH_MAX], *slash;
	char beside[PATH_MAX + sizeof(LIBRARY)];
	ssize_t len;

	if (env) {
		if (is_file(env))
			return set_library(setup, env);
		complain("%s: %s", env, strerror(errno));
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
	complain("%s: %s; IOATTR_PRELOAD can say where it is",
		 PRELOAD_DIR "/" LIBRARY, strerror(errno));
	return CANNOT;
}

/* A program of a path, or the first one on $PATH. */
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

/* Is a library loaded into it? NULL, or why not. */
static const char *not_loaded(int fd)
{
	struct stat st;
	Elf64_Ehdr e;
	Elf64_Phdr p;
	int i;

	if (!fstat(fd, &st) && (st.st_mode & S_ISUID ||
				(st.st_mode & S_ISGID && st.st_mode & 0010)))
		return "it is set-user-ID or set-group-ID";
	if (pread(fd, &e, sizeof(e), 0) != sizeof(e) ||
	    memcmp(e.e_ident, ELFMAG, SELFMAG))
		return NULL;
	if (e.e_ident[EI_CLASS] != (sizeof(long) == 8 ? ELFCLASS64 :
							ELFCLASS32))
		return "it is for another kind of processor";
	if (sizeof(long) != 8)
		return NULL;
	for (i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), e.e_phoff + i * e.e_phentsize) !=
		    sizeof(p))
			return NULL;
		if (p.p_type == PT_INTERP)
			return NULL;
	}
	return "it is linked statically";
}

/* The program that interprets a script, or what is given. */
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

/* A program that cannot have required attributes is not started. */
static int check_program(const struct setup *setup, const char *name)
{
	char path[PATH_MAX];
	const char *why;
	int fd;

	if (!find_program(name, path))
		return 0;
	interpreter(path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	why = not_loaded(fd);
	close(fd);
	if (!why)
		return 0;
	complain("%s: %s: no library can be loaded into it, and %s", path, why,
		 setup->required ? "what is required cannot be given" :
				   "its I/O is as ever");
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
	complain("memory: %s", strerror(errno));
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

static void pass_on(int signal)
{
	kill(child, signal);
}

static int run(char **argv)
{
	/* those of the keyboard come to the program by themselves */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction usual = { .sa_handler = SIG_DFL };
	struct sigaction pass = { .sa_handler = pass_on,
				  .sa_flags = SA_RESTART };
	struct sigaction old[3];
	sigset_t held, before;
	int status, error;

	/* until there is whom to pass them on to */
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigprocmask(SIG_BLOCK, &held, &before);
	sigaction(SIGINT, &ignore, &old[0]);
	sigaction(SIGQUIT, &ignore, &old[1]);
	/* where it is ignored, nobody is told how a child has ended */
	sigaction(SIGCHLD, &usual, &old[2]);
	child = fork();
	if (child < 0) {
		complain("fork: %s", strerror(errno));
		return CANNOT;
	}
	if (!child) {
		sigaction(SIGINT, &old[0], NULL);
		sigaction(SIGQUIT, &old[1], NULL);
		sigaction(SIGCHLD, &old[2], NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		execvp(argv[0], argv);
		error = errno;
		complain("%s: %s", argv[0], strerror(error));
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

static unsigned long long all_refused(const struct counts *c)
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
	fprintf(out, ", refused %llu", all_refused(c));
	print_refused(out, c);
	if (c->own)
		fprintf(out, ", with their own %llu", N(c->own));
	if (c->hidden)
		fprintf(out, ", hidden %llu", N(c->hidden));
	fputc('\n', out);
}

/* What goes wrong is told once, and at the end: the program may own the screen. */
static int print_report(const struct setup *setup, const char *program)
{
	const struct shared_counts *shared = setup->counts;
	const struct counts *c = shared->of;
	FILE *out = stderr;
	bool refused = false;
	const char *why;
	uint32_t i;

	if (setup->output) {
		out = fopen(setup->output, "we");
		if (!out) {
			complain("%s: %s", setup->output, strerror(errno));
			return CANNOT;
		}
	}
	for (i = 0; i < shared->used && i < MAX_PROCESSES; i++, c++) {
		if (setup->report && (c->aio || c->uring || all_refused(c))) {
			print_counts(out, c);
		} else if (all_refused(c)) {
			fprintf(stderr, "ioattr: %s[%d]: attributes refused for %llu I/Os",
				c->name, c->pid, all_refused(c));
			print_refused(stderr, c);
			fputc('\n', stderr);
		}
		refused |= all_refused(c);
	}
	why = refused ? no_attributes() : NULL;
	if (why)
		complain("%s: the I/O %s", why, setup->required ?
			 "that requires them was refused" : "was as ever");
	if (!shared->used) {
		complain("%s was not loaded into %s: its I/O was as ever",
			 setup->library, program);
		if (setup->required)
			return CANNOT;
	}
	if (out != stderr && fclose(out)) {
		complain("%s: %s", setup->output, strerror(errno));
		return CANNOT;
	}
	return 0;
}

int run_main(int argc, char **argv)
{
	static struct setup setup;
	int ret, status;

	ret = parse(argc, argv, &setup);
	if (ret)
		return ret;
	argv += optind;
	ret = find_library(&setup);
	if (!ret)
		ret = check_program(&setup, argv[0]);
	if (!ret)
		ret = share_counts(&setup);
	if (ret)
		return ret;
	set_environment(&setup);
	status = run(argv);
	/* it has said so, unless the program ran and this is its own status */
	if ((status == NOT_FOUND || status == NOT_EXECUTABLE) &&
	    !setup.counts->used)
		return status;
	ret = print_report(&setup, argv[0]);
	return status ? status : ret;
}
