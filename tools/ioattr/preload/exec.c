// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Programs that are executed by the program. If a rule requires its attributes,
 * a program that this library is not loaded into must not be executed: it would
 * do its I/O without them.
 *
 * The functions may be called in a child of vfork(2).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/program.h"
#include "shim.h"

/* The path of this library. */
static const char *library;

/* The replaced functions. */
enum {
	EXECVE, EXECVPE, FEXECVE, EXECVEAT, SPAWN, SPAWNP, SYSTEM, POPEN,
	NR_REAL
};

static void *_Atomic real[NR_REAL];

static const char *const real_names[NR_REAL] = {
	[EXECVE]	= "execve",
	[EXECVPE]	= "execvpe",
	[FEXECVE]	= "fexecve",
	[EXECVEAT]	= "execveat",
	[SPAWN]		= "posix_spawn",
	[SPAWNP]	= "posix_spawnp",
	[SYSTEM]	= "system",
	[POPEN]		= "popen",
};

static void *find(unsigned int i)
{
	if (!real[i])
		real[i] = dlsym(RTLD_NEXT, real_names[i]);
	return real[i];
}

void exec_init(void)
{
	Dl_info info;

	/* dlsym() is not for signal handlers, and others need no handler */
	find(EXECVE);
	find(EXECVPE);
	find(FEXECVE);
	find(SPAWN);
	find(SPAWNP);
	if (dladdr(real_names, &info))
		library = info.dli_fname;
}

static const char *variable(char *const envp[], const char *name)
{
	const size_t len = strlen(name);

	for (; envp && *envp; envp++) {
		if (!strncmp(*envp, name, len) && (*envp)[len] == '=')
			return *envp + len + 1;
	}
	return NULL;
}

/* Returns true if @list, with spaces and colons, contains this library. */
static bool has_library(const char *list)
{
	size_t len;

	for (; list; list = list[len] ? list + len + 1 : NULL) {
		len = strcspn(list, " :");
		if (strlen(library) == len && !memcmp(library, list, len))
			return true;
	}
	return false;
}

/*
 * access(2) does it without the capabilities of a user other than root, which
 * are lost when a program is executed.
 */
static bool readable(const char *path)
{
	return !raw_syscall(SYS_faccessat, AT_FDCWD, (long)path, R_OK, 0, 0, 0);
}

/* Why the library would not be loaded into @path, and what to do, or NULL. */
static const char *refusal(char path[PATH_MAX], char *const envp[])
{
	const char *rules = variable(envp, ENV_RULES);

	if (!rules || strcmp(rules, rules_text()) ||
	    !has_library(variable(envp, "LD_PRELOAD")))
		return "the environment was changed; keep LD_PRELOAD and IOATTR_*, or omit required";
	if (!readable(library))
		return "the library cannot be read; make it readable, or omit required";
	return why_not_loadable(path, true);
}

static bool check(const char *name, char *const envp[])
{
	char path[PATH_MAX], line[PATH_MAX + 256];
	int saved = errno, cancel;
	const char *reason;
	int len;

	if (snprintf(path, sizeof(path), "%s", name) >= (int)sizeof(path))
		return false;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	reason = refusal(path, envp);
	if (reason) {
		len = snprintf(line, sizeof(line),
			       "ioattr: %s: required attributes cannot be added: %s\n",
			       path, reason);
		raw_syscall(SYS_write, STDERR_FILENO, (long)line, len, 0, 0, 0);
	}
	pthread_setcancelstate(cancel, NULL);
	errno = saved;
	return !reason;
}

bool may_execute(const char *path, char *const envp[])
{
	if (!path || !shim_has_rules() || !rules_require())
		return true;
	/* it cannot be checked */
	if (shut_in())
		return false;
	return check(path, envp);
}

/* The same for a name that is looked up like by execvp(3). */
static bool may_execute_name(const char *name, char *const envp[])
{
	char path[PATH_MAX];

	if (!name || !shim_has_rules() || !rules_require() || shut_in())
		return may_execute(name, envp);
	/* without a program the function fails */
	return !find_program(name, path) || may_execute(path, envp);
}

static int refuse(void)
{
	errno = EPERM;
	return -1;
}

