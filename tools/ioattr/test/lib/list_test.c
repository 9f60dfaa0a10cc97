// SPDX-License-Identifier: GPL-2.0
/*
 * Test the bytes of attribute lists and the errors of lib/list.c. Prints TAP.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../include/ioattr-aio.h"
#include "tap.h"

/* The expected bytes of a list, in native byte order. */
struct bytes {
	unsigned char data[4096];
	size_t len;
};

static void put(struct bytes *b, const void *value, size_t len)
{
	memcpy(b->data + b->len, value, len);
	b->len += len;
}

static void put16(struct bytes *b, uint16_t value)
{
	put(b, &value, sizeof(value));
}

static void put32(struct bytes *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

static void put64(struct bytes *b, uint64_t value)
{
	put(b, &value, sizeof(value));
}

static void put_list(struct bytes *b, uint32_t size, uint32_t flags)
{
	b->len = 0;
	put32(b, size);
	put32(b, flags);
}

static void put_record(struct bytes *b, uint32_t size, uint16_t id,
		       uint16_t flags)
{
	put32(b, size);
	put16(b, id);
	put16(b, flags);
}

static int same(const struct ioattr_list *list, const struct bytes *b)
{
	return list->head.size == b->len &&
	       !memcmp(&list->head, b->data, b->len);
}

static void layouts(struct tap *tap)
{
	ok(tap, sizeof(struct iocb_attr_list) == 8, "list header: 8 bytes");
	ok(tap, sizeof(struct iocb_attr) == 8, "record header: 8 bytes");
	ok(tap, offsetof(struct iocb_attr, size) == 0 &&
		offsetof(struct iocb_attr, id) == 4 &&
		offsetof(struct iocb_attr, flags) == 6,
	   "record header: size, id, flags at 0, 4, 6");
	ok(tap, offsetof(struct ioattr_list, space) ==
		offsetof(struct ioattr_list, head) + 8,
	   "the records follow the list header");
	ok(tap, offsetof(struct ioattr_list, error) == 0 &&
		offsetof(struct ioattr_list, room) == 4 &&
		offsetof(struct ioattr_list, head) == 16,
	   "what the library uses does not depend on the size of the list");
	ok(tap, sizeof(struct iocb_attr_proxy_pid) == 16 &&
		IOCB_ATTR_proxy_pid == 0, "proxy_pid: 16 bytes, id 0");
	ok(tap, sizeof(struct iocb_attr_proxy_pidfd) == 16 &&
		IOCB_ATTR_proxy_pidfd == 1, "proxy_pidfd: 16 bytes, id 1");
	ok(tap, sizeof(struct iocb_attr_cgroup) == 16 &&
		IOCB_ATTR_cgroup == 2, "cgroup: 16 bytes, id 2");
	ok(tap, sizeof(struct iocb_attr_ioprio) == 16 &&
		IOCB_ATTR_ioprio == 3, "ioprio: 16 bytes, id 3");
	ok(tap, sizeof(struct iocb_attr_cache) == 16 &&
		IOCB_ATTR_cache == 4, "cache: 16 bytes, id 4");
	ok(tap, sizeof(struct iocb_attr_pi) == 40 &&
		IOCB_ATTR_pi == 5, "pi: 40 bytes, id 5");
	ok(tap, offsetof(struct iocb_attr_pi, flags) == 8 &&
		offsetof(struct iocb_attr_pi, app_tag) == 10 &&
		offsetof(struct iocb_attr_pi, len) == 12 &&
		offsetof(struct iocb_attr_pi, addr) == 16 &&
		offsetof(struct iocb_attr_pi, seed) == 24 &&
		offsetof(struct iocb_attr_pi, reserved) == 32,
	   "pi: offsets of flags, app_tag, len, addr, seed, reserved");
	ok(tap, sizeof(struct iocb_attr_set) == 16 &&
		IOCB_ATTR_set == 6, "set: 16 bytes, id 6");
	ok(tap, IOCB_ATTR_REQUIRED == 1 && IOCB_ATTR_LIST_REPORT == 1 &&
		IOCB_ATTR_CREATE_DELEGATE == 1 && IOCB_ATTR_CAP_SETS == 1 &&
		IOCB_ATTR_CAP_SCOPE == 2 && IOATTR_SCOPE_THREAD == 1 &&
		IOCB_FLAG_ATTR == 4 && IOCB_FLAG_ATTR_SET == 8,
	   "the flags' values");
	ok(tap, sizeof(struct ioattr_cap) == 224 &&
		offsetof(struct ioattr_cap, sizes) == 64 &&
		offsetof(struct ioattr_cap, features) == 192 &&
		offsetof(struct ioattr_cap, buffered_reads) == 200 &&
		offsetof(struct ioattr_cap, buffered_writes) == 208,
	   "capabilities: sizes at 64, features and what follows from 192 of 224");
	ok(tap, offsetof(struct iocb, aio_attrs) == 48 &&
		sizeof(struct iocb) == 64, "aio_attrs: at 48 of 64");
}

static void lists(struct tap *tap)
{
	static const uint64_t pid = 4711;
	struct iocb_attr_pi pi = {
		.flags = 0x1122, .app_tag = 0x3344, .len = 0x55667788,
		.addr = 0x1020304050607080, .seed = 0x99aabbccddeeff00,
	};
	struct ioattr_list list;
	struct bytes b;

	memset(&list, 0xff, sizeof(list));
	ioattr_init(&list, 0);
	put_list(&b, 8, 0);
	ok(tap, same(&list, &b), "empty list");

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	put_list(&b, 8, 1);
	ok(tap, same(&list, &b), "empty list with REPORT");

	memset(&list, 0xff, sizeof(list));
	ioattr_init(&list, 0);
	ok(tap, !ioattr_add_cache(&list, IOCB_CACHE_BYPASS, 0),
	   "add a cache record");
	put_list(&b, 24, 0);
	put_record(&b, 16, 4, 0);
	put32(&b, 1);
	put32(&b, 0);
	ok(tap, same(&list, &b), "... its bytes");

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_cache(&list, IOCB_CACHE_ADMIT | IOCB_CACHE_WRITEAROUND,
			 IOCB_ATTR_REQUIRED);
	put_list(&b, 24, 1);
	put_record(&b, 16, 4, 1);
	put32(&b, 0x12);
	put32(&b, 0);
	ok(tap, same(&list, &b), "a required cache record and REPORT");

	ioattr_init(&list, 0);
	ok(tap, !ioattr_add(&list, IOCB_ATTR_proxy_pid, 0, &pid, 16) &&
		!ioattr_add(&list, IOCB_ATTR_pi, IOCB_ATTR_REQUIRED,
			    (char *)&pi + sizeof(pi.attr), sizeof(pi)) &&
		!ioattr_add_cache(&list, IOCB_CACHE_WRITEBACK, 0) &&
		!ioattr_add(&list, 0xfedc, 0, NULL, 8),
	   "add records of four sizes");
	put_list(&b, 8 + 16 + 40 + 16 + 8, 0);
	put_record(&b, 16, 0, 0);
	put64(&b, 4711);
	put_record(&b, 40, 5, 1);
	put16(&b, 0x1122);
	put16(&b, 0x3344);
	put32(&b, 0x55667788);
	put64(&b, 0x1020304050607080);
	put64(&b, 0x99aabbccddeeff00);
	put64(&b, 0);
	put_record(&b, 16, 4, 0);
	put32(&b, 8);
	put32(&b, 0);
	put_record(&b, 8, 0xfedc, 0);
	ok(tap, same(&list, &b), "... their bytes, in the order of adding");

	ioattr_init(&list, 0);
	put_list(&b, 8, 0);
	ok(tap, same(&list, &b), "a list can be initialised again");
}

static void sizes(struct tap *tap)
{
	static const struct {
		uint32_t size;
		int error;
	} cases[] = {
		{ 0, -EINVAL }, { 4, -EINVAL }, { 7, -EINVAL }, { 8, 0 },
		{ 9, -EINVAL }, { 12, -EINVAL }, { 15, -EINVAL }, { 16, 0 },
		{ 17, -EINVAL }, { 256, 0 }, { 257, -EINVAL }, { 264, -E2BIG },
		{ 4096, -E2BIG }, { 0x7ffffff8, -E2BIG },
		{ 0xfffffff8, -E2BIG }, { 0xffffffff, -EINVAL },
	};
	static const char fields[256];
	struct ioattr_list list;
	char name[64];
	size_t i;
	int ret;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ioattr_init(&list, 0);
		ret = ioattr_add(&list, 0x100, 0, fields, cases[i].size);
		snprintf(name, sizeof(name), "a record of %u bytes: %s",
			 cases[i].size, cases[i].error == -EINVAL ? "EINVAL" :
			 cases[i].error ? "E2BIG" : "taken");
		ok(tap, ret == cases[i].error &&
			list.error == cases[i].error &&
			list.head.size == 8 + (ret ? 0 : cases[i].size),
		   name);
	}
}

