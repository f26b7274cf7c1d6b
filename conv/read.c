#include "config.h"
#include "conv/read.h"

#include <stdlib.h>

#include "conv/folded_read.h"
#include "conv/gperftools_read.h"
#include "conv/perf_read.h"
#include "conv/pprof_read.h"
#include "conv/perf_script_read.h"
#include "conv/stacks_read.h"
#include "conv/text_input.h"

typedef bool reader_fn(const struct input *input,
		       const struct read_options *options,
		       struct profile *profile, struct read_stats *stats,
		       struct err *err);

static reader_fn *const readers[N_INPUT_KINDS] = {
	[INPUT_PERF_DATA] = perf_read,		[INPUT_PPROF] = pprof_read,
	[INPUT_PERF_SCRIPT] = perf_script_read, [INPUT_FOLDED] = folded_read,
	[INPUT_STACKS] = stacks_read,		[INPUT_BPFTRACE] = stacks_read,
	[INPUT_GPERFTOOLS] = gperftools_read,
};

bool read_input(const char *path, enum input_kind kind,
		const struct read_options *options, struct profile *profile,
		struct read_stats *stats, struct err *err)
{
	struct input input;
	bool ok;

	*stats = (struct read_stats){ 0 };
	if (!input_open(&input, path, kind, err))
		return false;
	if (input.damage)
		read_stats_warn(stats, "%s: %s; what comes before is converted",
				input.name, input.damage);
	ok = readers[input.kind](&input, options, profile, stats, err);
	input_close(&input);
	return ok;
}

void read_stats_release(struct read_stats *stats)
{
	for (size_t i = 0; i < stats->warnings.n; i++)
		free(stats->warnings.items[i]);
	vec_release(&stats->warnings);
	free(stats->kallsyms);
	free(stats->machine);
	stats->machine = NULL;
	stats->kallsyms = NULL;
}