/* Evaluate @call, which executes a program. */
#define EXECUTE(type, call) ({						\
	bool passed = shim_has_rules() && counts_pass();		\
	type ret = (call);						\
									\
	counts_keep(passed);						\
	ret;								\
})

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	__typeof__(&execve) call = find(EXECVE);

	if (!may_execute(path, envp))
		return refuse();
	return EXECUTE(int, call(path, argv, envp));
}

EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

EXPORT int execvpe(const char *name, char *const argv[], char *const envp[])
{
	__typeof__(&execvpe) call = find(EXECVPE);

	if (!may_execute_name(name, envp))
		return refuse();
	return EXECUTE(int, call(name, argv, envp));
}

EXPORT int execvp(const char *name, char *const argv[])
{
	return execvpe(name, argv, environ);
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	__typeof__(&fexecve) call = find(FEXECVE);

	if (!may_execute_at(fd, "", envp))
		return refuse();
	return EXECUTE(int, call(fd, argv, envp));
}

bool may_execute_at(int dir, const char *name, char *const envp[])
{
	char path[PATH_MAX];

	if (!name || *name == '/' || dir == AT_FDCWD)
		return may_execute(name, envp);
	snprintf(path, sizeof(path), "/proc/self/fd/%d%s%s", dir,
		 *name ? "/" : "", name);
	return may_execute(path, envp);
}

EXPORT int execveat(int dir, const char *name, char *const argv[],
		    char *const envp[], int flags)
{
	int (*call)(int dir, const char *name, char *const argv[],
		    char *const envp[], int flags) = find(EXECVEAT);

	/* before glibc 2.34 */
	if (!call) {
		errno = ENOSYS;
		return -1;
	}
	if (!may_execute_at(dir, name, envp))
		return refuse();
	return EXECUTE(int, call(dir, name, argv, envp, flags));
}

/* The size of the array of the first argument and @args, which NULL ends. */
static size_t count_args(va_list args)
{
	size_t nr = 2;

	while (va_arg(args, char *))
		nr++;
	return nr;
}

static void copy_args(char **argv, const char *first, va_list args)
{
	*argv = (char *)first;
	do {
		*++argv = va_arg(args, char *);
	} while (*argv);
}

/* Declare the array @argv of the arguments, which begin with @first. */
#define GET_ARGS(argv, args, first)					\
	size_t nr;							\
									\
	va_start(args, first);						\
	nr = count_args(args);						\
	va_end(args);							\
									\
	char *argv[nr];							\
									\
	va_start(args, first);						\
	copy_args(argv, first, args)

EXPORT int execl(const char *path, const char *arg, ...)
{
	va_list args;

	GET_ARGS(argv, args, arg);
	va_end(args);
	return execv(path, argv);
}

EXPORT int execlp(const char *name, const char *arg, ...)
{
	va_list args;

	GET_ARGS(argv, args, arg);
	va_end(args);
	return execvp(name, argv);
}

EXPORT int execle(const char *path, const char *arg, ...)
{
	va_list args;
	char **envp;

	GET_ARGS(argv, args, arg);
	envp = va_arg(args, char **);
	va_end(args);
	return execve(path, argv, envp);
}

EXPORT int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attr, char *const argv[],
		       char *const envp[])
{
	__typeof__(&posix_spawn) call = find(SPAWN);

	if (!may_execute(path, envp))
		return EPERM;
	return EXECUTE(int, call(pid, path, actions, attr, argv, envp));
}

EXPORT int posix_spawnp(pid_t *pid, const char *name,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attr, char *const argv[],
			char *const envp[])
{
	__typeof__(&posix_spawnp) call = find(SPAWNP);

	if (!may_execute_name(name, envp))
		return EPERM;
	return EXECUTE(int, call(pid, name, actions, attr, argv, envp));
}

EXPORT int system(const char *command)
{
	__typeof__(&system) call = find(SYSTEM);

	/* as if the shell could not be executed */
	if (command && !may_execute("/bin/sh", environ))
		return 127 << 8;
	return EXECUTE(int, call(command));
}

EXPORT FILE *popen(const char *command, const char *type)
{
	__typeof__(&popen) call = find(POPEN);

	if (!may_execute("/bin/sh", environ)) {
		errno = EPERM;
		return NULL;
	}
	return EXECUTE(FILE *, call(command, type));
}
