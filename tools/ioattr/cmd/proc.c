// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/parse.h"
#include "proc.h"

/* The length of the UTF-8 character at @s, or 0 if there is none. */
static size_t utf8_length(const unsigned char *s)
{
	const size_t len = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	size_t i;

	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* U+0080 to U+009F are control characters */
	return *s == 0xc2 && s[1] < 0xa0 ? 0 : len;
}

/* A program can choose its name, and the names of cgroups. */
static void replace_controls(char *text)
{
	unsigned char *s = (unsigned char *)text;
	size_t len;

	while (*s) {
		len = *s < 0x80 ? isprint(*s) || *s == ' ' : utf8_length(s);
		if (!len) {
			*s = '?';
			len = 1;
		}
		s += len;
	}
}

char *find_line(const char *file, const char *prefix)
{
	const size_t len = strlen(prefix);
	char *line = NULL, *rest = NULL;
	FILE *f = fopen(file, "re");
	size_t room = 0;
	int error;

	if (!f)
		return NULL;
	errno = 0;
	while (!rest && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, prefix, len))
			rest = strdup(line + len + strspn(line + len, " \t"));
	}
	error = errno;
	free(line);
	fclose(f);
	if (rest)
		replace_controls(rest);
	errno = error;
	return rest;
}

static int is_number(const struct dirent *entry)
{
	return isdigit((unsigned char)*entry->d_name);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

int for_each_number(const char *path, void (*call)(void *arg, int number),
		    void *arg)
{
	struct dirent **entries;
	int i, nr;

	nr = scandir(path, &entries, is_number, by_number);
	if (nr < 0)
		return -errno;
	for (i = 0; i < nr; i++) {
		call(arg, atoi(entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int parse_pid(const char *text)
{
	long long pid;

	return parse_size(text, INT_MAX, &pid) ? 0 : pid;
}

void print_words(const char *words, const char *honoured)
{
	fputs(words, stdout);
	if (honoured && *honoured)
		printf("; honoured: %s", honoured);
	putchar('\n');
}
