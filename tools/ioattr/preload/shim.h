/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libioattr-preload.so: gives the I/O of a program attributes. It runs in the
 * place of functions of libaio, liburing and libc, at any time and in any
 * thread, also in a signal handler that never returns: there are no locks, errno
 * is as these functions leave it, and nothing is allocated, but by fnmatch(3) for
 * a long path that is looked at for the first time.
 */
#ifndef SHIM_H
#define SHIM_H

#include <linux/aio_abi.h>
#include <sys/types.h>

#include "../include/ioattr.h"
#include "counts.h"
#include "rule.h"

/* Headers of older kernels have another name for this place, and no flag. */
#ifndef IOCB_FLAG_ATTR
#define IOCB_FLAG_ATTR	(1 << 2)
#define aio_attrs	aio_reserved2
#endif

#ifndef IOCB_FLAG_IOPRIO
#define IOCB_FLAG_IOPRIO	(1 << 1)
#endif

#define EXPORT	__attribute__((visibility("default")))

/* Its lists: for an I/O, for one that is to report, to ask what is refused. */
enum { LIST_PLAIN, LIST_REPORT, LIST_ASK, NR_LISTS };

/**
 * struct action - what a rule gives
 * @required: The I/O is to fail rather than to go without.
 * @prio: As for ioprio_set(2), or -1.
 * @attrs: A bit for each attribute of the lists.
 * @cgroup: A directory, or NULL.
 * @lists: They stay at their place, for iocbs go on to refer to them.
 * @fd: Of @cgroup, or -1.
 * @dev: The directory that @fd was opened for, with @ino.
 * @ino: Likewise.
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

/* Is there anything to do at all? */
bool shim_active(void);

/* Are reports asked for? */
bool shim_reports(void);

/*
 * What to give a read or write of @len bytes of @fd, or NULL; @uring: by io_uring,
 * where it is NULL also for what is neither a regular file nor a block device.
 */
struct action *shim_action(int fd, unsigned int op, long long len, bool uring);

/* Does any rule ask for the size? */
bool shim_sizes(void);

/* Get ready to be used: 0 or an errno. */
int action_open(struct action *action);

/*
 * May @error be that its cgroup is lost: closed by the program, or removed, and
 * perhaps made again?
 */
bool action_lost(const struct action *action, int error);

/* Open the cgroup again if it is lost: 0, it is open now, or an errno. */
int action_reopen(struct action *action);

/* Is this the address of a list of an action? */
bool action_owns(uint64_t list);

/* Does io_uring know of lists? */
bool uring_knows(void);

/*
 * Would io_uring take it from this thread now? 0 or an errno. *@asked and *@refused
 * are 0 at first: who asks more than once at a time is told what was found.
 */
int action_check(struct action *action, uint32_t *asked, uint32_t *refused);

/* Of this process. */
extern struct counts *counts;

void count(counter *c);
void count_given(const struct action *action);
void count_refused(int error);

/* That of libc. */
typedef long (*syscall_fn)(long nr, long a, long b, long c, long d, long e,
			   long f);
syscall_fn real_syscall(void);

/* As the kernel returns: a negative errno. errno stays as it is. */
long raw_syscall(long nr, long a, long b, long c, long d, long e, long f);

/* Has AIO no attributes? Asked once it has refused some. */
bool kernel_refuses_all(void);

/* aio.c */
long shim_io_submit(aio_context_t ctx, long nr, struct iocb **iocbs);
long shim_io_getevents(long nr, aio_context_t ctx, long min, long max,
		       struct io_event *events, void *timeout, void *sigset);
long shim_io_setup(unsigned int nr, aio_context_t *ctx);
long shim_io_destroy(aio_context_t ctx);
void aio_forked(void);

/* uring.c: at the start; after the one system call, and before the other */
void uring_begin(void);
void shim_uring_setup(int fd, const void *params);
void shim_uring_enter(int fd, unsigned int to_submit, unsigned int flags);

#endif /* SHIM_H */
