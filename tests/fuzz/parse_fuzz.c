// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the list parser: fs/iocb_attr/parse.c, the kernel's own file, built in
 * userspace. The input is a list, header first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse_stubs.h"

#define CHECK(condition) do {	\
	if (!(condition))	\
		abort();	\
} while (0)

static void check_found(const void *body, u32 len,
			const struct iocb_attr_records *found)
{
	unsigned int id, known = 0;
	u32 at;

	for (id = 0; id < IOCB_ATTR_NR; id++) {
		const struct iocb_attr *attr = found->record[id];
		size_t offset = (const char *)attr - (const char *)body;

		if (!(found->present & 1U << id)) {
			CHECK(!(found->required & 1U << id));
			continue;
		}
		known++;
		CHECK(attr->id == id && offset % 8 == 0);
		CHECK(offset + attr->size <= len);
		CHECK(attr->size >= iocb_attr_descs[id].min_size);
		CHECK((attr->flags & IOCB_ATTR_REQUIRED ||
		       id == IOCB_ATTR_pi) == !!(found->required & 1U << id));
		CHECK((found->present & iocb_attr_descs[id].excludes) ==
		      1U << id);
	}
	/* the records fill the list, and no known record was skipped */
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
 * Let some records grow by a reserved word. A shorter record remains valid, and
 * the parser must not read beyond its end.
 */
static void check_grown(const void *body, u32 len, int ret,
			const struct iocb_attr_records *found)
{
	struct iocb_attr_desc descs[IOCB_ATTR_NR];
	struct iocb_attr_records grown = { 0 };
	struct iocb_attr_error error;
	unsigned int id;
	int now;

	memcpy(descs, iocb_attr_descs, sizeof(descs));
	for (id = 0; id < IOCB_ATTR_NR; id++) {
		if (descs[id].size + sizeof(u64) >
		    sizeof(union iocb_attr_record))
			continue;
		descs[id].reserved_offset = descs[id].size;
		descs[id].reserved = ~0ULL;
		descs[id].size += sizeof(u64);
	}
	now = iocb_attr_parse(descs, body, len, &grown, &error);
	CHECK(now == 0 || now == -EINVAL || now == -E2BIG);
	/* a valid list remains valid */
	if (!ret)
		CHECK(!now && grown.present == found->present);
	for (id = 0; !now && id < IOCB_ATTR_NR; id++) {
		const union iocb_attr_record *whole;
		union iocb_attr_record room;

		if (!(grown.present & 1U << id))
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
	struct iocb_attr_error error = { 0 };
	struct iocb_attr_list list;
	void *body;
	u32 len;
	int ret;

	if (size < sizeof(list))
		return 0;
	memcpy(&list, data, sizeof(list));
	ret = iocb_attr_check_header(&list, IOCB_ATTR_LIST_MAX, &error);
	CHECK(ret == 0 || ret == -EINVAL || ret == -E2BIG);
	/*
	 * the kernel uses the size in the header, this test that of the input
	 */
	len = (size - sizeof(list)) & ~7UL;
	if (len > IOCB_ATTR_LIST_MAX - sizeof(list))
		return 0;
	/* of exactly this size, so that ASan detects each byte beyond it */
	body = malloc(len ? len : 1);
	memcpy(body, data + sizeof(list), len);

	ret = iocb_attr_parse(iocb_attr_descs, body, len, &found, &error);
	CHECK(ret == 0 || ret == -EINVAL || ret == -E2BIG);
	if (ret)
		CHECK(error.offset >= 8 && error.offset < len + 8 &&
		      error.offset % 8 == 0);
	else
		check_found(body, len, &found);
	check_grown(body, len, ret, &found);
	free(body);
	return 0;
}
