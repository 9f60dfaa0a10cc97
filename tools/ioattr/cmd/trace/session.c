// SPDX-License-Identifier: GPL-2.0
/*
 * The main loop of ioattr trace and ioattr top: count events until the last
 * interval, a signal, or the end of the command.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../common/msg.h"
#include "trace.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool is_wanted(struct session *session, const struct event *event)
{
	const struct settings *settings = session->settings;

	/* events of rejected lists have no device */
	if (settings->has_dev && event->dev != settings->dev)
		return false;
	if (!settings->pid || event->tid == settings->pid)
		return true;
	return event->tid &&
	       process_pid(session->names,
			   process_of(session->names, event->tid)) ==
	       settings->pid;
}

static void on_event(const struct event *event, void *arg)
{
	struct session *session = arg;

	if (!is_wanted(session, event))
		return;
	session->now.events[event->kind]++;
	table_count(&session->now.rows, session->names, event);
}

static void drain(struct session *session)
{
	names_forget_threads(session->names);
	if (!source_drain(&session->source, on_event, session)) {
		session->status = 1;
		session->failed = true;
		session->done = true;
	}
	if (source_ended(&session->source))
		session->done = true;
}

static void print_report(struct session *session)
{
	table_sort(&session->now.rows, session->names,
		   session->settings->sort_key);
	if (session->settings->json)
		print_json(session);
	else
		print_text(session);
	if (!fflush(session->out) && !ferror(session->out))
		return;
	error_msg("%s: %s", session->settings->output ?
		 session->settings->output : "standard output",
		 strerror(errno));
	session->status = 1;
	session->failed = true;
	session->done = true;
}

/* The screen shows this interval until the end of the next one. */
static void show(struct session *session, double seconds)
{
	table_clear(&session->shown.rows);
	session->shown = session->now;
	table_init(&session->now.rows, session->settings->by);
	view_draw(session, seconds);
}

static void add_to_total(struct session *session)
{
	struct report *now = &session->now, *total = &session->total;
	int kind;

	table_add(&total->rows, &now->rows);
	for (kind = 0; kind < EVENT_KINDS; kind++)
		total->events[kind] += now->events[kind];
}

/* The kernel restarts its count at 0 when the buffer is cleared. */
static void count_lost(struct session *session)
{
	const uint64_t lost = source_lost(&session->source);

	session->now.lost += lost < session->lost ? lost : lost - session->lost;
	session->lost = lost;
}

static void finish_interval(struct session *session)
{
	struct report *report = &session->now;
	const double end = now();

	report->seconds = end - session->begun;
	count_lost(session);
	session->total.lost += report->lost;
	session->total.seconds = report->seconds;
	if (session->view) {
		add_to_total(session);
		show(session, end - session->last);
	} else {
		print_report(session);
	}
	session->last = end;
	session->reports++;
}

static void begin_interval(struct session *session)
{
	memset(session->now.events, 0, sizeof(session->now.events));
	session->now.lost = 0;
	table_clear(&session->now.rows);
}

/* The signal mask and handlers to restore for the command. */
struct signals {
	sigset_t	blocked;
	sighandler_t	child, pipe;
};

/*
 * Receive signals by signalfd(2): termination, the child's exit, the terminal.
 */
static bool catch_signals(struct session *session, struct signals *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (session->settings->top && isatty(STDOUT_FILENO)) {
		sigaddset(&set, SIGQUIT);
		sigaddset(&set, SIGTSTP);
		sigaddset(&set, SIGCONT);
		sigaddset(&set, SIGWINCH);
	}
	sigprocmask(SIG_BLOCK, &set, &before->blocked);
	/* a child cannot be waited for if SIGCHLD is ignored */
	before->child = signal(SIGCHLD, SIG_DFL);
	before->pipe = signal(SIGPIPE, SIG_IGN);
	session->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (session->signals < 0)
		error_msg("signalfd: %s", strerror(errno));
	return session->signals >= 0;
}

