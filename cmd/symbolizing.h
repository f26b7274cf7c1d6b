/*
 * Running the symbolizer for a command: with its cache, its progress, and its
 * messages on standard error.
 */
#ifndef CMD_SYMBOLIZING_H
#define CMD_SYMBOLIZING_H

#include "cmd/progress.h"
#include "cmd/symbol_options.h"

struct symbolizing {
	const struct symbol_options *options;
	struct progress *progress;
	/* Set by running it: */
	struct symbolizer_stats stats;
	struct cache_stats cache;
	uint64_t ns;
};

/* Names the profile's locations; false only where a file that the options name
 * cannot be used. */
bool symbolizing_run(struct symbolizing *symbolizing, struct profile *profile,
		     struct err *err);

#endif
