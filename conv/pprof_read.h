/*
 * A pprof profile in, symbolized or not: its mappings become modules again,
 * so that what has no name yet can be looked up. Labels, values of all types,
 * comments and times are kept as they are.
 *
 * Format: proto/profile.proto of github.com/google/pprof.
 */
#ifndef CONV_PPROF_READ_H
#define CONV_PPROF_READ_H

#include "conv/read.h"

/* As read_input() says. A damaged profile is refused as a whole. */
bool pprof_read(const struct input *input, const struct read_options *options,
		struct profile *profile, struct read_stats *stats,
		struct err *err);

/* Whether the first bytes of a file are those of a profile. */
bool pprof_is_likely(const unsigned char *head, size_t size);

#endif
