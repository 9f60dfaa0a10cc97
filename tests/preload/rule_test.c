// SPDX-License-Identifier: GPL-2.0
/* Test what rules are made of words, and which words are refused. Prints TAP. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/ioattr/include/ioattr.h"
#include "../../tools/ioattr/preload/rule.h"

static int n, failed;

static void is(const char *name, const char *expected, const char *got)
{
	n++;
	if (!strcmp(expected, got)) {
		printf("ok %d %s\n", n, name);
		return;
	}
	printf("# expected: %s\n# got: %s\nnot ok %d %s\n", expected, got, n,
	       name);
	failed = 1;
}

/* Of memory that ends where the text does, so that ASAN sees what is beyond. */
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
	       "\"op : write\": it is no condition: path:, op: and size: are");
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

	parses("", "\"\": it is empty");
	parses("  ", "\"\": it is empty");
	parses("->", "\"\": it is no action: cache:, cgroup:, prio:, required and none are");
	parses("op:read ->", "\"\": it is no action: cache:, cgroup:, prio:, required and none are");
	parses("op:read,", "\"\": it is no condition: path:, op: and size: are");
	parses("op:trim", "\"op:trim\": it is not read or write");
	parses("op:read,op:read", "\"op:read\": there is an op already");
	parses("path:", "\"path:\": there is no pattern in it");
	parses("path:a,path:b", "\"path:b\": there is a path already");
	parses("size:", "\"size:\": it is no size");
	parses("size:>", "\"size:>\": it is no size");
	parses("size:==1", "\"size:==1\": it is no size");
	parses("size:-1", "\"size:-1\": it is no size");
	parses("size:1T", "\"size:1T\": it is no size");
	parses("size:5000000000G", "\"size:5000000000G\": it is no size");
	parses("size:<0", "\"size:<0\": no I/O has such a size");
	parses("size:>4K,size:<1K", "\"size:<1K\": no I/O has such a size");
	parses("sizes:1", "\"sizes:1\": it is no condition: path:, op: and size: are");
	parses("-> cache:", "\"cache:\": there is no such cache hint");
	parses("-> cache:bypass,", "\"\": there is no such cache hint");
	parses("-> cache:bypass,admit", "\"admit\": the hints exclude each other");
	parses("-> cache:bypass,cache:bypass",
	       "\"cache:bypass\": there is a cache already");
	parses("-> writeback", "\"writeback\": it is no action: cache:, cgroup:, prio:, required and none are");
	parses("-> cache:admit,prio:idle,writeback",
	       "\"writeback\": it is no action: cache:, cgroup:, prio:, required and none are");
	parses("-> prio:rt:9", "\"prio:rt:9\": it is no priority");
	parses("-> prio:rt,prio:be", "\"prio:be\": there is a prio already");
	parses("-> cgroup:a", "\"cgroup:a\": it has to begin with /");
	parses("-> cgroup:/a,cgroup:/b", "\"cgroup:/b\": there is a cgroup already");
	parses("-> required", "\"\": required needs cache:, cgroup: or prio:");
	parses("-> none,required", "\"none\": it is no action: cache:, cgroup:, prio:, required and none are");
	parses("-> prio:be -> none", "\"prio:be -> none\": it is no priority");

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
	printf("1..%d\n", n);
	return failed;
}
