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

/* Out of the way of programs that count on the lowest free number. */
#define FIRST_FD	900

/* linux/io_uring.h: IORING_REGISTER_QUERY and IORING_RW_ATTR_FLAG_LIST */
#define REGISTER_QUERY	35
#define ATTR_FLAG_LIST	(1ULL << 62)

/* Files whose paths are remembered: those with lower numbers than this. */
#define CACHED_FDS	4096

/**
 * struct known - which rules the path of an open file matches
 * @seq: Odd while it is being written; 0: nothing is known.
 * @mask: A bit for each rule.
 */
struct known {
	_Atomic uint32_t	seq;
	_Atomic uint32_t	mask;
	_Atomic uint64_t	dev, ino;
};

static struct rule rules[MAX_RULES];
static struct action actions[MAX_RULES];
static unsigned int nr_rules;
static bool paths, sizes, reports;
static char rules_text[64 << 10];
static struct known known[CACHED_FDS];
static struct shared_counts *shared;
static struct counts own_counts;
struct counts *counts = &own_counts;

/* AIO has no attributes: 1; -1: not known. */
static _Atomic int without = -1;

/* io_uring has none, which AIO may have all the same. */
static _Atomic bool uring_without;

static _Atomic int null_fd = -1;

/**
 * struct own_memory - what belongs to one address space
 * @alive: False in a child that has not looked yet.
 * @check_ctx: The AIO context that lists are tried on, or 0.
 *
 * The kernel clears it in a child that gets an address space of its own, however
 * that is made: clone(2) runs no handler of pthread_atfork(3).
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

	/* kernels without this have no attributes either */
	if (map != MAP_FAILED && !madvise(map, sizeof(*own), MADV_WIPEONFORK))
		own = map;
	own->alive = true;
}

bool shim_active(void)
{
	if (!nr_rules)
		return false;
	if (!own->alive && !atomic_exchange(&own->alive, true)) {
		aio_forked();
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

	/* the last place is for whatever else there is */
	for (; r < counts->refused + COUNTS_ERRORS - 1; r++, none = 0) {
		if (atomic_compare_exchange_strong(&r->error, &none, error) ||
		    none == error)
			break;
	}
	if (!r->error)
		r->error = error;
	count(&r->ios);
}

/*
 * Which rules the path of @fd matches. A path is looked up once for each open
 * file; another file with the same number is another device or inode.
 */
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

static uint32_t known_mask(int fd, const struct stat *st)
{
	struct known *k;
	uint32_t seq, mask;

	if (!paths)
		return ~0U;
	if (fd >= CACHED_FDS)
		return match_path(fd);
	k = &known[fd];
	seq = k->seq;
	mask = k->mask;
	if (seq && !(seq & 1) && k->dev == st->st_dev &&
	    k->ino == st->st_ino && k->seq == seq)
		return mask;
	mask = match_path(fd);
	/* if another thread is at it, it can do without */
	if (!(seq & 1) && atomic_compare_exchange_strong(&k->seq, &seq,
							 seq + 1)) {
		k->dev = st->st_dev;
		k->ino = st->st_ino;
		k->mask = mask;
		/* 0 means something */
		k->seq = seq + 2 ? seq + 2 : 2;
	}
	return mask;
}

/* What cannot be had is not tried again, unless the program is to be told. */
static struct action *wanted(struct action *action, bool uring)
{
	const bool none = uring ? uring_without : without == 1;

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
		mask = known_mask(fd, &st);
		errno = saved;
	}
	for (i = 0; i < nr_rules; i++) {
		if (mask >> i & 1 && rule_fits(&rules[i], op, len))
			return wanted(&actions[i], uring);
	}
	return NULL;
}

/*
 * open(2) and close(2) would be points at which a thread can be cancelled, and
 * what they are done for is none.
 */
