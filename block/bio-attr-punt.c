// SPDX-License-Identifier: GPL-2.0
/*
 * Keep a task that does I/O for others from waiting for one of them.
 *
 * blk-iocost and blk-iolatency make the task wait that submits, until the
 * cgroup of its bio has budget. A task that submits for others would wait for
 * each of them in turn, and who has budget would wait with it. A bio that has to
 * wait is queued at its blkcg_gq instead, in the list that
 * blkcg_punt_bio_submit() uses. It comes here from blk_mq_submit_bio(), and a
 * worker takes it back there: all that is counted before was counted.
 *
 * The worker does not wait either. If there is no budget for the first bio, the
 * worker ends. The policy charges the bio when there is budget, and queues the
 * work again. So no number of cgroups without budget can keep the worker of
 * another one from running.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "blk.h"
#include "blk-cgroup.h"
#include "blk-mq.h"
#include "blk-rq-qos.h"

/*
 * Is @bio, which bio_for_whom() is true of, to be charged to a cgroup that the
 * task is not in, and does not work for as a kthread?
 */
bool bio_for_other_cgroup(const struct bio *bio)
{
	const struct blkcg_gq *blkg = bio->bi_blkg;
	bool other;

	if (!blkg || !blkg->parent)
		return false;
	rcu_read_lock();
	other = &blkg->blkcg->css != blkcg_css();
	rcu_read_unlock();
	return other;
}

/*
 * What is queued keeps the process that submitted it, where blk-iocost will have
 * what it cost. A kthread has no process.
 */
static void bio_set_submitter(struct bio *bio, pid_t tgid)
{
#ifdef CONFIG_BLK_CGROUP_IOCOST
	bio->bi_iocost_cost = tgid;
#endif
}

static pid_t bio_take_submitter(struct bio *bio)
{
	pid_t tgid = 0;

#ifdef CONFIG_BLK_CGROUP_IOCOST
	tgid = bio->bi_iocost_cost;
	bio->bi_iocost_cost = 0;
#endif
	return tgid;
}

/**
 * blkg_attr_bio_dying - is the submitter of a queued bio exiting?
 * @blkg: Where the bio is queued. The worker is at the bio, or waits with it.
 *
 * A process waits for its I/O when it exits. What is left of it is not to wait
 * for budget then: as when a task is killed that waits for budget itself, it is
 * issued at once and the cgroup is in debt.
 *
 * Context: Any.
 * Return: Whether the process exits, or has exited.
 */
bool blkg_attr_bio_dying(struct blkcg_gq *blkg)
{
	pid_t tgid = READ_ONCE(blkg->async_tgid);
	struct task_struct *task;
	bool dying;

	if (!tgid)
		return false;
	rcu_read_lock();
	task = find_task_by_pid_ns(tgid, &init_pid_ns);
	dying = !task ||
		(READ_ONCE(task->signal->flags) & SIGNAL_GROUP_EXIT);
	rcu_read_unlock();
	return dying;
}

/*
 * A bio leaves blk_mq_submit_bio(), which drops its own reference on the queue.
 * One to a zone goes on where it was, with a reference.
 */
static void bio_leave(struct request_queue *q, struct bio *bio, pid_t tgid)
{
	if (bio_zone_write_plugging(bio))
		percpu_ref_get(&q->q_usage_counter);
	bio_set_submitter(bio, tgid);
}

/* In the worker of @blkg. */
static bool blkg_throttle_attr_bio(struct request_queue *q,
				   struct blkcg_gq *blkg, struct bio *bio)
{
	unsigned int flags = RQ_QOS_TRY_WAKE;
	int state = READ_ONCE(blkg->async_state);

	/* of two parts of one bio the later one comes first */
	if (state == BLKG_ASYNC_WAITS || state == BLKG_ASYNC_WOKEN)
		goto wait;

	if (bio_issue_as_root_blkg(bio) || blkg_attr_bio_dying(blkg))
		flags |= RQ_QOS_TRY_DEBT;

	/* what the bio waits on is there until the queue is frozen */
	percpu_ref_get(&blkg->q->q_usage_counter);
	WRITE_ONCE(blkg->async_state, BLKG_ASYNC_WAITS);
	if (__rq_qos_try_throttle(q->rq_qos, bio, flags)) {
		WRITE_ONCE(blkg->async_state, BLKG_ASYNC_IDLE);
		blk_queue_exit(blkg->q);
		return true;
	}
wait:
	bio_leave(q, bio, blkg->async_tgid);
	spin_lock(&blkg->async_bio_lock);
	bio_list_add_head(&blkg->async_bios, bio);
	spin_unlock(&blkg->async_bio_lock);
	return false;
}

