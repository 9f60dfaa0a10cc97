// SPDX-License-Identifier: GPL-2.0
/*
 * Test that ioattr_list_check() and the kernel's parser agree: on lists with
 * one fault each, and on random changes of valid lists. Prints TAP.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/ioattr.h"
#include "rules_kernel.h"
#include "tap.h"

#define LISTS	2000000

/*
 * The kernel checks priorities after the bytes of all records, as it does
 * permissions: a class beyond idle, or a level without a class.
 */
static bool is_priority(const char *record)
{
	struct iocb_attr_ioprio r;

	memcpy(&r, record, sizeof(r));
	return r.attr.id == IOCB_ATTR_ioprio &&
	       (r.ioprio >= 0x8000 || (r.ioprio < 0x2000 && r.ioprio & 7));
}

/* Compare both results. ASAN finds accesses beyond the list. */
static bool agree(const void *list, size_t len, int *ret, uint32_t *offset)
{
	void *copy = malloc(len);
	uint32_t at;
	int error;

	memcpy(copy, list, len);
	*ret = ioattr_list_check(copy, offset);
	error = kernel_check(copy, &at);
	if (*ret == -EINVAL && (!error || error == -EOPNOTSUPP) &&
	    is_priority((char *)copy + *offset)) {
		error = *ret;
		at = *offset;
	}
	free(copy);
	if (*ret == error && *offset == at)
		return true;
	printf("# %d at %u, and the kernel: %d at %u\n", *ret, *offset, error,
	       at);
	return false;
}

static void check(struct tap *tap, const struct ioattr_list *list, int error,
		  uint32_t offset, const char *name)
{
	uint32_t size = list->head.size, at;
	int ret;

	/* as far as there is memory */
	if (size < sizeof(list->head) || size > sizeof(list->space))
		size = sizeof(list->head);
	ok(tap, agree(&list->head, size, &ret, &at) && ret == error &&
		at == offset, name);
}

static struct ioattr_list list_of_all(void)
{
	const struct iocb_attr_pi pi = { .flags = 7, .len = 64, .addr = 4096 };
	struct ioattr_list list;

	ioattr_init(&list, IOCB_ATTR_LIST_REPORT);
	ioattr_add_proxy_pid(&list, 1, 0);
	ioattr_add_cgroup(&list, 3, IOCB_ATTR_REQUIRED);
	ioattr_add_ioprio(&list, 0x4003, 0);
	ioattr_add_cache(&list, IOCB_CACHE_BYPASS | IOCB_CACHE_WRITEBACK, 0);
	ioattr_add_pi(&list, &pi, 0);
	ioattr_add_set(&list, 4, 0);
	return list;
}

static void faults(struct tap *tap)
{
	const struct ioattr_list all = list_of_all();
	const uint64_t zero[4] = { 0 }, words[4] = { 0, 0, 0, 1 };
	struct ioattr_list list = all;
	uint32_t at;

	check(tap, &list, 0, 0, "all attributes in one list");
	ok(tap, !ioattr_list_check(&list.head, NULL), "the offset may be NULL");
	ioattr_init(&list, 0);
	check(tap, &list, 0, 0, "an empty list");
	list.head.size = 0;
	check(tap, &list, -EINVAL, 0, "a size of 0");
	list.head.size = 12;
	check(tap, &list, -EINVAL, 0, "a size of 12");
	list.head.size = 4104;
	check(tap, &list, -E2BIG, 0, "a size of more than 4096");
	ioattr_init(&list, 2);
	check(tap, &list, -EINVAL, 0, "an unknown flag of the list");

	ioattr_init(&list, 0);
	ioattr_add_cache(&list, 1, 0);
	ioattr_add_cache(&list, 1, 0);
	list.error = 0;
	at = list.head.size;
	memcpy((char *)&list.space + at - 8, list.space, 16);
	list.head.size += 16;
	check(tap, &list, -EINVAL, 24, "an id twice");
	list.space[2] = 4;
	check(tap, &list, -EINVAL, 24, "a record of 4 bytes");
	list.space[2] = 24 | 4ULL << 32;
	check(tap, &list, -EINVAL, 24, "a record beyond the end");

	ioattr_init(&list, 0);
	ioattr_add_proxy_pidfd(&list, 3, 0);
	ioattr_add_proxy_pid(&list, 3, 0);
	check(tap, &list, -EINVAL, 24, "two kinds of proxy");
	ioattr_init(&list, 0);
	ioattr_add_cache(&list, IOCB_CACHE_BYPASS | IOCB_CACHE_ADMIT, 0);
	check(tap, &list, -EINVAL, 8, "hints that exclude each other");
	ioattr_init(&list, 0);
	ioattr_add_cache(&list, 1 << 5, 0);
	check(tap, &list, -EINVAL, 8, "an unknown hint");
	ioattr_init(&list, 0);
	ioattr_add_cache(&list, 1, 2);
	check(tap, &list, -EINVAL, 8, "an unknown flag of a record");
	ioattr_init(&list, 0);
	ioattr_add(&list, IOCB_ATTR_set, 0, &words[3], 8);
	check(tap, &list, -EINVAL, 8, "a record that is too short");
	ioattr_init(&list, 0);
	ioattr_add(&list, IOCB_ATTR_cgroup, 0, zero, 32);
	check(tap, &list, 0, 0, "a longer record, with zeros");
	ioattr_init(&list, 0);
	ioattr_add(&list, IOCB_ATTR_cgroup, 0, words, 40);
	check(tap, &list, -E2BIG, 8, "... with more");
	list = all;
	list.space[3] |= 1ULL << 63;
	check(tap, &list, -EINVAL, 24, "a reserved field");
	list = all;
	ioattr_add(&list, 900, 0, zero, 24);
	check(tap, &list, 0, 0, "an unknown id");
	ioattr_add(&list, 901, IOCB_ATTR_REQUIRED, zero, 24);
	ioattr_add(&list, 902, IOCB_ATTR_REQUIRED, NULL, 8);
	check(tap, &list, -EOPNOTSUPP, all.head.size + 24,
	      "... that is required");

	ioattr_init(&list, 0);
	ioattr_add_ioprio(&list, 0x8000, 0);
	check(tap, &list, -EINVAL, 8, "a priority of no class");
	ioattr_init(&list, 0);
	ioattr_add_ioprio(&list, 1, 0);
	check(tap, &list, -EINVAL, 8, "a level without a class");
}

/* xorshift64 */
static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void noise(struct tap *tap)
{
	const struct ioattr_list all = list_of_all();
	uint64_t x = 88172645463325252;
	long n, wrong = 0, errors = 0;

	for (n = 0; n < LISTS && wrong < 10; n++) {
		struct ioattr_list list = all;
		uint16_t *words = (uint16_t *)((char *)&list +
				offsetof(struct ioattr_list, head));
		const uint32_t size = list.head.size;
		uint32_t at;
		int ret, i;

		/* ids, sizes and flags are small numbers */
		for (i = next(&x) % 3; i >= 0; i--)
			words[next(&x) % (size / 2)] =
				next(&x) % 2 ? next(&x) % 48 : next(&x);
		if (list.head.size > size)
			list.head.size = size;
		wrong += !agree(&list.head, size, &ret, &at);
		errors += !!ret;
	}
	printf("# %ld of %ld lists are wrong\n", errors, n);
	ok(tap, !wrong && errors > n / 10 && errors < n / 10 * 9,
	   "random changes");
}

int main(void)
{
	struct tap tap = { 0 };

	faults(&tap);
	noise(&tap);
	return tap_end(&tap);
}
