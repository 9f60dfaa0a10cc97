// SPDX-License-Identifier: GPL-2.0
/*
 * Keep a task that does I/O for others from waiting for one of them.
 *
 * blk-iocost and blk-iolatency make the task wait that submits, until the
 * cgroup of its bio has budget. A task that submits for others would wait for
 * each of them in turn, and who has budget would wait with it. The bio is left
 * to a worker of that cgroup instead. It comes here from blk_mq_submit_bio(),
 * and goes back there: all that is counted before was counted.
 */
#include <linux/bio-attr.h>
#include <linux/bio.h>
#include <linux/workqueue.h>

#include "blk.h"
#include "blk-cgroup.h"
#include "blk-mq.h"
#include "blk-rq-qos.h"

static struct workqueue_struct *punt_wq;

/**
 * blkcg_punt_attr_bio - leave a bio to a worker of its cgroup
 * @q: The bio's queue, which something that throttles is set up for.
 * @bio: A bio that bio_for_whom() is true of.
 *
 * Context: Process context.
 * Return: Whether @bio was left to the worker; it is not the caller's then.
 */
bool blkcg_punt_attr_bio(struct request_queue *q, struct bio *bio)
{
	struct blkcg_gq *blkg = bio->bi_blkg;
	bool own;

	/* it is to fail, or is looked for by who submits it */
	if (bio->bi_opf & (REQ_NOWAIT | REQ_POLLED))
		return false;
	/* others are to wait for it */
	if (bio_zone_write_plugging(bio))
		return false;
	if (!rq_qos_id(q, RQ_QOS_COST) && !rq_qos_id(q, RQ_QOS_LATENCY))
		return false;
	if (!blkg || !blkg->parent || current_work() == &blkg->attr_bio_work)
		return false;
	rcu_read_lock();
	own = blkg->blkcg == css_to_blkcg(task_css(current, io_cgrp_id));
	rcu_read_unlock();
	if (own)
		return false;

	/* for the work: one that is running may end @bio before it is queued */
	blkg_get(blkg);
	spin_lock(&blkg->attr_bio_lock);
	bio_list_add(&blkg->attr_bios, bio);
	spin_unlock(&blkg->attr_bio_lock);
	if (!queue_work(punt_wq, &blkg->attr_bio_work))
		blkg_put(blkg);
	return true;
}

/* The worker of a cgroup and a queue. */
void blkg_attr_bio_workfn(struct work_struct *work)
{
	struct blkcg_gq *blkg = container_of(work, struct blkcg_gq,
					     attr_bio_work);
	struct bio_list bios = BIO_EMPTY_LIST;
	struct blk_plug plug;
	struct bio *bio;

	spin_lock(&blkg->attr_bio_lock);
	bio_list_merge_init(&bios, &blkg->attr_bios);
	spin_unlock(&blkg->attr_bio_lock);

	blk_start_plug(&plug);
	while ((bio = bio_list_pop(&bios)))
		blk_mq_submit_bio(bio);
	blk_finish_plug(&plug);
	/* of blkcg_punt_attr_bio() */
	blkg_put(blkg);
}

static int __init bio_attr_init(void)
{
	punt_wq = alloc_workqueue("bio_attr", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return punt_wq ? 0 : -ENOMEM;
}
subsys_initcall(bio_attr_init);
