/*
 * The profile as folded stacks, a line each: what flame graph tools read.
 *
 *	comm;root;…;leaf COUNT
 *
 * Lines are sorted, and each is there once. Semicolons in names become colons.
 * The count is of samples, of the event that the profile's default type is of.
 */
#ifndef CONV_FOLDED_WRITE_H
#define CONV_FOLDED_WRITE_H

#include "base/buf.h"
#include "profile/place.h"
#include "profile/profile.h"

/* Appends the lines to out. */
void folded_write(const struct profile *profile, enum raw_style raw,
		  struct buf *out);

#endif
