// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * End-to-end checksums: this program computes a checksum of each block that it
 * writes, the device stores the checksum with the block and checks it, and a
 * read returns both. Corruption in transit or on the medium is detected.
 *
 *	checksum write DEVICE FIRST COUNT	write blocks with known content
 *	checksum read DEVICE FIRST COUNT	read and list corrupt blocks
 *	checksum damage DEVICE BLOCK		flip one bit of a block
 *
 * DEVICE is formatted with T10 type 1 protection information, 8 bytes for each
 * block: the guard is a CRC of the data, the application tag identifies this
 * program and the reference tag is the block number. Without a pi attribute the
 * kernel generates these bytes itself. Data that was corrupted before it
 * reached the kernel, or written by another program, then has a valid guard.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../include/ioattr-aio.h"

#define BATCH		8	/* blocks of one I/O */
#define ALIGN		4096	/* required by direct I/O */
#define APP_TAG		0xc0de	/* not 0 (the kernel's) or 0xffff */
#define CHECK_ALL	(IO_INTEGRITY_CHK_GUARD | IO_INTEGRITY_CHK_APPTAG | \
			 IO_INTEGRITY_CHK_REFTAG)

/* Protection information of a block, big-endian. */
struct tuple {
	uint16_t		guard, app;
	uint32_t		ref;
};

struct device {
	int			fd;
	aio_context_t		ctx;
	size_t			block;		/* size in bytes */
	unsigned char		*data;		/* BATCH blocks */
	struct tuple		*tuples;	/* one per block */
	long long		ios, honoured;
};

/* The T10 CRC. Libraries provide faster implementations. */
static uint16_t crc_t10(const unsigned char *data, size_t len)
{
	uint16_t crc = 0;
	int bit;

	while (len--) {
		crc ^= *data++ << 8;
		for (bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x8000 ? 0x8bb7 : 0);
	}
	return crc;
}

/*
 * Read or write @nr blocks with their tuples; the device does the checks in
 * @check. Returns 0 or a negative errno, -EILSEQ if a check failed.
 */
static int transfer(struct device *d, int opcode, long long first,
		    unsigned int nr, int check)
{
	const struct iocb_attr_pi pi = {
		.flags	 = check,
		.app_tag = APP_TAG,
		.addr	 = (uintptr_t)d->tuples,
		.len	 = nr * sizeof(*d->tuples),
		/* the reference tag of the first block */
		.seed	 = first,
	};
	struct iocb iocb = {
		.aio_lio_opcode	= opcode,
		.aio_fildes	= d->fd,
		.aio_buf	= (uintptr_t)d->data,
		.aio_nbytes	= nr * d->block,
		.aio_offset	= first * d->block,
	}, *iocbs = &iocb;
	struct ioattr_list list;
	struct io_event event;
	int ret;

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_pi(&list, &pi, 0);
	ret = ioattr_prep_aio(&iocb, &list);
	if (!ret)	/* EOPNOTSUPP: the file does not support pi */
		ret = ioattr_aio_submit(d->ctx, 1, &iocbs);
	if (ret == 1)
		ret = ioattr_aio_getevents(d->ctx, 1, 1, &event, -1);
	if (ret != 1)
		return ret ? ret : -EAGAIN;
	d->ios++;
	d->honoured += !!(event.res2 & 1 << IOCB_ATTR_pi);
	if (event.res < 0)
		return event.res;
	return event.res == (long long)iocb.aio_nbytes ? 0 : -EIO;
}

/* Fill a block with content that differs for each block. */
static void make_content(unsigned char *data, size_t len, uint64_t block)
{
	for (size_t i = 0; i < len; i += sizeof(block), block += 1ULL << 40)
		memcpy(data + i, &block, sizeof(block));
}

static int write_blocks(struct device *d, long long first, long long count)
{
	const long long end = first + count;
	int ret = 0;

	for (long long at = first; at < end && !ret; at += BATCH) {
		const unsigned int nr = end - at < BATCH ? end - at : BATCH;

		for (unsigned int i = 0; i < nr; i++) {
			unsigned char *data = d->data + i * d->block;

			make_content(data, d->block, at + i);
			/* compute the guard early: protection starts here */
			d->tuples[i] = (struct tuple){
				.guard	= htobe16(crc_t10(data, d->block)),
				.app	= htobe16(APP_TAG),
				.ref	= htobe32(at + i),
			};
		}
		ret = transfer(d, IOCB_CMD_PWRITE, at, nr, CHECK_ALL);
	}
	if (!ret)
		printf("%lld blocks written, pi honoured for %lld of %lld I/Os\n",
		       count, d->honoured, d->ios);
	return ret;
}

