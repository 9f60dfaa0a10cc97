// SPDX-License-Identifier: GPL-2.0
/*
 * The name of a thread that has exited comes from saved_cmdlines of tracefs,
 * its process from saved_tgids.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "names.h"

struct thread {
	int	tid, process;
};

struct process {
	int	pid;
	char	name[32];
};

struct device {
	struct device	*next;
	uint32_t	dev;
	char		name[40];
};

/**
 * struct names - cache of names
 * @threads: Cleared by names_forget_threads(), as thread ids are reused.
 */
struct names {
	const char	*saved;
	bool		live;
	struct thread	*threads;
	struct process	*processes;
	struct device	*devices;
	char		(*layers)[32];
	size_t		nr_threads, nr_processes, nr_layers;
};

/* Make room for one more element: double the array at each power of two. */
static void *grow(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	return xrealloc(array, (nr ? 2 * nr : 1) * size);
}

struct names *names_new(const char *saved, bool live)
{
	struct names *names = xcalloc(1, sizeof(*names));

	names->saved = saved;
	names->live = live;
	return names;
}

void names_free(struct names *names)
{
	struct device *device;

	while ((device = names->devices)) {
		names->devices = device->next;
		free(device);
	}
	free(names->threads);
	free(names->processes);
	free(names->layers);
	free(names);
}

void names_forget_threads(struct names *names)
{
	names->nr_threads = 0;
	free(names->threads);
	names->threads = NULL;
}

/* Find the line that begins with @prefix and copy the rest of it. */
static bool find_line(const char *file, const char *prefix, char *rest,
		      size_t room)
{
	const size_t len = strlen(prefix);
	FILE *f = fopen(file, "re");
	bool found = false;
	char line[256];

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, prefix, len);
	}
	fclose(f);
	if (found)
		snprintf(rest, room, "%s", line + len);
	return found;
}

static bool find_saved(const struct names *names, const char *what, int number,
		       char *rest, size_t room)
{
	char path[4096], prefix[16];

	snprintf(path, sizeof(path), "%s/%s", names->saved, what);
	snprintf(prefix, sizeof(prefix), "%d ", number);
	return find_line(path, prefix, rest, room);
}

/* The process of a thread, or the thread itself if the process is unknown. */
static int find_pid(const struct names *names, int tid)
{
	char path[64], pid[32];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (names->live && find_line(path, "Tgid:", pid, sizeof(pid)))
		return atoi(pid);
	if (find_saved(names, "saved_tgids", tid, pid, sizeof(pid)))
		return atoi(pid);
	return tid;
}

static void find_name(const struct names *names, int tid, int pid, char *name,
		      size_t room)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (!(names->live && find_line(path, "", name, room)) &&
	    !find_saved(names, "saved_cmdlines", pid, name, room) &&
	    !find_saved(names, "saved_cmdlines", tid, name, room))
		snprintf(name, room, "?");
	/* a process can set its name to any bytes */
	for (; *name; name++) {
		if (!isprint((unsigned char)*name))
			*name = '?';
	}
}

static int find_process(struct names *names, int tid)
{
	struct process process;
	size_t i;

	process.pid = find_pid(names, tid);
	find_name(names, tid, process.pid, process.name, sizeof(process.name));
	for (i = 0; i < names->nr_processes; i++) {
		if (names->processes[i].pid == process.pid &&
		    !strcmp(names->processes[i].name, process.name))
			return i;
	}
	names->processes = grow(names->processes, i, sizeof(process));
	names->processes[names->nr_processes++] = process;
	return i;
}

int process_of(struct names *names, int tid)
{
	size_t i;

	for (i = 0; i < names->nr_threads; i++) {
		if (names->threads[i].tid == tid)
			return names->threads[i].process;
	}
	names->threads = grow(names->threads, i, sizeof(struct thread));
	names->threads[i].tid = tid;
	names->threads[i].process = find_process(names, tid);
	names->nr_threads++;
	return names->threads[i].process;
}

int process_pid(const struct names *names, int process)
{
	return names->processes[process].pid;
}

const char *process_name(const struct names *names, int process)
{
	return names->processes[process].name;
}

const char *device_name(struct names *names, uint32_t dev)
{
	struct device *device;
	char path[64];

	for (device = names->devices; device; device = device->next) {
		if (device->dev == dev)
			return device->name;
	}
	device = xcalloc(1, sizeof(*device));
	device->next = names->devices;
	device->dev = dev;
	names->devices = device;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/uevent",
		 dev_major(dev), dev_minor(dev));
	if (!names->live ||
	    !find_line(path, "DEVNAME=", device->name, sizeof(device->name)))
		snprintf(device->name, sizeof(device->name), "%u:%u",
			 dev_major(dev), dev_minor(dev));
	return device->name;
}

int layer_of(struct names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->nr_layers; i++) {
		if (!strcmp(names->layers[i], name))
			return i;
	}
	names->layers = grow(names->layers, i, sizeof(*names->layers));
	snprintf(names->layers[i], sizeof(*names->layers), "%s", name);
	return names->nr_layers++;
}

const char *layer_name(const struct names *names, int layer)
{
	return names->layers[layer];
}
