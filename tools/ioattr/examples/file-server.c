// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * A server for reads of a file or device over TCP on the loopback interface.
 * One thread serves all clients and tags each read with the cgroup of the
 * client, so that the I/O is charged to that cgroup and subject to its weight
 * and limits. The tag is an attribute set, or a list on kernels without sets.
 *
 *	file-server FILE PORT [CGROUPS]
 *
 * The cgroup of the client with the name N is CGROUPS/N. Without CGROUPS reads
 * are not tagged and are charged to the server. Prints "listening", and for
 * each client that disconnects its name, the number of its reads and the number
 * of reads whose tag was honoured.
 *
 * Permissions: the server may charge a cgroup below its own if it can write to
 * its cgroup.procs. For other cgroups it also needs write permission to the
 * cgroup.procs of the common ancestor. Usually the cgroups of the server and
 * its clients are siblings below a cgroup that is delegated to the server's
 * user.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../include/ioattr-aio.h"
#include "file-server.h"

#define CLIENTS_MAX	32
#define ALIGN		4096	/* required by direct I/O */

struct client;

/* A read, from the request to the end of its reply. */
struct slot {
	struct iocb		iocb;
	struct client		*client;
	struct slot		*next;
	uint32_t		cookie;
	char			*data;	/* after room for a struct reply */
	char			*unsent;
	size_t			left;
};

struct client {
	struct server		*server;
	int			sock;		/* -1: disconnected */
	int			cgroup;		/* -1: not open */
	char			name[sizeof(struct hello)];
	struct ioattr_list	list;
	int			set;		/* of the list; -1: none */

	union {		/* the partially received message */
		struct hello	hello;
		struct request	request;
		char		bytes[sizeof(struct hello)];
	} in;
	size_t			have;

	struct slot		slots[DEPTH_MAX];
	struct slot		*free;
	struct slot		*first, **last;	/* replies to send */
	char			*buffers;
	unsigned int		flying;
	unsigned long long	reads, honoured;
};

struct server {
	int			file, listener, event, epoll;
	int			cgroups;	/* -1: do not tag */
	aio_context_t		ctx;
	struct client		*clients[CLIENTS_MAX];
};

/*
 * Open the client's cgroup and make a set that all its reads share. The kernel
 * then checks the server's permission only here. The set requests a report, to
 * count the reads whose tag was honoured. Without sets the reads share the
 * list, and the kernel checks it for each of them.
 */
