// SPDX-License-Identifier: GPL-2.0
/*
 * Run a program in a child that looks like this process to whoever started it:
 * signals reach the child, and job control stops both.
 *
 * All signals are blocked and accepted one at a time, so that none is lost
 * before there is a child, and none is sent to its id after it was reaped.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../common/msg.h"
#include "cmd.h"
#include "run_child.h"

int exec_program(char **argv)
{
	int error;

	execvp(argv[0], argv);
	error = errno;
	error_msg("%s: %s", argv[0], strerror(error));
	return error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}

/* Signals that a terminal sends to all processes in its foreground. */
static bool is_of_terminal(int signal)
{
	switch (signal) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGCONT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		return true;
	default:
		return false;
	}
}

/*
 * The child gets the signals of the terminal itself. When it sends a signal to
 * its parent, it does not mean itself.
 */
static bool is_for_child(const siginfo_t *info, pid_t child)
{
	if (info->si_code <= 0)
		return info->si_pid != child;
	/* timers, for example, are kept when this program is executed */
	return !is_of_terminal(info->si_signo) && info->si_signo != SIGCHLD;
}

static void forward(const siginfo_t *info, pid_t child)
{
	if (!is_for_child(info, child))
		return;
	if (info->si_code == SI_QUEUE)
		sigqueue(child, info->si_signo, info->si_value);
	else
		kill(child, info->si_signo);
}

/*
 * The child has stopped: stop as well, if that is job control, so that the
 * shell notices. SIGCONT is forwarded later.
 */
static void follow_stop(int status)
{
	switch (WSTOPSIG(status)) {
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		raise(SIGSTOP);
		break;
	}
}

/* Returns true if the child has ended, with *@status. */
static bool reap(pid_t child, int *status)
{
	while (waitpid(child, status, WNOHANG | WUNTRACED) > 0) {
		if (!WIFSTOPPED(*status))
			return true;
		follow_stop(*status);
	}
	return false;
}

/* Forward signals until the child ends. Returns its status. */
static int wait_for(pid_t child, const sigset_t *all)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (sigwaitinfo(all, &info) < 0)
			continue;
		/* one signal may stand for several of the same number */
		if (info.si_signo == SIGCHLD && reap(child, &status))
			return status;
		forward(&info, child);
	}
}

/* Discard signals that came too late for the child. */
static void discard(const sigset_t *all)
{
	const struct timespec now = { 0 };

	while (sigtimedwait(all, NULL, &now) > 0)
		;
}

int run_child(char **argv)
{
	/* a child cannot be waited for if SIGCHLD is ignored */
	struct sigaction usual = { .sa_handler = SIG_DFL }, old;
	sigset_t all, before;
	int status;
	pid_t child;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	sigaction(SIGCHLD, &usual, &old);
	child = fork();
	if (!child) {
		sigaction(SIGCHLD, &old, NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		_exit(exec_program(argv));
	}
	if (child < 0) {
		error_msg("fork: %s", strerror(errno));
		sigprocmask(SIG_SETMASK, &before, NULL);
		return CANNOT;
	}
	status = wait_for(child, &all);
	discard(&all);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}
