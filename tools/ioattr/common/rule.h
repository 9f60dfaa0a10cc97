/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * Rules that select I/Os and their attributes; the syntax is in ioattr-run(1).
 */
#ifndef RULE_H
#define RULE_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_RULES	32

/* An arrow, which like "->" separates conditions and actions. */
#define ARROW		"\xe2\x86\x92"

enum { RULE_READ = 1, RULE_WRITE = 2 };

/**
 * struct rule - a parsed rule
 * @glob: Pattern for the path of the file, or NULL.
 * @ops: RULE_READ, RULE_WRITE, or both.
 * @least: Minimum size of the I/O.
 * @most: Maximum size of the I/O.
 * @acts: The rule has an arrow, and therefore the fields below.
 * @hints: IOCB_CACHE_*.
 * @prio: As for ioprio_set(2), or -1.
 * @cgroup: A directory, or NULL.
 * @required: Set IOCB_ATTR_REQUIRED.
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
 * Parse @text, which is modified and must remain valid as long as @rule.
 * Returns NULL, or an error message about the part *@what of @text.
 */
const char *rule_parse(char *text, struct rule *rule, const char **what);

/* Returns true if the rule has attributes. */
static inline bool rule_gives(const struct rule *rule)
{
	return rule->hints || rule->prio >= 0 || rule->cgroup;
}

/* Returns true if the conditions other than the path are met. */
static inline bool rule_fits(const struct rule *rule, unsigned int op,
			     long long len)
{
	return rule->ops & op && rule->least <= len && len <= rule->most;
}

#endif /* RULE_H */
