/*
 * How much of a profile has names: counted for each module and reason, and
 * weighed by how often the frames occur in samples.
 */
#ifndef PROFILE_COVERAGE_H
#define PROFILE_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "profile/profile.h"

/* Weights are those of profile/sample_weights, once for each frame. */
struct coverage_row {
	uint32_t module; /* NO_MODULE: where nothing was mapped */
	enum reason reason;
	uint64_t n_locations;
	double weight;	    /* of frames anywhere in a stack */
	double leaf_weight; /* of frames at its leaf */
};

struct coverage {
	uint64_t n_locations;
	uint64_t n_named;    /* of them */
	double weight;	     /* of all frames */
	double leaf_weight;  /* of all samples that have a stack */
	double leaf_unnamed; /* of those whose leaf has no name */
	struct coverage_row by_reason[N_REASONS]; /* module unset */
	VEC(struct coverage_row) rows; /* unnamed ones, the heaviest first */
	size_t n_modules;	       /* that any sample leads to */
};

void coverage_init(struct coverage *coverage, const struct profile *profile);
void coverage_release(struct coverage *coverage);

/* How comments begin that tell what has no name. */
#define COVERAGE_COMMENT "unnamed frames: "

/* Tells the profile's readers what has no name; see COVERAGE_COMMENT. */
void coverage_add_comments(const struct coverage *coverage,
			   struct profile *profile);

/* part of whole in percent; 0 of nothing. */
double coverage_percent(double part, double whole);

#endif