static void errors(struct tap *tap)
{
	static const char fields[256];
	struct iocb iocb, blank;
	struct ioattr_list list;
	int i, ret = 0;

	ioattr_init(&list, 0);
	for (i = 0; i < 16 && !ret; i++)
		ret = ioattr_add(&list, i, 0, fields, 16);
	ok(tap, !ret && list.head.size == 8 + 256, "room for 256 bytes");
	ok(tap, ioattr_add(&list, 16, 0, NULL, 8) == -E2BIG &&
		list.head.size == 8 + 256, "not for 8 more: E2BIG");

	ioattr_init(&list, 0);
	ioattr_add(&list, 1, 0, fields, 16);
	ioattr_add_cache(&list, IOCB_CACHE_BYPASS, 0);
	ioattr_add(&list, 5, 0, fields, 40);
	ok(tap, ioattr_add_cache(&list, IOCB_CACHE_BYPASS, 0) == -EEXIST &&
		list.head.size == 8 + 16 + 16 + 40,
	   "a duplicate id: EEXIST, and the list is unchanged");

	ok(tap, ioattr_add(&list, 9, 0, fields, 16) == -EEXIST &&
		list.head.size == 8 + 16 + 16 + 40,
	   "after an error nothing can be added");
	ok(tap, ioattr_add(&list, 9, 0, fields, 3) == -EEXIST &&
		list.error == -EEXIST, "... and it is the first one");

	memset(&iocb, 0x5a, sizeof(iocb));
	memcpy(&blank, &iocb, sizeof(iocb));
	ok(tap, ioattr_prep_aio(&iocb, &list) == -EEXIST &&
		!memcmp(&iocb, &blank, sizeof(iocb)),
	   "prep rejects the list and does not change the iocb");

	ioattr_init(&list, 0);
	ok(tap, !list.error && !ioattr_add_cache(&list, 0, 0),
	   "... until the list is initialised again");
}

