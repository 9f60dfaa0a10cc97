// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The rules, and which of them is for an I/O. */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/ioprio.h"
#include "shim.h"

/* The paths of file descriptors below this are cached. */
#define CACHED_FDS	4096

/* What the kernel appends to the path of a file whose name was removed. */
#define DELETED		" (deleted)"

/**
 * struct path_cache - which rules the path of an open file matches
 * @seq: Odd during a write; 0 if the entry is unused.
 * @mask: A bit for each rule.
 * @dev: Device of the file.
 * @ino: Inode of the file.
 */
struct path_cache {
	_Atomic uint32_t	seq;
	_Atomic uint32_t	mask;
	_Atomic uint64_t	dev, ino;
};

static struct rule rules[MAX_RULES];
static struct action actions[MAX_RULES];
static unsigned int nr_rules;
static bool sizes, required;
static char given_text[64 << 10], parsed_text[64 << 10];
static struct path_cache path_cache[CACHED_FDS];

const char *rules_text(void)
{
	return given_text;
}

bool rules_have_sizes(void)
{
	return sizes;
}

bool rules_require(void)
{
	return required;
}

static bool is_file(const char *path, const struct stat *st)
{
	struct stat named;

	return !stat(path, &named) && named.st_dev == st->st_dev &&
	       named.st_ino == st->st_ino;
}

/*
 * A file whose name was removed has another suffix than the name it was opened
 * by. Its name may also end like that, though.
 */
static void cut_deleted(char *path, const struct stat *st)
{
	const size_t len = strlen(path), cut = strlen(DELETED);

	if (len > cut && !strcmp(path + len - cut, DELETED) &&
	    (!st->st_nlink || !is_file(path, st)))
		path[len - cut] = '\0';
}

/*
 * Set *@mask to the rules that the path of @fd matches. Returns false if the
 * path is unknown, for example without /proc.
 */
static bool match_path(int fd, const struct stat *st, uint32_t *mask)
{
	char link[32], path[PATH_MAX];
	unsigned int i;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	cut_deleted(path, st);
	*mask = 0;
	for (i = 0; i < nr_rules; i++) {
		if (!rules[i].glob || !fnmatch(rules[i].glob, path, 0))
			*mask |= 1U << i;
	}
	return true;
}

/*
 * The same from the cache. The device and the inode tell whether @fd still is
 * the same file.
 */
static bool cached_mask(int fd, const struct stat *st, uint32_t *mask)
{
	struct path_cache *k;
	uint32_t seq;

	if (fd >= CACHED_FDS)
		return match_path(fd, st, mask);
	k = &path_cache[fd];
	seq = k->seq;
	*mask = k->mask;
	if (seq && !(seq & 1) && k->dev == st->st_dev &&
	    k->ino == st->st_ino && k->seq == seq)
		return true;
	if (!match_path(fd, st, mask))
		return false;
	/* skip the update if another thread is updating the entry */
	if (!(seq & 1) && atomic_compare_exchange_strong(&k->seq, &seq,
							 seq + 1)) {
		k->dev = st->st_dev;
		k->ino = st->st_ino;
		k->mask = *mask;
		/* 0 would mark the entry as unused */
		k->seq = seq + 2 ? seq + 2 : 2;
	}
	return true;
}

/* Skip unsupported attributes, unless the program must get the error. */
static struct action *usable_action(struct action *action, bool uring)
{
	return action->attrs && (action->required || !kernel_has_none(uring)) ?
	       action : NULL;
}

int unreachable(unsigned int op, long long len)
{
	bool counted = false;
	unsigned int i;

	for (i = 0; i < nr_rules; i++) {
		if (!rule_fits(&rules[i], op, len))
			continue;
		if (actions[i].attrs && !counted) {
			count(&counts()->unreachable);
			counted = true;
		}
		if (actions[i].required)
			return EOPNOTSUPP;
		if (!rules[i].glob)
			break;
	}
	return 0;
}

/* Returns false if the program has closed the file. */
static bool get_stat(int fd, struct stat *st)
{
	int saved = errno;
	bool ok = !fstat(fd, st);

	errno = saved;
	return ok;
}

static bool get_mask(int fd, const struct stat *st, uint32_t *mask)
{
	int saved = errno;
	bool ok = cached_mask(fd, st, mask);

	errno = saved;
	return ok;
}

