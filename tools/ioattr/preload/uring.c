// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes for io_uring.
 *
 * A list is attached to an SQE immediately before it is submitted by a
 * function of liburing's shared library, or by io_uring_enter(2) through
 * syscall(2). The program may reuse the memory of the SQE; the list is then
 * detached.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "shim.h"

#if defined(__has_include) && __has_include(<liburing.h>)
#include "../include/liburing-attr.h"

/* IORING_* that older headers lack */
#define SETUP_NO_SQARRAY	(1U << 16)
#define SETUP_SQE_MIXED		(1U << 19)
#define ENTER_REGISTERED_RING	(1U << 4)
#define OP_READV_FIXED		60
#define OP_WRITEV_FIXED		61

/* An opcode that every kernel rejects with EINVAL. */
#define OP_NONE			0xff

#define MAX_RINGS	64

/**
 * struct ring - a ring that the program set up without liburing
 * @fd: Its file descriptor plus 1, or 0.
 * @flags: IORING_SETUP_*.
 * @off: Offsets in the mapping @sq.
 * @sq: The submission ring.
 * @sqes: The SQEs.
 * @done: SQEs up to this one have been handled.
 */
struct ring {
	_Atomic int		fd;
	unsigned int		flags;
	struct io_sqring_offsets off;
	char *_Atomic sq;
	char *_Atomic sqes;
	_Atomic unsigned int	done;
};

static struct ring rings[MAX_RINGS];

bool uring_knows(void)
{
	static _Atomic int knows = -1;
	int saved = errno;

	int64_t flags;

	if (knows < 0) {
		flags = io_uring_attr_flags();
		knows = flags > 0 && flags & IORING_RW_ATTR_FLAG_LIST;
	}
	errno = saved;
	return knows;
}

/* The results of action_check() for the SQEs of one submission. */
struct batch {
	uint32_t	asked, refused;
};

static unsigned int operation(const struct io_uring_sqe *sqe)
{
	switch (sqe->opcode) {
	case IORING_OP_READ:
	case IORING_OP_READV:
	case IORING_OP_READ_FIXED:
	case OP_READV_FIXED:
		return RULE_READ;
	case IORING_OP_WRITE:
	case IORING_OP_WRITEV:
	case IORING_OP_WRITE_FIXED:
	case OP_WRITEV_FIXED:
		return RULE_WRITE;
	default:
		return 0;
	}
}

static bool has_vectors(const struct io_uring_sqe *sqe)
{
	switch (sqe->opcode) {
	case IORING_OP_READV:
	case IORING_OP_WRITEV:
	case OP_READV_FIXED:
	case OP_WRITEV_FIXED:
		return true;
	default:
		return false;
	}
}

static long long length(const struct io_uring_sqe *sqe)
{
	const struct iovec *vec = (void *)(uintptr_t)sqe->addr;
	long long len = 0;
	unsigned int i;

	if (!shim_sizes())
		return 0;
	if (!has_vectors(sqe))
		return sqe->len;
	for (i = 0; vec && i < sqe->len && i < 1024; i++)
		len += vec[i].iov_len;
	return len;
}

static bool prio_conflicts(const struct io_uring_sqe *sqe,
			   const struct action *action)
{
	return action->prio >= 0 && sqe->ioprio && sqe->ioprio != action->prio;
}

static void tag_sqe(struct io_uring_sqe *sqe, struct batch *batch)
{
	const unsigned int op = operation(sqe);
	struct action *action;
	int error;

	if (sqe->__pad2[0] == IORING_RW_ATTR_FLAG_LIST &&
	    action_owns(sqe->addr3)) {
		sqe->__pad2[0] = 0;
		sqe->addr3 = 0;
	}
	if (!op)
		return;
	count(&counts->uring);
	/* the file or the credentials are known only to the ring */
	if (sqe->flags & IOSQE_FIXED_FILE || sqe->personality) {
		count(&counts->unknown_target);
		return;
	}
	action = shim_action(sqe->fd, op, length(sqe), true);
	if (!action)
		return;
	if (sqe->__pad2[0] || prio_conflicts(sqe, action)) {
		count(&counts->has_own_attrs);
		return;
	}
	error = action_check(action, &batch->asked, &batch->refused);
	if (error) {
		count_refused(error);
		if (!action->required)
			return;
	} else {
		count_given(action);
	}
	/*
	 * let the kernel report the error; older kernels would ignore the list
	 */
	if (uring_knows())
		io_uring_prep_attr_list(sqe, &action->lists[LIST_PLAIN]);
	else
		sqe->opcode = OP_NONE;
}

