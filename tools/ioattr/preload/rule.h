/* SPDX-License-Identifier: GPL-2.0 */
/* Which I/Os get which attributes; the words are in ioattr-run(1). */
#ifndef RULE_H
#define RULE_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_RULES	32

/* What separates conditions and actions. */
#define ARROW		"\xe2\x86\x92"

enum { RULE_READ = 1, RULE_WRITE = 2 };

/**
 * struct rule - one of them
 * @glob: What the path of the file has to match, or NULL.
 * @ops: RULE_READ, RULE_WRITE, or both.
 * @least: Bytes that the I/O has at least; @most: and at most.
 * @acts: There was an arrow: what follows is set.
 * @hints: IOCB_CACHE_*.
 * @prio: As for ioprio_set(2), or -1.
 * @cgroup: A directory, or NULL.
 * @required: Refuse the I/O where nothing can honour these.
 */
struct rule {
	const char	*glob;
	unsigned int	ops;
	long long	least, most;
	bool		acts;
	uint32_t	hints;
	int		prio;
	const char	*cgroup;
	bool		required;
};

/*
 * Fill in @rule, which goes on to refer to @text: that is cut into pieces.
 * NULL, or what is wrong, with the piece that it is about in *@what.
 */
const char *rule_parse(char *text, struct rule *rule, const char **what);

/* Does it give an I/O anything? */
static inline bool rule_gives(const struct rule *rule)
{
	return rule->hints || rule->prio >= 0 || rule->cgroup;
}

/* Are the conditions met, but for the path? */
static inline bool rule_fits(const struct rule *rule, unsigned int op,
			     long long len)
{
	return rule->ops & op && rule->least <= len && len <= rule->most;
}

#endif /* RULE_H */
