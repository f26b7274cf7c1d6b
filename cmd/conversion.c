#include "config.h"
#include "cmd/conversion.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "conv/value_types.h"
#include "profile/file_proof.h"
#include "symbolize/replaced.h"
#include "symbolize/unwind_tables.h"

static void print_warnings(const struct read_stats *stats)
{
	for (size_t i = 0; i < stats->warnings.n; i++)
		fprintf(stderr, "symconv: warning: %s\n",
			stats->warnings.items[i]);
}

static bool read_profile(struct conversion *conversion, struct err *err)
{
	const struct options *options = conversion->options;
	struct read_options read = {
		.filter = &options->filter,
		.split = options->split,
		.asked_split = options->asked_split,
		.types = options->types,
		.resymbolizes = options->resymbolizes,
		.n_threads = options->symbols.n_jobs,
		.progress = progress_update,
		.progress_context = &conversion->progress,
	};
	struct mapped_file_judge judge = {
		.is_replaced = replaced_since_mapped,
		.context = &conversion->profile,
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
	read.judge = &judge;
	ok = read_input(conversion->input, options->from, &read,
			&conversion->profile, &conversion->read, err);
	unwind_tables_free(unwind.context);
	progress_end(&conversion->progress);
	print_warnings(&conversion->read);
	return ok;
}

static bool choose_type(struct conversion *conversion, struct err *err)
{
	const char *wanted = conversion->options->value_type;

	return !wanted ||
	       value_types_choose(&conversion->profile, wanted, err) ||
	       err_prefix(err, "%s", conversion->input);
}

static bool starts_with_path(const struct err *err, const char *path)
{
	return path && text_starts_with(err->text, path);
}

static bool symbolize(struct conversion *conversion, struct err *err)
{
	struct symbolizer_options *symbolizer =
		&conversion->symbolizing.symbolizer;
	const struct read_stats *read = &conversion->read;
	bool ok;

	/* An option of the user's counts more. */
	if (!symbolizer->kallsyms)
		symbolizer->kallsyms = read->kallsyms;
	ok = symbolizing_run(&conversion->symbolizing, &conversion->profile,
			     err);
	if (!ok && symbolizer->kallsyms == read->kallsyms &&
	    starts_with_path(err, read->kallsyms))
		err_prefix(err, "%s: line %" PRIu64, conversion->input,
			   read->kallsyms_line);
	symbolizing_end(&conversion->symbolizing);
	return ok;
}

/* Whoever asked for an event wants to know which there are. */
static void warn_of_no_samples(const struct conversion *conversion)
{
	const struct profile *profile = &conversion->profile;
	struct buf events = { 0 };
	char name[512];

	for (size_t i = 0; i < profile->events.n; i++)
		buf_printf(&events, "%s%s", i > 0 ? ", " : "; its events are ",
			   text_escape(name, sizeof(name),
				       profile_string(
					       profile,
					       profile->events.items[i].name)));
	if (conversion->options->filter.events.n == 0)
		events.size = 0;
	fprintf(stderr,
		"symconv: warning: %s: no samples; the profile is empty%.*s\n",
		text_escape(name, sizeof(name), conversion->input),
		(int)events.size,
		events.size > 0 ? (const char *)events.bytes : "");
	buf_release(&events);
}

bool conversion_run(struct conversion *conversion,
		    const struct options *options, const char *input,
		    struct err *err)
{
	*conversion = (struct conversion){
		.options = options,
		.input = input,
		.started = clock_now(),
	};
	profile_init(&conversion->profile);
	conversion->profile.keeps_unmapped = options->look.keeps_unmapped;
	progress_init(&conversion->progress, options->symbols.is_quiet);
	conversion->symbolizing = (struct symbolizing){
		.options = &options->symbols,
		.progress = &conversion->progress,
	};
	if (!symbolizing_begin(&conversion->symbolizing, err) ||
	    !read_profile(conversion, err) || !choose_type(conversion, err) ||
	    !symbolize(conversion, err))
		return false;
	coverage_init(&conversion->coverage, &conversion->profile);
	coverage_add_comments(&conversion->coverage, &conversion->profile);
	file_proof_add_comments(&conversion->profile);
	if (conversion->read.n_samples == 0)
		warn_of_no_samples(conversion);
	return true;
}

void conversion_release(struct conversion *conversion)
{
	symbolizing_end(&conversion->symbolizing);
	coverage_release(&conversion->coverage);
	profile_release(&conversion->profile);
	read_stats_release(&conversion->read);
}

int conversion_check(const struct options *options,
		     const struct coverage *coverage)
{
	enum { EXIT_UNRESOLVED = 3 };
	double unnamed =
		coverage_percent(coverage->leaf_unnamed, coverage->leaf_weight);

	if (!options->has_max_unresolved || unnamed <= options->max_unresolved)
		return EXIT_SUCCESS;
	fprintf(stderr,
		"symconv: %.2f%% of the weight has no name at its leaf, more "
		"than --max-unresolved %g\n",
		unnamed, options->max_unresolved);
	return EXIT_UNRESOLVED;
}
