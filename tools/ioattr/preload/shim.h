/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libioattr-preload.so: add attributes to the I/O of a program.
 *
 * The library replaces functions of libaio, liburing and libc. These may be
 * called in any thread, and in a signal handler that does not return.
 * Therefore the library takes no locks, preserves errno as these functions do,
 * and allocates no memory, except that fnmatch(3) may for a long path.
 */
#ifndef SHIM_H
#define SHIM_H

#include <sys/types.h>

#include "../common/counts.h"
#include "../common/rule.h"
#include "../include/ioattr-aio.h"

#ifndef IOCB_FLAG_IOPRIO
#define IOCB_FLAG_IOPRIO	(1 << 1)
#endif

#define EXPORT	__attribute__((visibility("default")))

/* The lists of an action: for I/O, for I/O with a report, to try it. */
enum { LIST_PLAIN, LIST_REPORT, LIST_TRY, NR_LISTS };

/**
 * struct action - the attributes of a rule
 * @required: I/O fails rather than continue without attributes.
 * @prio: As for ioprio_set(2), or -1.
 * @attrs: Mask of the attributes in the lists.
 * @cgroup: A directory, or NULL.
 * @lists: Their addresses are constant, as iocbs continue to refer to them.
 * @fd: The open @cgroup, or -1.
 * @dev: Device of the directory that @fd was opened for.
 * @ino: Inode of that directory.
 */
struct action {
	bool			required;
	int			prio;
	uint32_t		attrs;
	const char		*cgroup;
	struct ioattr_list	lists[NR_LISTS];
	_Atomic int		fd;
	_Atomic dev_t		dev;
	_Atomic ino_t		ino;
};

/* Returns true if there are rules. */
bool shim_active(void);

/* Returns true if reports are requested. */
bool shim_reports(void);

/*
 * The action for a read or write of @len bytes of @fd, or NULL. With @uring,
 * NULL for files other than regular files and block devices.
 */
struct action *shim_action(int fd, unsigned int op, long long len, bool uring);

/* Returns true if a rule depends on the size. */
bool shim_sizes(void);

/* Open the cgroup if necessary. Returns 0 or an errno. */
int action_open(struct action *action);

/*
 * Returns true if @error may mean that the program closed the file descriptor
 * of the cgroup, or that the cgroup was removed and perhaps created again.
 */
bool action_lost(const struct action *action, int error);

/* Open the cgroup again if that has happened. Returns 0 or an errno. */
int action_reopen(struct action *action);

/* Returns true if this is the address of a list of an action. */
bool action_owns(uint64_t list);

/* uring.c: returns true if io_uring supports lists. */
bool uring_knows(void);

/*
 * Check whether io_uring would accept the list from this thread. Returns 0 or
 * an errno. *@asked and *@refused cache the results for a batch and are
 * initially 0.
 */
int action_check(struct action *action, uint32_t *asked, uint32_t *refused);

/* The counts of this process. */
extern struct counts *counts;

void count(counter *c);
void count_given(const struct action *action);
void count_refused(int error);

/* syscall(2) of libc. */
typedef long (*syscall_fn)(long nr, long a, long b, long c, long d, long e,
			   long f);
syscall_fn real_syscall(void);

/* Returns a negative errno on error. Preserves errno. */
long raw_syscall(long nr, long a, long b, long c, long d, long e, long f);

/* After AIO rejected attributes: returns true if it rejects all of them. */
bool kernel_refuses_all(void);

/* aio.c */
long shim_io_submit(aio_context_t ctx, long nr, struct iocb **iocbs);
long shim_io_getevents(long nr, aio_context_t ctx, long min, long max,
		       struct io_event *events, void *timeout, void *sigset);
long shim_io_setup(unsigned int nr, aio_context_t *ctx);
long shim_io_destroy(aio_context_t ctx);
void aio_atfork_child(void);

/* uring.c: at start; after io_uring_setup(2), and before io_uring_enter(2) */
void uring_init(void);
void shim_uring_setup(int fd, const void *params);
void shim_uring_enter(int fd, unsigned int to_submit, unsigned int flags);

#endif /* SHIM_H */