static bool run_command(struct session *session, const struct signals *before)
{
	char **command = session->settings->command;
	int error;

	if (!command)
		return true;
	session->child = fork();
	if (session->child < 0) {
		error_msg("fork: %s", strerror(errno));
		return false;
	}
	if (session->child)
		return true;
	signal(SIGCHLD, before->child);
	signal(SIGPIPE, before->pipe);
	sigprocmask(SIG_SETMASK, &before->blocked, NULL);
	execvp(command[0], command);
	error = errno;
	error_msg("%s: %s", command[0], strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

static void child_ended(struct session *session)
{
	int status;

	if (!session->child ||
	    waitpid(session->child, &status, WNOHANG) != session->child)
		return;
	session->child = 0;
	session->status = WIFEXITED(status) ? WEXITSTATUS(status) :
					      128 + WTERMSIG(status);
	session->done = true;
}

static void handle_signal(struct session *session,
			  const struct signalfd_siginfo *info)
{
	switch (info->ssi_signo) {
	case SIGCHLD:
		child_ended(session);
		return;
	case SIGTSTP:
		view_stop(session);
		raise(SIGSTOP);
		return;
	case SIGCONT:
		view_resume(session);
		return;
	case SIGWINCH:
		if (session->view)
			view_draw(session, 0);
		return;
	}
	if (!session->child)
		session->done = true;
	else if (info->ssi_code != SI_KERNEL)
		/* the terminal sends its signals to the child itself */
		kill(session->child, info->ssi_signo);
}

static void handle_signals(struct session *session)
{
	struct signalfd_siginfo info;

	while (read(session->signals, &info, sizeof(info)) == sizeof(info))
		handle_signal(session, &info);
}

/* Wait for events, keys or signals until the time @until. */
static void wait_for(struct session *session, double until)
{
	const struct source *source = &session->source;
	struct pollfd fds[source->nr_fds + 2];
	double left = until - now();
	size_t i;

	fds[0] = (struct pollfd){ session->signals, POLLIN, 0 };
	fds[1] = (struct pollfd){ session->view ? STDIN_FILENO : -1, POLLIN,
				  0 };
	for (i = 0; i < source->nr_fds; i++)
		fds[i + 2] = (struct pollfd){ source->fds[i], POLLIN, 0 };
	if (left < 0)
		left = 0;
	poll(fds, source->nr_fds + 2, (int)(left * 1000) + 1);
	if (fds[0].revents)
		handle_signals(session);
	if (fds[1].revents & (POLLHUP | POLLERR))
		session->done = true;
	else if (fds[1].revents && view_keys(session))
		view_draw(session, 0);
}

static void run(struct session *session)
{
	const struct settings *settings = session->settings;
	double end = session->begun + settings->interval, until;

	for (;;) {
		/* look up processes soon, before they exit */
		until = now() + 1;
		wait_for(session, settings->interval && end < until ?
				  end : until);
		if (session->done)
			return;
		drain(session);
		if (session->done || !settings->interval || now() < end)
			continue;
		finish_interval(session);
		if (session->reports == settings->count)
			session->done = true;
		if (session->done)
			return;
		begin_interval(session);
		while (end <= now())
			end += settings->interval;
	}
}

/* Print the rest since the last report. */
static void finish(struct session *session)
{
	const struct report *report = &session->now;

	source_stop(&session->source);
	if (session->failed || (session->settings->count &&
				session->reports == session->settings->count))
		return;
	drain(session);
	if (session->view || session->failed)
		return;
	count_lost(session);
	if (session->reports && !report->events[EVENT_GIVEN] &&
	    !report->events[EVENT_HONOURED] && !report->events[EVENT_REFUSED] &&
	    !report->lost)
		return;
	finish_interval(session);
}

static bool open_output(struct session *session)
{
	const char *output = session->settings->output;

	session->out = output ? fopen(output, "we") : stdout;
	if (!session->out)
		error_msg("%s: %s", output, strerror(errno));
	return session->out;
}

int trace_session(const struct settings *settings)
{
	struct session session = { .settings = settings, .signals = -1 };
	struct signals before;

	/*
	 * signals are caught before the instance exists, so that it is removed
	 */
	if (!open_output(&session) || !catch_signals(&session, &before) ||
	    !source_open(&session.source, settings->instance,
			 settings->buffer)) {
		source_close(&session.source);
		return 1;
	}
	session.names = names_new(session.source.saved, session.source.live);
	table_init(&session.now.rows, settings->by);
	table_init(&session.shown.rows, settings->by);
	table_init(&session.total.rows, settings->by);
	session.begun = now();
	session.last = session.begun;
	if (source_start(&session.source) && run_command(&session, &before)) {
		if (settings->top)
			session.view = view_open();
		if (session.view)
			view_draw(&session, 0);
		run(&session);
		finish(&session);
	} else {
		session.status = 1;
	}
	if (session.view)
		view_close(session.view);
	source_close(&session.source);
	table_clear(&session.now.rows);
	table_clear(&session.shown.rows);
	table_clear(&session.total.rows);
	names_free(session.names);
	close(session.signals);
	if (settings->output && fclose(session.out)) {
		error_msg("%s: %s", settings->output, strerror(errno));
		return 1;
	}
	return session.status;
}
