/* Any bytes as raw stacks in text, output of bpftrace or a profile of
 * gperftools, as the first byte says: what comes of it can be written, its
 * types are different ones, and telling threads apart adds or loses nothing. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "conv/pprof_write.h"
#include "conv/read.h"
#include "fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_it(const char *path, enum input_kind kind, bool by_tid,
		    struct profile *profile)
{
	static const struct sample_filter no_filter;
	struct read_options options = {
		.filter = &no_filter,
		.split = { .by_tid = by_tid },
		.n_threads = 1,
	};
	struct read_stats stats;
	struct err err;
	bool ok;

	profile_init(profile);
	ok = read_input(path, kind, &options, profile, &stats, &err);
	read_stats_release(&stats);
	return ok;
}

/* Of one type; false where it may be larger than can be told. */
static bool sum(const struct profile *profile, size_t type, __int128 *total)
{
	*total = 0;
	for (size_t i = 0; i < profile->samples.n; i++) {
		int64_t value =
			profile->values
				.items[profile->samples.items[i].first_value +
				       type];

		if (value == INT64_MAX)
			return false;
		*total += value;
	}
	return *total < INT64_MAX;
}

static void compare(const struct profile *a, const struct profile *b)
{
	__int128 totals[2];

	if (a->types.n != b->types.n)
		abort();
	for (size_t i = 0; i < a->types.n; i++) {
		if (sum(a, i, &totals[0]) && sum(b, i, &totals[1]) &&
		    totals[0] != totals[1])
			abort();
		for (size_t j = 0; j < i; j++)
			if (a->types.items[i].type == a->types.items[j].type)
				abort();
	}
}

static void check(const char *path, enum input_kind kind)
{
	struct profile profile, split;
	struct buf out = { 0 };

	if (read_it(path, kind, false, &profile)) {
		pprof_write(&profile, &(struct pprof_options){ .n_threads = 1 },
			    &out);
		if (read_it(path, kind, true, &split))
			compare(&profile, &split);
		profile_release(&split);
	}
	buf_release(&out);
	profile_release(&profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum input_kind kinds[] = {
		INPUT_STACKS,
		INPUT_BPFTRACE,
		INPUT_GPERFTOOLS,
	};

	if (size == 0)
		return 0;
	check(scratch_path(data + 1, size - 1), kinds[data[0] % 3]);
	return 0;
}
