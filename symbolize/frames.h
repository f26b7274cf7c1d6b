/*
 * A module's tables and an address → the frames of a location.
 */
#ifndef SYMBOLIZE_FRAMES_H
#define SYMBOLIZE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile.h"
#include "symbolize/module_tables.h"
#include "symbolize/symbolizer.h"

/*
 * Names a location by what is known at its svma. False if nothing names it;
 * the location is as before then.
 */
bool frames_name_location(struct profile *profile,
			  const struct symbolizer_options *options,
			  struct module_tables *tables, uint32_t location,
			  uint64_t svma);

/* Whether a linkage name is the name without its scopes: that of a function of
 * which DWARF has none. */
bool frames_is_qualified(const char *name, const char *linkage_name);

#endif
