/* SPDX-License-Identifier: GPL-2.0 */
/* Where events come from: an instance of tracefs. */
#ifndef TRACEFS_H
#define TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"

/**
 * struct source - an instance
 * @dir: Its directory; @saved: that of saved_cmdlines.
 * @own: It was made here, and will be removed.
 * @live: It is of this machine, and no copy.
 * @fds: The buffer of each CPU, -1 for one that has come to its end.
 * @page: Room for a page of it.
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
 * Make an instance with @buffer KiB for each CPU (0: as many as the kernel
 * likes), or, if @instance is not NULL, take that one as it is. These say what
 * is wrong and return false.
 */
bool source_open(struct source *source, const char *instance, long buffer);
bool source_start(struct source *source);

/*
 * Call @see for each event that there is. False if that cannot go on, which has
 * been said.
 */
bool source_drain(struct source *source,
		  void (*see)(const struct event *event, void *arg), void *arg);

/* Nothing comes any more, of what would come by itself. */
bool source_ended(const struct source *source);
void source_stop(struct source *source);

/* How many events found no room, since the instance was made. */
uint64_t source_lost(const struct source *source);

/* exit() does it, too. */
void source_close(struct source *source);

#endif /* TRACEFS_H */
