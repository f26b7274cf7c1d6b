/*
 * The text that perf script prints of a capture, with any of its fields.
 */
#ifndef CONV_PERF_SCRIPT_READ_H
#define CONV_PERF_SCRIPT_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conv/input.h"
#include "conv/read.h"
#include "profile/profile.h"

/* Whether an input that begins so is one. */
bool perf_script_is_likely(const char *head, size_t size);

/* Reads it into an initialised profile. Its symbols stand in where it tells
 * what was mapped (--show-mmap-events), else they are for good. */
bool perf_script_read(const struct input *input,
		      const struct read_options *options,
		      struct profile *profile, struct read_stats *stats,
		      struct err *err);

#endif
