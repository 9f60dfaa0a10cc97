// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the attribute list parser. They cover every branch.
 *
 * tools/testing/kunit/kunit.py run --kunitconfig fs/iocb_attr
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/iocb_attr.h>
#include <linux/string.h>

#include "../iocb_attr_private.h"

/* One record of each kind, in a buffer for tests to corrupt. */
struct all_records {
	struct iocb_attr_proxy_pid	proxy_pid;
	struct iocb_attr_cgroup		cgroup;
	struct iocb_attr_ioprio		ioprio;
	struct iocb_attr_cache		cache;
	struct iocb_attr_pi		pi;
	struct iocb_attr_proxy_pidfd	proxy_pidfd;
};

/* Size of all but the last: proxy_pid and proxy_pidfd exclude each other. */
#define COMPATIBLE	offsetof(struct all_records, proxy_pidfd)

#define RECORD_OF(name)						\
	.name.attr = {						\
		.size	= sizeof(struct iocb_attr_ ## name),	\
		.id	= IOCB_ATTR_ ## name,			\
	}

static const struct all_records all = {
	RECORD_OF(proxy_pid),
	RECORD_OF(cgroup),
	RECORD_OF(ioprio),
	RECORD_OF(cache),
	RECORD_OF(pi),
	RECORD_OF(proxy_pidfd),
};

static void expect_refused(struct kunit *test, const void *body, u32 len,
			   int error, enum iocb_attr_reason reason, u32 at,
			   u16 id)
{
	struct iocb_attr_records found;
	struct iocb_attr_error why;

	KUNIT_EXPECT_EQ(test, iocb_attr_parse(iocb_attr_descs, body, len, &found,
					      &why), error);
	KUNIT_EXPECT_EQ(test, why.reason, reason);
	KUNIT_EXPECT_EQ(test, why.offset, sizeof(struct iocb_attr_list) + at);
	KUNIT_EXPECT_EQ(test, why.id, id);
}

static void expect_accepted(struct kunit *test, const void *body, u32 len,
			    u32 present, u32 required)
{
	struct iocb_attr_records found;
	struct iocb_attr_error why;

	KUNIT_EXPECT_EQ(test, iocb_attr_parse(iocb_attr_descs, body, len, &found,
					      &why), 0);
	KUNIT_EXPECT_EQ(test, found.present, present);
	KUNIT_EXPECT_EQ(test, found.required, required);
}

/* The layout is ABI: no record may have holes or change its size. */
static void layout(struct kunit *test)
{
	BUILD_BUG_ON(sizeof(struct iocb_attr) != 8);
	BUILD_BUG_ON(sizeof(struct iocb_attr_list) != 8);
	BUILD_BUG_ON(__alignof__(struct iocb_attr_list) != 8);
	BUILD_BUG_ON(sizeof(struct iocb_attr_proxy_pid) != 16);
	BUILD_BUG_ON(sizeof(struct iocb_attr_proxy_pidfd) != 16);
	BUILD_BUG_ON(sizeof(struct iocb_attr_cgroup) != 16);
	BUILD_BUG_ON(sizeof(struct iocb_attr_ioprio) != 16);
	BUILD_BUG_ON(sizeof(struct iocb_attr_cache) != 16);
	BUILD_BUG_ON(sizeof(struct iocb_attr_pi) != 40);
	BUILD_BUG_ON(sizeof(struct iocb_attr_set) != 16);
	BUILD_BUG_ON(offsetof(struct iocb_attr_pi, addr) != 16);
	BUILD_BUG_ON(offsetof(struct iocb_attr_pi, seed) != 24);
	BUILD_BUG_ON(sizeof(struct iocb_attrs) > 32);
	BUILD_BUG_ON(sizeof(struct iocb_attr_ref) > 16);
}

/* Consistency of each entry of the table. */
static void table(struct kunit *test)
{
	unsigned int id;

	for (id = 0; id < IOCB_ATTR_NR; id++) {
		const struct iocb_attr_desc *desc = &iocb_attr_descs[id];

		/* an id that is not in use */
		if (!desc->size)
			continue;
		KUNIT_EXPECT_GE(test, desc->min_size, sizeof(struct iocb_attr));
		KUNIT_EXPECT_GE(test, desc->size, desc->min_size);
		KUNIT_EXPECT_EQ(test, desc->size % 8, 0);
		KUNIT_EXPECT_LE(test, desc->size,
				sizeof(union iocb_attr_record));
		/* the reserved word must be inside the minimum record size */
		KUNIT_EXPECT_LE(test, desc->reserved_offset + sizeof(u64),
				desc->min_size);
		/* it must be aligned and after the header */
		KUNIT_EXPECT_EQ(test, desc->reserved_offset % 8, 0);
		KUNIT_EXPECT_TRUE(test,
				  desc->reserved_offset || !desc->reserved);
		/* duplicates are rejected; exclusion is mutual */
		KUNIT_EXPECT_TRUE(test, desc->excludes & BIT(id));
		for (unsigned int other = 0; other < IOCB_ATTR_NR; other++)
			KUNIT_EXPECT_EQ(test, !!(desc->excludes & BIT(other)),
					!!(iocb_attr_descs[other].excludes &
					   BIT(id)));
		KUNIT_EXPECT_NOT_NULL(test, desc->resolve);
	}
}

static void header(struct kunit *test)
{
	static const struct {
		u32 size, flags;
		int error;
		enum iocb_attr_reason reason;
	} cases[] = {
		{ 0, 0, -EINVAL, IOCB_ATTR_ERR_LIST_SIZE },
		{ 7, 0, -EINVAL, IOCB_ATTR_ERR_LIST_SIZE },
		{ 8, 0, 0 },
		{ 9, 0, -EINVAL, IOCB_ATTR_ERR_LIST_SIZE },
		{ 12, 0, -EINVAL, IOCB_ATTR_ERR_LIST_SIZE },
		{ 16, 0, 0 },
		{ 4088, 0, 0 },
		{ 4096, 0, 0 },
		{ 4097, 0, -EINVAL, IOCB_ATTR_ERR_LIST_SIZE },
		{ 4104, 0, -E2BIG, IOCB_ATTR_ERR_LIST_SIZE },
		{ U32_MAX - 7, 0, -E2BIG, IOCB_ATTR_ERR_LIST_SIZE },
		{ U32_MAX, 0, -EINVAL, IOCB_ATTR_ERR_LIST_SIZE },
		{ 8, IOCB_ATTR_LIST_REPORT, 0 },
		{ 8, 1U << 1, -EINVAL, IOCB_ATTR_ERR_LIST_FLAGS },
		{ 8, 1U << 31, -EINVAL, IOCB_ATTR_ERR_LIST_FLAGS },
		{ 8, U32_MAX, -EINVAL, IOCB_ATTR_ERR_LIST_FLAGS },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct iocb_attr_list list = {
			.size	= cases[i].size,
			.flags	= cases[i].flags,
		};
		struct iocb_attr_error why = { };

		KUNIT_EXPECT_EQ_MSG(test,
				    iocb_attr_check_header(&list,
							   IOCB_ATTR_LIST_MAX,
							   &why),
				    cases[i].error, "size %u flags %#x",
				    list.size, list.flags);
		KUNIT_EXPECT_EQ(test, why.reason, cases[i].reason);
		KUNIT_EXPECT_EQ(test, why.offset, 0);
	}
}

static void no_records(struct kunit *test)
{
	expect_accepted(test, &all, 0, 0, 0);
}

static void one_of_each(struct kunit *test)
{
	struct iocb_attr_records found;
	struct iocb_attr_error why;

	KUNIT_ASSERT_EQ(test, iocb_attr_parse(iocb_attr_descs, &all, COMPATIBLE,
					      &found, &why), 0);
	KUNIT_EXPECT_EQ(test, found.present,
			BIT(IOCB_ATTR_proxy_pid) | BIT(IOCB_ATTR_cgroup) |
			BIT(IOCB_ATTR_ioprio) | BIT(IOCB_ATTR_cache) |
			BIT(IOCB_ATTR_pi));
	KUNIT_EXPECT_PTR_EQ(test, found.record[IOCB_ATTR_proxy_pid],
			    &all.proxy_pid.attr);
	KUNIT_EXPECT_PTR_EQ(test, found.record[IOCB_ATTR_cache],
			    &all.cache.attr);
	KUNIT_EXPECT_PTR_EQ(test, found.record[IOCB_ATTR_pi], &all.pi.attr);
	KUNIT_EXPECT_EQ(test, found.required, BIT(IOCB_ATTR_pi));
	expect_accepted(test, &all.proxy_pidfd, sizeof(all.proxy_pidfd),
			BIT(IOCB_ATTR_proxy_pidfd), 0);
}

/* A set may be beside any other record. */
static void set_and_others(struct kunit *test)
{
	struct {
		struct iocb_attr_cache	cache;
		struct iocb_attr_set	set;
		struct iocb_attr_pi	pi;
	} list = {
		.cache	= all.cache,
		.set	= {
			.attr	= {
				.size	= sizeof(list.set),
				.id	= IOCB_ATTR_set,
				.flags	= IOCB_ATTR_REQUIRED,
			},
			.fd	= -1,
		},
		.pi	= all.pi,
	};
	struct iocb_attr_records found;
	struct iocb_attr_error why;

	expect_accepted(test, &list, sizeof(list),
			BIT(IOCB_ATTR_cache) | BIT(IOCB_ATTR_set) |
			BIT(IOCB_ATTR_pi),
			BIT(IOCB_ATTR_set) | BIT(IOCB_ATTR_pi));
	list.set.reserved = 1;
	KUNIT_EXPECT_EQ(test, iocb_attr_parse(iocb_attr_descs, &list,
					      sizeof(list), &found, &why),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, why.reason, IOCB_ATTR_ERR_RESERVED);
	KUNIT_EXPECT_EQ(test, why.id, IOCB_ATTR_set);
}

/* Record sizes from 0 to 56 bytes, in lists with 8 to 48 bytes of records. */
static void record_sizes(struct kunit *test)
{
	for (u32 len = 8; len <= 48; len += 8) {
		for (u32 size = 0; size <= 56; size++) {
			u64 body[8] = { };
			struct iocb_attr *attr = (struct iocb_attr *)body;

			attr->id = IOCB_ATTR_cache;
			attr->size = size;
			if (size < 8 || size % 8 || size > len)
				expect_refused(test, body, len, -EINVAL,
					       IOCB_ATTR_ERR_SIZE, 0,
					       IOCB_ATTR_cache);
			else if (size < 16)
				expect_refused(test, body, len, -EINVAL,
					       IOCB_ATTR_ERR_TOO_SHORT, 0,
					       IOCB_ATTR_cache);
			else if (size == len)
				expect_accepted(test, body, len,
						BIT(IOCB_ATTR_cache), 0);
			else
				/* the remaining bytes are a record of size 0 */
				expect_refused(test, body, len, -EINVAL,
					       IOCB_ATTR_ERR_SIZE, size, 0);
		}
	}
}

static void huge_record(struct kunit *test)
{
	struct iocb_attr_cache twice[2] = { all.cache, all.cache };

	twice[0].attr.size = U32_MAX - 7;
	expect_refused(test, twice, sizeof(twice), -EINVAL, IOCB_ATTR_ERR_SIZE,
		       0, IOCB_ATTR_cache);
}

static void flags(struct kunit *test)
{
	for (int bit = 0; bit < 16; bit++) {
		struct iocb_attr_cache cache = all.cache;

		cache.attr.flags = BIT(bit);
		if (cache.attr.flags == IOCB_ATTR_REQUIRED)
			expect_accepted(test, &cache, sizeof(cache),
					BIT(IOCB_ATTR_cache),
					BIT(IOCB_ATTR_cache));
		else
			expect_refused(test, &cache, sizeof(cache), -EINVAL,
				       IOCB_ATTR_ERR_FLAGS, 0, IOCB_ATTR_cache);
	}
}

static void duplicate(struct kunit *test)
{
	struct iocb_attr_cache twice[2] = { all.cache, all.cache };

	expect_refused(test, twice, sizeof(twice), -EINVAL,
		       IOCB_ATTR_ERR_DUPLICATE, sizeof(twice[0]),
		       IOCB_ATTR_cache);
}

static void conflict(struct kunit *test)
{
	expect_refused(test, &all, sizeof(all), -EINVAL,
		       IOCB_ATTR_ERR_CONFLICT,
		       offsetof(struct all_records, proxy_pidfd),
		       IOCB_ATTR_proxy_pidfd);
}

/* Records with more bytes than this kernel defines. */
static void longer(struct kunit *test)
{
	static const struct {
		const void *record;
		u16 size;
	} records[] = {
		{ &all.proxy_pid, sizeof(all.proxy_pid) },
		{ &all.proxy_pidfd, sizeof(all.proxy_pidfd) },
		{ &all.cgroup, sizeof(all.cgroup) },
		{ &all.ioprio, sizeof(all.ioprio) },
		{ &all.cache, sizeof(all.cache) },
		{ &all.pi, sizeof(all.pi) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(records); i++) {
		u64 body[8] = { };
		struct iocb_attr *attr = (struct iocb_attr *)body;

		memcpy(body, records[i].record, records[i].size);
		attr->size = records[i].size + 8;
		expect_accepted(test, body, attr->size, BIT(attr->id),
				attr->id == IOCB_ATTR_pi ?
				BIT(IOCB_ATTR_pi) : 0);
		for (u32 at = records[i].size; at < attr->size; at++) {
			((u8 *)body)[at] = 1;
			expect_refused(test, body, attr->size, -E2BIG,
				       IOCB_ATTR_ERR_TOO_LONG, 0, attr->id);
			((u8 *)body)[at] = 0;
		}
	}
}

/*
 * The cache record has grown by a reserved word. Programs pass the old and the
 * new size.
 */
static void grown(struct kunit *test)
{
	const u32 old = sizeof(struct iocb_attr_cache);
	struct {
		struct iocb_attr_cache	cache;
		struct iocb_attr	next;
		u64			value;
	} two = { .next = { sizeof(two.next) + sizeof(two.value), U16_MAX },
		  .value = ~0ULL };
	struct {
		struct iocb_attr_cache	cache;
		u64			more;
	} new = { .cache = all.cache };
	struct iocb_attr_desc *descs, *desc;
	struct iocb_attr_records found;
	struct iocb_attr_cache *last;
	const union iocb_attr_record *whole;
	union iocb_attr_record room;
	struct iocb_attr_error why;

	descs = kunit_kzalloc(test, sizeof(iocb_attr_descs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, descs);
	memcpy(descs, iocb_attr_descs, sizeof(iocb_attr_descs));
	desc = &descs[IOCB_ATTR_cache];
	desc->size = old + sizeof(new.more);
	desc->reserved_offset = old;
	desc->reserved = ~0ULL;

	/* the last record: no bytes after it may be read */
	last = kunit_kzalloc(test, old, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, last);
	*last = all.cache;
	last->hints = IOCB_CACHE_BYPASS;
	KUNIT_EXPECT_EQ(test, iocb_attr_parse(descs, last, old, &found, &why),
			0);
	KUNIT_EXPECT_EQ(test, found.present, BIT(IOCB_ATTR_cache));
	KUNIT_EXPECT_PTR_EQ(test, found.record[IOCB_ATTR_cache], &last->attr);

	/* not the last: the next record must not be read as part of it */
	two.cache = *last;
	KUNIT_EXPECT_EQ(test, iocb_attr_parse(descs, &two, sizeof(two), &found,
					      &why), 0);
	KUNIT_EXPECT_EQ(test, found.present, BIT(IOCB_ATTR_cache));

	/* a program that was built with the new word */
	new.cache.attr.size = sizeof(new);
	KUNIT_EXPECT_EQ(test, iocb_attr_parse(descs, &new, sizeof(new), &found,
					      &why), 0);
	whole = iocb_attr_whole(&new.cache.attr, desc, &room);
	KUNIT_EXPECT_PTR_EQ(test, &whole->attr, &new.cache.attr);
	new.more = 1;
	KUNIT_EXPECT_EQ(test, iocb_attr_parse(descs, &new, sizeof(new), &found,
					      &why), -EINVAL);
	KUNIT_EXPECT_EQ(test, why.reason, IOCB_ATTR_ERR_RESERVED);

	/* the full-size copy of the old record is padded with zeroes */
	memset(&room, 0xff, sizeof(room));
	whole = iocb_attr_whole(&last->attr, desc, &room);
	KUNIT_EXPECT_PTR_EQ(test, whole, &room);
	KUNIT_EXPECT_EQ(test, whole->cache.hints, IOCB_CACHE_BYPASS);
	KUNIT_EXPECT_MEMEQ(test, &room, last, old);
	KUNIT_EXPECT_NULL(test, memchr_inv((void *)&room + old, 0,
					   sizeof(room) - old));
}

/* Every byte of every reserved field. */
static void reserved(struct kunit *test)
{
	static const struct {
		const void *record;
		u16 size, from, to;
	} fields[] = {
		{ &all.proxy_pidfd, 16, 12, 16 },
		{ &all.cgroup, 16, 12, 16 },
		{ &all.ioprio, 16, 10, 16 },
		{ &all.cache, 16, 12, 16 },
		{ &all.pi, 40, 32, 40 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 body[5];
		struct iocb_attr *attr = (struct iocb_attr *)body;

		memcpy(body, fields[i].record, fields[i].size);
		for (u16 at = fields[i].from; at < fields[i].to; at++) {
			((u8 *)body)[at] = 0x80;
			expect_refused(test, body, fields[i].size, -EINVAL,
				       IOCB_ATTR_ERR_RESERVED, 0, attr->id);
			((u8 *)body)[at] = 0;
		}
	}
}

/* All combinations of defined hints, and each undefined hint. */
static void cache_hints(struct kunit *test)
{
	const u32 policies = IOCB_CACHE_WRITETHROUGH | IOCB_CACHE_WRITEBACK |
			     IOCB_CACHE_WRITEAROUND;

	for (u32 hints = 0; hints < 32; hints++) {
		struct iocb_attr_cache cache = all.cache;

		cache.hints = hints;
		if ((hints & 3) == 3 || hweight32(hints & policies) > 1)
			expect_refused(test, &cache, sizeof(cache), -EINVAL,
				       IOCB_ATTR_ERR_VALUE, 0, IOCB_ATTR_cache);
		else
			expect_accepted(test, &cache, sizeof(cache),
					BIT(IOCB_ATTR_cache), 0);
	}
	for (int bit = 5; bit < 32; bit++) {
		struct iocb_attr_cache cache = all.cache;

		cache.hints = BIT(bit);
		expect_refused(test, &cache, sizeof(cache), -EINVAL,
			       IOCB_ATTR_ERR_VALUE, 0, IOCB_ATTR_cache);
	}
}

static void pi_flags(struct kunit *test)
{
	for (int bit = 0; bit < 16; bit++) {
		struct iocb_attr_pi pi = all.pi;

		pi.flags = BIT(bit);
		if (pi.flags & IO_INTEGRITY_VALID_FLAGS)
			expect_accepted(test, &pi, sizeof(pi),
					BIT(IOCB_ATTR_pi),
					BIT(IOCB_ATTR_pi));
		else
			expect_refused(test, &pi, sizeof(pi), -EINVAL,
				       IOCB_ATTR_ERR_VALUE, 0, IOCB_ATTR_pi);
	}
}

static void unknown_id(struct kunit *test)
{
	u64 body[4] = { };
	struct iocb_attr *first = (struct iocb_attr *)body;
	struct iocb_attr *second = (struct iocb_attr *)&body[2];
	struct iocb_attr_records found;
	struct iocb_attr_error why;

	first->size = 16;
	first->id = IOCB_ATTR_NR;
	second->size = 16;
	second->id = U16_MAX;
	body[1] = ~0ULL;	/* the payload of an unknown id is ignored */
	expect_accepted(test, body, sizeof(body), 0, 0);

	/* duplicates of an unknown id are accepted */
	second->id = IOCB_ATTR_NR;
	expect_accepted(test, body, sizeof(body), 0, 0);

	second->id = U16_MAX;
	second->flags = IOCB_ATTR_REQUIRED;
	KUNIT_EXPECT_EQ(test, iocb_attr_parse(iocb_attr_descs, body,
					      sizeof(body), &found, &why), 0);
	KUNIT_EXPECT_EQ(test, found.unknown, 24);
	KUNIT_EXPECT_EQ(test, found.unknown_id, U16_MAX);

	first->flags = IOCB_ATTR_REQUIRED;
	KUNIT_EXPECT_EQ(test, iocb_attr_parse(iocb_attr_descs, body,
					      sizeof(body), &found, &why), 0);
	KUNIT_EXPECT_EQ(test, found.unknown, 8);
	KUNIT_EXPECT_EQ(test, found.unknown_id, IOCB_ATTR_NR);

	/* the header of an unknown record is validated all the same */
	first->flags = 2;
	expect_refused(test, body, sizeof(body), -EINVAL, IOCB_ATTR_ERR_FLAGS,
		       0, IOCB_ATTR_NR);
}

/* The first of two faulty records determines the error. */
static void first_fault_decides(struct kunit *test)
{
	struct {
		struct iocb_attr	first;
		struct iocb_attr_cache	cache;
	} two = { .first = { sizeof(two.first), U16_MAX, U16_MAX },
		  .cache = all.cache };

	two.cache.hints = U32_MAX;
	expect_refused(test, &two, sizeof(two), -EINVAL, IOCB_ATTR_ERR_FLAGS, 0,
		       U16_MAX);
	two.first.flags = 0;
	expect_refused(test, &two, sizeof(two), -EINVAL, IOCB_ATTR_ERR_VALUE,
		       sizeof(two.first), IOCB_ATTR_cache);
}

/* A list of the maximum size. */
static void longest_list(struct kunit *test)
{
	const u32 len = IOCB_ATTR_LIST_MAX - sizeof(struct iocb_attr_list);
	struct iocb_attr *body = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, body);
	for (u32 i = 0; i < len / sizeof(*body); i++) {
		body[i].size = sizeof(*body);
		body[i].id = IOCB_ATTR_NR + i;
	}
	expect_accepted(test, body, len, 0, 0);
	body[len / sizeof(*body) - 1].size = 16;
	expect_refused(test, body, len, -EINVAL, IOCB_ATTR_ERR_SIZE,
		       len - sizeof(*body),
		       IOCB_ATTR_NR + len / sizeof(*body) - 1);
}

static void lookup(struct kunit *test)
{
	struct iocb_attrs attrs = { .cache.hints = IOCB_CACHE_ADMIT };
	const struct iocb_cache *cache;

	KUNIT_EXPECT_NULL(test, iocb_attr_lookup(NULL, cache));
	KUNIT_EXPECT_NULL(test, iocb_attr_lookup(&attrs, cache));
	attrs.present = (u32)~BIT(IOCB_ATTR_cache);
	KUNIT_EXPECT_NULL(test, iocb_attr_lookup(&attrs, cache));
	attrs.present |= BIT(IOCB_ATTR_cache);
	cache = iocb_attr_lookup(&attrs, cache);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, cache->hints, IOCB_CACHE_ADMIT);
}

static void honoured(struct kunit *test)
{
	struct iocb_attrs attrs = { .present = BIT(IOCB_ATTR_cache) };
	struct iocb_attr_ref ref = { .attrs = &attrs };

	/* without IOCB_ATTR_LIST_REPORT nothing is recorded */
	iocb_attr_set_honoured(&ref, cache, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ref.honoured), 0);

	attrs.flags = IOCB_ATTR_LIST_REPORT;
	iocb_attr_set_honoured(&ref, cache, 0);
	iocb_attr_set_honoured(&ref, cache, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ref.honoured), BIT(IOCB_ATTR_cache));
}

