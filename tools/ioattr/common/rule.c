// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../include/ioattr.h"
#include "../lib/names.h"
#include "parse.h"
#include "rule.h"

/* Remove spaces at both ends. */
static char *trim(char *text)
{
	char *end;

	while (is_space(*text))
		text++;
	end = text + strlen(text);
	while (end > text && is_space(end[-1]))
		*--end = '\0';
	return text;
}

/* The next piece of *@text, which ends at a comma without a backslash. */
static char *next_piece(char **text)
{
	char *piece = *text, *p;

	for (p = piece; *p && *p != ','; p++) {
		if (*p == '\\' && p[1])
			p++;
	}
	*text = *p ? p + 1 : NULL;
	*p = '\0';
	return trim(piece);
}

/* End @text at the arrow and return the rest, or NULL if there is no arrow. */
static char *cut_arrow(char *text)
{
	size_t len;

	for (; *text; text++) {
		len = !strncmp(text, "->", 2) ? 2 :
		      !strncmp(text, ARROW, strlen(ARROW)) ? strlen(ARROW) : 0;
		if (len) {
			*text = '\0';
			return text + len;
		}
		if (*text == '\\' && text[1])
			text++;
	}
	return NULL;
}

static void unquote(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		*to++ = *text;
	}
	*to = '\0';
}

/* The value if @piece is @name, a colon and a value, else NULL. */
static char *value(char *piece, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(piece, name, len) || piece[len] != ':')
		return NULL;
	return trim(piece + len + 1);
}

static const char *parse_size_condition(const char *text, struct rule *rule)
{
	const char sign = *text == '<' || *text == '>' ? *text : '=';
	long long least = 0, most = LLONG_MAX, size;
	bool equal = sign == '=';

	text += *text == sign;
	if (sign != '=' && *text == '=') {
		equal = true;
		text++;
	}
	while (is_space(*text))
		text++;
	if (parse_size(text, MAX_SIZE, &size))
		return "invalid size";
	if (sign != '<')
		least = equal ? size : size + 1;
	if (sign != '>')
		most = equal ? size : size - 1;
	if (least > rule->least)
		rule->least = least;
	if (most < rule->most)
		rule->most = most;
	return rule->least > rule->most ? "no I/O has such a size" : NULL;
}

static const char *parse_condition(char *piece, struct rule *rule)
{
	char *text;

	text = value(piece, "path");
	if (text) {
		if (rule->glob)
			return "duplicate path";
		rule->glob = text;
		return *text ? NULL : "missing pattern";
	}
	text = value(piece, "op");
	if (text) {
		if (rule->ops != (RULE_READ | RULE_WRITE))
			return "duplicate op";
		if (!strcmp(text, "read"))
			rule->ops = RULE_READ;
		else if (!strcmp(text, "write"))
			rule->ops = RULE_WRITE;
		else
			return "must be read or write";
		return NULL;
	}
	text = value(piece, "size");
	if (text)
		return parse_size_condition(text, rule);
	return "unknown condition; use path:, op: or size:";
}

static const char *parse_action(char *piece, struct rule *rule, bool *hints)
{
	const bool more_hints = *hints;
	uint16_t ioprio;
	uint32_t hint;
	char *text;

	*hints = false;
	text = value(piece, "cache");
	/* a word after a hint is another hint, as in --cache=HINT,HINT */
	if (!text && more_hints && !strchr(piece, ':') &&
	    strcmp(piece, "required"))
		text = piece;
	if (text) {
		if (text != piece && rule->hints)
			return "duplicate cache";
		*hints = true;
		if (ioattr_parse_hints(text, &hint, NULL))
			return "unknown cache hint";
		rule->hints |= hint;
		return ioattr_hints_conflict(rule->hints) ?
			"conflicting hints" : NULL;
	}
	text = value(piece, "prio");
	if (text) {
		if (rule->prio >= 0)
			return "duplicate prio";
		if (ioattr_parse_prio(text, &ioprio))
			return "invalid priority";
		rule->prio = ioprio;
		return NULL;
	}
	text = value(piece, "cgroup");
	if (text) {
		if (rule->cgroup)
			return "duplicate cgroup";
		unquote(text);
		rule->cgroup = text;
		/* the program may change its working directory */
		return *text == '/' ? NULL : "must be an absolute path";
	}
	if (strcmp(piece, "required"))
		return "unknown action; use cache:, cgroup:, prio:, required or none";
	rule->required = true;
	return NULL;
}

const char *rule_parse(char *text, struct rule *rule, const char **what)
{
	char *actions = cut_arrow(text), *piece;
	const char *error;
	bool hints = false;

	*rule = (struct rule){ .ops = RULE_READ | RULE_WRITE, .prio = -1,
			       .most = LLONG_MAX };
	*what = "";
	text = trim(text);
	if (!*text && !actions)
		return "empty rule";
	if (!*text)
		text = NULL;
	while (text) {
		piece = next_piece(&text);
		*what = piece;
		error = parse_condition(piece, rule);
		if (error)
			return error;
	}
	*what = "";
	if (!actions)
		return NULL;
	rule->acts = true;
	actions = trim(actions);
	if (!strcmp(actions, "none"))
		return NULL;
	while (actions) {
		piece = next_piece(&actions);
		*what = piece;
		error = parse_action(piece, rule, &hints);
		if (error)
			return error;
	}
	*what = "";
	return rule_gives(rule) ? NULL :
		"required needs cache:, cgroup: or prio:";
}
