// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the list parser: fs/iocb_attr_parse.c, the kernel's own file, built in
 * userspace. The input is a list, header first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../fs/iocb_attr.h"

/* What the table names and parsing never calls. */
#define NEVER_CALLED(name)						\
int name(union iocb_attr_value value, struct iocb_attrs *attrs,		\
	 struct kiocb *iocb, struct iocb_attr_grants *grants)		\
{									\
	(void)value;							\
	(void)attrs;							\
	(void)iocb;							\
	(void)grants;							\
	abort();							\
}

NEVER_CALLED(iocb_attr_resolve_proxy_pid)
NEVER_CALLED(iocb_attr_resolve_proxy_pidfd)
NEVER_CALLED(iocb_attr_resolve_cgroup)
NEVER_CALLED(iocb_attr_resolve_ioprio)

int iocb_attr_resolve_pi(const struct iocb_attr *attr, struct kiocb *iocb,
			 struct uio_meta *meta)
{
	(void)attr;
	(void)iocb;
	(void)meta;
	abort();
}

#define NEVER_ASKED(name)						\
bool name(const struct kiocb *iocb, const struct iocb_attrs *attrs)	\
{									\
	(void)iocb;							\
	(void)attrs;							\
	abort();							\
}

NEVER_ASKED(iocb_attr_consumed_direct)
NEVER_ASKED(iocb_attr_consumed_charge)
NEVER_ASKED(iocb_attr_consumed_pi)

#define CHECK(condition) do {	\
	if (!(condition))	\
		abort();	\
} while (0)

static void check_found(const void *body, u32 len,
			const struct iocb_attrs *attrs,
			const struct iocb_attr_records *found)
{
	unsigned int id, known = 0;
	u32 at;

	for (id = 0; id < IOCB_ATTR_NR; id++) {
		const struct iocb_attr *attr = found->record[id];
		size_t offset = (const char *)attr - (const char *)body;

		if (!(attrs->given & 1U << id)) {
			CHECK(!((found->must | found->resolve) & 1U << id));
			continue;
		}
		known++;
		CHECK(attr->id == id && offset % 8 == 0);
		CHECK(offset + attr->size <= len);
		CHECK(attr->size >= iocb_attr_descs[id].min_size);
		CHECK((attr->flags & IOCB_ATTR_REQUIRED ||
		       id == IOCB_ATTR_pi) == !!(found->must & 1U << id));
		CHECK((attrs->given & iocb_attr_descs[id].excludes) ==
		      1U << id);
		CHECK((iocb_attr_descs[id].resolve ||
		       iocb_attr_descs[id].resolve_all) ==
		      !!(found->resolve & 1U << id));
	}
	/* the records fill the list, and no known one was passed over */
	for (at = 0; at < len;) {
		const struct iocb_attr *attr = (const void *)
			((const char *)body + at);

		if (attr->id < IOCB_ATTR_NR)
			known--;
		else if (attr->flags)
			CHECK(found->unknown && found->unknown <= at + 8);
		at += attr->size;
	}
	CHECK(at == len && !known);
}

/*
 * The short way for one record takes nothing that the long way refuses, and
 * finds the same. Where it takes nothing, it has to be unusual or wrong.
 */
static void check_one(const struct iocb_attr *attr, u32 len, int ret,
		      const struct iocb_attrs *attrs,
		      const struct iocb_attr_records *found)
{
	const struct iocb_attr_desc *desc;
	struct iocb_attrs one = { 0 };
	union iocb_attr_word head;

	if (len != 2 * sizeof(u64))
		return;
	head.attr = *attr;
	if (!iocb_attr_parse_one(head, iocb_attr_value_of(attr), &one,
				 &desc)) {
		CHECK(ret || attr->size != len || attr->id >= IOCB_ATTR_NR ||
		      iocb_attr_descs[attr->id].size != len);
		return;
	}
	CHECK(!ret && desc == &iocb_attr_descs[attr->id]);
	CHECK(one.given == attrs->given && one.given == 1U << attr->id);
	CHECK(one.cache.hints == attrs->cache.hints);
	CHECK(!desc->resolve == !found->resolve);
	CHECK(!desc->integrity && !attr->flags == !found->must);
	CHECK(!attr->flags == (head.word == desc->alone));
}

/*
 * Some records have grown by a word of their own, which is reserved: what is
 * shorter than that is a record all the same, and is not read beyond its end.
 */
static void check_grown(const void *body, u32 len, int ret,
			const struct iocb_attrs *attrs)
{
	struct iocb_attr_desc descs[IOCB_ATTR_NR];
	struct iocb_attr_records grown = { 0 };
	struct iocb_attrs new = { 0 };
	unsigned int id;
	int now;

	memcpy(descs, iocb_attr_descs, sizeof(descs));
	for (id = 0; id < IOCB_ATTR_NR; id++) {
		if (descs[id].size + sizeof(u64) > sizeof(union iocb_attr_any))
			continue;
		descs[id].reserved_at = descs[id].size;
		descs[id].reserved = ~0ULL;
		descs[id].size += sizeof(u64);
	}
	now = iocb_attr_parse(descs, body, len, &new, &grown);
	CHECK(now == 0 || now == -EINVAL || now == -E2BIG);
	/* a list that was good is still good */
	if (!ret) {
		CHECK(!now && new.given == attrs->given);
		CHECK(new.cache.hints == attrs->cache.hints);
	}
	for (id = 0; !now && id < IOCB_ATTR_NR; id++) {
		const struct iocb_attr *whole;
		union iocb_attr_any room;

		if (!(new.given & 1U << id))
			continue;
		whole = iocb_attr_whole(grown.record[id], &descs[id], &room);
		CHECK(!memcmp(whole, grown.record[id],
			      descs[id].size < grown.record[id]->size ?
			      descs[id].size : grown.record[id]->size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iocb_attr_records found = { 0 };
	struct iocb_attrs attrs = { 0 };
	union iocb_attr_list_word list;
	void *body;
	u32 len;
	int ret;

	if (size < sizeof(list))
		return 0;
	memcpy(&list, data, sizeof(list));
	ret = iocb_attr_check_header(list, &found.bad);
	CHECK(ret == 0 || ret == -EINVAL || ret == -E2BIG);
	/* what the header says counts in the kernel; here, what there is */
	len = (size - sizeof(list)) & ~7UL;
	if (len > IOCB_ATTR_LIST_MAX - sizeof(list))
		return 0;
	/* exactly as long, so that each byte too many is noticed */
	body = malloc(len ? len : 1);
	memcpy(body, data + sizeof(list), len);

	ret = iocb_attr_parse(iocb_attr_descs, body, len, &attrs, &found);
	CHECK(ret == 0 || ret == -EINVAL || ret == -E2BIG);
	if (ret)
		CHECK(found.bad.offset >= 8 && found.bad.offset < len + 8 &&
		      found.bad.offset % 8 == 0);
	else
		check_found(body, len, &attrs, &found);
	check_one(body, len, ret, &attrs, &found);
	check_grown(body, len, ret, &attrs);
	free(body);
	return 0;
}
