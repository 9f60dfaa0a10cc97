// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr probe: print which attributes the kernel and a file support; see
 * ioattr(1).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/msg.h"
#include "../include/ioattr.h"
#include "cmd.h"

static const char help_text[] =
"Usage: ioattr probe [FILE]\n"
"\n"
"Print which attributes this kernel supports and, with FILE, which of them reach\n"
"the devices below FILE and are honoured there.\n"
"\n"
"  --help               print this text\n";

#define bad_usage(...) (usage_error("probe", __VA_ARGS__), 1)

/* NULL for an error that attributes do not cause. */
static const char *explain(int error)
{
	switch (error) {
	case -ENOSYS:
		return "this kernel has no per-I/O attributes";
	case -EOPNOTSUPP:
		return "this kernel was built without per-I/O attributes (CONFIG_IOCB_ATTR)";
	default:
		return NULL;
	}
}

const char *no_attributes(void)
{
	return explain(ioattr_supported());
}

/* Print the format of the protection information, which few files have. */
static void print_format(const char *file, int fd)
{
	/* in the order of IOATTR_GUARD_*, with a gap */
	static const char *const guards[] = {
		"no guard", "an IP checksum", "the CRC of T10", NULL,
		"the CRC of NVMe",
	};
	struct ioattr_pi_format format;

	if (ioattr_get_pi_format(fd, &format) || !format.size)
		return;
	printf("protection information on %s: %u bytes for each %u, %s\n",
	       file, format.size, format.interval,
	       format.guard < 5 && guards[format.guard] ?
	       guards[format.guard] : "another guard");
}

static void print_mask(const char *what, uint64_t mask)
{
	char text[256];

	ioattr_mask_text(mask, text, sizeof(text));
	printf("%s: %s\n", what, text);
}

static void print_kernel(const struct ioattr_cap *cap)
{
	const char *name;
	unsigned int bit;

	puts("this kernel has per-I/O attributes");
	printf("report: %s\n",
	       cap->list_flags & IOCB_ATTR_LIST_REPORT ? "yes" : "no");
	printf("sets: %s\n",
	       cap->features & IOCB_ATTR_CAP_SETS ? "yes" : "no");
	printf("scopes: %s\n",
	       cap->features & IOCB_ATTR_CAP_SCOPE ? "yes" : "no");
	print_mask("attributes", cap->known);
	for (bit = 0; (name = ioattr_hint_name(bit)); bit++)
		printf("cache %s: %s\n", name,
		       cap->hints >> bit & 1 ? "known" : "unknown");
}

static void print_file(const char *file, const struct ioattr_cap *cap)
{
	printf("direct I/O on %s\n", file);
	print_mask("  reads carry down", cap->reads);
	print_mask("  writes carry down", cap->writes);
	print_mask("  cgroup controllers act on", cap->controllers);
	print_mask("  I/O schedulers act on", cap->schedulers);
	print_mask("  caches act on", cap->caches);
	print_mask("  devices act on", cap->devices);
	printf("buffered I/O on %s\n", file);
	print_mask("  reads carry down", cap->buffered_reads);
	print_mask("  writeback carries down", cap->buffered_writes);
}

/* Query @file. Returns the file descriptor or a negative errno. */
static int query(const char *file, struct ioattr_cap *cap)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioattr_probe(fd, cap);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int attributes_supported(void)
{
	const int ret = ioattr_supported();

	return explain(ret) ? 0 : ret;
}

static int probe(const char *file)
{
	const int error = ioattr_supported();
	struct ioattr_cap cap;
	int fd;

	if (explain(error)) {
		puts(explain(error));
		return 2;
	}
	if (error < 0) {
		error_msg("cannot query this kernel: %s", strerror(-error));
		return 1;
	}
	/* any file answers for the kernel */
	fd = query("/dev/null", &cap);
	if (fd < 0) {
		error_msg("cannot query this kernel: %s", strerror(-fd));
		return 1;
	}
	close(fd);
	print_kernel(&cap);
	if (!file)
		return 0;
	fd = query(file, &cap);
	if (fd < 0) {
		error_msg("%s: %s", file, strerror(-fd));
		return 1;
	}
	print_file(file, &cap);
	print_format(file, fd);
	close(fd);
	return 0;
}

int cmd_probe(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};

	switch (getopt_long(argc, argv, "", options, NULL)) {
	case -1:
		break;
	case 'h':
		fputs(help_text, stdout);
		return 0;
	default:
		/* getopt_long() has printed the error */
		usage_hint("probe");
		return 1;
	}
	if (argc - optind > 1)
		return bad_usage("unexpected argument \"%s\"",
				 argv[optind + 1]);
	return probe(argv[optind]);
}
