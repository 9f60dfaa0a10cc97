// SPDX-License-Identifier: GPL-2.0
/* Test the parser of rules: their meaning, and errors. Prints TAP. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/rule.h"
#include "../../include/ioattr.h"
#include "tap.h"

static struct tap tap;

static void is(const char *name, const char *expected, const char *got)
{
	if (strcmp(expected, got))
		printf("# expected: %s\n# got: %s\n", expected, got);
	ok(&tap, !strcmp(expected, got), name);
}

/* The text is in memory of its size, so that ASAN finds accesses beyond it. */
static void parses(const char *text, const char *expected)
{
	char *copy = strdup(text), got[512], most[32] = "";
	const char *wrong, *what;
	struct rule r;

	wrong = rule_parse(copy, &r, &what);
	if (r.most != LLONG_MAX)
		snprintf(most, sizeof(most), "%lld", r.most);
	if (wrong)
		snprintf(got, sizeof(got), "\"%s\": %s", what, wrong);
	else
		snprintf(got, sizeof(got),
			 "path %s op %u size %lld-%s: %s hints %x prio %d cgroup %s%s",
			 r.glob ? r.glob : "-", r.ops, r.least, most,
			 r.acts ? "acts" : "no acts", r.hints, r.prio,
			 r.cgroup ? r.cgroup : "-",
			 r.required ? " required" : "");
	is(text, expected, got);
	free(copy);
}

static void fits(const char *text, unsigned int op, long long len, bool yes)
{
	char *copy = strdup(text), name[128];
	const char *what;
	struct rule r;
	bool got;

	got = !rule_parse(copy, &r, &what) && rule_fits(&r, op, len);
	snprintf(name, sizeof(name), "%s: %s of %lld", text,
		 op == RULE_READ ? "a read" : "a write", len);
	is(name, yes ? "yes" : "no", got ? "yes" : "no");
	free(copy);
}

int main(void)
{
	parses("path:glob,op:read,size:>=1M " ARROW " cache:bypass",
	       "path glob op 1 size 1048576-: acts hints 1 prio -1 cgroup -");
	parses("path:glob,op:read,size:>=1M->cache:bypass",
	       "path glob op 1 size 1048576-: acts hints 1 prio -1 cgroup -");
	parses("  op : write  ",
	       "\"op : write\": unknown condition; use path:, op: or size:");
	parses(" op: write , path: /a b/* ->prio: be:6 ",
	       "path /a b/* op 2 size 0-: acts hints 0 prio 16390 cgroup -");
	parses("op:read", "path - op 1 size 0-: no acts hints 0 prio -1 cgroup -");
	parses("-> cache:admit,writeback,cgroup:/a\\,b\\\\c,prio:idle,required",
	       "path - op 3 size 0-: acts hints a prio 24576 cgroup /a,b\\c required");
	parses("-> required,cache:bypass",
	       "path - op 3 size 0-: acts hints 1 prio -1 cgroup - required");
	parses("-> none", "path - op 3 size 0-: acts hints 0 prio -1 cgroup -");
	parses("path:a\\,b\\->c,size:4K -> none",
	       "path a\\,b\\->c op 3 size 4096-4096: acts hints 0 prio -1 cgroup -");
	parses("size:>1K,size:<=2K -> prio:none",
	       "path - op 3 size 1025-2048: acts hints 0 prio 0 cgroup -");
	parses("size:=0 -> none",
	       "path - op 3 size 0-0: acts hints 0 prio -1 cgroup -");
	parses("path:\\", "path \\ op 3 size 0-: no acts hints 0 prio -1 cgroup -");

	parses("", "\"\": empty rule");
	parses("  ", "\"\": empty rule");
	parses("->", "\"\": unknown action; use cache:, cgroup:, prio:, required or none");
	parses("op:read ->", "\"\": unknown action; use cache:, cgroup:, prio:, required or none");
	parses("op:read,", "\"\": unknown condition; use path:, op: or size:");
	parses("op:trim", "\"op:trim\": must be read or write");
	parses("op:read,op:read", "\"op:read\": duplicate op");
	parses("path:", "\"path:\": missing pattern");
	parses("path:a,path:b", "\"path:b\": duplicate path");
	parses("size:", "\"size:\": invalid size");
	parses("size:>", "\"size:>\": invalid size");
	parses("size:==1", "\"size:==1\": invalid size");
	parses("size:-1", "\"size:-1\": invalid size");
	parses("size:1P", "\"size:1P\": invalid size");
	parses("size:5000000000G", "\"size:5000000000G\": invalid size");
	parses("size:<0", "\"size:<0\": no I/O has such a size");
	parses("size:>4K,size:<1K", "\"size:<1K\": no I/O has such a size");
	parses("sizes:1", "\"sizes:1\": unknown condition; use path:, op: or size:");
	parses("-> cache:", "\"cache:\": unknown cache hint");
	parses("-> cache:bypass,", "\"\": unknown cache hint");
	parses("-> cache:bypass,admit", "\"admit\": conflicting hints");
	parses("-> cache:bypass,cache:bypass",
	       "\"cache:bypass\": duplicate cache");
	parses("-> writeback", "\"writeback\": unknown action; use cache:, cgroup:, prio:, required or none");
	parses("-> cache:admit,prio:idle,writeback",
	       "\"writeback\": unknown action; use cache:, cgroup:, prio:, required or none");
	parses("-> prio:rt:9", "\"prio:rt:9\": invalid priority");
	parses("-> prio:rt,prio:be", "\"prio:be\": duplicate prio");
	parses("-> cgroup:a", "\"cgroup:a\": must be an absolute path");
	parses("-> cgroup:/a,cgroup:/b", "\"cgroup:/b\": duplicate cgroup");
	parses("-> required", "\"\": required needs cache:, cgroup: or prio:");
	parses("-> none,required", "\"none\": unknown action; use cache:, cgroup:, prio:, required or none");
	parses("-> prio:be -> none", "\"prio:be -> none\": invalid priority");

	fits("op:read", RULE_READ, 1, true);
	fits("op:read", RULE_WRITE, 1, false);
	fits("op:write", RULE_WRITE, 0, true);
	fits("size:>4K", RULE_READ, 4096, false);
	fits("size:>4K", RULE_READ, 4097, true);
	fits("size:>=4K", RULE_READ, 4096, true);
	fits("size:>=4K", RULE_READ, 4095, false);
	fits("size:<4K", RULE_READ, 4095, true);
	fits("size:<4K", RULE_READ, 4096, false);
	fits("size:<=4K", RULE_READ, 4096, true);
	fits("size:<=4K", RULE_READ, 4097, false);
	fits("size:4K", RULE_READ, 4096, true);
	fits("size:4K", RULE_READ, 4095, false);
	fits("size:4K", RULE_READ, 4097, false);
	return tap_end(&tap);
}
