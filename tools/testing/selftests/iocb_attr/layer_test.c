// SPDX-License-Identifier: GPL-2.0
/*
 * Check which attributes of one I/O to the top of a stack arrive at its disks.
 * layers.sh runs this for each stack.
 *
 * layer_test [OPTION...] FILE read|write DISK...
 *
 * The I/O has a cgroup, a priority and a cache hint. The cgroup arrived if its
 * io.stat has exactly the bytes of the I/O on the disks, and that of the
 * submitter has none. The priority arrived if the scheduler of each charged
 * disk reports it by the tracepoint. Only bcache uses the hint. If FILE is a
 * device above the disks, it is charged as well, and its scheduler does not
 * report the priority. FS_IOC_GETIOCBATTR_CAP must report the attributes that
 * arrive.
 *
 * -a LIST    what arrives: of cgroup, ioprio and cache, or none
 *            (cgroup,ioprio)
 * -m LIST    what the completion reports (the same)
 * -k         add a cache hint
 * -o OFFSET  of the I/O (0)
 * -s SIZE    of the I/O (65536)
 * -c N       how often the bytes arrive, with copies (1); 0: less than once
 * -b         not O_DIRECT
 * -r         all attributes are required and rejected with EOPNOTSUPP
 * -u         FS_IOC_GETIOCBATTR_CAP does not report what arrives
 *
 * layer_test encrypt MOUNT DIR
 *
 * Enable encryption for an empty directory.
 *
 * layer_test fuse MOUNT FILE [passthrough]
 *
 * Mount FILE on the regular file MOUNT by a FUSE server, which ends when it is
 * unmounted.
 *
 * layer_test stream FILE
 *
 * Write by io_uring with write stream 1, which the device of FILE does not
 * support. Must fail with EINVAL.
 */
#define _GNU_SOURCE
#include <sys/ioctl.h>

#include <linux/fscrypt.h>

#include "lib/cap.h"
#include "lib/fuse.h"
#include "lib/uring.h"
#include "lib/identity.h"

#define EVENT	"events/iocb_attr/iocb_attr_honoured/enable"
#define NAMED	"layer_named"
#define OWN	"layer_submitter"
#define DISKS	4
#define IOPRIO	(BE | 6)

struct list {
	struct iocb_attr_list	list;
	struct iocb_attr_cgroup	cgroup;
	struct iocb_attr_ioprio	ioprio;
	struct iocb_attr_cache	cache;
};

struct disk {
	const char	*path;
	char		number[32];
	/* sectors, ever */
	long long	before;
	bool		sorted;
};

static struct {
	uint32_t	arrives;
	uint32_t	reports;
	bool		hint;
	long long	offset;
	size_t		size;
	int		copies;
	bool		buffered;
	bool		refused;
	bool		unknown;
	bool		write;
	const char	*file;
	/* the last one is FILE, if it is a device above the others */
	struct disk	disks[DISKS + 1];
	int		nr;
	bool		above;
} job = {
	.arrives	= ATTR_BIT(cgroup) | ATTR_BIT(ioprio),
	.reports	= ~0U,
	.size		= 65536,
	.copies		= 1,
};

static int failed;

#define fail(...) do {							\
	printf("# " __VA_ARGS__);					\
	printf("\n");							\
	failed = 1;							\
} while (0)

#define die(...) do {							\
	fail(__VA_ARGS__);						\
	exit(1);							\
} while (0)

