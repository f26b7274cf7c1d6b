/*
 * symconv diff: what changed from one profile to another.
 */
#ifndef CMD_DIFF_H
#define CMD_DIFF_H

/* Runs `symconv diff ...`; returns the exit status. */
int diff_main(int argc, char **argv);

#endif
