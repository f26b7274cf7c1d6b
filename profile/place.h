/*
 * Where a location is shown to be: in which segment of its module, at which
 * address. That is the svma for modules whose program headers are known, the
 * file offset where they are not, and for the kernel and memory without a file
 * the avma. In modules of a profile that was read, and whose program headers
 * are not known, it is where that profile had it.
 */
#ifndef PROFILE_PLACE_H
#define PROFILE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

/* The module as a whole: it has no segments, or none at that offset. */
#define NO_SEGMENT UINT32_MAX

struct place {
	uint32_t segment; /* index into the module's segments, and behind them
			   * its ranges */
	uint64_t address;
};

struct place location_place(const struct profile *profile,
			    const struct location *location);

/* How frames without a name are called. */
enum raw_style {
	RAW_ADDRESS, /* 0x<address> */
	RAW_OFFSET,  /* module+0x<offset>, which does not change between runs */
};

enum { RAW_NAME_MAX = 320 };

/* The name of a location that has no frames; returns out. */
char *location_raw_name(const struct profile *profile,
			const struct location *location, enum raw_style style,
			char out[RAW_NAME_MAX]);

/*
 * What stands as the linkage name of a function that is a raw name: why there
 * is no better one, as "[file_missing]". So the next reader of the profile
 * knows what was found out, and does not take another file for the one that
 * was refused. Returns out.
 */
char *location_raw_mark(const struct location *location,
			char out[RAW_NAME_MAX]);

/* The reason that a mark says; false if it is none. */
bool raw_mark_parse(const char *mark, enum reason *reason);

#endif
