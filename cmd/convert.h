/*
 * A conversion: reader, symbolizer and writer, joined.
 */
#ifndef CMD_CONVERT_H
#define CMD_CONVERT_H

/* Runs `symconv INPUT ...`; returns the exit status. */
int convert_main(int argc, char **argv);

#endif
