/*
 * The value types of a capture's profile: for each event how many samples,
 * and what they count for. The list depends on the events alone and not on
 * what was sampled, so that profiles of one recording command can be merged
 * and subtracted.
 *
 *	one event:       samples/count, then cpu/nanoseconds for the clocks,
 *	                 EVENT/count for others
 *	several events:  for each EVENT_samples/count, EVENT/count or
 *	                 EVENT/nanoseconds
 *
 * One event on several kinds of core (cpu_core/cycles/, cpu_atom/cycles/) is
 * one event (cycles). Names stand without their modifiers, unless that would
 * make two alike.
 */
#ifndef CONV_VALUE_TYPES_H
#define CONV_VALUE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "profile/profile.h"

/* What was counted. */
struct counted_event {
	const char *name;
	const char *unit; /* of what a sample weighs */
	const char *core; /* the kind of core that it was counted on; NULL: it
			   * is not of one kind of several */
	bool is_clock;	  /* time on a CPU */
	bool is_dummy;	  /* never counts anything */
	bool has_samples; /* their number is known, too: two types */
	bool is_counted;  /* only their number is known: one type */
	uint64_t n_samples;
};

enum type_style {
	TYPES_PPROF, /* samples and cpu; or event_samples and event of each */
	/* Those of google/perf_data_converter's program: event_sample and
	 * event_event, both counts. */
	TYPES_PERF_TO_PROFILE,
};

/*
 * Adds the types and the profile's events, and sets the period type. Returns,
 * for each event, the index of the first of its types; free() it. There is at
 * least one event.
 */
uint32_t *value_types_add(struct profile *profile,
			  const struct counted_event *events, size_t n,
			  enum type_style style);

/*
 * Sets the default: what the event with most samples weighs, the first of
 * equals. n_samples of the events count now.
 */
void value_types_set_default(struct profile *profile,
			     const struct counted_event *events, size_t n);

/*
 * Chooses the type to be shown: by its name, by that of its event, or as
 * "samples" the number of samples of the default one. False with a sentence
 * that lists all types.
 */
bool value_types_choose(struct profile *profile, const char *wanted,
			struct err *err);

#endif
