/*
 * symconv report: pages about many captures.
 */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

/* Runs `symconv report ...`; returns the exit status. */
int report_main(int argc, char **argv);

#endif