static uint32_t mask(const char *names)
{
	uint32_t m = 0;

	if (strstr(names, "cgroup"))
		m |= ATTR_BIT(cgroup);
	if (strstr(names, "ioprio"))
		m |= ATTR_BIT(ioprio);
	if (strstr(names, "cache"))
		m |= ATTR_BIT(cache);
	return m;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "a:m:ko:s:c:bru")) != -1) {
		switch (c) {
		case 'a':
			job.arrives = mask(optarg);
			break;
		case 'm':
			job.reports = mask(optarg);
			break;
		case 'k':
			job.hint = true;
			break;
		case 'o':
			job.offset = atoll(optarg);
			break;
		case 's':
			job.size = atoll(optarg);
			break;
		case 'c':
			job.copies = atoi(optarg);
			break;
		case 'b':
			job.buffered = true;
			break;
		case 'r':
			job.refused = true;
			break;
		case 'u':
			job.unknown = true;
			break;
		default:
			exit(2);
		}
	}
	if (job.reports == ~0U)
		job.reports = job.arrives;
	if (argc - optind < 3 || argc - optind > 2 + DISKS)
		die("wrong number of arguments");
	job.file = argv[optind++];
	job.write = !strcmp(argv[optind++], "write");
	while (optind < argc)
		job.disks[job.nr++].path = argv[optind++];
}

