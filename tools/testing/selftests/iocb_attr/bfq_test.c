// SPDX-License-Identifier: GPL-2.0
/*
 * bfq puts tagged I/O into separate queues. Their cgroup, class and weight are
 * those of the target. The queues of the submitter are not affected.
 *
 * The order in which bfq serves requests shows its queues. A suspended
 * device-mapper device holds all requests in the scheduler, so the order does
 * not depend on timing. bfq serves equal queues in the order of their first
 * requests.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/blkdev.h"
#include "lib/identity.h"
#include "lib/harness.h"

#define DISK		"bfq0"
#define MIB		(1 << 20)
#define SIZE_MIB	1024
#define NR		256
#define EVENTS		TRACING "events/block/"
#define TRACE_SIZE	(1 << 20)
#define HANG_MS		30000

/*
 * bfq merges queues that are created within 600 ms of each other, and those
 * whose requests are close.
 */
#define APART_MS	700
#define APART		(64LL * MIB)

FIXTURE(bfq)
{
	struct dm dm;
	aio_context_t ctx;
	char dev[32];
	char *trace;
	char *buf;
	int fd;
	int a;
	int b;
};

/* A child that reads on request. */
struct client {
	pid_t pid;
	int to;
	int from;
};

static int set_max(const char *cgroup, const char *dev, const char *max)
{
	char text[64];

	snprintf(text, sizeof(text), "%s riops=%s", dev, max);
	return cgroup_write(cgroup, "io.max", text);
}

FIXTURE_SETUP(bfq)
{
	ASSERT_EQ(0, cgroup_make_parent("bfq"));
	self->a = cgroup_make("bfq/a");
	ASSERT_LE(0, self->a);
	self->b = cgroup_make("bfq/b");
	ASSERT_LE(0, self->b);
	self->buf = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->buf);
	self->trace = malloc(TRACE_SIZE);
	ASSERT_NE(NULL, self->trace);
	ASSERT_EQ(0, io_setup(NR, &self->ctx));
	ASSERT_EQ(0, nullb_make(DISK, SIZE_MIB, "irqmode=0", "none"));
	ASSERT_EQ(0, dm_make(&self->dm, "bfq-held",
			     "0 %lld multipath 2 queue_mode rq 0 1 1 round-robin 0 1 1 /dev/%s 1",
			     SIZE_MIB * 2048LL, DISK));
	ASSERT_EQ(0, queue_set(self->dm.dev, "scheduler", "bfq"));
	ASSERT_EQ(0, queue_set(self->dm.dev, "iosched/low_latency", "0"));
	ASSERT_EQ(0, device_number(self->dm.dev, self->dev,
				   sizeof(self->dev)));
	/* the format of the trace */
	*strchr(self->dev, ':') = ',';
	self->fd = open(self->dm.dev, O_RDONLY | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, write_file(EVENTS "block_rq_insert/enable", "1"));
	ASSERT_EQ(0, write_file(EVENTS "block_rq_issue/enable", "1"));
}

FIXTURE_TEARDOWN(bfq)
{
	write_file(EVENTS "block_rq_insert/enable", "0");
	write_file(EVENTS "block_rq_issue/enable", "0");
	/* left suspended by a test that failed */
	dm_resume(&self->dm);
	EXPECT_EQ(0, io_destroy(self->ctx));
	close(self->fd);
	EXPECT_EQ(0, dm_remove(&self->dm));
	nullb_remove(DISK);
	free(self->trace);
	munmap(self->buf, BLOCK);
	close(self->a);
	close(self->b);
	cgroup_remove("bfq/a");
	cgroup_remove("bfq/b");
	EXPECT_EQ(0, cgroup_remove("bfq"));
}

static int hold(FIXTURE_DATA(bfq) * self)
{
	return dm_suspend(&self->dm) ?: write_file(TRACING "trace", "");
}

static struct iocb read_at(FIXTURE_DATA(bfq) * self, long long at,
			   const void *list)
{
	return aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, at, list);
}

