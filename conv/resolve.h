/*
 * Unique raw stacks → the profile: callchains become stacks of locations, and
 * what samples count becomes the profile's value types.
 */
#ifndef CONV_RESOLVE_H
#define CONV_RESOLVE_H

#include "conv/modules.h"
#include "conv/perf_file.h"
#include "conv/samples.h"
#include "conv/timeline.h"
#include "conv/value_types.h"
#include "profile/profile.h"

struct resolve_input {
	const struct perf_file *file;
	const struct timeline *timeline;
	const struct samples *samples;
	struct modules *modules;
	struct sample_split split;
	enum type_style types;
};

/* Fills the profile's types, locations, stacks, labels and samples. */
void resolve_samples(struct profile *profile,
		     const struct resolve_input *input);

#endif
