#include "config.h"
#include "cmd/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "cmd/conversion.h"
#include "cmd/options.h"
#include "cmd/summary.h"

enum { EXIT_USAGE = 2, EXIT_UNRESOLVED = 3 };

/* What samples are told apart by for some outputs only. */
static size_t hidden_labels(const struct options *options,
			    struct profile *profile, uint32_t keys[2])
{
	size_t n = 0;

	if (options->split.by_tid && !options->asked_split.by_tid)
		keys[n++] = profile_add_string(profile, "tid");
	if (options->split.by_time && !options->asked_split.by_time)
		keys[n++] = profile_add_string(profile, "timestamp_ns");
	return n;
}

static bool wants_split(const struct options *options,
			const struct output *output)
{
	struct sample_split split = options->asked_split;

	output_format_split(output->format, &options->look, &split);
	return memcmp(&split, &options->asked_split, sizeof(split)) != 0;
}

/* Outputs that need samples told apart by more than was asked for come first;
 * then that is taken away for the others. */
static void render(const struct options *options, struct profile *profile,
		   struct buf *bytes)
{
	uint32_t keys[2];
	size_t n_keys = hidden_labels(options, profile, keys);

	for (size_t i = 0; i < options->outputs.n; i++)
		if (wants_split(options, &options->outputs.items[i]))
			output_render(profile, options->outputs.items[i].format,
				      &options->look, &bytes[i]);
	if (n_keys > 0)
		profile_drop_labels(profile, keys, n_keys);
	for (size_t i = 0; i < options->outputs.n; i++)
		if (!wants_split(options, &options->outputs.items[i]))
			output_render(profile, options->outputs.items[i].format,
				      &options->look, &bytes[i]);
}

static bool write_outputs(const struct options *options,
			  struct profile *profile, size_t *sizes,
			  struct err *err)
{
	size_t n = options->outputs.n;
	struct buf *bytes = mem_zalloc(n, sizeof(*bytes));
	bool ok = true;

	render(options, profile, bytes);
	for (size_t i = 0; i < n; i++) {
		const struct output *output = &options->outputs.items[i];

		sizes[i] = bytes[i].size;
		/* pprof has its file open already when it calls. */
		if (ok && options->types == TYPES_PERF_TO_PROFILE)
			ok = file_overwrite(output->path, bytes[i].bytes,
					    bytes[i].size, err);
		else if (ok)
			ok = output_write(output->path, output->format,
					  &bytes[i], err);
		buf_release(&bytes[i]);
	}
	free(bytes);
	return ok;
}

static void summarize(const struct conversion *conversion, const size_t *sizes,
		      uint64_t write_ns)
{
	summary_print(&(struct summary){
		.options = conversion->options,
		.profile = &conversion->profile,
		.coverage = &conversion->coverage,
		.read = &conversion->read,
		.symbolizer = &conversion->symbolizing.stats,
		.cache = conversion->symbolizing.cache_stats,
		.output_sizes = sizes,
		.symbolize_ns = conversion->symbolizing.ns,
		.write_ns = write_ns,
		.total_ns = clock_now() - conversion->started,
	});
}

static int check_unresolved(const struct conversion *conversion)
{
	const struct coverage *coverage = &conversion->coverage;
	double unnamed =
		coverage_percent(coverage->leaf_unnamed, coverage->leaf_weight);

	if (!conversion->options->has_max_unresolved ||
	    unnamed <= conversion->options->max_unresolved)
		return EXIT_SUCCESS;
	fprintf(stderr,
		"symconv: %.2f%% of the weight has no name at its leaf, more "
		"than --max-unresolved %g\n",
		unnamed, conversion->options->max_unresolved);
	return EXIT_UNRESOLVED;
}

int convert(const struct options *options)
{
	size_t *sizes = mem_zalloc(options->outputs.n, sizeof(*sizes));
	struct conversion conversion;
	int status = EXIT_FAILURE;
	uint64_t started;
	struct err err;
	bool ok;

	ok = conversion_run(&conversion, options, options->inputs.items[0],
			    &err);
	started = clock_now();
	if (ok && write_outputs(options, &conversion.profile, sizes, &err)) {
		summarize(&conversion, sizes, clock_now() - started);
		status = check_unresolved(&conversion);
	} else {
		fprintf(stderr, "symconv: %s\n", err.text);
	}
	conversion_release(&conversion);
	free(sizes);
	return status;
}

int convert_main(int argc, char **argv)
{
	struct options options;
	int status = EXIT_SUCCESS;

	switch (options_parse(&options, argc, argv)) {
	case OPTIONS_RUN:
		status = convert(&options);
		break;
	case OPTIONS_WRONG:
		status = EXIT_USAGE;
		break;
	case OPTIONS_DONE:
		break;
	}
	options_release(&options);
	return status;
}
