/*
 * Which of a profile's types are what: an event has a type that its samples
 * weigh, and mostly one in front of it that counts them ("samples" and "cpu",
 * "cycles_samples" and "cycles"). What pictures and tables show is the default
 * type; they say so, and which others there are.
 */
#ifndef PROFILE_VALUE_SHOWN_H
#define PROFILE_VALUE_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "profile/profile.h"

/* The type that counts the samples that a type weighs, or itself if it counts
 * them; NO_TYPE: none does. */
uint32_t profile_count_type(const struct profile *profile, uint32_t type);

/* Whether a type counts the samples of the one behind it. */
bool profile_is_count_of_next(const struct profile *profile, uint32_t type);

/* What the samples add up to, INT64_MAX at most, INT64_MIN at least. */
int64_t profile_total(const struct profile *profile, uint32_t type);

/* What of the types has most samples, the first of equals; the default one
 * where they are not counted. */
uint32_t profile_most_sampled(const struct profile *profile);

/* Adds "cycles 12345 (10 samples)". */
void value_shown_describe(const struct profile *profile, uint32_t type,
			  struct buf *out);

/* The types that are not shown, as value_shown_describe() has them, with
 * commas; NULL: there are none. free() it. */
char *value_shown_others(const struct profile *profile, size_t shown);

#endif
