/*
 * One profile added to another.
 */
#ifndef PROFILE_MERGE_H
#define PROFILE_MERGE_H

#include "base/err.h"
#include "profile/profile.h"

struct merge_options {
	double factor;	   /* of all values; negative ones subtract */
	const char *label; /* key of a text label "true" that the added samples
			    * get; NULL: none */
};

/*
 * Adds a symbolized profile's samples to another, with all that they lead to.
 * An empty one becomes a copy,
 * but for the comments of coverage.h. False with a sentence where their value
 * types differ.
 */
bool profile_merge(struct profile *into, const struct profile *from,
		   const struct merge_options *options, struct err *err);

#endif
