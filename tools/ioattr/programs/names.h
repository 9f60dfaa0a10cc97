/* SPDX-License-Identifier: GPL-2.0 */
/* Names of what events have numbers of: processes, devices, layers. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct names;

/*
 * @saved: the directory of saved_cmdlines and saved_tgids. @live: what runs now
 * on this machine is meant; else a machine of which these files were copied.
 * NULL: no memory.
 */
struct names *names_new(const char *saved, bool live);
void names_free(struct names *names);

/* Threads may have ended, and others begun with their numbers. */
void names_forget_threads(struct names *names);

/* A number for the process of a thread, one for each process and name of it. */
int process_of(struct names *names, int tid);

/* Of such a number: its pid, and its name. */
int process_pid(const struct names *names, int process);
const char *process_name(const struct names *names, int process);

/* "sda1", or "8:1" if that has no name. It stays where it is. */
const char *device_name(struct names *names, uint32_t dev);

int layer_of(struct names *names, const char *name);
const char *layer_name(const struct names *names, int layer);

/* Parts of a device's number, as the kernel has it in memory. */
static inline unsigned int dev_major(uint32_t dev)
{
	return dev >> 20;
}

static inline unsigned int dev_minor(uint32_t dev)
{
	return dev & ((1U << 20) - 1);
}

/* For what cannot be done without memory. */
void *must(void *memory);

#endif /* NAMES_H */
