/*
 * An input on its way: read, and symbolized. What commands do with it then is
 * their own.
 */
#ifndef CMD_CONVERSION_H
#define CMD_CONVERSION_H

#include "base/err.h"
#include "cmd/options.h"
#include "cmd/progress.h"
#include "cmd/symbolizing.h"
#include "conv/read.h"
#include "profile/coverage.h"
#include "profile/profile.h"

struct conversion {
	const struct options *options;
	const char *input;
	struct progress progress;
	struct profile profile;
	struct read_stats read;
	struct symbolizing symbolizing;
	struct coverage coverage;
	uint64_t started; /* of clock_now() */
};

/*
 * Reads and symbolizes an input ("-": standard input); its warnings go to
 * standard error. False with a sentence. Release it in any case.
 */
bool conversion_run(struct conversion *conversion,
		    const struct options *options, const char *input,
		    struct err *err);
void conversion_release(struct conversion *conversion);

/* The exit status that --max-unresolved asks for; says so where it is not 0. */
int conversion_check(const struct options *options,
		     const struct coverage *coverage);

#endif
