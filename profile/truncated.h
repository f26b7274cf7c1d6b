/*
 * Stacks that were cut: their outermost frame is one called [truncated].
 */
#ifndef PROFILE_TRUNCATED_H
#define PROFILE_TRUNCATED_H

#include <stdint.h>

#include "profile/profile.h"

/* The location that stands for the callers that were not recorded. */
uint32_t profile_add_truncated(struct profile *profile, uint64_t address);

/* Takes it away where the frame before it is one that nothing calls. */
void profile_settle_truncated(struct profile *profile);

/* How many samples have a stack that ends in it. */
uint64_t profile_count_truncated(const struct profile *profile);

#endif