struct action *find_action(int fd, unsigned int op, long long len, bool uring,
			   int *error)
{
	bool looked = false, matched = false;
	uint32_t mask = 0;
	struct stat st;
	unsigned int i;

	*error = 0;
	for (i = 0; i < nr_rules; i++) {
		if (!rule_fits(&rules[i], op, len))
			continue;
		if (!looked && (rules[i].glob || uring)) {
			if (shut_in()) {
				*error = unreachable(op, len);
				return NULL;
			}
			if (!get_stat(fd, &st))
				return NULL;
			if (uring && !S_ISREG(st.st_mode) &&
			    !S_ISBLK(st.st_mode))
				return NULL;
			looked = true;
		}
		if (rules[i].glob && !matched) {
			matched = get_mask(fd, &st, &mask);
			if (!matched) {
				*error = unreachable(op, len);
				return NULL;
			}
		}
		if (!rules[i].glob || mask >> i & 1)
			return usable_action(&actions[i], uring);
	}
	return NULL;
}

bool action_owns(uint64_t list)
{
	return list >= (uintptr_t)actions &&
	       list < (uintptr_t)(actions + MAX_RULES);
}

static bool is_realtime(const struct action *action)
{
	return action->prio >> IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_RT;
}

/*
 * io_uring reports a rejection to the program in a completion. Therefore try
 * the list by AIO, which has the same rules: once if the result cannot change,
 * else for each batch. Whether a required attribute is supported depends on
 * the file and is not checked here.
 */
int action_check(struct action *action, uint32_t *asked, uint32_t *refused)
{
	static _Atomic uint32_t good;
	const uint32_t bit = 1U << (action - actions);
	int saved = errno, error = 0;

	if ((good | (*asked & ~*refused)) & bit)
		return 0;
	if (!kernel_has_uring())
		return EOPNOTSUPP;
	error = action_open(action);
	if (!error)
		error = kernel_try(&action->lists[LIST_TRY].head);
	if (action_lost(action, error)) {
		error = action_reopen(action);
		if (!error)
			error = kernel_try(&action->lists[LIST_TRY].head);
	}
	if (!error && !action->cgroup && !is_realtime(action))
		good |= bit;
	*asked |= bit;
	if (error)
		*refused |= bit;
	errno = saved;
	return error;
}

static void make_action(struct action *action, const struct rule *rule)
{
	struct ioattr_list *list;
	uint16_t flags;
	int i;

	action->required = rule->required;
	action->prio = rule->prio;
	action->cgroup = rule->cgroup;
	action->fd = -1;
	for (i = 0; i < NR_LISTS; i++) {
		list = &action->lists[i];
		ioattr_init(list, i == LIST_REPORT ? IOCB_ATTR_LIST_REPORT : 0);
		/* kernel_try() reads /dev/null, which supports no attribute */
		flags = 0;
		if (rule->required && i != LIST_TRY)
			flags = IOCB_ATTR_REQUIRED;
		/* first, for cgroup_fd() */
		if (rule->cgroup)
			ioattr_add_cgroup(list, -1, flags);
		if (rule->hints)
			ioattr_add_cache(list, rule->hints, flags);
		if (rule->prio >= 0)
			ioattr_add_ioprio(list, rule->prio, flags);
	}
	action->attrs = !!rule->cgroup << IOCB_ATTR_cgroup |
			!!rule->hints << IOCB_ATTR_cache |
			(rule->prio >= 0) << IOCB_ATTR_ioprio;
}

/* The rules are valid: ioattr run has parsed them. */
bool rules_read(const char *text)
{
	char *line, *next = parsed_text;
	const char *what;
	bool tries = false;
	unsigned int nr = 0;

	if (strlen(text) >= sizeof(parsed_text))
		return false;
	strcpy(given_text, text);
	strcpy(parsed_text, text);
	while (nr < MAX_RULES && (line = strsep(&next, "\n"))) {
		if (rule_parse(line, &rules[nr], &what))
			return false;
		make_action(&actions[nr], &rules[nr]);
		sizes |= rules[nr].least > 0 || rules[nr].most < LLONG_MAX;
		required |= rules[nr].required;
		tries |= rules[nr].cgroup || is_realtime(&actions[nr]);
		action_open(&actions[nr]);
		nr++;
	}
	kernel_init(tries);
	/* only set if all rules are valid */
	nr_rules = nr;
	return true;
}
