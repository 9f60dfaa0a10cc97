// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/ioprio.h>

#include "shim.h"

/* Some programs rely on getting the lowest free file descriptor. */
#define FIRST_FD	900

/* The paths of file descriptors below this are cached. */
#define CACHED_FDS	4096

/**
 * struct path_cache - which rules the path of an open file matches
 * @seq: Odd during a write; 0 if the entry is unused.
 * @mask: A bit for each rule.
 * @dev: Device of the file.
 * @ino: Inode of the file.
 */
struct path_cache {
	_Atomic uint32_t	seq;
	_Atomic uint32_t	mask;
	_Atomic uint64_t	dev, ino;
};

static struct rule rules[MAX_RULES];
static struct action actions[MAX_RULES];
static unsigned int nr_rules;
static bool paths, sizes, reports;
static char rules_text[64 << 10];
static struct path_cache path_cache[CACHED_FDS];
static struct shared_counts *shared;
static struct counts own_counts;
struct counts *counts = &own_counts;

/* 1 if AIO does not support attributes, 0 if it does, -1 if unknown. */
static _Atomic int aio_unsupported = -1;

/* io_uring does not support lists. */
static _Atomic bool uring_unsupported;

static _Atomic int null_fd = -1;

/**
 * struct own_memory - the state of one address space
 * @alive: False in a new child.
 * @check_ctx: The AIO context of try_list(), or 0.
 *
 * The kernel clears this memory in a child with its own address space. Handlers
 * of pthread_atfork(3) do not run for clone(2).
 */
struct own_memory {
	_Atomic bool		alive;
	aio_context_t _Atomic	check_ctx;
};

static struct own_memory fallback;
static struct own_memory *own = &fallback;

static void new_counts(void);

static void map_own_memory(void)
{
	void *map = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* all kernels with attributes support this */
	if (map != MAP_FAILED && !madvise(map, sizeof(*own), MADV_WIPEONFORK))
		own = map;
	own->alive = true;
}

bool shim_active(void)
{
	if (!nr_rules)
		return false;
	if (!own->alive && !atomic_exchange(&own->alive, true)) {
		aio_atfork_child();
		new_counts();
	}
	return true;
}

bool shim_reports(void)
{
	return reports;
}

bool shim_sizes(void)
{
	return sizes;
}

