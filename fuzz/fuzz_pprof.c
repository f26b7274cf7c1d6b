/* Any bytes as a pprof profile: nothing but an error may come of it, and what
 * is written of it reads and writes to the same bytes. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conv/pprof_write.h"
#include "conv/read.h"
#include "fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool pass_through(const void *bytes, size_t size, struct buf *out)
{
	static const struct sample_filter no_filter;
	struct read_options options = { .filter = &no_filter, .n_threads = 1 };
	struct read_stats stats;
	struct profile profile;
	struct err err;
	bool ok;

	profile_init(&profile);
	ok = read_input(scratch_path(bytes, size), INPUT_PPROF, &options,
			&profile, &stats, &err);
	if (ok)
		pprof_write(&profile, &(struct pprof_options){ .n_threads = 1 },
			    out);
	read_stats_release(&stats);
	profile_release(&profile);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = { 0 }, twice = { 0 };

	if (pass_through(data, size, &once) &&
	    (!pass_through(once.bytes, once.size, &twice) ||
	     once.size != twice.size ||
	     memcmp(once.bytes, twice.bytes, once.size) != 0))
		abort();
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
