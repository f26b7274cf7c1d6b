#include "config.h"
#include "cmd/convert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/options.h"
#include "cmd/progress.h"
#include "cmd/summary.h"
#include "cmd/symbolizing.h"
#include "conv/folded_write.h"
#include "conv/perf_read.h"
#include "conv/pprof_write.h"
#include "conv/top_write.h"
#include "symbolize/unwind_tables.h"

enum { EXIT_USAGE = 2, EXIT_UNRESOLVED = 3 };

static void print_warnings(const struct perf_read_stats *stats)
{
	for (size_t i = 0; i < stats->warnings.n; i++)
		fprintf(stderr, "symconv: warning: %s\n",
			stats->warnings.items[i]);
}

/* What stayed unnamed stands in the profile too. */
static void add_coverage_comments(struct profile *profile,
				  const struct coverage *coverage)
{
	for (int i = REASON_NAMED + 1; i < N_REASONS; i++) {
		const struct coverage_row *row = &coverage->by_reason[i];
		char *text;

		if (row->n_locations == 0)
			continue;
		text = mem_printf(
			"unnamed frames: %.2f%% of the weight: %s",
			coverage_percent(row->weight, coverage->weight),
			reason_text((enum reason)i));
		*vec_add(&profile->comments) =
			profile_add_string(profile, text);
		free(text);
	}
}

static bool write_output(const struct options *options, const struct buf *bytes,
			 struct err *err)
{
	const char *path = options->output;

	/* pprof has its file open already when it calls. */
	if (options->types == TYPES_PERF_TO_PROFILE)
		return file_overwrite(path, bytes->bytes, bytes->size, err);
	if (strcmp(path, "-") != 0)
		return file_replace(path, bytes->bytes, bytes->size, err);
	if (options->format == FORMAT_PPROF && isatty(STDOUT_FILENO))
		return err_set(err, "standard output is a terminal and a "
				    "profile is no text; use -o FILE");
	return file_write(STDOUT_FILENO, bytes->bytes, bytes->size) ||
	       err_set_errno(err, "standard output: cannot write");
}

/* A conversion under way. */
struct conversion {
	const struct options *options;
	struct progress progress;
	struct profile profile;
	struct perf_read_stats read;
	struct symbolizing symbolizing;
	struct coverage coverage;
	struct buf output;
	uint64_t write_ns;
	struct err err;
};

static bool read_capture(struct conversion *conversion)
{
	const struct options *options = conversion->options;
	struct perf_read_options read = {
		.filter = &options->filter,
		.split = options->split,
		.types = options->types,
		.n_threads = options->symbols.n_jobs,
		.progress = progress_update,
		.progress_context = &conversion->progress,
	};
	struct unwind_source unwind = {
		.get = unwind_tables_get,
		.fetch = unwind_tables_fetch,
	};
	bool ok;

	progress_stage(&conversion->progress, "reading");
	unwind.context = unwind_tables_new(&conversion->profile,
					   conversion->symbolizing.cache,
					   &conversion->symbolizing.symbolizer);
	read.unwind = &unwind;
	ok = perf_read(options->input, &read, &conversion->profile,
		       &conversion->read, &conversion->err);
	unwind_tables_free(unwind.context);
	progress_end(&conversion->progress);
	print_warnings(&conversion->read);
	return ok;
}

static bool symbolize(struct conversion *conversion)
{
	bool ok = symbolizing_run(&conversion->symbolizing,
				  &conversion->profile, &conversion->err);

	symbolizing_end(&conversion->symbolizing);
	return ok;
}

static void write_format(struct conversion *conversion)
{
	const struct options *options = conversion->options;
	const struct profile *profile = &conversion->profile;
	struct buf *out = &conversion->output;

	switch (options->format) {
	case FORMAT_FOLDED:
		folded_write(profile, options->raw, out);
		break;
	case FORMAT_TOP:
		top_write(profile,
			  &(struct top_options){ .n = options->n_top,
						 .by_cum = options->is_by_cum,
						 .raw = options->raw },
			  out);
		break;
	default:
		pprof_write(profile,
			    &(struct pprof_options){
				    .raw = options->raw,
				    .n_threads = options->symbols.n_jobs },
			    out);
	}
}

static bool write_profile(struct conversion *conversion)
{
	const struct options *options = conversion->options;
	uint64_t started = clock_now();
	bool ok;

	coverage_init(&conversion->coverage, &conversion->profile);
	add_coverage_comments(&conversion->profile, &conversion->coverage);
	write_format(conversion);
	ok = write_output(options, &conversion->output, &conversion->err);
	conversion->write_ns = clock_now() - started;
	return ok;
}

static void summarize(const struct conversion *conversion, uint64_t started)
{
	summary_print(&(struct summary){
		.options = conversion->options,
		.profile = &conversion->profile,
		.coverage = &conversion->coverage,
		.read = &conversion->read,
		.symbolizer = &conversion->symbolizing.stats,
		.cache = conversion->symbolizing.cache_stats,
		.output_size = conversion->output.size,
		.symbolize_ns = conversion->symbolizing.ns,
		.write_ns = conversion->write_ns,
		.total_ns = clock_now() - started,
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
	struct conversion conversion = { .options = options };
	uint64_t started = clock_now();
	int status = EXIT_FAILURE;

	profile_init(&conversion.profile);
	progress_init(&conversion.progress, options->symbols.is_quiet);
	conversion.symbolizing = (struct symbolizing){
		.options = &options->symbols,
		.progress = &conversion.progress,
	};
	if (symbolizing_begin(&conversion.symbolizing, &conversion.err) &&
	    read_capture(&conversion) && symbolize(&conversion) &&
	    write_profile(&conversion)) {
		if (conversion.read.n_samples == 0)
			fputs("symconv: warning: no samples; the profile is "
			      "empty\n",
			      stderr);
		summarize(&conversion, started);
		status = check_unresolved(&conversion);
	} else {
		fprintf(stderr, "symconv: %s\n", conversion.err.text);
	}
	symbolizing_end(&conversion.symbolizing);
	coverage_release(&conversion.coverage);
	buf_release(&conversion.output);
	profile_release(&conversion.profile);
	perf_read_stats_release(&conversion.read);
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
