/*
 * symconv merge: several captures or profiles as one.
 */
#ifndef CMD_MERGE_H
#define CMD_MERGE_H

/* Runs `symconv merge ...`; returns the exit status. */
int merge_main(int argc, char **argv);

#endif
