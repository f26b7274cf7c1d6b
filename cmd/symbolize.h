/*
 * The symbolizer alone: addresses of one ELF file in, names out.
 */
#ifndef CMD_SYMBOLIZE_H
#define CMD_SYMBOLIZE_H

/* Runs `symconv symbolize ...`; returns the exit status. */
int symbolize_main(int argc, char **argv);

#endif
