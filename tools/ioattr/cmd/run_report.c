// SPDX-License-Identifier: GPL-2.0
/*
 * The report of ioattr run. The programs can write anything to the counts, so
 * check all that is not just a number.
 */
#include <ctype.h>
#include <string.h>

#include "../common/errname.h"
#include "../include/ioattr.h"
#include "run_report.h"

#define N(count)	((unsigned long long)(count))

static unsigned long long total_refused(const struct counts *c)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < COUNTS_ERRORS; i++)
		sum += c->refused[i].ios;
	return sum;
}

/* All of the entries that are in use. */
static unsigned int entries(const struct shared_counts *shared)
{
	const uint32_t used = shared->used;

	return used < MAX_PROCESSES ? used : MAX_PROCESSES;
}

struct totals add_up(const struct shared_counts *shared)
{
	struct totals totals = { 0 };
	const struct counts *c = shared->of;
	unsigned int i;

	for (i = entries(shared); i; i--, c++) {
		totals.ios += c->aio + c->uring + c->unreachable;
		totals.refused += total_refused(c);
	}
	totals.ios += totals.refused;
	return totals;
}

static void print_process(FILE *out, const struct shared_counts *shared,
			  const struct counts *c)
{
	char name[sizeof(c->name) + 1] = "";
	char *p;

	if (c == &shared->of[MAX_PROCESSES - 1]) {
		fputs("other processes", out);
		return;
	}
	memcpy(name, c->name, sizeof(c->name));
	for (p = name; *p; p++) {
		if (!isprint((unsigned char)*p))
			*p = '?';
	}
	if (c->pid)
		fprintf(out, "%s[%d]", name, c->pid);
	else
		fprintf(out, "%s[?]", name);
}

static void print_refused(FILE *out, const struct counts *c)
{
	const char *sep = " (";
	char name[32];
	int i;

	for (i = 0; i < COUNTS_ERRORS; i++) {
		if (!c->refused[i].ios)
			continue;
		error_name(c->refused[i].error, name, sizeof(name));
		fprintf(out, "%s%s %llu", sep, name, N(c->refused[i].ios));
		sep = ", ";
	}
	if (*sep == ',')
		fputc(')', out);
}

static void print_counts(FILE *out, const struct shared_counts *shared,
			 const struct counts *c)
{
	unsigned int id;

	print_process(out, shared, c);
	fprintf(out, ": %llu I/Os by AIO, %llu by io_uring: tagged %llu, reported %llu",
		N(c->aio), N(c->uring), N(c->tagged), N(c->reported));
	for (id = 0; id < COUNTS_ATTRS; id++) {
		if (!c->given[id])
			continue;
		fprintf(out, ", %s given %llu honoured ", ioattr_name(id),
			N(c->given[id]));
		/* "-" as in ioattr trace */
		if (c->reported)
			fprintf(out, "%llu", N(c->honoured[id]));
		else
			fputc('-', out);
	}
	fprintf(out, ", refused %llu", total_refused(c));
	print_refused(out, c);
	if (c->has_own_attrs)
		fprintf(out, ", own attributes %llu", N(c->has_own_attrs));
	if (c->unreachable)
		fprintf(out, ", unreachable %llu", N(c->unreachable));
	fputc('\n', out);
}

void print_report(FILE *out, const struct shared_counts *shared)
{
	const struct counts *c = shared->of;
	bool any = false, unknown = false;
	unsigned int i;

	for (i = entries(shared); i; i--, c++) {
		if (!c->aio && !c->uring && !c->unreachable &&
		    !total_refused(c))
			continue;
		print_counts(out, shared, c);
		unknown |= c->tagged && !c->reported;
		any = true;
	}
	if (unknown)
		fputs("-: not known, because the kernel reports nothing for this I/O; see ioattr trace\n",
		      out);
	if (shared->missing)
		fputs("some processes are not counted: they have another user or pid namespace, and closed all files\n",
		      out);
	else if (!any)
		fputs("no I/O by AIO or io_uring was seen; that of read(2), write(2) and the like cannot have attributes\n",
		      out);
}

void print_refusals(const struct shared_counts *shared)
{
	const struct counts *c = shared->of;
	unsigned int i;

	for (i = entries(shared); i; i--, c++) {
		if (!total_refused(c))
			continue;
		fputs("ioattr: ", stderr);
		print_process(stderr, shared, c);
		fprintf(stderr, ": attributes refused for %llu I/Os",
			total_refused(c));
		print_refused(stderr, c);
		fputc('\n', stderr);
	}
}