static int submit(FIXTURE_DATA(bfq) * self, long long at, struct attr_list l)
{
	struct iocb iocb = read_at(self, at, &l), *iocbs = &iocb;

	return io_submit(self->ctx, 1, &iocbs) == 1 ? 0 : -errno;
}

static int reap(FIXTURE_DATA(bfq) * self, int nr)
{
	struct io_event event;

	while (nr--) {
		if (io_getevents(self->ctx, 1, 1, &event) != 1)
			return -EPROTO;
		if (event.res != BLOCK)
			return event.res < 0 ? event.res : -EIO;
	}
	return 0;
}

/*
 * The offsets of the requests in the trace of an event, in order and without
 * duplicates. Returns their number or a negative errno.
 */
static int traced(FIXTURE_DATA(bfq) * self, const char *event, long long *at,
		  int max)
{
	char start[64], *line, *end;
	long long sector;
	int i, nr = 0;

	if (read_file(TRACING "trace", self->trace, TRACE_SIZE) < 0)
		return -EIO;
	snprintf(start, sizeof(start), "%s: %s ", event, self->dev);
	for (line = self->trace; (line = strstr(line, start)); line = end) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end++ = 0;
		line = strstr(line, "() ");
		if (!line || sscanf(line, "() %lld", &sector) != 1)
			continue;
		for (i = 0; i < nr && at[i] != sector * 512; i++)
			;
		if (i == nr && nr < max)
			at[nr++] = sector * 512;
	}
	return nr;
}

/* Wait until the scheduler has @nr requests. */
static int wait_inserted(FIXTURE_DATA(bfq) * self, int nr)
{
	long long at[NR];
	int i;

	for (i = 0; i < HANG_MS; i += 20) {
		if (traced(self, "block_rq_insert", at, NR) >= nr)
			return 0;
		sleep_ms(20);
	}
	return -ETIMEDOUT;
}

/* Resume and wait for @nr requests. @at has their offsets, in order. */
static int served(FIXTURE_DATA(bfq) * self, long long *at, int nr)
{
	int i, ret = dm_resume(&self->dm);

	for (i = 0; i < HANG_MS && !ret; i += 20) {
		if (traced(self, "block_rq_issue", at, NR) >= nr)
			return 0;
		sleep_ms(20);
	}
	return ret ?: -ETIMEDOUT;
}

