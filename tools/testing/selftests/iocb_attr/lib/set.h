/* SPDX-License-Identifier: GPL-2.0 */
/* Create attribute sets, read what fdinfo shows, and pass sets on. */
#ifndef _IOCB_ATTR_SET_H
#define _IOCB_ATTR_SET_H

#include <sys/socket.h>

#include "common.h"

static inline int iocb_attr_create(const void *list, unsigned int flags)
{
	return syscall(__NR_iocb_attr_create, list, flags);
}

/* Create a set. Returns its file descriptor or a negative errno. */
static inline int set_make(const void *list, unsigned int flags)
{
	int set = iocb_attr_create(list, flags);

	return set < 0 ? -errno : set;
}

/* A set without attributes, which serves everybody. */
static inline int set_make_empty(void)
{
	const struct iocb_attr_list empty = { .size = sizeof(empty) };

	return set_make(&empty, 0);
}

/* The number that the next file descriptor will have. */
static inline int next_fd(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	close(fd);
	return fd;
}

/* Read all of a set's fdinfo. Returns its length or a negative errno. */
static inline int set_read_info(int set, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", set);
	return read_file(path, text, size);
}

/*
 * Get what a line of fdinfo has after its key, "iocb_attr" for example. Returns
 * "" if there is no such line. Not for threads.
 */
static inline const char *set_info(int set, const char *key)
{
	static char text[4096];
	char start[64], *line;

	snprintf(start, sizeof(start), "\n%s: ", key);
	if (set_read_info(set, text, sizeof(text)) < 0)
		return "";
	line = strstr(text, start);
	if (!line)
		return "";
	line += strlen(start);
	line[strcspn(line, "\n")] = 0;
	return line;
}

/* Send a file descriptor through a socket. Returns 0 or a negative errno. */
static inline int fd_send(int sock, int fd)
{
	union {
		char		room[CMSG_SPACE(sizeof(fd))];
		struct cmsghdr	align;
	} control = {};
	struct iovec iov = { "", 1 };
	struct msghdr msg = {
		.msg_iov	= &iov,
		.msg_iovlen	= 1,
		.msg_control	= control.room,
		.msg_controllen	= sizeof(control.room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Returns the file descriptor, or -EPIPE if the sender has exited. */
static inline int fd_receive(int sock)
{
	union {
		char		room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr	align;
	} control = {};
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov	= &iov,
		.msg_iovlen	= 1,
		.msg_control	= control.room,
		.msg_controllen	= sizeof(control.room),
	};
	struct cmsghdr *c;
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -EPIPE;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

#endif /* _IOCB_ATTR_SET_H */
