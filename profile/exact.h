/*
 * Addresses of a kernel that are no return addresses, though they follow
 * another frame: where an interrupt or exception came. They are known by the
 * name of that frame, so once there are names.
 *
 *	handler
 *	asm_sysvec_…, el1h_64_irq, …   the entry, called by nobody
 *	interrupted function           at its address, not one byte back
 */
#ifndef PROFILE_EXACT_H
#define PROFILE_EXACT_H

#include <stdbool.h>

#include "profile/profile.h"

/*
 * Stacks get exact locations in place of what was taken for a return address
 * behind an entry that has a name by now. True if some of those are to be
 * looked up, and whatever they are then may be an entry, too. Nothing can be
 * added to the stacks of the profile from then on.
 */
bool exact_correct(struct profile *profile);

/* A location's address is one byte on: it was taken for a return address. */
void exact_correct_location(struct profile *profile, uint32_t location);

/*
 * Puts together what is equal now: locations, stacks and samples. Locations
 * that no stack has any more are gone. Return addresses are like all others.
 */
void profile_settle_locations(struct profile *profile);

#endif