/* Read once per byte of the pipe, which is the offset in units of APART. */
static void client_reads(FIXTURE_DATA(bfq) * self, int from, int to,
			 const struct attr_list *l)
{
	aio_context_t ctx = 0;
	struct io_event event;
	struct iocb iocb;
	char byte;

	if (io_setup(1, &ctx) || write(to, "", 1) != 1)
		_exit(1);
	while (read(from, &byte, 1) == 1) {
		iocb = read_at(self, byte * APART, l);
		if (aio_run(ctx, &iocb, &event) || event.res != BLOCK ||
		    write(to, "", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/*
 * Priority 0 is none, as for ioprio_set(2), but gives the process an io_context
 * and therefore a queue.
 */
static int client_start(FIXTURE_DATA(bfq) * self, struct client *c,
			const char *cgroup, int ioprio, int nice,
			const struct attr_list *l)
{
	int to[2], from[2];
	char byte;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return -errno;
	c->pid = fork();
	if (!c->pid) {
		close(to[1]);
		close(from[0]);
		if (cgroup_enter(cgroup) ||
		    syscall(SYS_ioprio_set, 1, 0, ioprio) ||
		    setpriority(PRIO_PROCESS, 0, nice))
			_exit(1);
		client_reads(self, to[0], from[1], l);
	}
	c->to = to[1];
	c->from = from[0];
	close(to[0]);
	close(from[1]);
	return c->pid > 0 && read(c->from, &byte, 1) == 1 ? 0 : -EPIPE;
}

/* Let it read at @nth * APART. */
static int client_read(struct client *c, char nth)
{
	return write(c->to, &nth, 1) == 1 ? 0 : -EPIPE;
}

static int client_done(struct client *c)
{
	char byte;

	return read(c->from, &byte, 1) == 1 ? 0 : -EPIPE;
}

static void client_end(struct client *c)
{
	close(c->to);
	close(c->from);
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
}

/*
 * The server, and which of two clients is served first. One client has no
 * priority, so its nice value applies. The other one has BE 4, as for nice 0.
 */
static const struct server {
	const char *name;
	int policy;
	int nice;
	int client_nice;
	bool other_asks_first;
	bool other_is_first;
} servers[] = {
	{ "nice 19", SCHED_OTHER, 19, 0, false, false },
	{ "idle", SCHED_IDLE, 0, 0, false, false },
	{ "nice -20", SCHED_OTHER, -20, 0, true, true },
	{ "fifo", SCHED_FIFO, 0, 0, true, true },
	{ "nice 0 for nice 19", SCHED_OTHER, 0, 19, false, true },
	{ "nice 0 for nice -20", SCHED_OTHER, 0, -20, true, false },
	{ "fifo for nice 19", SCHED_FIFO, 0, 19, false, true },
};

static int become(const struct server *s)
{
	struct sched_param param = {
		.sched_priority = s->policy == SCHED_FIFO,
	};

	return sched_setscheduler(0, s->policy, &param) ||
	       setpriority(PRIO_PROCESS, 0, s->nice) ? -errno : 0;
}

TEST_F_TIMEOUT(bfq, server_nice, 600)
{
	static const struct server myself = { .policy = SCHED_OTHER };
	struct attr_list for_client, for_other;
	struct client client, other;
	int i, own, round, first, step, ret;
	long long at[NR];

	if (through_sets())
		SKIP(return, "not through sets: both clients share a queue");
	/*
	 * bfq reduces the budget of a queue after idling for it in vain. The
	 * order shows the weights only if the budgets are equal.
	 */
	ASSERT_EQ(0, queue_set(self->dm.dev, "iosched/slice_idle", "0"));
	for (i = 0; i < ARRAY_SIZE(servers); i++) {
		const struct server *s = &servers[i];

		ASSERT_EQ(0, client_start(self, &client, "bfq/a", 0,
					  s->client_nice, NULL));
		ASSERT_EQ(0, client_start(self, &other, "bfq/a", BE | 4, 0,
					  NULL));
		for_client = list_one(IOCB_ATTR_proxy_pid, client.pid);
		for_other = list_one(IOCB_ATTR_proxy_pid, other.pid);
		ASSERT_EQ(0, become(s));
		/* in the last round the client itself reads */
		for (round = 0; round < 3; round++) {
			own = round == 2;
			ASSERT_EQ(0, hold(self));
			for (step = 0; step < 2; step++) {
				if (s->other_asks_first == !step)
					ret = submit(self, 2 * APART,
						     for_other);
				else if (own)
					ret = client_read(&client, 8);
				else
					ret = submit(self, 8 * APART,
						     for_client);
				ASSERT_EQ(0, ret);
				ASSERT_EQ(0, wait_inserted(self, step + 1));
				if (!round && !step)
					sleep_ms(APART_MS);
			}
			ASSERT_EQ(0, served(self, at, 2));
			first = s->other_is_first ? 2 : 8;
			EXPECT_EQ(first, at[0] / APART) {
				TH_LOG("server %s, round %d", s->name, round);
			}
			EXPECT_EQ(10 - first, at[1] / APART);
			ASSERT_EQ(0, reap(self, 2 - own));
			if (own)
				ASSERT_EQ(0, client_done(&client));
		}
		ASSERT_EQ(0, become(&myself));
		client_end(&client);
		client_end(&other);
		sleep_ms(APART_MS);
	}
}

/*
 * Three processes, two of which request the priority that they have anyway.
 * Each uses the same queue as without the attribute.
 */
TEST_F_TIMEOUT(bfq, own_priority, 600)
{
	static const char nth[] = { 1, 9, 5 };
	struct attr_list l = list_one(IOCB_ATTR_ioprio, BE | 4);
	struct client clients[3];
	long long at[NR];
	int i;

	/* bfq would reduce the budget of a queue after idling in vain */
	ASSERT_EQ(0, queue_set(self->dm.dev, "iosched/slice_idle", "0"));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, client_start(self, &clients[i], "bfq/a", 0, 0,
					  i == 1 ? NULL : &l));
	ASSERT_EQ(0, hold(self));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, client_read(&clients[i], nth[i]));
		ASSERT_EQ(0, wait_inserted(self, i + 1));
		sleep_ms(APART_MS);
	}
	ASSERT_EQ(0, served(self, at, 3));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(nth[i], at[i] / APART);
		ASSERT_EQ(0, client_done(&clients[i]));
		client_end(&clients[i]);
	}
}