static void clone(struct kunit *test)
{
	struct iocb_attr_ref ref = { };
	struct kiocb copy, iocb = { .ki_flags = IOCB_DIRECT };

	kiocb_clone(&copy, &iocb, NULL);
	KUNIT_EXPECT_NULL(test, copy.ki_attrs);
	iocb.ki_flags |= IOCB_HAS_ATTRS;
	iocb.ki_attrs = &ref;
	kiocb_clone(&copy, &iocb, NULL);
	KUNIT_EXPECT_TRUE(test, copy.ki_flags & IOCB_HAS_ATTRS);
	KUNIT_EXPECT_PTR_EQ(test, copy.ki_attrs, &ref);
}

static struct kunit_case iocb_attr_cases[] = {
	KUNIT_CASE(layout),
	KUNIT_CASE(table),
	KUNIT_CASE(header),
	KUNIT_CASE(no_records),
	KUNIT_CASE(one_of_each),
	KUNIT_CASE(set_and_others),
	KUNIT_CASE(record_sizes),
	KUNIT_CASE(huge_record),
	KUNIT_CASE(flags),
	KUNIT_CASE(duplicate),
	KUNIT_CASE(conflict),
	KUNIT_CASE(longer),
	KUNIT_CASE(grown),
	KUNIT_CASE(reserved),
	KUNIT_CASE(cache_hints),
	KUNIT_CASE(pi_flags),
	KUNIT_CASE(unknown_id),
	KUNIT_CASE(first_fault_decides),
	KUNIT_CASE(longest_list),
	KUNIT_CASE(lookup),
	KUNIT_CASE(honoured),
	KUNIT_CASE(clone),
	{}
};

static struct kunit_suite iocb_attr_suite = {
	.name		= "iocb_attr",
	.test_cases	= iocb_attr_cases,
};

kunit_test_suite(iocb_attr_suite);

MODULE_DESCRIPTION("KUnit tests of the attribute list parser");
MODULE_LICENSE("GPL");
