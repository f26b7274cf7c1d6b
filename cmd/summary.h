/*
 * What a conversion says at its end.
 */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "cmd/options.h"
#include "conv/read.h"
#include "profile/coverage.h"
#include "profile/profile.h"
#include "symbolize/symbolizer.h"

struct summary {
	const struct options *options;
	const char *input;
	const struct profile *profile;
	const struct coverage *coverage;
	const struct read_stats *read;
	const struct symbolizer_stats *symbolizer;
	struct cache_stats cache;
	const size_t *output_sizes; /* bytes, of each output; NULL: nothing of
				     * the run itself is told */
	uint64_t symbolize_ns;
	uint64_t write_ns;
	uint64_t total_ns;
};

/* All of it, for machines; free() it. */
char *summary_json(const struct summary *summary);

/* Prints it in the style that the options ask for. */
void summary_print(const struct summary *summary);

#endif