static int make_tag(struct client *c)
{
	int ret;

	c->cgroup = openat(c->server->cgroups, c->name,
			   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->cgroup < 0)
		return -errno;
	ioattr_init(&c->list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_cgroup(&c->list, c->cgroup, 0);
	ret = ioattr_set_create(&c->list, 0);
	if (ret == -EOPNOTSUPP || ret == -ENOSYS)
		return 0;
	if (ret < 0)
		return ret;
	c->set = ret;
	return 0;
}

static int attach_tag(struct client *c, struct iocb *iocb)
{
	return c->set >= 0 ? ioattr_prep_aio_set(iocb, c->set) :
			     ioattr_prep_aio(iocb, &c->list);
}

static int prepare(struct client *c)
{
	const struct server *s = c->server;
	int i, ret = s->cgroups >= 0 ? make_tag(c) : 0;

	c->buffers = aligned_alloc(ALIGN, DEPTH_MAX * (ALIGN + READ_MAX));
	if (!c->buffers)
		return -ENOMEM;
	for (i = 0; i < DEPTH_MAX && !ret; i++) {
		struct slot *slot = &c->slots[i];
		struct iocb *iocb = &slot->iocb;

		slot->client = c;
		slot->data = c->buffers + i * (ALIGN + READ_MAX) + ALIGN;
		slot->next = c->free;
		c->free = slot;
		iocb->aio_lio_opcode = IOCB_CMD_PREAD;
		iocb->aio_fildes = s->file;
		iocb->aio_data = (uintptr_t)slot;
		iocb->aio_buf = (uintptr_t)slot->data;
		iocb->aio_flags = IOCB_FLAG_RESFD;
		iocb->aio_resfd = s->event;
		if (s->cgroups >= 0)
			ret = attach_tag(c, iocb);
	}
	return ret;
}

/* Register a client by name. A real server would authenticate it. */
static int say_welcome(struct client *c)
{
	struct welcome welcome;
	int ret;

	memcpy(c->name, c->in.hello.name, sizeof(c->name) - 1);
	if (!c->name[0] || c->name[0] == '.' || strchr(c->name, '/'))
		return -EINVAL;
	ret = prepare(c);
	if (ret) {
		fprintf(stderr, "file-server: %s: %s\n", c->name,
			strerror(-ret));
		return ret;
	}
	welcome.size = htobe64(lseek(c->server->file, 0, SEEK_END));
	/* a new socket accepts a few bytes without blocking */
	ret = send(c->sock, &welcome, sizeof(welcome), MSG_NOSIGNAL);
	return ret == sizeof(welcome) ? 0 : -EIO;
}

/* Queue the reply to a read that returned @res, bytes or a negative errno. */
static void finish(struct slot *slot, long long res)
{
	struct client *c = slot->client;
	struct reply reply = { .cookie = slot->cookie };

	if (res < 0)
		reply.error = htobe32(-res);
	else
		reply.length = htobe32(res);
	slot->unsent = slot->data - sizeof(reply);
	memcpy(slot->unsent, &reply, sizeof(reply));
	slot->left = sizeof(reply) + (res < 0 ? 0 : res);
	slot->next = NULL;
	*c->last = slot;
	c->last = &slot->next;
}

/* Start a read for the client. */
static int start_read(struct client *c)
{
	struct slot *slot = c->free;
	struct iocb *iocb = &slot->iocb;
	int ret;

	iocb->aio_offset = be64toh(c->in.request.offset);
	iocb->aio_nbytes = be32toh(c->in.request.length);
	if (iocb->aio_nbytes > READ_MAX)
		return -EINVAL;
	slot->cookie = c->in.request.cookie;
	c->free = slot->next;
	ret = ioattr_aio_submit(c->server->ctx, 1, &iocb);
	if (ret == 1)
		c->flying++;
	else	/* e.g. not aligned, or its cgroup is gone: tell the client */
		finish(slot, ret ? ret : -EAGAIN);
	return 0;
}

/* Returns 1 if all replies were sent, 0 if the socket would block. */
static int send_replies(struct client *c)
{
	while (c->first) {
		struct slot *slot = c->first;
		ssize_t n = send(c->sock, slot->unsent, slot->left,
				 MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		slot->unsent += n;
		slot->left -= n;
		if (slot->left)
			continue;
		c->first = slot->next;
		if (!c->first)
			c->last = &c->first;
		slot->next = c->free;
		c->free = slot;
	}
	return 1;
}

/* Returns 1 if there are replies to send, 0 if there is nothing to do. */
static int receive(struct client *c)
{
	int ret = 0;

	while (!ret && !c->first && (c->free || !c->name[0])) {
		const size_t size = c->name[0] ? sizeof(c->in.request) :
						 sizeof(c->in.hello);
		ssize_t n = recv(c->sock, c->in.bytes + c->have,
				 size - c->have, 0);

		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (!n)
			return -ECONNRESET;
		c->have += n;
		if (c->have < size)
			continue;
		c->have = 0;
		ret = c->name[0] ? start_read(c) : say_welcome(c);
	}
	return ret ? ret : !!c->first;
}

/*
 * Serve a client without blocking. Its socket is watched edge-triggered, so
 * continue until the socket would block or no slot is free. In the latter case
 * complete() calls this again after a read.
 */
static void serve(struct client *c)
{
	int ret;

	if (c->sock < 0)
		return;
	do {
		ret = send_replies(c);
		if (ret > 0)
			ret = receive(c);
	} while (ret > 0);
	if (ret < 0) {
		close(c->sock);
		c->sock = -1;
	}
}

static int complete(struct server *s)
{
	struct io_event events[CLIENTS_MAX * DEPTH_MAX];
	uint64_t count;
	int i, n;

	if (read(s->event, &count, sizeof(count)) != sizeof(count))
		return -errno;
	n = ioattr_aio_getevents(s->ctx, 0, CLIENTS_MAX * DEPTH_MAX, events,
				 0);
	for (i = 0; i < n; i++) {
		struct slot *slot = (struct slot *)(uintptr_t)events[i].data;
		struct client *c = slot->client;

		c->flying--;
		c->reads++;
		c->honoured += !!(events[i].res2 & 1 << IOCB_ATTR_cgroup);
		finish(slot, events[i].res);
		serve(c);
	}
	return n < 0 ? n : 0;
}

static int watch(struct server *s, int fd, uint32_t events, void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int add_client(struct server *s)
{
	struct client *c;
	int i, sock;

	sock = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (sock < 0)
		return errno == EAGAIN || errno == ECONNABORTED ? 0 : -errno;
	for (i = 0; i < CLIENTS_MAX && s->clients[i]; i++)
		;
	c = i < CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		close(sock);
		return 0;
	}
	s->clients[i] = c;
	c->server = s;
	c->sock = sock;
	c->cgroup = -1;
	c->set = -1;
	c->last = &c->first;
	return watch(s, sock, EPOLLIN | EPOLLOUT | EPOLLET, c) ? -errno : 0;
}

/*
 * Free disconnected clients without reads in flight. Call this only after all
 * epoll events have been handled, because they may refer to these clients.
 */
static void bury(struct server *s)
{
	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = s->clients[i];

		if (!c || c->sock >= 0 || c->flying)
			continue;
		printf("%s reads %llu honoured %llu\n", c->name, c->reads,
		       c->honoured);
		if (c->cgroup >= 0)
			close(c->cgroup);
		if (c->set >= 0)
			close(c->set);
		free(c->buffers);
		free(c);
		s->clients[i] = NULL;
	}
}

static int run(struct server *s)
{
	struct epoll_event events[CLIENTS_MAX];
	int i, n, ret = 0;

	printf("listening\n");
	for (;;) {
		n = epoll_wait(s->epoll, events, CLIENTS_MAX, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == &s->listener)
				ret = add_client(s);
			else if (events[i].data.ptr == &s->event)
				ret = complete(s);
			else
				serve(events[i].data.ptr);
			if (ret)
				return ret;
		}
		bury(s);
	}
}

static int start(struct server *s, char **argv)
{
	struct sockaddr_in at = {
		.sin_family	 = AF_INET,
		.sin_port	 = htons(atoi(argv[2])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int one = 1;

	/* attributes take effect on direct I/O */
	s->file = open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (argv[3])
		s->cgroups = open(argv[3], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->file < 0 || (argv[3] && s->cgroups < 0))
		return -errno;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
			     SOCK_CLOEXEC, 0);
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* accepted sockets inherit this */
	setsockopt(s->listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(s->listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(s->listener, CLIENTS_MAX) ||
	    watch(s, s->listener, EPOLLIN, &s->listener) ||
	    watch(s, s->event, EPOLLIN, &s->event))
		return -errno;
	return ioattr_aio_setup(CLIENTS_MAX * DEPTH_MAX, &s->ctx);
}

int main(int argc, char **argv)
{
	struct server s = { .cgroups = -1 };
	int ret;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: file-server FILE PORT [CGROUPS]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = start(&s, argv);
	if (!ret)
		ret = run(&s);
	fprintf(stderr, "file-server: %s\n", strerror(-ret));
	return 1;
}
