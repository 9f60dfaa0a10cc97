// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Format lists and masks as text.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ioprio.h"
#include "names.h"
#include "record.h"

/* Like snprintf(3): text beyond @size is counted but not stored. */
struct text {
	char	*at;
	size_t	size;
	size_t	len;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *t, const char *format, ...)
{
	const size_t used = t->len < t->size ? t->len : t->size;
	va_list args;

	va_start(args, format);
	t->len += vsnprintf(t->size ? t->at + used : NULL, t->size - used,
			    format, args);
	va_end(args);
}

/* Add a name, after a space unless it is the first word. */
static void add_name(struct text *t, unsigned int id)
{
	const char *name = ioattr_name(id);

	if (t->len)
		add(t, " ");
	if (name)
		add(t, "%s", name);
	else
		add(t, "attr%u", id);
}

int ioattr_mask_text(uint64_t mask, char *text, size_t size)
{
	struct text t = { text, size, 0 };
	unsigned int id;

	for (id = 0; id < 64; id++) {
		if (mask & (UINT64_C(1) << id))
			add_name(&t, id);
	}
	if (!mask)
		add(&t, "none");
	return t.len;
}

static void add_hints(struct text *t, uint32_t hints)
{
	const char *name, *sep = "=";
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (!(hints & (UINT32_C(1) << bit)))
			continue;
		name = ioattr_hint_name(bit);
		if (name)
			add(t, "%s%s", sep, name);
		else
			add(t, "%s0x%x", sep, UINT32_C(1) << bit);
		sep = ",";
	}
	if (!hints)
		add(t, "=0");
}

/* The format of ioattr_parse_prio() if it has one, else a number. */
static void add_prio(struct text *t, uint16_t ioprio)
{
	const unsigned int class = IOPRIO_PRIO_CLASS(ioprio);
	const unsigned int rest = IOPRIO_PRIO_DATA(ioprio);

	if (class > IOPRIO_CLASS_IDLE || rest > 7)
		add(t, "=0x%x", ioprio);
	else if (class == IOPRIO_CLASS_RT || class == IOPRIO_CLASS_BE || rest)
		add(t, "=%s:%u", ioattr_class_names[class], rest);
	else
		add(t, "=%s", ioattr_class_names[class]);
}

static void add_pi(struct text *t, const struct iocb_attr_pi *pi)
{
	const char *sep = "";
	unsigned int bit;

	add(t, "={len=%u", pi->len);
	if (pi->seed)
		add(t, ",seed=%llu", (unsigned long long)pi->seed);
	if (pi->app_tag)
		add(t, ",app_tag=%u", pi->app_tag);
	if (pi->flags)
		add(t, ",check=");
	for (bit = 0; bit < 16; bit++) {
		if (!(pi->flags & (1U << bit)))
			continue;
		if (bit < IOATTR_NR_CHECKS)
			add(t, "%s%s", sep, ioattr_check_names[bit]);
		else
			add(t, "%s0x%x", sep, 1U << bit);
		sep = "|";
	}
	add(t, "}");
}

/* A record shorter than the union is extended with zeros. */
static void add_value(struct text *t, const struct iocb_attr *record)
{
	union ioattr_record u;

	memset(&u, 0, sizeof(u));
	memcpy(&u, record,
	       record->size < sizeof(u) ? record->size : sizeof(u));
	switch (record->id) {
	case IOCB_ATTR_proxy_pid:
		add(t, "=%llu", (unsigned long long)u.proxy_pid.pid);
		break;
	case IOCB_ATTR_proxy_pidfd:
		add(t, "=%d", u.proxy_pidfd.pidfd);
		break;
	case IOCB_ATTR_cgroup:
		add(t, "=%d", u.cgroup.fd);
		break;
	case IOCB_ATTR_ioprio:
		add_prio(t, u.ioprio.ioprio);
		break;
	case IOCB_ATTR_cache:
		add_hints(t, u.cache.hints);
		break;
	case IOCB_ATTR_pi:
		add_pi(t, &u.pi);
		break;
	case IOCB_ATTR_set:
		add(t, "=%d", u.set.fd);
		break;
	default:
		add(t, "[%u]", record->size);
	}
	if (record->flags & IOCB_ATTR_REQUIRED)
		add(t, "!");
}

int ioattr_list_text(const struct iocb_attr_list *list, size_t len, char *text,
		     size_t size)
{
	struct text t = { text, size, 0 };
	const struct iocb_attr *record = NULL;
	struct iocb_attr_list head;
	size_t seen = sizeof(head);

	if (size)
		*text = '\0';
	if (len < sizeof(head))
		return -EINVAL;
	memcpy(&head, list, sizeof(head));
	if (head.size > len)
		return -EINVAL;
	if (head.flags & IOCB_ATTR_LIST_REPORT)
		add(&t, "report");
	while ((record = ioattr_next(list, record))) {
		add_name(&t, record->id);
		add_value(&t, record);
		seen += record->size;
	}
	if (seen != head.size)
		return -EINVAL;
	if (!t.len)
		add(&t, "none");
	return t.len;
}
