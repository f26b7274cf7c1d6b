/*
 * Events count in units that cannot be added up: nanoseconds, cache misses,
 * bytes. So within an event samples weigh what they weigh there, and each
 * event weighs as much as it has samples:
 *
 *	weight = Σ over events: value / total of the event × its samples
 *
 * Of a profile with one event that is the event's own weight, scaled. Where an
 * input does not count samples, stacks with a value stand for them.
 */
#include "config.h"
#include "profile/sample_weights.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "profile/value_shown.h"

/* Differences have values below 0: they weigh what they amount to. */
static double amount(const struct profile *profile, size_t sample,
		     uint32_t type)
{
	size_t first = profile->samples.items[sample].first_value;

	return fabs((double)profile->values.items[first + type]);
}

/* Scaled to the number of its samples; alone it needs no scale. */
static double factor_of(const struct profile *profile, uint32_t type,
			uint32_t count)
{
	double total = 0, n = 0;

	for (size_t i = 0; i < profile->samples.n; i++) {
		double value = amount(profile, i, type);

		total += value;
		n += count != NO_TYPE ? amount(profile, i, count) : value != 0;
	}
	return total > 0 ? n / total : 0;
}

static void add_event(const struct profile *profile, uint32_t type,
		      bool is_alone, double *weights)
{
	uint32_t count = profile_count_type(profile, type);
	double factor = factor_of(profile, type, count);

	/* Samples that weigh nothing are samples still. */
	if (factor == 0 && count != NO_TYPE)
		type = count;
	if (factor == 0 || is_alone)
		factor = 1;
	for (size_t i = 0; i < profile->samples.n; i++)
		weights[i] += amount(profile, i, type) * factor;
}

double *sample_weights(const struct profile *profile)
{
	double *weights = mem_zalloc(profile->samples.n, sizeof(*weights));
	size_t n = 0;

	for (uint32_t i = 0; i < profile->types.n; i++)
		n += !profile_is_count_of_next(profile, i);
	for (uint32_t i = 0; i < profile->types.n; i++)
		if (!profile_is_count_of_next(profile, i))
			add_event(profile, i, n == 1, weights);
	return weights;
}
