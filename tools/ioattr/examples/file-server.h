/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What file-server and file-client say to each other. Numbers are big-endian.
 * A client says hello and is told the size of the device; then it asks for
 * reads, several at once if it likes, and gets replies as they come.
 */
#ifndef FILE_SERVER_H
#define FILE_SERVER_H

#include <stdint.h>

#define READ_MAX	(64 * 1024)	/* bytes of one read */
#define DEPTH_MAX	16		/* reads of a client in flight */

struct hello {
	char		name[32];	/* ends with a 0 */
};

struct welcome {
	uint64_t	size;
};

struct request {
	uint64_t	offset;
	uint32_t	length;
	uint32_t	cookie;		/* comes back in the reply */
};

struct reply {
	uint32_t	cookie;
	uint32_t	error;		/* an errno, or 0 */
	uint32_t	length;		/* of the data that follow */
};

#endif /* FILE_SERVER_H */
