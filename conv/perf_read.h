/*
 * perf.data in: a capture becomes a profile, not symbolized yet.
 */
#ifndef CONV_PERF_READ_H
#define CONV_PERF_READ_H

#include "conv/read.h"

/* As read_input() says. */
bool perf_read(const struct input *input, const struct read_options *options,
	       struct profile *profile, struct read_stats *stats,
	       struct err *err);

#endif
