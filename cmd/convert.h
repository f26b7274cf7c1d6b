/*
 * A conversion: reader, symbolizer and writer, joined.
 */
#ifndef CMD_CONVERT_H
#define CMD_CONVERT_H

#include "cmd/options.h"

/* Runs a conversion; returns the exit status. */
int convert(const struct options *options);

/* Runs `symconv INPUT ...`; returns the exit status. */
int convert_main(int argc, char **argv);

#endif
