/*
 * Running the symbolizer for a command: with its cache, its progress, and its
 * messages on standard error.
 */
#ifndef CMD_SYMBOLIZING_H
#define CMD_SYMBOLIZING_H

#include "cmd/progress.h"
#include "cmd/symbol_options.h"
#include "symbolize/unpack.h"

struct symbolizing {
	const struct symbol_options *options;
	struct progress *progress;
	/* Set by beginning: */
	struct symbolizer_options symbolizer;
	struct cache *cache;	 /* NULL: none */
	struct unpacked archive; /* that --buildid-dir names */
	/* Set by running it, and ending: */
	struct symbolizer_stats stats;
	struct cache_stats cache_stats;
	uint64_t ns;
};

/*
 * Opens the cache, and writes it back. options and progress are set. False
 * where an archive that the options name cannot be read.
 */
bool symbolizing_begin(struct symbolizing *symbolizing, struct err *err);
void symbolizing_end(struct symbolizing *symbolizing);

/* Names the profile's locations; false only where a file that the options name
 * cannot be used. */
bool symbolizing_run(struct symbolizing *symbolizing, struct profile *profile,
		     struct err *err);

#endif
