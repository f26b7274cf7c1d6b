/*
 * The heaviest functions of a profile, as a table for terminals and logs.
 */
#ifndef CONV_TOP_WRITE_H
#define CONV_TOP_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "profile/place.h"
#include "profile/profile.h"

struct top_options {
	uint32_t n;   /* lines at most; 0: all */
	bool by_cum;  /* ordered by what functions and those they call weigh */
	bool by_line; /* lines of functions apart */
	enum raw_style raw;
};

/*
 * Appends the table: of each function what it weighs itself, and with what it
 * calls, of the profile's default type. Frames without a name are apart, each
 * by its address.
 */
void top_write(const struct profile *profile, const struct top_options *options,
	       struct buf *out);

#endif