/**
 * blkcg_attr_bio_may_wait - may a task wait for what a bio has to wait for?
 * @bio: A bio that bio_for_whom() is true of.
 *
 * Context: Process context.
 * Return: Whether the task is the worker of the bio's cgroup and disk.
 */
bool blkcg_attr_bio_may_wait(const struct bio *bio)
{
	return !bio->bi_blkg || current_work() == &bio->bi_blkg->async_bio_work;
}
EXPORT_SYMBOL_GPL(blkcg_attr_bio_may_wait);

/**
 * blkcg_queue_attr_bio - queue a bio for the worker of its cgroup and disk
 * @q: The bio's queue.
 * @bio: A bio that blkcg_attr_bio_may_wait() is false of. It is not the
 *	caller's any longer.
 *
 * Context: Process context.
 */
void blkcg_queue_attr_bio(struct request_queue *q, struct bio *bio)
{
	/* nothing polls for it meanwhile */
	bio_clear_polled(bio);
	bio_leave(q, bio, current->flags & PF_KTHREAD ? 0 : current->tgid);
	blkg_punt_bio(bio->bi_blkg, bio);
}

/**
 * blkcg_throttle_attr_bio - throttle a bio without waiting
 * @q: The bio's queue, which something that throttles is set up for.
 * @bio: A bio that bio_for_other_cgroup() is true of.
 *
 * Context: Process context.
 * Return: Whether the caller goes on with @bio. Otherwise it is queued, and is
 *	not the caller's any longer.
 */
bool blkcg_throttle_attr_bio(struct request_queue *q, struct bio *bio)
{
	struct blkcg_gq *blkg = bio->bi_blkg;
	unsigned int flags = 0;

	if (current_work() == &blkg->async_bio_work) {
		if (!blkg_throttle_attr_bio(q, blkg, bio))
			return false;
		goto throttled;
	}

	if (bio_issue_as_root_blkg(bio) || fatal_signal_pending(current))
		flags = RQ_QOS_TRY_DEBT;
	/* data_race: a bio that is queued now may as well have come later */
	if ((flags || data_race(bio_list_empty(&blkg->async_bios))) &&
	    __rq_qos_try_throttle(q->rq_qos, bio, flags))
		goto throttled;

	/* to be queued is not to wait */
	bio->bi_opf &= ~REQ_NOWAIT;
	blkcg_queue_attr_bio(q, bio);
	return false;

throttled:
	bio_set_flag(bio, BIO_QOS_THROTTLED);
	return true;
}

/* In blk_mq_submit_bio(): does the worker submit a bio that has waited? */
bool __bio_attr_woken(const struct bio *bio)
{
	struct blkcg_gq *blkg = bio->bi_blkg;

	return blkg && READ_ONCE(blkg->async_state) == BLKG_ASYNC_FIRST &&
		current_work() == &blkg->async_bio_work;
}

/* In the worker of @blkg: whether @bio was queued here, and is submitted now. */
bool blkg_submit_attr_bio(struct blkcg_gq *blkg, struct bio *bio)
{
	if (!bio_for_whom(bio))
		return false;

	/* pairs with blkg_wake_attr_bios() */
	if (smp_load_acquire(&blkg->async_state) == BLKG_ASYNC_WOKEN) {
		WRITE_ONCE(blkg->async_state, BLKG_ASYNC_FIRST);
		blk_queue_exit(blkg->q);
	}
	WRITE_ONCE(blkg->async_tgid, bio_take_submitter(bio));
	blk_mq_submit_bio(bio);
	/* it merged, or the queue is dying */
	if (READ_ONCE(blkg->async_state) == BLKG_ASYNC_FIRST)
		WRITE_ONCE(blkg->async_state, BLKG_ASYNC_IDLE);
	return true;
}

/**
 * blkg_wake_attr_bios - go on with bios that wait
 * @blkg: Where they are queued, after try_throttle of a policy failed with
 *	RQ_QOS_TRY_WAKE.
 *
 * Context: Any.
 */
void blkg_wake_attr_bios(struct blkcg_gq *blkg)
{
	/* what the policy charged comes first, for blkg_submit_attr_bio() */
	smp_store_release(&blkg->async_state, BLKG_ASYNC_WOKEN);
	blkg_queue_async_bios(blkg);
}
