// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own parser of lists, fs/iocb_attr/parse.c, for rules_test.c.
 */
#include <errno.h>
#include <string.h>

#include "../../../../tests/fuzz/parse_stubs.h"
#include "rules_kernel.h"

int kernel_check(const void *list, uint32_t *offset)
{
	struct iocb_attr_records found = { 0 };
	struct iocb_attr_error error = { 0 };
	struct iocb_attr_list head;
	int ret;

	memcpy(&head, list, sizeof(head));
	*offset = 0;
	ret = iocb_attr_check_header(&head, IOCB_ATTR_LIST_MAX, &error);
	if (ret)
		return ret;
	ret = iocb_attr_parse(iocb_attr_descs,
			      (const char *)list + sizeof(head),
			      head.size - sizeof(head), &found, &error);
	*offset = ret ? error.offset : found.unknown;
	if (ret)
		return ret;
	/* what iocb_attrs_import() checks last */
	return found.unknown ? -EOPNOTSUPP : 0;
}