/* Print the fault of a block that was read; false if it is intact. */
static bool is_wrong(const struct device *d, long long block, unsigned int i,
		     const char *error)
{
	const struct tuple *t = &d->tuples[i];
	const unsigned int guard = be16toh(t->guard), app = be16toh(t->app);
	const unsigned int ref = be32toh(t->ref);
	const unsigned int crc = crc_t10(d->data + i * d->block, d->block);

	if (guard == crc && app == APP_TAG && ref == (uint32_t)block)
		return false;
	printf("block %lld: %s: guard 0x%04x (data: 0x%04x), tags 0x%04x %u\n",
	       block, error, guard, crc, app, ref);
	return true;
}

/* Returns the number of corrupt blocks, or a negative errno. */
static int read_blocks(struct device *d, long long first, long long count)
{
	const long long end = first + count;
	int wrong = 0;

	for (long long at = first; at < end; at += BATCH) {
		const unsigned int nr = end - at < BATCH ? end - at : BATCH;
		int found = 0, ret, again;

		ret = transfer(d, IOCB_CMD_PREAD, at, nr, CHECK_ALL);
		/* find the corrupt blocks: read them again without checks */
		again = ret == -EILSEQ ?
			transfer(d, IOCB_CMD_PREAD, at, nr, 0) : ret;
		if (again)
			return again;
		/* detect corruption between the device and this program */
		for (unsigned int i = 0; i < nr; i++)
			found += is_wrong(d, at + i, i,
					  ret ? "EILSEQ" : "no error");
		if (ret && !found)
			return ret;	/* the second read was intact */
		wrong += found;
	}
	printf("%lld of %lld blocks are as they were written\n", count - wrong,
	       count);
	return wrong;
}

/*
 * Simulate bit rot: write the changed block with its old tuple and without
 * checks. After a plain write the guard would match the data, because the
 * kernel generates a new one.
 */
static int damage(struct device *d, long long block)
{
	int ret = transfer(d, IOCB_CMD_PREAD, block, 1, 0);

	if (ret)
		return ret;
	d->data[d->block / 2] ^= 1;
	return transfer(d, IOCB_CMD_PWRITE, block, 1, 0);
}

static int open_device(struct device *d, const char *name)
{
	struct ioattr_pi_format format;
	int ret;

	d->fd = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (d->fd < 0)
		return -errno;
	ret = ioattr_get_pi_format(d->fd, &format);
	if (ret)
		return ret;
	if (format.guard != IOATTR_GUARD_CRC16 || !format.ref_tag_size ||
	    format.size != sizeof(struct tuple))
		return -EMEDIUMTYPE;
	d->block = format.interval;
	d->data = aligned_alloc(ALIGN, BATCH * d->block);
	d->tuples = aligned_alloc(ALIGN, ALIGN);
	return d->data && d->tuples ? ioattr_aio_setup(1, &d->ctx) : -ENOMEM;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	const bool one = argc == 4 && !strcmp(verb, "damage");
	const bool in = argc == 5 && !strcmp(verb, "read");
	const long long first = argc > 3 ? atoll(argv[3]) : 0;
	const long long count = argc > 4 ? atoll(argv[4]) : 1;
	struct device d = { 0 };
	int ret;

	if (!one && !in && (argc != 5 || strcmp(verb, "write"))) {
		fputs("usage: checksum write|read DEVICE FIRST COUNT\n"
		      "       checksum damage DEVICE BLOCK\n", stderr);
		return 2;
	}
	ret = open_device(&d, argv[2]);
	if (!ret)
		ret = one ? damage(&d, first) :
		      in ? read_blocks(&d, first, count) :
			   write_blocks(&d, first, count);
	if (ret < 0)
		fprintf(stderr, "checksum: %s: %s\n", argv[2],
			ret == -EILSEQ ? "EILSEQ" : strerror(-ret));
	return !!ret;
}
