// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "../../common/alloc.h"
#include "../../common/msg.h"
#include "tracefs.h"

#define INSTANCE	"ioattr-"

/* The instance to remove at exit. */
static struct source *made;

#define fail(...) (error_msg(__VA_ARGS__), false)

static bool is_tracefs(const char *dir)
{
	struct statfs st;

	return !statfs(dir, &st) && st.f_type == TRACEFS_MAGIC;
}

/* Print why a file of tracefs cannot be used. */
static bool fail_at(const char *path, int error)
{
	if (error == EACCES || error == EPERM)
		return fail("%s: %s: run it as root", path, strerror(error));
	return fail("%s: %s", path, strerror(error));
}

static const char *find_tracefs(void)
{
	static const char *const dirs[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
	};
	unsigned int i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (is_tracefs(dirs[i]))
			return dirs[i];
	}
	if (access(dirs[0], F_OK))
		error_msg("this kernel has no tracing (CONFIG_TRACING)");
	else
		error_msg("tracefs is not mounted: mount -t tracefs nodev %s",
		     dirs[0]);
	return NULL;
}

/* Remove the instances of processes that were killed. */
static void remove_stale(const char *tracefs)
{
	char path[PATH_MAX];
	struct dirent *d;
	char *end;
	long pid;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/instances", tracefs);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, INSTANCE, strlen(INSTANCE)))
			continue;
		pid = strtol(d->d_name + strlen(INSTANCE), &end, 10);
		if (pid > 0 && !*end && kill(pid, 0) && errno == ESRCH)
			unlinkat(dirfd(dir), d->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

static void close_made(void)
{
	if (made)
		source_close(made);
}

static bool make_instance(struct source *source)
{
	const char *tracefs = find_tracefs();
	char path[PATH_MAX];

	if (!tracefs)
		return false;
	snprintf(path, sizeof(path), "%s/events/iocb_attr", tracefs);
	if (access(path, F_OK) && errno != ENOENT)
		return fail_at(tracefs, errno);
	if (access(path, F_OK))
		return fail("this kernel has no events of per-I/O attributes (CONFIG_IOCB_ATTR); see ioattr probe");
	remove_stale(tracefs);
	snprintf(source->dir, sizeof(source->dir), "%s/instances/" INSTANCE
		 "%d", tracefs, getpid());
	if (mkdir(source->dir, 0700))
		return fail_at(source->dir, errno);
	source->own = true;
	made = source;
	atexit(close_made);
	return true;
}

/* Read a whole small file. Returns NULL and sets errno on error. */
static char *read_file(const struct source *source, const char *name)
{
	const size_t room = 65536;
	char path[PATH_MAX + 64], *text;
	size_t len = 0;
	ssize_t ret;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", source->dir, name) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = xrealloc(NULL, room);
	while ((ret = read(fd, text + len, room - 1 - len)) > 0)
		len += ret;
	text[len] = '\0';
	close(fd);
	return text;
}

static bool write_file(const struct source *source, const char *name,
		       const char *text)
{
	char path[PATH_MAX + 64];
	ssize_t ret = -1;
	int fd, error;

	snprintf(path, sizeof(path), "%s/%s", source->dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		ret = write(fd, text, strlen(text));
	error = errno;
	if (fd >= 0)
		close(fd);
	return ret >= 0 || fail_at(path, error);
}

static bool read_format(struct source *source, const char *name, int kind)
{
	char *text = read_file(source, name);
	const char *missing;

	if (!text)
		return fail("%s/%s: %s", source->dir, name, strerror(errno));
	missing = kind < 0 ? parse_header_page(text, &source->formats) :
			     parse_format(text, kind, &source->formats);
	free(text);
	return !missing || fail("%s/%s: missing %s", source->dir, name,
				missing);
}

static bool read_formats(struct source *source)
{
	char name[64];
	int kind;

	if (!read_format(source, "events/header_page", -1))
		return false;
	for (kind = 0; kind < EVENT_KINDS; kind++) {
		snprintf(name, sizeof(name), "events/iocb_attr/%s/format",
			 event_names[kind]);
		if (!read_format(source, name, kind))
			return false;
	}
	return true;
}

static bool open_buffers(struct source *source)
{
	char path[PATH_MAX + 300];
	struct dirent *d;
	DIR *dir;
	int fd = 0;

	snprintf(path, sizeof(path), "%s/per_cpu", source->dir);
	dir = opendir(path);
	if (!dir)
		return fail_at(path, errno);
	while (fd >= 0 && (d = readdir(dir))) {
		if (strncmp(d->d_name, "cpu", 3))
			continue;
		snprintf(path, sizeof(path), "%s/per_cpu/%s/trace_pipe_raw",
			 source->dir, d->d_name);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0) {
			fail_at(path, errno);
			break;
		}
		source->fds = xrealloc(source->fds, sizeof(fd) *
				       (source->nr_fds + 1));
		source->fds[source->nr_fds++] = fd;
	}
	closedir(dir);
	return fd >= 0;
}

bool source_open(struct source *source, const char *instance, long buffer)
{
	char size[32];

	memset(source, 0, sizeof(*source));
	if (instance)
		snprintf(source->dir, sizeof(source->dir), "%s", instance);
	else if (!make_instance(source))
		return false;
	source->live = is_tracefs(source->dir);
	/* a copy of an instance has these files too, an instance does not */
	snprintf(source->saved, sizeof(source->saved), "%s/saved_cmdlines",
		 source->dir);
	snprintf(source->saved, sizeof(source->saved), "%s%s", source->dir,
		 access(source->saved, F_OK) ? "/../.." : "");

	snprintf(size, sizeof(size), "%ld", buffer);
	if (buffer && !write_file(source, "buffer_size_kb", size))
		return false;
	/* on overflow lose new events rather than old ones */
	if (source->own && (!write_file(source, "options/overwrite", "0") ||
			    !write_file(source, "options/record-tgid", "1")))
		return false;
	if (!read_formats(source) || !open_buffers(source))
		return false;
	source->page = xrealloc(NULL, source->formats.page_size);
	return true;
}

bool source_start(struct source *source)
{
	return !source->own || write_file(source, "events/iocb_attr/enable",
					  "1");
}

void source_stop(struct source *source)
{
	if (source->own)
		write_file(source, "events/iocb_attr/enable", "0");
}

static bool drain_one(struct source *source, int *fd,
		      event_fn on_event, void *arg)
{
	ssize_t ret;
	int i;

	/* bounded: events may arrive as fast as they are read */
	for (i = 0; i < 4096; i++) {
		ret = read(*fd, source->page, source->formats.page_size);
		if (ret < 0 && errno == EAGAIN)
			return true;
		if (ret < 0)
			return fail("%s/per_cpu: %s", source->dir,
				    strerror(errno));
		/*
		 * 0 is the end of a copy; a live buffer can return it as well
		 */
		if (!ret && !source->live) {
			close(*fd);
			*fd = -1;
		}
		if (!ret)
			return true;
		if (!parse_page(&source->formats, source->page, ret, on_event,
				arg))
			return fail("%s/per_cpu: malformed trace buffer",
				    source->dir);
	}
	return true;
}

bool source_drain(struct source *source,
		  event_fn on_event, void *arg)
{
	size_t i;

	for (i = 0; i < source->nr_fds; i++) {
		if (source->fds[i] >= 0 &&
		    !drain_one(source, &source->fds[i], on_event, arg))
			return false;
	}
	return true;
}

bool source_ended(const struct source *source)
{
	size_t i;

	for (i = 0; i < source->nr_fds; i++) {
		if (source->fds[i] >= 0)
			return false;
	}
	return true;
}

/* The value of @name in the statistics of a CPU, for example "overrun: 12". */
static uint64_t lost_of(const char *stats, const char *name)
{
	const size_t len = strlen(name);
	const char *line = stats;

	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len))
			return strtoull(line + len, NULL, 10);
	}
	return 0;
}

uint64_t source_lost(const struct source *source)
{
	char path[PATH_MAX + 16], *stats;
	uint64_t lost = 0;
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/per_cpu", source->dir);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, "cpu", 3))
			continue;
		snprintf(path, sizeof(path), "per_cpu/%.16s/stats", d->d_name);
		stats = read_file(source, path);
		if (!stats)
			continue;
		lost += lost_of(stats, "overrun: ");
		lost += lost_of(stats, "commit overrun: ");
		lost += lost_of(stats, "dropped events: ");
		free(stats);
	}
	if (dir)
		closedir(dir);
	return lost;
}

void source_close(struct source *source)
{
	size_t i;

	for (i = 0; i < source->nr_fds; i++) {
		if (source->fds[i] >= 0)
			close(source->fds[i]);
	}
	free(source->fds);
	free(source->page);
	source->fds = NULL;
	source->page = NULL;
	source->nr_fds = 0;
	/* this also disables its events */
	if (source->own && rmdir(source->dir))
		error_msg("cannot remove %s: %s", source->dir, strerror(errno));
	source->own = false;
	made = NULL;
}
