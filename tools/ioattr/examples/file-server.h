/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * The protocol of file-server and file-client. Numbers are big-endian. A client
 * sends a hello and receives the size of the device. Then it requests reads,
 * several at a time if it chooses, and receives the replies in order of
 * completion.
 */
#ifndef FILE_SERVER_H
#define FILE_SERVER_H

#include <stdint.h>

#define READ_MAX	(64 * 1024)	/* maximum bytes of a read */
#define DEPTH_MAX	16		/* maximum reads in flight */

struct hello {
	char		name[32];	/* 0-terminated */
};

struct welcome {
	uint64_t	size;
};

struct request {
	uint64_t	offset;
	uint32_t	length;
	uint32_t	cookie;		/* returned in the reply */
};

struct reply {
	uint32_t	cookie;
	uint32_t	error;		/* an errno, or 0 */
	uint32_t	length;		/* of the data that follows */
};

#endif /* FILE_SERVER_H */
