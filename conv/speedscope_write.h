/*
 * The profile in the file format of speedscope (www.speedscope.app), version
 * 0.0.1: what it shows as time order, left heavy and sandwich.
 *
 * There is a "sampled" profile for each value type, and where samples know
 * their thread for each thread and type, the heaviest thread of the default
 * type first. A frame is a function, with the file and the line where it
 * begins.
 */
#ifndef CONV_SPEEDSCOPE_WRITE_H
#define CONV_SPEEDSCOPE_WRITE_H

#include "base/buf.h"
#include "profile/place.h"
#include "profile/profile.h"

struct speedscope_options {
	enum raw_style raw;
};

/* Appends the file to out; nothing if the profile has no value types. */
void speedscope_write(const struct profile *profile,
		      const struct speedscope_options *options,
		      struct buf *out);

#endif
