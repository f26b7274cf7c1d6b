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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

/* What was counted. */
struct counted_event {
	const char *name;
	const char *unit; /* of what a sample weighs */
	bool is_clock;	  /* time on a CPU */
	bool is_dummy;	  /* never counts anything */
	bool has_samples; /* their number is known, too: two types */
};

enum type_style {
	TYPES_PPROF, /* samples and cpu; or event_samples and event of each */
	/* Those of google/perf_data_converter's program: event_sample and
	 * event_event, both counts. */
	TYPES_PERF_TO_PROFILE,
};

/*
 * Adds the types and sets the period type. Returns, for each event, the index
 * of the first of its types; free() it. There is at least one event.
 */
uint32_t *value_types_add(struct profile *profile,
			  const struct counted_event *events, size_t n,
			  enum type_style style);

/* Sets the default: what the first event that was sampled weighs. */
void value_types_set_default(struct profile *profile,
			     const struct counted_event *events,
			     const uint32_t *type_of_event, uint32_t first);

#endif
