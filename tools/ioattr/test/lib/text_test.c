// SPDX-License-Identifier: GPL-2.0
/*
 * Test the text of lists and masks, including malformed lists. Prints TAP.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/ioattr.h"
#include "tap.h"

/* Compare the text of a list. ASAN finds accesses beyond it. */
static void reads(struct tap *tap, const void *list, size_t len,
		  const char *text)
{
	/* a copy of exactly this size */
	void *copy = malloc(len);
	char got[256];
	int ret;

	memcpy(copy, list, len);
	memset(got, '#', sizeof(got));
	ret = ioattr_list_text(copy, len, got, sizeof(got));
	if (!memchr(got, '\0', sizeof(got)))
		snprintf(got, sizeof(got), "text without an end");
	else if (ret < 0)
		snprintf(got, sizeof(got), "%s", strerror(-ret));
	free(copy);
	if (strcmp(got, text) || (ret >= 0 && ret != (int)strlen(text)))
		printf("# %d, %s\n", ret, got);
	ok(tap, !strcmp(got, text), text);
}

static void lists(struct tap *tap)
{
	const struct iocb_attr_pi pi = {
		.flags = 0x1005, .app_tag = 9, .len = 64, .seed = 77,
	};
	struct ioattr_list list;

	ioattr_init(&list, 0);
	reads(tap, &list.head, list.head.size, "none");
	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	reads(tap, &list.head, list.head.size, "report");
	ioattr_add_cache(&list, IOCB_CACHE_BYPASS | IOCB_CACHE_WRITEBACK,
			 IOCB_ATTR_REQUIRED);
	ioattr_add_cgroup(&list, 7, 0);
	reads(tap, &list.head, list.head.size,
	      "report cache=bypass,writeback! cgroup=7");
	ioattr_add_proxy_pid(&list, 4711, 0);
	ioattr_add_proxy_pidfd(&list, -1, 0);
	reads(tap, &list.head, list.head.size,
	      "report cache=bypass,writeback! cgroup=7 proxy_pid=4711 proxy_pidfd=-1");

	ioattr_init(&list, 0);
	ioattr_add_pi(&list, &pi, 0);
	ioattr_add(&list, 900, IOCB_ATTR_REQUIRED, NULL, 8);
	reads(tap, &list.head, list.head.size,
	      "pi={len=64,seed=77,app_tag=9,check=guard|app|0x1000} attr900[8]!");

	ioattr_init(&list, 0);
	ioattr_add_set(&list, 7, 0);
	ioattr_add_cache(&list, IOCB_CACHE_ADMIT, 0);
	reads(tap, &list.head, list.head.size, "set=7 cache=admit");

	ioattr_init(&list, 0);
	ioattr_add_cache(&list, 0, 0);
	reads(tap, &list.head, list.head.size, "cache=0");
	ioattr_init(&list, 0);
	ioattr_add_cache(&list, 0x80000001, 0);
	reads(tap, &list.head, list.head.size, "cache=bypass,0x80000000");
}

/* The text of a priority is what ioattr_parse_prio() accepts. */
static void priorities(struct tap *tap)
{
	static const char *const texts[] = {
		"none", "rt:0", "rt:7", "be:0", "be:4", "idle",
	};
	struct ioattr_list list;
	char expected[32];
	size_t i;
	uint16_t prio;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ok(tap, !ioattr_parse_prio(texts[i], &prio), texts[i]);
		ioattr_init(&list, 0);
		ioattr_add_ioprio(&list, prio, 0);
		snprintf(expected, sizeof(expected), "ioprio=%s", texts[i]);
		reads(tap, &list.head, list.head.size, expected);
	}
	ioattr_init(&list, 0);
	ioattr_add_ioprio(&list, 0xe123, 0);
	reads(tap, &list.head, list.head.size, "ioprio=0xe123");
}

static void malformed(struct tap *tap)
{
	static const uint32_t cases[][6] = {
		/* list size and flags, record size and id, and so on */
		{ 0, 0 }, { 4, 0 }, { 12, 0 }, { 32, 0 }, { ~0U, 0 },
		{ 16, 0, 0, 4 }, { 16, 0, 4, 4 }, { 16, 0, 12, 4 },
		{ 16, 0, 16, 4 }, { 16, 0, ~0U, 4 }, { 24, 0, 8, 4, 16, 4 },
		{ 24, 0, 8, 4, 0, 4 }, { 24, 0, 0x80000000, 4 },
	};
	const char *einval = strerror(EINVAL);
	struct ioattr_list list;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		reads(tap, cases[i], sizeof(cases[i]), einval);
	/* the size in the header exceeds the buffer */
	ioattr_init(&list, 0);
	ioattr_add_cache(&list, 1, 0);
	for (i = 0; i < list.head.size; i++)
		reads(tap, &list.head, i, einval);
}

static void truncated(struct tap *tap)
{
	static const char whole[] = "report cache=bypass cgroup=123456";
	struct ioattr_list list;
	char got[64];
	size_t size;
	int good = 1;

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_cache(&list, IOCB_CACHE_BYPASS, 0);
	ioattr_add_cgroup(&list, 123456, 0);
	for (size = 1; size < sizeof(got); size++) {
		memset(got, '#', sizeof(got));
		good &= ioattr_list_text(&list.head, list.head.size, got,
					 size) == sizeof(whole) - 1;
		good &= !strncmp(got, whole, size - 1);
		good &= strlen(got) == (size < sizeof(whole) ? size - 1 :
					sizeof(whole) - 1);
		good &= got[size] == '#' || size == sizeof(got);
	}
	good &= ioattr_list_text(&list.head, list.head.size, NULL, 0) ==
		sizeof(whole) - 1;
	ok(tap, good, "text is truncated, terminated and counted for any size");
}

static void masks(struct tap *tap)
{
	static const struct {
		uint64_t mask;
		const char *text;
	} cases[] = {
		{ 0, "none" },
		{ 1U << IOCB_ATTR_cache, "cache" },
		{ 0x7f, "proxy_pid proxy_pidfd cgroup ioprio cache pi set" },
		{ UINT64_C(1) << 63 | 1U << 8, "attr8 attr63" },
	};
	char got[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int ret = ioattr_mask_text(cases[i].mask, got, sizeof(got));

		ok(tap, ret == (int)strlen(cases[i].text) &&
			!strcmp(got, cases[i].text), cases[i].text);
	}
}

/* Random bytes: the function terminates and reads nothing outside. */
static void noise(struct tap *tap)
{
	uint64_t words[8], x = 88172645463325252;
	void *copy;
	int i, n, lists = 0;
	char got[64];
	size_t len;

	for (n = 0; n < 200000; n++) {
		for (i = 0; i < 8; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			/* mostly valid sizes */
			words[i] = x & 0xffff000700000038;
		}
		len = x >> 32 & 0x3f;
		copy = malloc(len + !len);
		memcpy(copy, words, len);
		lists += ioattr_list_text(copy, len, got, sizeof(got)) >= 0;
		free(copy);
	}
	ok(tap, lists > 100, "random bytes, some of them a list");
}

int main(void)
{
	struct tap tap = { 0 };

	lists(&tap);
	priorities(&tap);
	malformed(&tap);
	truncated(&tap);
	masks(&tap);
	noise(&tap);
	return tap_end(&tap);
}