/* A program that was built for another size of the list. */
static void other_sizes(struct tap *tap)
{
	uint64_t words[4096 / 8 + 3];
	struct ioattr_list *list = (struct ioattr_list *)words;
	const size_t least = offsetof(struct ioattr_list, space);
	const uint64_t after = 0x1122334455667788;
	uint64_t zero = 0;
	int i, ret = 0;

	words[least / 8] = after;
	ioattr_init_sized(list, least, 0);
	ok(tap, ioattr_add(list, 1, 0, NULL, 8) == -E2BIG &&
		words[least / 8] == after, "no room: E2BIG, and nothing is written");
	words[least / 8 + 2] = after;
	ioattr_init_sized(list, least + 16, 0);
	ok(tap, !ioattr_add(list, 1, 0, &zero, 16) &&
		ioattr_add(list, 2, 0, NULL, 8) == -E2BIG &&
		words[least / 8 + 2] == after, "room for one record");
	ioattr_init_sized(list, sizeof(words), IOCB_ATTR_LIST_REPORT);
	for (i = 0; !ret; i++)
		ret = ioattr_add(list, i, 0, NULL, 8);
	ok(tap, ret == -E2BIG && list->head.size == 4096 &&
		list->head.flags == IOCB_ATTR_LIST_REPORT,
	   "not more than the kernel accepts");
}

