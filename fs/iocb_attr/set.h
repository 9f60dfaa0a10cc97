/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to fs/iocb_attr/: attribute sets.
 */
#ifndef _FS_IOCB_ATTR_SET_H
#define _FS_IOCB_ATTR_SET_H

#include <linux/iocb_attr_scope.h>
#include <linux/iocb_attr_set.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct cgroup;
struct file;
struct kernfs_node;
struct seq_file;

/* The ids that may be in a set, which layers below the system call honour. */
#define SET_IDS		(IOCB_ATTR_cache + 1)

/* Why a set is found when a cgroup or a css goes away. */
enum {
	LINK_USER,	/* the io css of the maker */
	LINK_CSS,	/* the css that I/O is charged to */
	LINK_TARGET,	/* the named cgroup */
	NR_LINKS,
};

struct set_link {
	struct hlist_node	node;
	const void		*key;
	struct io_attr_set	*set;
};

/**
 * struct io_attr_set - an attribute set
 * @main: The attributes for submitters in the io css of the maker, and if the
 *	set is restricted, for all others that may use it.
 * @own: The same without a css, unless the set is restricted: for submitters in
 *	other cgroups, who are charged themselves.
 * @restricted: The set names a cgroup, a process or the real-time class.
 * @ended: @main.ref has been killed; protected by sets_lock.
 * @removed: The named cgroup has been removed.
 * @user: The io css of the maker, or NULL after it has gone offline; compared
 *	only.
 * @maker: The id of the cgroup of the process that made the set.
 * @users: The file, and each of @main and @own until its last I/O has ended.
 * @target: The named cgroup, with a reference that @main holds.
 * @top: With IOCB_ATTR_CREATE_DELEGATE, the highest cgroup whose tasks may use
 *	the set; an ancestor of @target. @main holds a reference.
 * @target_kn: The directory of @target. It outlives the cgroup, for fdinfo.
 * @top_kn: The directory of @top.
 * @dirty: The counters of the threads that have a scope with the set. They may
 *	overwrite each other's, which makes a throttling threshold less exact.
 * @links: Entries of the table of sets; protected by sets_lock.
 * @drop_work: Drops the references of @main.
 * @free_work: Frees the set.
 */
struct io_attr_set {
	struct iocb_attrs_shared main;
	struct iocb_attrs_shared own;
	bool			restricted;
	bool			ended;
	bool			removed;
	const struct cgroup_subsys_state *user;
	u64			maker;
	refcount_t		users;
	struct cgroup		*target;
	struct cgroup		*top;
	struct kernfs_node	*target_kn;
	struct kernfs_node	*top_kn;
	struct iocb_attr_dirty	dirty;
	struct set_link		links[NR_LINKS];
	struct work_struct	drop_work;
	struct work_struct	free_work;
};

void iocb_attr_dirty_init(struct iocb_attr_dirty *dirty);
const struct iocb_attrs *iocb_attr_set_attrs(struct io_attr_set *set);
struct io_attr_set *iocb_attr_file_set(struct file *file);
int iocb_attr_set_new_fd(struct file *file);
void iocb_attr_set_show_fdinfo(struct seq_file *m, struct file *file);

#endif /* _FS_IOCB_ATTR_SET_H */
