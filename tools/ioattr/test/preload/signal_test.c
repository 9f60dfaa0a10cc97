// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: signal_test [SCENE]
 *        signal_test queue PID SIGNAL VALUE
 *
 * Print a line for each signal, until SIGTERM comes. SCENE "job" leaves those of
 * job control alone. The second form sends a signal by sigqueue(3).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static void print(int signal, siginfo_t *info, void *context)
{
	char line[64];
	int len;

	(void)context;
	len = snprintf(line, sizeof(line), "%d %d\n", signal,
		       info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
	if (write(STDOUT_FILENO, line, len) != len || signal == SIGTERM)
		_exit(0);
}

static int is_job_control(int signal)
{
	return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = print,
				    .sa_flags = SA_SIGINFO | SA_RESTART };
	union sigval value;
	sigset_t none;
	int i;

	if (argc == 5) {
		value.sival_int = atoi(argv[4]);
		CHECK(!sigqueue(atoi(argv[2]), atoi(argv[3]), value));
		return 0;
	}
	sigfillset(&action.sa_mask);
	for (i = 1; i <= SIGRTMAX; i++) {
		if (argc < 2 || !is_job_control(i))
			sigaction(i, &action, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	CHECK(write(STDOUT_FILENO, "ready\n", 6) == 6);
	for (;;)
		pause();
}
