/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of ioattr. argv[0] is "ioattr NAME". Return the exit status. */
#ifndef CMD_H
#define CMD_H

/* The exit statuses of commands that run a program; those of env(1). */
#define CANNOT		125
#define NOT_EXECUTABLE	126
#define NOT_FOUND	127

int cmd_read(int argc, char **argv);
int cmd_write(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_scope(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_top(int argc, char **argv);

/*
 * Why this kernel rejects all attributes. NULL if it accepts them or if that is
 * unknown.
 */
const char *no_attributes(void);

/* Returns 1 if it accepts them, 0 if it rejects all, or a negative errno. */
int attributes_supported(void);

#endif /* CMD_H */
