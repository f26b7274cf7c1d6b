/*
 * Locations that are found to be no code only when all names are known.
 */
#ifndef PROFILE_UNMAPPED_H
#define PROFILE_UNMAPPED_H

#include "profile/profile.h"

/*
 * Locations in memory that cannot be executed, and that no map of generated
 * code named, become what profile_add_unmapped() gives.
 */
void profile_settle_data(struct profile *profile);

#endif