static void removal(struct tap *tap)
{
	struct ioattr_list list, expected;

	ioattr_init(&expected, 0);
	ioattr_add_cgroup(&expected, 7, 0);
	ioattr_add_ioprio(&expected, 0x4003, 0);
	ioattr_init(&list, 0);
	ioattr_add_cgroup(&list, 7, 0);
	ioattr_add_cache(&list, IOCB_CACHE_BYPASS, 0);
	ioattr_add_ioprio(&list, 0x4003, 0);
	ok(tap, !ioattr_remove(&list, IOCB_ATTR_cache) &&
		list.head.size == expected.head.size &&
		!memcmp(list.space, expected.space, list.head.size - 8),
	   "remove a record between others");
	ok(tap, ioattr_remove(&list, IOCB_ATTR_cache) == -ENOENT &&
		!list.error, "... again: ENOENT, which is no error of the list");
	ok(tap, !ioattr_remove(&list, IOCB_ATTR_cgroup) &&
		!ioattr_add_cgroup(&list, 8, 0) && list.head.size == 8 + 32,
	   "replace a record");
	ok(tap, !ioattr_remove(&list, IOCB_ATTR_ioprio) &&
		!ioattr_remove(&list, IOCB_ATTR_cgroup) &&
		list.head.size == 8, "remove the last one");
	ioattr_add(&list, 1, 0, NULL, 3);
	ok(tap, ioattr_remove(&list, 1) == -EINVAL,
	   "a list with an error: that error");
}

static void hints(struct tap *tap)
{
	static const struct {
		const char *text;
		uint32_t hints;
	} good[] = {
		{ "bypass", 1 }, { "writearound", 16 },
		{ "admit,writeback", 10 }, { "bypass,bypass", 1 },
	};
	static const struct {
		const char *text, *unknown;
	} bad[] = {
		{ "", "" }, { "fast", "fast" }, { "bypass,", "" },
		{ "bypass,fast,admit", "fast,admit" }, { "Bypass", "Bypass" },
		{ "by", "by" }, { "bypass admit", "bypass admit" },
	};
	const char *unknown;
	uint32_t mask;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		mask = ~0U;
		ok(tap, !ioattr_parse_hints(good[i].text, &mask, NULL) &&
			mask == good[i].hints, good[i].text);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		mask = 77;
		unknown = NULL;
		ok(tap, ioattr_parse_hints(bad[i].text, &mask,
					   &unknown) == -EINVAL && mask == 77 &&
			!strcmp(unknown, bad[i].unknown) &&
			ioattr_parse_hints(bad[i].text, &mask, NULL) == -EINVAL,
		   *bad[i].text ? bad[i].text : "no hint");
	}
}

static void version(struct tap *tap)
{
	ok(tap, ioattr_version() == IOATTR_VERSION &&
		IOATTR_VERSION_OF(1, 2, 3) > IOATTR_VERSION_OF(1, 1, 99),
	   "the version of the library is that of the header");
}

static void preparation(struct tap *tap)
{
	struct iocb iocb = { .aio_flags = IOCB_FLAG_RESFD }, expected = iocb;
	const struct iocb none = iocb;
	struct ioattr_list list;

	ioattr_init(&list, 0);
	expected.aio_flags = IOCB_FLAG_RESFD | IOCB_FLAG_ATTR;
	expected.aio_attrs = (uintptr_t)&list.head;
	ok(tap, !ioattr_prep_aio(&iocb, &list) &&
		!memcmp(&iocb, &expected, sizeof(iocb)),
	   "prep sets only the flag and the address");
	ok(tap, !ioattr_prep_aio(&iocb, NULL) &&
		!memcmp(&iocb, &none, sizeof(iocb)), "NULL detaches the list");
	ioattr_prep_aio_set(&iocb, 7);
	ok(tap, !ioattr_prep_aio(&iocb, NULL) &&
		!memcmp(&iocb, &none, sizeof(iocb)), "... and a set");
}

static void identity(struct tap *tap)
{
	struct ioattr_list list;
	struct bytes b;

	memset(&list, 0xff, sizeof(list));
	ioattr_init(&list, 0);
	ok(tap, !ioattr_add_cgroup(&list, 7, IOCB_ATTR_REQUIRED) &&
		!ioattr_add_proxy_pid(&list, 0x1234567, 0) &&
		!ioattr_add_proxy_pidfd(&list, 8, 0) &&
		!ioattr_add_ioprio(&list, 0x4003, 0),
	   "add a cgroup, processes and a priority");
	put_list(&b, 8 + 4 * 16, 0);
	put_record(&b, 16, 2, 1);
	put32(&b, 7);
	put32(&b, 0);
	put_record(&b, 16, 0, 0);
	put64(&b, 0x1234567);
	put_record(&b, 16, 1, 0);
	put32(&b, 8);
	put32(&b, 0);
	put_record(&b, 16, 3, 0);
	put16(&b, 0x4003);
	put16(&b, 0);
	put32(&b, 0);
	ok(tap, same(&list, &b), "... their bytes");
	ok(tap, ioattr_add_cgroup(&list, 7, 0) == -EEXIST,
	   "a second cgroup: EEXIST");

	ioattr_init(&list, 0);
	ok(tap, !ioattr_add_set(&list, 9, IOCB_ATTR_REQUIRED) &&
		!ioattr_add_ioprio(&list, 0x4003, 0),
	   "add a set and another priority");
	put_list(&b, 8 + 2 * 16, 0);
	put_record(&b, 16, 6, 1);
	put32(&b, 9);
	put32(&b, 0);
	put_record(&b, 16, 3, 0);
	put16(&b, 0x4003);
	put16(&b, 0);
	put32(&b, 0);
	ok(tap, same(&list, &b), "... their bytes");
	ok(tap, ioattr_add_set(&list, 10, 0) == -EEXIST,
	   "a second set: EEXIST");
}

