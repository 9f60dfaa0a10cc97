// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: exec_test HOW ENVIRONMENT PROGRAM [ARG]
 *        exec_test print
 *
 * Execute PROGRAM by the function HOW, or execute it in a child by vfork(2) and
 * "vfork", with the environment or, if ENVIRONMENT is "clear", an empty one.
 * Prints the error if that fails. Without, or with "print", prints "done".
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const empty[] = { NULL };

static int wait_for(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	       WEXITSTATUS(status) : 99;
}

/* posix_spawn() returns an errno. */
static void spawn(const char *how, char **argv, char *const env[])
{
	pid_t pid;

	if (!strcmp(how, "posix_spawn"))
		errno = posix_spawn(&pid, argv[0], NULL, NULL, argv, env);
	else
		errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, env);
	if (!errno)
		exit(wait_for(pid));
}

static void in_vfork(char **argv, char *const env[])
{
	pid_t pid = vfork();

	if (!pid) {
		execve(argv[0], argv, env);
		_exit(errno);
	}
	errno = wait_for(pid);
	if (!errno)
		exit(0);
}

/* The shell gets the environment of this process. */
static void by_shell(const char *how, const char *command, int clear)
{
	char line[64] = "";
	FILE *pipe;
	int status;

	if (clear)
		clearenv();
	if (!strcmp(how, "system")) {
		status = system(command);
		errno = EPERM;
		if (!status)
			exit(0);
		return;
	}
	pipe = popen(command, "r");
	if (!pipe)
		return;
	if (fgets(line, sizeof(line), pipe))
		fputs(line, stdout);
	exit(pclose(pipe));
}

static void replace(const char *how, char **argv, char *const env[], int clear)
{
	char **old = environ;
	int fd;

	/* functions without this argument use the environment of the process */
	if (clear)
		environ = (char **)empty;
	if (!strcmp(how, "execv"))
		execv(argv[0], argv);
	else if (!strcmp(how, "execvp"))
		execvp(argv[0], argv);
	else if (!strcmp(how, "execl"))
		execl(argv[0], argv[0], argv[1], NULL);
	else if (!strcmp(how, "execlp"))
		execlp(argv[0], argv[0], argv[1], NULL);
	environ = old;
	if (!strcmp(how, "execve"))
		execve(argv[0], argv, env);
	else if (!strcmp(how, "execvpe"))
		execvpe(argv[0], argv, env);
	else if (!strcmp(how, "execle"))
		execle(argv[0], argv[0], argv[1], NULL, env);
	else if (!strcmp(how, "syscall"))
		syscall(SYS_execve, argv[0], argv, env);
	else if (!strcmp(how, "execveat"))
		syscall(SYS_execveat, AT_FDCWD, argv[0], argv, env, 0);
	if (strcmp(how, "fexecve"))
		return;
	fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	fexecve(fd, argv, env);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "print";
	int clear;

	if (!strcmp(how, "print")) {
		puts("done");
		return 0;
	}
	if (argc < 4)
		return 2;
	clear = !strcmp(argv[2], "clear");
	if (!strncmp(how, "posix_spawn", 11))
		spawn(how, argv + 3, clear ? empty : environ);
	else if (!strcmp(how, "vfork"))
		in_vfork(argv + 3, clear ? empty : environ);
	else if (!strcmp(how, "system") || !strcmp(how, "popen"))
		by_shell(how, argv[3], clear);
	else
		replace(how, argv + 3, clear ? empty : environ, clear);
	puts(strerror(errno));
	return 1;
}
