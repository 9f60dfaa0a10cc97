// SPDX-License-Identifier: GPL-2.0
/* Create and remove the cgroups and processes that I/O is for. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>

#include "targets.h"

/* Writers go first; readers never wait. */
void target_lock_init(pthread_rwlock_t *lock)
{
	const int kind = PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, kind);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

/* Lock a target that exists, or one that is gone. May return NULL. */
struct target *target_hold(struct target *all, unsigned int nr, struct rnd *r,
			   bool gone)
{
	unsigned int i, first = rnd_below(r, nr);
	struct target *t;

	for (i = 0; i < nr; i++) {
		t = &all[(first + i) % nr];
		if (pthread_rwlock_tryrdlock(&t->lock))
			continue;
		if (t->gone == gone)
			return t;
		pthread_rwlock_unlock(&t->lock);
	}
	return NULL;
}

void target_release(struct target *t)
{
	pthread_rwlock_unlock(&t->lock);
}

static void target_failed(struct targets *p, const char *what,
			  const char *which, int error)
{
	p->failed++;
	printf("# %s %s: %s\n", what, which, strerror(-error));
}

static void cgroup_create(struct targets *p, struct target *t)
{
	char weight[32];
	int ret;

	t->fd = cgroup_make(t->cgroup);
	if (t->fd < 0) {
		target_failed(p, "cannot make", t->cgroup, t->fd);
		return;
	}
	snprintf(weight, sizeof(weight), "default %u",
		 1 + rnd_below(&p->rnd, 1000));
	ret = cgroup_write(t->cgroup, "io.weight", weight);
	if (ret)
		target_failed(p, "no weight for", t->cgroup, ret);
	t->gone = false;
	p->cgroups_made++;
}

static void cgroup_destroy(struct targets *p, struct target *t)
{
	int ret = cgroup_remove(t->cgroup);

	if (ret)
		target_failed(p, "cannot remove", t->cgroup, ret);
	t->gone = true;
	t->removals++;
}

/* The child closes inherited files, which would keep devices busy. */
static void process_main(const struct target *t, int ready, int ioprio)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(ready, 0);
	syscall(SYS_close_range, 3, ~0U, 0);
	if (cgroup_enter(t->cgroup) ||
	    (ioprio && syscall(SYS_ioprio_set, 1, 0, ioprio)) ||
	    write(0, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void process_create(struct targets *p, struct target *t)
{
	int ready[2], ioprio = 0;
	char byte;

	t->fd = cgroup_make(t->cgroup);
	if (t->fd < 0 || pipe2(ready, O_CLOEXEC)) {
		target_failed(p, "cannot make", t->cgroup, -errno);
		return;
	}
	close(t->fd);
	if (!rnd_one_in(&p->rnd, 3))
		ioprio = BE | rnd_below(&p->rnd, 8);
	t->pid = fork();
	if (!t->pid)
		process_main(t, ready[1], ioprio);
	close(ready[1]);
	t->fd = t->pid < 0 ? -errno : pidfd_open(t->pid);
	if (t->fd < 0 || read(ready[0], &byte, 1) != 1)
		target_failed(p, "no process in", t->cgroup, -errno);
	else
		t->gone = false;
	close(ready[0]);
	p->processes_made++;
}

static void process_reap(struct targets *p, struct target *t)
{
	waitpid(t->pid, NULL, 0);
	cgroup_destroy(p, t);
}

/* Create a target that is gone, or remove one that exists. */
void targets_step(struct targets *p)
{
	bool process = rnd_one_in(&p->rnd, 2);
	struct target *t = process ?
		&p->processes[rnd_below(&p->rnd, NR_PROCESSES)] :
		&p->cgroups[rnd_below(&p->rnd, NR_CGROUPS)];

	/* a zombie remains a valid target until it is reaped */
	if (process && !t->gone) {
		kill(t->pid, SIGKILL);
		sleep_ms(rnd_below(&p->rnd, 50));
	}
	pthread_rwlock_wrlock(&t->lock);
	if (!t->gone) {
		(process ? process_reap : cgroup_destroy)(p, t);
	} else {
		close(t->fd);
		(process ? process_create : cgroup_create)(p, t);
	}
	pthread_rwlock_unlock(&t->lock);
}

/* Returns 0 or a negative errno. */
int targets_init(struct targets *p, uint64_t seed, uint64_t stream)
{
	struct target *t;
	int i, ret;

	rnd_init(&p->rnd, seed, stream);
	ret = cgroup_make("soak");
	if (ret < 0)
		return ret;
	close(ret);
	ret = cgroup_write("soak", "cgroup.subtree_control", "+io");
	if (ret)
		return ret;
	for (i = 0; i < NR_CGROUPS + NR_PROCESSES; i++) {
		t = i < NR_CGROUPS ? &p->cgroups[i] :
				     &p->processes[i - NR_CGROUPS];
		target_lock_init(&t->lock);
		t->gone = true;
		snprintf(t->cgroup, sizeof(t->cgroup), "soak/%d", i);
		(i < NR_CGROUPS ? cgroup_create : process_create)(p, t);
	}
	return p->failed ? -EIO : 0;
}

/* Call from the thread that created the processes, which die with it. */
void targets_exit(struct targets *p)
{
	struct target *t;
	int i;

	for (i = 0; i < NR_CGROUPS + NR_PROCESSES; i++) {
		t = i < NR_CGROUPS ? &p->cgroups[i] :
				     &p->processes[i - NR_CGROUPS];
		if (!t->gone && i < NR_CGROUPS)
			cgroup_destroy(p, t);
		else if (!t->gone && !kill(t->pid, SIGKILL))
			process_reap(p, t);
		close(t->fd);
		pthread_rwlock_destroy(&t->lock);
	}
	i = cgroup_remove("soak");
	if (i)
		target_failed(p, "cannot remove", "soak", i);
}
