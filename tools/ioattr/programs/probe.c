// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../include/ioattr-aio.h"
#include "command.h"
#include "say.h"

/* Submit a read of nothing with this list; 0 or the error. */
static int ask(aio_context_t ctx, int fd, const struct ioattr_list *list)
{
	struct iocb iocb = {
		.aio_lio_opcode	= IOCB_CMD_PREAD,
		.aio_fildes	= fd,
	}, *iocbs = &iocb;
	struct io_event event;
	int ret = ioattr_prep_aio(&iocb, list);

	if (!ret)
		ret = ioattr_submit(ctx, 1, &iocbs);
	if (ret == 1)
		ret = ioattr_getevents(ctx, 1, 1, &event);
	return ret < 0 ? ret : 0;
}

/* ... a read of @file, opened with @flags besides. */
static int ask_file(const char *file, int flags, const struct ioattr_list *list)
{
	aio_context_t ctx;
	int fd, ret;

	fd = open(file, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	ret = ioattr_setup(1, &ctx);
	if (!ret) {
		ret = ask(ctx, fd, list);
		ioattr_destroy(ctx);
	}
	close(fd);
	return ret;
}

/* Any file does to learn what the kernel knows. */
static int ask_kernel(const struct ioattr_list *list)
{
	return ask_file("/dev/null", 0, list);
}

/* What it says of an empty list: 0 or the error. */
static int ask_nothing(void)
{
	struct ioattr_list list;

	ioattr_init(&list, 0);
	return ask_kernel(&list);
}

/* Any other error says nothing of attributes. */
static const char *why_none(int error)
{
	switch (error) {
	case -EINVAL:
		return "this kernel has no per-I/O attributes";
	case -EOPNOTSUPP:
		return "this kernel was built without per-I/O attributes (CONFIG_IOCB_ATTR)";
	default:
		return NULL;
	}
}

const char *no_attributes(void)
{
	return why_none(ask_nothing());
}

/* Protection information, which few files have. */
static void print_format(const char *file)
{
	/* in the order of IOATTR_GUARD_*, with a gap */
	static const char *const guards[] = {
		"no guard", "an IP checksum", "the CRC of T10", NULL,
		"the CRC of NVMe",
	};
	struct ioattr_pi_format format;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && !ioattr_pi_format(fd, &format) && format.size)
		printf("protection information on %s: %u bytes for each %u, %s\n",
		       file, format.size, format.interval,
		       format.guard < 5 && guards[format.guard] ?
		       guards[format.guard] : "another guard");
	if (fd >= 0)
		close(fd);
}

static void print_mask(const char *what, uint64_t mask)
{
	char text[256];

	ioattr_mask_text(mask, text, sizeof(text));
	printf("%s: %s\n", what, text);
}

/* Tell what the kernel says of @file; a negative errno if it says nothing. */
static int print_cap(const char *file)
{
	struct ioattr_cap cap;
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioattr_probe(fd, &cap);
	close(fd);
	if (ret)
		return ret;
	printf("direct I/O on %s\n", file);
	print_mask("  reads carry down", cap.reads);
	print_mask("  writes carry down", cap.writes);
	print_mask("  cgroup controllers act on", cap.controllers);
	print_mask("  I/O schedulers act on", cap.schedulers);
	print_mask("  caches act on", cap.caches);
	print_mask("  devices act on", cap.devices);
	return 0;
}

/* What a kernel that does not tell can be made to say. */
static int try_file(const char *file)
{
	struct ioattr_list list;
	int ret;

	ioattr_init(&list, 0);
	ioattr_add_cache(&list, 0, IOCB_ATTR_REQUIRED);
	ret = ask_file(file, O_DIRECT, &list);
	switch (ret) {
	case 0:
		printf("cache hints on %s: are handed down; a cache below may honour them\n",
		       file);
		return 0;
	case -EINVAL:
	case -EOPNOTSUPP:
		printf("cache hints on %s: cannot be honoured, it has no direct I/O\n",
		       file);
		return 0;
	default:
		return ret;
	}
}

static int probe_file(const char *file)
{
	int ret = print_cap(file);

	if (ret == -ENOSYS)
		ret = try_file(file);
	if (ret) {
		complain("%s: %s", file, strerror(-ret));
		return 1;
	}
	print_format(file);
	return 0;
}

/*
 * A record with nothing in it is too short where its attribute is known, and
 * passed over where it is not.
 */
static void print_attributes(void)
{
	struct ioattr_list list;
	const char *name;
	unsigned int id;

	fputs("attributes:", stdout);
	for (id = 0; (name = ioattr_name(id)); id++) {
		ioattr_init(&list, 0);
		ioattr_add(&list, id, 0, NULL, sizeof(struct iocb_attr));
		if (ask_kernel(&list) == -EINVAL)
			printf(" %s", name);
	}
	putchar('\n');
}

int probe(const char *file)
{
	const int error = ask_nothing();
	struct ioattr_list list;
	const char *name;
	unsigned int bit;

	if (why_none(error)) {
		puts(why_none(error));
		return 2;
	}
	if (error) {
		complain("this kernel cannot be asked: %s", strerror(-error));
		return 1;
	}
	puts("this kernel has per-I/O attributes");

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	printf("report: %s\n", ask_kernel(&list) ? "no" : "yes");
	print_attributes();
	for (bit = 0; (name = ioattr_hint_name(bit)); bit++) {
		ioattr_init(&list, 0);
		ioattr_add_cache(&list, 1U << bit, 0);
		printf("cache %s: %s\n", name,
		       ask_kernel(&list) ? "unknown" : "known");
	}
	return file ? probe_file(file) : 0;
}
