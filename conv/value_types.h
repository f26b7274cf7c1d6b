/*
 * The value types of a capture's profile: for each event how many samples,
 * and what they count for. The list depends on the events alone and not on
 * what was sampled, so that profiles of one recording command can be merged
 * and subtracted.
 *
 *	one event:       samples/count, then cpu/nanoseconds for the clocks,
 *	                 EVENT/count for others
 *	several events:  for each EVENT_samples/count, EVENT/count or
 *nanoseconds
 *
 * Event names stand without their modifiers, unless that would make two alike.
 */
#ifndef CONV_VALUE_TYPES_H
#define CONV_VALUE_TYPES_H

#include <stdint.h>

#include "conv/perf_file.h"
#include "conv/samples.h"
#include "profile/profile.h"

enum type_style {
	TYPES_PPROF, /* samples and cpu; or event_samples and event of each */
	/* Those of google/perf_data_converter's program: event_sample and
	 * event_event, both counts. */
	TYPES_PERF_TO_PROFILE,
};

/*
 * Adds the types and sets the period type. Returns, for each event, the index
 * of the first of its two types; free() it.
 */
uint32_t *value_types_add(struct profile *profile, const struct perf_file *file,
			  enum type_style style);

/* The default: what the first event that was sampled at all counts. */
void value_types_set_default(struct profile *profile,
			     const uint32_t *type_of_event,
			     const struct samples *samples);

#endif