/*
 * Removing the cgroup releases I/O that io.max throttles. bfq inserts it into a
 * queue of the parent, and serves real-time I/O of the root cgroup first.
 */
static void removed(struct __test_metadata *_metadata,
		    FIXTURE_DATA(bfq) * self, struct attr_list l,
		    struct client *client)
{
	char dev[32];
	long long at[NR];
	int i, nr = 32;

	strcpy(dev, self->dev);
	*strchr(dev, ',') = ':';
	ASSERT_EQ(0, set_max("bfq/a", dev, "1"));
	ASSERT_EQ(0, hold(self));
	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, submit(self, i * 16LL * BLOCK, l));
	if (client)
		client_end(client);
	ASSERT_EQ(0, cgroup_remove("bfq/a"));
	ASSERT_EQ(0, wait_inserted(self, nr));
	ASSERT_EQ(0, submit(self, 15 * APART,
			    list_one(IOCB_ATTR_ioprio, RT | 4)));
	ASSERT_EQ(0, wait_inserted(self, nr + 1));
	ASSERT_EQ(0, served(self, at, nr + 1));
	for (i = 0; i < nr && at[i] != 15 * APART; i++)
		;
	EXPECT_EQ(0, i) {
		TH_LOG("%d of %d requests before the real-time one", i, nr);
	}
	ASSERT_EQ(0, reap(self, nr + 1));
}

TEST_F_TIMEOUT(bfq, removed_cgroup, 600)
{
	removed(_metadata, self, list_one(IOCB_ATTR_cgroup, self->a), NULL);
}

TEST_F_TIMEOUT(bfq, removed_cgroup_of_process, 600)
{
	struct client client;

	ASSERT_EQ(0, client_start(self, &client, "bfq/a", 0, 0, NULL));
	removed(_metadata, self, list_one(IOCB_ATTR_proxy_pid, client.pid),
		&client);
}

static int set_weight(const char *cgroup, int weight)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", weight);
	return cgroup_write(cgroup, "io.bfq.weight", text);
}

/*
 * A process moves to a cgroup with a larger weight while I/O for it in the
 * first cgroup is throttled. Later I/O for the process uses the new cgroup.
 */
