// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: shut_test DEED BY INSTALL FILE
 *
 * Open FILE, a context of AIO and a ring, forbid all system calls except a few
 * by a seccomp filter, and read. DEED, which is what other calls lead to: kill
 * or eperm. BY: aio or uring. INSTALL: prctl, seccomp, or early for a filter
 * that is installed after the first read. Prints "done".
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libaio.h>
#include <liburing.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define BLOCK	4096

#define ALLOW(nr)							\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1),		\
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static io_context_t ctx;
static struct io_uring ring;
static void *buffer;
static int fd;

/* Without functions of stdio, which make other system calls. */
static void leave(const char *text, int status)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		status = 99;
	_exit(status);
}

static void read_aio(int block)
{
	struct iocb iocb, *iocbs = &iocb;
	struct io_event event;

	io_prep_pread(&iocb, fd, buffer, BLOCK, block * BLOCK);
	if (io_submit(ctx, 1, &iocbs) != 1)
		leave("io_submit\n", 4);
	if (io_getevents(ctx, 1, 1, &event, NULL) != 1 || event.res != BLOCK)
		leave("io_getevents\n", 5);
}

static void read_uring(int block)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	struct io_uring_cqe *cqe;

	io_uring_prep_read(sqe, fd, buffer, BLOCK, block * BLOCK);
	if (io_uring_submit(&ring) != 1 || io_uring_wait_cqe(&ring, &cqe))
		leave("io_uring\n", 6);
	if (cqe->res != BLOCK)
		leave(cqe->res == -EINVAL ? "EINVAL\n" : "read\n", 7);
	io_uring_cqe_seen(&ring, cqe);
}

static void install(const char *deed, const char *how)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_io_submit), ALLOW(SYS_io_getevents),
		ALLOW(SYS_io_uring_enter), ALLOW(SYS_write),
		ALLOW(SYS_exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(*filter), filter };
	long ret;

	if (!strcmp(deed, "eperm"))
		filter[prog.len - 1].k = SECCOMP_RET_ERRNO | EPERM;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		leave("no_new_privs\n", 3);
	if (!strcmp(how, "seccomp"))
		ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
	else
		ret = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	if (ret)
		leave("no seccomp\n", 77);
}

int main(int argc, char **argv)
{
	void (*read_block)(int block);
	int i;

	if (argc != 5)
		return 2;
	fd = open(argv[4], O_RDONLY | O_DIRECT | O_CLOEXEC);
	buffer = aligned_alloc(BLOCK, BLOCK);
	if (fd < 0 || !buffer || io_setup(4, &ctx) ||
	    io_uring_queue_init(4, &ring, 0))
		return 3;
	read_block = strcmp(argv[2], "aio") ? read_uring : read_aio;
	if (!strcmp(argv[3], "early"))
		read_block(0);
	install(argv[1], argv[3]);
	for (i = 0; i < 4; i++)
		read_block(i);
	leave("done\n", 0);
}
