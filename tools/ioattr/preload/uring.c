// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Attributes for io_uring.
 *
 * A list is attached to an SQE immediately before it is submitted by a
 * function of liburing's shared library, or by io_uring_enter(2) through
 * liburing or syscall(2). The program may reuse the memory of the SQE; the list
 * is then detached.
 *
 * Where a required attribute cannot be attached, the request, the submission or
 * the ring is refused.
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

#ifdef HAVE_URING
#include <liburing.h>

/* The program need not be linked with liburing. */
#define io_uring_register(fd, opcode, arg, nr)				\
	raw_syscall(SYS_io_uring_register, fd, opcode, (long)(arg), nr, 0, 0)

#include "../include/liburing-attr.h"

/* IORING_* that older headers lack */
#define SETUP_NO_SQARRAY	(1U << 16)
#define SETUP_SQE_MIXED		(1U << 19)
#define ENTER_REGISTERED_RING	(1U << 4)

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

bool uring_query(void)
{
	const int64_t flags = ioattr_uring_flags();

	return flags > 0 && flags & IORING_RW_ATTR_FLAG_LIST;
}

/**
 * struct batch - the SQEs of one submission
 * @asked: Results of action_check(), with @refused.
 * @flags: IORING_SETUP_* of the ring.
 */
struct batch {
	uint32_t	asked, refused;
	unsigned int	flags;
};