static void close_quietly(int fd)
{
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* A file descriptor that is out of the way, or a negative errno. */
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

/* Two threads may open it at once: the one that is later closes its own. */
static int publish(_Atomic int *where, int fd)
{
	int none = -1;

	if (atomic_compare_exchange_strong(where, &none, fd))
		return fd;
	close_quietly(fd);
	return none;
}

/* The record of the cgroup is the first one. */
static int32_t *cgroup_fd(struct ioattr_list *list)
{
	return (int32_t *)&list->space[1];
}

static void set_cgroup(struct action *action, int fd)
{
	int i;

	/* action_open() looks at the last one */
	for (i = 0; i < NR_LISTS; i++)
		__atomic_store_n(cgroup_fd(&action->lists[i]), fd,
				 __ATOMIC_RELEASE);
}

/* Open the directory that now has the name of the cgroup. */
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
	set_cgroup(action, publish(&action->fd, fd));
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

	/* another thread may have done so, or it was something else */
	if (!action->cgroup || still_open(action)) {
		errno = saved;
		return 0;
	}
	/* the program may have closed it, and have a file of that number */
	ours = !fstat(old, &st) && st.st_dev == action->dev &&
	       st.st_ino == action->ino;
	fd = open_cgroup(action);
	errno = saved;
	if (fd < 0)
		return -fd;
	/* the directory that was removed gives its number to the new one */
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
 * A read of nothing with @list, which is NULL or may be refused, on a context of
 * the library's own: 0 or an errno.
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
		fd = publish(&null_fd, fd);
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
		/* whoever comes takes away what is there */
		raw_syscall(SYS_io_getevents, ctx, 0, 8, (long)events, 0, 0);
	} while (ret == -EAGAIN && --tries);
	/* if this one was closed, it is opened the next time */
	if (ret == -EBADF)
		null_fd = -1;
	return ret < 0 ? -ret : 0;
}

bool kernel_refuses_all(void)
{
	const struct iocb_attr_list list = { .size = sizeof(list) };
	int saved = errno, error;

	if (without < 0) {
		error = try_list(&list);
		if (!error)
			without = 0;
		else if (error == EINVAL || error == EOPNOTSUPP)
			without = 1;
	}
	errno = saved;
	return without == 1;
}

/* Only an older kernel has AIO take them alone. */
bool uring_knows(void)
{
	struct {
		uint32_t	other[12];
		uint64_t	rw_attr_flags;
	} op = { 0 };
	struct {
		uint64_t	next, data;
		uint32_t	what, size;
		int32_t		result;
		uint32_t	reserved[3];
	} query = { .data = (uintptr_t)&op, .size = sizeof(op) };
	static _Atomic int knows = -1;

	if (knows < 0)
		knows = !raw_syscall(SYS_io_uring_register, -1,
				     REGISTER_QUERY, (long)&query, 0, 0, 0) &&
			!query.result && op.rw_attr_flags & ATTR_FLAG_LIST;
	return knows;
}

/*
 * io_uring tells the program of a refusal, and not the library. So AIO is asked,
 * which has the same rules: once where nothing can change, else each time. That
 * nothing honours what is required only the I/O itself can show.
 */
int action_check(struct action *action, uint32_t *asked, uint32_t *refused)
{
	static _Atomic uint32_t good;
	const uint32_t bit = 1U << (action - actions);
	int saved = errno, error = 0;

	if ((good | (*asked & ~*refused)) & bit)
		return 0;
	if (!uring_knows()) {
		uring_without = true;
		return EOPNOTSUPP;
	}
	error = action_open(action);
	if (!error)
		error = try_list(&action->lists[LIST_ASK]);
	if (action_lost(action, error)) {
		error = action_reopen(action);
		if (!error)
			error = try_list(&action->lists[LIST_ASK]);
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

/* A process, or a new program in one, has counts of its own. */
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

	/* in another pid namespace it may be anything */
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
		/* what is asked by a read of /dev/null, which honours nothing */
		flags = rule->required && i != LIST_ASK ? IOCB_ATTR_REQUIRED : 0;
		/* cgroup_fd() knows that it is the first one */
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

/* `ioattr run` has read the rules before: they are right. */
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
	/* all or nothing */
	nr_rules = nr;
}

__attribute__((constructor))
static void begin(void)
{
	const char *env = getenv(ENV_RULES);
	int saved = errno;

	/* not for the first time in a signal handler */
	real_syscall();
	uring_begin();
	if (env) {
		map_counts();
		new_counts();
		reports = getenv(ENV_REPORT);
		map_own_memory();
		read_rules(env);
	}
	errno = saved;
}
