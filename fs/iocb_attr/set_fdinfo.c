// SPDX-License-Identifier: GPL-2.0
/*
 * Per-I/O attributes: what /proc/PID/fdinfo says of an attribute set.
 */
#include <linux/bitops.h>
#include <linux/cgroup.h>
#include <linux/cgroup_namespace.h>
#include <linux/fs.h>
#include <linux/ioprio.h>
#include <linux/kernfs.h>
#include <linux/nsproxy.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "set.h"

/* The root of the reader's cgroup namespace. */
static struct kernfs_node *current_root_kn(void)
{
#ifdef CONFIG_CGROUPS
	return current->nsproxy->cgroup_ns->root_cset->dfl_cgrp->kn;
#else
	return NULL;
#endif
}

static void show_path(struct seq_file *m, const char *name,
		      struct kernfs_node *kn)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);

	if (!path)
		return;
	if (kernfs_path_from_node(kn, current_root_kn(), path, PATH_MAX) > 0) {
		seq_printf(m, " %s=", name);
		seq_escape(m, path, " \t\n\\");
	}
	kfree(path);
}

static void show_ioprio(struct seq_file *m, int ioprio)
{
	static const char * const classes[] = {
		[IOPRIO_CLASS_NONE]	= "none",
		[IOPRIO_CLASS_RT]	= "rt",
		[IOPRIO_CLASS_BE]	= "be",
		[IOPRIO_CLASS_IDLE]	= "idle",
	};
	int class = IOPRIO_PRIO_CLASS(ioprio);

	seq_printf(m, " ioprio=%s", classes[class]);
	if (class == IOPRIO_CLASS_RT || class == IOPRIO_CLASS_BE)
		seq_printf(m, ":%lu", (unsigned long)IOPRIO_PRIO_LEVEL(ioprio));
}

/* Print the names of the bits in @mask, separated by commas. */
static void show_mask(struct seq_file *m, const char *what, unsigned long mask,
		      const char * const *names, unsigned int nr)
{
	char separator = '=';
	unsigned int bit;

	if (!mask)
		return;
	seq_printf(m, " %s", what);
	for_each_set_bit(bit, &mask, nr) {
		seq_printf(m, "%c%s", separator, names[bit]);
		separator = ',';
	}
}

static const char * const attr_names[SET_IDS] = {
	[IOCB_ATTR_proxy_pid]	= "proxy_pid",
	[IOCB_ATTR_proxy_pidfd]	= "proxy_pidfd",
	[IOCB_ATTR_cgroup]	= "cgroup",
	[IOCB_ATTR_ioprio]	= "ioprio",
	[IOCB_ATTR_cache]	= "cache",
};

static const char * const hint_names[] = {
	"bypass", "admit", "writethrough", "writeback", "writearound",
};

static void show_honoured(struct seq_file *m, const struct io_attr_set *set)
{
	unsigned long present = set->main.attrs.present;
	unsigned int id, cpu;
	u64 sum;

	seq_puts(m, "iocb_attr_honoured:");
	for_each_set_bit(id, &present, SET_IDS) {
		sum = 0;
		for_each_possible_cpu(cpu)
			sum += per_cpu_ptr(set->main.honoured, cpu)[id];
		seq_printf(m, " %s=%llu", attr_names[id], sum);
	}
	seq_putc(m, '\n');
}

/**
 * iocb_attr_set_show_fdinfo - describe an attribute set
 * @m: /proc/PID/fdinfo/FD.
 * @file: The set.
 *
 * Paths of cgroups are those of the reader's cgroup namespace. Processes are not
 * shown: a set does not keep them.
 *
 * Context: Process context.
 */
void iocb_attr_set_show_fdinfo(struct seq_file *m, struct file *file)
{
	const struct io_attr_set *set = file->private_data;
	const struct iocb_attrs *attrs = &set->main.attrs;

	seq_puts(m, "iocb_attr:");
	if (attrs->present & IOCB_ATTRS_PROXY)
		seq_puts(m, " proxy");
	if (set->target_kn) {
		show_path(m, "cgroup", set->target_kn);
		if (READ_ONCE(set->removed))
			seq_puts(m, " (deleted)");
	}
	if (attrs->ioprio)
		show_ioprio(m, attrs->ioprio);
	show_mask(m, "cache", attrs->cache.hints, hint_names,
		  ARRAY_SIZE(hint_names));
	show_mask(m, "required", attrs->required, attr_names, SET_IDS);
	if (attrs->flags & IOCB_ATTR_LIST_REPORT)
		seq_puts(m, " report");
	if (set->top_kn)
		show_path(m, "delegate", set->top_kn);
	if (!attrs->present && !(attrs->flags & IOCB_ATTR_LIST_REPORT))
		seq_puts(m, " none");
	seq_putc(m, '\n');
	show_honoured(m, set);
}
