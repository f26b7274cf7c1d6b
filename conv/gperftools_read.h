/*
 * Reads CPU profiles that programs linked with gperftools' libprofiler write of
 * themselves.
 */
#ifndef CONV_GPERFTOOLS_READ_H
#define CONV_GPERFTOOLS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "conv/read.h"

/* Whether what begins with these bytes is one. */
bool gperftools_is_likely(const unsigned char *head, size_t size);

bool gperftools_read(const struct input *input,
		     const struct read_options *options,
		     struct profile *profile, struct read_stats *stats,
		     struct err *err);

#endif
