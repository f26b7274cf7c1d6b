/*
 * The events that a text tells, as they come up, and the types of values that
 * become of them.
 */
#ifndef CONV_TOLD_EVENTS_H
#define CONV_TOLD_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "conv/value_types.h"

enum {
	MAX_EVENTS = 256,
	/* With samples: each makes every sample of the profile larger. */
	MAX_SAMPLED_EVENTS = 32,
};

/* What is one event too many. */
#define NO_EVENT UINT32_MAX

struct told_event {
	char *name;
	char *unit;
	char *pmu; /* that its name says; NULL: none */
	bool has_samples;
	bool is_counted; /* all that is known is how many samples it has */
	int64_t period;	 /* as told; 0: not */
	uint64_t n_added;
	uint64_t n_samples; /* that those stand for */
};

/* Zeroed: none. */
struct told_events {
	VEC(struct told_event) items;
	size_t n_sampled;
};

void told_events_release(struct told_events *events);

/*
 * The number of an event, new or known by its name; or NO_EVENT. unit NULL: as
 * perf's event of that name has it.
 */
uint32_t told_events_add(struct told_events *events, const char *name,
			 const char *unit, bool has_samples);

/* Whether a sample of it, which may be NO_EVENT, is one too many. */
bool told_events_is_beyond(const struct told_events *events, uint32_t number);

/* A sample of it was added, which stands for n. */
void told_events_note_sample(struct told_events *events, uint32_t number,
			     uint64_t n);

/*
 * Takes events without samples away if they are very many: else they have
 * types, so that profiles of one command are alike. numbers gets what became
 * of each, MAX_EVENTS of them.
 */
void told_events_drop_idle(struct told_events *events, uint32_t *numbers);

/* What they are for value_types_add(); free() it. Names are borrowed. */
struct counted_event *told_events_counted(const struct told_events *events);

#endif
