// SPDX-License-Identifier: GPL-2.0
/*
 * Throttle tagged I/O in a worker per cgroup instead of the submitting task.
 *
 * blk-iocost and blk-iolatency block the submitting task until the cgroup of
 * its bio has budget. A task that submits for several cgroups would wait for
 * each of them in turn, and the I/O of cgroups with budget would be delayed. A
 * bio that has to wait is queued at its blkcg_gq instead, in the list that
 * blkcg_punt_bio_submit() uses. blk_mq_submit_bio() hands the bio over, and a
 * worker passes it to blk_mq_submit_bio() again, so that the accounting that
 * precedes it is done once.
 *
 * The worker does not wait for budget either. If the cgroup has no budget for
 * the first bio, the work item ends. The policy charges the bio when there is
 * budget, and queues the work again. Cgroups without budget, however many,
 * therefore cannot keep the worker of another cgroup from running.
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
 * True if @bio is charged to a cgroup other than the task's, the root cgroup
 * excepted. The cgroup that a kthread works for counts as the kthread's.
 * bio_has_sched_attrs() must be true for @bio.
 */
bool bio_for_other_cgroup(const struct bio *bio)
{
	const struct blkcg_gq *blkg = bio->bi_blkg;
	bool other;

	if (!blkg || !blkg->parent)
		return false;
	rcu_read_lock();
	other = &blkg->blkcg->css != blkcg_task_css();
	rcu_read_unlock();
	return other;
}

/*
 * A queued bio stores its submitter's tgid in the field that blk-iocost later
 * uses for the cost. The tgid is 0 for a kthread.
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
 * blkg_attr_bio_dying - test whether the submitter of a queued bio is exiting
 * @blkg: The blkg whose worker is submitting the bio, or whose first bio waits.
 *
 * An exiting process waits for its I/O, which must therefore not wait for
 * budget. It is issued at once and puts the cgroup into debt, like the bio of a
 * task that is killed while it waits for budget.
 *
 * Context: Any.
 * Return: True if the process is exiting or has exited.
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
 * Prepare a bio for leaving blk_mq_submit_bio(), which drops its reference on
 * the queue. A write that holds its zone write plug gets a reference of its
 * own: the next blk_mq_submit_bio() resumes it without taking one.
 */
static void bio_leave(struct request_queue *q, struct bio *bio, pid_t tgid)
{
	if (bio_zone_write_plugging(bio))
		percpu_ref_get(&q->q_usage_counter);
	bio_set_submitter(bio, tgid);
}

/* Throttle @bio in the worker of @blkg; false if @bio was queued again. */
static bool blkg_throttle_attr_bio(struct request_queue *q,
				   struct blkcg_gq *blkg, struct bio *bio)
{
	unsigned int flags = RQ_QOS_TRY_WAKE;
	int state = READ_ONCE(blkg->async_state);

	/* the remainder of a split bio comes first, and waits already */
	if (state == BLKG_ASYNC_WAITS || state == BLKG_ASYNC_WOKEN)
		goto wait;

	if (bio_issue_as_root_blkg(bio) || blkg_attr_bio_dying(blkg))
		flags |= RQ_QOS_TRY_DEBT;

	/* keep the queue unfrozen, so that the wait queue stays valid */
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
 * blkcg_attr_bio_may_wait - test whether the current task may wait for a bio
 * @bio: A bio for which bio_has_sched_attrs() is true.
 *
 * Context: Process context.
 * Return: True if the task is the worker of the bio's cgroup and disk, or if
 *	@bio has no blkg.
 */
bool blkcg_attr_bio_may_wait(const struct bio *bio)
{
	return !bio->bi_blkg || current_work() == &bio->bi_blkg->async_bio_work;
}
EXPORT_SYMBOL_GPL(blkcg_attr_bio_may_wait);

/**
 * blkcg_queue_attr_bio - queue a bio for the worker of its cgroup and disk
 * @q: The bio's queue.
 * @bio: A bio for which blkcg_attr_bio_may_wait() is false. The caller must not
 *	use it afterwards.
 *
 * Context: Process context.
 */
void blkcg_queue_attr_bio(struct request_queue *q, struct bio *bio)
{
	/* a queued bio cannot be polled for */
	bio_clear_polled(bio);
	bio_leave(q, bio, current->flags & PF_KTHREAD ? 0 : current->tgid);
	blkg_punt_bio(bio->bi_blkg, bio);
}

/**
 * blkcg_throttle_attr_bio - throttle a bio without blocking
 * @q: The bio's queue, which has at least one rq_qos policy.
 * @bio: A bio for which bio_for_other_cgroup() is true.
 *
 * Context: Process context.
 * Return: True if the caller continues with @bio. False if @bio was queued; the
 *	caller must not use it afterwards.
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
	/* data_race: a bio that is queued now may be ordered after this one */
	if ((flags || data_race(bio_list_empty(&blkg->async_bios))) &&
	    __rq_qos_try_throttle(q->rq_qos, bio, flags))
		goto throttled;

	/* queueing does not block the submitter, and the worker may block */
	bio->bi_opf &= ~REQ_NOWAIT;
	blkcg_queue_attr_bio(q, bio);
	return false;

throttled:
	bio_set_flag(bio, BIO_QOS_THROTTLED);
	return true;
}

/* True if the worker is in blk_mq_submit_bio() for a bio that has waited. */
bool __bio_attr_woken(const struct bio *bio)
{
	struct blkcg_gq *blkg = bio->bi_blkg;

	return blkg && READ_ONCE(blkg->async_state) == BLKG_ASYNC_FIRST &&
		current_work() == &blkg->async_bio_work;
}

/* Submit @bio in the worker of @blkg; false if @bio was not queued here. */
bool blkg_submit_attr_bio(struct blkcg_gq *blkg, struct bio *bio)
{
	if (!bio_has_sched_attrs(bio))
		return false;

	/* pairs with blkg_wake_attr_bios() */
	if (smp_load_acquire(&blkg->async_state) == BLKG_ASYNC_WOKEN) {
		WRITE_ONCE(blkg->async_state, BLKG_ASYNC_FIRST);
		blk_queue_exit(blkg->q);
	}
	WRITE_ONCE(blkg->async_tgid, bio_take_submitter(bio));
	blk_mq_submit_bio(bio);
	/* @bio did not reach the throttle: it merged, or the queue is dying */
	if (READ_ONCE(blkg->async_state) == BLKG_ASYNC_FIRST)
		WRITE_ONCE(blkg->async_state, BLKG_ASYNC_IDLE);
	return true;
}

/**
 * blkg_wake_attr_bios - resume the bios that wait at a blkg
 * @blkg: The blkg. try_throttle() of a policy has failed with RQ_QOS_TRY_WAKE
 *	for its first bio.
 *
 * Context: Any.
 */
void blkg_wake_attr_bios(struct blkcg_gq *blkg)
{
	/* after the policy's charge; pairs with blkg_submit_attr_bio() */
	smp_store_release(&blkg->async_state, BLKG_ASYNC_WOKEN);
	blkg_queue_async_bios(blkg);
}
