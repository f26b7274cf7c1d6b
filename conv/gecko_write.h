/*
 * The profile in the Gecko profile format, which the Firefox Profiler
 * (profiler.firefox.com) imports.
 *
 * There is a thread for each pid and tid of the samples' labels, or for each
 * pid and thread name where samples have no tid. The format has no weights: a
 * sample that counts for several is there several times, so that the profiler's
 * totals are numbers of samples, of the event of the default type. Where their
 * times are unknown, samples are as far from each other as the period says, in
 * the order of their stacks.
 */
#ifndef CONV_GECKO_WRITE_H
#define CONV_GECKO_WRITE_H

#include "base/buf.h"
#include "profile/place.h"
#include "profile/profile.h"

struct gecko_options {
	enum raw_style raw;
};

/* The type of the values that say how often a sample is there. */
uint32_t gecko_count_type(const struct profile *profile);

/* Appends the file to out; nothing if the profile has no value types. */
void gecko_write(const struct profile *profile,
		 const struct gecko_options *options, struct buf *out);

#endif
