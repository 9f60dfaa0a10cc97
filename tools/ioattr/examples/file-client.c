// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * A client of file-server: reads at random offsets for SECONDS seconds, with
 * DEPTH reads in flight.
 *
 *	file-client PORT NAME SECONDS DEPTH
 *
 * Prints every half second the seconds since boot and the bytes received, and
 * at the end its name and the number of reads. The intervals of all clients
 * start at the same times, so the first interval of a client may be incomplete.
 */
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "file-server.h"

#define INTERVAL	500000000ULL

struct reader {
	int			sock;
	uint64_t		blocks, random;
	unsigned long long	asked, got, bytes;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int send_all(int sock, const void *from, size_t size)
{
	ssize_t n = send(sock, from, size, MSG_NOSIGNAL);

	if (n < 0)
		return -errno;
	/* the messages are short */
	return (size_t)n == size ? 0 : -EIO;
}

static int receive_all(int sock, void *to, size_t size)
{
	ssize_t n = recv(sock, to, size, MSG_WAITALL);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -ECONNRESET;
}

static int ask(struct reader *r)
{
	struct request request = {
		.length = htobe32(READ_MAX),
		.cookie = htobe32(r->asked),
	};

	/* Knuth's MMIX: its upper bits are random enough */
	r->random = r->random * 6364136223846793005ULL + 1442695040888963407ULL;
	request.offset = htobe64((r->random >> 33) % r->blocks * READ_MAX);
	r->asked++;
	return send_all(r->sock, &request, sizeof(request));
}

static int get(struct reader *r)
{
	char data[READ_MAX];
	struct reply reply;
	int ret;

	ret = receive_all(r->sock, &reply, sizeof(reply));
	if (ret)
		return ret;
	if (reply.error)
		return -(int)be32toh(reply.error);
	if (be32toh(reply.length) != READ_MAX)
		return -EIO;
	r->got++;
	r->bytes += READ_MAX;
	return receive_all(r->sock, data, READ_MAX);
}

static int hello(struct reader *r, const char *name)
{
	struct hello hello = { };
	struct welcome welcome;
	int ret;

	if (strlen(name) >= sizeof(hello.name))
		return -ENAMETOOLONG;
	strcpy(hello.name, name);
	ret = send_all(r->sock, &hello, sizeof(hello));
	if (!ret)
		ret = receive_all(r->sock, &welcome, sizeof(welcome));
	if (ret)
		return ret;
	r->blocks = be64toh(welcome.size) / READ_MAX;
	/* a different sequence for each client name */
	for (r->random = 0; *name; name++)
		r->random = r->random * 256 + (unsigned char)*name;
	return r->blocks ? 0 : -EINVAL;
}

static int run(struct reader *r, uint64_t seconds, unsigned int depth)
{
	uint64_t end = now() + seconds * 1000000000ULL;
	uint64_t next = now() / INTERVAL * INTERVAL + INTERVAL;
	uint64_t at;
	int ret;

	do {
		ret = r->asked - r->got < depth ? ask(r) : get(r);
		if (ret)
			return ret;
		for (at = now(); at >= next; next += INTERVAL) {
			printf("%llu.%llu %llu\n",
			       (unsigned long long)next / 1000000000,
			       (unsigned long long)next / 100000000 % 10,
			       r->bytes);
			r->bytes = 0;
		}
	} while (at < end);
	/* receive all replies, so that the counts of both sides agree */
	while (r->asked != r->got) {
		ret = get(r);
		if (ret)
			return ret;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {
		.sin_family	 = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct reader r = { };
	const int one = 1;
	int depth, ret;

	depth = argc == 5 ? atoi(argv[4]) : 0;
	if (depth < 1 || depth > DEPTH_MAX) {
		fprintf(stderr,
			"usage: file-client PORT NAME SECONDS DEPTH\n");
		return 2;
	}
	to.sin_port = htons(atoi(argv[1]));
	r.sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (r.sock < 0 || connect(r.sock, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(r.sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))) {
		perror("file-client");
		return 1;
	}
	ret = hello(&r, argv[2]);
	if (!ret)
		ret = run(&r, strtoull(argv[3], NULL, 10), depth);
	if (ret) {
		fprintf(stderr, "file-client: %s: %s\n", argv[2],
			strerror(-ret));
		return 1;
	}
	printf("%s reads %llu\n", argv[2], r.got);
	return 0;
}
