/* SPDX-License-Identifier: GPL-2.0 */
/* Execute a program in this process, or in a child. */
#ifndef RUN_CHILD_H
#define RUN_CHILD_H

/* Returns only on error: prints it and returns the exit status. */
int exec_program(char **argv);

/*
 * Run it in a child and forward signals to it until it ends. Returns its exit
 * status, or 128 plus the number of the signal that terminated it.
 */
int run_child(char **argv);

#endif /* RUN_CHILD_H */
