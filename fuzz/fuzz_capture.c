/* Any bytes as a capture, read and written: nothing but an error may come of
 * it, and each sample that was counted stands in the profile. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "conv/read.h"
#include "conv/pprof_write.h"
#include "fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t count_samples(const struct profile *profile)
{
	uint64_t n = 0;

	for (size_t i = 0; i < profile->samples.n; i++)
		for (size_t j = 0; j < profile->types.n; j += 2)
			n += (uint64_t)profile->values.items
				     [profile->samples.items[i].first_value +
				      j];
	return n;
}

/* Stacks are unwound without tables: by frame pointers. */
static const struct unwind_table *no_table(void *context, uint32_t module)
{
	(void)context, (void)module;
	return NULL;
}

static bool fetch_nothing(void *context)
{
	(void)context;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct unwind_source no_tables = {
		.get = no_table,
		.fetch = fetch_nothing,
	};
	static const struct sample_filter no_filter;
	struct read_options options = { .filter = &no_filter,
					.n_threads = 1,
					.unwind = &no_tables };
	struct read_stats stats;
	struct profile profile;
	struct buf out = { 0 };
	struct err err;

	profile_init(&profile);
	if (read_input(scratch_path(data, size), INPUT_PERF_DATA, &options,
		       &profile, &stats, &err)) {
		if (count_samples(&profile) != stats.n_samples)
			abort();
		pprof_write(&profile, &(struct pprof_options){ .n_threads = 1 },
			    &out);
	}
	buf_release(&out);
	read_stats_release(&stats);
	profile_release(&profile);
	return 0;
}
