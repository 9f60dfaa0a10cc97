// SPDX-License-Identifier: GPL-2.0
/*
 * bfq has queues of its own for I/O that is done for others. Their cgroup,
 * class and weight are those of the cgroup or process that the I/O names, and
 * the queues of the task that submits are as without such I/O.
 *
 * The order in which bfq serves requests shows its queues. A device-mapper
 * device that is suspended holds all requests in the scheduler, so the order
 * does not depend on the speed of anything. Of queues that differ in nothing
 * the one that got a request first is served first.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "stack.h"
#include "who.h"
#include "harness.h"

#define DISK		"bfq0"
#define MIB		(1 << 20)
#define SIZE_MIB	1024
#define NR		256
#define TRACING		"/sys/kernel/tracing/"
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

/* A process that reads when it is told to. */
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
	/* as the trace prints it */
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
	/* what a test that failed has left */
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
	return prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK, at, list);
}

static int submit(FIXTURE_DATA(bfq) * self, long long at, struct who_list l)
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
 * The offsets of the requests that an event tells of, in its order, without
 * those that come again. Returns how many there are, or a negative errno.
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

/* Wait until the scheduler has so many requests. */
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

/* Let them go, and wait for so many; @at is the order of their offsets. */
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

/* Read once for each byte: the offset in units of APART. */
static void client_reads(FIXTURE_DATA(bfq) * self, int from, int to,
			 const struct who_list *l)
{
	aio_context_t ctx = 0;
	struct io_event event;
	struct iocb iocb;
	char byte;

	if (io_setup(1, &ctx) || write(to, "", 1) != 1)
		_exit(1);
	while (read(from, &byte, 1) == 1) {
		iocb = read_at(self, byte * APART, l);
		if (run(ctx, &iocb, &event) || event.res != BLOCK ||
		    write(to, "", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/*
 * A priority of 0 is none, as with ioprio_set(2), but the process has an
 * io_context then, and with it a queue.
 */
static int client_start(FIXTURE_DATA(bfq) * self, struct client *c,
			const char *cgroup, int ioprio, int nice,
			const struct who_list *l)
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

/* The nth APART of the disk. */
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
 * What the server is, and which of two clients is served first: one without a
 * priority whose nice value counts, and one of BE 4, which is what nice 0 gives.
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

TEST_F_TIMEOUT(bfq, nice_of_server, 600)
{
	static const struct server myself = { .policy = SCHED_OTHER };
	struct client client, other;
	int i, own, round, first, step, ret;
	long long at[NR];

	for (i = 0; i < ARRAY_SIZE(servers); i++) {
		const struct server *s = &servers[i];

		ASSERT_EQ(0, client_start(self, &client, "bfq/a", 0,
					  s->client_nice, NULL));
		ASSERT_EQ(0, client_start(self, &other, "bfq/a", BE | 4, 0,
					  NULL));
		ASSERT_EQ(0, become(s));
		/* at last the client reads itself: nothing stays */
		for (round = 0; round < 3; round++) {
			own = round == 2;
			ASSERT_EQ(0, hold(self));
			for (step = 0; step < 2; step++) {
				if (s->other_asks_first == !step)
					ret = submit(self, 2 * APART,
						     who(IOCB_ATTR_proxy_pid,
							 other.pid));
				else if (own)
					ret = client_read(&client, 8);
				else
					ret = submit(self, 8 * APART,
						     who(IOCB_ATTR_proxy_pid,
							 client.pid));
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
 * Three processes, and two of them ask for the priority that they have anyway:
 * each has the queue that it has without the attribute.
 */
TEST_F_TIMEOUT(bfq, own_priority, 600)
{
	static const char nth[] = { 1, 9, 5 };
	struct who_list l = who(IOCB_ATTR_ioprio, BE | 4);
	struct client clients[3];
	long long at[NR];
	int i;

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
 * What io.max held back comes to bfq at once when the cgroup is removed. It is
 * in a queue of the parent, and real-time I/O of the root cgroup comes before.
 */
static void removed(struct __test_metadata *_metadata,
		    FIXTURE_DATA(bfq) * self, struct who_list l,
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
	ASSERT_EQ(0, submit(self, 15 * APART, who(IOCB_ATTR_ioprio, RT | 4)));
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
	removed(_metadata, self, who(IOCB_ATTR_cgroup, self->a), NULL);
}

TEST_F_TIMEOUT(bfq, removed_cgroup_of_process, 600)
{
	struct client client;

	ASSERT_EQ(0, client_start(self, &client, "bfq/a", 0, 0, NULL));
	removed(_metadata, self, who(IOCB_ATTR_proxy_pid, client.pid), &client);
}

static int set_weight(const char *cgroup, int weight)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", weight);
	return cgroup_write(cgroup, "io.bfq.weight", text);
}

/*
 * A process changes to a cgroup with a larger weight, while I/O that was done
 * for it in the first one is held back. That I/O does not take along what is
 * done for the process since.
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
	/* no more than its share of the requests */
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, submit(self, i * 16LL * BLOCK,
				    who(IOCB_ATTR_proxy_pid, client.pid)));
	ASSERT_EQ(0, wait_inserted(self, 1));
	snprintf(dev, sizeof(dev), "%d", client.pid);
	ASSERT_EQ(0, cgroup_write("bfq/b", "cgroup.procs", dev));
	ASSERT_EQ(0, submit(self, 14 * APART,
			    who(IOCB_ATTR_proxy_pid, client.pid)));
	ASSERT_EQ(0, wait_inserted(self, 2));
	strcpy(dev, self->dev);
	*strchr(dev, ',') = ':';
	ASSERT_EQ(0, set_max("bfq/a", dev, "max"));
	ASSERT_EQ(0, wait_inserted(self, 5));
	ASSERT_EQ(0, submit(self, 7 * APART, who(IOCB_ATTR_cgroup, c)));
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
 * How many of @nr reads for a cgroup, or without attributes if it is -1, does a
 * disk take that is slow and has 64 requests, without waiting? No priority is
 * honoured of those that it refuses.
 */
static int taken(FIXTURE_DATA(bfq) * self, int cgroup, int nr, long long from)
{
	struct who_list l = who_and(who(IOCB_ATTR_cgroup, cgroup),
				    who(IOCB_ATTR_ioprio, BE | 4));
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
	/* what was refused is done */
	ret = syscall(__NR_io_getevents, self->ctx, 0, NR, events, &now);
	for (i = 0; i < ret; i++) {
		if (events[i].res == BLOCK)
			continue;
		if (events[i].res != -EAGAIN)
			return -EIO;
		if (events[i].res2 & 1 << IOCB_ATTR_ioprio)
			return -EBADMSG;
		refused++;
	}
	return nr - refused;
}

/* One client does not take the requests of another one. */
TEST_F_TIMEOUT(bfq, share_of_requests, 600)
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
	 * 6 are for a while b has something to do. A few more are left that bfq
	 * keeps for queues over their limit.
	 */
	EXPECT_EQ(8, taken(self, self->b, 8, 0));
	for (i = 0; i < 10; i++) {
		EXPECT_LE(0, taken(self, self->a, 10, (i + 1) * APART));
		EXPECT_EQ(1, taken(self, self->b, 1, (i + 1) * APART / 2));
	}

	/* what the server does for itself is not counted as theirs */
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

struct server_thread {
	FIXTURE_DATA(bfq) * self;
	int done;
	int ret;
};

/* For one client as much as it wants, and after that a bit for another one. */
static void *serve(void *arg)
{
	struct server_thread *t = arg;
	int i, ret = 0;

	for (i = 0; i < 128 && !ret; i++)
		ret = submit(t->self, APART + i * 16LL * BLOCK,
			     who(IOCB_ATTR_cgroup, t->self->a));
	for (i = 1; i < 4 && !ret; i++)
		ret = submit(t->self, 10 * APART + i * 16LL * BLOCK,
			     who(IOCB_ATTR_cgroup, t->self->b));
	t->ret = ret;
	__atomic_store_n(&t->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * A server of one thread does not wait because a client has too many requests,
 * and the others have theirs. Nothing is completed meanwhile.
 */
TEST_F_TIMEOUT(bfq, server_does_not_wait, 600)
{
	struct server_thread t = { .self = self };
	long long at[NR];
	pthread_t thread;
	int i, j, nr, of_b = 0, done = 0;

	ASSERT_EQ(0, queue_set(self->dm.dev, "nr_requests", "64"));
	ASSERT_EQ(0, set_weight("bfq/a", 100));
	ASSERT_EQ(0, set_weight("bfq/b", 900));
	ASSERT_EQ(0, hold(self));
	ASSERT_EQ(0, submit(self, 10 * APART, who(IOCB_ATTR_cgroup, self->b)));
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