/* The number of sectors read from or written to a disk. */
static long long sectors(const struct disk *d)
{
	char path[80], text[256];
	long long in, out;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/stat", d->number);
	if (read_file(path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%*s %*s %lld %*s %*s %*s %lld", &in, &out) != 2)
		die("cannot read %s", path);
	return job.write ? out : in;
}

/* Events have the number of the partition, and io.stat that of the disk. */
static void disk_of(char *number, size_t size)
{
	char path[80], text[32];

	snprintf(path, sizeof(path), "/sys/dev/block/%s/partition", number);
	if (access(path, F_OK))
		return;
	snprintf(path, sizeof(path), "/sys/dev/block/%s/../dev", number);
	if (read_file(path, text, sizeof(text)) > 0)
		snprintf(number, size, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Find the disks whose schedulers report the priority. */
static void read_trace(void)
{
	static const char key[] = "iocb_attr_honoured: id=ioprio";
	static char text[1 << 16];
	char number[32], *at, *dev;
	int i;

	if (read_file(TRACING "trace", text, sizeof(text)) < 0)
		die("cannot read the trace");
	for (at = text; (at = strstr(at, key)); at += sizeof(key)) {
		unsigned int major, minor;

		dev = strstr(at, " dev=");
		if (!dev || sscanf(dev, " dev=%u,%u", &major, &minor) != 2)
			die("no device in %s", at);
		snprintf(number, sizeof(number), "%u:%u", major, minor);
		disk_of(number, sizeof(number));
		for (i = 0; i < job.nr + job.above; i++)
			if (!strcmp(number, job.disks[i].number))
				job.disks[i].sorted = true;
	}
}

/*
 * Data whose attributes are lost may arrive after the completion: write-behind
 * or writeback.
 */
static void wait_for_disks(void)
{
	long long moved;
	int i, n;

	for (n = 0; n < 600; n++) {
		for (moved = i = 0; i < job.nr; i++)
			moved += sectors(&job.disks[i]) - job.disks[i].before;
		if (moved && moved * 512 >= (long long)job.size * job.copies)
			return;
		sleep_ms(100);
	}
	fail("of %zu bytes %lld came to the disks", job.size * job.copies,
	     moved * 512);
}

static void check_disks(void)
{
	const char *key = job.write ? "wbytes" : "rbytes";
	bool charges = job.arrives & ATTR_BIT(cgroup);
	bool sorts = job.arrives & ATTR_BIT(ioprio);
	long long named, own, all = 0;
	int i;

	for (i = 0; i < job.nr; i++) {
		struct disk *d = &job.disks[i];

		named = cgroup_io(NAMED, d->number, key);
		own = cgroup_io(OWN, d->number, key);
		printf("# %s: %lld bytes of the cgroup, %lld of the submitter, priority %s\n",
		       d->path, named, own, d->sorted ? "obeyed" : "unknown");
		all += named;
		if (named > (long long)job.size)
			fail("a disk was charged more than once");
		if (charges && own)
			fail("the submitter was charged");
		if (sorts && !d->sorted && (named || job.nr == 1))
			fail("the priority did not arrive at %s", d->path);
		if (!sorts && d->sorted)
			fail("the priority did arrive at %s", d->path);
	}
	if (all != (charges ? (long long)job.size * job.copies : 0))
		fail("the cgroup was charged %lld bytes", all);
}

static void check_above(void)
{
	bool charges = job.reports & ATTR_BIT(cgroup);
	struct disk *d = &job.disks[job.nr];
	long long named;

	named = cgroup_io(NAMED, d->number, job.write ? "wbytes" : "rbytes");
	if (named != (charges ? (long long)job.size : 0))
		fail("the cgroup was charged %lld bytes at %s", named, d->path);
	if (d->sorted)
		fail("the priority was obeyed at %s", d->path);
}

/* Compare the answer of the query with what arrived. */
static void check_cap(int fd)
{
	const uint32_t ids = ATTR_BIT(cgroup) | ATTR_BIT(ioprio);
	const uint32_t hint = ATTR_BIT(cache);
	uint32_t arrives = job.unknown ? 0 : job.arrives & ids;
	bool cached = job.hint || strstr(job.file, "bcache");
	struct iocb_attr_cap cap;
	uint32_t said, sorted;
	int ret = cap_get(fd, &cap);

	if (ret == -ENOTTY)
		return;		/* a kernel before that ioctl */
	if (ret)
		die("FS_IOC_GETIOCBATTR_CAP: %s", strerror(-ret));
	said = (job.write ? cap.writes : cap.reads) & ids;
	if (said != arrives)
		fail("said to arrive: 0x%x, not 0x%x", said, arrives);
	if (job.unknown)
		return;
	/* for reads or writes, which may go to different devices */
	sorted = cap.schedulers & ATTR_BIT(ioprio);
	if (arrives & ATTR_BIT(ioprio) && !sorted)
		fail("said that no scheduler goes by the priority");
	if (arrives && !(cap.controllers & ATTR_BIT(cgroup)))
		fail("said that nobody is charged");
	if (!(cap.caches & hint) != !cached)
		fail("said of caches: 0x%llx", (long long)cap.caches);
}

static struct list make_list(int cgroup)
{
	uint16_t flags = job.refused ? IOCB_ATTR_REQUIRED : 0;

	return (struct list) {
		.list	= {
			.size	= job.hint ? sizeof(struct list) :
				  offsetof(struct list, cache),
			.flags	= IOCB_ATTR_LIST_REPORT,
		},
		.cgroup	= { { 16, IOCB_ATTR_cgroup, flags }, cgroup, 0 },
		.ioprio	= { { 16, IOCB_ATTR_ioprio, flags }, IOPRIO, { 0 } },
		.cache	= {
			{ 16, IOCB_ATTR_cache, flags }, IOCB_CACHE_ADMIT, 0
		},
	};
}

static void do_io(int fd, int cgroup)
{
	const char *way = job.write ? "write" : "read";
	void *buf = block_alloc(job.size);
	struct list list = make_list(cgroup);
	int opcode = job.write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	struct iocb iocb = aio_prep(opcode, fd, buf, job.size, job.offset,
				    &list);
	aio_context_t ctx = 0;
	struct io_event event;
	int ret;

	if (!buf || io_setup(1, &ctx))
		die("no memory");
	memset(buf, 'a', job.size);
	ret = aio_run(ctx, &iocb, &event);
	if (job.refused) {
		if (ret != -EOPNOTSUPP)
			fail("not refused: %d", ret);
		else
			printf("# %s, refused\n", way);
		return;
	}
	if (ret)
		die("io_submit: %s", strerror(-ret));
	if (event.res != (long long)job.size)
		die("the I/O gave %lld", (long long)event.res);
	if (job.write && !(job.arrives & ATTR_BIT(ioprio)) && fsync(fd))
		fail("fsync: %s", strerror(errno));
	printf("# %s, reported 0x%llx\n", way, (long long)event.res2);
	if (event.res2 != job.reports)
		fail("reported: 0x%llx, not 0x%x", (long long)event.res2,
		     job.reports);
	wait_for_disks();
	read_trace();
	check_disks();
	if (job.above)
		check_above();
	if (!job.buffered)
		check_cap(fd);
}

static int encrypt(const char *mount, const char *dir)
{
	struct {
		struct fscrypt_add_key_arg	arg;
		uint8_t				raw[FSCRYPT_MAX_KEY_SIZE];
	} key = {
		.arg = {
			.key_spec.type	= FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER,
			.raw_size	= FSCRYPT_MAX_KEY_SIZE,
		},
		.raw = "layers",
	};
	struct fscrypt_policy_v2 policy = {
		.version			= FSCRYPT_POLICY_V2,
		.contents_encryption_mode	= FSCRYPT_MODE_AES_256_XTS,
		.filenames_encryption_mode	= FSCRYPT_MODE_AES_256_CTS,
	};
	int fd = open(mount, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, FS_IOC_ADD_ENCRYPTION_KEY, &key))
		die("no key for %s: %s", mount, strerror(errno));
	close(fd);
	memcpy(policy.master_key_identifier, key.arg.key_spec.u.identifier,
	       sizeof(policy.master_key_identifier));
	fd = open(dir, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, &policy))
		die("no encryption of %s: %s", dir, strerror(errno));
	close(fd);
	return 0;
}

static int write_stream(const char *file)
{
	int fd = open(file, O_RDWR | O_DIRECT | O_CLOEXEC), ret;
	struct io_uring_sqe sqe;
	struct uring ring;

	if (fd < 0 || uring_init(&ring))
		die("%s: %s", file, strerror(errno));
	sqe = uring_prep(IORING_OP_WRITE, fd, block_alloc(BLOCK), BLOCK, 0,
			 NULL);
	sqe.write_stream = 1;
	ret = uring_run(&ring, &sqe);
	if (ret != -EINVAL)
		fail("%s: not refused: %d", file, ret);
	uring_exit(&ring);
	close(fd);
	return failed;
}

static void find_disks(int fd)
{
	struct disk *top = &job.disks[job.nr];
	struct stat st;
	int i;

	for (i = 0; i < job.nr; i++) {
		struct disk *d = &job.disks[i];

		if (device_number(d->path, d->number, sizeof(d->number)))
			die("no disk %s", d->path);
		d->before = sectors(d);
	}
	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return;
	top->path = job.file;
	device_number(job.file, top->number, sizeof(top->number));
	disk_of(top->number, sizeof(top->number));
	job.above = true;
	for (i = 0; i < job.nr; i++)
		if (!strcmp(top->number, job.disks[i].number))
			job.above = false;
}

int main(int argc, char **argv)
{
	int fd, cgroup;

	if (argc == 4 && !strcmp(argv[1], "encrypt"))
		return encrypt(argv[2], argv[3]);
	if (argc >= 4 && !strcmp(argv[1], "fuse")) {
		int ret = fuse_mount(argv[2], argv[3], argc > 4);

		if (ret)
			die("FUSE: %s", strerror(-ret));
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "stream"))
		return write_stream(argv[2]);
	parse(argc, argv);

	fd = open(job.file, (job.write ? O_RDWR : O_RDONLY) | O_CLOEXEC |
			    (job.buffered ? 0 : O_DIRECT));
	if (fd < 0)
		die("%s: %s", job.file, strerror(errno));
	find_disks(fd);
	/* left behind by a run that failed */
	cgroup_remove(NAMED);
	cgroup_remove(OWN);
	cgroup = cgroup_make(NAMED);
	close(cgroup_make(OWN));
	if (cgroup < 0 || cgroup_enter(OWN))
		die("no cgroups");
	if (write_file(TRACING "trace", "") || write_file(TRACING EVENT, "1"))
		die("no tracing");

	do_io(fd, cgroup);

	write_file(TRACING EVENT, "0");
	close(fd);
	close(cgroup);
	if (cgroup_enter("") || cgroup_remove(NAMED) || cgroup_remove(OWN))
		fail("the cgroups are not gone");
	return failed;
}