/* Attach lists to the SQEs that are prepared but not submitted. */
static void tag_prepared(struct io_uring *ring)
{
	const unsigned int shift = !!(ring->flags & IORING_SETUP_SQE128);
	struct io_uring_sq *sq = &ring->sq;
	struct batch batch = { 0 };
	unsigned int i;

	/*
	 * SQPOLL: the kernel thread may submit with other credentials.
	 * SQE_MIXED: an entry may be the second half of an SQE.
	 */
	if (!shim_active() ||
	    ring->flags & (IORING_SETUP_SQPOLL | SETUP_SQE_MIXED))
		return;
	for (i = sq->sqe_head; i != sq->sqe_tail; i++)
		tag_sqe(&sq->sqes[(i & *sq->kring_mask) << shift], &batch);
}

struct nth {
	unsigned int	left;
	char		path[PATH_MAX];
};

static int nth_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct nth *nth = arg;

	(void)size;
	if (nth->left--)
		return 0;
	snprintf(nth->path, sizeof(nth->path), "%s", info->dlpi_name);
	return 1;
}

/* Get the path of loaded object @n, or "". Returns false if there is none. */
static bool object_path(unsigned int n, struct nth *nth)
{
	nth->left = n;
	return dl_iterate_phdr(nth_object, nth);
}

/* Returns true if the symbol is in this library. */
static bool own_symbol(void *symbol)
{
	Dl_info it, own;

	return dladdr(symbol, &it) && dladdr(rings, &own) &&
	       it.dli_fbase == own.dli_fbase;
}

/*
 * Search all loaded objects: liburing may have been loaded with RTLD_LOCAL
 * under any name, or be linked statically into another library.
 */
static void *find_local(const char *name)
{
	void *lib, *symbol;
	struct nth nth;
	unsigned int n;

	for (n = 0; object_path(n, &nth); n++) {
		/* dlopen() must not be called while the list is locked */
		lib = *nth.path ? dlopen(nth.path, RTLD_LAZY | RTLD_NOLOAD) :
				  NULL;
		if (!lib)
			continue;
		symbol = dlsym(lib, name);
		if (symbol && !own_symbol(symbol))
			return symbol;
		dlclose(lib);
	}
	return NULL;
}

static void *find(void *_Atomic *real, const char *name)
{
	if (!*real)
		*real = dlsym(RTLD_NEXT, name);
	if (!*real)
		*real = find_local(name);
	return *real;
}

#define REAL(ret, name, ...)						\
	static void *_Atomic real;					\
	ret (*call)(__VA_ARGS__) = find(&real, name)

EXPORT int io_uring_submit(struct io_uring *ring)
{
	REAL(int, "io_uring_submit", struct io_uring *);

	if (!call)
		return -ENOSYS;
	tag_prepared(ring);
	return call(ring);
}

EXPORT int io_uring_submit_and_wait(struct io_uring *ring, unsigned int nr)
{
	REAL(int, "io_uring_submit_and_wait", struct io_uring *, unsigned int);

	if (!call)
		return -ENOSYS;
	tag_prepared(ring);
	return call(ring, nr);
}

EXPORT int io_uring_submit_and_wait_timeout(struct io_uring *ring,
					    struct io_uring_cqe **cqe,
					    unsigned int nr,
					    struct __kernel_timespec *ts,
					    sigset_t *sigmask)
{
	REAL(int, "io_uring_submit_and_wait_timeout", struct io_uring *,
	     struct io_uring_cqe **, unsigned int, struct __kernel_timespec *,
	     sigset_t *);

	if (!call)
		return -ENOSYS;
	tag_prepared(ring);
	return call(ring, cqe, nr, ts, sigmask);
}

EXPORT int io_uring_submit_and_get_events(struct io_uring *ring)
{
	REAL(int, "io_uring_submit_and_get_events", struct io_uring *);

	if (!call)
		return -ENOSYS;
	tag_prepared(ring);
	return call(ring);
}

static struct ring *find_ring(int fd)
{
	int i;

	for (i = 0; fd >= 0 && i < MAX_RINGS; i++) {
		if (rings[i].fd == fd + 1)
			return &rings[i];
	}
	return NULL;
}

