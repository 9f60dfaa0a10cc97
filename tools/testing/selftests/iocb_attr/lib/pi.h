/* SPDX-License-Identifier: GPL-2.0 */
/* Find disks with protection information, and compute their tuples. */
#ifndef _IOCB_ATTR_PI_H
#define _IOCB_ATTR_PI_H

#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/major.h>

#include "aio.h"

#define PI_BIT		ATTR_BIT(pi)
#define CHECK_ALL	(IO_INTEGRITY_CHK_GUARD | IO_INTEGRITY_CHK_REFTAG | \
			 IO_INTEGRITY_CHK_APPTAG)

/* The fields of FS_IOC_GETLBMD_CAP that the tests use. */
struct format {
	uint16_t	interval;	/* bytes of data that share a tuple */
	uint8_t		size;		/* bytes of metadata for an interval */
	uint8_t		offset;		/* where the tuple is in them */
	uint8_t		guard;		/* LBMD_PI_CSUM_* */
	uint8_t		ref;		/* bytes of a reference tag, or 0 */
};

static inline int get_format(int fd, struct format *f)
{
	struct logical_block_metadata_cap cap = {};

	if (ioctl(fd, FS_IOC_GETLBMD_CAP, &cap))
		return -errno;
	*f = (struct format) {
		.interval	= cap.lbmd_interval,
		.size		= cap.lbmd_size,
		.offset		= cap.lbmd_pi_offset,
		.guard		= cap.lbmd_guard_tag_type,
		.ref		= cap.lbmd_ref_tag_size,
	};
	return 0;
}

/* Find the Nth disk of a driver with this format. */
static inline bool find_disk(const char *driver, const struct format *want,
			     int nth, char *name, size_t size)
{
	struct dirent **list;
	bool found = false;
	int i, n, fd;

	n = scandir("/sys/block", &list, NULL, alphasort);
	for (i = 0; i < n; i++) {
		struct format f = {};

		snprintf(name, size, "/dev/%.32s", list[i]->d_name);
		if (found || strncmp(list[i]->d_name, driver, strlen(driver)))
			continue;
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!get_format(fd, &f) && !memcmp(&f, want, sizeof(f)) &&
		    !nth--)
			found = true;
		close(fd);
		if (found)
			break;
	}
	while (n-- > 0)
		free(list[n]);
	return found;
}

/* Add or delete partition 1 of a disk, which starts at 1 MiB. */
static inline int partition(const char *disk, int op)
{
	struct blkpg_partition part = {
		.start	= 1 << 20,
		.length	= 16 << 20,
		.pno	= 1,
	};
	struct blkpg_ioctl_arg arg = {
		.op	 = op,
		.datalen = sizeof(part),
		.data	 = &part,
	};
	int fd = open(disk, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, BLKPG, &arg) ? -errno : 0;
	close(fd);
	return ret;
}

/* Table-driven checksums. */
static inline uint16_t crc_t10dif(uint16_t crc, const uint8_t *p, size_t len)
{
	static uint16_t table[256];
	int i, bit;

	if (!table[1]) {
		for (i = 0; i < 256; i++) {
			uint16_t v = i << 8;

			for (bit = 0; bit < 8; bit++)
				v = v & 0x8000 ? v << 1 ^ 0x8bb7 : v << 1;
			table[i] = v;
		}
	}
	while (len--)
		crc = crc << 8 ^ table[crc >> 8 ^ *p++];
	return crc;
}

static inline uint64_t crc64_nvme(uint64_t crc, const uint8_t *p, size_t len)
{
	static uint64_t table[256];
	int i, bit;

	if (!table[1]) {
		for (i = 0; i < 256; i++) {
			uint64_t v = i;

			for (bit = 0; bit < 8; bit++)
				v = v & 1 ? v >> 1 ^ 0x9a6c9329ac4bc9b5ULL
					  : v >> 1;
			table[i] = v;
		}
	}
	crc = ~crc;
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

static inline uint16_t ip_checksum(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
	uint16_t word;

	for (; len; len -= 2, p += 2) {
		memcpy(&word, p, 2);
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static inline void put_be(uint8_t *p, uint64_t v, int bytes)
{
	while (bytes--) {
		p[bytes] = v;
		v >>= 8;
	}
}

static inline uint64_t get_be(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

/* Offsets of the tags. The guard is the first field of the tuple. */
static inline int guard_bytes(const struct format *f)
{
	return f->guard == LBMD_PI_CSUM_CRC64_NVME ? 8 : 2;
}

static inline uint8_t *app_at(const struct format *f, uint8_t *md)
{
	return md + f->offset + guard_bytes(f);
}

static inline uint8_t *ref_at(const struct format *f, uint8_t *md)
{
	return app_at(f, md) + 2;
}

/* Bytes of the reference tag, whether the device checks it or not. */
static inline int ref_bytes(const struct format *f)
{
	return f->guard == LBMD_PI_CSUM_CRC64_NVME ? 6 : 4;
}

/* Compute the guard of an interval and of the metadata before the tuple. */
static inline void set_guard(const struct format *f, const uint8_t *data,
			     uint8_t *md)
{
	uint16_t ip;

	switch (f->guard) {
	case LBMD_PI_CSUM_CRC16_T10DIF:
		put_be(md + f->offset,
		       crc_t10dif(crc_t10dif(0, data, f->interval), md,
				  f->offset), 2);
		break;
	case LBMD_PI_CSUM_CRC64_NVME:
		put_be(md + f->offset,
		       crc64_nvme(crc64_nvme(0, data, f->interval), md,
				  f->offset), 8);
		break;
	case LBMD_PI_CSUM_IP:
		ip = ip_checksum(data, f->interval);
		memcpy(md + f->offset, &ip, 2);
		break;
	}
}

/* Fill in the metadata of @n intervals: tuples and opaque bytes. */
static inline void set_tuples(const struct format *f, const uint8_t *data,
			      uint8_t *md, unsigned int n, uint16_t app,
			      uint64_t seed)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < f->size; j++)
			md[j] = seed + i * 7 + j;
		if (f->guard != LBMD_PI_CSUM_NONE) {
			put_be(app_at(f, md), app, 2);
			put_be(ref_at(f, md), seed + i, ref_bytes(f));
			set_guard(f, data, md);
		}
		data += f->interval;
		md += f->size;
	}
}

struct pi_list {
	struct iocb_attr_list	list;
	struct iocb_attr_pi	pi;
};

static inline struct pi_list pi_list(const void *md, uint32_t len,
				     uint16_t flags, uint16_t app,
				     uint64_t seed)
{
	return (struct pi_list) {
		.list	= {
			.size	= sizeof(struct pi_list),
			.flags	= IOCB_ATTR_LIST_REPORT,
		},
		.pi	= {
			.attr	= {
				.size	= sizeof(struct iocb_attr_pi),
				.id	= IOCB_ATTR_pi,
			},
			.flags	 = flags,
			.app_tag = app,
			.len	 = len,
			.addr	 = (uintptr_t)md,
			.seed	 = seed,
		},
	};
}

#endif /* _IOCB_ATTR_PI_H */
