/*
 * What each sample counts for in statements about the whole of a profile, such
 * as how much of it has names: over all of its events, shown or not.
 */
#ifndef PROFILE_SAMPLE_WEIGHTS_H
#define PROFILE_SAMPLE_WEIGHTS_H

#include "profile/profile.h"

/* Of each sample, 0 or more; free() them. */
double *sample_weights(const struct profile *profile);

#endif
