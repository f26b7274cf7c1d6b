#include "config.h"
#include "cmd/merge.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cmd/conversion.h"
#include "cmd/options.h"
#include "cmd/outputs.h"
#include "cmd/summary.h"
#include "profile/file_proof.h"
#include "profile/merge.h"

/* All inputs so far: for outputs that need samples told apart by more than was
 * asked for, and for all others. */
struct merged {
	struct profile profile;
	struct profile plain;
	struct read_stats read;
	struct symbolizer_stats symbolizer;
	uint64_t symbolize_ns;
};

static bool merge(struct profile *into, const struct conversion *conversion,
		  struct err *err)
{
	static const struct merge_options as_it_is = { .factor = 1 };

	return profile_merge(into, &conversion->profile, &as_it_is, err) ||
	       err_prefix(err, "%s", conversion->input);
}

/* What became of all records. */
static void add_stats(struct merged *merged,
		      const struct conversion *conversion)
{
	const struct read_stats *from = &conversion->read;
	struct read_stats *into = &merged->read;

	into->n_samples += from->n_samples;
	into->n_records += from->n_records;
	into->n_filtered += from->n_filtered;
	into->n_damaged += from->n_damaged;
	into->n_unknown += from->n_unknown;
	into->n_lost += from->n_lost;
	into->n_bpf_filtered += from->n_bpf_filtered;
	into->n_throttled += from->n_throttled;
	into->n_not_joined += from->n_not_joined;
	for (int i = 0; i < N_STACK_ENDS; i++)
		into->unwound.n_ends[i] += from->unwound.n_ends[i];
	into->unwound.n_unsupported += from->unwound.n_unsupported;
	into->scan_ns += from->scan_ns;
	into->samples_ns += from->samples_ns;
	into->resolve_ns += from->resolve_ns;
	merged->symbolize_ns += conversion->symbolizing.ns;
	merged->symbolizer.n_workers_started +=
		conversion->symbolizing.stats.n_workers_started;
	merged->symbolizer.n_units_lacking +=
		conversion->symbolizing.stats.n_units_lacking;
	merged->symbolizer.n_workers_failed +=
		conversion->symbolizing.stats.n_workers_failed;
	merged->symbolizer.worker_cpu_ns +=
		conversion->symbolizing.stats.worker_cpu_ns;
}

static bool add(struct merged *merged, const struct options *options,
		const char *input, struct err *err)
{
	struct conversion conversion;
	bool ok = conversion_run(&conversion, options, input, err) &&
		  merge(&merged->profile, &conversion, err);

	if (ok && !conversion.read.keeps_labels)
		outputs_hide_labels(options, &conversion.profile);
	ok = ok && merge(&merged->plain, &conversion, err);
	add_stats(merged, &conversion);
	conversion_release(&conversion);
	return ok;
}

static void summarize(const struct merged *merged,
		      const struct options *options,
		      const struct coverage *coverage, const size_t *sizes,
		      uint64_t started)
{
	if (!options->symbols.is_quiet && options->stats != STATS_JSON)
		fprintf(stderr, "%zu inputs\n", options->inputs.n);
	summary_print(&(struct summary){
		.options = options,
		.input = options->inputs.items[0],
		.profile = &merged->plain,
		.coverage = coverage,
		.read = &merged->read,
		.symbolizer = &merged->symbolizer,
		.output_sizes = sizes,
		.symbolize_ns = merged->symbolize_ns,
		.total_ns = clock_now() - started,
	});
}

static int run(const struct options *options)
{
	size_t *sizes = mem_zalloc(options->outputs.n, sizeof(*sizes));
	uint64_t started = clock_now();
	struct coverage coverage = { 0 };
	struct merged merged = { 0 };
	int status = EXIT_FAILURE;
	struct err err;
	bool ok = true;

	profile_init(&merged.profile);
	profile_init(&merged.plain);
	for (size_t i = 0; ok && i < options->inputs.n; i++)
		ok = add(&merged, options, options->inputs.items[i], &err);
	if (ok) {
		coverage_init(&coverage, &merged.plain);
		coverage_add_comments(&coverage, &merged.plain);
		coverage_add_comments(&coverage, &merged.profile);
		file_proof_add_comments(&merged.plain);
		file_proof_add_comments(&merged.profile);
		ok = outputs_write(options, &merged.profile, &merged.plain,
				   sizes, &err);
	}
	if (ok) {
		summarize(&merged, options, &coverage, sizes, started);
		status = conversion_check(options, &coverage);
	} else {
		fprintf(stderr, "symconv: %s\n", err.text);
	}
	coverage_release(&coverage);
	profile_release(&merged.profile);
	profile_release(&merged.plain);
	free(sizes);
	return status;
}

int merge_main(int argc, char **argv)
{
	static const struct command command = {
		.word = "merge",
		.usage = "Usage: symconv merge INPUT... [-o OUT]... "
			 "[OPTION]...\n"
			 "Several captures or profiles as one, which has the "
			 "samples of all. They must\n"
			 "count the same. OUT defaults to merged.pb.gz.\n"
			 "\n"
			 "  symconv merge host*.data -o all.pb.gz\n"
			 "  symconv merge a.folded b.folded -o both.html\n",
		.min_inputs = 1,
		.max_inputs = SIZE_MAX,
		.format = FORMAT_PPROF,
		.output = "merged",
	};

	return options_run(&command, argc, argv, run);
}
