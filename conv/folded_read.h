/*
 * Folded stacks, as stackcollapse scripts, bcc's profile -f and others write
 * them: "root;caller;leaf COUNT".
 */
#ifndef CONV_FOLDED_READ_H
#define CONV_FOLDED_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conv/input.h"
#include "conv/read.h"
#include "profile/profile.h"

/* Whether an input that begins so is one. */
bool folded_is_likely(const char *head, size_t size);

/* Reads it into an initialised profile: each element is a frame, the first one,
 * mostly a process's name, too. Nothing of it is left to be symbolized. */
bool folded_read(const struct input *input, const struct read_options *options,
		 struct profile *profile, struct read_stats *stats,
		 struct err *err);

#endif
