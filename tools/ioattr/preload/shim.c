// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The start of the library, and of new processes. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim.h"

/**
 * struct own_memory - the state of one address space
 * @alive: False in a new child.
 * @check_ctx: The AIO context of kernel_try(), or 0.
 * @pid: The process, or 0 if it is unknown.
 *
 * The kernel clears this memory in a child with its own address space. Handlers
 * of pthread_atfork(3) do not run for clone(2).
 */
struct own_memory {
	_Atomic bool		alive;
	aio_context_t _Atomic	check_ctx;
	_Atomic int		pid;
};

static struct own_memory fallback;
static struct own_memory *own = &fallback;
static bool active, reports;

static void map_own_memory(void)
{
	void *map = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* all kernels with attributes support this */
	if (map != MAP_FAILED && !madvise(map, sizeof(*own), MADV_WIPEONFORK))
		own = map;
	own->pid = getpid();
	own->alive = true;
}

bool shim_has_rules(void)
{
	return active;
}

bool shim_active(void)
{
	if (!active)
		return false;
	if (!own->alive && !atomic_exchange(&own->alive, true)) {
		aio_forget();
		counts_forget();
	}
	return true;
}

bool shim_reports(void)
{
	return reports;
}

aio_context_t _Atomic *shim_context(void)
{
	return &own->check_ctx;
}

int shim_pid(void)
{
	if (!own->pid && !shut_in())
		own->pid = getpid();
	return own->pid;
}

/*
 * The library can be loaded into programs for musl, so that they run as
 * children of others. It has never been used with a libaio for musl.
 */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

__attribute__((constructor))
static void init(void)
{
	const char *rules = getenv(ENV_RULES);
	int saved = errno;

	/* resolve now: dlsym() is not async-signal-safe */
	symbols_init();
	exec_init();
	uring_init();
	if (rules && gnu_get_libc_version) {
		map_own_memory();
		active = rules_read(rules);
		reports = getenv(ENV_REPORT);
		if (active)
			counts_init();
	}
	errno = saved;
}