TEST_F_TIMEOUT(bfq, process_moves, 600)
{
	int c = cgroup_make("bfq/c");
	struct client client;
	long long at[NR];
	char dev[32];
	int i;

	ASSERT_LE(0, c);
	strcpy(dev, self->dev);
	*strchr(dev, ',') = ':';
	ASSERT_EQ(0, set_weight("bfq/a", 20));
	ASSERT_EQ(0, set_weight("bfq/b", 1000));
	ASSERT_EQ(0, set_weight("bfq/c", 100));
	ASSERT_EQ(0, client_start(self, &client, "bfq/a", 0, 0, NULL));
	ASSERT_EQ(0, set_max("bfq/a", dev, "1"));
	ASSERT_EQ(0, hold(self));
	/* within its share of the requests */
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, submit(self, i * 16LL * BLOCK,
				    list_one(IOCB_ATTR_proxy_pid, client.pid)));
	ASSERT_EQ(0, wait_inserted(self, 1));
	snprintf(dev, sizeof(dev), "%d", client.pid);
	ASSERT_EQ(0, cgroup_write("bfq/b", "cgroup.procs", dev));
	ASSERT_EQ(0, submit(self, 14 * APART,
			    list_one(IOCB_ATTR_proxy_pid, client.pid)));
	ASSERT_EQ(0, wait_inserted(self, 2));
	strcpy(dev, self->dev);
	*strchr(dev, ',') = ':';
	ASSERT_EQ(0, set_max("bfq/a", dev, "max"));
	ASSERT_EQ(0, wait_inserted(self, 5));
	ASSERT_EQ(0, submit(self, 7 * APART, list_one(IOCB_ATTR_cgroup, c)));
	ASSERT_EQ(0, wait_inserted(self, 6));
	ASSERT_EQ(0, served(self, at, 6));
	EXPECT_EQ(14, at[0] / APART);
	EXPECT_EQ(7, at[1] / APART);
	ASSERT_EQ(0, reap(self, 6));
	client_end(&client);
	close(c);
	EXPECT_EQ(0, cgroup_remove("bfq/c"));
}

/*
 * Submit @nr NOWAIT reads for a cgroup, or without attributes if it is -1, to a
 * slow disk with 64 requests. Returns how many were accepted. Those that were
 * rejected must not report the priority.
 */
static int taken(FIXTURE_DATA(bfq) * self, int cgroup, int nr, long long from)
{
	struct attr_list l = list_two(list_one(IOCB_ATTR_cgroup, cgroup),
				      list_one(IOCB_ATTR_ioprio, BE | 4));
	struct io_event events[NR];
	struct timespec now = {};
	struct iocb iocb, *iocbs = &iocb;
	int i, ret, refused = 0;

	for (i = 0; i < nr; i++) {
		iocb = read_at(self, from + i * 16LL * BLOCK,
			       cgroup < 0 ? NULL : &l);
		iocb.aio_rw_flags = RWF_NOWAIT;
		if (io_submit(self->ctx, 1, &iocbs) != 1)
			return -errno;
	}
	/* rejected reads have completed */
	ret = syscall(__NR_io_getevents, self->ctx, 0, NR, events, &now);
	for (i = 0; i < ret; i++) {
		if (events[i].res == BLOCK)
			continue;
		if (events[i].res != -EAGAIN)
			return -EIO;
		if (events[i].res2 & ATTR_BIT(ioprio))
			return -EBADMSG;
		refused++;
	}
	return nr - refused;
}

/* A client cannot use up the requests of another client. */
TEST_F_TIMEOUT(bfq, request_share, 600)
{
	int s = cgroup_make("bfq/s");
	int i;

	ASSERT_LE(0, s);
	close(self->fd);
	nullb_remove("bfq1");
	ASSERT_EQ(0, nullb_make("bfq1", SIZE_MIB,
				"irqmode=2 completion_nsec=200000000 hw_queue_depth=1",
				"bfq"));
	ASSERT_EQ(0, queue_set("bfq1", "nr_requests", "64"));
	ASSERT_EQ(0, queue_set("bfq1", "iosched/low_latency", "0"));
	self->fd = open("/dev/bfq1", O_RDONLY | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, set_weight("bfq/a", 100));
	ASSERT_EQ(0, set_weight("bfq/b", 900));
	ASSERT_EQ(0, set_weight("bfq/s", 100));

	/*
	 * The share of a is 6 while b has I/O. bfq reserves a few requests for
	 * queues over their limit.
	 */
	EXPECT_EQ(8, taken(self, self->b, 8, 0));
	for (i = 0; i < 10; i++) {
		EXPECT_LE(0, taken(self, self->a, 10, (i + 1) * APART));
		EXPECT_EQ(1, taken(self, self->b, 1, (i + 1) * APART / 2));
	}

	/* I/O of the server itself does not count as that of a client */
	ASSERT_EQ(0, cgroup_enter("bfq/s"));
	for (i = 0; i < 10; i++) {
		EXPECT_LE(0, taken(self, -1, 10, (i + 1) * APART + MIB));
		EXPECT_EQ(1, taken(self, self->b, 1, (i + 1) * APART / 4));
	}
	ASSERT_EQ(0, cgroup_enter(""));
	EXPECT_EQ(0, io_destroy(self->ctx));
	self->ctx = 0;
	ASSERT_EQ(0, io_setup(NR, &self->ctx));
	close(self->fd);
	self->fd = -1;
	nullb_remove("bfq1");
	close(s);
	EXPECT_EQ(0, cgroup_remove("bfq/s"));
}

