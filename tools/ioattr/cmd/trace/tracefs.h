/* SPDX-License-Identifier: GPL-2.0 */
/* Read events from an instance of tracefs. */
#ifndef TRACEFS_H
#define TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"

/**
 * struct source - an instance of tracefs
 * @dir: Its directory.
 * @saved: The directory of saved_cmdlines and saved_tgids.
 * @own: It was created here and will be removed.
 * @live: It is an instance of this machine, not a copy of one.
 * @fds: The buffer of each CPU, -1 at its end.
 * @page: One page of a buffer.
 */
struct source {
	char		dir[4096], saved[4096 + 16];
	bool		own, live;
	struct formats	formats;
	int		*fds;
	size_t		nr_fds;
	void		*page;
};

/*
 * Open the directory @instance, or create an instance if it is NULL, with
 * @buffer KiB for each CPU or, if 0, the default size. These functions print an
 * error and return false if they fail.
 */
bool source_open(struct source *source, const char *instance, long buffer);
bool source_start(struct source *source);

/*
 * Call @on_event for each event in the buffers. Prints an error and returns
 * false if that fails.
 */
bool source_drain(struct source *source, event_fn on_event, void *arg);

/* Returns true if the instance is a copy that has been read to the end. */
bool source_ended(const struct source *source);
void source_stop(struct source *source);

/* The number of events lost since the instance was created. */
uint64_t source_lost(const struct source *source);

/* Also called by exit(). */
void source_close(struct source *source);

#endif /* TRACEFS_H */