void shim_uring_setup(int fd, const void *params)
{
	const struct io_uring_params *p = params;
	struct ring *ring = find_ring(fd);
	int i, none;

	for (i = 0; !ring && i < MAX_RINGS; i++) {
		none = 0;
		if (atomic_compare_exchange_strong(&rings[i].fd, &none, -1))
			ring = &rings[i];
	}
	if (!ring)
		return;
	ring->sq = NULL;
	ring->sqes = NULL;
	ring->done = 0;
	ring->flags = p->flags;
	ring->off = p->sq_off;
	ring->fd = fd + 1;
}

/* The program has mapped a part of the ring @fd at @map. */
static void mapped(void *map, int fd, uint64_t offset)
{
	struct ring *ring = find_ring(fd);

	if (!ring)
		return;
	if (offset == IORING_OFF_SQ_RING)
		ring->sq = map;
	else if (offset == IORING_OFF_SQES)
		ring->sqes = map;
}

static void unmapped(const void *map)
{
	int i;

	for (i = 0; i < MAX_RINGS; i++) {
		if (rings[i].fd > 0 &&
		    (rings[i].sq == map || rings[i].sqes == map)) {
			rings[i].sq = NULL;
			rings[i].sqes = NULL;
			rings[i].fd = 0;
		}
	}
}

static void *_Atomic real_mmap, *_Atomic real_mmap64, *_Atomic real_munmap;

void uring_init(void)
{
	find(&real_mmap, "mmap");
	find(&real_mmap64, "mmap64");
	find(&real_munmap, "munmap");
}

EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	__typeof__(&mmap) call = find(&real_mmap, "mmap");
	void *map = call(addr, len, prot, flags, fd, offset);

	if (map != MAP_FAILED && fd >= 0)
		mapped(map, fd, offset);
	return map;
}

EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
		    off64_t offset)
{
	__typeof__(&mmap64) call = find(&real_mmap64, "mmap64");
	void *map = call(addr, len, prot, flags, fd, offset);

	if (map != MAP_FAILED && fd >= 0)
		mapped(map, fd, offset);
	return map;
}

EXPORT int munmap(void *addr, size_t len)
{
	__typeof__(&munmap) call = find(&real_munmap, "munmap");

	/* before the address can be reused */
	unmapped(addr);
	return call(addr, len);
}

/*
 * Attach lists to the new ones among the SQEs that are about to be submitted.
 */
static void tag_queued(struct ring *ring, unsigned int nr)
{
	const unsigned int shift = !!(ring->flags & IORING_SETUP_SQE128);
	char *sq = ring->sq, *sqes = ring->sqes;
	const unsigned int *array = (void *)(sq + ring->off.array);
	unsigned int head, tail, mask, at, slot, done = ring->done;
	struct batch batch = { 0 };

	head = __atomic_load_n((unsigned int *)(sq + ring->off.head),
			       __ATOMIC_ACQUIRE);
	tail = __atomic_load_n((unsigned int *)(sq + ring->off.tail),
			       __ATOMIC_ACQUIRE);
	mask = *(unsigned int *)(sq + ring->off.ring_mask);
	if (tail - head > nr)
		tail = head + nr;
	at = (int)(done - head) > 0 ? done : head;
	if ((int)(tail - at) <= 0 ||
	    !atomic_compare_exchange_strong(&ring->done, &done, tail))
		return;
	for (; at != tail; at++) {
		slot = array[at & mask];
		if (slot <= mask)
			tag_sqe((struct io_uring_sqe *)sqes + (slot << shift),
				&batch);
	}
}

void shim_uring_enter(int fd, unsigned int to_submit, unsigned int flags)
{
	struct ring *ring;

	/* @fd may be an index of the registered rings */
	if (!shim_active() || !to_submit || flags & ENTER_REGISTERED_RING)
		return;
	ring = find_ring(fd);
	/* the kernel reads SQEs at any time, there is no array, or see above */
	if (ring && ring->sq && ring->sqes &&
	    !(ring->flags & (IORING_SETUP_SQPOLL | SETUP_NO_SQARRAY |
			     SETUP_SQE_MIXED)))
		tag_queued(ring, to_submit);
}
#else
bool uring_knows(void)
{
	return false;
}

void uring_init(void)
{
}

void shim_uring_setup(int fd, const void *params)
{
	(void)fd;
	(void)params;
}

void shim_uring_enter(int fd, unsigned int to_submit, unsigned int flags)
{
	(void)fd;
	(void)to_submit;
	(void)flags;
}
#endif