/*
 * The idle queue of a process moves to another cgroup with its next I/O. bfq
 * then looks for something to dispatch, although the device is suspended.
 */
TEST_F_TIMEOUT(bfq, idle_queue_moves, 600)
{
	struct client client;
	long long at[NR];
	char pid[32];

	ASSERT_EQ(0, client_start(self, &client, "bfq/a", 0, 0, NULL));
	ASSERT_EQ(0, client_read(&client, 1));
	ASSERT_EQ(0, client_done(&client));
	ASSERT_EQ(0, hold(self));
	ASSERT_EQ(0, submit(self, 14 * APART,
			    list_one(IOCB_ATTR_cgroup, self->b)));
	ASSERT_EQ(0, wait_inserted(self, 1));
	snprintf(pid, sizeof(pid), "%d", client.pid);
	ASSERT_EQ(0, cgroup_write("bfq/b", "cgroup.procs", pid));
	ASSERT_EQ(0, client_read(&client, 7));
	ASSERT_EQ(0, wait_inserted(self, 2));
	ASSERT_EQ(0, served(self, at, 2));
	ASSERT_EQ(0, reap(self, 1));
	ASSERT_EQ(0, client_done(&client));
	client_end(&client);
}

struct server_thread {
	FIXTURE_DATA(bfq) * self;
	int done;
	int ret;
};

/* Many reads for one client, then a few for another one. */
static void *serve(void *arg)
{
	struct server_thread *t = arg;
	int i, ret = 0;

	for (i = 0; i < 128 && !ret; i++)
		ret = submit(t->self, APART + i * 16LL * BLOCK,
			     list_one(IOCB_ATTR_cgroup, t->self->a));
	for (i = 1; i < 4 && !ret; i++)
		ret = submit(t->self, 10 * APART + i * 16LL * BLOCK,
			     list_one(IOCB_ATTR_cgroup, t->self->b));
	t->ret = ret;
	__atomic_store_n(&t->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * One client with too many requests blocks neither a single-threaded server nor
 * other clients. No request completes meanwhile.
 */
TEST_F_TIMEOUT(bfq, server_not_blocked, 600)
{
	struct server_thread t = { .self = self };
	long long at[NR];
	pthread_t thread;
	int i, j, nr, of_b = 0, done = 0;

	ASSERT_EQ(0, queue_set(self->dm.dev, "nr_requests", "64"));
	ASSERT_EQ(0, set_weight("bfq/a", 100));
	ASSERT_EQ(0, set_weight("bfq/b", 900));
	ASSERT_EQ(0, hold(self));
	ASSERT_EQ(0, submit(self, 10 * APART,
			    list_one(IOCB_ATTR_cgroup, self->b)));
	ASSERT_EQ(0, wait_inserted(self, 1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, serve, &t));
	for (i = 0; i < HANG_MS && (of_b < 4 || !done); i += 20) {
		done = __atomic_load_n(&t.done, __ATOMIC_ACQUIRE);
		nr = traced(self, "block_rq_insert", at, NR);
		for (of_b = 0, j = 0; j < nr; j++)
			of_b += at[j] >= 10 * APART;
		sleep_ms(20);
	}
	EXPECT_EQ(4, of_b);
	EXPECT_EQ(1, done);
	ASSERT_EQ(0, dm_resume(&self->dm));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, t.ret);
	EXPECT_EQ(0, reap(self, 132));
}

TEST_HARNESS_MAIN
