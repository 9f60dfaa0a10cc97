/* SPDX-License-Identifier: GPL-2.0 */
/* The proc file system, for ioattr set and ioattr scope. */
#ifndef PROC_H
#define PROC_H

/* The lines that describe a set in fdinfo and a scope in iocb_attr. */
#define SET_LINE	"iocb_attr:"
#define HONOURED_LINE	"iocb_attr_honoured:"

/*
 * Copy the line of @file that begins with @prefix, without @prefix and the
 * blanks after it. What could control a terminal is replaced by question marks.
 * Returns NULL with an errno, which is 0 if there is no such line.
 */
char *find_line(const char *file, const char *prefix);

/*
 * Call @call for each entry of the directory @path whose name is a number, in
 * the order of the numbers. Returns 0 or a negative errno.
 */
int for_each_number(const char *path, void (*call)(void *arg, int number),
		    void *arg);

/* Returns 0 if @text is not the id of a process or thread. */
int parse_pid(const char *text);

/* Print the rest of a row: the attributes and, if there are any, the counts. */
void print_words(const char *words, const char *honoured);

#endif /* PROC_H */
