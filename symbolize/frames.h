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

#endif
