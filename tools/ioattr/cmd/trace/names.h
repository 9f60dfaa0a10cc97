/* SPDX-License-Identifier: GPL-2.0 */
/* Names of the processes, devices and layers in events. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct names;

/*
 * @saved: the directory of saved_cmdlines and saved_tgids. @live: the events
 * are of this machine, so /proc and /sys can be used too.
 */
struct names *names_new(const char *saved, bool live);
void names_free(struct names *names);

/* Call this now and then: threads exit, and their ids are reused. */
void names_forget_threads(struct names *names);

/*
 * The index of the process of a thread. A process that is renamed has several.
 */
int process_of(struct names *names, int tid);

/* The pid and the name of the process with this index. */
int process_pid(const struct names *names, int process);
const char *process_name(const struct names *names, int process);

/* Returns "sda1", or "8:1" if the name is unknown; valid until names_free(). */
const char *device_name(struct names *names, uint32_t dev);

int layer_of(struct names *names, const char *name);
const char *layer_name(const struct names *names, int layer);

/* The parts of a device number in the kernel's format. */
static inline unsigned int dev_major(uint32_t dev)
{
	return dev >> 20;
}

static inline unsigned int dev_minor(uint32_t dev)
{
	return dev & ((1U << 20) - 1);
}



#endif /* NAMES_H */