static unsigned int operation(const struct io_uring_sqe *sqe)
{
	switch (sqe->opcode) {
	case IORING_OP_READ:
	case IORING_OP_READV:
	case IORING_OP_READ_FIXED:
	case IOATTR_OP_READV_FIXED:
		return RULE_READ;
	case IORING_OP_WRITE:
	case IORING_OP_WRITEV:
	case IORING_OP_WRITE_FIXED:
	case IOATTR_OP_WRITEV_FIXED:
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
	case IOATTR_OP_READV_FIXED:
	case IOATTR_OP_WRITEV_FIXED:
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

	if (!rules_have_sizes())
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

/* Only the ring knows the file or the credentials. */
static bool is_unreachable(const struct io_uring_sqe *sqe,
			   const struct batch *batch)
{
	return sqe->flags & IOSQE_FIXED_FILE || sqe->personality ||
	       batch->flags & IORING_SETUP_SQPOLL;
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
	count(&counts()->uring);
	if (is_unreachable(sqe, batch)) {
		if (unreachable(op, length(sqe)))
			sqe->opcode = OP_NONE;
		return;
	}
	action = find_action(sqe->fd, op, length(sqe), true, &error);
	if (error)
		sqe->opcode = OP_NONE;
	if (!action)
		return;
	if (sqe->__pad2[0] || prio_conflicts(sqe, action)) {
		count(&counts()->has_own_attrs);
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
	if (kernel_has_uring())
		ioattr_prep_sqe(sqe, &action->lists[LIST_PLAIN].head);
	else
		sqe->opcode = OP_NONE;
}

/* A ring whose SQEs cannot be changed. Returns 0 or a negative errno. */
static int refuse_if_required(void)
{
	if (!rules_require())
		return 0;
	count_refused(EINVAL);
	return -EINVAL;
}

/*
 * Attach lists to the SQEs that are prepared but not submitted. With
 * IORING_SETUP_SQPOLL the kernel does not see them yet. Returns 0, or a
 * negative errno if they must not be submitted.
 */
static int tag_prepared(struct io_uring *ring)
{
	const unsigned int shift = !!(ring->flags & IORING_SETUP_SQE128);
	struct batch batch = { .flags = ring->flags };
	struct io_uring_sq *sq = &ring->sq;
	unsigned int i;

	if (!shim_active())
		return 0;
	/* an entry may be the second half of an SQE */
	if (ring->flags & SETUP_SQE_MIXED)
		return refuse_if_required();
	for (i = sq->sqe_head; i != sq->sqe_tail; i++)
		tag_sqe(&sq->sqes[(i & *sq->kring_mask) << shift], &batch);
	return 0;
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

/* The replaced functions of liburing. */
enum {
	SUBMIT, SUBMIT_AND_WAIT, SUBMIT_AND_WAIT_TIMEOUT, SUBMIT_AND_GET_EVENTS,
	SUBMIT_AND_WAIT_MIN_TIMEOUT, SUBMIT_AND_WAIT_REG, NR_REAL
};

static void *_Atomic real[NR_REAL];

static const char *const real_names[NR_REAL] = {
	/* in the order of the enum */
	"io_uring_submit", "io_uring_submit_and_wait",
	"io_uring_submit_and_wait_timeout", "io_uring_submit_and_get_events",
	"io_uring_submit_and_wait_min_timeout", "io_uring_submit_and_wait_reg",
};

static void *find(unsigned int i)
{
	if (!real[i])
		real[i] = dlsym(RTLD_NEXT, real_names[i]);
	if (!real[i])
		real[i] = find_local(real_names[i]);
	return real[i];
}

/* Call the function @i of liburing. */
#define CALL(i, types, ...)						\
	do {								\
		int (*call) types = find(i);				\
		int error;						\
									\
		if (!call)						\
			return -ENOSYS;					\
		error = tag_prepared(ring);				\
		return error ? error : call(__VA_ARGS__);		\
	} while (0)

/*
 * Export shim_NAME as NAME in the version that programs for liburing.so were
 * linked with, and in that of liburing-ffi.so.
 */
#define VERSIONS(name, version)						\
	EXPORT extern __typeof__(shim_##name) ffi_##name		\
		__attribute__((alias("shim_" #name)));			\
	__asm__(".symver shim_" #name ", " #name "@@LIBURING_" version); \
	__asm__(".symver ffi_" #name ", " #name "@LIBURING_2.4")

EXPORT int shim_io_uring_submit(struct io_uring *ring)
{
	CALL(SUBMIT, (struct io_uring *), ring);
}
VERSIONS(io_uring_submit, "2.0");

EXPORT int shim_io_uring_submit_and_wait(struct io_uring *ring, unsigned int nr)
{
	CALL(SUBMIT_AND_WAIT, (struct io_uring *, unsigned int), ring, nr);
}
VERSIONS(io_uring_submit_and_wait, "2.0");

EXPORT int shim_io_uring_submit_and_wait_timeout(struct io_uring *ring,
						 struct io_uring_cqe **cqe,
						 unsigned int nr,
						 struct __kernel_timespec *ts,
						 sigset_t *sigmask)
{
	CALL(SUBMIT_AND_WAIT_TIMEOUT,
	     (struct io_uring *, struct io_uring_cqe **, unsigned int,
	      struct __kernel_timespec *, sigset_t *),
	     ring, cqe, nr, ts, sigmask);
}
VERSIONS(io_uring_submit_and_wait_timeout, "2.2");

EXPORT int shim_io_uring_submit_and_get_events(struct io_uring *ring)
{
	CALL(SUBMIT_AND_GET_EVENTS, (struct io_uring *), ring);
}
VERSIONS(io_uring_submit_and_get_events, "2.3");

/* since liburing 2.8 */
EXPORT int io_uring_submit_and_wait_min_timeout(struct io_uring *ring,
						struct io_uring_cqe **cqe,
						unsigned int nr,
						struct __kernel_timespec *ts,
						unsigned int min_wait,
						sigset_t *sigmask)
{
	CALL(SUBMIT_AND_WAIT_MIN_TIMEOUT,
	     (struct io_uring *, struct io_uring_cqe **, unsigned int,
	      struct __kernel_timespec *, unsigned int, sigset_t *),
	     ring, cqe, nr, ts, min_wait, sigmask);
}

/* since liburing 2.9 */
EXPORT int io_uring_submit_and_wait_reg(struct io_uring *ring,
					struct io_uring_cqe **cqe,
					unsigned int nr, int reg_index)
{
	CALL(SUBMIT_AND_WAIT_REG,
	     (struct io_uring *, struct io_uring_cqe **, unsigned int, int),
	     ring, cqe, nr, reg_index);
}

EXPORT int shim_io_uring_setup(unsigned int entries, struct io_uring_params *p)
{
	return shim_uring_setup(entries, p);
}
VERSIONS(io_uring_setup, "2.3");

EXPORT int shim_io_uring_enter2(unsigned int fd, unsigned int to_submit,
				unsigned int min, unsigned int flags,
				sigset_t *sig, size_t size)
{
	return shim_uring_enter(fd, to_submit, min, flags, sig, size);
}
VERSIONS(io_uring_enter2, "2.3");

EXPORT int shim_io_uring_enter(unsigned int fd, unsigned int to_submit,
			       unsigned int min, unsigned int flags,
			       sigset_t *sig)
{
	/* the size of the kernel's signal set, not libc's */
	return shim_uring_enter(fd, to_submit, min, flags, sig, _NSIG / 8);
}
VERSIONS(io_uring_enter, "2.3");

static struct ring *find_ring(int fd)
{
	int i;

	for (i = 0; fd >= 0 && i < MAX_RINGS; i++) {
		if (rings[i].fd == fd + 1)
			return &rings[i];
	}
	return NULL;
}

static void add_ring(int fd, const struct io_uring_params *p)
{
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

long shim_uring_setup(unsigned int entries, void *params)
{
	struct io_uring_params *p = params;
	long ret = 0;

	/*
	 * The kernel may read the SQEs of the former at any time, and those of
	 * the latter cannot be told apart.
	 */
	if (shim_active() && p &&
	    p->flags & (IORING_SETUP_SQPOLL | SETUP_SQE_MIXED))
		ret = refuse_if_required();
	if (ret)
		return ret;
	ret = raw_syscall(SYS_io_uring_setup, entries, (long)params, 0, 0, 0,
			  0);
	if (ret >= 0)
		add_ring(ret, p);
	return ret;
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

typedef void *(*mmap_fn)(void *addr, size_t len, int prot, int flags, int fd,
			 int64_t offset);
typedef int (*munmap_fn)(void *addr, size_t len);

static void *_Atomic real_mmap, *_Atomic real_munmap;

static mmap_fn get_mmap(void)
{
	/* the offset of mmap() is a long */
	const char *name = sizeof(long) == 8 ? "mmap" : "mmap64";

	if (!real_mmap)
		real_mmap = dlsym(RTLD_NEXT, name);
	return (mmap_fn)real_mmap;
}

static munmap_fn get_munmap(void)
{
	if (!real_munmap)
		real_munmap = dlsym(RTLD_NEXT, "munmap");
	return (munmap_fn)real_munmap;
}

/* NULL if no liburing is loaded */
extern __typeof__(io_uring_queue_init) io_uring_queue_init
	__attribute__((weak));

void uring_init(void)
{
	unsigned int i;

	get_mmap();
	get_munmap();
	/* dlsym() allocates memory if there is no such function */
	if (!io_uring_queue_init)
		return;
	for (i = 0; i < NR_REAL; i++)
		real[i] = dlsym(RTLD_NEXT, real_names[i]);
	/* older versions lack some: that is no error for the program */
	dlerror();
}

static void *do_mmap(void *addr, size_t len, int prot, int flags, int fd,
		     int64_t offset)
{
	void *map = get_mmap()(addr, len, prot, flags, fd, offset);

	if (map != MAP_FAILED && fd >= 0)
		mapped(map, fd, offset);
	return map;
}

/*
 * The C library may declare mmap() with the name of mmap64(), or have a macro.
 */
EXPORT void *export_mmap(void *addr, size_t len, int prot, int flags, int fd,
			 long offset) __asm__("mmap");
EXPORT void *export_mmap64(void *addr, size_t len, int prot, int flags, int fd,
			   int64_t offset) __asm__("mmap64");

void *export_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  long offset)
{
	return do_mmap(addr, len, prot, flags, fd, offset);
}

void *export_mmap64(void *addr, size_t len, int prot, int flags, int fd,
		    int64_t offset)
{
	return do_mmap(addr, len, prot, flags, fd, offset);
}

EXPORT int munmap(void *addr, size_t len)
{
	/* before the address can be reused */
	unmapped(addr);
	return get_munmap()(addr, len);
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
	struct batch batch = { .flags = ring->flags };

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
		slot = ring->flags & SETUP_NO_SQARRAY ? at & mask :
							array[at & mask];
		if (slot <= mask)
			tag_sqe((struct io_uring_sqe *)sqes + (slot << shift),
				&batch);
	}
}

/*
 * A ring whose SQEs this library can change before the kernel reads them, or
 * NULL. It may have been set up in a way that is not intercepted.
 */
static struct ring *known_ring(int fd, unsigned int flags)
{
	struct ring *ring;

	/* @fd may be an index of the registered rings */
	ring = flags & ENTER_REGISTERED_RING ? NULL : find_ring(fd);
	if (!ring || !ring->sq || !ring->sqes ||
	    ring->flags & (IORING_SETUP_SQPOLL | SETUP_SQE_MIXED))
		return NULL;
	return ring;
}

long shim_uring_enter(int fd, unsigned int to_submit, unsigned int min,
		      unsigned int flags, void *arg, size_t size)
{
	struct ring *ring;
	int error = 0;

	if (to_submit && shim_active()) {
		ring = known_ring(fd, flags);
		if (ring)
			tag_queued(ring, to_submit);
		else
			error = refuse_if_required();
	}
	if (error)
		return error;
	return raw_syscall(SYS_io_uring_enter, fd, to_submit, min, flags,
			   (long)arg, size);
}
#else
bool uring_query(void)
{
	return false;
}

void uring_init(void)
{
}

long shim_uring_setup(unsigned int entries, void *params)
{
	if (shim_active() && rules_require())
		return -ENOSYS;
	return raw_syscall(SYS_io_uring_setup, entries, (long)params, 0, 0, 0,
			   0);
}

long shim_uring_enter(int fd, unsigned int to_submit, unsigned int min,
		      unsigned int flags, void *arg, size_t size)
{
	return raw_syscall(SYS_io_uring_enter, fd, to_submit, min, flags,
			   (long)arg, size);
}
#endif