static void checksums(struct tap *tap)
{
	const struct iocb_attr_pi pi = {
		/* not set by the caller */
		.attr = { .size = 7, .id = 0xfedc, .flags = 0xffff },
		.flags = IO_INTEGRITY_CHK_GUARD | IO_INTEGRITY_CHK_REFTAG |
			 IO_INTEGRITY_CHK_APPTAG,
		.app_tag = 0xc0de, .len = 128, .addr = 0x1020304050607080,
		.seed = 0x99aabbccddeeff00, .reserved = 0x11,
	};
	struct ioattr_list list;
	struct bytes b;

	memset(&list, 0xff, sizeof(list));
	ioattr_init(&list, 0);
	ok(tap, !ioattr_add_pi(&list, &pi, IOCB_ATTR_REQUIRED) &&
		!ioattr_add_cache(&list, IOCB_CACHE_BYPASS, 0),
	   "add protection information");
	put_list(&b, 8 + 40 + 16, 0);
	put_record(&b, 40, 5, 1);
	put16(&b, 7);
	put16(&b, 0xc0de);
	put32(&b, 128);
	put64(&b, 0x1020304050607080);
	put64(&b, 0x99aabbccddeeff00);
	put64(&b, 0x11);
	put_record(&b, 16, 4, 0);
	put32(&b, 1);
	put32(&b, 0);
	ok(tap, same(&list, &b), "... its bytes");
	ok(tap, ioattr_add_pi(&list, &pi, 0) == -EEXIST, "twice: EEXIST");
}

static void names(struct tap *tap)
{
	static const char *const attrs[] = {
		"proxy_pid", "proxy_pidfd", "cgroup", "ioprio", "cache", "pi",
		"set",
	};
	static const struct {
		uint32_t hint;
		const char *name;
	} hints[] = {
		{ IOCB_CACHE_BYPASS, "bypass" },
		{ IOCB_CACHE_ADMIT, "admit" },
		{ IOCB_CACHE_WRITETHROUGH, "writethrough" },
		{ IOCB_CACHE_WRITEBACK, "writeback" },
		{ IOCB_CACHE_WRITEAROUND, "writearound" },
	};
	const char *name;
	char text[64];
	unsigned int i;

	for (i = 0; i < 7; i++) {
		name = ioattr_name(i);
		snprintf(text, sizeof(text), "attribute %u is %s", i, attrs[i]);
		ok(tap, name && !strcmp(name, attrs[i]), text);
	}
	ok(tap, !ioattr_name(7) && !ioattr_name(0xffff) && !ioattr_name(-1),
	   "other ids have no name");
	for (i = 0; i < 5; i++) {
		name = ioattr_hint_name(i);
		snprintf(text, sizeof(text), "cache hint %u is %s", i,
			 hints[i].name);
		ok(tap, name && !strcmp(name, hints[i].name) &&
			hints[i].hint == 1U << i, text);
	}
	ok(tap, !ioattr_hint_name(5) && !ioattr_hint_name(-1),
	   "other bits have no name");
}

int main(void)
{
	struct tap tap = { 0 };

	layouts(&tap);
	lists(&tap);
	sizes(&tap);
	errors(&tap);
	preparation(&tap);
	other_sizes(&tap);
	removal(&tap);
	hints(&tap);
	version(&tap);
	identity(&tap);
	checksums(&tap);
	names(&tap);
	return tap_end(&tap);
}
