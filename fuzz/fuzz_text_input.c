/* Any bytes as a text of one of the kinds, read and written: nothing but an
 * error may come of it, each sample that was counted stands in the profile, and
 * what is recognised as folded stacks is, to its last line. The first byte
 * picks the kind. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conv/folded_read.h"
#include "conv/folded_write.h"
#include "conv/perf_script_read.h"
#include "conv/pprof_write.h"
#include "conv/read.h"
#include "fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum input_kind kinds[] = {
	INPUT_PERF_SCRIPT, /* a */
	INPUT_FOLDED,	   /* b */
};

/* Whether the type behind one weighs what that counts; a number may be behind
 * its name. */
static bool is_weighed(const struct profile *profile, size_t type)
{
	const struct value_type *types = profile->types.items;
	const char *count, *weight;
	size_t n;

	if (type + 1 >= profile->types.n)
		return false;
	count = profile_string(profile, types[type].type);
	weight = profile_string(profile, types[type + 1].type);
	n = strlen(weight);
	return strcmp(count, "samples") == 0 ||
	       (strncmp(count, weight, n) == 0 &&
		strncmp(count + n, "_samples", 8) == 0);
}

static uint64_t count_samples(const struct profile *profile)
{
	uint64_t n = 0;

	for (size_t i = 0; i < profile->samples.n; i++)
		for (size_t j = 0; j < profile->types.n;
		     j += 1 + is_weighed(profile, j))
			n += (uint64_t)profile->values.items
				     [profile->samples.items[i].first_value +
				      j];
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sample_filter no_filter;
	struct read_options options = { .filter = &no_filter, .n_threads = 1 };
	struct read_stats stats;
	struct profile profile;
	struct buf out = { 0 };
	enum input_kind kind;
	struct err err;

	if (size == 0)
		return 0;
	kind = kinds[(uint8_t)(data[0] - 'a') %
		     (sizeof(kinds) / sizeof(*kinds))];
	perf_script_is_likely((const char *)data + 1, size - 1);
	profile_init(&profile);
	if (read_input(scratch_path(data + 1, size - 1), kind, &options,
		       &profile, &stats, &err)) {
		/* More than fits stays the most that does. */
		if (stats.n_samples < INT64_MAX &&
		    count_samples(&profile) != stats.n_samples)
			abort();
		folded_write(&profile,
			     &(struct folded_options){ .has_comm = true },
			     &out);
		out.size = 0;
		pprof_write(&profile, &(struct pprof_options){ .n_threads = 1 },
			    &out);
	}
	if (kind == INPUT_FOLDED && stats.n_damaged > 1 &&
	    folded_is_likely((const char *)data + 1, size - 1))
		abort();
	buf_release(&out);
	read_stats_release(&stats);
	profile_release(&profile);
	return 0;
}
