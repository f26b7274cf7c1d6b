/*
 * Reads raw stacks in text: our own format, as doc/stacks-format.md has it, and
 * what bpftrace and the program "profile" of bcc print of stacks. Lines of all
 * of them may follow each other.
 */
#ifndef CONV_STACKS_READ_H
#define CONV_STACKS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "conv/read.h"

/* Whether what begins with these bytes is of our own format, is output of
 * bpftrace or bcc. */
bool stacks_is_likely(const unsigned char *head, size_t size);
bool bpftrace_is_likely(const unsigned char *head, size_t size);

bool stacks_read(const struct input *input, const struct read_options *options,
		 struct profile *profile, struct read_stats *stats,
		 struct err *err);

#endif