void count(counter *c)
{
	atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

void count_given(const struct action *action)
{
	unsigned int id;

	count(&counts->tagged);
	for (id = 0; id < COUNTS_ATTRS; id++) {
		if (action->attrs >> id & 1)
			count(&counts->given[id]);
	}
}

void count_refused(int error)
{
	struct refusals *r = counts->refused;
	int none = 0;

	/* the last entry is shared by all further errors */
	for (; r < counts->refused + COUNTS_ERRORS - 1; r++, none = 0) {
		if (atomic_compare_exchange_strong(&r->error, &none, error) ||
		    none == error)
			break;
	}
	if (!r->error)
		r->error = error;
	count(&r->ios);
}

/* Get the mask of rules that the path of @fd matches. */
static uint32_t match_path(int fd)
{
	char link[32], path[PATH_MAX];
	uint32_t mask = 0;
	unsigned int i;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		len = 0;
	path[len] = '\0';
	for (i = 0; i < nr_rules; i++) {
		if (!rules[i].glob || !fnmatch(rules[i].glob, path, 0))
			mask |= 1U << i;
	}
	return mask;
}

/*
 * The same from the cache. The device and the inode tell whether @fd still is
 * the same file.
 */
static uint32_t cached_mask(int fd, const struct stat *st)
{
	struct path_cache *k;
	uint32_t seq, mask;

	if (!paths)
		return ~0U;
	if (fd >= CACHED_FDS)
		return match_path(fd);
	k = &path_cache[fd];
	seq = k->seq;
	mask = k->mask;
	if (seq && !(seq & 1) && k->dev == st->st_dev &&
	    k->ino == st->st_ino && k->seq == seq)
		return mask;
	mask = match_path(fd);
	/* skip the update if another thread is updating the entry */
	if (!(seq & 1) && atomic_compare_exchange_strong(&k->seq, &seq,
							 seq + 1)) {
		k->dev = st->st_dev;
		k->ino = st->st_ino;
		k->mask = mask;
		/* 0 would mark the entry as unused */
		k->seq = seq + 2 ? seq + 2 : 2;
	}
	return mask;
}

/* Skip unsupported attributes, unless the program must get the error. */
static struct action *usable_action(struct action *action, bool uring)
{
	const bool none = uring ? uring_unsupported : aio_unsupported == 1;

	return action->attrs && (action->required || !none) ? action : NULL;
}

struct action *shim_action(int fd, unsigned int op, long long len, bool uring)
{
	uint32_t mask = ~0U;
	int saved = errno;
	struct stat st;
	unsigned int i;

	if (paths || uring) {
		if (fstat(fd, &st)) {
			errno = saved;
			return NULL;
		}
		if (uring && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
			return NULL;
		mask = cached_mask(fd, &st);
		errno = saved;
	}
	for (i = 0; i < nr_rules; i++) {
		if (mask >> i & 1 && rule_fits(&rules[i], op, len))
			return usable_action(&actions[i], uring);
	}
	return NULL;
}

/*
 * open() and close() of libc are cancellation points, which the replaced
 * functions are not. Use the system calls.
 */
static void close_quietly(int fd)
{
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Open a file with a high file descriptor. Returns it or a negative errno. */
static int open_far(const char *path, int flags)
{
	int fd, far;

	fd = raw_syscall(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, 0,
			 0, 0);
	if (fd < 0)
		return fd;
	far = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	if (far < 0)
		return fd;
	close_quietly(fd);
	return far;
}

/* Set *@where unless another thread has done so; then close @fd. */
static int set_once(_Atomic int *where, int fd)
{
	int none = -1;

	if (atomic_compare_exchange_strong(where, &none, fd))
		return fd;
	close_quietly(fd);
	return none;
}

/* The cgroup record is the first one; see make_action(). */
static int32_t *cgroup_fd(struct ioattr_list *list)
{
	return (int32_t *)&list->space[1];
}

static void set_cgroup(struct action *action, int fd)
{
	int i;

	/* in this order: action_open() reads the last one */
	for (i = 0; i < NR_LISTS; i++)
		__atomic_store_n(cgroup_fd(&action->lists[i]), fd,
				 __ATOMIC_RELEASE);
}

/* Open the directory that the name of the cgroup refers to now. */
static int open_cgroup(struct action *action)
{
	struct stat st;
	int fd;

	fd = open_far(action->cgroup, O_PATH | O_DIRECTORY);
	if (fd >= 0 && !fstat(fd, &st)) {
		action->dev = st.st_dev;
		action->ino = st.st_ino;
	}
	return fd;
}

int action_open(struct action *action)
{
	int fd, saved = errno;

	if (!action->cgroup ||
	    __atomic_load_n(cgroup_fd(&action->lists[NR_LISTS - 1]),
			    __ATOMIC_ACQUIRE) >= 0)
		return 0;
	fd = open_cgroup(action);
	errno = saved;
	if (fd < 0)
		return -fd;
	set_cgroup(action, set_once(&action->fd, fd));
	return 0;
}

static bool still_open(const struct action *action)
{
	struct stat open, named;

	return !fstat(action->fd, &open) && !stat(action->cgroup, &named) &&
	       open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

int action_reopen(struct action *action)
{
	int fd, old = action->fd, saved = errno;
	struct stat st;
	bool ours;

	/* another thread may have opened it, or the error had another cause */
	if (!action->cgroup || still_open(action)) {
		errno = saved;
		return 0;
	}
	/* after the program closed it, @old may be another file */
	ours = !fstat(old, &st) && st.st_dev == action->dev &&
	       st.st_ino == action->ino;
	fd = open_cgroup(action);
	errno = saved;
	if (fd < 0)
		return -fd;
	/* replace the removed directory with the new one */
	if (ours && raw_syscall(SYS_dup3, fd, old, O_CLOEXEC, 0, 0, 0) == old) {
		close_quietly(fd);
		return 0;
	}
	action->fd = fd;
	set_cgroup(action, fd);
	return 0;
}

bool action_lost(const struct action *action, int error)
{
	return action->cgroup && (error == EBADF || error == ENODEV);
}

bool action_owns(uint64_t list)
{
	return list >= (uintptr_t)actions &&
	       list < (uintptr_t)(actions + MAX_RULES);
}

syscall_fn real_syscall(void)
{
	static void *_Atomic real;

	if (!real)
		real = dlsym(RTLD_NEXT, "syscall");
	return (syscall_fn)real;
}

long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	int saved = errno;
	long ret;

	ret = real_syscall()(nr, a, b, c, d, e, f);
	if (ret == -1)
		ret = -errno;
	errno = saved;
	return ret;
}

/*
 * Submit a read of 0 bytes from /dev/null with @list. Returns 0 or an errno.
 */
static int try_list(const void *list)
{
	struct iocb iocb = {
		.aio_lio_opcode	= IOCB_CMD_PREAD,
		.aio_flags	= IOCB_FLAG_ATTR,
		.aio_attrs	= (uintptr_t)list,
	}, *iocbs = &iocb;
	struct io_event events[8];
	aio_context_t ctx = own->check_ctx, unused = 0;
	int fd = null_fd, tries = 3;
	long ret;

	if (fd < 0) {
		fd = open_far("/dev/null", O_RDONLY);
		if (fd < 0)
			return -fd;
		fd = set_once(&null_fd, fd);
	}
	if (!ctx) {
		ret = raw_syscall(SYS_io_setup, 32, (long)&ctx, 0, 0, 0, 0);
		if (ret < 0)
			return -ret;
		if (!atomic_compare_exchange_strong(&own->check_ctx, &unused,
						    ctx)) {
			raw_syscall(SYS_io_destroy, ctx, 0, 0, 0, 0, 0);
			ctx = unused;
		}
	}
	iocb.aio_fildes = fd;
	do {
		ret = raw_syscall(SYS_io_submit, ctx, 1, (long)&iocbs, 0, 0, 0);
		/* remove completed I/Os, including those of other threads */
		raw_syscall(SYS_io_getevents, ctx, 0, 8, (long)events, 0, 0);
	} while (ret == -EAGAIN && --tries);
	/* the program closed it: open it again next time */
	if (ret == -EBADF)
		null_fd = -1;
	return ret < 0 ? -ret : 0;
}

bool kernel_refuses_all(void)
{
	const struct iocb_attr_list list = { .size = sizeof(list) };
	int saved = errno, error;

	if (aio_unsupported < 0) {
		error = try_list(&list);
		if (!error)
			aio_unsupported = 0;
		else if (error == EINVAL || error == EOPNOTSUPP)
			aio_unsupported = 1;
	}
	errno = saved;
	return aio_unsupported == 1;
}

/*
 * io_uring reports a rejection to the program in a completion. Therefore try
 * the list by AIO, which has the same rules: once if the result cannot change,
 * else for each batch. Whether a required attribute is supported depends on
 * the file and is not checked here.
 */
int action_check(struct action *action, uint32_t *asked, uint32_t *refused)
{
	static _Atomic uint32_t good;
	const uint32_t bit = 1U << (action - actions);
	int saved = errno, error = 0;

	if ((good | (*asked & ~*refused)) & bit)
		return 0;
	if (!uring_knows()) {
		uring_unsupported = true;
		return EOPNOTSUPP;
	}
	error = action_open(action);
	if (!error)
		error = try_list(&action->lists[LIST_TRY]);
	if (action_lost(action, error)) {
		error = action_reopen(action);
		if (!error)
			error = try_list(&action->lists[LIST_TRY]);
	}
	if (!error && !action->cgroup &&
	    action->prio >> IOPRIO_CLASS_SHIFT != IOPRIO_CLASS_RT)
		good |= bit;
	*asked |= bit;
	if (error)
		*refused |= bit;
	errno = saved;
	return error;
}

/* Each process, and each program that it executes, has its own counts. */
static void new_counts(void)
{
	uint32_t i;

	if (!shared)
		return;
	i = atomic_fetch_add(&shared->used, 1);
	if (i >= MAX_PROCESSES)
		i = MAX_PROCESSES - 1;
	counts = &shared->of[i];
	snprintf(counts->name, sizeof(counts->name), "%s",
		 program_invocation_short_name);
	counts->pid = getpid();
}

static void map_counts(void)
{
	const char *name = getenv(ENV_COUNTS);
	char link[sizeof(COUNTS_LINK)] = "";
	struct stat st;
	void *map;
	int fd;

	/* in another pid namespace it may be another file */
	if (!name || readlink(name, link, sizeof(link) - 1) < 0 ||
	    strcmp(link, COUNTS_LINK))
		return;
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size == sizeof(*shared)) {
		map = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			shared = map;
	}
	close(fd);
}

static void make_action(struct action *action, const struct rule *rule)
{
	struct ioattr_list *list;
	uint16_t flags;
	int i;

	action->required = rule->required;
	action->prio = rule->prio;
	action->cgroup = rule->cgroup;
	action->fd = -1;
	for (i = 0; i < NR_LISTS; i++) {
		list = &action->lists[i];
		ioattr_init(list, i == LIST_REPORT ? IOCB_ATTR_LIST_REPORT : 0);
		/* try_list() reads /dev/null, which supports no attribute */
		flags = 0;
		if (rule->required && i != LIST_TRY)
			flags = IOCB_ATTR_REQUIRED;
		/* first, for cgroup_fd() */
		if (rule->cgroup)
			ioattr_add_cgroup(list, -1, flags);
		if (rule->hints)
			ioattr_add_cache(list, rule->hints, flags);
		if (rule->prio >= 0)
			ioattr_add_ioprio(list, rule->prio, flags);
	}
	action->attrs = !!rule->cgroup << IOCB_ATTR_cgroup |
			!!rule->hints << IOCB_ATTR_cache |
			(rule->prio >= 0) << IOCB_ATTR_ioprio;
}

/* The rules are valid: ioattr run has parsed them. */
static void read_rules(const char *env)
{
	char *line, *next = rules_text;
	const char *what;
	unsigned int nr = 0;

	if (strlen(env) >= sizeof(rules_text))
		return;
	strcpy(rules_text, env);
	while (nr < MAX_RULES && (line = strsep(&next, "\n"))) {
		if (rule_parse(line, &rules[nr], &what))
			return;
		make_action(&actions[nr], &rules[nr]);
		paths |= !!rules[nr].glob;
		sizes |= rules[nr].least > 0 || rules[nr].most < LLONG_MAX;
		nr++;
	}
	/* only set if all rules are valid */
	nr_rules = nr;
}

__attribute__((constructor))
static void init(void)
{
	const char *env = getenv(ENV_RULES);
	int saved = errno;

	/* resolve now: dlsym() is not async-signal-safe */
	real_syscall();
	uring_init();
	if (env) {
		map_counts();
		new_counts();
		reports = getenv(ENV_REPORT);
		map_own_memory();
		read_rules(env);
	}
	errno = saved;
}
