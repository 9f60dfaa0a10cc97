/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * libioattr-preload.so: add attributes to the I/O of a program.
 *
 * The library replaces functions of libaio, liburing and libc. These may be
 * called in any thread, and in a signal handler that does not return.
 * Therefore the library takes no locks, preserves errno as these functions do,
 * and allocates no memory, except that fnmatch(3) may for a long path.
 *
 * A program may restrict its system calls with seccomp(2). Therefore the library
 * opens all files when it is loaded. Later it makes no system calls of its own
 * once the program has installed a filter; see seccomp.c.
 */
#ifndef SHIM_H
#define SHIM_H

#include <sys/stat.h>
#include <sys/types.h>

#include "../common/counts.h"
#include "../common/rule.h"
#include "../include/ioattr-aio.h"

#ifndef IOCB_FLAG_IOPRIO
#define IOCB_FLAG_IOPRIO	(1 << 1)
#endif

#define EXPORT	__attribute__((visibility("default")))

/*
 * shim.c
 */

/* Returns true if there are rules. */
bool shim_has_rules(void);

/* The same, called before I/O. Resets the state of a new process first. */
bool shim_active(void);

/* Returns true if reports are requested. */
bool shim_reports(void);

/* The AIO context of kernel_try(), or 0. It belongs to the address space. */
aio_context_t _Atomic *shim_context(void);

/* This process, or 0 if it is unknown. */
int shim_pid(void);

/*
 * rules.c
 */

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

/* Read the rules in @text. Returns false if there are none, or errors. */
bool rules_read(const char *text);

/* The text that was read. */
const char *rules_text(void);

/* Returns true if a rule depends on the size. */
bool rules_have_sizes(void);

/* Returns true if a rule requires its attributes. */
bool rules_require(void);

/*
 * The action for a read or write of @len bytes of @fd, or NULL. With @uring,
 * NULL for files other than regular files and block devices. *@error is 0, or
 * an errno if the I/O must fail because a rule that requires its attributes may
 * be for it.
 */
struct action *find_action(int fd, unsigned int op, long long len, bool uring,
			   int *error);

/*
 * The same for I/O whose file or credentials are unknown. Returns the error.
 */
int unreachable(unsigned int op, long long len);

/* Returns true if this is the address of a list of an action. */
bool action_owns(uint64_t list);

/*
 * Check whether io_uring would accept the list from this thread. Returns 0 or
 * an errno. *@asked and *@refused cache the results for a batch and are
 * initially 0.
 */
int action_check(struct action *action, uint32_t *asked, uint32_t *refused);

/*
 * cgroup.c
 */

/* Open a file with a high file descriptor. Returns it or a negative errno. */
int open_far(const char *path, int flags);

/*
 * Set *@fd to a file descriptor that open_far() may have returned. Returns
 * false if there is no @i th one.
 */
bool far_fd(unsigned int i, int *fd);

/* Set *@where unless another thread has done so; then close @fd. */
int set_once(_Atomic int *where, int fd);

/* Open the cgroup if necessary. Returns 0 or an errno. */
int action_open(struct action *action);

/*
 * Returns true if @error may mean that the program closed the file descriptor
 * of the cgroup, or that the cgroup was removed and perhaps created again.
 */
bool action_lost(const struct action *action, int error);

/* Open the cgroup again if that has happened. Returns 0 or an errno. */
int action_reopen(struct action *action);

/*
 * counts.c
 */

void counts_init(void);

/*
 * Around the execution of a program. One that cannot open the file, because it
 * has another user or pid namespace, or no /proc, inherits it. The result of
 * the former is for the latter.
 */
bool counts_pass(void);
void counts_keep(bool passed);

/* This is a new process. */
void counts_forget(void);

/* The counts of this process. */
struct counts *counts(void);

void count(counter *c);
void count_given(const struct action *action);
void count_refused(int error);

/*
 * kernel.c
 */

/* syscall(2) of libc. */
typedef long (*syscall_fn)(long nr, long a, long b, long c, long d, long e,
			   long f);
syscall_fn real_syscall(void);

/* Returns a negative errno on error. Preserves errno. */
long raw_syscall(long nr, long a, long b, long c, long d, long e, long f);

/* The result as that of a function of libc. */
long with_errno(long ret);

/* Prepare kernel_try() for later. */
void kernel_init(bool tries);

/*
 * Submit a read of 0 bytes from /dev/null with @list. Returns 0 or an errno.
 */
int kernel_try(const struct iocb_attr_list *list);

/* After AIO rejected attributes: returns true if it rejects all of them. */
bool kernel_refuses_all(void);

/* AIO, or io_uring, is known to reject all attributes. */
bool kernel_has_none(bool uring);

/* Returns true if io_uring supports lists. */
bool kernel_has_uring(void);

/*
 * seccomp.c
 */

/*
 * The program has installed a filter: the library must not make any system call
 * that the program does not make.
 */
bool shut_in(void);

/*
 * Around a call of prctl(2) or seccomp(2) with the first argument @a. The
 * result of the former and that of the call are for the latter, which returns
 * @ret.
 */
bool seccomp_begin(long nr, long a);
long seccomp_end(bool begun, long ret);

/*
 * exec.c
 */

void exec_init(void);

/*
 * Returns false if @path must not be executed, as its I/O would not get the
 * attributes that a rule requires. Prints why.
 */
bool may_execute(const char *path, char *const envp[]);

/* The same for execveat(2). */
bool may_execute_at(int dir, const char *name, char *const envp[]);

/*
 * symbols.c
 */

void symbols_init(void);

/*
 * aio.c
 */

long shim_io_submit(aio_context_t ctx, long nr, struct iocb **iocbs);
long shim_io_getevents(long nr, aio_context_t ctx, long min, long max,
		       struct io_event *events, void *timeout, void *sigset);
long shim_io_setup(unsigned int nr, aio_context_t *ctx);
long shim_io_destroy(aio_context_t ctx);
void aio_forget(void);

/*
 * uring.c
 */

/* At start. */
void uring_init(void);

/* Whether io_uring has lists, by a query of the kernel. */
bool uring_query(void);

/* These replace the system calls, and return a negative errno. */
long shim_uring_setup(unsigned int entries, void *params);
long shim_uring_enter(int fd, unsigned int to_submit, unsigned int min,
		      unsigned int flags, void *arg, size_t size);

#endif /* SHIM_H */
